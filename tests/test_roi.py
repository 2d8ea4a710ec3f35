"""Profit and return on investment: one campaign worked out by hand, and every edge."""

import dataclasses
import math

import pytest
from scipy import stats

from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError
from smsroi_models.roi import CostLine, return_on_investment


def _lift(mean_treatment: float, mean_holdout: float, n: int = 100, spread: float = 2.0) -> Lift:
    """Half of each arm lies ``spread`` above its mean and half below it."""
    treated, held = (
        Moments.from_rows([[mean - spread], [mean + spread]] * (n // 2), ["margin"])
        for mean in (mean_treatment, mean_holdout)
    )
    return compare(treated, held)


def test_a_campaign_by_hand() -> None:
    """100 customers an arm, lift 3 in margin and 5 in revenue; texts 40, creative 160 of 200.

    The variance is 4 x 100 / 99 in either arm, so that the standard error of the lift is
    sqrt(2 x 4 / 99), with 198 degrees of freedom.
    """
    ledger = [CostLine("texts", 40.0, 40.0), CostLine("creative", 200.0, 160.0)]
    result = return_on_investment(_lift(15, 10), _lift(9, 6), ledger)
    error = math.sqrt(8 / 99)
    reach = stats.t.ppf(0.975, 198) * error
    assert result.cost == 200.0
    assert result.incremental_revenue.estimate == pytest.approx(500.0)
    assert result.incremental_margin.estimate == pytest.approx(300.0)
    assert result.incremental_margin.standard_error == pytest.approx(100 * error)
    assert result.profit is not None and result.roi is not None
    assert result.profit.estimate == pytest.approx(100.0)
    assert result.profit.ci_lower == pytest.approx(100 * (3 - reach) - 200)
    assert result.profit.ci_upper == pytest.approx(100 * (3 + reach) - 200)
    assert result.roi.estimate == pytest.approx(0.5)
    assert result.roi.ci_lower == pytest.approx((100 * (3 - reach) - 200) / 200)
    assert result.break_even_lift == pytest.approx(2.0)
    assert result.probability_of_profit == pytest.approx(stats.t.cdf(1 / error, 198))
    assert result.outcome == "paid"


@pytest.mark.parametrize(
    ("mean_treatment", "outcome"), [(20.0, "paid"), (12.0, "unclear"), (10.0, "lost")]
)
def test_the_outcome_is_read_off_the_interval(mean_treatment: float, outcome: str) -> None:
    """Cost 2 a customer; half an interval is 0.57."""
    lift = _lift(mean_treatment, 10.0)
    assert return_on_investment(lift, lift, [CostLine("texts", 200.0, 200.0)]).outcome == outcome


def test_an_unknown_cost_leaves_no_profit() -> None:
    lift = _lift(12, 10)
    result = return_on_investment(lift, lift, None)
    assert (result.cost, result.profit, result.roi) == (None, None, None)
    assert result.break_even_lift is None
    assert (result.probability_of_profit, result.outcome) == (None, "unknown")
    assert result.incremental_margin.estimate == pytest.approx(200.0)


def test_a_campaign_that_cost_nothing_has_profit_but_no_roi() -> None:
    lift = _lift(12, 10)
    result = return_on_investment(lift, lift, [])
    assert (result.cost, result.roi, result.break_even_lift) == (0.0, None, 0.0)
    assert result.profit == result.incremental_margin
    assert result.outcome == "paid"


def test_a_margin_that_fell_for_sure_did_not_pay_whatever_the_cost() -> None:
    lift = _lift(8, 10)
    assert return_on_investment(lift, lift, None).outcome == "lost"


@pytest.mark.parametrize("amount", [-0.01, math.nan, math.inf])
def test_impossible_costs_are_refused(amount: float) -> None:
    lift = _lift(12, 10)
    with pytest.raises(
        DataError, match=f"the cost 'agency' is {amount}, of which {amount} is counted"
    ):
        return_on_investment(lift, lift, [CostLine("agency", amount, amount)])


def test_lifts_of_different_customers_are_refused() -> None:
    with pytest.raises(DataError, match="count different customers"):
        return_on_investment(_lift(12, 10, n=100), _lift(12, 10, n=98), [])


def test_costs_are_added_without_rounding() -> None:
    lift = _lift(12, 10)
    result = return_on_investment(lift, lift, [CostLine("texts", 0.1, 0.1)] * 10)
    assert result.cost == 1.0  # ten times 0.1 by naive addition is 0.9999999999999999


def test_no_more_is_counted_than_was_paid() -> None:
    lift = _lift(12, 10)
    with pytest.raises(DataError, match="no more is counted than was paid"):
        return_on_investment(lift, lift, [CostLine("agency", 1.0, 5.0)])


def test_lifts_that_do_not_belong_together_are_refused() -> None:
    lift = _lift(12, 10)
    with pytest.raises(DataError, match="different confidence levels"):
        return_on_investment(dataclasses.replace(lift, confidence_level=0.9), lift, [])
    with pytest.raises(DataError, match="two-sided"):
        return_on_investment(dataclasses.replace(lift, alternative="greater"), lift, [])
