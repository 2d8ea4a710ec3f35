"""Which words comments hold together more often than words of their frequency do.

    E_ij = c_i c_j sum_d r_d^2 / (sum_d r_d)^2,    p_ij = P(X >= O_ij), X ~ Poisson(E_ij)

O_ij comments hold both words, c_i hold word i, comment d holds r_d words: the count expected of a
random bipartite graph with these degrees (Chung and Lu 2002). Long comments hold more of
everything; without r_d any two words would seem to belong together. Poisson's tail is wider than
that of the sum of unequal chances that it stands for.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

_LEAST_RATIO = 1.5
_FALSE_SHARE = 0.05


def tied_words(presence: sparse.csr_array) -> NDArray[np.bool_]:
    """Return which pairs of words belong together, shape (n_words, n_words).

    A pair does if it occurs at least 1.5 times as often as expected, and so often by chance in no
    more than 0.05 of samples in which no pair belongs together (Bonferroni over all pairs).

    Parameters
    ----------
    presence : sparse array of shape (n_comments, n_words)
        1 where a comment holds a word.

    References
    ----------
    Chung and Lu (2002), Annals of Combinatorics 6(2), 125-145.

    Examples
    --------
    >>> halves = np.repeat([[1.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0]], 50, axis=0)
    >>> tied_words(sparse.csr_array(halves))[0].tolist()  # with word 1, not with the common word 3
    [False, True, False, False]
    """
    holders, lengths = (np.asarray(presence.sum(axis=axis)) for axis in (0, 1))
    n_words = len(holders)
    if n_words < 2:
        return np.zeros((n_words, n_words), dtype=np.bool_)
    both = (presence.T @ presence).toarray()
    expected = np.outer(holders, holders) * (lengths**2).sum() / lengths.sum() ** 2
    chance = stats.poisson.sf(both - 1, expected)
    tied = (both >= _LEAST_RATIO * expected) & (
        chance <= _FALSE_SHARE / (n_words * (n_words - 1) / 2)
    )
    np.fill_diagonal(tied, False)
    return np.asarray(tied)
