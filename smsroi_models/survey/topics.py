"""Topics of comments by non-negative matrix factorisation, kept only where they come back.

    A ~ W H,    A = tf-idf of comments x terms, rows of length 1;  W, H >= 0  (Lee, Seung 1999)

A factorisation always finds as many topics as it is asked for. Which of them are there is asked of
other runs, each on four fifths of the comments and from other starts: a topic's stability is the
mean cosine between its terms and those of the topic that it is matched with in each run (the pairs
of highest sum; Greene, O'Callaghan and Cunningham 2014, who compare ranks of terms instead). A
topic of stability below `LEAST_STABILITY` is none.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfTransformer

from smsroi_models.errors import ConvergenceError

Floats = NDArray[np.float64]

LEAST_STABILITY = 0.8
MOST_FITTED = 1_000
"""Comments, drawn at random, that topics are found in; all of them are then looked through."""
RUNS = 5
_STARTS = 3
_RUN_SHARE = 0.8
_ITERATIONS, _TOLERANCE = 2_000, 1e-3


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of one factorisation.

    Attributes
    ----------
    weights : ndarray of shape (n_topics, n_terms)
        Of each term in each topic; rows of length 1.
    stability : ndarray of shape (n_topics,)
        In [0, 1].
    """

    weights: Floats
    stability: Floats

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Which topics come back."""
        return self.stability >= LEAST_STABILITY


def find_topics(presence: sparse.csr_array, most: int, rng: np.random.Generator) -> list[Topics]:
    """Return topics, stable or not, for each number of them from two on.

    Parameters
    ----------
    presence : sparse array of shape (n_comments, n_terms)
        1 where a comment holds a term.
    most : int
        Topics to look for at most, at least 2.
    rng : numpy.random.Generator

    Raises
    ------
    ConvergenceError
        If a factorisation does not settle.
    """
    rows = np.flatnonzero(np.asarray(presence.sum(axis=1)) > 0)
    if len(rows) > MOST_FITTED:
        rows = np.sort(rng.choice(rows, MOST_FITTED, replace=False))
    # Dense: of sparse rows that topics fit exactly, NMF takes the root of a rounded zero, below it.
    matrix = TfidfTransformer().fit_transform(presence[rows]).toarray()
    number = min(most, matrix.shape[1] - 1)
    parts = [
        np.sort(rng.choice(len(rows), math.ceil(_RUN_SHARE * len(rows)), replace=False))
        for _ in range(RUNS)
    ]
    return [_topics(matrix, k, parts, rng) for k in range(2, number + 1)]


def _topics(
    matrix: Floats, k: int, parts: list[NDArray[np.int64]], rng: np.random.Generator
) -> Topics:
    found = _factorised(matrix, k, rng)
    runs = [matched(found, _factorised(matrix[part], k, rng)) for part in parts]
    return Topics(found, np.mean(runs, axis=0))


def matched(first: Floats, second: Floats) -> Floats:
    """Return the cosine of each topic with the one that it is matched with, shape (n_topics,).

    Examples
    --------
    >>> matched(np.eye(2), np.array([[0.0, 1.0], [0.6, 0.8]])).tolist()
    [0.6, 1.0]
    """
    cosine = first @ second.T
    mine, theirs = linear_sum_assignment(cosine, maximize=True)
    return np.asarray(cosine[mine, theirs])


def _factorised(matrix: Floats, k: int, rng: np.random.Generator) -> Floats:
    """Return the topics' terms, rows of length 1 (0 if empty), of the closest of a few starts."""
    runs = [_from_one_start(matrix, k, int(rng.integers(2**32))) for _ in range(_STARTS)]
    weights = min(runs, key=lambda model: float(model.reconstruction_err_)).components_
    length = np.linalg.norm(weights, axis=1, keepdims=True)
    return np.asarray(weights / np.where(length > 0, length, 1.0))


def _from_one_start(matrix: Floats, k: int, seed: int) -> NMF:
    model = NMF(k, init="random", random_state=seed, tol=_TOLERANCE, max_iter=_ITERATIONS)
    model.fit(matrix)
    if model.n_iter_ >= _ITERATIONS:
        raise ConvergenceError(f"{k} topics do not settle in {_ITERATIONS:,} rounds: ask for fewer")
    return model
