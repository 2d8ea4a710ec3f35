"""How far skewed spend bends an interval that rests on means and variances.

An interval from n, means and variances covers what it says when the difference of the arms' means
is close to normal. Spend is skewed, and a small holdout's skewness is not cancelled by the large
texted arm's. To first order (Hall 1992, The Bootstrap and Edgeworth Expansion, section 2.6) the
interval lies wholly above the truth with probability

    alpha / 2 - g (2 z^2 + 1) phi(z) / 6,

g being the skewness of the difference in means and z the normal quantile of the interval.
"""

import math

from scipy import special

from smsroi_models.attribution.moments import Moments


def third_central_moment(arm: Moments, column: str, cubed: str) -> float:
    """Return the mean of ``(column - mean)^3``, from the column and its cube.

    >>> rows = [[x, x**3] for x in (0.0, 0.0, 0.0, 4.0)]  # mean 1: (3 (-1)^3 + 3^3) / 4
    >>> third_central_moment(Moments.from_rows(rows, ["spend", "cubed"]), "spend", "cubed")
    6.0
    """
    mean = arm.mean_of(column)
    variance = arm.variance_of(column) * (arm.n - 1) / arm.n
    return arm.mean_of(cubed) - 3 * mean * variance - mean**3


def skewness_of_difference(treatment: Moments, holdout: Moments, column: str, cubed: str) -> float:
    """Return the skewness of the difference in means; 0 where no arm varies.

    Two arms of the same size and spend cancel:

    >>> rows = [[x, x**3] for x in (0.0, 0.0, 0.0, 4.0)]
    >>> arm = Moments.from_rows(rows, ["spend", "cubed"])
    >>> skewness_of_difference(arm, arm, "spend", "cubed")
    0.0
    """
    third = third_central_moment(treatment, column, cubed) / treatment.n**2
    third -= third_central_moment(holdout, column, cubed) / holdout.n**2
    variance = treatment.variance_of(column) / treatment.n + holdout.variance_of(column) / holdout.n
    return third / variance**1.5 if variance > 0 else 0.0


def share_above_truth(skewness: float, confidence_level: float) -> float:
    """Return how often a two-sided interval lies wholly above the truth, in [0, 1].

    >>> share_above_truth(0.0, 0.95)
    0.025
    >>> round(share_above_truth(-0.25, 0.95), 3)  # 2.5 % + 0.0846 / 4
    0.046
    """
    tail = round((1 - confidence_level) / 2, 12)
    z = -float(special.ndtri(tail))
    density = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return min(max(tail - skewness * (2 * z**2 + 1) * density / 6, 0.0), 1.0)
