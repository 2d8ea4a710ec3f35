"""Does the prediction interval of a campaign without a holdout hold what it caused?

Every programme has campaigns with a holdout, whose true factors differ, and one more campaign that
texted everyone, drawn like them. The interval is a prediction interval: it has to hold the new
campaign's own truth as often as it says, over programmes. tau is integrated under a flat prior,
which covers more than stated where campaigns hardly differ, so that only the lower end is a bound:
0.95 less 4 standard errors of the share that covers, and 0.015 for factors that are not normal
(ratios of skewed sums). Where campaigns differ much and there are many, it has to come near, and
not cover everything: at most 0.985.
"""

import numpy as np
import pytest

from smsroi_models.attribution.borrowed_records import times
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.incrementality import incrementality
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.pooled_factors import pooled_factors, read

MEAN_ORDER = 40.0
TRACKED_BASE, TRACKED_EXTRA = 0.3, 0.7
SIZES = 2_000, 700


def _floor(programmes: int) -> float:
    return 0.95 - 4 * (0.95 * 0.05 / programmes) ** 0.5 - 0.015


def _share_held(campaigns: int, spread: float, programmes: int, rng) -> float:
    """Return how often a new campaign's factor lies inside, from factors known with error."""
    held = 0
    errors = np.geomspace(0.08, 0.6, campaigns)
    for _ in range(programmes):
        truth = rng.normal(0.5, spread, campaigns + 1)
        seen = truth[:-1] + errors * rng.normal(size=campaigns)
        figures = {
            f"{i}": Estimate(float(y), float(s), 0.0, 0.0)
            for i, (y, s) in enumerate(zip(seen, errors, strict=True))
        }
        found = pooled_factors(figures).prediction
        held += found.ci_lower <= truth[-1] <= found.ci_upper
    return held / programmes


def test_a_new_campaigns_factor_lies_inside_the_prediction_interval() -> None:
    """8 campaigns that differ by 0.3, 400 programmes."""
    share = _share_held(8, 0.3, 400, np.random.default_rng(1))
    assert _floor(400) <= share <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("campaigns", [3, 5, 8, 12])
@pytest.mark.parametrize("spread", [0.0, 0.1, 0.3, 1.0])
def test_the_prediction_interval_covers_whatever_campaigns_differ_by(campaigns, spread) -> None:
    share = _share_held(campaigns, spread, 1_000, np.random.default_rng(campaigns))
    print(f"{campaigns} campaigns, spread {spread}: {share:.3f}")
    assert share >= _floor(1_000)


def _arm(n: int, effect: float, rng: np.random.Generator) -> Moments:
    """Draw spend, and what of it a platform tracks; the text adds buyers with this probability."""
    taste = rng.gamma(2.0, 0.5, n)
    spend = np.where(rng.random(n) < np.minimum(0.2 * taste, 0.9), rng.gamma(2, 20.0, n), 0.0)
    extra = np.where(rng.random(n) < effect, rng.gamma(2, 20.0, n), 0.0)
    tracked = np.where(rng.random(n) < TRACKED_BASE, spend, 0.0)
    tracked = tracked + np.where(rng.random(n) < TRACKED_EXTRA, extra, 0.0)
    return Moments.from_rows(np.column_stack([spend + extra, tracked]), ["spend", "tracked"])


def _factor(effect: float, rng: np.random.Generator) -> Estimate:
    texted, held = _arm(SIZES[0], effect, rng), _arm(SIZES[1], 0.0, rng)
    nothing = Moments(held.columns, held.n, held.mean * [1, 0], np.diag([1, 0]) * held.covariance)
    return incrementality(texted, nothing, compare(texted, nothing, "spend")).factor


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.03])
def test_the_borrowed_revenue_holds_what_the_campaign_caused(spread) -> None:
    """6 campaigns from rows: effects of 6 % more buyers that differ by ``spread``, 500 programmes.

    The new campaign's truth is its own effect on the expected spend of those texted.
    """
    rng, held, programmes = np.random.default_rng(4), 0, 500
    for _ in range(programmes):
        effects = np.clip(rng.normal(0.06, spread, 7), 0.0, None)
        factors = {f"{i}": _factor(effect, rng) for i, effect in enumerate(effects[:-1])}
        new = _arm(SIZES[0], effects[-1], rng)
        n = new.n
        total = n * new.mean_of("tracked")
        tracked = Estimate(total, (n * new.variance_of("tracked")) ** 0.5, 0.0, 0.0)
        found = read(times(pooled_factors(factors).new, tracked), 0.95)
        held += found.ci_lower <= n * effects[-1] * MEAN_ORDER <= found.ci_upper
    print(f"effects differ by {spread}: {held / programmes:.3f}")
    assert held / programmes >= _floor(programmes)
