"""Capped spend against NumPy's and SciPy's quantiles, on a hand-made table, and the check on it.

The cap is the value of rank ceil(q n) of the n buyers: NumPy's ``inverted_cdf``. It is percentile
capping as GrowthBook documents it (user totals of all variations together, zeros left out), with
Statsig's choice of an observed value as the cap.
"""

import ibis
import numpy as np
import pandas as pd
import pytest
from corner_shop import AS_OF, PRE_DAYS
from scipy.stats import mstats
from test_portability import CUSTOMERS

from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import outcomes
from smsroi_models.attribution.outliers import outliers
from smsroi_models.attribution.winsorised import (
    CAPPED,
    Caps,
    caps_counted,
    collect_caps,
    with_capped,
)
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.store.connect import Store


def _customers(margin: np.ndarray, arm: list[str] | None = None) -> ibis.Table:
    bought = (margin != 0).astype(float)
    arms = arm or ["treatment", "holdout"] * (len(margin) // 2) + ["holdout"] * (len(margin) % 2)
    frame = {"arm": arms, "revenue": 2 * np.abs(margin), "margin": margin, "converted": bought}
    return ibis.memtable(pd.DataFrame(frame))


def _caps(customers: ibis.Table, quantile: float) -> Caps:
    caps = collect_caps(customers, quantile)
    assert caps is not None
    return caps


def _column(table: ibis.Table, name: str) -> list[float]:
    return sorted(table[name].to_pyarrow().to_pylist())


def test_a_table_by_hand() -> None:
    """Ten buyers at 0.9: the ninth of ten is the cap, the second the floor; idle ones stay at 0."""
    margin = np.array([0.0] * 5 + [-50.0, -2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 900.0])
    caps = _caps(_customers(margin, ["treatment"] * 14 + ["holdout"]), 0.9)
    assert (caps.buyers, caps.margin_cap, caps.margin_floor) == (10, 9.0, -2.0)
    assert caps.revenue_cap == 100.0  # of 4, 6, 8, 10, 12, 14, 16, 18, 100 and 1,800
    assert (caps.capped_treatment, caps.capped_holdout) == (1, 1)
    assert (caps.margin_treatment, caps.margin_holdout) == (-48.0, 891.0)
    capped = with_capped(_customers(margin), caps)
    expected = [-2.0, -2.0, *[0.0] * 5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.0]
    assert _column(capped, "margin_capped") == expected
    assert max(_column(capped, "revenue_capped")) == 100.0
    assert _column(capped, "margin") == sorted(margin)  # the uncapped stands beside it


@pytest.mark.parametrize("quantile", [0.75, 0.9, 0.95, 0.99, 0.999])
@pytest.mark.parametrize("n", [1, 7, 100, 1_000])
def test_caps_are_numpys_quantiles_of_the_buyers(n: int, quantile: float) -> None:
    rng = np.random.default_rng([7, n])
    margin = np.concatenate([np.round(rng.normal(20, 30, n), 2) + 0.001, np.zeros(50)])
    caps = _caps(_customers(margin), quantile)
    bought = margin[margin != 0]
    upper = np.quantile(bought, quantile, method="inverted_cdf")
    assert caps.margin_cap == pytest.approx(max(upper, 0.0), abs=0)
    assert caps.margin_floor == pytest.approx(
        min(-np.quantile(-bought, quantile, method="inverted_cdf"), 0.0), abs=0
    )
    above = np.quantile(2 * np.abs(bought), quantile, method="inverted_cdf")
    assert caps.revenue_cap == pytest.approx(above, abs=0)


def test_capped_values_are_scipys_winsorized_ones() -> None:
    """SciPy cuts floor(limit n) values at either end: 5 of 500 at 0.99."""
    margin = np.random.default_rng(8).normal(5, 30, 500)
    customers = _customers(margin)
    capped = with_capped(customers, _caps(customers, 0.99))
    theirs = np.asarray(mstats.winsorize(margin, limits=(0.01, 0.01)))
    assert _column(capped, "margin_capped") == pytest.approx(sorted(theirs), rel=1e-12)


def test_profit_on_every_order_has_no_floor_above_zero() -> None:
    margin = np.array([10.0, 20.0, 30.0, 40.0, 0.0, 0.0])
    customers = _customers(margin)
    capped = with_capped(customers, _caps(customers, 0.75))
    assert _column(capped, "margin_capped") == [0.0, 0.0, 10.0, 20.0, 30.0, 30.0]


def test_on_a_campaign_both_stand_side_by_side(shop: Store) -> None:
    customers = outcomes(shop, read_campaign(shop, "SPRING"), AS_OF, pre_days=PRE_DAYS)
    caps = _caps(customers, 0.6)
    treated, held = collect_moments(with_capped(customers, caps), ["margin", *CAPPED])
    # Revenue of the buyers 110, 15, 30, 50, 25: the third is 30. Margin 64, -13, 20, 30, 20: 20,
    # and from below the third too, which is above 0.
    assert treated.mean_of("revenue_capped") == pytest.approx((30.0 + 15.0 + 30.0) / 4)
    assert held.mean_of("margin_capped") == pytest.approx((20.0 + 20.0) / 3)
    assert treated.mean_of("margin") == pytest.approx((64.0 - 13.0 + 20.0) / 4)
    assert (caps.capped_treatment, caps.n_capped) == (2, 3)


@pytest.mark.parametrize("quantile", [0.5, 1.0, -1.0, float("nan"), 1])
def test_a_quantile_outside_its_range_is_refused(quantile: float) -> None:
    with pytest.raises(ParameterError, match=r"between 0\.5 and 1"):
        collect_caps(_customers(np.array([1.0, 2.0])), quantile)


def test_without_buyers_there_is_nothing_to_cap() -> None:
    assert collect_caps(_customers(np.zeros(4))) is None


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery", "snowflake"])
def test_the_query_compiles_for_other_engines(dialect: str) -> None:
    caps = Caps(0.99, 10, 200.0, 100.0, -5.0, 1, 0, 50.0, 0.0)
    for query in (with_capped(CUSTOMERS, caps), caps_counted(CUSTOMERS, 0.99)):
        assert ibis.to_sql(query, dialect=dialect).lstrip().startswith(("SELECT", "WITH"))


CAP = {"margin_cap": 6.0, "margin_floor": 0.0, "currency": "USD"}


def _lift(texted: list[float], held: list[float]) -> Lift:
    return compare(*(Moments.from_rows([[x] for x in rows], ["margin"]) for rows in (texted, held)))


HELD, TEXTED = [1.0, 3.0] * 50, [4.0, 6.0] * 50
GIANT = [*TEXTED[:-1], 2_000.0]


def test_one_giant_order_that_changes_the_answer_fails() -> None:
    check = outliers(_lift(GIANT, HELD), _lift(TEXTED, HELD), cost=100.0, n_capped=1, **CAP)
    assert (check.status, check.invalidates) == ("failed", False)
    assert "1 customer's margin above 6.00 USD" in check.text
    assert "would be a profit; with it, it is unclear" in check.text
    assert check.remedy


def test_a_giant_order_may_hide_a_loss_too() -> None:
    check = outliers(_lift(GIANT, HELD), _lift(TEXTED, HELD), cost=4_000.0, n_capped=1, **CAP)
    assert check.status == "failed"
    assert "would be a loss; with it, it is unclear" in check.text


def test_spend_that_changes_nothing_passes() -> None:
    alike = outliers(_lift(TEXTED, HELD), _lift(TEXTED, HELD), cost=100.0, n_capped=3, **CAP)
    assert alike.status == "passed"
    assert "the result is the same: it moves by 0.0 of its standard error" in alike.text
    none = outliers(_lift(TEXTED, HELD), _lift(TEXTED, HELD), cost=100.0, n_capped=0, **CAP)
    assert none.status == "passed"


def test_a_borderline_answer_that_hardly_moves_passes() -> None:
    """The interval just holds the cost, or just does not: the estimate is the same."""
    lift, capped = _lift(TEXTED, HELD), _lift([x - 0.01 for x in TEXTED], HELD)
    cost = 100 * (lift.ci_lower + capped.ci_lower) / 2
    check = outliers(lift, capped, cost=cost, n_capped=2, **CAP)
    assert (check.status, "much the same" in check.text) == ("passed", True)


def test_without_a_cost_the_answer_is_about_the_margin() -> None:
    floor = {**CAP, "margin_floor": -1_234.0}
    check = outliers(_lift(GIANT, HELD), _lift(TEXTED, HELD), cost=None, n_capped=2, **floor)
    assert "would be a gain in margin; with it, it is unclear" in check.text
    assert "2 customers' margin above 6.00 USD or below −1,234 USD" in check.text


def test_lifts_of_other_customers_are_refused() -> None:
    with pytest.raises(DataError, match="the same confidence level"):
        outliers(_lift(TEXTED, HELD), _lift(TEXTED, HELD[:-2]), cost=1.0, n_capped=1, **CAP)
