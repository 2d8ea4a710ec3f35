"""The interval of a product of two independent uncertain figures.

Normal theory gives a product too short an arm on the side of its longer tail, and a wrong one where
a factor may be zero. Here the distribution itself is summed up (the "distribution of the product",
Meeker and Escobar 1994; MacKinnon et al. 2007): with X normal and Y Student's t around its figure,

    P(X Y <= z) = E_X[ P(Y <= z / X) ]      (>= where X is negative),

the expectation over the middles of equally likely slices of X. No random numbers are drawn.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from smsroi_models.attribution.effects import Estimate
from smsroi_models.errors import DataError

_SLICES = 2_000


def product_estimate(
    x: Estimate, y: Estimate, *, degrees_of_freedom: float = math.inf, confidence_level: float
) -> Estimate:
    """Return the product of two independent figures with its interval.

    Parameters
    ----------
    x, y : Estimate
        Their own intervals are not used. A standard error of 0 is a known figure.
    degrees_of_freedom : float
        By which the standard error of ``y`` is known.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    Estimate
        The standard error is that of normal factors, sqrt(x^2 s_y^2 + y^2 s_x^2 + s_x^2 s_y^2)
        (Goodman 1960).

    Raises
    ------
    DataError
        If a figure is not finite, or a standard error negative.

    References
    ----------
    MacKinnon, Fritz, Williams and Lockwood (2007), Behavior Research Methods 39(3). Goodman (1960),
    Journal of the American Statistical Association 55(292), eq. 2.

    Examples
    --------
    A known 3 times 2 +- 0.5:

    >>> three, two = Estimate(3.0, 0.0, 3.0, 3.0), Estimate(2.0, 0.5, 1.0, 3.0)
    >>> found = product_estimate(three, two, confidence_level=0.95)
    >>> round(found.estimate, 9), round(found.standard_error, 9), round(found.ci_upper, 2)
    (6.0, 1.5, 8.94)
    """
    for figure in (x, y):
        if not (math.isfinite(figure.estimate) and 0 <= figure.standard_error < math.inf):
            raise DataError(f"{figure} is no factor: a finite figure and error are needed")
    value = x.estimate * y.estimate
    spread = (x.estimate * y.standard_error, y.estimate * x.standard_error)
    error = math.hypot(*spread, x.standard_error * y.standard_error)
    if error == 0:
        return Estimate(value, 0.0, value, value)
    sliced_df = math.inf
    if abs(spread[0]) < abs(spread[1]) or y.standard_error == 0:
        # The factor that adds less is sliced: between slices the other one smooths.
        x, y, sliced_df, degrees_of_freedom = y, x, degrees_of_freedom, math.inf
    slices = x.estimate + x.standard_error * _middles(sliced_df)
    tail = (1 - confidence_level) / 2
    low, high = (
        _quantile(p, slices, y, degrees_of_freedom, value, error) for p in (tail, 1 - tail)
    )
    return Estimate(value, error, low, high)


def _quantile(
    probability: float,
    slices: NDArray[np.float64],
    y: Estimate,
    df: float,
    value: float,
    error: float,
) -> float:
    def above(z: float) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (z / slices - y.estimate) / y.standard_error
        below = special.stdtr(df, t) if math.isfinite(df) else special.ndtr(t)
        at_most = np.where(slices > 0, below, 1 - below)
        # A factor of exactly zero makes a product of zero.
        at_most = np.where(slices == 0, float(z >= 0), at_most)
        return float(at_most.mean()) - probability

    reach = 8 * error
    while above(value - reach) > 0 or above(value + reach) < 0:
        reach *= 4
    return float(optimize.brentq(above, value - reach, value + reach, xtol=1e-9 * error))


def _middles(df: float) -> NDArray[np.float64]:
    """Return the middles of equally likely slices of a normal or Student's t variable."""
    at = (np.arange(_SLICES) + 0.5) / _SLICES
    found: NDArray[np.float64] = special.stdtrit(df, at) if math.isfinite(df) else special.ndtri(at)
    return found
