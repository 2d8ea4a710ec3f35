"""What power, detectable effects and sizes do in cases that can be told by hand, and refuse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.planning.design import Design, explained_share, proportion_design
from smsroi_models.planning.power import (
    chance_of_gain,
    detectable_return,
    minimum_detectable_effect,
    minimum_detectable_share,
    power_of,
    required_design,
)

SIZES = st.integers(50, 10**6)
VARIANCES = st.floats(1e-3, 1e6)


def _designs() -> st.SearchStrategy[Design]:
    return st.builds(Design, SIZES, SIZES, VARIANCES, VARIANCES)


@given(_designs(), st.floats(1e-6, 1e6))
def test_currency_does_not_matter(design: Design, scale: float) -> None:
    scaled = Design(
        design.n_treatment,
        design.n_holdout,
        design.variance_treatment * scale**2,
        design.variance_holdout * scale**2,
    )
    found = minimum_detectable_effect(scaled)
    assert found == pytest.approx(scale * minimum_detectable_effect(design), rel=1e-9)


@given(_designs(), st.floats(-5, 5))
def test_arms_and_signs_may_be_swapped(design: Design, errors: float) -> None:
    swapped = Design(
        design.n_holdout, design.n_treatment, design.variance_holdout, design.variance_treatment
    )
    effect = errors * design.standard_error
    assert power_of(swapped, -effect) == pytest.approx(power_of(design, effect), rel=1e-9)


@given(_designs(), st.floats(0.06, 0.99))
def test_the_detectable_effect_has_the_power_it_says(design: Design, power: float) -> None:
    effect = minimum_detectable_effect(design, power)
    assert power_of(design, effect) == pytest.approx(power, abs=1e-9)


@given(_designs(), st.integers(1, 10**5))
def test_more_customers_see_more(design: Design, more: int) -> None:
    larger = design.resized(design.n_treatment + more, design.n_holdout + more)
    assert minimum_detectable_effect(larger) < minimum_detectable_effect(design)


@given(_designs())
def test_chance_alone_calls_one_in_twenty_an_effect(design: Design) -> None:
    assert power_of(design, 0.0) == pytest.approx(0.05, rel=1e-9)
    assert chance_of_gain(design, 0.0) == pytest.approx(0.025, rel=1e-9)


@given(st.floats(0.05, 2.0), st.floats(0.02, 0.98), st.floats(0.1, 10.0))
def test_one_customer_fewer_would_not_do(effect: float, share: float, ratio: float) -> None:
    spread = Design(9, 9, ratio, 1.0)
    design = required_design(effect, share, spread)
    assert power_of(design, effect) >= 0.8
    total = design.n_treatment + design.n_holdout - 1
    n_holdout = round(share * total)
    if min(n_holdout, total - n_holdout) >= 3:
        fewer = spread.resized(total - n_holdout, n_holdout)
        least = math.ceil(3 / min(share, 1 - share)) + 1
        assert total < least or power_of(fewer, effect) < 0.8


def test_the_design_expects_the_standard_error_that_compare_finds() -> None:
    """From the same moments, but for the covariates' means: a relative 1 / n, here 0.01 %."""
    rng = np.random.default_rng(5)
    before = rng.gamma(0.5, 20.0, (20_000, 1))
    rows = np.hstack([0.2 * before + rng.gamma(0.3, 30.0, before.shape), before])
    treated, held = (Moments.from_rows(part, ["margin", "before"]) for part in np.split(rows, 2))
    lift = compare(treated, held, "margin", covariates=["before"])
    shares = [explained_share(arm, "margin", ["before"]) for arm in (treated, held)]
    arms = [
        arm.variance_of("margin") * (1 - r) for arm, r in zip((treated, held), shares, strict=True)
    ]
    # The adjusted share has the loss of degrees of freedom in it already.
    design = Design(10_000, 10_000, *arms)
    assert design.standard_error == pytest.approx(lift.standard_error, rel=1e-3)
    assert design.degrees_of_freedom == pytest.approx(lift.degrees_of_freedom, rel=1e-2)


def test_money_is_the_effect_times_the_texted() -> None:
    design = Design(9_000, 1_000, 100.0, 100.0)
    found = detectable_return(design, 0.02, 20.0)
    assert found.effect == minimum_detectable_effect(design)
    assert found.profit == pytest.approx(9_000 * found.effect)
    assert found.margin == pytest.approx(found.profit + 200.0)  # 9,000 x 0.02 + 20
    assert found.roi == pytest.approx(found.profit / 200.0)


def test_no_cost_gives_no_return() -> None:
    design = Design(9_000, 1_000, 100.0, 100.0)
    assert detectable_return(design, None).roi is None
    assert detectable_return(design, 0.0).roi is None
    assert detectable_return(design, 0.0).margin == detectable_return(design, 0.0).profit


def test_covariates_that_are_noise_explain_nothing() -> None:
    rng = np.random.default_rng(6)
    found = [
        explained_share(Moments.from_rows(rng.normal(size=(50, 3)), "abc"), "a", ["b", "c"])
        for _ in range(200)
    ]
    assert np.median(found) < 0.01
    constant = Moments.from_rows([[1.0, 2.0], [2.0, 2.0], [5.0, 2.0], [4.0, 2.0]], ["y", "x"])
    assert explained_share(constant, "y", ["x"]) == 0.0
    assert explained_share(constant, "y", []) == 0.0


@pytest.mark.parametrize(
    ("n_treatment", "n_holdout", "variance"),
    [(2, 100, 1.0), (100, 0, 1.0), (100, 100, 0.0), (100, 100, math.nan), (100, 100, math.inf)],
)
def test_what_cannot_be_planned_is_refused(
    n_treatment: int, n_holdout: int, variance: float
) -> None:
    with pytest.raises(NotEstimableError):
        Design(n_treatment, n_holdout, variance, variance)


@pytest.mark.parametrize("power", [0.05, 0.01, 1.0, -1.0, math.nan])
def test_power_lies_between_chance_and_certainty(power: float) -> None:
    design = Design(100, 100, 1.0, 1.0)
    with pytest.raises(ParameterError, match="power is"):
        minimum_detectable_effect(design, power)
    with pytest.raises(ParameterError, match="power is"):
        minimum_detectable_share(100, 100, 0.1, power)


def test_parameters_out_of_range_are_named() -> None:
    design = Design(100, 100, 1.0, 1.0)
    with pytest.raises(ParameterError, match="r_squared is 1"):
        Design(100, 100, 1.0, 1.0, r_squared=1.0)
    with pytest.raises(ParameterError, match="confidence_level is 95"):
        Design(100, 100, 1.0, 1.0, confidence_level=95)
    with pytest.raises(ParameterError, match="fixed_cost -1"):
        detectable_return(design, 0.1, -1.0)
    for effect in (0.0, math.nan, math.inf):
        with pytest.raises(ParameterError, match="effect of nothing"):
            required_design(effect, 0.5, design)
    with pytest.raises(ParameterError, match="holdout_share is 0"):
        required_design(1.0, 0.0, design)
    with pytest.raises(ParameterError, match="share \\+ effect is"):
        proportion_design(100, 100, 0.9, 0.2)


def test_no_test_is_large_enough_for_next_to_nothing() -> None:
    with pytest.raises(NotEstimableError, match="plan for a larger effect"):
        required_design(1e-9, 0.5, Design(9, 9, 1.0, 1.0))
    with pytest.raises(NotEstimableError, match="take more"):
        minimum_detectable_share(5, 5, 0.9)
