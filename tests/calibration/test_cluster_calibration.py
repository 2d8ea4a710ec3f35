"""Intervals of customers who go along: the clustered one covers 95 %, the plain one far less.

Idle campaigns; each household is texted whole. 1,000 replications: four binomial standard errors of
95 % are 2.8 points. Normal spend, so that what is tested is the clustering, not the tails (those:
test_lift_calibration). Scores are summed here with NumPy; that the engine sums them alike is in
tests/oracles/test_clusters_rows.py.
"""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from smsroi_models.attribution.clusters import clustered_lift, influences
from smsroi_models.attribution.influence import ArmClusters, ClusterScores
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments

REPLICATIONS = 1_000
SLACK = 4 * math.sqrt(0.95 * 0.05 / REPLICATIONS)
Rows = NDArray[np.float64]


def _household_sums(values: Rows, household: NDArray[np.int64], households: int) -> Rows:
    return np.bincount(household, values, households)


def _scores(arms: list[Rows], houses: list[NDArray[np.int64]], names: list[str]) -> ClusterScores:
    """Sum the scores of households that lie in one arm each."""
    moments = [Moments.from_rows(rows, names) for rows in arms]
    found = []
    for rows, house, influence in zip(
        arms, houses, influences(moments[0], moments[1], "spend", names[1:]), strict=True
    ):
        step = rows - influence.centre
        score = step @ influence.residual * (1 / influence.n + step @ influence.leverage)
        size, many = np.bincount(house), int(house.max()) + 1
        effective = float((size**2).sum() ** 2 / (size**4).sum())
        squares = float((_household_sums(score, house, many) ** 2).sum())
        found.append(ArmClusters(many, effective, squares))
    return ClusterScores(found[0].clusters + found[1].clusters, found[0], found[1], 0.0)


def _arm(rng: np.random.Generator, households: int, alone: float) -> tuple[Rows, NDArray[np.int64]]:
    """Draw households of one to five; half of the variance lies between them."""
    size = np.where(rng.random(households) < alone, 1, rng.integers(2, 6, households))
    house = np.repeat(np.arange(households), size)
    before = rng.normal(20.0, 5.0, households)[house] + rng.normal(0.0, 5.0, len(house))
    spend = 0.5 * before + rng.normal(0.0, 5.0, households)[house]
    return np.column_stack([spend + rng.normal(0.0, 5.0, len(house)), before]), house


@pytest.mark.parametrize("names", [["spend"], ["spend", "pre"]], ids=["difference", "adjusted"])
@pytest.mark.parametrize(
    "households",
    [(200, 80), pytest.param((200, 40), marks=pytest.mark.slow)],
    ids=["80 held", "40 held"],
)
def test_the_clustered_interval_covers(households: tuple[int, int], names: list[str]) -> None:
    rng = np.random.default_rng([51, households[1], len(names)])
    clustered, plain = 0, 0
    for _ in range(REPLICATIONS):
        drawn = [_arm(rng, many, 0.3) for many in households]
        arms = [rows[:, : len(names)] for rows, _ in drawn]
        treated, held = (Moments.from_rows(rows, names) for rows in arms)
        scores = _scores(arms, [house for _, house in drawn], names)
        lift = clustered_lift(treated, held, "spend", scores, covariates=names[1:])
        naive = compare(treated, held, "spend", covariates=names[1:])
        clustered += lift.ci_lower <= 0 <= lift.ci_upper
        plain += naive.ci_lower <= 0 <= naive.ci_upper
    assert clustered / REPLICATIONS == pytest.approx(0.95, abs=SLACK)
    # Members correlate at a half, and a member has two others: the variance is 2 times as large,
    # so that a plain interval of 1.96 errors reaches 1.39 of them: 83 %.
    assert plain / REPLICATIONS < 0.90
