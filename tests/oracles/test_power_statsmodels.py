"""Power, detectable effect and sample size against statsmodels, wherever both mean the same.

`TTestIndPower` pools the variance: with equal variances and arms of equal size its degrees of
freedom are Welch's, and everything agrees to rounding. With unequal arms the two differ in the
degrees of freedom alone, which large arms make the same normal quantile.
"""

import pytest
from statsmodels.stats.power import (
    NormalIndPower,
    TTestIndPower,
    normal_power_het,
    normal_sample_size_one_tail,
)
from statsmodels.stats.proportion import power_proportions_2indep

from smsroi_models.planning.design import Design, proportion_design
from smsroi_models.planning.power import (
    chance_of_gain,
    minimum_detectable_effect,
    minimum_detectable_share,
    power_of,
    required_design,
)

EFFECTS = (0.0, 0.1, 0.5, 1.5)


@pytest.mark.parametrize("n", [5, 64, 3_000])
@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("confidence_level", [0.9, 0.95, 0.99])
def test_equal_arms_are_the_t_test(n: int, effect: float, confidence_level: float) -> None:
    design = Design(n, n, 4.0, 4.0, confidence_level=confidence_level)
    alpha = 1 - confidence_level
    peer = TTestIndPower().power(effect, n, alpha)
    assert power_of(design, 2 * effect) == pytest.approx(peer, rel=1e-9)
    upper = TTestIndPower().power(effect, n, alpha / 2, alternative="larger")
    assert chance_of_gain(design, 2 * effect) == pytest.approx(upper, rel=1e-9)


@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("n", [10, 200])
def test_detectable_effect_is_the_t_tests(n: int, power: float) -> None:
    # statsmodels' root finder stops at 1e-8 or so.
    peer = TTestIndPower().solve_power(None, n, 0.05, power)
    found = minimum_detectable_effect(Design(n, n, 9.0, 9.0), power)
    assert found == pytest.approx(3 * peer, rel=1e-6)


@pytest.mark.parametrize("effect", [0.1, 0.5, 1.0])
def test_required_size_is_the_t_tests(effect: float) -> None:
    """The peer's size per arm is a fraction; ours is the whole number at or above it."""
    peer = TTestIndPower().solve_power(effect, None, 0.05, 0.8)
    design = required_design(effect, 0.5, Design(9, 9, 1.0, 1.0))
    total = design.n_treatment + design.n_holdout
    assert 2 * peer <= total < 2 * peer + 1 + 1e-6


@pytest.mark.parametrize("share", [0.05, 0.2, 0.7])
@pytest.mark.parametrize("effect", [0.005, 0.02, 0.05])
def test_large_unequal_arms_are_the_normal_test(share: float, effect: float) -> None:
    n = 40_000
    n_holdout = round(share * n)
    ratio = (n - n_holdout) / n_holdout
    peer = NormalIndPower().power(effect, n_holdout, 0.05, ratio)
    # At 2,000 degrees of freedom or more a t quantile is within 0.1 % of the normal's.
    assert power_of(Design(n - n_holdout, n_holdout, 1.0, 1.0), effect) == pytest.approx(
        peer, abs=1e-3
    )


def test_unequal_variances_are_the_heteroskedastic_normal_test() -> None:
    """statsmodels wants the standard deviation of the difference times the root of one arm's n."""
    n_treatment, n_holdout = 30_000, 10_000
    spread = (25.0 / n_treatment + 4.0 / n_holdout) ** 0.5 * n_holdout**0.5
    peer = normal_power_het(0.08, n_holdout, 0.05, spread, spread)
    found = power_of(Design(n_treatment, n_holdout, 25.0, 4.0), 0.08)
    assert found == pytest.approx(peer, abs=1e-4)  # 20,000 degrees of freedom and more


def test_explained_variance_counts_as_if_it_were_not_there() -> None:
    """Teerenstra et al. (2012): a covariate of correlation r leaves 1 - r^2 of the variance."""
    found = power_of(Design(10_000, 10_000, 10.0, 10.0, r_squared=0.36, n_covariates=2), 0.1)
    peer = TTestIndPower().power(0.1 / (10 * 0.64) ** 0.5, 10_000, 0.05)
    assert found == pytest.approx(peer, abs=1e-4)  # two degrees of freedom in 20,000


@pytest.mark.parametrize("share", [0.03, 0.2, 0.5])
@pytest.mark.parametrize("effect", [0.004, 0.01])
def test_proportions_are_the_normal_test_of_two_proportions(share: float, effect: float) -> None:
    n_treatment, n_holdout = 60_000, 20_000
    found = power_of(proportion_design(n_treatment, n_holdout, share, effect), effect)
    treated = share + effect
    variance = treated * (1 - treated) / n_treatment + share * (1 - share) / n_holdout
    unpooled = (variance * n_holdout) ** 0.5
    assert found == pytest.approx(
        normal_power_het(effect, n_holdout, 0.05, unpooled, unpooled), abs=1e-4
    )
    # The peer's own test pools the two shares under no effect; with three in four customers in
    # one arm that moves the standard error by up to 8 % of effect / share (0.03 to 0.04).
    peer = power_proportions_2indep(
        effect, share, n_treatment, n_holdout / n_treatment, return_results=False
    )
    assert found == pytest.approx(peer, abs=0.05)


def test_equal_arms_of_proportions_need_what_statsmodels_says() -> None:
    share, effect = 0.10, 0.04
    spread = (share * (1 - share) + (share + effect) * (1 - share - effect)) ** 0.5
    peer = normal_sample_size_one_tail(effect, 0.8, 0.025, spread, spread)
    found = minimum_detectable_share(round(peer), round(peer), share)
    # Two degrees of freedom in 2,000, and the size rounded to a whole number.
    assert found == pytest.approx(effect, rel=2e-3)
