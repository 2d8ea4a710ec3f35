"""The complier effect and ratios from tables: what is accepted, what is refused, and with what."""

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from smsroi_models import complier_lift, ratio_lift
from smsroi_models.errors import DataError, NotEstimableError, ParameterError


@pytest.fixture
def spend() -> pd.DataFrame:
    """A third of the text's readers is missed: they spend 1 or 3, the others 5 or 7 and 2 more.

    Held out: (1 + 3 + 5 + 7 + 5 + 7) / 6 = 14 / 3; texted: 4 / 3 more.
    """
    return pd.DataFrame(
        {
            "arm": ["treatment"] * 120 + ["holdout"] * 60 + ["other campaign"] * 9,
            "delivered": [False, False, True, True, True, True] * 20 + [False] * 60 + [True] * 9,
            "spend": [1.0, 3.0, 7.0, 9.0, 7.0, 9.0] * 20
            + [1.0, 3.0, 5.0, 7.0, 5.0, 7.0] * 10
            + [1e6] * 9,
            "orders": [1, 1, 2, 2, 2, 2] * 20 + [1, 1, 2, 2, 2, 2] * 10 + [50] * 9,
        }
    )


def test_by_hand(spend: pd.DataFrame) -> None:
    lift = complier_lift(spend)
    assert (lift.n_treatment, lift.n_holdout) == (120, 60)
    assert lift.first_stage == pytest.approx(2 / 3)
    assert lift.absolute_lift == pytest.approx(2.0)
    # Of those who can be reached; the naive comparison with all held out would say 8 - 14 / 3.
    assert lift.mean_treatment == pytest.approx(8.0) and lift.mean_holdout == pytest.approx(6.0)
    assert lift.ci_lower < 2.0 < lift.ci_upper
    assert lift.relative_lift is None


def test_every_kind_of_table_gives_the_same(spend: pd.DataFrame) -> None:
    expected = complier_lift(spend)
    numbered = spend.assign(delivered=spend["delivered"].astype(int))
    for table in (pa.Table.from_pandas(spend), ibis.memtable(spend), numbered):
        lift = complier_lift(table)
        assert lift.ci_lower == pytest.approx(expected.ci_lower)
        assert lift.mean_holdout == pytest.approx(expected.mean_holdout)


def test_what_is_refused(spend: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no column"):
        complier_lift(spend, received="reached")
    with pytest.raises(DataError, match="null"):
        unknown = spend["delivered"].astype("boolean").mask(spend.index == 3)
        complier_lift(spend.assign(delivered=unknown))
    with pytest.raises(ParameterError, match="hand over a list"):
        complier_lift(spend, covariates="orders")
    with pytest.raises(ParameterError, match="both 'spend'"):
        complier_lift(spend, received="spend")
    with pytest.raises(ParameterError, match="must lie between 0 and 1"):
        complier_lift(spend, confidence_level=95.0)
    with pytest.raises(NotEstimableError, match="hardly changed who received"):
        complier_lift(spend.assign(delivered=False))


def test_ratios_by_hand_and_refused(spend: pd.DataFrame) -> None:
    lift = ratio_lift(spend, "spend", "orders")
    assert lift.mean_treatment == pytest.approx(36 / 10)
    assert lift.mean_holdout == pytest.approx(28 / 10)
    assert (lift.outcome, lift.method) == ("spend / orders", "ratio of means")
    with pytest.raises(ParameterError, match="both 'orders'"):
        ratio_lift(spend, "orders", "orders")
    with pytest.raises(ParameterError, match="name the two values"):
        ratio_lift(spend, "spend", "orders", holdout="treatment")
