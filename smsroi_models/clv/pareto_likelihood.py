"""The log-likelihood of Pareto/NBD with its exact gradient and Hessian.

    log L = log [ (r)_x alpha^r / (alpha + T)^(r + x) ] + s log [ beta / (beta + T) ] + log(1 +
    odds)

with the odds of having left of `pareto_integral` (Schmittlein, Morrison and Colombo 1987, appendix;
Fader and Hardie 2005, note 009).
"""

import numpy as np
from scipy.special import digamma, expit, gammaln, polygamma

from smsroi_models.clv.newton import Objective
from smsroi_models.clv.pareto_integral import BLOCK, Numbers, log_odds, log_odds_left
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory

Terms = tuple[float, Floats, Floats]


def log_likelihoods(parameters: Numbers, x: Floats, t: Floats, T: Floats) -> Floats:
    """Return the log-likelihood of each row."""
    r, alpha, s, beta = parameters
    alive = (
        gammaln(r + x) - gammaln(r) - r * np.log1p(T / alpha) - x * np.log(alpha + T)
    ) - s * np.log1p(T / beta)
    rows: Floats = alive + np.logaddexp(0.0, log_odds_left(parameters, x, t, T))
    return rows


def in_logarithms(history: PurchaseHistory) -> Objective:
    """Return the summed log-likelihood of the logarithms of r, alpha, s, beta."""
    distinct, counted = np.unique(history.frequency, return_inverse=True)
    of_each = np.bincount(counted, history.weights).astype(np.float64)
    silent = np.flatnonzero(history.recency < history.T)

    def objective(logarithms: Floats) -> Terms:
        parameters = np.exp(logarithms)
        numbers = (parameters[0], parameters[1], parameters[2], parameters[3])
        value, gradient, hessian = _alive(numbers, history, distinct, of_each)
        for begin in range(0, len(silent), BLOCK):
            rows = silent[begin : begin + BLOCK]
            v, g, h = _left(numbers, history, rows)
            value += v
            gradient += g
            hessian += h
        gradient = parameters * gradient
        return value, gradient, np.outer(parameters, parameters) * hessian + np.diag(gradient)

    return objective


def _alive(numbers: Numbers, history: PurchaseHistory, distinct: Floats, of_each: Floats) -> Terms:
    """Sum what is true of customers as if all were alive."""
    r, alpha, s, beta = numbers
    n, x, T = history.weights, history.frequency, history.T
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    logs_alpha, logs_beta = np.log1p(T / alpha), np.log1p(T / beta)
    value = float(of_each @ (gammaln(r + distinct) - gammaln(r)))
    value -= float((n * (r * logs_alpha + x * np.log(alpha + T) + s * logs_beta)).sum())
    gradient[0] = of_each @ (digamma(r + distinct) - digamma(r)) - (n * logs_alpha).sum()
    hessian[0, 0] = of_each @ (polygamma(1, r + distinct) - polygamma(1, r))
    share, end = T / (alpha * (alpha + T)), 1 / (alpha + T)
    gradient[1] = r * (n * share).sum() - (n * x * end).sum()
    hessian[0, 1] = hessian[1, 0] = (n * share).sum()
    hessian[1, 1] = (n * x * end**2).sum() - r * (n * share * (1 / alpha + end)).sum()
    share, end = T / (beta * (beta + T)), 1 / (beta + T)
    gradient[2] = -((n * logs_beta).sum())
    gradient[3] = s * (n * share).sum()
    hessian[2, 3] = hessian[3, 2] = (n * share).sum()
    hessian[3, 3] = -s * (n * share * (1 / beta + end)).sum()
    return value, gradient, hessian


def _left(numbers: Numbers, history: PurchaseHistory, rows: np.ndarray) -> Terms:
    """Sum log(1 + odds) over rows that have been silent at the end."""
    n = history.weights[rows]
    odds = log_odds(numbers, history.frequency[rows], history.recency[rows], history.T[rows])
    left = expit(odds.value)
    value = float(n @ np.logaddexp(0.0, odds.value))
    spread = n * left * expit(-odds.value)
    hessian = np.tensordot(n * left, odds.hessian, axes=1)
    hessian += (odds.gradient * spread[:, None]).T @ odds.gradient
    return value, odds.gradient.T @ (n * left), hessian
