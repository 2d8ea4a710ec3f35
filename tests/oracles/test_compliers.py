"""The complier effect against a published trial and against least squares on rows.

Vitamin A in Sumatra: Sommer and Zeger (1991), Statistics in Medicine 10, as printed by Imbens and
Rubin (2015), Causal Inference, chapter 23: intention to treat on survival .0026 (standard error
.0009), on receipt .8000 (.0036), complier effect .0032 (.0012); tolerance: the digits printed.
"""

import numpy as np
import pandas as pd
import pytest
from statsmodels.sandbox.regression.gmm import IV2SLS

from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.compliance import compare_compliers
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments

COLUMNS = ("survived", "received")


def _villages(counts: dict[tuple[float, float], int]) -> Moments:
    return Moments.from_rows(np.repeat(list(counts), list(counts.values()), axis=0), COLUMNS)


ASSIGNED = _villages({(1.0, 0.0): 2_385, (0.0, 0.0): 34, (1.0, 1.0): 9_663, (0.0, 1.0): 12})
CONTROL = _villages({(1.0, 0.0): 11_514, (0.0, 0.0): 74})


def test_vitamin_a() -> None:
    intended = compare(ASSIGNED, CONTROL, "survived")
    assert intended.absolute_lift == pytest.approx(0.0026, abs=5e-5)
    assert intended.standard_error == pytest.approx(0.0009, abs=5e-5)
    lift = compare_compliers(ASSIGNED, CONTROL, "survived", "received")
    assert lift.first_stage == pytest.approx(0.8000, abs=5e-5)
    assert lift.first_stage / np.sqrt(lift.first_stage_f) == pytest.approx(0.0036, abs=5e-5)
    assert lift.absolute_lift == pytest.approx(0.0032, abs=5e-5)
    assert lift.standard_error == pytest.approx(0.0012, abs=5e-5)
    # Nobody of the control took it, so that those who did are the compliers: 12 of 9,675 died.
    assert lift.mean_treatment == pytest.approx(9_663 / 9_675)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Some texts fail, some held-out customers are texted, and the reached differ beforehand."""
    rng = np.random.default_rng(6)
    n = 4_000
    texted = rng.random(n) < 0.7
    reachable = rng.random(n) < 0.75
    anyway = rng.random(n) < 0.05
    received = (texted & reachable) | anyway
    pre = rng.gamma(1.0, 10.0, n) * (1 + reachable)
    spend = 0.5 * pre + rng.gamma(1.0, 8.0, n) + 3.0 * received
    arm = np.where(texted, "treatment", "holdout")
    return pd.DataFrame({"arm": arm, "spend": spend, "received": received, "pre": pre})


def _sandwich(y: np.ndarray, x: np.ndarray, z: np.ndarray, cells: np.ndarray) -> float:
    """Return the robust error of the last coefficient; each arm's residuals by n - k, as ours."""
    fit = IV2SLS(y, x, z).fit()
    # A sandwich written out: the fit itself offers only the homoskedastic one.
    bread = np.linalg.inv(z.T @ x)
    weights = np.where(cells, *(len(y[c]) / (len(y[c]) - 1) for c in (cells, ~cells)))
    scores = z * (fit.resid * np.sqrt(weights))[:, None]
    return float(np.sqrt((bread @ (scores.T @ scores) @ bread.T)[-1, -1]))


def test_two_stage_least_squares_on_rows(rows: pd.DataFrame) -> None:
    texted = (rows["arm"] == "treatment").to_numpy()
    y, ones = rows["spend"].to_numpy(), np.ones(len(rows))
    x = np.column_stack([ones, rows["received"].to_numpy(float)])
    z = np.column_stack([ones, texted.astype(float)])
    lift = compare_compliers(*collect_moments(rows, ["spend", "received"]), "spend", "received")
    # rtol 1e-9: both solve in float64.
    assert lift.absolute_lift == pytest.approx(float(IV2SLS(y, x, z).fit().params[-1]), rel=1e-9)
    assert lift.standard_error == pytest.approx(_sandwich(y, x, z, texted), rel=1e-9)


def test_complier_means_on_rows(rows: pd.DataFrame) -> None:
    """Two-stage least squares of y d on d and of y (1 - d) on 1 - d (Abadie 2002, lemma 2.1)."""
    y, d = rows["spend"].to_numpy(), rows["received"].to_numpy(float)
    ones, texted = np.ones(len(rows)), (rows["arm"] == "treatment").to_numpy(float)
    z = np.column_stack([ones, texted])
    lift = compare_compliers(*collect_moments(rows, ["spend", "received"]), "spend", "received")
    for share, mean in ((d, lift.mean_treatment), (1 - d, lift.mean_holdout)):
        fit = IV2SLS(y * share, np.column_stack([ones, share]), z).fit()
        assert mean == pytest.approx(float(fit.params[-1]), rel=1e-9)


def test_two_stage_least_squares_with_each_arms_slope(rows: pd.DataFrame) -> None:
    texted = (rows["arm"] == "treatment").to_numpy(float)
    y, centred = rows["spend"].to_numpy(), (rows["pre"] - rows["pre"].mean()).to_numpy()
    shared = np.column_stack([np.ones(len(rows)), centred, centred * texted])
    x = np.column_stack([shared, rows["received"].to_numpy(float)])
    z = np.column_stack([shared, texted])
    columns = ["spend", "received", "pre"]
    lift = compare_compliers(
        *collect_moments(rows, columns), "spend", "received", covariates=["pre"]
    )
    assert lift.absolute_lift == pytest.approx(float(IV2SLS(y, x, z).fit().params[-1]), rel=1e-9)
    # From moments: homoskedastic within an arm; the sandwich is not. 3,000 rows: 3 %.
    error = _sandwich(y, x, z, texted.astype(bool))
    assert lift.standard_error == pytest.approx(error, rel=0.03)
