"""Does the interval of incremental / tracked cover as often as it says?

Customers buy by their own past; the text adds buyers in treatment, and a platform tracks some
orders, most of which would have come anyway. The true factor is that of the population. 1,500
campaigns; at 95 % coverage the share that covers has a standard error of
sqrt(0.95 x 0.05 / 1500) = 0.0056: within 4 of them of 0.95, and then 0.01 for spend's skewness.
"""

import numpy as np
import pytest

from smsroi_models.attribution.incrementality import incrementality
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments

CAMPAIGNS = 1_500
TOLERANCE = 4 * (0.95 * 0.05 / CAMPAIGNS) ** 0.5 + 0.01
SIZES = 1_500, 500
EFFECT, MEAN_ORDER = 0.06, 40.0
TRACKED_BASE, TRACKED_EXTRA, LEAKED = 0.3, 0.7, 0.03


def _arm(n: int, treated: bool, rng: np.random.Generator) -> Moments:
    taste = rng.gamma(2.0, 0.5, n)
    past = taste * rng.gamma(2.0, 20.0, n)
    spend = np.where(rng.random(n) < np.minimum(0.2 * taste, 0.9), rng.gamma(2, 20.0, n), 0.0)
    tracked = np.where(rng.random(n) < (TRACKED_BASE if treated else LEAKED), spend, 0.0)
    if treated:
        extra = np.where(rng.random(n) < EFFECT, rng.gamma(2, 20.0, n), 0.0)
        tracked = tracked + np.where(rng.random(n) < TRACKED_EXTRA, extra, 0.0)
        spend = spend + extra
    return Moments.from_rows(np.column_stack([spend, tracked, past]), ["spend", "tracked", "past"])


def _truth() -> float:
    """Return what is caused over what is tracked, from the probabilities that draw both."""
    rng = np.random.default_rng(0)
    base = np.minimum(0.2 * rng.gamma(2.0, 0.5, 20_000_000), 0.9).mean() * MEAN_ORDER
    caused = EFFECT * MEAN_ORDER
    tracked = TRACKED_BASE * base + TRACKED_EXTRA * caused
    return float(SIZES[0] * caused / (SIZES[0] * tracked + SIZES[1] * LEAKED * base))


@pytest.mark.slow
@pytest.mark.parametrize("covariates", [(), ("past",)])
def test_the_factors_interval_covers(covariates) -> None:
    rng = np.random.default_rng(20)
    truth, covered = _truth(), 0
    for _ in range(CAMPAIGNS):
        texted, held = _arm(SIZES[0], True, rng), _arm(SIZES[1], False, rng)
        lift = compare(texted, held, "spend", covariates=covariates)
        found = incrementality(texted, held, lift).factor
        covered += found.ci_lower <= truth <= found.ci_upper
    assert covered / CAMPAIGNS == pytest.approx(0.95, abs=TOLERANCE)
