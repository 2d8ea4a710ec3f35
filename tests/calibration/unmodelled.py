"""Customers who buy otherwise than the models take it: like clockwork, or by the season."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PARAMETERS = 0.9, 8.0, 0.9, 4.0


class Unmodelled(NamedTuple):
    """Histories up to T, and purchases within each of the horizons; (n_customers, n_horizons)."""

    frequency: Floats
    recency: Floats
    T: Floats
    ahead: Floats

    @property
    def history(self) -> tuple[Floats, Floats, Floats]:
        return self.frequency, self.recency, self.T


def draw(
    rng: np.random.Generator,
    n: int,
    horizons: tuple[float, ...],
    *,
    regularity: float = 1.0,
    season: float = 0.0,
    peak_at_end: bool = True,
) -> Unmodelled:
    """Draw customers acquired over 78 weeks, 26 of them before the data end at the latest.

    Times between purchases are Gamma of shape ``regularity`` (1: at random, the models' own). By
    ``season`` the pace swings over 52 weeks, between 1 - season and 1 + season; at the end of the
    data it is about to be high, or low.
    """
    r, alpha, a, b = PARAMETERS
    T = rng.uniform(26, 104, n)
    rate, leaving = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    x, t, ahead = np.zeros(n), np.zeros(n), np.zeros((n, len(horizons)))
    now, going = np.zeros(n), np.flatnonzero(rate > 1e-9)
    fastest = 1 + season
    while len(going):
        wait = rng.gamma(regularity, 1 / regularity, len(going)) / (rate[going] * fastest)
        now[going] += wait
        going = going[now[going] <= T[going] + max(horizons)]
        # Thinning (Lewis and Shedler 1979): a purchase of the fastest pace is kept by the season's.
        since_end = now[going] - T[going]
        sign = 1.0 if peak_at_end else -1.0
        pace = 1 + sign * season * np.sin(2 * np.pi * since_end / 52)
        kept = going[rng.random(len(going)) * fastest <= pace]
        early = now[kept] <= T[kept]
        x[kept[early]] += 1
        t[kept[early]] = now[kept[early]]
        for column, horizon in enumerate(horizons):
            late = ~early & (now[kept] <= T[kept] + horizon)
            ahead[kept[late], column] += 1
        gone = kept[rng.random(len(kept)) < leaving[kept]]
        going = np.setdiff1d(going, gone, assume_unique=True)
    return Unmodelled(x, t, T, ahead)
