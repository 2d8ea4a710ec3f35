"""Means of two groups of answers, weighted, and their difference (Welch 1947).

    var(mean) = n / (n - 1) sum w^2 (y - mean)^2 / (sum w)^2,    n = (sum w)^2 / sum w^2

the linearised variance of a weighted mean (Cochran 1977, section 6.3) with Kish's effective size
for the number; with equal weights s^2 / n. The degrees of freedom are Welch's, with the same n.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from smsroi_models.attribution.effects import Estimate
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record
from smsroi_models.survey.commented import Floats, effective_size


@dataclass(frozen=True, slots=True)
class MeanDifference(Record):
    """Two groups' means, in the unit of what was averaged.

    Attributes
    ----------
    n_first, n_second : int
    mean_first, mean_second : float
    difference : Estimate
        First less second, with its interval.
    """

    n_first: int
    n_second: int
    mean_first: float
    mean_second: float
    difference: Estimate


def mean_difference(
    values: Floats, first: NDArray[np.bool_], weights: Floats, confidence_level: float
) -> MeanDifference:
    """Return the difference of weighted means between those in the first group and the rest.

    Parameters
    ----------
    values : ndarray of shape (n,)
    first : ndarray of bool, shape (n,)
    weights : ndarray of shape (n,)
        Above 0.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If a group has fewer than two, or nobody differs within the groups.

    Examples
    --------
    >>> found = mean_difference(
    ...     np.array([1.0, 3.0, 0.0, 2.0]), np.array([True, True, False, False]), np.ones(4), 0.95
    ... )
    >>> found.difference.estimate, found.difference.standard_error  # variances 2 / 2 and 2 / 2
    (1.0, 1.4142135623730951)
    """
    groups = [_mean(values[rows], weights[rows]) for rows in (first, ~first)]
    (mean, variance, size), (other, other_variance, other_size) = groups
    total = variance + other_variance
    if not total > 0:
        raise NotEstimableError(
            f"all {len(values):,} values equal their group's mean: the error of the difference "
            "cannot be estimated"
        )
    df = total**2 / (variance**2 / (size - 1) + other_variance**2 / (other_size - 1))
    error = math.sqrt(total)
    reach = float(stats.t.ppf((1 + confidence_level) / 2, df)) * error
    gap = mean - other
    return MeanDifference(
        n_first=int(first.sum()),
        n_second=int((~first).sum()),
        mean_first=mean,
        mean_second=other,
        difference=Estimate(gap, error, gap - reach, gap + reach),
    )


def _mean(values: Floats, weights: Floats) -> tuple[float, float, float]:
    """Return the mean, its variance and the effective number."""
    n = len(values)
    size = effective_size(weights) if n else 0.0
    if n < 2 or size <= 1:
        raise NotEstimableError(f"a group has {n} values: at least 2 are needed for its spread")
    mean = float(weights @ values / weights.sum())
    spread = float((weights**2) @ (values - mean) ** 2) / float(weights.sum()) ** 2
    return mean, spread * size / (size - 1), size
