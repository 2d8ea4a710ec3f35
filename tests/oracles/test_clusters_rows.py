"""The clustered lift against statsmodels' least squares on rows, ``cov_type="cluster"``.

Same estimator, same correction CR1, both in float64: rtol 1e-9.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from smsroi_models.holdout import holdout_lift


def _rows(seed: int, straddling: bool) -> pd.DataFrame:
    """Households of one to five who spend alike, drawn into arms whole or one by one."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 6, 400)
    household = np.repeat(np.arange(400), size)
    held = rng.random(400)[household] if not straddling else rng.random(len(household))
    arm = np.where(held < 0.3, "holdout", "treatment")
    before = rng.gamma(1.0, 20.0, 400)[household] + rng.gamma(1.0, 10.0, len(household))
    visits = rng.poisson(0.02 * before)
    level = rng.gamma(1.0, 15.0, 400)[household]
    slope = np.where(arm == "treatment", 0.6, 0.3)
    spend = level + slope * before + 4.0 * visits + rng.gamma(1.0, 10.0, len(household))
    return pd.DataFrame(
        {"arm": arm, "household": household, "spend": spend, "pre": before, "visits": visits}
    )


def _fit(rows: pd.DataFrame, covariates: list[str]) -> tuple[float, float]:
    """Return treatment's coefficient and its error, covariates centred and each arm's own slopes.

    Covariates in units of their spread, which changes neither and conditions the matrix.
    """
    texted = (rows["arm"] == "treatment").to_numpy(float)
    centred = ((rows[covariates] - rows[covariates].mean()) / rows[covariates].std()).to_numpy()
    design = np.column_stack([np.ones(len(rows)), texted, centred, texted[:, None] * centred])
    fit = sm.OLS(rows["spend"].to_numpy(), design).fit(
        cov_type="cluster", cov_kwds={"groups": rows["household"].to_numpy()}
    )
    return float(fit.params[1]), float(fit.bse[1])


@pytest.mark.parametrize("straddling", [False, True], ids=["whole", "straddling"])
@pytest.mark.parametrize("covariates", [[], ["pre"], ["pre", "visits"]], ids=len)
def test_cluster_robust_errors(straddling: bool, covariates: list[str]) -> None:
    rows = _rows(8, straddling)
    lift = holdout_lift(rows, covariates=covariates, cluster="household")
    assert lift.method == "cluster-robust"
    estimate, error = _fit(rows, covariates)
    assert lift.absolute_lift == pytest.approx(estimate, rel=1e-9)
    assert lift.standard_error == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize("covariates", [[], ["pre", "visits"]], ids=len)
def test_customers_alone_have_whites_error(covariates: list[str]) -> None:
    rows = _rows(9, straddling=True).assign(household=lambda frame: np.arange(len(frame)))
    lift = holdout_lift(rows, covariates=covariates, cluster="household")
    assert lift.standard_error == pytest.approx(_fit(rows, covariates)[1], rel=1e-9)


def test_the_relative_lift_is_that_of_the_delta_method() -> None:
    """Arms' means and their covariance from statsmodels, the ratio's error by hand."""
    rows = _rows(10, straddling=True)
    arms = pd.get_dummies(rows["arm"])[["treatment", "holdout"]].to_numpy(float)
    fit = sm.OLS(rows["spend"].to_numpy(), arms).fit(
        cov_type="cluster", cov_kwds={"groups": rows["household"].to_numpy()}
    )
    texted, held = fit.params
    gradient = np.array([1 / held, -texted / held**2])
    lift = holdout_lift(rows, cluster="household")
    assert lift.relative_lift == pytest.approx(texted / held - 1, rel=1e-9)
    error = float(np.sqrt(gradient @ fit.cov_params() @ gradient))
    assert lift.relative_standard_error == pytest.approx(error, rel=1e-9)
