"""Laws of scores and weights."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.attribution.effects import Estimate
from smsroi_models.errors import NotEstimableError
from smsroi_models.survey.differences import difference_of
from smsroi_models.survey.rank_correlation import rank_correlation
from smsroi_models.survey.scores import net_promoter_score
from smsroi_models.survey.shares_and_means import mean_score, top_box_share
from smsroi_models.survey.weight_quality import balance_table, design_effect
from smsroi_models.survey.weights import post_stratify, rake

ANSWERS = st.lists(st.integers(0, 10), min_size=1, max_size=60)
SEEDS = st.integers(0, 10_000)


def _people(seed: int, n: int = 60) -> tuple[dict[str, np.ndarray], dict[str, dict[str, float]]]:
    rng = np.random.default_rng(seed)
    people = {
        "region": np.concatenate([["n", "s", "n", "s"], rng.choice(["n", "s"], n, p=[0.7, 0.3])]),
        "kind": np.concatenate([["x", "x", "y", "y"], rng.choice(["x", "y"], n)]),
    }
    margins = {"region": {"n": 400.0, "s": 600.0}, "kind": {"x": 300.0, "y": 700.0}}
    return people, margins


@given(ANSWERS)
def test_scores_and_intervals_keep_to_their_range(score: list[int]) -> None:
    nps = net_promoter_score(score)
    assert -100 <= nps.ci_lower <= nps.score + 1e-9 and nps.score - 1e-9 <= nps.ci_upper <= 100
    share = top_box_share(score, scale_min=0, scale_max=10)
    assert 0 <= share.ci_lower <= share.score <= share.ci_upper <= 1
    mean = mean_score(score, scale_min=0, scale_max=10)
    assert 0 <= mean.ci_lower <= mean.score <= mean.ci_upper <= 10
    for found in (nps, share, mean):
        assert found.ci_upper > found.ci_lower, "certain of nothing, however alike the answers"


@given(ANSWERS)
def test_turning_the_scale_turns_the_means_sign(score: list[int]) -> None:
    here = mean_score(score, scale_min=0, scale_max=10)
    there = mean_score([10 - one for one in score], scale_min=0, scale_max=10)
    assert there.score == pytest.approx(10 - here.score)
    assert there.ci_lower == pytest.approx(10 - here.ci_upper)


@given(ANSWERS, st.randoms(use_true_random=False), st.floats(1e-6, 1e6))
def test_order_and_the_weights_unit_do_not_matter(score: list[int], shuffle, unit: float) -> None:
    weights = [1.0 + (answer % 3) for answer in score]
    pairs = list(zip(score, weights, strict=True))
    shuffle.shuffle(pairs)
    here = net_promoter_score(score, weights)
    there = net_promoter_score([s for s, _ in pairs], [unit * w for _, w in pairs])
    for name in ("score", "ci_lower", "ci_upper", "effective_sample_size"):
        assert getattr(there, name) == pytest.approx(getattr(here, name), rel=1e-9, abs=1e-9)


@given(ANSWERS)
def test_equal_weights_are_as_good_as_none(score: list[int]) -> None:
    plain, weighted = net_promoter_score(score), net_promoter_score(score, [3.0] * len(score))
    assert weighted.score == pytest.approx(plain.score)
    assert weighted.effective_sample_size == pytest.approx(len(score))
    assert weighted.standard_error == pytest.approx(plain.standard_error)
    # Student's quantile for an estimated variance: never narrower.
    assert weighted.ci_upper - weighted.ci_lower >= plain.ci_upper - plain.ci_lower - 1e-9


@given(ANSWERS, st.integers(1, 9))
def test_nulls_are_counted_and_change_nothing(score: list[int], nulls: int) -> None:
    here, there = net_promoter_score(score), net_promoter_score([*score, *[math.nan] * nulls])
    assert there.n_missing == nulls and there.n == here.n
    assert (there.score, there.ci_lower, there.ci_upper) == (
        here.score,
        here.ci_lower,
        here.ci_upper,
    )


@given(SEEDS)
def test_raking_meets_every_margin_and_again_changes_nothing(seed: int) -> None:
    people, margins = _people(seed)
    weights = rake(people, margins)
    assert (weights > 0).all()
    for row in balance_table(people, margins, weights):
        assert row.weighted_share == pytest.approx(row.population_share, abs=1e-9)
        assert abs(row.difference_after) < 1e-8
    assert rake(people, margins, weights) == pytest.approx(weights, rel=1e-7)
    assert rake(people, margins, 7 * np.ones(len(weights))) == pytest.approx(weights, rel=1e-9)
    order = dict(reversed(margins.items()))
    assert rake(people, order) == pytest.approx(weights, rel=1e-6)


@given(SEEDS)
@settings(max_examples=30)
def test_bounds_are_kept_and_wide_ones_change_nothing(seed: int) -> None:
    people, margins = _people(seed)
    free = rake(people, margins)
    mean = free.mean()
    assert rake(people, margins, bounds=(1e-6, 1e6)) == pytest.approx(free, rel=1e-6)
    least, most = 0.9 * free.min() / mean, 1.1 * free.max() / mean
    cut = rake(people, margins, bounds=(least, most))
    assert cut.min() >= least * mean - 1e-9 and cut.max() <= most * mean + 1e-9
    assert cut.sum() == pytest.approx(1000)


@given(SEEDS)
@settings(max_examples=30)
def test_post_strata_are_shares_of_cells(seed: int) -> None:
    people, _ = _people(seed)
    totals = {("n", "x"): 10.0, ("n", "y"): 20.0, ("s", "x"): 30.0, ("s", "y"): 40.0}
    weights = post_stratify(people, ["region", "kind"], totals)
    for (region, kind), total in totals.items():
        inside = (people["region"] == region) & (people["kind"] == kind)
        assert weights[inside] == pytest.approx(total / inside.sum())
    assert design_effect(weights) >= 1 - 1e-12


@given(SEEDS)
@settings(max_examples=30)
def test_rank_correlation_knows_only_the_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 6, 40).astype(float)
    y = np.where(rng.random(40) < 0.4, rng.gamma(2, 9, 40), 0.0)
    try:
        here = rank_correlation(x, y)
    except NotEstimableError:
        return
    there = rank_correlation(np.exp(x), -(y**3))
    assert there.estimate == pytest.approx(-here.estimate)
    assert there.ci_lower == pytest.approx(-here.ci_upper)
    assert rank_correlation(y, x).ci_upper == pytest.approx(here.ci_upper)
    assert -1 <= here.ci_lower <= here.estimate <= here.ci_upper <= 1


@given(st.lists(st.floats(-50, 50), min_size=6, max_size=6))
def test_swapping_two_scores_turns_their_difference(ends: list[float]) -> None:
    low, at, high = sorted(ends[:3])
    other = sorted(ends[3:])
    one, two = Estimate(at, 1.0, low, high), Estimate(other[1], 1.0, other[0], other[2])
    here, there = difference_of(one, two), difference_of(two, one)
    assert there.estimate == -here.estimate
    assert (there.ci_lower, there.ci_upper) == pytest.approx((-here.ci_upper, -here.ci_lower))
