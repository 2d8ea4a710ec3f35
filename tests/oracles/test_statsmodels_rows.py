"""Both estimators against statsmodels' regressions on rows.

Unequal arms (80 to 20), skewed spend whose spread grows with the covariates, different slopes in
each arm: everything that separate slopes and unequal variances are for.
"""

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments

Array = NDArray[np.float64]


def _rows(k: int, seed: int, n: int = 2_000) -> tuple[Array, Array, Array]:
    """Draw outcome (n,), covariates (n, k) on very different scales, and treated (n,)."""
    rng = np.random.default_rng(seed)
    mixed = rng.gamma(2.0, 1.0, (n, k)) @ (np.eye(k) + 0.4)
    covariates = mixed * 10.0 ** np.arange(k) + 3.0
    treated = (rng.random(n) < 0.8).astype(float)
    signal = mixed @ np.linspace(1.0, 0.3, k)
    spread = 1.0 + 0.5 * signal  # heteroskedastic
    outcome = signal * (1.0 + 0.5 * treated) + spread * rng.standard_exponential(n)
    return outcome, covariates, treated


def _arms(outcome: Array, covariates: Array, treated: Array) -> tuple[Moments, Moments, list[str]]:
    names = [f"x{i}" for i in range(covariates.shape[1])]
    rows = np.column_stack([outcome, covariates])
    columns = ["spend", *names]
    return (
        Moments.from_rows(rows[treated == 1], columns),
        Moments.from_rows(rows[treated == 0], columns),
        names,
    )


def _lin_regression(outcome: Array, covariates: Array, treated: Array) -> sm.OLS:
    """Regress on treatment, centred covariates and their products: Lin (2013), section 4."""
    # A covariate's scale changes neither coefficient of interest; it does condition the matrix.
    centred = (covariates - covariates.mean(axis=0)) / covariates.std(axis=0)
    design = np.column_stack([np.ones_like(treated), treated, centred, treated[:, None] * centred])
    return sm.OLS(outcome, design)


@pytest.mark.parametrize("seed", [1, 2])
def test_difference_in_means_is_ols_with_hc2(seed: int) -> None:
    """With a dummy alone, leverage is 1/n of the own arm: HC2 gives s^2/n in each, Welch's SE."""
    outcome, covariates, treated = _rows(1, seed)
    treatment, holdout, _ = _arms(outcome, covariates, treated)
    lift = compare(treatment, holdout, "spend")
    fit = sm.OLS(outcome, sm.add_constant(treated)).fit(cov_type="HC2")
    assert lift.absolute_lift == pytest.approx(fit.params[1], rel=1e-11)
    assert lift.standard_error == pytest.approx(fit.bse[1], rel=1e-11)


def test_welch_test_is_statsmodels(seed: int = 3) -> None:
    outcome, covariates, treated = _rows(1, seed)
    treatment, holdout, _ = _arms(outcome, covariates, treated)
    lift = compare(treatment, holdout, "spend", confidence_level=0.9)
    peer = sm.stats.CompareMeans.from_data(outcome[treated == 1], outcome[treated == 0])
    _, p_value, df = peer.ttest_ind(usevar="unequal")
    assert lift.degrees_of_freedom == pytest.approx(df, rel=1e-11)
    assert lift.p_value == pytest.approx(p_value, rel=1e-8)
    assert (lift.ci_lower, lift.ci_upper) == pytest.approx(
        peer.tconfint_diff(alpha=0.1, usevar="unequal"), rel=1e-11
    )


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", [4, 5])
def test_adjusted_effect_is_ols_with_centred_interactions(k: int, seed: int) -> None:
    outcome, covariates, treated = _rows(k, seed)
    treatment, holdout, names = _arms(outcome, covariates, treated)
    lift = compare(treatment, holdout, "spend", covariates=names)
    fit = _lin_regression(outcome, covariates, treated).fit()
    assert lift.absolute_lift == pytest.approx(fit.params[1], rel=1e-9)
    assert lift.mean_holdout == pytest.approx(fit.params[0], rel=1e-9)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", [6, 7])
def test_adjusted_error_is_that_of_two_regressions(k: int, seed: int) -> None:
    outcome, covariates, treated = _rows(k, seed)
    treatment, holdout, names = _arms(outcome, covariates, treated)
    lift = compare(treatment, holdout, "spend", covariates=names)
    scaled = (covariates - covariates.mean(axis=0)) / covariates.std(axis=0)
    at = np.r_[1.0, np.zeros(k)]
    means, variances, dfs = [], [], []
    for arm in (treated == 1, treated == 0):
        fit = sm.OLS(outcome[arm], sm.add_constant(scaled[arm])).fit()
        read = fit.get_prediction(at)
        means.append(read.predicted_mean[0])
        variances.append(read.se_mean[0] ** 2)
        dfs.append(fit.df_resid)
    assert (lift.mean_treatment, lift.mean_holdout) == pytest.approx(means, rel=1e-9)
    assert lift.standard_error == pytest.approx(np.sqrt(sum(variances)), rel=1e-9)
    welch = sum(variances) ** 2 / sum(v**2 / df for v, df in zip(variances, dfs, strict=True))
    assert lift.degrees_of_freedom == pytest.approx(welch, rel=1e-9)


@pytest.mark.parametrize("k", [1, 4])
@pytest.mark.parametrize("n", [5_000, 50_000])
def test_adjusted_error_approaches_hc2(k: int, n: int) -> None:
    """The distance to HC2 stays within its own bound, which shrinks as n ** -0.5.

    In one arm HC2's variance is sum w^2 e^2 / (1 - h) with w = (1 + g) / n, where g has mean 0 and
    mean square m^2, m being the Mahalanobis length of the step to the common mean. Ours has the
    mean of e^2 in place of each. The relative distance is therefore at most 2 m cv(e^2) (Cauchy
    and Schwarz) + m^2 max(e^2) / mean(e^2), and the leverage adds max h / (1 - max h).
    """
    outcome, covariates, treated = _rows(k, 8, n)
    treatment, holdout, names = _arms(outcome, covariates, treated)
    lift = compare(treatment, holdout, "spend", covariates=names)
    fit = _lin_regression(outcome, covariates, treated).fit(cov_type="HC2")
    bounds = []
    for arm in (treated == 1, treated == 0):
        own = sm.OLS(outcome[arm], sm.add_constant(covariates[arm])).fit()
        square, leverage = own.resid**2, own.get_influence().hat_matrix_diag.max()
        step = covariates.mean(axis=0) - covariates[arm].mean(axis=0)
        spread = np.atleast_2d(np.cov(covariates[arm].T))
        m = np.sqrt(step @ np.linalg.solve(spread, step))
        bounds.append(
            2 * m * square.std() / square.mean()
            + m**2 * square.max() / square.mean()
            + leverage / (1 - leverage)
        )
    assert abs(fit.bse[1] ** 2 / lift.standard_error**2 - 1) < max(bounds)
    assert max(bounds) < 40 * n**-0.5  # 0.57 and 0.18: the bound says something, and ever more
