"""The post-stratified lift against statsmodels' least squares on rows.

Regressing on a dummy for each stratum and arm (and, with covariates, each arm's slopes) and
weighing the strata by the customers texted gives the same estimate; without covariates the variance
of cells is exactly HC2's, so that the standard errors agree too. rtol 1e-9: both in float64.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from smsroi_models.attribution.collect import collect_moments_by
from smsroi_models.attribution.strata import Target, post_stratified
from smsroi_models.holdout import holdout_lift


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Three strata that spend differently and hold out 50, 20 and 5 %."""
    rng = np.random.default_rng(12)
    n = 3_000
    stratum = rng.choice(["gold", "silver", "new"], n, p=[0.2, 0.5, 0.3])
    held = pd.Series(stratum).map({"gold": 0.5, "silver": 0.2, "new": 0.05}).to_numpy()
    arm = np.where(rng.random(n) < held, "holdout", "treatment")
    level = pd.Series(stratum).map({"gold": 40.0, "silver": 10.0, "new": 2.0}).to_numpy()
    before = rng.gamma(1.0, level)
    effect = np.where(arm == "treatment", 1.0, 0.0)
    spend = rng.gamma(1.0, level) + 0.5 * before + effect
    return pd.DataFrame({"arm": arm, "stratum": stratum, "spend": spend, "pre": before})


def _contrast(rows: pd.DataFrame, cells: pd.DataFrame, target: Target) -> np.ndarray:
    counted = rows if target == "assigned" else rows[rows["arm"] == "treatment"]
    weights = counted["stratum"].value_counts(normalize=True)
    sign = {"treatment": 1.0, "holdout": -1.0}
    return np.array([weights[stratum] * sign[arm] for stratum, arm in cells.columns])


def _cells(rows: pd.DataFrame) -> pd.DataFrame:
    pairs = pd.MultiIndex.from_frame(rows[["stratum", "arm"]])
    columns = pairs.unique()
    found = (pairs.to_numpy()[:, None] == columns.to_numpy()[None, :]).astype(float)
    return pd.DataFrame(found, columns=columns)


@pytest.mark.parametrize("target", ["treatment", "assigned"])
def test_cells_with_hc2_errors(rows: pd.DataFrame, target: Target) -> None:
    cells = _cells(rows)
    fit = sm.OLS(rows["spend"].to_numpy(), cells.to_numpy()).fit(cov_type="HC2")
    contrast = _contrast(rows, cells, target)
    lift = post_stratified(collect_moments_by(rows, ["spend"], "stratum"), "spend", target=target)
    assert lift.absolute_lift == pytest.approx(float(contrast @ fit.params), rel=1e-9)
    error = float(np.sqrt(contrast @ fit.cov_params() @ contrast))
    assert lift.standard_error == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize("target", ["treatment", "assigned"])
def test_slopes_of_each_arm(rows: pd.DataFrame, target: Target) -> None:
    cells = _cells(rows)
    centred = rows["pre"] - rows.groupby("stratum")["pre"].transform("mean")
    slopes = np.column_stack([centred * (rows["arm"] == arm) for arm in ("treatment", "holdout")])
    design = np.hstack([cells.to_numpy(), slopes])
    fit = sm.OLS(rows["spend"].to_numpy(), design).fit(cov_type="HC2")
    contrast = np.concatenate([_contrast(rows, cells, target), [0.0, 0.0]])
    groups = collect_moments_by(rows, ["spend", "pre"], "stratum")
    lift = post_stratified(groups, "spend", covariates=["pre"], target=target)
    assert lift.absolute_lift == pytest.approx(float(contrast @ fit.params), rel=1e-9)
    # HC2 knows each row's leverage, moments do not: equal to order 1 / n.
    error = float(np.sqrt(contrast @ fit.cov_params() @ contrast))
    assert lift.standard_error == pytest.approx(error, rel=0.03)


def test_shares_that_differ_mislead_the_whole_arms_but_not_the_strata(rows: pd.DataFrame) -> None:
    """Big spenders were held out more often: the whole arms say that the text cost spend."""
    assert holdout_lift(rows).ci_upper < 0
    lift = holdout_lift(rows, strata="stratum", covariates=["pre"])
    assert lift.method == "post-stratified"
    assert lift.ci_lower < 1.0 < lift.ci_upper
