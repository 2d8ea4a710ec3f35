"""Laws of `return_on_investment`: what the definitions of profit and ROI force on any figures."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.roi import CostLine, Roi, return_on_investment

LAWS = settings(max_examples=40)
ARM = st.lists(st.integers(0, 100_000), min_size=3, max_size=30).filter(lambda v: len(set(v)) > 1)
COSTS = st.lists(st.integers(1, 1_000_000), min_size=1, max_size=4)


def _lift(treatment: list[int], holdout: list[int], rate: float = 1.0) -> Lift:
    treated, held = (
        Moments.from_rows([[value / 100 * rate] for value in arm], ["margin"])
        for arm in (treatment, holdout)
    )
    return compare(treated, held)


def _ledger(costs: list[int], rate: float = 1.0) -> list[CostLine]:
    return [
        CostLine(f"line {i}", cost / 100 * rate, cost / 100 * rate) for i, cost in enumerate(costs)
    ]


@LAWS
@given(ARM, ARM, COSTS)
def test_profit_roi_and_break_even_follow_their_definitions(
    treatment: list[int], holdout: list[int], costs: list[int]
) -> None:
    lift = _lift(treatment, holdout)
    result = return_on_investment(lift, lift, _ledger(costs))
    assert result.cost == pytest.approx(sum(costs) / 100)
    assert result.profit is not None and result.roi is not None and result.cost is not None
    for end in ("estimate", "ci_lower", "ci_upper"):
        margin = getattr(result.incremental_margin, end)
        assert getattr(result.profit, end) == pytest.approx(margin - result.cost, abs=1e-7)
        assert getattr(result.roi, end) == pytest.approx(
            (margin - result.cost) / result.cost, abs=1e-9 * (1 + abs(margin) / result.cost)
        )
    assert result.incremental_margin.estimate == pytest.approx(
        len(treatment) * lift.absolute_lift, abs=1e-9
    )
    assert result.break_even_lift == pytest.approx(result.cost / len(treatment))
    assert result.profit.standard_error == result.incremental_margin.standard_error
    assert result.roi.standard_error == pytest.approx(result.profit.standard_error / result.cost)


@LAWS
@given(ARM, ARM, COSTS, st.sampled_from([0.01, 0.8, 19.5, 1e6]))
def test_the_currency_changes_money_but_no_ratio(
    treatment: list[int], holdout: list[int], costs: list[int], rate: float
) -> None:
    here, there = (
        return_on_investment(lift, lift, _ledger(costs, r))
        for r in (1.0, rate)
        for lift in [_lift(treatment, holdout, r)]
    )
    assert here.profit and there.profit and here.roi and there.roi
    size = abs(here.profit.estimate) + here.profit.standard_error + (here.cost or 0)
    assert there.profit.estimate == pytest.approx(
        rate * here.profit.estimate, abs=1e-9 * rate * size
    )
    assert there.roi.estimate == pytest.approx(here.roi.estimate, rel=1e-8, abs=1e-8)
    assert there.roi.ci_lower == pytest.approx(here.roi.ci_lower, rel=1e-8, abs=1e-8)
    assert there.probability_of_profit == pytest.approx(here.probability_of_profit, abs=1e-8)
    assert there.outcome == here.outcome


@LAWS
@given(ARM, ARM)
def test_a_cost_equal_to_the_margin_leaves_an_even_chance_of_profit(
    treatment: list[int], holdout: list[int]
) -> None:
    lift = _lift(treatment, holdout)
    assume(lift.absolute_lift > 0)
    cost = lift.absolute_lift * lift.n_treatment
    result = return_on_investment(lift, lift, [CostLine("texts", cost, cost)])
    assert result.profit is not None
    assert result.profit.estimate == 0
    assert result.probability_of_profit == 0.5
    assert result.break_even_lift == pytest.approx(lift.absolute_lift)
    assert result.outcome == "unclear"


@LAWS
@given(ARM, ARM, COSTS)
def test_probability_agrees_with_the_interval(
    treatment: list[int], holdout: list[int], costs: list[int]
) -> None:
    """P(profit > 0) exceeds 97.5 % exactly where the 95 % interval lies above zero."""
    lift = _lift(treatment, holdout)
    result = return_on_investment(lift, lift, _ledger(costs))
    probability = result.probability_of_profit
    assert probability is not None and 0 <= probability <= 1
    assume(min(abs(probability - 0.975), abs(probability - 0.025)) > 1e-9)
    expected = "paid" if probability > 0.975 else "lost" if probability < 0.025 else "unclear"
    assert result.outcome == expected


@LAWS
@given(ARM, ARM, COSTS, st.integers(1, 100_000))
def test_a_higher_cost_never_helps(
    treatment: list[int], holdout: list[int], costs: list[int], more: int
) -> None:
    lift = _lift(treatment, holdout)

    def with_costs(cents: list[int]) -> Roi:
        return return_on_investment(lift, lift, _ledger(cents))

    low, high = with_costs(costs), with_costs([*costs, more])
    assert low.profit and high.profit
    assert high.profit.estimate < low.profit.estimate
    assert (high.probability_of_profit or 0) <= (low.probability_of_profit or 0)
    assert math.isclose(low.profit.estimate - high.profit.estimate, more / 100, abs_tol=1e-6)
