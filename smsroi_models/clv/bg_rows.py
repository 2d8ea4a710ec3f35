"""The BG/NBD log-likelihood row by row, where each row has parameters of its own.

The formulas are those of `bg_likelihood`; nothing can be summed in tables before.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, expit, polygamma

from smsroi_models.clv.bg_predictions import Parameters, log_likelihoods, log_odds_left
from smsroi_models.clv.purchase_history import Floats


class RowTerms(NamedTuple):
    """Log-likelihood (n,), gradient (n, 4) and Hessian (n, 4, 4) in log r, alpha, a, b."""

    value: Floats
    gradient: Floats
    hessian: Floats


def row_terms(parameters: Parameters, x: Floats, m: Floats, t: Floats, T: Floats) -> RowTerms:
    """Return each row's log-likelihood with derivatives in the logarithms of its parameters."""
    r, alpha, a, b = (np.broadcast_to(value, x.shape) for value in parameters)
    odds = log_odds_left((r, alpha, a, b), x, m, t, T)
    left = expit(odds)
    slopes = _odds_slopes(r, alpha, a, b, x, m, t, T)
    gradient = _gradient_alive(r, alpha, a, b, x, m, T) + left[:, None] * slopes
    spread = (left * expit(-odds))[:, None, None]
    hessian = _hessian_alive(r, alpha, a, b, x, m, T) + spread * (
        slopes[:, :, None] * slopes[:, None, :]
    )
    last, end = 1 / (alpha + t), 1 / (alpha + T)
    hessian[:, 0, 1] += left * (end - last)
    hessian[:, 1, 0] += left * (end - last)
    hessian[:, 1, 1] -= left * slopes[:, 1] * (end + last)
    hessian[:, 2, 2] -= left / a**2
    hessian[:, 3, 3] += left * slopes[:, 3] ** 2
    return _in_logarithms(
        np.stack([r, alpha, a, b], axis=1),
        log_likelihoods((r, alpha, a, b), x, m, t, T),
        gradient,
        hessian,
    )


def _odds_slopes(
    r: Floats, alpha: Floats, a: Floats, b: Floats, x: Floats, m: Floats, t: Floats, T: Floats
) -> Floats:
    last, end = 1 / (alpha + t), 1 / (alpha + T)
    never = np.where(m > 0, b + m - 1, 1.0)
    return np.stack([np.log(last / end), (r + x) * (end - last), 1 / a, -1 / never], axis=1)


def _gradient_alive(
    r: Floats, alpha: Floats, a: Floats, b: Floats, x: Floats, m: Floats, T: Floats
) -> Floats:
    in_both = digamma(a + b) - digamma(a + b + m)
    return np.stack(
        [
            digamma(r + x) - digamma(r) - np.log1p(T / alpha),
            r / alpha - (r + x) / (alpha + T),
            in_both,
            in_both + digamma(b + m) - digamma(b),
        ],
        axis=1,
    )


def _hessian_alive(
    r: Floats, alpha: Floats, a: Floats, b: Floats, x: Floats, m: Floats, T: Floats
) -> Floats:
    hessian = np.zeros((len(x), 4, 4))
    hessian[:, 0, 0] = polygamma(1, r + x) - polygamma(1, r)
    hessian[:, 0, 1] = hessian[:, 1, 0] = 1 / alpha - 1 / (alpha + T)
    hessian[:, 1, 1] = (r + x) / (alpha + T) ** 2 - r / alpha**2
    in_both = polygamma(1, a + b) - polygamma(1, a + b + m)
    hessian[:, 2, 2] = hessian[:, 2, 3] = hessian[:, 3, 2] = in_both
    hessian[:, 3, 3] = in_both + polygamma(1, b + m) - polygamma(1, b)
    return hessian


def _in_logarithms(
    parameters: Floats, value: Floats, gradient: Floats, hessian: Floats
) -> RowTerms:
    gradient = parameters * gradient
    hessian = parameters[:, :, None] * parameters[:, None, :] * hessian
    hessian[:, range(4), range(4)] += gradient
    return RowTerms(value, gradient, hessian)
