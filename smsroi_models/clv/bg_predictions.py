"""What BG/NBD and MBG/NBD say of a customer.

With x = frequency, t = recency and m coins tossed (m = x, or x + 1 in MBG/NBD),

    odds of having left = a / (b + m - 1) ((alpha + T) / (alpha + t))^(r + x),    0 where m = 0
    given alive:  rate ~ Gamma(r + x, alpha + T),  chance to leave after a purchase ~ Beta(a, b + m)

(Fader, Hardie and Lee 2005, eq. 9 and 10; 2008, "Computing P(alive) using the BG/NBD model";
Batislam, Denizel and Filiztekin 2007.) Parameters may be numbers or one value a row.
"""

import numpy as np
from scipy.special import expit, gammaln

from smsroi_models.clv.purchase_history import Floats
from smsroi_models.clv.purchases_while_alive import (
    purchases_while_alive,
    purchases_while_alive_derivatives,
)

Parameters = tuple[Floats, Floats, Floats, Floats]


def log_odds_left(parameters: Parameters, x: Floats, m: Floats, t: Floats, T: Floats) -> Floats:
    """Return the logarithm of the odds of having left; minus infinity where no coin was tossed."""
    r, alpha, a, b = parameters
    with np.errstate(divide="ignore", invalid="ignore"):  # m = 0, replaced
        odds = np.log(a / (b + m - 1)) + (r + x) * np.log((alpha + T) / (alpha + t))
    return np.where(m > 0, odds, -np.inf)


def alive(parameters: Parameters, x: Floats, m: Floats, t: Floats, T: Floats) -> Floats:
    """Return P(alive)."""
    chance: Floats = expit(-log_odds_left(parameters, x, m, t, T))
    return chance


def alive_gradient(
    parameters: Parameters, x: Floats, m: Floats, t: Floats, T: Floats
) -> tuple[Floats, Floats]:
    """Return P(alive) and its gradient in r, alpha, a, b, of shape (n_rows, 4)."""
    r, alpha, a, b = parameters
    odds = log_odds_left(parameters, x, m, t, T)
    slopes = np.empty((len(odds), 4))
    slopes[:, 0] = np.log((alpha + T) / (alpha + t))
    slopes[:, 1] = -(r + x) * (T - t) / ((alpha + T) * (alpha + t))
    slopes[:, 2] = 1 / a
    slopes[:, 3] = -1 / np.where(m > 0, b + m - 1, 1.0)
    still, left = expit(-odds), expit(odds)
    return still, -(still * left)[:, None] * slopes


def while_alive(parameters: Parameters, horizon: Floats, x: Floats, m: Floats, T: Floats) -> Floats:
    """Return the expected purchases within the horizon of who is alive at T."""
    return purchases_while_alive(*_posterior(parameters, horizon, x, m, T))


def while_alive_gradient(
    parameters: Parameters, horizon: Floats, x: Floats, m: Floats, T: Floats
) -> tuple[Floats, Floats]:
    """Return the same, and its gradient in r, alpha, a, b, of shape (n_rows, 4)."""
    found = purchases_while_alive_derivatives(*_posterior(parameters, horizon, x, m, T))
    z_by_alpha = -horizon / (parameters[1] + T) ** 2
    in_parameters = (found.by_s, found.by_z * z_by_alpha, found.by_a, found.by_b)
    return found.value, np.column_stack(in_parameters)


def any_while_alive(parameters: Parameters, horizon: Floats, x: Floats, T: Floats) -> Floats:
    """Return the chance that who is alive at T buys within the horizon."""
    r, alpha = parameters[:2]
    chance: Floats = -np.expm1(-(r + x) * np.log1p(horizon / (alpha + T)))
    return chance


def log_likelihoods(parameters: Parameters, x: Floats, m: Floats, t: Floats, T: Floats) -> Floats:
    """Return the log-likelihood of each row (see `bg_likelihood`)."""
    r, alpha, a, b = parameters
    buying = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + T)
    coins = gammaln(b + m) - gammaln(b) + gammaln(a + b) - gammaln(a + b + m)
    rows: Floats = buying + coins + np.logaddexp(0.0, log_odds_left(parameters, x, m, t, T))
    return rows


def _posterior(
    parameters: Parameters, horizon: Floats, x: Floats, m: Floats, T: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    r, alpha, a, b = parameters
    s, z, left, stayed = np.broadcast_arrays(r + x, horizon / (alpha + T), a, b + m)
    return s, z, left, stayed
