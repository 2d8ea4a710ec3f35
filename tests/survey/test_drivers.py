"""Words of low and high scorers: recovered where they are, refused where they cannot be told."""

import numpy as np
import pytest

from smsroi_models.errors import DataError, NotEstimableError, ParameterError, SmsroiError
from smsroi_models.simulate.comments import draw_comments
from smsroi_models.survey.drivers import Drivers, driver_words
from smsroi_models.survey.log_odds import compare_counts


def _answers(seed: int, n: int) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    score = np.clip(np.round(rng.normal(7.5, 2.2, n)), 0, 10)
    return draw_comments(score, np.zeros(n, bool), rng).column().to_pylist(), score


def _found(comment: list[str], score: np.ndarray, weights: np.ndarray | None = None) -> Drivers:
    return driver_words(comment, score, weights, low_at_most=6, high_at_least=9)


@pytest.mark.parametrize("seed", range(3))
def test_the_simulators_complaints_and_praise_are_found(seed: int) -> None:
    """Each topic's key words are in about 12 to 25 % of one side's comments and 4 to 12 % of the
    other's: with 500 a side, five standard errors and more apart.
    """
    found = _found(*_answers(seed, 1500))
    low, high = ({word.term for word in side} for side in (found.low, found.high))
    assert {"late", "too many texts", "did not work"} <= low
    assert {"easy to order", "great price", "friendly service"} <= high
    assert all(w.z > 0 and w.share_low.estimate > w.share_high.estimate for w in found.low)
    assert all(w.p_adjusted <= 0.05 and w.p_value <= w.p_adjusted for w in found.low + found.high)
    assert list(found.low) == sorted(found.low, key=lambda word: -word.z)
    # The phrase speaks for its words.
    assert {w.term: w.told_by for w in found.low}["did not work"] is None


def test_shares_and_counts_are_those_of_the_comments() -> None:
    comment = ["late delivery"] * 20 + ["late"] * 10 + ["fine"] * 5 + ["late"] * 5 + ["fine"] * 40
    score = np.array([2.0] * 35 + [10.0] * 45)
    late = next(w for w in _found(comment, score).low if w.term == "late")
    assert (late.n_low, late.n_high) == (30, 5)
    assert late.share_low.estimate == pytest.approx(30 / 35)
    assert late.share_high.estimate == pytest.approx(5 / 45)
    # By hand: a prior of 20 comments of which 35 in 80 hold the word.
    prior = 20 * 35 / 80
    ratio = np.log((30 + prior) / (35 + 20 - 30 - prior)) - np.log(
        (5 + prior) / (45 + 20 - 5 - prior)
    )
    assert late.log_odds_ratio == pytest.approx(ratio, rel=1e-12)


def test_weights_move_shares_and_cost_certainty() -> None:
    comment, score = _answers(4, 800)
    weights = np.random.default_rng(1).gamma(1.0, 1.0, 800)
    plain, weighed = _found(comment, score), _found(comment, score, weights)
    low = score <= 6
    held = np.array(["too many texts" in text.lower() for text in comment])
    word = next(w for w in weighed.low if w.term == "too many texts")
    assert word.share_low.estimate == pytest.approx(weights[low & held].sum() / weights[low].sum())
    width = [
        w.share_low.ci_upper - w.share_low.ci_lower
        for d in (plain, weighed)
        for w in d.low
        if w.term == "too many texts"
    ]
    assert width[1] > 1.1 * width[0]
    assert len(weighed.low) < len(plain.low)


def test_a_weight_of_zero_is_an_answer_left_out() -> None:
    comment, score = _answers(5, 400)
    weights = np.r_[np.ones(300), np.zeros(100)]
    assert _found(comment, score, weights).low == _found(comment[:300], score[:300]).low


def test_words_are_of_ten_comments_or_more() -> None:
    comment = ["late zoe"] * 9 + ["late"] * 40 + ["fine"] * 60
    score = np.array([1.0] * 49 + [10.0] * 60)
    assert {w.term for w in _found(comment, score).low} == {"late"}


def test_who_writes_nothing_or_scores_between_is_not_compared() -> None:
    comment, score = _answers(6, 500)
    more = _found([*comment, None, ""], np.r_[score, 0.0, 10.0])
    assert more == _found(comment, score)
    assert more.n_between == int(((score > 6) & (score < 9)).sum())


LATE, FINE = ["late again"] * 30, ["all fine"] * 30
SCORE = np.array([0.0] * 30 + [10.0] * 30)


@pytest.mark.parametrize(
    ("comment", "score", "options", "error", "told"),
    [
        (LATE + FINE[:29], SCORE[:59], {}, NotEstimableError, "29 comments with a score of at lea"),
        (LATE + FINE, SCORE, {"weights": [1.0] * 59 + [9.0]}, NotEstimableError, "of equal weight"),
        (["a"] * 60, SCORE, {}, NotEstimableError, "not in all of them"),
        ([f"x{i}" for i in range(60)], SCORE, {}, NotEstimableError, "too little text"),
        (["遅い"] * 30 + FINE, SCORE, {}, NotEstimableError, "no spaces"),
        ([None] * 60, SCORE, {}, NotEstimableError, "0 comments"),
        (LATE + FINE, SCORE[:59], {}, DataError, "one number for each of the 60"),
        (LATE + FINE, np.r_[SCORE[:59], np.nan], {}, DataError, "not finite"),
        (LATE + FINE, ["a"] * 60, {}, DataError, "score has shape"),
        (LATE + FINE, SCORE > 5, {}, DataError, "of bool"),
        (LATE + FINE, SCORE, {"weights": [-1.0] + [1.0] * 59}, DataError, "weights"),
        (LATE + FINE, SCORE, {"low_at_most": 9}, ParameterError, "low scores end below"),
        (LATE + FINE, SCORE, {"low_at_most": np.nan}, ParameterError, "low scores end below"),
        (LATE + FINE, SCORE, {"false_discovery_rate": 1.0}, ParameterError, "between 0 and 1"),
        (LATE + FINE, SCORE, {"confidence_level": 95}, ParameterError, "between 0 and 1"),
    ],
)
def test_what_cannot_be_told_is_refused(
    comment: list[str | None],
    score: np.ndarray,
    options: dict[str, float],
    error: type[SmsroiError],
    told: str,
) -> None:
    with pytest.raises(error, match=told):
        driver_words(comment, score, **({"low_at_most": 6, "high_at_least": 9} | options))


@pytest.mark.parametrize(
    ("first", "sizes", "prior", "size", "error"),
    [
        ([11.0], (10, 10), [1.0], 5, DataError),
        ([-1.0], (10, 10), [1.0], 5, DataError),
        ([np.nan], (10, 10), [1.0], 5, DataError),
        ([0.0], (0, 10), [1.0], 5, DataError),
        ([1.0, 2.0], (10, 10), [1.0], 5, DataError),
        ([1.0], (10, 10), [0.0], 5, ParameterError),
        ([1.0], (10, 10), [5.0], 5, ParameterError),
        ([1.0], (10, 10), [1.0], np.inf, ParameterError),
    ],
)
def test_counts_out_of_range_are_refused(
    first: list[float],
    sizes: tuple[float, float],
    prior: list[float],
    size: float,
    error: type[SmsroiError],
) -> None:
    with pytest.raises(error):
        compare_counts(np.array(first), np.array([1.0]), *sizes, np.array(prior), size)
