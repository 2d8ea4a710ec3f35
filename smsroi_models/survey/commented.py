"""Answers with a comment: the arrays that drivers and themes are read from, checked once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.errors import DataError
from smsroi_models.survey.comments import Words, read_words

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Commented:
    """Answers, arrays of shape (n_answers,).

    Attributes
    ----------
    words : Words
    score : ndarray of float64
    weights : ndarray of float64
        At least 0; 1 where none were given.
    read : ndarray of bool
        Answers whose comment could be read and whose weight is above 0.
    """

    words: Words
    score: Floats
    weights: Floats
    read: NDArray[np.bool_]


def read_commented(
    comment: Sequence[str | None], score: ArrayLike, weights: ArrayLike | None
) -> Commented:
    """Return the answers with their comments as words.

    Raises
    ------
    DataError
        If lengths differ, a score is not finite, or a weight is negative or not finite.
    NotEstimableError
        If more than a fifth of the comments are in a language without spaces.
    """
    n = len(comment)
    scores = numbers(score, "score", n)
    if not np.isfinite(scores).all():
        raise DataError("score holds a value that is not finite: leave out who gave no score")
    weighed = np.ones(n) if weights is None else numbers(weights, "weights", n)
    if not (np.isfinite(weighed) & (weighed >= 0)).all():
        raise DataError("weights hold a value that is negative or not finite: 0 or more each")
    words = read_words(comment)
    return Commented(words, scores, weighed, words.readable & (weighed > 0))


def numbers(values: ArrayLike, name: str, n: int) -> Floats:
    """Return values as an array of one number an answer.

    Raises
    ------
    DataError
        If they are not numbers, or not as many as there are comments.
    """
    given = np.asarray(values)
    if given.dtype.kind not in "iuf" or given.shape != (n,):
        raise DataError(
            f"{name} has shape {given.shape} of {given.dtype}: give one number for each of the "
            f"{n:,} comments"
        )
    return given.astype(np.float64)


def effective_size(weights: Floats) -> float:
    """Return Kish's effective sample size, at most the number of weights.

    ``(sum w)^2 / sum w^2`` (Kish 1965, section 11.7): so many answers of equal weight would know a
    share as well, if weights and answers have nothing to do with each other.

    >>> effective_size(np.array([1.0, 1.0])), effective_size(np.array([3.0, 1.0]))
    (2.0, 1.6)
    """
    return float(weights.sum() ** 2 / (weights**2).sum())
