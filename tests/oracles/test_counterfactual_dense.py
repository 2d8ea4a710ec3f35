"""The filtered forecast against the same model worked out without any filter.

Given the ratio ``q``, level, drift, week and controls are a linear regression whose errors have the
covariance ``I + q^2 min(s, t)``: the forecast of the sum is that of generalised least squares with
the error carried on (best linear unbiased prediction, Goldberger 1962, JASA 57), and the likelihood
that is left after a flat prior on the coefficients is the restricted one (Harville 1974, Biometrika
61). Dense matrices of numpy, no state space. Both are exact: they agree to rounding, 1e-7 of the
figure.
"""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox

from smsroi_models.attribution.counterfactual import _pattern_p_value
from smsroi_models.attribution.structural import _RATIOS, filter_series

DAYS, WINDOW = 120, 14


@pytest.fixture(scope="module", params=[0, 2], ids=["alone", "two controls"])
def case(request):
    rng = np.random.default_rng(20)
    total = DAYS + WINDOW
    controls = rng.normal(5.0, 2.0, (total, request.param))
    week = np.resize([1.0, 0.0, 0.0, 0.0, -1.0, 2.0, 1.0], total)
    level = 30.0 + 0.02 * np.arange(total) + rng.normal(0.0, 0.2, total).cumsum()
    series = 100.0 * (level + week + controls.sum(axis=1) + rng.normal(0.0, 1.0, total))
    series[DAYS:] = np.nan
    series[40:54] = np.nan
    return series, controls, filter_series(series, controls)


def dense(series, controls, ratio, start, days):
    """Return mean and unscaled covariance of a stretch, squares, log determinants, freedom."""
    clock = np.arange(len(series))
    week = (clock[:, None] % 7 == np.arange(6)).astype(float)
    x = np.column_stack([np.ones(len(series)), clock / 100, week, controls])
    v = np.eye(len(series)) + ratio**2 * np.minimum.outer(clock, clock)
    seen, ahead = ~np.isnan(series) & (clock < start), np.isin(clock, range(start, start + days))
    inverse = np.linalg.inv(v[np.ix_(seen, seen)])
    information = x[seen].T @ inverse @ x[seen]
    beta = np.linalg.solve(information, x[seen].T @ inverse @ series[seen])
    error = series[seen] - x[seen] @ beta
    gain = v[np.ix_(ahead, seen)] @ inverse
    left = x[ahead] - gain @ x[seen]
    covariance = v[np.ix_(ahead, ahead)] - gain @ v[np.ix_(seen, ahead)]
    covariance = covariance + left @ np.linalg.inv(information) @ left.T
    logs = -np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(information)[1]
    freedom = seen.sum() - x.shape[1]
    return x[ahead] @ beta + gain @ error, covariance, error @ inverse @ error, logs, freedom


def test_the_joint_forecast_is_that_of_generalised_least_squares(case):
    series, controls, model = case
    found = model.forecast(DAYS, WINDOW)
    for i, ratio in enumerate(_RATIOS):
        mean, covariance, squares, _, freedom = dense(series, controls, ratio, DAYS, WINDOW)
        assert model.degrees_of_freedom == freedom
        np.testing.assert_allclose(found.mean[i], mean, rtol=1e-7)
        scaled = covariance * squares / freedom
        np.testing.assert_allclose(found.covariance[i], scaled, rtol=1e-7)


def test_a_quiet_stretch_is_forecast_from_the_days_before_it_alone(case):
    series, controls, model = case
    found = model.forecast(80, WINDOW)
    for i, ratio in enumerate(_RATIOS):
        mean, covariance, *_ = dense(series, controls, ratio, 80, WINDOW)
        np.testing.assert_allclose(found.mean[i], mean, rtol=1e-7)
        # The noise is that of the whole pre-period.
        scaled = covariance * model.variances[i]
        np.testing.assert_allclose(found.covariance[i], scaled, rtol=1e-7)


def test_the_weights_are_the_restricted_likelihood_times_a_uniform_prior(case):
    series, controls, model = case
    log = []
    for ratio in _RATIOS:
        _, _, squares, logs, freedom = dense(series, controls, ratio, DAYS, WINDOW)
        log.append(-0.5 * logs - 0.5 * freedom * np.log(squares))
    spacing = np.diff(_RATIOS)
    trapezoid = np.concatenate([[spacing[0]], spacing[1:] + spacing[:-1], [spacing[-1]]]) / 2
    weights = np.exp(np.array(log) - max(log)) * trapezoid
    np.testing.assert_allclose(model.weights, weights / weights.sum(), rtol=1e-6)


def test_the_interval_of_the_sum_is_that_of_draws_from_the_multivariate_t(case):
    model = case[2]
    rng = np.random.default_rng(21)
    forecast = model.forecast(DAYS, WINDOW)
    draws = np.concatenate(
        [
            stats.multivariate_t(mean, shape, df=forecast.degrees_of_freedom, seed=rng)
            .rvs(round(200_000 * weight) + 1)
            .reshape(-1, WINDOW)
            .sum(axis=1)
            for mean, shape, weight in zip(
                forecast.mean, forecast.covariance, forecast.weights, strict=True
            )
        ]
    )
    found = forecast.sum_of(np.ones(WINDOW)).estimate(0.95)
    deviation = draws.std()
    # A quantile of R draws errs by sqrt(p (1 - p) / R) / density: 0.006 deviations at 2.5 %.
    ends = np.quantile(draws, [0.025, 0.975])
    np.testing.assert_allclose([found.ci_lower, found.ci_upper], ends, atol=0.03 * deviation)
    assert found.estimate == pytest.approx(draws.mean(), abs=0.01 * deviation)
    assert found.standard_error == pytest.approx(deviation, rel=0.01)


def test_ljung_and_box_agree_with_statsmodels():
    residuals = np.random.default_rng(22).normal(size=150)
    expected = acorr_ljungbox(residuals, lags=[14])["lb_pvalue"].iloc[0]
    assert _pattern_p_value(residuals) == pytest.approx(expected, rel=1e-10)
