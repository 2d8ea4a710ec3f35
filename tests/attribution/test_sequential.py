import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.estimates import DayLift, daily_lift, first_clear_day, payback_day
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.sequential import (
    always_valid_p_value,
    confidence_sequence,
    multiple,
    planned_variance,
    sequential_lift,
)
from smsroi_models.attribution.student import quantile
from smsroi_models.errors import NotEstimableError, ParameterError

INFORMATION = st.floats(1e-6, 1e6)
LEVELS = st.floats(0.5, 0.9999)


@given(INFORMATION, LEVELS)
def test_a_sequence_is_always_wider_than_a_single_look(information: float, level: float) -> None:
    assert multiple(information, level) > quantile((1 + level) / 2, 1e9)


@given(INFORMATION, st.floats(-50, 50), st.floats(1e-3, 1e3), LEVELS)
def test_the_p_value_falls_below_alpha_just_where_the_sequence_leaves_zero_out(
    information: float, z: float, error: float, level: float
) -> None:
    found = confidence_sequence(z * error, error, information, level)
    p_value = always_valid_p_value(z * error, error, information, level)
    assert 0 <= p_value <= 1
    edge = abs(abs(z) / multiple(information, level) - 1)
    if edge > 1e-9:  # at the edge itself rounding decides
        assert (p_value < 1 - level) == (found.ci_lower > 0 or found.ci_upper < 0)


@given(INFORMATION, st.floats(1e-4, 1e4))
def test_the_currency_does_not_matter(information: float, scale: float) -> None:
    cents = confidence_sequence(3.0 * scale, 2.0 * scale, information)
    euros = confidence_sequence(3.0, 2.0, information)
    assert cents.ci_lower == pytest.approx(scale * euros.ci_lower, rel=1e-9, abs=1e-9 * scale)
    assert always_valid_p_value(3.0 * scale, 2.0 * scale, information) == pytest.approx(
        always_valid_p_value(3.0, 2.0, information)
    )


@pytest.mark.parametrize("information", [0.0, -1.0, math.nan, math.inf])
def test_information_must_be_positive(information: float) -> None:
    with pytest.raises(ParameterError, match="share of the planned variance, above 0"):
        multiple(information)


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_the_confidence_level_must_be_a_share(level: float) -> None:
    with pytest.raises(ParameterError, match="between 0 and 1"):
        multiple(1.0, level)


@pytest.mark.parametrize("error", [0.0, -1.0, math.nan])
def test_without_an_error_there_is_no_sequence(error: float) -> None:
    with pytest.raises(NotEstimableError, match="a sequence needs one above 0"):
        confidence_sequence(1.0, error, 1.0)
    with pytest.raises(NotEstimableError, match="a sequence needs one above 0"):
        always_valid_p_value(1.0, error, 1.0)


def _arms(shift: float = 5.0) -> tuple[Moments, Moments]:
    rng = np.random.default_rng(51)
    rows = rng.gamma(2.0, 10.0, (900, 1))
    return Moments.from_rows(rows[:600] + shift, ["spend"]), Moments.from_rows(
        rows[600:], ["spend"]
    )


def test_a_lift_changes_in_nothing_but_its_uncertainty() -> None:
    lift = compare(*_arms())
    found = sequential_lift(lift, 0.5)
    assert found.method == "difference in means, sequential"
    assert (found.absolute_lift, found.standard_error) == (lift.absolute_lift, lift.standard_error)
    reach = multiple(0.5) * lift.standard_error
    assert found.ci_lower == pytest.approx(lift.absolute_lift - reach)
    assert found.ci_upper == pytest.approx(lift.absolute_lift + reach)
    assert found.p_value > lift.p_value


def test_the_relative_interval_is_as_much_wider_on_the_log_scale() -> None:
    lift = compare(*_arms())
    found = sequential_lift(lift, 0.5)
    assert lift.relative_lift is not None and lift.relative_standard_error is not None
    assert found.relative_ci_lower is not None and found.relative_ci_upper is not None
    ratio = 1 + lift.relative_lift
    assert (1 + found.relative_ci_lower) * (1 + found.relative_ci_upper) == pytest.approx(ratio**2)
    reach = multiple(0.5) * lift.relative_standard_error / ratio
    assert math.log((1 + found.relative_ci_upper) / ratio) == pytest.approx(reach)


def test_no_relative_interval_where_the_lift_has_none() -> None:
    held = Moments.from_rows([[-1.0], [1.0]] * 20, ["spend"])
    lift = compare(_arms()[0], held)
    assert lift.relative_lift is None
    assert sequential_lift(lift, 1.0).relative_ci_lower is None


def test_a_one_sided_lift_is_refused() -> None:
    with pytest.raises(ParameterError, match="sequences here are two-sided"):
        sequential_lift(compare(*_arms(), alternative="greater"), 1.0)


def test_nothing_to_plan_from_gives_no_plan() -> None:
    still = Moments.from_rows([[0.0]] * 5, ["pre_revenue"])
    assert planned_variance(still, still, "pre_revenue", 1.0) is None


# Two customers a side who spend; (sum, sum of squares) added on each of four days.
NOBODY = Moments.from_rows([[0.0], [0.0], [0.0], [1.0]], ["pre"])
TREATED = np.array([[5.0, 25.0], [0.0, 0.0], [1.0, 11.0], [2.0, 4.0]])
HELD = np.array([[0.0, 0.0], [2.0, 4.0], [0.0, 0.0], [1.0, 1.0]])


def test_each_days_sequence_runs_on_the_variance_gathered() -> None:
    days = daily_lift((TREATED, HELD), NOBODY, NOBODY, (), 0.9, planned_variance=2.0)
    for day in days:
        per_customer = (day.margin.standard_error / 4) ** 2
        assert day.information == pytest.approx(per_customer / 2.0)
        reach = multiple(day.information, 0.9) * day.margin.standard_error
        assert day.sequence.estimate == day.margin.estimate
        assert day.sequence.ci_upper - day.sequence.estimate == pytest.approx(reach)


def test_without_a_plan_the_first_days_variance_is_drawn_out_over_the_window() -> None:
    """The first day that can be estimated is the second of 28: one fourteenth of the whole."""
    days = daily_lift((TREATED, HELD), NOBODY, NOBODY, (), 0.95, planned_days=28)
    assert (days[0].day, days[0].information) == (2, pytest.approx(2 / 28))
    cut = daily_lift((TREATED[:3], HELD[:3]), NOBODY, NOBODY, (), 0.95, planned_days=28)
    assert cut == days[:2], "what a day says does not depend on the days after it"
    assert daily_lift((TREATED, HELD), NOBODY, NOBODY, (), 0.95)[0].information == 2 / 4


def test_no_day_that_can_be_estimated_gives_none() -> None:
    assert daily_lift((TREATED, 0 * HELD), NOBODY, NOBODY, (), 0.95) == ()


def _days(*sequences: tuple[float, float]) -> list[DayLift]:
    narrow = Estimate(0.0, 1.0, -100.0, -99.0)  # the interval of a single look has no say
    return [
        DayLift(day, narrow, Estimate((low + high) / 2, 1.0, low, high), 0.1 * day)
        for day, (low, high) in enumerate(sequences, start=1)
    ]


def test_the_first_clear_day_stays_though_later_days_are_unclear() -> None:
    days = _days((-1, 3), (1, 5), (-1, 3))
    assert first_clear_day(days) is days[1]
    assert first_clear_day(_days((-1, 3), (-5, -2))).day == 2  # type: ignore[union-attr]
    assert first_clear_day(_days((-1, 3), (0, 3))) is None
    assert first_clear_day([]) is None


def test_below_the_cost_is_no_news_where_only_above_counts() -> None:
    days = _days((-1, 3), (1, 5), (11, 15))
    assert first_clear_day(days, 10.0) is days[0]
    assert first_clear_day(days, 10.0, above_only=True) is days[2]


def test_payback_must_last_to_the_end() -> None:
    assert payback_day(_days((11, 15), (9, 15), (12, 15)), 10.0) == 3
    assert payback_day(_days((11, 15), (9, 15)), 10.0) is None
