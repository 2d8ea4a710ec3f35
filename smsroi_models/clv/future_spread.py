"""How far what a customer will bring may lie from what is expected, in BG/NBD with Gamma-Gamma.

Of a customer who is alive the purchases up to h have, at rate lambda and dropout chance p,

    E[X (X - 1)] = 2 (1 - p) / p^2 [1 - exp(-u) (1 + u)],    u = lambda p h,

from integrating lambda (1 - p) lambda exp(-lambda p t) over pairs of purchases before h. Given the
history, lambda ~ Gamma(r + x, alpha + T) and p ~ Beta(a, b + x), independent (Fader, Hardie and Lee
2005, appendix), over which Gauss-Laguerre and Gauss-Jacobi rules integrate. A purchase is
Gamma(p, nu) with nu ~ Gamma(q + p x, v + x m) (Fader and Hardie 2013, section 3), so that

    E[Z_1 Z_2] = p^2 (v + x m)^2 / ((q + p x - 1) (q + p x - 2)),
    E[Z^2] = (1 + 1 / p) E[Z_1 Z_2].
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import roots_genlaguerre, roots_jacobi

from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.errors import NotEstimableError

Floats = NDArray[np.float64]
NODES = 40


def variance_of_spend(
    purchases: BgNbd,
    spend: GammaGamma,
    kinds: tuple[Floats, Floats, Floats, Floats],
    horizon: float,
) -> Floats:
    """Return the variance of what a customer of each kind spends within the horizon.

    Parameters
    ----------
    purchases : BgNbd
    spend : GammaGamma
    kinds : frequency, recency, T and monetary value, ndarray of shape (n_kinds,)
    horizon : float
        In the unit of T, above 0.

    Returns
    -------
    ndarray of shape (n_kinds,)
        Squared currency; the parameters are taken as known.

    Raises
    ------
    NotEstimableError
        If q + p x is 2 or less for a kind: the variance of spend is then infinite.
    """
    x, recency, T, mean = kinds
    shape = spend.q + spend.p * x
    if (shape <= 2).any():
        raise NotEstimableError(
            f"q is {spend.q:.3g}: customers' mean spend has no finite variance, so that no "
            "interval can be given; look for test orders and very large ones"
        )
    bought = purchases.expected_purchases(horizon, x, recency, T)
    pairs = purchases.probability_alive(x, recency, T) * pairs_while_alive(purchases, x, T, horizon)
    expected = spend.expected_average_value(x, np.where(x > 0, mean, 1.0))
    products = (spend.p * (spend.v + x * mean)) ** 2 / ((shape - 1) * (shape - 2))
    variance: Floats = (bought * (1 + 1 / spend.p) + pairs) * products - (bought * expected) ** 2
    return variance


def pairs_while_alive(purchases: BgNbd, x: Floats, T: Floats, horizon: float) -> Floats:
    """Return E[X (X - 1)] of who is alive at T, shape (n_kinds,)."""
    found = np.empty(len(x))
    for count in np.unique(x):
        rows = np.flatnonzero(x == count)
        rate, rate_weight = roots_genlaguerre(NODES, purchases.r + count - 1)
        # Jacobi's interval is [-1, 1]: p = (1 + node) / 2.
        node, drop_weight = roots_jacobi(NODES, purchases.b + count - 1, purchases.a - 1)
        drop = (1 + node) / 2
        scale = horizon / (purchases.alpha + T[rows])
        u = scale[:, None, None] * rate[:, None] * drop
        inside = 2 * (1 - drop) / drop**2 * _left_by(u)
        weighted = inside @ (drop_weight / drop_weight.sum())
        found[rows] = weighted @ (rate_weight / rate_weight.sum())
    return found


def _left_by(u: Floats) -> Floats:
    """Return 1 - exp(-u) (1 + u) without cancellation for a small u."""
    series = u**2 / 2 - u**3 / 3 + u**4 / 8
    return np.where(u < 1e-3, series, -np.expm1(-u) - u * np.exp(-u))
