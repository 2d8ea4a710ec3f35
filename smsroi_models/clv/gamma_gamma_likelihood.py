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
# Rows at a time: what is computed of them stays in the cache, and products stay in one thread.
BLOCK = 8_192


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
        customers = np.bincount(rows.frequency.astype(np.int64), rows.weights)
        counted = np.flatnonzero(customers)
        self._counted, self._customers = counted.astype(np.float64), customers[counted]
        self._n = float(rows.weights.sum())
        self._n_purchases = float(self._purchases.sum())
        log_mean = np.log(rows.monetary_value)
        self._log_mean = float((rows.weights * log_mean).sum())
        log_spend = np.log(rows.frequency) + log_mean
        self._log_spend = float((self._purchases * log_spend).sum())

    def __call__(self, point: Floats) -> tuple[float, Floats, Floats]:
        """Return value, gradient of shape (3,) and Hessian of shape (3, 3) at log p, log q, log v.

        The value is not finite where a parameter is beyond what floats hold.
        """
        p, q, v = np.exp(point)
        (logs, left, both), (bought_logs, bought, bought_both) = self._sums(float(v))
        # log(1 - s) = log z - log v + log s
        log_rest = self._log_spend - self._n_purchases * point[2] + bought_logs

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
        second[2, 2] = -(q * both + p * bought_both)
        # From p and q to their logarithms; the last coordinate is one already.
        scale = np.array([p, q, 1.0])
        gradient = scale * first
        hessian = second * np.outer(scale, scale) + np.diag([gradient[0], gradient[1], 0.0])
        return value, gradient, hessian

    def _sums(self, v: float) -> tuple[list[float], list[float]]:
        """Sum over customers log s, 1 - s and s (1 - s); over purchases log s, s and s (1 - s)."""
        of_customers, of_purchases = np.zeros(3), np.zeros(3)
        for low in range(0, len(self._spend), BLOCK):
            part = slice(low, low + BLOCK)
            ratio = self._spend[part] / v
            log_s, s = -np.log1p(ratio), 1 / (1 + ratio)
            rest = s * ratio  # 1 - s, without its cancellation
            both = s * rest
            customers, purchases = self._weights[part], self._purchases[part]
            of_customers += (customers @ log_s, customers @ rest, customers @ both)
            of_purchases += (purchases @ log_s, purchases @ s, purchases @ both)
        return of_customers.tolist(), of_purchases.tolist()
