"""Standard errors by the delta method, and intervals of positive figures."""

import numpy as np
from scipy.special import expit, logit, ndtri

from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.purchase_history import Floats


def errors_of(gradient: Floats, covariance: Floats) -> Floats:
    """Return the standard errors of figures from their gradients in the parameters.

    Parameters
    ----------
    gradient : ndarray of shape (n_rows, n_parameters)
    covariance : ndarray of shape (n_parameters, n_parameters)

    Examples
    --------
    The sum of two independent parameters with variances 9 and 16:

    >>> errors_of(np.ones((1, 2)), np.diag([9.0, 16.0]))
    array([5.])
    """
    # A covariance from a finite sample may miss being one by a rounding error.
    squared = np.einsum("ij,ij->i", gradient @ covariance, gradient)
    found: Floats = np.sqrt(np.maximum(squared, 0.0))
    return found


def positive_interval(
    value: Floats, error: Floats, confidence_level: float
) -> tuple[Floats, Floats]:
    """Return the ends of an interval that is normal in the logarithm, so that it stays above 0.

    Examples
    --------
    >>> low, high = positive_interval(np.array([10.0]), np.array([1.0]), 0.95)
    >>> float((low * high)[0].round(9)), float(np.log(high / 10)[0].round(3))
    (100.0, 0.196)
    """
    # Where not even the smallest number is left of a value, it has no interval but itself.
    relative = np.divide(error, value, out=np.zeros_like(error), where=value > 0)
    with np.errstate(over="ignore"):  # an interval without an upper end says so
        factor = np.exp(ndtri((1 + confidence_level) / 2) * relative)
    return value / factor, value * factor


def part_of(whole: float, part: float, error: float, confidence_level: float) -> Estimate:
    """Return a part of a whole with an interval that is normal in the log-odds of its share.

    Neither end leaves the range from 0 to the whole.

    Examples
    --------
    >>> found = part_of(200.0, 100.0, 10.0, 0.95)  # a share of 0.5, log-odds 0 +- 1.96 x 0.2
    >>> round(found.ci_lower, 2), round(found.ci_upper, 2)
    (80.65, 119.35)
    >>> part_of(50.0, 50.0, 0.0, 0.95).ci_upper
    50.0
    """
    share = part / whole if whole else 0.0
    if not (0 < share < 1 and error > 0):
        return Estimate(part, error, part, part)
    reach = ndtri((1 + confidence_level) / 2) * error / whole / (share * (1 - share))
    low, high = expit(logit(share) + np.array([-reach, reach]))
    return Estimate(part, error, float(whole * low), float(whole * high))


def estimate(value: float, error: float, confidence_level: float) -> Estimate:
    """Return a positive figure with its interval."""
    low, high = positive_interval(np.array([value]), np.array([error]), confidence_level)
    return Estimate(value, error, float(low[0]), float(high[0]))
