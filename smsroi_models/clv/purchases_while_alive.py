"""How often a customer who is alive now will buy, before leaving or the horizon ends.

With a purchase rate from Gamma(s, 1 / z) per horizon and a chance p from Beta(a, b) to leave after
each purchase, the expected number is the mean over p of

    g(p) = (1 - (1 + p z)^-s) / p

(Fader, Hardie and Lee 2005, the expectation before eq. 10 takes its closed form). That closed form
has the Gauss hypergeometric function in it, which overflows for frequent buyers, has a pole at a =
1 and loses all digits near it, and does not exist at a + b = 1. The mean itself is smooth
everywhere, and everything in it is positive. With p = 1 / (1 + exp(-v)) its integrand is analytic
to a distance of pi from the real line, where the trapezoidal rule converges geometrically
(Trefethen and Weideman 2014, theorem 5.1). Where a or b is below 1 the integrand has a long end;
there the value of g at that end is taken out first, as a straight line whose mean is known.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, digamma

from smsroi_models.clv.purchase_history import Floats

# The rule's error is exp(-pi^2 / STEP) times a power of 1 / STEP: below 1e-11 for small a and b.
STEP = 0.28
# A narrow peak is like a normal density: exp(-2 pi^2 / PEAK_STEP^2), in its standard deviations.
PEAK_STEP = 0.6
# Logarithm of the share of the integrand that is cut off at each end.
NEGLIGIBLE = 33.0
# Nodes times rows at a time: they stay in a core's cache.
BLOCK = 14_000


class Means(NamedTuple):
    """Expected purchases and their derivatives in s, z, a and b; arrays of shape (n_rows,)."""

    value: Floats
    by_s: Floats
    by_z: Floats
    by_a: Floats
    by_b: Floats


def purchases_while_alive(s: Floats, z: Floats, a: Floats, b: Floats) -> Floats:
    """Return the mean of g over p from Beta(a, b), to ten digits or more.

    Parameters
    ----------
    s, z, a, b : ndarray of shape (n_rows,)
        Above 0; z at least 0.

    Examples
    --------
    With p uniform, s = 1 and z = 1 it is the integral of 1 / (1 + p), log 2:

    >>> one = np.ones(1)
    >>> round(float(purchases_while_alive(one, one, one, one)[0]), 12)
    0.69314718056
    """
    found: Floats = _in_blocks(_values, 1, s, z, a, b)[0]
    return found


def purchases_while_alive_derivatives(s: Floats, z: Floats, a: Floats, b: Floats) -> Means:
    """Return the same with its exact derivatives."""
    return Means(*_in_blocks(_derivatives, 5, s, z, a, b))


class _Nodes(NamedTuple):
    """Rows in columns: weight, p, 1 - p and their logarithms, of shape (n_nodes, n_rows)."""

    weight: Floats
    p: Floats
    q: Floats
    log_p: Floats
    log_q: Floats
    long_at_zero: NDArray[np.bool_]
    long_at_one: NDArray[np.bool_]


Function = Callable[[Floats, Floats, Floats, Floats, _Nodes], tuple[Floats, ...]]


def _in_blocks(
    function: Function, results: int, s: Floats, z: Floats, a: Floats, b: Floats
) -> NDArray[np.float64]:
    """Apply the function to rows that need about as many nodes as each other."""
    low, high = _range(s, z, a, b)
    # The logarithm of p / (1 - p) has about the variance 1 / a + 1 / b.
    step = np.minimum(STEP, PEAK_STEP * np.sqrt(1 / a + 1 / b))
    needed = np.ceil((high - low) / step).astype(np.int64) + 1
    order = np.argsort(needed)
    found = np.empty((results, len(s)))
    begin = 0
    while begin < len(order):
        # At most as many rows as fit with the nodes of the last of them.
        end = min(len(order), begin + BLOCK // 16)
        end = min(end, begin + max(1, BLOCK // int(needed[order[end - 1]])))
        rows = order[begin:end]
        nodes = _nodes(low[rows], high[rows], a[rows], b[rows], int(needed[rows[-1]]))
        found[:, rows] = function(s[rows], z[rows], a[rows], b[rows], nodes)
        begin = end
    return found


def _range(s: Floats, z: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return between which v the integrand, less its line, is not negligible.

    It falls off as p^a (1 - p)^b or, less the line, with one power more; the logarithm of that is
    concave in v: Newton's method from its asymptotes comes nearer to the ends from outside and
    never passes them.
    """
    a, b = a + (a < 1), b + (b < 1)
    peak = np.log(a / b)
    floor = _height(peak, a, b) - NEGLIGIBLE - np.log1p((s + 1) * z)
    low, high = floor / a, -floor / b
    for _ in range(8):
        low = np.minimum(low + _shortfall(low, floor, a, b), peak)
        high = np.maximum(high + _shortfall(high, floor, a, b), peak)
    # A peak at least as wide as it can be told from a point.
    return low, np.maximum(high, low + STEP)


def _height(v: Floats, a: Floats, b: Floats) -> Floats:
    result: Floats = -a * np.logaddexp(0, -v) - b * np.logaddexp(0, v)
    return result


def _shortfall(v: Floats, floor: Floats, a: Floats, b: Floats) -> Floats:
    p = 1 / (1 + np.exp(-v))
    slope = a * (1 - p) - b * p
    result: Floats = (floor - _height(v, a, b)) / slope
    return result


def _nodes(low: Floats, high: Floats, a: Floats, b: Floats, count: int) -> _Nodes:
    step = (high - low) / (count - 1)
    v = low + np.arange(count)[:, None] * step
    small = np.exp(-np.abs(v))
    far = -np.log1p(small)
    log_p, log_q = far + np.minimum(v, 0), far - np.maximum(v, 0)
    larger = 1 / (1 + small)
    smaller = small * larger
    right = v > 0
    p, q = np.where(right, larger, smaller), np.where(right, smaller, larger)
    weight = step * np.exp(a * log_p + b * log_q - betaln(a, b))
    # The logarithm of a small Beta function is off by some of its last digits, its own sum is not.
    weight /= np.where((a < 1) | (b < 1), 1.0, weight.sum(axis=0))
    return _Nodes(weight, p, q, log_p, log_q, a < 1, b < 1)


def _chord(at_zero: Floats, at_one: Floats, a: Floats, b: Floats) -> Floats:
    """Return the mean of the line that is taken out: it has the values of g at the long ends."""
    return (at_zero * b * (a < 1) + at_one * a * (b < 1)) / (a + b)


def _rest(values: Floats, at_zero: Floats, at_one: Floats, nodes: _Nodes) -> Floats:
    return values - at_zero * nodes.long_at_zero * nodes.q - at_one * nodes.long_at_one * nodes.p


def _values(s: Floats, z: Floats, a: Floats, b: Floats, nodes: _Nodes) -> tuple[Floats, ...]:
    ends = s * z, -np.expm1(-s * np.log1p(z))
    values = -np.expm1(-s * np.log1p(nodes.p * z)) / nodes.p
    return (_chord(*ends, a, b) + (nodes.weight * _rest(values, *ends, nodes)).sum(axis=0),)


def _derivatives(s: Floats, z: Floats, a: Floats, b: Floats, nodes: _Nodes) -> tuple[Floats, ...]:
    log_z, log_pz = np.log1p(z), np.log1p(nodes.p * z)
    kept, stayed = np.exp(-s * log_z), np.exp(-s * log_pz)
    ends = s * z, -np.expm1(-s * log_z)
    rest = nodes.weight * _rest(-np.expm1(-s * log_pz) / nodes.p, *ends, nodes)
    line = _chord(*ends, a, b)
    total = digamma(a + b)
    ends_s = z, kept * log_z
    ends_z = s, s * kept / (1 + z)
    in_s = nodes.weight * _rest(stayed * log_pz / nodes.p, *ends_s, nodes)
    in_z = nodes.weight * _rest(s * stayed / (1 + nodes.p * z), *ends_z, nodes)
    return (
        line + rest.sum(axis=0),
        _chord(*ends_s, a, b) + in_s.sum(axis=0),
        _chord(*ends_z, a, b) + in_z.sum(axis=0),
        (ends[1] * (b < 1) - line) / (a + b)
        + (rest * (nodes.log_p - digamma(a) + total)).sum(axis=0),
        (ends[0] * (a < 1) - line) / (a + b)
        + (rest * (nodes.log_q - digamma(b) + total)).sum(axis=0),
    )
