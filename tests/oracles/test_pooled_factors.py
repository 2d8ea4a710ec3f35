"""Factors of several campaigns together, against published figures and another integration.

Eight schools: Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, table 5.2 (data) and 5.3
(posterior quantiles under a flat prior on tau, from 200 draws). Quantiles are printed to whole
points; of 200 draws of deviation 6 to 8 the median has an error of 0.6, a quartile of 0.7: 2.5
points are three of them and the rounding.
"""

import numpy as np
import pytest
from scipy import integrate, stats

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.pooled_factors import pooled_factors
from smsroi_models.errors import NotEstimableError

EFFECTS = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0]
ERRORS = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]
# 25 %, 50 %, 75 %
PUBLISHED = [
    (7, 10, 16),
    (3, 8, 12),
    (2, 7, 11),
    (4, 8, 11),
    (1, 5, 10),
    (2, 6, 10),
    (7, 10, 15),
    (3, 8, 13),
]


def _factors(values, errors):
    pairs = zip(values, errors, strict=True)
    return {f"c{i}": Estimate(float(v), float(e), v - e, v + e) for i, (v, e) in enumerate(pairs)}


def test_the_eight_schools_of_the_textbook() -> None:
    found = pooled_factors(_factors(EFFECTS, ERRORS), confidence_level=0.5)
    for drawn, quantiles in zip(found.drawn.values(), PUBLISHED, strict=True):
        seen = drawn.ci_lower, drawn.estimate, drawn.ci_upper
        assert seen == pytest.approx(quantiles, abs=2.5)


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        (EFFECTS, ERRORS),
        ([0.2, 0.9, 0.5, 1.6, -0.1], [0.1, 0.2, 0.3, 0.4, 0.15]),
        ([0.5, 0.52, 0.49, 0.5, 0.51], [0.2, 0.1, 0.3, 0.2, 0.2]),
        ([0.5, 0.52, 0.48, 0.51], [0.01, 0.5, 0.5, 0.5]),  # one large campaign, three small ones
    ],
)
def test_the_prediction_is_that_of_adaptive_quadrature(values, errors) -> None:
    """At the interval's ends the probability is what it says, integrated another way.

    200 parts of tau against quadrature: within 0.002 of 0.025 and 0.975.
    """
    y, s = np.array(values), np.array(errors)

    def likelihood(tau: float) -> float:
        # Of the differences to the first campaign, which do not know mu: a flat prior on it.
        covariance = np.diag(s[1:] ** 2 + tau**2) + s[0] ** 2 + tau**2
        return float(stats.multivariate_normal.pdf(y[1:] - y[0], np.zeros(len(y) - 1), covariance))

    def below(tau: float, end: float) -> float:
        w = 1 / (s**2 + tau**2)
        centre = (w * y).sum() / w.sum()
        return float(stats.norm.cdf(end, centre, np.sqrt(tau**2 + 1 / w.sum())))

    found = pooled_factors(_factors(values, errors)).prediction
    peak = max(likelihood(t) for t in np.linspace(0, 10 * max(s), 50))

    def mean_of(function) -> float:
        # tau = t / (1 - t) over all of [0, infinity), in units of the largest error.
        def inside(t: float) -> float:
            tau = max(s) * t / (1 - t)
            return function(tau) * likelihood(tau) / peak / (1 - t) ** 2

        return integrate.quad(inside, 0, 1, limit=400, epsabs=1e-10)[0]

    whole = mean_of(lambda tau: 1.0)
    for end, probability in ((found.ci_lower, 0.025), (found.ci_upper, 0.975)):
        share = mean_of(lambda tau, end=end: below(tau, end)) / whole
        assert share == pytest.approx(probability, abs=0.002)


def test_a_factor_that_is_nearly_exact_says_nothing_of_the_next_campaign() -> None:
    """Among three with an error of 1 it no longer matters whether its own is 0.01 or a millionth.

    An error of 0.01 beside one of 1 widens what is told by 1 in 10,000: 0.01 is room enough.
    """
    near, exact = (
        pooled_factors(_factors([0.5] * 4, [error, 1.0, 1.0, 1.0])).prediction
        for error in (0.01, 1e-6)
    )
    assert exact.to_dict() == pytest.approx(near.to_dict(), rel=0.01)
    assert exact.ci_upper - exact.ci_lower > 2


def test_many_campaigns_have_the_spread_of_dersimonian_and_laird() -> None:
    """With 400 campaigns tau is well known: both estimators agree to 3 of its errors, 0.02."""
    from statsmodels.stats.meta_analysis import combine_effects

    rng = np.random.default_rng(3)
    errors = rng.uniform(0.1, 0.3, 400)
    values = rng.normal(0.5, 0.3, 400) + errors * rng.normal(size=400)
    found = pooled_factors(_factors(values, errors))
    theirs = combine_effects(values, errors**2, method_re="chi2")
    assert found.between_deviation == pytest.approx(theirs.tau2**0.5, abs=0.03)
    assert found.mean.estimate == pytest.approx(theirs.mean_effect_re, abs=1e-3)


def test_a_factor_is_drawn_towards_the_mean_and_weights_sum_to_one() -> None:
    values = [0.2, 0.9, 0.5, 1.6, -0.1]
    found = pooled_factors(_factors(values, [0.1, 0.2, 0.3, 0.4, 0.15]))
    for value, drawn in zip(values, found.drawn.values(), strict=True):
        low, high = sorted((found.mean.estimate, value))
        assert low - 0.02 <= drawn.estimate <= high + 0.02
    assert sum(found.weights.values()) == pytest.approx(1)
    assert found.prediction.ci_lower < found.mean.ci_lower
    assert found.prediction.ci_upper > found.mean.ci_upper


def test_drawn_factors_lie_nearer_the_truth_than_the_campaigns_own() -> None:
    """The point of drawing them: the squared error over many programmes is smaller.

    Ten campaigns with spread 0.2 and errors of 0.3: by Efron and Morris the squared error falls to
    about 0.09 x 0.04 / 0.13 = 0.028, from 0.09; half would already be far from chance in 100.
    """
    rng = np.random.default_rng(8)
    own = drawn = 0.0
    for _ in range(100):
        truth = rng.normal(0.5, 0.2, 10)
        seen = truth + rng.normal(0, 0.3, 10)
        found = pooled_factors(_factors(seen, np.full(10, 0.3)))
        shrunk = np.array([each.estimate for each in found.drawn.values()])
        own += ((seen - truth) ** 2).mean()
        drawn += ((shrunk - truth) ** 2).mean()
    assert drawn < own / 2


@pytest.mark.parametrize(
    ("values", "errors", "message"),
    [
        ([0.5, 0.6], [0.1, 0.1], "at least 3"),
        ([0.5, 0.6, 0.7], [0.1, 0.0, 0.1], "standard error"),
        ([0.5, float("nan"), 0.7], [0.1, 0.1, 0.1], "standard error"),
    ],
)
def test_too_few_or_exact_factors_are_refused(values, errors, message) -> None:
    with pytest.raises(NotEstimableError, match=message):
        pooled_factors(_factors(values, errors))
