"""The Gamma-Gamma log-likelihood, its gradient and its Hessian.

With x purchases of mean m and z = x m, the model says that s = v / (v + z) is Beta(q, p x), so that

    log L = log Gamma(p x + q) - log Gamma(p x) - log Gamma(q) + q log s + p x log(1 - s) - log m

(Fader and Hardie 2013, eq. 1a, in other letters). In the logarithm of v, s moves by s (1 - s): all
derivatives are sums of s over customers, and the gamma functions are those of the distinct x.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln, polygamma

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SpendRows:
    """Repeat buyers with spend; all arrays of shape (n_rows,).

    Attributes
    ----------
    frequency : ndarray
        Repeat purchases, at least 1.
    monetary_value : ndarray
        Their mean value, above 0.
    weights : ndarray
        Customers of the row.
    """

    frequency: Floats
    monetary_value: Floats
    weights: Floats

    def thinned(self, rows: int) -> Self:
        """Return about so many of the rows, evenly spread whatever their order."""
        spread = np.arange(len(self.weights)) * ((5**0.5 - 1) / 2) % 1.0
        kept = np.flatnonzero(spread < rows / len(self.weights))
        return type(self)(self.frequency[kept], self.monetary_value[kept], self.weights[kept])


class SpendLikelihood:
    """The log-likelihood of some rows as a function of log p, log q, log v.

    Examples
    --------
    One purchase of 1 with p = q = v = 1: s is uniform, and dm = ds (1 + m)^2, so that L = 1 / 4:

    >>> rows = SpendRows(np.ones(1), np.ones(1), np.ones(1))
    >>> value, gradient, hessian = SpendLikelihood(rows)(np.zeros(3))
    >>> round(float(np.exp(value)), 12)
    0.25
    """

    def __init__(self, rows: SpendRows) -> None:
        self._spend = rows.frequency * rows.monetary_value
        self._weights = rows.weights
        self._purchases = rows.weights * rows.frequency
        self._counted, places = np.unique(rows.frequency, return_inverse=True)
        self._customers = np.bincount(places, rows.weights)
        self._n = float(rows.weights.sum())
        self._log_spend = float(self._purchases @ np.log(self._spend))
        self._log_mean = float(rows.weights @ np.log(rows.monetary_value))

    def __call__(self, point: Floats) -> tuple[float, Floats, Floats]:
        """Return value, gradient of shape (3,) and Hessian of shape (3, 3) at log p, log q, log v.

        The value is not finite where a parameter is beyond what floats hold.
        """
        p, q, v = np.exp(point)
        ratio = self._spend / v
        log_s, s = -np.log1p(ratio), 1 / (1 + ratio)
        rest = s * ratio  # 1 - s, without its cancellation
        both = s * rest
        logs = float(self._weights @ log_s)
        # log(1 - s) = log z - log v + log s
        log_rest = self._log_spend - self._purchases.sum() * point[2] + self._purchases @ log_s
        bought = self._purchases @ s
        left = float(self._weights @ rest)

        x, n = self._counted, self._customers
        value = float(
            n @ (gammaln(p * x + q) - gammaln(p * x))
            - self._n * gammaln(q)
            + q * logs
            + p * log_rest
            - self._log_mean
        )
        first = np.array(
            [
                n @ (x * (digamma(p * x + q) - digamma(p * x))) + log_rest,
                n @ digamma(p * x + q) - self._n * digamma(q) + logs,
                q * left - p * bought,
            ]
        )
        curve = polygamma(1, p * x + q)
        second = np.empty((3, 3))
        second[0, 0] = n @ (x * x * (curve - polygamma(1, p * x)))
        second[0, 1] = second[1, 0] = n @ (x * curve)
        second[1, 1] = n @ curve - self._n * polygamma(1, q)
        second[0, 2] = second[2, 0] = -bought
        second[1, 2] = second[2, 1] = left
        second[2, 2] = -(q * (self._weights @ both) + p * (self._purchases @ both))
        # From p and q to their logarithms; the last coordinate is one already.
        scale = np.array([p, q, 1.0])
        gradient = scale * first
        hessian = second * np.outer(scale, scale) + np.diag([gradient[0], gradient[1], 0.0])
        return value, gradient, hessian
