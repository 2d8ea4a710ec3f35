"""Weights against published tables and against another optimiser.

Kalton and Flores-Cervantes (2003), Journal of Official Statistics 19(2), tables 1 to 3, as the
tests of R's survey package (Lumley) have them: printed to two digits, tolerance half of the last.
"""

import numpy as np
import pytest
from scipy import optimize

from smsroi_models.survey.weight_quality import design_effect
from smsroi_models.survey.weights import post_stratify, rake

SAMPLE = np.array([20, 50, 100, 30, 40, 140, 50, 100, 40, 310, 50, 70]).reshape(3, 4)
POPULATION = np.array([80, 60, 170, 55, 40, 150, 60, 165, 55, 340, 200, 125]).reshape(3, 4)
A, B = ("a1", "a2", "a3", "a4"), ("b1", "b2", "b3")
CELLS = [(a, b) for b in B for a in A]
PEOPLE = [cell for cell, n in zip(CELLS, SAMPLE.ravel(), strict=True) for _ in range(n)]
FRAME = {"a": [a for a, _ in PEOPLE], "b": [b for _, b in PEOPLE]}
MARGINS = {
    "a": dict(zip(A, POPULATION.sum(axis=0).tolist(), strict=True)),
    "b": dict(zip(B, POPULATION.sum(axis=1).tolist(), strict=True)),
}


def _by_cell(weights) -> np.ndarray:
    found = dict(zip(PEOPLE, weights, strict=True))
    return np.array([[found[a, b] for b in B] for a in A])


def test_raking() -> None:
    printed = [[1.81, 1.45, 2.02], [1.08, 0.87, 1.21], [2.20, 1.76, 2.45], [1.83, 1.47, 2.04]]
    assert _by_cell(rake(FRAME, MARGINS)) == pytest.approx(np.array(printed), abs=0.005)


def test_post_stratification() -> None:
    totals = dict(zip(CELLS, POPULATION.ravel().tolist(), strict=True))
    # The table prints 1.10 for 55 / 50 and rounds 1.375 to 1.38, 1.375 (a2, b3: 340 / 310) to 1.10.
    printed = [[4.00, 1.00, 1.38], [1.20, 1.07, 1.10], [1.70, 1.20, 4.00], [1.83, 1.65, 1.79]]
    weights = post_stratify(FRAME, ["a", "b"], totals)
    assert _by_cell(weights) == pytest.approx(np.array(printed), abs=0.0051)


def test_bounded_raking_is_the_least_distance_that_another_optimiser_finds() -> None:
    """SLSQP on the twelve cells, the distance in units of people; it stops at about 1e-6."""
    bounds = (0.6, 1.45)
    mean, n = POPULATION.sum() / SAMPLE.sum(), SAMPLE.ravel().astype(float)
    share = n / n.sum()
    columns = [[cell[0] == a for cell in CELLS] for a in A]
    columns += [[cell[1] == b for cell in CELLS] for b in B[:-1]]
    table = np.array(columns, dtype=float) * share
    totals = np.array([MARGINS["a"][a] for a in A] + [MARGINS["b"][b] for b in B[:-1]]) / n.sum()
    theirs = optimize.minimize(
        lambda w: float((share * (w * np.log(w / mean) - w)).sum()),
        np.full(12, mean),
        jac=lambda w: share * np.log(w / mean),
        constraints=[{"type": "eq", "fun": lambda w: table @ w - totals, "jac": lambda w: table}],
        bounds=[(bounds[0] * mean, bounds[1] * mean)] * 12,
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 1_000},
    )
    assert np.abs(table @ theirs.x - totals).max() < 1e-8
    ours = rake(FRAME, MARGINS, bounds=bounds)
    assert _by_cell(ours).T.ravel() == pytest.approx(theirs.x, abs=1e-4)
    assert ours.max() == pytest.approx(1.45 * mean) and ours.min() >= 0.6 * mean - 1e-12


def test_kishs_design_effect() -> None:
    """Valliant, Dever and Kreuter (2013), section 14.4: 1 + the relvariance of the weights."""
    weights = np.array([1.0, 2.0, 3.5, 0.5, 4.0])
    assert design_effect(weights) == pytest.approx(1 + weights.var() / weights.mean() ** 2)
