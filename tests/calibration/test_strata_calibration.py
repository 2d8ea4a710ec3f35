"""Intervals of the post-stratified lift cover the effect on the customers texted.

2,000 replications: four binomial standard errors of 95 % are 1.95 points. Strata of normal spend,
so that what is tested is the weighing, not the tails (those: test_lift_calibration).
"""

import math

import numpy as np
import pytest

from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.strata import post_stratified

REPLICATIONS = 2_000
SLACK = 4 * math.sqrt(0.95 * 0.05 / REPLICATIONS)
# level of spend, effect, texted, held out
STRATA = ((10.0, 0.0, 40, 40), (20.0, 2.0, 120, 30), (40.0, 5.0, 200, 12))


@pytest.mark.parametrize("covariates", [(), ("pre",)])
def test_coverage_with_shares_and_effects_that_vary(covariates: tuple[str, ...]) -> None:
    rng = np.random.default_rng(21)
    texted = sum(n for _, _, n, _ in STRATA)
    truth = sum(effect * n for _, effect, n, _ in STRATA) / texted
    covered = 0
    for _ in range(REPLICATIONS):
        strata = {
            level: (_draw(rng, level, effect, n), _draw(rng, level, 0.0, held))
            for level, effect, n, held in STRATA
        }
        lift = post_stratified(strata, "spend", covariates=covariates)
        covered += lift.ci_lower <= truth <= lift.ci_upper
    assert covered / REPLICATIONS == pytest.approx(0.95, abs=SLACK)


def _draw(rng: np.random.Generator, level: float, effect: float, n: int) -> Moments:
    before = rng.normal(level, level / 2, n)
    spend = 0.7 * before + rng.normal(level + effect, level / 2, n)
    return Moments.from_rows(np.column_stack([spend, before]), ("spend", "pre"))
