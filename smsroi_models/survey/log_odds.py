r"""Which of two groups holds a term more often: log-odds ratio with an informative Dirichlet prior.

    delta_w = log[(y1 + a) / (n1 + a0 - y1 - a)] - log[(y2 + a) / (n2 + a0 - y2 - a)]   (eq. 16)
    zeta_w = delta_w / sqrt(variance of delta_w)                                        (eq. 22)

Monroe, Colaresi and Quinn (2008), where y is how often a group of size n has term w, and a the
prior's pseudo-count of it, a0 of all. The variance is that of their eq. 18, before the two terms
1 / (n + a0 - y - a) are dropped for words that are rare among all words (eqs. 19 and 20): here n
counts comments, and a word may well stand in half of them.

The prior pulls each group towards the share in both together. That share is the only one that pulls
alike on groups of unlike size if they do not differ: with a share from elsewhere (all comments, a
language at large) the smaller group moves further, and words differ that do not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from smsroi_models.errors import DataError, ParameterError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LogOdds:
    """Terms compared between two groups, arrays of shape (n_terms,).

    Attributes
    ----------
    log_odds_ratio : ndarray
        Above 0 where the first group holds the term more often.
    standard_error : ndarray
        Above 0.
    z : ndarray
        The ratio of the two.
    p_value : ndarray
        Two-sided, in [0, 1].
    """

    log_odds_ratio: Floats
    standard_error: Floats
    z: Floats
    p_value: Floats


def compare_counts(
    first: Floats, second: Floats, n_first: float, n_second: float, prior: Floats, prior_size: float
) -> LogOdds:
    """Return the log-odds ratio of each term between two groups, with its z-score.

    Parameters
    ----------
    first, second : ndarray of shape (n_terms,)
        How often each group has each term, from 0 to the group's size.
    n_first, n_second : float
        Sizes of the groups, above 0.
    prior : ndarray of shape (n_terms,)
        Pseudo-count of each term, above 0 and below ``prior_size``.
    prior_size : float
        Pseudo-count of everything, above 0.

    Raises
    ------
    DataError
        If a count is not a number from 0 to its group's size, or shapes differ.
    ParameterError
        If a pseudo-count lies outside its range.

    References
    ----------
    Monroe, Colaresi and Quinn (2008), Fightin' words, Political Analysis 16(4), 372-403.

    Examples
    --------
    A term in 9 of 20 comments against 3 of 20, with a prior of 1 in 4:

    >>> found = compare_counts(np.array([9.0]), np.array([3.0]), 20, 20, np.array([1.0]), 4)
    >>> found.log_odds_ratio.round(4)  # log(10 / 14) - log(4 / 20)
    array([1.273])
    >>> round(float(found.standard_error[0] ** 2), 4)  # 1/10 + 1/14 + 1/4 + 1/20
    0.4714
    """
    _check(first, second, n_first, n_second, prior, prior_size)
    with_term = np.stack([first + prior, second + prior])
    sizes = np.array([[n_first], [n_second]])
    without = sizes + prior_size - with_term
    log_odds = np.log(with_term / without)
    ratio = log_odds[0] - log_odds[1]
    error = np.sqrt((1 / with_term + 1 / without).sum(axis=0))
    z = ratio / error
    return LogOdds(ratio, error, z, 2 * special.ndtr(-np.abs(z)))


def _check(
    first: Floats, second: Floats, n_first: float, n_second: float, prior: Floats, prior_size: float
) -> None:
    if not first.shape == second.shape == prior.shape:
        raise DataError(
            f"first has shape {first.shape}, second {second.shape} and prior {prior.shape}: give "
            "one count a term in each"
        )
    for name, count, size in (("first", first, n_first), ("second", second, n_second)):
        wrong = ~((count >= 0) & (count <= size))
        if wrong.any() or not 0 < size < np.inf:
            told = count[wrong][0] if wrong.any() else size
            raise DataError(
                f"{name} holds {told:g} of a group of {size:g}: a count lies between 0 and the "
                "size of its group, which is above 0"
            )
    if not (0 < prior_size < np.inf and np.all((prior > 0) & (prior < prior_size))):
        raise ParameterError(
            f"prior lies outside (0, {prior_size:g}): each term's pseudo-count is above 0 and "
            "below that of everything"
        )
