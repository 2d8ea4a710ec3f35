"""How often words are named where scores have nothing to do with them, and what intervals cover.

Scores are dealt out anew over comments whose words are frequent and rare, and come in bundles, as
they do in texts. With no true word, every word named is a false one: the false discovery rate is
the share of runs that name any, and Benjamini and Hochberg keep it at 5 %. Four binomial standard
errors are allowed above it; below it nothing is wrong, the prior makes words shy.
"""

import math

import numpy as np
import pytest

from smsroi_models.attribution.shares import share_of
from smsroi_models.simulate.comments import draw_comments
from smsroi_models.survey.commented import effective_size
from smsroi_models.survey.drivers import PRIOR_COMMENTS, driver_words
from smsroi_models.survey.log_odds import compare_counts
from smsroi_models.survey.mean_difference import mean_difference

RATE = 0.05


def _bound(runs: int) -> float:
    return RATE + 4 * math.sqrt(RATE * (1 - RATE) / runs)


def _false_alarms(
    n_low: int, n_high: int, runs: int, rng: np.random.Generator, weigh: bool = False
) -> float:
    """Deal scores of 0 and 10 out over the simulator's comments, and count the runs with a word."""
    n, alarms = n_low + n_high, 0
    truth = np.clip(np.round(rng.normal(6.5, 2.5, n)), 0, 10)
    text = draw_comments(truth, np.zeros(n, bool), rng).column().to_pylist()
    for _ in range(runs):
        score = np.zeros(n)
        score[rng.choice(n, n_high, replace=False)] = 10.0
        weights = rng.gamma(4.0, 0.25, n) if weigh else None
        found = driver_words(text, score, weights, low_at_most=6, high_at_least=9)
        alarms += bool(found.low or found.high)
    return alarms / runs


def test_few_false_alarms() -> None:
    assert _false_alarms(60, 200, 60, np.random.default_rng(1)) <= _bound(60)


@pytest.mark.slow
@pytest.mark.parametrize("weigh", [False, True])
@pytest.mark.parametrize(("n_low", "n_high"), [(60, 60), (80, 400), (80, 2400)])
def test_false_alarms_are_as_rare_as_stated(n_low: int, n_high: int, weigh: bool) -> None:
    found = _false_alarms(n_low, n_high, 500, np.random.default_rng(2), weigh)
    assert found <= _bound(500)


@pytest.mark.parametrize(("n_low", "n_high"), [(50, 50), (50, 1000)])
def test_a_word_alone_is_named_by_chance_no_more_often_than_stated(n_low: int, n_high: int) -> None:
    """20,000 words of every frequency, independent: four standard errors above 5 % are 5.6 %."""
    rng = np.random.default_rng(3)
    share = rng.uniform(0.05, 0.6, 20_000)
    low, high = (rng.binomial(n, share) * 1.0 for n in (n_low, n_high))
    some = (low + high > 0) & (low + high < n_low + n_high)  # else nothing can be compared
    low, high = low[some], high[some]
    prior = PRIOR_COMMENTS * (low + high) / (n_low + n_high)
    found = compare_counts(low, high, n_low, n_high, prior, PRIOR_COMMENTS)
    assert np.mean(found.p_value < RATE) <= _bound(20_000)


def test_the_prior_of_both_groups_is_fair_to_groups_of_unlike_size() -> None:
    """With a prior from elsewhere the small group is pulled further, and words differ that do not:
    what the module's choice of prior is for.
    """
    rng = np.random.default_rng(4)
    low, high = (rng.binomial(n, 0.3, 5_000) * 1.0 for n in (50, 2_000))
    alarms = []
    for prior in (PRIOR_COMMENTS * (low + high) / 2_050, np.full(5_000, 0.05 * PRIOR_COMMENTS)):
        found = compare_counts(low, high, 50, 2_000, prior, PRIOR_COMMENTS)
        alarms.append(np.mean(found.p_value < RATE))
    assert alarms[0] <= _bound(5_000) < 3 * RATE < alarms[1]


@pytest.mark.parametrize("n_first", [50, 150])
def test_the_difference_of_means_covers_the_truth(n_first: int) -> None:
    """Gamma spend of shape 2, weights unrelated to it, a true difference of 10.

    Skewness 1.4 of 50 takes about a point from a t interval (Johnson 1978: the t statistic leans by
    skewness / (3 sqrt n) = 0.07); four binomial standard errors over 2,000 runs are 1.95 points.
    """
    rng = np.random.default_rng(5)
    n, runs, covered = 300 + n_first, 2_000, 0
    first = np.arange(n) < n_first
    for _ in range(runs):
        spend = rng.gamma(2.0, np.where(first, 25.0, 20.0))
        found = mean_difference(spend, first, rng.uniform(0.5, 2.0, n), 0.95).difference
        covered += found.ci_lower <= 10.0 <= found.ci_upper
    assert covered / runs == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / runs))


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_a_weighted_share_covers_the_truth(share: float) -> None:
    """Wilson's coverage swings with n x share by two points; four standard errors are added."""
    rng = np.random.default_rng(6)
    runs, covered = 2_000, 0
    for _ in range(runs):
        weights, held = rng.gamma(4.0, 0.25, 200), rng.random(200) < share
        size = effective_size(weights)
        found = share_of(float(weights[held].sum() / weights.sum()) * size, size)
        covered += found.ci_lower <= share <= found.ci_upper
    assert covered / runs == pytest.approx(0.95, abs=0.02 + 4 * math.sqrt(0.95 * 0.05 / runs))
