"""The log-likelihood of BG/NBD and MBG/NBD with its exact gradient and Hessian.

A customer buys at a rate from Gamma(r, alpha) and tosses a coin that says "leave" with a
probability from Beta(a, b): after each repeat purchase (BG/NBD) or after every purchase, the first
included (MBG/NBD). With x = frequency, t = recency and m coins tossed (m = x, or x + 1),

    log L = log [ (r)_x alpha^r / (alpha + T)^(r + x) ] + log [ (b)_m / (a + b)_m ] + log(1 + exp d)
    d = log(a / (b + m - 1)) + (r + x) log((alpha + T) / (alpha + t)),    no d where m = 0

(Fader, Hardie and Lee 2005, eq. 6; Fader and Hardie 2013, note 027, for the logarithms; Batislam,
Denizel and Filiztekin 2007). exp(d) is the odds of having left. Terms that depend on x alone
are summed over the values of x, with (r)_x = r (r + 1) ... (r + x - 1) as a product: no Gamma
function is subtracted from another. Terms of T alone are summed over the values of T.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from smsroi_models.clv.purchase_history import Floats, PurchaseHistory

# Rows treated at a time: their columns stay in a core's cache.
BLOCK = 8_192

Terms = tuple[float, Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class BgSums:
    """A history arranged for the likelihood: tables of what depends on x or T alone, and rows.

    Attributes
    ----------
    customers_above : ndarray
        Customers with frequency above j, for j = 0, 1, ...
    coins_above : ndarray
        Customers who tossed more than j coins.
    ages, customers_of_age, purchases_of_age : ndarray of shape (n_ages,)
        Values of T, the customers of each and their repeat purchases.
    frequency, recency, T, weights : ndarray of shape (n_rows,)
        Rows that tossed a coin.
    coins : ndarray of int of shape (n_rows,)
        Coins that they tossed.
    """

    customers_above: Floats
    coins_above: Floats
    ages: Floats
    customers_of_age: Floats
    purchases_of_age: Floats
    frequency: Floats
    recency: Floats
    T: Floats
    weights: Floats
    coins: NDArray[np.int64]

    @classmethod
    def of(cls, history: PurchaseHistory, first_coin: bool) -> Self:
        """Arrange the history; ``first_coin`` says that the first purchase tosses one too."""
        x, n = history.frequency.astype(np.int64), history.weights
        ages, customers, purchases = _by_age(history)
        tossed = slice(None) if first_coin else np.flatnonzero(x)
        return cls(
            customers_above=_above(x, n),
            coins_above=_above(x + int(first_coin), n),
            ages=ages,
            customers_of_age=customers,
            purchases_of_age=purchases,
            frequency=history.frequency[tossed],
            recency=history.recency[tossed],
            T=history.T[tossed],
            weights=n[tossed],
            coins=x[tossed] + int(first_coin),
        )

    def log_likelihood(self, parameters: Floats) -> Terms:
        """Return value, gradient (4,) and Hessian (4, 4) in the parameters r, alpha, a, b."""
        value, gradient, hessian = self._tables(parameters)
        for begin in range(0, len(self.T), BLOCK):
            v, g, h = self._rows(parameters, slice(begin, begin + BLOCK))
            value += v
            gradient += g
            hessian += h
        return value, gradient, hessian

    def in_logarithms(self, logarithms: Floats) -> Terms:
        """Return the same at exp(logarithms), with derivatives in the logarithms."""
        parameters = np.exp(logarithms)
        value, gradient, hessian = self.log_likelihood(parameters)
        gradient = parameters * gradient
        return value, gradient, np.outer(parameters, parameters) * hessian + np.diag(gradient)

    def _tables(self, parameters: Floats) -> Terms:
        r, alpha, a, b = parameters
        value = 0.0
        gradient, hessian = np.zeros(4), np.zeros((4, 4))
        # log (r)_x
        above = self.customers_above
        terms = r + np.arange(len(above))
        value += float(above @ np.log(terms))
        gradient[0] = above @ (1 / terms)
        hessian[0, 0] = -(above @ terms**-2)
        # r log alpha - (r + x) log(alpha + T); there may be an age a customer, hence no BLAS: it
        # wakes its threads for long vectors, and waits for them.
        n, purchases, ages = self.customers_of_age, self.purchases_of_age, self.ages
        ends = alpha + ages
        logs, shares = np.log1p(ages / alpha), ages / (alpha * ends)
        sums = np.einsum("kn,n->k", np.stack([logs, shares, shares * (1 / alpha + 1 / ends)]), n)
        bought = np.einsum("kn,n->k", np.stack([np.log(ends), 1 / ends, ends**-2]), purchases)
        value -= float(r * sums[0] + bought[0])
        gradient[0] -= sums[0]
        gradient[1] = r * sums[1] - bought[1]
        hessian[0, 1] = hessian[1, 0] = sums[1]
        hessian[1, 1] = bought[2] - r * sums[2]
        # log (b)_m / (a + b)_m
        coins = self.coins_above
        stay, toss = b + np.arange(len(coins)), a + b + np.arange(len(coins))
        value -= float(coins @ np.log1p(a / stay))
        gradient[2] = -(coins @ (1 / toss))
        gradient[3] = coins @ (a / (stay * toss))
        hessian[2, 2] = hessian[2, 3] = hessian[3, 2] = coins @ toss**-2
        hessian[3, 3] = -(coins @ (a / (stay * toss) * (1 / stay + 1 / toss)))
        return value, gradient, hessian

    def _rows(self, parameters: Floats, block: slice) -> Terms:
        """Sum log(1 + exp d) over rows; its derivatives are those of d, weighed by who has left."""
        r, alpha, a, b = parameters
        n, coins = self.weights[block], self.coins[block]
        shape = r + self.frequency[block]
        last, end = 1 / (alpha + self.recency[block]), 1 / (alpha + self.T[block])
        slopes = np.empty((4, len(n)))
        np.log(last / end, out=slopes[0])
        np.subtract(end, last, out=slopes[1])
        in_both = slopes[1].copy()
        slopes[1] *= shape
        slopes[2] = 1 / a
        np.divide(-1.0, b - 1 + coins, out=slopes[3])
        odds = shape * slopes[0]
        odds += np.log(-a * slopes[3])
        small = np.exp(-np.abs(odds))
        left = np.where(odds > 0, 1.0, small) / (1 + small)
        value = float(n @ (np.maximum(odds, 0.0) + np.log1p(small)))
        spread = n * small / (1 + small) ** 2
        n_left = n * left
        # One product a row: OpenBLAS wakes its threads for the matrix, and waits for them.
        gradient = np.array([slope @ n_left for slope in slopes])
        hessian = (slopes * spread) @ slopes.T
        hessian[0, 1] += n_left @ in_both
        hessian[1, 0] = hessian[0, 1]
        hessian[1, 1] -= n_left @ (slopes[1] * (end + last))
        hessian[2, 2] -= n_left.sum() / a**2
        hessian[3, 3] += n_left @ slopes[3] ** 2
        return value, gradient, hessian


def _above(counts: NDArray[np.int64], weights: Floats) -> Floats:
    """Return the weight of counts above j, for j from 0 to the largest count less one."""
    of_each = np.bincount(counts, weights)
    return of_each[::-1].cumsum()[::-1][1:]


def _by_age(history: PurchaseHistory) -> tuple[Floats, Floats, Floats]:
    """Return the values of T with their customers and purchases; rows of their own if not whole."""
    T, n = history.T, history.weights
    largest = float(T.max())
    if largest > len(T) or not (np.floor(T) == T).all():
        return T, n, n * history.frequency
    codes = T.astype(np.int64)
    customers = np.bincount(codes, n)
    purchases = np.bincount(codes, n * history.frequency)
    found = np.flatnonzero(customers)
    ages = found.astype(np.float64)
    return ages, customers[found].astype(np.float64), purchases[found].astype(np.float64)
