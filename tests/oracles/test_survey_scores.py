"""Scores against figures and programs of others.

Net promoter scores: tests of the R package NPS (Rocks), variance and standard error by counts of
detractors, passives and promoters, printed to three digits: tolerance half of the last. Its
adjusted Wald interval has no printed figure: it is recomputed here from counts with the answers
added as rows, which no line of ours does. Shares: statsmodels' Wilson and Newcombe intervals.
Means: scipy's t interval. Equal: a tolerance of rounding.
"""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from smsroi_models.attribution.shares import share_of
from smsroi_models.survey.answers import Scale, read_answers
from smsroi_models.survey.differences import difference_of
from smsroi_models.survey.followed import what_followed
from smsroi_models.survey.rank_correlation import rank_correlation
from smsroi_models.survey.reliability import cronbach_alpha, feldt_interval
from smsroi_models.survey.scores import net_promoter_score
from smsroi_models.survey.shares_and_means import mean_score, top_box_share
from smsroi_models.survey.weighted_means import weighted_mean
from smsroi_models.survey.weights import rake


@pytest.mark.parametrize(
    ("counts", "score", "error"),
    [
        ((1, 2, 3), 1 / 3, 0.304),
        ((1, 0, 1), 0.0, 0.707),
        ((0, 1, 1), 1 / 2, 0.354),
        ((1, 1, 1), 0.0, 0.471),
    ],
)
def test_nps_and_its_error_are_those_of_the_r_package(counts, score, error) -> None:
    found = net_promoter_score([3] * counts[0] + [8] * counts[1] + [9] * counts[2])
    assert found.score == pytest.approx(100 * score, abs=1e-9)
    assert found.standard_error == pytest.approx(100 * error, abs=0.05)


def test_the_adjusted_wald_interval_is_the_plain_one_of_more_answers() -> None:
    """Four times (0.75, 1.5, 0.75) added to four times the answers, then a quarter of the rows."""
    counts = {"detractor": 5, "passive": 11, "promoter": 24}
    found = net_promoter_score([2] * 5 + [7] * 11 + [10] * 24)
    rows = np.repeat([-1.0, 0.0, 1.0], [4 * 5 + 3, 4 * 11 + 6, 4 * 24 + 3])
    n = sum(counts.values()) + 3
    reach = stats.norm.ppf(0.975) * rows.std() / math.sqrt(n)
    assert found.ci_lower == pytest.approx(100 * (rows.mean() - reach), rel=1e-12)
    assert found.ci_upper == pytest.approx(100 * (rows.mean() + reach), rel=1e-12)


@pytest.mark.parametrize(("top", "n"), [(0, 12), (7, 9), (31, 400), (20, 20)])
def test_a_top_box_share_has_wilsons_interval(top: int, n: int) -> None:
    found = top_box_share([5] * top + [2] * (n - top))
    low, high = proportion_confint(top, n, method="wilson")
    assert (found.ci_lower, found.ci_upper) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize(
    ("a", "b"), [((56, 70), (48, 80)), ((10, 10), (0, 20)), ((9, 10), (3, 10))]
)
def test_shares_differ_as_newcombe_has_it(a, b) -> None:
    """56/70 and 48/80 stand in Newcombe (1998), table II: 0.0524 to 0.3339 by method 10."""
    found = difference_of(share_of(*a), share_of(*b))
    low, high = confint_proportions_2indep(*a, *b, method="newcomb", compare="diff")
    assert (found.ci_lower, found.ci_upper) == pytest.approx((low, high), abs=1e-9)
    if a == (56, 70):
        assert (found.ci_lower, found.ci_upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_mean_has_students_interval() -> None:
    effort = np.array([1, 2, 2, 3, 4, 4, 5, 7, 2, 3], dtype=np.float64)
    found = mean_score(effort)
    low, high = stats.t.interval(0.95, 9, effort.mean(), stats.sem(effort))
    assert (found.ci_lower, found.ci_upper) == pytest.approx((low, high), rel=1e-12)


def test_whole_weights_of_a_mean_are_those_of_statsmodels() -> None:
    score, weights = [1.0, 4.0, 6.0, 7.0], [3.0, 1.0, 2.0, 4.0]
    theirs = DescrStatsW(score, weights=weights)
    found = mean_score(score, weights)
    assert found.score == pytest.approx(theirs.mean, rel=1e-14)
    assert found.standard_error**2 * found.effective_sample_size == pytest.approx(
        theirs.var * 4 / 3, rel=1e-12
    )


def test_the_weighted_error_is_the_jackknifes() -> None:
    """Leave each answer out in turn: without margins the linear form is not the exact ratio's.

    The jackknife of a ratio is of second order away, 1/n relative: at n = 400 within one per cent.
    """
    rng = np.random.default_rng(5)
    n = 400
    score, weights = rng.integers(0, 11, n).astype(float), rng.gamma(3, 1, n)
    found = mean_score(score, weights, scale_min=0, scale_max=10)
    left = [np.average(np.delete(score, i), weights=np.delete(weights, i)) for i in range(n)]
    jackknife = math.sqrt((n - 1) / n * np.sum((np.array(left) - np.mean(left)) ** 2))
    assert found.standard_error == pytest.approx(jackknife, rel=0.01)


def test_the_raked_error_is_the_jackknifes_that_rakes_again() -> None:
    """Each replicate loses one person and is raked anew; 2 % is what linearising costs at n 300."""
    rng = np.random.default_rng(6)
    n = 300
    region, kind = rng.integers(0, 3, n), rng.integers(0, 2, n)
    score = np.clip(np.round(5 + region + 2 * kind + rng.normal(0, 1.5, n)), 0, 10)
    margins = {"region": {0: 500, 1: 300, 2: 400}, "kind": {0: 700, 1: 500}}
    weights = rake({"region": region, "kind": kind}, margins)
    answers = read_answers(score, weights, Scale(0, 10), [region, kind])
    mean = weighted_mean(answers, answers.score)
    error = math.sqrt(mean.spread * n / (n - 1) / mean.effective)
    left = []
    for i in range(n):
        rest = np.arange(n) != i
        again = rake({"region": region[rest], "kind": kind[rest]}, margins)
        left.append(np.average(score[rest], weights=again))
    jackknife = math.sqrt((n - 1) / n * np.sum((np.array(left) - np.mean(left)) ** 2))
    assert error == pytest.approx(jackknife, rel=0.02)
    alone = read_answers(score, weights, Scale(0, 10))
    assert weighted_mean(alone, alone.score).effective < 0.8 * mean.effective


PINGOUIN = """1 1 1 1 1 1 1 1 1 1 1
1 1 1 1 1 1 1 1 0 1 0
nan 0 1 1 nan 1 1 1 1 0 0
1 1 1 0 1 1 0 1 1 0 0
1 1 1 1 1 0 0 0 1 0 0
0 1 nan 0 1 1 1 1 0 0 0
1 1 1 1 0 0 1 0 0 0 0
1 1 1 1 1 0 0 0 0 0 0
0 1 0 1 1 0 0 0 0 1 0
1 0 0 1 0 1 0 0 nan 0 0
1 1 1 0 0 0 0 0 0 0 0
1 0 0 1 0 0 0 0 0 0 0"""


def test_cronbachs_alpha_is_the_documented_one() -> None:
    """pingouin's documentation, ``cronbach_alpha(nan_policy="listwise")``, as R's psych::alpha.

    Its interval there counts the three people who were left out too, and is not ours.
    """
    items = np.array([line.split() for line in PINGOUIN.splitlines()], dtype=np.float64)
    found = cronbach_alpha(items)
    assert found.alpha == pytest.approx(0.8016949152542373, rel=1e-14)
    assert (found.n, found.n_incomplete, found.n_items) == (9, 3, 11)
    assert (found.ci_lower, found.ci_upper) == feldt_interval(found.alpha, 9, 11)
    of_all = feldt_interval(found.alpha, 12, 11)
    assert of_all == pytest.approx((0.581, 0.933), abs=5e-4)


@pytest.mark.parametrize(
    ("alpha", "n", "k", "level", "printed", "slack"),
    [
        # Feldt, Woodruff and Salih (1987), page 95, as the tests of R's cocron recompute it.
        (0.790, 41, 26, 0.90, (0.705, 0.862), 5e-4),
        # MRC Cognition and Brain Sciences Unit, FAQ "cafun" (R code of Chris Evans);
        # rounding of the last digit.
        (0.913, 873, 20, 0.95, (0.9044024, 0.9211588), 5e-8),
    ],
)
def test_feldts_interval_is_the_printed_one(alpha, n, k, level, printed, slack) -> None:
    assert feldt_interval(alpha, n, k, level) == pytest.approx(printed, abs=slack)


def test_rank_correlation_is_scipys_and_its_error_the_jackknifes() -> None:
    """The jackknife is of second order away: three per cent at n = 300."""
    rng = np.random.default_rng(8)
    n = 300
    score = np.clip(np.round(rng.normal(7, 2, n)), 0, 10)
    spend = np.where(rng.random(n) < 0.1 + 0.03 * score, rng.gamma(2, 20, n), 0.0)
    found = rank_correlation(score, spend)
    assert found.estimate == pytest.approx(stats.spearmanr(score, spend).statistic, rel=1e-12)
    left = [stats.spearmanr(np.delete(score, i), np.delete(spend, i)).statistic for i in range(n)]
    jackknife = math.sqrt((n - 1) / n * np.sum((np.array(left) - np.mean(left)) ** 2))
    assert found.standard_error == pytest.approx(jackknife, rel=0.03)


def test_spend_by_answer_is_scipys() -> None:
    rng = np.random.default_rng(9)
    score, spend = rng.integers(1, 6, 200), np.where(rng.random(200) < 0.4, rng.gamma(2, 9, 200), 0)
    found = what_followed(score, spend, "intent", Scale(1, 5), days=30)
    for group in found.groups:
        mine = spend[score == group.lowest]
        low, high = stats.t.interval(0.95, len(mine) - 1, mine.mean(), stats.sem(mine))
        assert group.spend is not None
        ends = (group.spend.ci_lower, group.spend.ci_upper)
        assert ends == pytest.approx((max(low, 0), high), rel=1e-9)
        wilson = proportion_confint((mine > 0).sum(), len(mine), method="wilson")
        assert (group.conversion.ci_lower, group.conversion.ci_upper) == pytest.approx(wilson)
