"""Expected purchases of the living: an independent series, scipy's function, and derivatives."""

import itertools

import numpy as np
import pytest
from scipy.special import hyp2f1

from smsroi_models.clv.purchases_while_alive import (
    Means,
    purchases_while_alive,
    purchases_while_alive_derivatives,
)


def _at(s: float, z: float, a: float, b: float) -> float:
    return float(purchases_while_alive(*(np.array([v]) for v in (s, z, a, b)))[0])


def _series(s: float, z: float, a: float, b: float) -> float:
    """Sum over n of P(n purchases if nobody left) x expected number before leaving.

    Without dropout purchases are negative binomial; the (j + 1)th happens to those who stayed j
    times, with the chance (b)_j / (a + b)_j. Nothing of quadrature or of hypergeometric functions
    is in it.
    """
    y = z / (1 + z)
    chance, total, kept, bought = 1.0, 0.0, 1.0, 0.0
    weight = 1.0
    for n in range(1, 20_000):
        bought += kept
        kept *= (b + n - 1) / (a + b + n - 1)
        chance *= y * (s + n - 1) / n
        weight += chance
        total += chance * bought
        if n > s * z and chance * bought < 1e-17 * total:
            break
    return total / weight


GRID = list(
    itertools.product(
        (0.05, 0.9, 12.0), (1e-3, 0.6, 8.0), (0.02, 0.6, 1.0, 40.0), (0.03, 1.0, 30.0)
    )
)


def test_the_series_on_a_grid() -> None:
    """Also where the closed form has its poles: a = 1, a + b = 1; and below, a + b < 1."""
    rows = [*GRID, (0.25, 1.3, 0.4, 0.6), (0.25, 1.3, 0.2, 0.1), (150.0, 1.0, 0.7, 152.0)]
    expected = [_series(*row) for row in rows]
    np.testing.assert_allclose([_at(*row) for row in rows], expected, rtol=1e-10)
    # In blocks, where a row may get more nodes than it needs.
    np.testing.assert_allclose(purchases_while_alive(*np.array(rows).T), expected, rtol=1e-10)


@pytest.mark.parametrize("case", [(0.3, 1.0, 0.8, 2.4), (3.3, 0.4, 2.8, 5.4)], ids=str)
def test_the_closed_form_where_it_is_well(case: tuple[float, float, float, float]) -> None:
    s, z, a, b = case
    y = z / (1 + z)
    closed = (a + b - 1) / (a - 1) * (1 - (1 - y) ** s * hyp2f1(s, b, a + b - 1, y))
    assert _at(*case) == pytest.approx(closed, rel=1e-11)


def test_limits() -> None:
    assert _at(2.0, 0.0, 0.5, 0.5) == 0.0
    # Nobody leaves: the mean of the negative binomial; everybody does: whether one buys.
    assert _at(2.0, 3.0, 1e-7, 5.0) == pytest.approx(6.0, rel=1e-5)
    assert _at(2.0, 3.0, 5.0, 1e-7) == pytest.approx(1 - 4.0**-2, rel=1e-6)
    # Horizon without end and a above 1: the mean number of purchases before leaving, E[1 / p].
    assert _at(9.0, 1e9, 3.0, 4.0) == pytest.approx(6 / 2, rel=1e-6)


@pytest.mark.parametrize("name", ["by_s", "by_z", "by_a", "by_b"])
def test_derivatives(name: str) -> None:
    columns = np.array([*GRID, (150.0, 1.0, 0.7, 152.0)]).T.copy()
    found = purchases_while_alive_derivatives(*columns)
    np.testing.assert_allclose(found.value, purchases_while_alive(*columns), rtol=1e-13)
    k = Means._fields.index(name) - 1
    step = 1e-4 * columns[k]
    above, below = columns.copy(), columns.copy()
    above[k] += step
    below[k] -= step
    slope = (purchases_while_alive(*above) - purchases_while_alive(*below)) / (2 * step)
    # Relative steps of 1e-4: 1e-8 from curvature, and rounding of the value over the step.
    floor = 1e-7 * found.value / columns[k]
    assert (np.abs(getattr(found, name) - slope) <= 1e-6 * np.abs(slope) + floor).all()
