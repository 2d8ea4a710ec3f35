"""Whom a campaign recruited, from the hand-written shop: counted, valued, or told why not."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from recruiting_shop import AS_OF, recruiting_frames

from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.long_term_records import Recruits
from smsroi_models.clv.prospects import ValueModel
from smsroi_models.recruited import read_recruits
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store

PURCHASES = BgNbd(0.5, 20.0, 0.8, 2.4, 0.0, np.zeros((4, 4)), 0, 1.0)
SPEND = GammaGamma(6.25, 3.74, 26.304, 0.0, np.zeros((3, 3)), 0, 1.0, 0.0, 0.0)
MODEL = ValueModel(PURCHASES, SPEND, 0.5)


@pytest.fixture(scope="module")
def recruiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = write_store(recruiting_frames(), tmp_path_factory.mktemp("recruiting") / "store")
    with open_store(path, threads=1) as store:
        yield store


def _read(store: Store, model: ValueModel | None, rate: float = 0.0, why: str = "") -> Recruits:
    found, no_recruits = read_recruits(
        store,
        read_campaign(store, "SPRING"),
        AS_OF,
        model,
        why,
        52.0,
        discount_rate=rate,
        confidence_level=0.95,
    )
    assert found is not None and no_recruits == ""
    return found


def test_recruits_are_counted_and_each_is_valued(recruiting: Store) -> None:
    found = _read(recruiting, MODEL)
    assert (found.recruited, found.referred, found.buyers, found.assigned) == (3, 4, 4, 1)
    assert found.margin_so_far == pytest.approx(25.0 + 22.0)
    assert found.elsewhere == 2
    assert found.acquired_earlier == 2  # t2, who is in an arm too, and marked
    # c4, f1 and r1, from their histories; r1 bought once more, for 20.
    purchases = PURCHASES.expected_purchases(
        52.0, [0, 0, 1], [0, 0, 38 / 7], [49 / 7, 74 / 7, 77 / 7]
    )
    spend = SPEND.expected_average_value([0, 0, 1], [0, 0, 20.0])
    assert found.ahead is not None
    assert found.ahead.estimate == pytest.approx(0.5 * float(purchases @ spend), rel=1e-9)
    assert 0 < found.ahead.ci_lower < found.ahead.estimate < found.ahead.ci_upper


def test_a_year_to_come_is_discounted(recruiting: Store) -> None:
    plain, later = _read(recruiting, MODEL), _read(recruiting, MODEL, 0.21)
    assert plain.ahead is not None and later.ahead is not None
    # Worth 1 / 1.21 a year later, and most comes before its end.
    assert 1 / 1.21 < later.ahead.estimate / plain.ahead.estimate < 1


@pytest.mark.parametrize(
    ("model", "why", "said"),
    [
        (None, "No model.", "No model."),
        (replace(MODEL, spend=replace(SPEND, q=1.8)), "", "no finite variance"),
        (replace(MODEL, spend=replace(SPEND, q=0.9)), "", "infinite"),
    ],
)
def test_what_cannot_be_valued_says_why(
    recruiting: Store, model: ValueModel | None, why: str, said: str
) -> None:
    found = _read(recruiting, model, why=why)
    assert found.ahead is None and said in found.reason
    assert found.margin_so_far > 0


def test_recruits_who_have_not_bought(recruiting: Store) -> None:
    """As of the day on which the first was recruited and the only order is not a whole day old."""
    campaign = read_campaign(recruiting, "SPRING")
    found, _ = read_recruits(
        recruiting,
        campaign,
        AS_OF.replace(month=3, day=12, hour=12),
        MODEL,
        "",
        52.0,
        discount_rate=0.1,
        confidence_level=0.95,
    )
    assert found is not None and found.recruited == 1 and found.margin_so_far == 20.0
    assert found.ahead is None and "none of them has bought" in found.reason
