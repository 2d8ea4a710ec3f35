"""Weighted means and their difference against SciPy's Welch test and statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from smsroi_models.attribution.shares import share_of
from smsroi_models.survey.mean_difference import mean_difference


@pytest.mark.parametrize("seed", range(3))
def test_with_equal_weights_it_is_welchs_test(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spend, first = rng.gamma(2.0, 20.0, 90), np.arange(90) < 35
    found = mean_difference(spend, first, np.full(90, 3.0), 0.9).difference
    theirs = stats.ttest_ind(spend[first], spend[~first], equal_var=False)
    interval = theirs.confidence_interval(0.9)
    assert found.estimate / found.standard_error == pytest.approx(theirs.statistic, rel=1e-10)
    assert (found.ci_lower, found.ci_upper) == pytest.approx(tuple(interval), rel=1e-10)


def test_with_weights_it_is_weighted_least_squares_with_robust_errors() -> None:
    """HC0 of a group's mean is the linearised variance without n / (n - 1)."""
    rng = np.random.default_rng(4)
    spend, first, weights = rng.gamma(2.0, 20.0, 80), np.arange(80) < 30, rng.random(80) + 0.2
    found = mean_difference(spend, first, weights, 0.95)
    means, variances = [], []
    for rows in (first, ~first):
        fitted = sm.WLS(spend[rows], np.ones(rows.sum()), weights[rows]).fit(cov_type="HC0")
        size = weights[rows].sum() ** 2 / (weights[rows] ** 2).sum()
        means.append(fitted.params[0])
        variances.append(fitted.bse[0] ** 2 * size / (size - 1))
    assert found.difference.estimate == pytest.approx(means[0] - means[1], rel=1e-10)
    assert found.difference.standard_error == pytest.approx(np.sqrt(sum(variances)), rel=1e-10)


def test_a_share_of_an_effective_size_is_statsmodels_wilson() -> None:
    found = share_of(12.5, 80.25, 0.9)
    theirs = proportion_confint(12.5, 80.25, alpha=0.1, method="wilson")
    assert (found.ci_lower, found.ci_upper) == pytest.approx(theirs, rel=1e-10)
