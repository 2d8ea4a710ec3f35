"""The rule of what to do next, at each side of its bounds; the size of a test by simulation."""

from dataclasses import replace

import numpy as np
import pytest

from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.decision import (
    Decision,
    DecisionRule,
    customers_needed,
    decide,
    predictive_power,
)
from smsroi_models.errors import ParameterError
from smsroi_models.roi import CostLine, Roi, return_on_investment


@pytest.fixture(scope="module")
def lift() -> Lift:
    """A lift of 2 a customer, standard error 0.57, on 100 texted and 100 held out."""
    held = Moments.from_rows([[10.0], [18.0]] * 50, ["margin"])
    texted = Moments.from_rows([[12.0], [20.0]] * 50, ["margin"])
    return compare(texted, held)


def _roi(lift: Lift, cost: float | None) -> Roi:
    ledger = None if cost is None else [CostLine("texts", cost, cost)]
    return return_on_investment(lift, lift, ledger)


def test_the_rule_follows_the_interval_of_profit(lift: Lift) -> None:
    low, high = 100 * lift.ci_lower, 100 * lift.ci_upper
    rule = DecisionRule()
    assert decide(_roi(lift, low - 0.01), lift, rule).action == "repeat"
    assert decide(_roi(lift, low + 0.01), lift, rule).action == "keep testing"
    assert decide(_roi(lift, high - 0.01), lift, rule).action == "keep testing"
    # The texts earned margin for certain, but less than they cost.
    assert decide(_roi(lift, high + 0.01), lift, rule).action == "change"


def test_a_campaign_that_earned_nothing_is_stopped(lift: Lift) -> None:
    nothing = replace(lift, absolute_lift=0.0, ci_lower=-1.1, ci_upper=1.1)
    assert decide(_roi(nothing, 111.0), nothing, DecisionRule()) == Decision("stop", None)


def test_the_minimum_profit_moves_the_bounds(lift: Lift) -> None:
    roi = _roi(lift, 50.0)
    assert roi.profit is not None
    enough, too_much = roi.profit.ci_lower - 0.01, roi.profit.ci_upper + 0.01
    assert decide(roi, lift, DecisionRule(minimum_profit=enough)).action == "repeat"
    assert decide(roi, lift, DecisionRule(minimum_profit=too_much)).action == "change"


def test_a_test_larger_than_allowed_becomes_a_change(lift: Lift) -> None:
    roi = _roi(lift, 110.0)
    free = decide(roi, lift, DecisionRule())
    assert free.action == "keep testing" and free.further_customers is not None
    bound = DecisionRule(most_customers=free.further_customers)
    assert decide(roi, lift, bound) == free
    tighter = DecisionRule(most_customers=free.further_customers - 1)
    assert decide(roi, lift, tighter) == Decision("change", free.further_customers)


def test_a_test_beyond_a_year_of_monthly_campaigns_is_a_change(lift: Lift) -> None:
    # 23 times the campaign's size, where the estimate lies one standard error above zero.
    roi = _roi(lift, 100 * (lift.absolute_lift - lift.standard_error))
    out_of_reach = decide(roi, lift, DecisionRule())
    assert out_of_reach.action == "change" and out_of_reach.further_customers is not None
    assert 20 * 200 < out_of_reach.further_customers < 25 * 200
    assert decide(roi, lift, DecisionRule(most_customers=5_000)).action == "keep testing"


def test_a_test_59_times_as_large_is_a_change_where_no_bound_is_set(lift: Lift) -> None:
    # Nothing seen either way: 59 times the campaign's 200 customers.
    roi = _roi(lift, 200.0)
    assert decide(roi, lift, DecisionRule()).action == "change"
    assert decide(roi, lift, DecisionRule(most_customers=12_000)).action == "keep testing"


def test_without_cost_or_comparison_something_is_mended_first(lift: Lift) -> None:
    assert decide(_roi(lift, None), lift, DecisionRule()).action == "mend first"
    roi = _roi(lift, 50.0)
    assert decide(roi, lift, DecisionRule(), comparable=False).action == "mend first"


def test_margin_that_fell_stops_a_campaign_whatever_it_cost(lift: Lift) -> None:
    fell = replace(lift, absolute_lift=-2.0, ci_lower=-3.0, ci_upper=-1.0)
    assert decide(_roi(fell, None), fell, DecisionRule()).action == "stop"


@pytest.mark.parametrize(("estimate", "fresh"), [(0.0, 0.4), (0.8, 0.5), (-1.5, 1.0)])
def test_predictive_power_is_what_a_simulated_fresh_test_finds(
    estimate: float, fresh: float
) -> None:
    rng, draws = np.random.default_rng(5), 400_000
    truth = rng.normal(estimate, 1.0, draws)
    conclusive = np.abs(rng.normal(truth, fresh)) > 1.959964 * fresh
    error = np.sqrt(conclusive.mean() * (1 - conclusive.mean()) / draws)
    power = predictive_power(estimate, 1.0, fresh, 0.95)
    assert conclusive.mean() == pytest.approx(power, abs=4 * error)


@pytest.mark.parametrize("estimate", [-30.0, -2.0, 0.0, 0.5, 4.0])
def test_the_test_found_is_the_smallest_that_reaches_the_power(estimate: float) -> None:
    n = 2_000
    size = customers_needed(estimate, 10.0, n, power=0.8, confidence_level=0.95)
    assert size is not None
    reached, short = (
        predictive_power(estimate, 10.0, 10.0 * np.sqrt(n / m), 0.95) for m in (size, size - 1)
    )
    assert short < 0.8 <= reached + 1e-9


def test_a_test_beyond_reach_has_no_size() -> None:
    assert customers_needed(0.0, 1.0, 10, power=0.9999999, confidence_level=0.95) is None


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"minimum_profit": float("nan")}, "minimum_profit is nan"),
        ({"power": 1.0}, "power is 1.0"),
        ({"most_customers": 0}, "most_customers is 0"),
    ],
)
def test_a_rule_out_of_range_is_refused(values: dict[str, float], text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        DecisionRule(**values)  # type: ignore[arg-type]
