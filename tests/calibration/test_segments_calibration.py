"""Segments of an idle campaign: all intervals hold at once, and no segment is found by chance.

Spend is the simulator's shop's (populations.py), its segments are drawn at random, so that each is
idle or has the same effect. Arms are of equal size, 80 buyers in each: what skewness does to an
interval is tested in test_lift_calibration; here it is what their number does.
Tolerances: four binomial standard errors of the replications.
"""

import gc
import math
from collections.abc import Iterator

import numpy as np
import pytest
from populations import COLUMNS, simulated_spend

from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.multiplicity import compare_segments

SEGMENTS, BUYERS = 6, 80


@pytest.fixture(autouse=True)
def _small_heap() -> Iterator[None]:
    """Hide what is loaded from the collector: statsmodels calls it for every set of p-values."""
    gc.freeze()
    yield
    gc.unfreeze()


def _replicate(replications: int, effects: list[bool], seed: int) -> dict[str, float]:
    population = simulated_spend()
    rng = np.random.default_rng([71, seed])
    n = round(BUYERS / population.conversion)
    truths = [population.effect("spend") if works else 0.0 for works in effects]
    counts = dict.fromkeys(("held", "any_holm", "any_plain", "differ", "false_share"), 0.0)
    for _ in range(replications):
        groups = {}
        for i, works in enumerate(effects):
            arms = (population.texted if works else population.untouched, population.untouched)
            rows = [arm[rng.integers(0, len(arm), n)] for arm in arms]
            groups[str(i)] = tuple(
                Moments.from_rows(np.column_stack([r, r[:, 0] ** 3]), (*COLUMNS, "spend_cubed"))
                for r in rows
            )
        found = compare_segments(groups, "spend")  # type: ignore[arg-type]
        parts = found.segments
        idle = [not works for works in effects]
        counts["held"] += all(
            p.ci_lower <= t <= p.ci_upper for p, t in zip(parts, truths, strict=True)
        )
        holm = [p.p_values.holm < 0.05 for p in parts]
        counts["any_holm"] += any(h and i for h, i in zip(holm, idle, strict=True))
        counts["any_plain"] += any(
            p.p_values.unadjusted < 0.05 and i for p, i in zip(parts, idle, strict=True)
        )
        counts["differ"] += found.differ
        flagged = [p.p_values.benjamini_hochberg < 0.05 for p in parts]
        wrong = sum(f and i for f, i in zip(flagged, idle, strict=True))
        counts["false_share"] += wrong / max(sum(flagged), 1)
    return {name: count / replications for name, count in counts.items()}


def _slack(share: float, replications: int) -> float:
    return 4 * math.sqrt(share * (1 - share) / replications)


RUNS = [200, pytest.param(4_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("replications", RUNS)
def test_an_idle_campaign_shows_no_segment_more_often_than_stated(replications: int) -> None:
    found = _replicate(replications, [False] * SEGMENTS, 1)
    slack = _slack(0.05, replications)
    assert found["held"] > 0.95 - slack
    assert found["any_holm"] < 0.05 + slack
    assert found["false_share"] < 0.05 + slack
    assert found["differ"] < 0.05 + slack
    # Without a correction: 1 - 0.95^6 is 26 %.
    assert found["any_plain"] == pytest.approx(1 - 0.95**SEGMENTS, abs=_slack(0.26, replications))


@pytest.mark.parametrize("replications", RUNS)
def test_what_works_in_half_of_the_segments_leaves_the_idle_ones_alone(replications: int) -> None:
    found = _replicate(replications, [True] * 3 + [False] * 3, 2)
    slack = _slack(0.05, replications)
    assert found["held"] > 0.95 - slack
    assert found["any_holm"] < 0.05 + slack
    assert found["false_share"] < 0.05 + slack
    assert found["differ"] > 0.10  # and it is noticed more often than in an idle campaign
