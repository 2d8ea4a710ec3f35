"""The time after the window: intervals hold, and the verdict's error rates are as stated.

A customer's window and the days after it are correlated (those who buy often do so in both). Where
orders moved earlier, the texted lose afterwards exactly what they gained. Normal spend, 1,000
customers an arm: here it is the combination of columns that is tested; tails are those of any lift.
"""

import math
from collections import Counter

import numpy as np
import pytest

from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.pull_forward import pull_forward

NAMES = ("margin", "after_30", "pre")
N = 1_000
# The standard error of a window's lift: sqrt(2 x (1 + 0.5^2) / N) of the draw below.
ERROR = math.sqrt(2 * 1.25 / N)


def _arm(rng: np.random.Generator, window: float, after: float) -> Moments:
    loyal = rng.normal(0, 0.5, N)
    rows = [loyal + rng.normal(0, 1, N) + shift for shift in (window, after, 0.0)]
    return Moments.from_rows(np.column_stack(rows), NAMES)


def _replicate(replications: int, window: float, after: float) -> tuple[Counter[str], list[float]]:
    rng = np.random.default_rng([72, round(100 * window), round(-100 * after)])
    verdicts: Counter[str] = Counter()
    held = np.zeros(3)
    truths = (after, window + after, window / 2 + after)
    for _ in range(replications):
        arms = _arm(rng, window, after), _arm(rng, 0.0, 0.0)
        found = pull_forward(*arms, [30], candidates=["pre"])
        verdicts[found.verdict] += 1
        last = found.horizons[0]
        for i, (lift, truth) in enumerate(
            zip((last.change, last.total, last.rest), truths, strict=True)
        ):
            held[i] += lift.ci_lower <= truth <= lift.ci_upper
    return verdicts, list(held / replications)


RUNS = [400, pytest.param(4_000, marks=pytest.mark.slow)]
STRONG = 6 * ERROR


@pytest.mark.parametrize("replications", RUNS)
@pytest.mark.parametrize(
    ("after", "never", "mostly"),
    [
        (0.0, "moved earlier", "kept"),
        (-STRONG, "kept", "moved earlier"),
        (-STRONG / 2, "", ""),  # exactly half: the border between kept and not
    ],
    ids=["kept", "moved", "half"],
)
def test_the_verdict_errs_seldom(replications: int, after: float, never: str, mostly: str) -> None:
    verdicts, held = _replicate(replications, STRONG, after)
    slack = 4 * math.sqrt(0.95 * 0.05 / replications)
    assert held == pytest.approx([0.95] * 3, abs=slack)
    one_sided = 0.025 + 4 * math.sqrt(0.025 * 0.975 / replications)
    if never:
        assert verdicts[never] / replications < one_sided
        assert verdicts[mostly] == max(verdicts.values())
    else:  # more than half is kept, or lost, is claimed by an interval of one side each
        assert verdicts["kept"] / replications < one_sided
        assert verdicts["moved earlier"] / replications < one_sided


@pytest.mark.parametrize("replications", RUNS)
def test_an_idle_window_has_no_gain_that_could_be_kept(replications: int) -> None:
    verdicts, _held = _replicate(replications, 0.0, 0.0)
    claimed = 1 - verdicts["cannot tell"] / replications
    assert claimed < 0.025 + 4 * math.sqrt(0.025 * 0.975 / replications)
