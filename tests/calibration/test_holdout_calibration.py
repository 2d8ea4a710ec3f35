"""Customers drawn from BG/NBD: at their true parameters, purchases made follow those foretold.

The slope of purchases made on purchases foretold is 1 in expectation, because what is foretold is
the conditional mean. Its interval covers 1 as often as it says, held to 4 standard errors.
"""

import math

import numpy as np
import pytest

from smsroi_models.clv.bg_nbd import BgNbd, fit_bg_nbd
from smsroi_models.clv.holdout_calibration import holdout_calibration
from smsroi_models.clv.validation import HoldoutPurchases

TRUTH = BgNbd(1.2, 4.0, 0.8, 4.0, 0.0, np.eye(4), 0, 1.0)
CALIBRATION, HOLDOUT = 39.0, 26.0


def _customers(n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return frequency, recency, T and the purchases of the holdout period."""
    rate = rng.gamma(TRUTH.r, 1 / TRUTH.alpha, n)
    leaves = rng.beta(TRUTH.a, TRUTH.b, n)
    T = CALIBRATION - rng.uniform(0, 12, n)
    x, t, later = np.zeros(n), np.zeros(n), np.zeros(n)
    who, clock = np.arange(n), np.zeros(n)
    while len(who):
        clock = clock + rng.exponential(1 / rate[who])
        here = clock < T[who] + HOLDOUT
        who, clock = who[here], clock[here]
        early = clock < T[who]
        x[who[early]] += 1
        t[who[early]] = clock[early]
        later[who[~early]] += 1
        stays = rng.random(len(who)) >= leaves[who]
        who, clock = who[stays], clock[stays]
    return x, t, T, later


@pytest.mark.slow
def test_coverage_at_the_truth() -> None:
    rng = np.random.default_rng(31)
    replications, covered, slopes = 600, 0, []
    for _ in range(replications):
        *history, later = _customers(2_000, rng)
        found = holdout_calibration(HoldoutPurchases.of(TRUTH, *history, later, HOLDOUT))
        covered += found.slope_ci_lower < 1 < found.slope_ci_upper
        slopes.append(found.slope)
    slack = 4 * math.sqrt(0.95 * 0.05 / replications)
    assert abs(covered / replications - 0.95) < slack
    assert abs(np.mean(slopes) - 1) < 4 * np.std(slopes) / math.sqrt(replications)


@pytest.mark.slow
def test_a_fit_foretells_new_customers_and_their_groups() -> None:
    """Fitted on some, held against others: totals and tenths agree within their own error.

    Four parameters fitted on half as many customers add, on average over ten groups, 4 / 10 x 2 of
    a group's variance: 4 standard errors become 4 x 1.8^1/2, or 5.4.
    """
    rng = np.random.default_rng(32)
    *history, _ = _customers(50_000, rng)
    fitted = fit_bg_nbd(*history)
    *others, later = _customers(100_000, rng)
    told = HoldoutPurchases.of(fitted, *others, later, HOLDOUT)
    for groups in (told.by_expectation(), told.by_frequency()):
        off = groups.actual_mean - groups.expected_mean
        assert (np.abs(off) < 5.4 * groups.standard_error).all()
        assert groups.total_ratio == pytest.approx(1.0, abs=0.03)
    wrong = BgNbd(1.2, 4.0, 0.8, 40.0, 0.0, np.eye(4), 0, 1.0)  # customers hardly leave
    exaggerated = HoldoutPurchases.of(wrong, *others, later, HOLDOUT)
    assert exaggerated.by_frequency().total_ratio > 1.2
    assert holdout_calibration(exaggerated).slope_ci_upper < 1
