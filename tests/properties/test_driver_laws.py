"""Laws of driver words, and of the means beside themes."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.simulate.comments import draw_comments
from smsroi_models.survey.comments import words_of
from smsroi_models.survey.drivers import Drivers, driver_words
from smsroi_models.survey.log_odds import LogOdds, compare_counts
from smsroi_models.survey.mean_difference import mean_difference


def _counts(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.binomial(80, 0.2, 30) * 1.0, rng.binomial(300, 0.2, 30) * 1.0, rng.random(30) + 0.1


def _compared(seed: int, size: float = 20.0) -> LogOdds:
    first, second, prior = _counts(seed)
    return compare_counts(first, second, 80, 300, prior * size / 20, size)


@given(st.integers(0, 10_000))
def test_swapping_the_groups_turns_the_sign(seed: int) -> None:
    first, second, prior = _counts(seed)
    there = compare_counts(second, first, 300, 80, prior, 20.0)
    np.testing.assert_allclose(there.z, -_compared(seed).z, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(there.p_value, _compared(seed).p_value, rtol=1e-9)


@given(st.integers(0, 10_000))
def test_a_prior_without_end_leaves_no_difference(seed: int) -> None:
    ratios = [np.abs(_compared(seed, size).log_odds_ratio).max() for size in (20.0, 1e4, 1e11)]
    assert ratios[1] < ratios[0] and ratios[2] < 1e-6


def _answers(seed: int, n: int = 250) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    score = np.clip(np.round(rng.normal(7.5, 2.5, n)), 0, 10)
    return draw_comments(score, np.zeros(n, bool), rng).column().to_pylist(), score


def _found(comment: list[str], score: np.ndarray, weights: np.ndarray | None = None) -> Drivers:
    return driver_words(comment, score, weights, low_at_most=6, high_at_least=8)


@settings(max_examples=5)
@given(st.integers(0, 10_000))
def test_turning_the_scale_over_swaps_the_lists(seed: int) -> None:
    comment, score = _answers(seed)
    here = _found(comment, score)
    there = driver_words(comment, 10 - score, low_at_most=2, high_at_least=4)
    assert [word.term for word in there.high] == [word.term for word in here.low]
    assert [word.term for word in there.low] == [word.term for word in here.high]


@settings(max_examples=5)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_order_of_answers_and_size_of_weights_do_not_matter(seed: int, size: float) -> None:
    comment, score = _answers(seed)
    order = np.random.default_rng(seed).permutation(len(score))
    here = _found(comment, score)
    there = _found([comment[i] for i in order], score[order], np.full(len(score), size))
    assert {w.term: w.n_low for w in there.low} == {w.term: w.n_low for w in here.low}
    for mine, theirs in zip(here.low, there.low, strict=True):
        assert theirs.z == pytest.approx(mine.z)
        assert theirs.share_low.ci_upper == pytest.approx(mine.share_low.ci_upper)


@settings(max_examples=5)
@given(st.integers(0, 10_000))
def test_saying_it_twice_counts_once(seed: int) -> None:
    comment, score = _answers(seed)
    here, there = _found(comment, score), _found([f"{c}\n{c}" for c in comment], score)
    assert {w.term: w.z for w in there.low} == {w.term: w.z for w in here.low}


@given(st.text(max_size=300))
def test_any_text_has_words_of_letters_marks_and_digits_alone(text: str) -> None:
    for word in words_of(text):
        assert word == "" or all(c.isalnum() or c == "'" or _is_mark(c) for c in word)
        assert len(word) <= 40


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter).startswith("M")


@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_currency_scales_a_difference_of_means(seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    spend, first, weights = rng.gamma(2.0, 20.0, 60), rng.random(60) < 0.5, rng.random(60) + 0.5
    first[:4] = [True, True, False, False]
    here = mean_difference(spend, first, weights, 0.9).difference
    there = mean_difference(rate * spend, ~first, 7 * weights, 0.9).difference
    assert there.estimate == pytest.approx(-rate * here.estimate, rel=1e-9, abs=1e-9)
    assert there.ci_lower == pytest.approx(-rate * here.ci_upper, rel=1e-9, abs=1e-9)
