"""Customers one by one, as the purchase models say that they behave: numbers only, no store."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Four = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]


class Buyers(NamedTuple):
    """Histories up to T, and what came of the customers; arrays of shape (n_customers,)."""

    frequency: Floats
    recency: Floats
    T: Floats
    purchases_ahead: Floats
    alive: NDArray[np.bool_]

    @property
    def history(self) -> tuple[Floats, Floats, Floats]:
        return self.frequency, self.recency, self.T


def coin_tossers(
    rng: np.random.Generator,
    parameters: Four,
    T: Floats,
    *,
    first_coin: bool = False,
    horizon: float = 0.0,
) -> Buyers:
    """Draw customers of BG/NBD, or of MBG/NBD with ``first_coin``."""
    r, alpha, a, b = parameters
    rate, leaving = rng.gamma(r, 1 / np.asarray(alpha), len(T)), rng.beta(a, b, len(T))
    alive = rng.random(len(T)) >= leaving if first_coin else np.ones(len(T), dtype=bool)
    found = Buyers(*(np.zeros(len(T)) for _ in range(2)), T, np.zeros(len(T)), alive)
    now, going = np.zeros(len(T)), np.flatnonzero(alive & (rate > 1e-12))
    while len(going):
        now[going] += rng.exponential(1.0, len(going)) / rate[going]
        going = going[now[going] <= T[going] + horizon]
        _buy(found, now, going)
        gone = rng.random(len(going)) < leaving[going]
        alive[going[gone & (now[going] <= T[going])]] = False
        going = going[~gone]
    return found


def leavers(
    rng: np.random.Generator, parameters: Four, T: Floats, *, horizon: float = 0.0
) -> Buyers:
    """Draw customers of Pareto/NBD, who may leave at any time."""
    r, alpha, s, beta = (np.asarray(value) for value in parameters)
    rate, leaving = rng.gamma(r, 1 / alpha, len(T)), rng.gamma(s, 1 / beta, len(T))
    stay = rng.exponential(1.0, len(T)) / np.maximum(leaving, 1e-300)
    found = Buyers(*(np.zeros(len(T)) for _ in range(2)), T, np.zeros(len(T)), stay > T)
    now, going = np.zeros(len(T)), np.flatnonzero(rate > 1e-12)
    while len(going):
        now[going] += rng.exponential(1.0, len(going)) / rate[going]
        going = going[now[going] <= np.minimum(stay, T + horizon)[going]]
        _buy(found, now, going)
    return found


def _buy(found: Buyers, now: Floats, going: NDArray[np.intp]) -> None:
    early = now[going] <= found.T[going]
    found.frequency[going[early]] += 1
    found.recency[going[early]] = now[going[early]]
    found.purchases_ahead[going[~early]] += 1


def by_period(buyers: Buyers) -> tuple[Floats, Floats, Floats]:
    """Return histories as a table in whole periods has them: T cut, recency within 1 and T."""
    T = np.maximum(np.floor(buyers.T), 1.0)
    x = np.minimum(buyers.frequency, T)
    return x, np.where(x > 0, np.clip(np.ceil(buyers.recency), 1.0, T), 0.0), T
