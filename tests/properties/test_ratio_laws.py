"""Laws of a ratio of means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.ratios import compare_ratios
from smsroi_models.errors import NotEstimableError, ParameterError

COLUMNS = ("revenue", "orders")


def _arms(seed: int) -> tuple[Moments, Moments]:
    rng = np.random.default_rng(seed)
    orders = [rng.poisson(1.5, n) for n in (200, 80)]
    treated, held = (
        Moments.from_rows(np.column_stack([z * rng.gamma(2.0, 5.0, len(z)), z]), COLUMNS)
        for z in orders
    )
    return treated, held


@given(st.integers(0, 10_000))
def test_swapping_the_arms_turns_the_sign(seed: int) -> None:
    treated, held = _arms(seed)
    here = compare_ratios(treated, held, *COLUMNS)
    there = compare_ratios(held, treated, *COLUMNS)
    assert there.absolute_lift == pytest.approx(-here.absolute_lift)
    assert there.ci_lower == pytest.approx(-here.ci_upper)
    assert there.p_value == pytest.approx(here.p_value)


@given(st.integers(0, 10_000), st.floats(1e-6, 1e6), st.floats(1e-3, 1e3))
def test_units_do_not_matter(seed: int, rate: float, dozen: float) -> None:
    arms = _arms(seed)
    here = compare_ratios(*arms, *COLUMNS)
    weights = {"revenue": {"revenue": rate}, "orders": {"orders": dozen}}
    treated, held = (arm.combine(weights) for arm in arms)
    there = compare_ratios(treated, held, *COLUMNS)
    assert there.absolute_lift == pytest.approx(rate / dozen * here.absolute_lift, rel=1e-6)
    assert there.relative_ci_lower == pytest.approx(here.relative_ci_lower, rel=1e-6)
    assert there.p_value == pytest.approx(here.p_value, rel=1e-6)


@given(st.integers(0, 10_000))
def test_over_one_each_it_is_the_difference_in_means(seed: int) -> None:
    arms = [_with_ones(arm) for arm in _arms(seed)]
    assert compare_ratios(arms[0], arms[1], "revenue", "one").ci_lower == pytest.approx(
        compare(arms[0], arms[1], "revenue").ci_lower, rel=1e-9
    )


def _with_ones(arm: Moments) -> Moments:
    covariance = np.diag([arm.variance_of("revenue"), 0.0])
    return Moments(("revenue", "one"), arm.n, np.array([arm.mean_of("revenue"), 1.0]), covariance)


@pytest.mark.parametrize("price", [9.99, 10.0, 1e6 / 7])
def test_one_price_for_all_is_refused(price: float) -> None:
    """Rounding leaves it a spread of some digits, from which no interval follows."""
    orders = np.random.default_rng(3).poisson(1.5, 300).astype(float)
    arm = Moments.from_rows(np.column_stack([price * orders, orders]), COLUMNS)
    with pytest.raises(NotEstimableError, match="for every customer of the treatment arm"):
        compare_ratios(arm, arm, *COLUMNS)


def test_a_column_over_itself_is_refused() -> None:
    with pytest.raises(ParameterError, match="name two columns"):
        compare_ratios(*_arms(1), "orders", "orders")
