"""Fieller's interval against its definition, on rows.

Source: Fieller (1954): the interval holds the ratios R for which "numerator - R x denominator is
zero" is not rejected. Each end is sought by SciPy's bracketing on a statistic made from rows with
NumPy alone. Tolerance 1e-9: both are exact but for rounding and the bracketing's own tolerance.
"""

import numpy as np
import pytest
from scipy import optimize, stats

from smsroi_models.attribution.incrementality import incrementality, ratio_of
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError


def _shop(rng: np.random.Generator):
    """Return spend and tracked spend of both arms; a little is tracked among the held-out."""
    arms = []
    for n, rate, share in ((400, 0.35, 0.6), (250, 0.25, 0.05)):
        spend = np.where(rng.random(n) < rate, rng.gamma(2.0, 30.0, n), 0.0)
        tracked = np.where(rng.random(n) < share, spend, 0.0)
        arms.append(np.column_stack([spend, tracked]))
    return arms


@pytest.mark.parametrize("seed", range(5))
def test_the_ends_are_the_ratios_that_are_just_not_rejected(seed: int) -> None:
    treated, held = _shop(np.random.default_rng(seed))
    texted = Moments.from_rows(treated, ["spend", "tracked"])
    control = Moments.from_rows(held, ["spend", "tracked"])
    lift = compare(texted, control, "spend")
    found = incrementality(texted, control, lift).factor
    reach = stats.t.ppf(0.975, lift.degrees_of_freedom)
    n, m = len(treated), len(held)

    def beyond(ratio: float) -> float:
        texted_rows = treated[:, 0] - ratio * treated[:, 1]
        held_rows = -n / m * held[:, 0] - ratio * held[:, 1]
        total = texted_rows.sum() + held_rows.sum()
        variance = n * texted_rows.var(ddof=1) + m * held_rows.var(ddof=1)
        return float(total**2 - reach**2 * variance)

    middle = found.estimate
    assert beyond(middle) < 0
    low = optimize.brentq(beyond, middle - 50, middle, xtol=1e-13)
    high = optimize.brentq(beyond, middle, middle + 50, xtol=1e-13)
    assert found.ci_lower == pytest.approx(low, rel=1e-9, abs=1e-9)
    assert found.ci_upper == pytest.approx(high, rel=1e-9, abs=1e-9)


def test_covariates_take_their_part_out_of_the_covariance() -> None:
    """With a covariate the covariance is that of the regression's residuals (NumPy's lstsq)."""
    rng = np.random.default_rng(9)
    arms, residual_covariance = [], []
    for treated, held in [_shop(rng)]:
        for rows in (treated, held):
            past = rows[:, 0] * 0.5 + rng.gamma(1.0, 20.0, len(rows))
            design = np.column_stack([np.ones(len(rows)), past])
            slope = np.linalg.lstsq(design, rows[:, 0], rcond=None)[0]
            residual = rows[:, 0] - design @ slope
            residual_covariance.append(np.cov(residual, rows[:, 1])[0, 1])
            arms.append(
                Moments.from_rows(np.column_stack([rows, past]), ["spend", "tracked", "past"])
            )
    lift = compare(*arms, "spend", covariates=["past"])
    found = incrementality(*arms, lift)
    n = arms[0].n
    expected = ratio_of(
        (n * lift.absolute_lift, (n * lift.standard_error) ** 2),
        (found.tracked.estimate, found.tracked.standard_error**2),
        n * (residual_covariance[0] - residual_covariance[1]),
        stats.t.ppf(0.975, lift.degrees_of_freedom),
    )
    assert found.factor.to_dict() == pytest.approx(expected.to_dict(), rel=1e-9)


def test_a_denominator_that_may_be_zero_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="not clearly above zero"):
        ratio_of((5.0, 1.0), (1.9, 1.0), 0.0, reach=2.0)
    with pytest.raises(NotEstimableError, match="not clearly above zero"):
        ratio_of((5.0, 1.0), (0.0, 0.0), 0.0, reach=2.0)


@pytest.mark.parametrize("unit", [1e-6, 100.0, 1e9])
def test_the_currencys_unit_does_not_matter(unit: float) -> None:
    treated, held = _shop(np.random.default_rng(3))

    def factor(scale: float):
        texted = Moments.from_rows(scale * treated, ["spend", "tracked"])
        control = Moments.from_rows(scale * held, ["spend", "tracked"])
        return incrementality(texted, control, compare(texted, control, "spend")).factor

    assert factor(unit).to_dict() == pytest.approx(factor(1.0).to_dict(), rel=1e-9)
