"""The odds that a customer of the Pareto/NBD model has left, as an integral over when.

    odds = integral from t to T of exp(psi(u)) du psi(u) = (r + x) log((alpha + T) / (alpha + u)) +
    s log((beta + T) / (beta + u)) + log(s / (beta + u))

(the likelihood of Fader and Hardie 2005, note 009, before it takes its hypergeometric form;
P(alive) is their eq. 36). Everything in it is positive, whereas the difference of two
hypergeometric functions overflows for frequent buyers and cancels where t is near T. With y =
log(gamma + u), gamma the smaller of alpha and beta, the integrand falls off like exp(-y) or faster;
what lies below exp(-36) of its start is cut off and Gauss-Legendre nodes take the rest.
"""

from typing import NamedTuple

import numpy as np
from numpy.polynomial.legendre import leggauss

from smsroi_models.clv.purchase_history import Floats

Numbers = tuple[float, float, float, float]

# Beyond it the integrand is below the rounding of the rest.
NEGLIGIBLE = 36.0
# For exp(-36 y) on [0, 1], 24 nodes leave 1e-15; over longer logarithms of time 48 leave 1e-10.
SHORT, FEW, MANY = 2.0, leggauss(24), leggauss(48)


# Rows treated at a time: with their nodes they stay in a core's cache.
BLOCK = 256


class Times(NamedTuple):
    """When somebody may have left, in columns: shape (n_nodes, n_rows)."""

    time: Floats
    log_weight: Floats


class LogOdds(NamedTuple):
    """Logarithm of the odds with derivatives in r, alpha, s, beta; n_rows first."""

    value: Floats
    gradient: Floats
    hessian: Floats


def log_integral(parameters: Numbers, x: Floats, start: Floats, end: Floats) -> Floats:
    """Return the log chance to leave in (start, end] and buy nothing in it before.

    For who is alive at ``start`` with x repeat purchases by then; minus infinity for no time.
    """
    found = np.full(len(x), -np.inf)
    some = np.flatnonzero(start < end)
    for begin in range(0, len(some), BLOCK):
        rows = some[begin : begin + BLOCK]
        times = _times(parameters, x[rows], start[rows], end[rows])
        logs = _logs(parameters, start[rows], times.time)
        found[rows] = _log_sum(_psi(parameters, x[rows], start[rows], *logs) + times.log_weight)
    return found


def log_odds_left(parameters: Numbers, x: Floats, t: Floats, T: Floats) -> Floats:
    """Return the log odds of having left by T; minus infinity for who was seen at T."""
    r, alpha, s, beta = parameters
    since = (r + x) * np.log((alpha + T) / (alpha + t)) + s * np.log((beta + T) / (beta + t))
    odds: Floats = since + log_integral(parameters, x, t, T)
    return odds


def log_odds(parameters: Numbers, x: Floats, t: Floats, T: Floats) -> LogOdds:
    """Return the log odds of having left by T, for rows with t below T, and their derivatives."""
    r, alpha, s, beta = parameters
    times = _times(parameters, x, t, T)
    in_alpha, in_beta = _logs(parameters, T, times.time)
    logs = _psi(parameters, x, T, in_alpha, in_beta) + times.log_weight
    value = _log_sum(logs)
    weights = np.exp(logs - value)
    k = r + x
    at_alpha, at_beta = 1 / (alpha + times.time), 1 / (beta + times.time)
    T_alpha, T_beta = 1 / (alpha + T), 1 / (beta + T)
    slopes = [
        in_alpha,
        (T_alpha - at_alpha) * k,
        in_beta + 1 / s,
        T_beta * s - at_beta * (s + 1),
    ]
    gradient = np.stack([np.einsum("kn,kn->n", weights, slope) for slope in slopes], axis=1)
    hessian = np.empty((len(x), 4, 4))
    for i in range(4):
        spread = weights * (slopes[i] - gradient[:, i])
        for j in range(i + 1):
            hessian[:, i, j] = hessian[:, j, i] = np.einsum("kn,kn->n", spread, slopes[j])
    in_both = gradient[:, 1] / k
    hessian[:, 0, 1] += in_both
    hessian[:, 1, 0] += in_both
    hessian[:, 1, 1] += k * ((weights * at_alpha**2).sum(axis=0) - T_alpha**2)
    hessian[:, 2, 2] -= 1 / s**2
    in_both = T_beta - (weights * at_beta).sum(axis=0)
    hessian[:, 2, 3] += in_both
    hessian[:, 3, 2] += in_both
    hessian[:, 3, 3] += (s + 1) * (weights * at_beta**2).sum(axis=0) - s * T_beta**2
    return LogOdds(value, gradient, hessian)


def _logs(parameters: Numbers, reference: Floats, time: Floats) -> tuple[Floats, Floats]:
    _, alpha, _, beta = parameters
    return (
        np.log((alpha + reference) / (alpha + time)),
        np.log((beta + reference) / (beta + time)),
    )


def _psi(
    parameters: Numbers, x: Floats, reference: Floats, in_alpha: Floats, in_beta: Floats
) -> Floats:
    r, _, s, beta = parameters
    logs: Floats = (r + x) * in_alpha + (s + 1) * in_beta + np.log(s / (beta + reference))
    return logs


def _times(parameters: Numbers, x: Floats, start: Floats, end: Floats) -> Times:
    """Return Gauss-Legendre nodes in the logarithm of time, up to where nothing more counts."""
    if not len(x):
        return Times(np.empty((1, 0)), np.empty((1, 0)))
    gamma = min(parameters[1], parameters[3])
    length = np.log1p((end - start) / (gamma + start))
    for _ in range(8):
        # The fall is convex and rising: Newton's method comes down on the cut from beyond it.
        fall, slope = _fall(parameters, x, start, length)
        if (fall <= NEGLIGIBLE).all():
            break
        length -= np.maximum(fall - NEGLIGIBLE, 0.0) / slope
    nodes, weights = FEW if length.max() <= SHORT else MANY
    steps = (nodes[:, None] + 1) / 2 * length
    time = start + (gamma + start) * np.expm1(steps)
    log_weight = np.log(weights[:, None] / 2) + np.log(length * (gamma + start)) + steps
    return Times(time, log_weight)


def _fall(parameters: Numbers, x: Floats, start: Floats, step: Floats) -> tuple[Floats, Floats]:
    """Return by how much the exponent has fallen after the step, and how fast it falls there."""
    r, alpha, s, beta = parameters
    gamma = min(alpha, beta)
    later = start + (gamma + start) * np.expm1(step)
    fall = (r + x) * np.log((alpha + later) / (alpha + start))
    fall += s * np.log((beta + later) / (beta + start))
    slope = (gamma + later) * ((r + x) / (alpha + later) + s / (beta + later))
    return fall, slope


def _log_sum(logs: Floats) -> Floats:
    largest = logs.max(axis=0) if logs.size else np.zeros(logs.shape[1])
    total: Floats = largest + np.log(np.exp(logs - largest).sum(axis=0))
    return total
