"""What Pareto/NBD says of a customer, given x = frequency, t = recency and T.

    P(alive) = 1 / (1 + odds of `pareto_integral`) given alive:  purchase rate ~ Gamma(r + x, alpha
    + T),  rate of leaving ~ Gamma(s, beta + T) purchases within h = (r + x) / (alpha + T) (beta +
    T) [1 - ((beta + T) / (beta + T + h))^(s - 1)]
                         / (s - 1)

(Fader and Hardie 2005, note 009, eq. 36 and 41; the last one has its limit at s = 1.)
"""

import numpy as np
from scipy.special import expit, exprel

from smsroi_models.clv.pareto_integral import (
    BLOCK,
    Numbers,
    log_integral,
    log_odds,
    log_odds_left,
)
from smsroi_models.clv.purchase_history import Floats


def alive(parameters: Numbers, x: Floats, t: Floats, T: Floats) -> Floats:
    """Return P(alive)."""
    chance: Floats = expit(-log_odds_left(parameters, x, t, T))
    return chance


def alive_gradient(parameters: Numbers, x: Floats, t: Floats, T: Floats) -> tuple[Floats, Floats]:
    """Return P(alive) and its gradient in r, alpha, s, beta, of shape (n_rows, 4)."""
    still, gradient = np.ones(len(x)), np.zeros((len(x), 4))
    silent = np.flatnonzero(t < T)
    for begin in range(0, len(silent), BLOCK):
        rows = silent[begin : begin + BLOCK]
        odds = log_odds(parameters, x[rows], t[rows], T[rows])
        still[rows] = expit(-odds.value)
        gradient[rows] = -(still[rows] * expit(odds.value))[:, None] * odds.gradient
    return still, gradient


def while_alive(parameters: Numbers, horizon: Floats, x: Floats, T: Floats) -> Floats:
    """Return the expected purchases within the horizon of who is alive at T."""
    r, alpha, s, beta = parameters
    length = np.log1p(horizon / (beta + T))
    purchases: Floats = (r + x) * (beta + T) / (alpha + T) * length * exprel(-(s - 1) * length)
    return purchases


def while_alive_gradient(
    parameters: Numbers, horizon: Floats, x: Floats, T: Floats
) -> tuple[Floats, Floats]:
    """Return the same, and its gradient in r, alpha, s, beta, of shape (n_rows, 4)."""
    r, alpha, s, beta = parameters
    value = while_alive(parameters, horizon, x, T)
    length = np.log1p(horizon / (beta + T))
    scale = (r + x) * (beta + T) / (alpha + T)
    by_length = scale * np.exp(-(s - 1) * length)
    length_by_beta = -horizon / ((beta + T) * (beta + T + horizon))
    gradient = np.column_stack(
        [
            value / (r + x),
            -value / (alpha + T),
            -scale * length**2 * _mean_exponential((s - 1) * length),
            value / (beta + T) + by_length * length_by_beta,
        ]
    )
    return value, gradient


def any_while_alive(parameters: Numbers, horizon: Floats, x: Floats, T: Floats) -> Floats:
    """Return the chance that who is alive at T buys within the horizon, before leaving."""
    r, alpha, s, beta = parameters
    stays = np.exp(-(r + x) * np.log1p(horizon / (alpha + T)) - s * np.log1p(horizon / (beta + T)))
    leaves = np.exp(log_integral(parameters, x, T, T + horizon))
    chance: Floats = 1 - stays - leaves
    return np.maximum(chance, 0.0)


def _mean_exponential(y: Floats) -> Floats:
    """Return the integral of v exp(-y v) over v from 0 to 1; by its series where y is small."""
    powers = np.arange(9)
    factorials = np.cumprod(np.maximum(powers, 1))
    terms = (-y[:, None]) ** powers / (factorials * (powers + 2))
    with np.errstate(divide="ignore", invalid="ignore"):  # y = 0, replaced
        closed = (-np.expm1(-y) - y * np.exp(-y)) / y**2
    return np.where(np.abs(y) < 0.1, terms.sum(axis=1), closed)
