"""Intervals of survey scores cover what a population thinks that did not all answer.

A population of 1,000 in four kinds and two regions; scores differ by kind, and so does the
readiness to answer. What the weights are raked to explains who answers: the case for which they
are made. 1,000 replications a row in the default run, 4,000 in the long one: four binomial
standard errors of 95 % are 2.8 and 1.4 points; raked intervals of some fifty answers are allowed
two more points, and 98 % is the most (see `docs/surveys.md`: the table there comes from here).
"""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.shares import share_of
from smsroi_models.errors import DataError, NotEstimableError, SmsroiError
from smsroi_models.survey.answers import Scale, read_answers
from smsroi_models.survey.differences import difference_of
from smsroi_models.survey.metrics import Metric, score_by_metric
from smsroi_models.survey.rank_correlation import rank_correlation
from smsroi_models.survey.reliability import cronbach_alpha
from smsroi_models.survey.weights import rake

KINDS, REGIONS = np.repeat([0, 1, 2, 3], [400, 300, 200, 100]), np.tile([0, 1], 500)
LEVELS = {"alike": (7.6, 7.6, 7.6, 7.6), "apart": (6.0, 7.5, 8.5, 9.5), "high": (8.8, 9, 9.4, 9.8)}
READY, SPREAD = (0.05, 0.1, 0.2, 0.35), 2.0
MARGINS = {
    "kind": dict(enumerate(np.bincount(KINDS).tolist())),
    "region": dict(enumerate(np.bincount(REGIONS).tolist())),
}
SCALE = Scale(0, 10)
Floats = NDArray[np.float64]


def _slack(replications: int) -> float:
    return 4 * math.sqrt(0.95 * 0.05 / replications)


def _scores(rng: np.random.Generator, levels: tuple[float, ...], shift: float = 0.0) -> Floats:
    opinion = np.take(levels, KINDS) + shift + SPREAD * rng.standard_normal(len(KINDS))
    return np.clip(np.round(opinion), 0, 10)


def _truth(levels: tuple[float, ...], metric: Metric, shift: float = 0.0) -> float:
    """Return the score of the population that people are drawn from, exactly."""
    edges = np.array([-math.inf, *np.arange(0.5, 10), math.inf])
    total = 0.0
    for kind, level in enumerate(levels):
        chance = np.diff(stats.norm.cdf((edges - level - shift) / SPREAD))
        answer = np.arange(11)
        part = {
            "nps": 100 * (chance[9:].sum() - chance[:7].sum()),
            "csat": chance[9:].sum(),
            "ces": (chance * answer).sum(),
        }[metric]
        total += float(part) * MARGINS["kind"][kind] / len(KINDS)
    return total


def _answered(rng: np.random.Generator, pace: float) -> NDArray[np.bool_]:
    ready = np.take(READY, KINDS) * np.take([0.7, 1.3], REGIONS) * pace
    return rng.random(len(KINDS)) < np.minimum(ready, 1)


def _raked(
    rng: np.random.Generator, levels: tuple[float, ...], pace: float, shift: float = 0.0
) -> tuple[Floats, Floats, list[NDArray[np.int64]]] | None:
    """Return scores, weights and groups of who answered; None where a cell stayed empty."""
    inside = _answered(rng, pace)
    groups = [KINDS[inside], REGIONS[inside]]
    try:
        weights = rake(dict(zip(MARGINS, groups, strict=True)), MARGINS)
    except (DataError, NotEstimableError):
        return None
    return _scores(rng, levels, shift)[inside], weights, groups


def _coverage(
    metric: Metric, levels: str, pace: float, replications: int, with_groups: bool = True
) -> float:
    rng = np.random.default_rng(41)
    truth, covered, done = _truth(LEVELS[levels], metric), 0, 0
    while done < replications:
        drawn = _raked(rng, LEVELS[levels], pace)
        if drawn is None:
            continue
        score, weights, groups = drawn
        answers = read_answers(score, weights, SCALE, groups if with_groups else ())
        found = score_by_metric(answers, metric, None, 0.95)
        covered += found.ci_lower <= truth <= found.ci_upper
        done += 1
    return covered / done


def _in_range(share: float, replications: int, few: bool) -> None:
    slack = _slack(replications)
    assert 0.95 - slack - (0.02 if few else 0.0) <= share <= 0.98 + slack, share


@pytest.mark.parametrize("metric", ["nps", "csat", "ces"])
@pytest.mark.parametrize(("levels", "pace"), [("apart", 0.4), ("high", 1.0)])
def test_raked_scores_cover(metric: Metric, levels: str, pace: float) -> None:
    _in_range(_coverage(metric, levels, pace, 1_000), 1_000, pace < 1)


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["nps", "csat", "ces"])
@pytest.mark.parametrize("levels", list(LEVELS))
@pytest.mark.parametrize("pace", [0.4, 1.0, 2.5])
def test_raked_scores_cover_in_the_long_run(metric: Metric, levels: str, pace: float) -> None:
    # Where nearly everybody is at the top, the mean is skewed: a point more with few answers.
    _in_range(_coverage(metric, levels, pace, 4_000), 4_000, pace < 1 or levels == "high")


@pytest.mark.parametrize("metric", ["nps", "csat", "ces"])
@pytest.mark.parametrize(("n", "level"), [(15, 7.6), (60, 7.6), (200, 9.2)])
def test_unweighted_scores_cover(metric: Metric, n: int, level: float) -> None:
    """Of 15 answers the steps of a count leave four points to either side."""
    rng, replications, covered = np.random.default_rng(42), 2_000, 0
    truth = _truth((level,) * 4, metric)
    for _ in range(replications):
        score = np.clip(np.round(level + SPREAD * rng.standard_normal(n)), 0, 10)
        found = score_by_metric(read_answers(score, None, SCALE), metric, None, 0.95)
        covered += found.ci_lower <= truth <= found.ci_upper
    share = covered / replications
    assert share == pytest.approx(0.95, abs=_slack(replications) + (0.02 if n < 60 else 0.0))


@pytest.mark.parametrize("shift", [0.0, 0.8])
@pytest.mark.parametrize("metric", ["nps", "csat", "ces"])
def test_the_difference_of_two_raked_arms_covers(metric: Metric, shift: float) -> None:
    """Arms of 1,000 and 1,000, the second answering half as readily."""
    rng, replications = np.random.default_rng(43), 1_000
    levels = LEVELS["apart"]
    truth = _truth(levels, metric, shift) - _truth(levels, metric)
    covered = done = 0
    while done < replications:
        arms = _raked(rng, levels, 1.0, shift), _raked(rng, levels, 0.5)
        if arms[0] is None or arms[1] is None:
            continue
        scores = [
            score_by_metric(read_answers(score, w, SCALE, groups), metric, None, 0.95).estimate
            for score, w, groups in arms
        ]
        found = difference_of(*scores)
        covered += found.ci_lower <= truth <= found.ci_upper
        done += 1
    _in_range(covered / done, replications, True)


def test_what_non_response_takes_away_weights_give_back() -> None:
    """The ready are the satisfied: unweighted the score is 20 points too high, raked within 1."""
    rng, levels = np.random.default_rng(44), LEVELS["apart"]
    truth, plain, raked = _truth(levels, "nps"), [], []
    while len(plain) < 300:
        drawn = _raked(rng, levels, 1.0)
        if drawn is None:
            continue
        score, weights, _ = drawn
        for kept, made in ((plain, None), (raked, weights)):
            kept.append(score_by_metric(read_answers(score, made, SCALE), "nps", None, 0.95).score)
    assert np.mean(plain) - truth > 20
    assert abs(np.mean(raked) - truth) < 4 * np.std(raked) / math.sqrt(300) + 1


@pytest.mark.parametrize("rates", [(0.25, 0.2, 300, 80), (0.05, 0.02, 400, 100)])
def test_differences_of_response_rates_cover(rates: tuple[float, float, int, int]) -> None:
    p, q, n, m = rates
    rng, replications = np.random.default_rng(45), 4_000
    pairs = zip(rng.binomial(n, p, replications), rng.binomial(m, q, replications), strict=True)
    found = [difference_of(share_of(int(a), n), share_of(int(b), m)) for a, b in pairs]
    covered = np.mean([one.ci_lower <= p - q <= one.ci_upper for one in found])
    assert covered == pytest.approx(0.95, abs=_slack(replications) + 0.015)


@pytest.mark.parametrize("n", [40, 300])
@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_rank_correlations_cover(n: int, slope: float) -> None:
    """Never too narrow; where many tie, up to 98.5 %."""
    rng, replications = np.random.default_rng(46), 1_000

    def draw(size: int) -> tuple[Floats, Floats]:
        liking = rng.standard_normal(size)
        buys = rng.random(size) < np.clip(0.2 + slope * liking, 0, 1)
        score = np.clip(np.round(7.6 + 1.8 * liking), 0, 10)
        return score, np.where(buys, rng.gamma(2, 30, size), 0.0)

    truth = stats.spearmanr(*draw(400_000)).statistic
    found: list[Estimate] = []
    while len(found) < replications:
        try:
            found.append(rank_correlation(*draw(n)))
        except SmsroiError:
            continue
    covered = np.mean([one.ci_lower <= truth <= one.ci_upper for one in found])
    assert 0.95 - _slack(replications) <= covered <= 0.985 + _slack(replications)


def test_alpha_covers() -> None:
    """Parallel normal items that correlate by 0.5, for which Feldt's interval is exact."""
    rng, replications, covered = np.random.default_rng(47), 2_000, 0
    truth = 4 * 0.5 / (1 + 3 * 0.5)
    for _ in range(replications):
        person = rng.standard_normal((30, 1))
        items = math.sqrt(0.5) * (person + rng.standard_normal((30, 4)))
        found = cronbach_alpha(items)
        covered += found.ci_lower <= truth <= found.ci_upper
    assert covered / replications == pytest.approx(0.95, abs=_slack(replications))
