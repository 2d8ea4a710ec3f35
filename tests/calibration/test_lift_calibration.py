"""Do 95 % intervals of lift cover 95 %, and do A/A tests reject 5 %?

Each cell draws many experiments from a population whose effect is known exactly; with no effect
(A/A), what is not covered is what a test at 5 % rejects. Tolerances come from the binomial error
of the number of replications and from the expansion cited in populations.py; none is fitted to
what came out.
"""

import math

import numpy as np
import pytest
from populations import (
    COVARIATES,
    PHI,
    POPULATIONS,
    Coverage,
    Design,
    Shape,
    Z,
    replicate,
    shape,
)

from smsroi_models.attribution.checks import FEW_BUYERS

SHARES = (0.2, 0.5)
# Replications of the long run by buyers in the holdout: larger experiments take longer to draw.
LONG = {5: 4_000, 10: 4_000, 20: 4_000, 50: 4_000, 100: 2_000, 200: 2_000, 500: 1_000}


def _cells(population: str, quick: list[tuple[int, float]], replications: int) -> list[object]:
    """Return (population, buyers in the holdout, holdout share, replications)."""
    long = [(buyers, share) for share in SHARES for buyers in LONG]
    return [
        *(pytest.param(population, *cell, replications) for cell in quick),
        *(pytest.param(population, *cell, LONG[cell[0]], marks=pytest.mark.slow) for cell in long),
    ]


NAMES = ("population", "buyers", "share", "replications")
EFFECT = pytest.mark.parametrize("idle", [True, False], ids=["A/A", "effect"])


@EFFECT
@pytest.mark.parametrize(NAMES, _cells("simulated", [(20, 0.2), (100, 0.2)], 1_000))
def test_intervals_miss_only_as_often_as_skewness_makes_them(
    population: str, buyers: int, share: float, replications: int, idle: bool
) -> None:
    found, shapes = _run(population, Design(buyers, share), replications, idle)
    for (outcome, kind), coverage in found.items():
        _assert_covers(coverage, shapes[outcome], buyers, outcome, kind)
        _assert_errors_are_right(coverage, shapes[outcome])
    plain, adjusted = found["spend", "difference"], found["spend", "adjusted"]
    _assert_misses_on_the_side_of_skewness(plain, shapes["spend"])
    if buyers >= 50:
        assert adjusted.mean_variance < plain.mean_variance


@EFFECT
@pytest.mark.parametrize(NAMES, _cells("lognormal", [(100, 0.2)], 500))
def test_a_heavy_tail_keeps_the_promise_of_the_buyers_check(
    population: str, buyers: int, share: float, replications: int, idle: bool
) -> None:
    """From `FEW_BUYERS` on, even this tail leaves 92.5 %; with equal arms, from ten buyers on.

    Conversion is as good as in any other population.
    """
    found, shapes = _run(population, Design(buyers, share), replications, idle)
    for (outcome, kind), coverage in found.items():
        if outcome == "converted":
            _assert_covers(coverage, shapes[outcome], buyers, outcome, kind)
        elif buyers >= FEW_BUYERS or (share == 0.5 and buyers >= 10):
            assert coverage.covered > 0.925 - coverage.slack, (kind, coverage)


def _run(
    population: str, design: Design, replications: int, idle: bool
) -> tuple[dict[tuple[str, str], Coverage], dict[str, Shape]]:
    drawn = POPULATIONS[population]()
    treated = drawn.untouched if idle else drawn.texted
    rng = np.random.default_rng([43, design.buyers, round(100 * design.holdout_share), idle])
    sizes = design.sizes(drawn.conversion)
    shapes = {
        outcome: shape(treated, drawn.untouched, *sizes, outcome)
        for outcome in ("spend", "converted")
    }
    return replicate(drawn, treated, design, replications, rng), shapes


def _assert_covers(coverage: Coverage, found: Shape, buyers: int, outcome: str, kind: str) -> None:
    lost, gained = found.lost, found.gained
    if kind == "adjusted":
        # As if the buyers alone carried the regression: k slopes take k of their number, which
        # moves the variance by k / buyers and the coverage by z phi(z) times that.
        lost += Z * PHI * len(COVARIATES) / buyers
    if outcome == "converted":
        # Counts move in steps: in arms of equal size one step at either end of the interval.
        gained += 2 * PHI / math.sqrt(2 * buyers)
    assert coverage.covered > 0.95 - lost - coverage.slack, coverage
    # Too wide is a fault too.
    assert coverage.covered < 0.95 + gained + coverage.slack, coverage


def _assert_misses_on_the_side_of_skewness(coverage: Coverage, found: Shape) -> None:
    """A small holdout misses upwards, as often as the skewness says; equal arms evenly."""
    slack = 4 * math.sqrt(found.above / coverage.replications)
    # The next terms on one side are half of those on both.
    remainder = (found.lost + found.gained) / 2
    assert coverage.above == pytest.approx(found.above, abs=slack + remainder), coverage


def _assert_errors_are_right(coverage: Coverage, found: Shape) -> None:
    """The mean of the squared standard errors is the variance of the lifts."""
    # A variance over R draws of excess kurtosis k has relative error sqrt((2 + k) / R); the mean
    # of the squared errors, one of sqrt(k / R) or less.
    slack = 4 * math.sqrt((2 + 2 * abs(found.kurtosis)) / coverage.replications)
    assert coverage.mean_variance / coverage.variance_of_lifts == pytest.approx(1.0, abs=slack)
