"""Customers one by one, as the purchase models say that they behave: numbers only, no store."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
History = tuple[Floats, Floats, Floats]


def coin_tossers(
    rng: np.random.Generator,
    parameters: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
    T: Floats,
    *,
    first_coin: bool = False,
) -> History:
    """Draw frequency, recency and T of BG/NBD customers (MBG/NBD with ``first_coin``)."""
    r, alpha, a, b = parameters
    rate = rng.gamma(r, 1 / np.asarray(alpha), len(T))
    return follow(rng, rate, rng.beta(a, b, len(T)), T, first_coin=first_coin)


def follow(
    rng: np.random.Generator, rate: Floats, leaving: Floats, T: Floats, *, first_coin: bool = False
) -> History:
    """Let customers of known rate and chance to leave buy until they leave or time is up."""
    x, t, now = np.zeros(len(T)), np.zeros(len(T)), np.zeros(len(T))
    here = rng.random(len(T)) >= leaving if first_coin else np.ones(len(T), dtype=bool)
    going = np.flatnonzero(here & (rate > 1e-12))
    while len(going):
        now[going] += rng.exponential(1.0, len(going)) / rate[going]
        going = going[now[going] <= T[going]]
        x[going] += 1
        t[going] = now[going]
        going = going[rng.random(len(going)) >= leaving[going]]
    return x, t, T


def by_period(history: History) -> History:
    """Return the histories as a table in whole periods would have them: T rounded down.

    Purchases of one period should count once; for that one would need them all. Recency 0 after a
    repeat in the first period is moved to the first period's end.
    """
    x, t, T = history
    T = np.maximum(np.floor(T), 1.0)
    return x, np.where(x > 0, np.clip(np.ceil(t), 1.0, T), 0.0), T


def at_any_time(
    rng: np.random.Generator, parameters: tuple[float, float, float, float], T: Floats
) -> History:
    """Draw frequency, recency and T of Pareto/NBD customers."""
    r, alpha, s, beta = parameters
    rate, leaving = rng.gamma(r, 1 / alpha, len(T)), rng.gamma(s, 1 / beta, len(T))
    stay = np.minimum(T, rng.exponential(1.0, len(T)) / np.maximum(leaving, 1e-300))
    x, t, now = np.zeros(len(T)), np.zeros(len(T)), np.zeros(len(T))
    going = np.flatnonzero(rate > 1e-12)
    while len(going):
        now[going] += rng.exponential(1.0, len(going)) / rate[going]
        going = going[now[going] <= stay[going]]
        x[going] += 1
        t[going] = now[going]
    return x, t, T
