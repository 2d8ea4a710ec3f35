"""Gradients and Hessians of the purchase models against differences of what they derive."""

from collections.abc import Callable

import numpy as np
import pytest
from buyers import coin_tossers
from numpy.typing import NDArray

from smsroi_models.clv.bg_likelihood import BgSums
from smsroi_models.clv.bg_predictions import log_likelihoods
from smsroi_models.clv.bg_rows import row_terms
from smsroi_models.clv.newton import Objective
from smsroi_models.clv.pareto_likelihood import in_logarithms
from smsroi_models.clv.pareto_likelihood import log_likelihoods as pareto_log_likelihoods
from smsroi_models.clv.purchase_history import PurchaseHistory

Floats = NDArray[np.float64]
STEP = 1e-5


@pytest.fixture(scope="module")
def history() -> PurchaseHistory:
    """Rows of many kinds: new, silent, frequent, last seen at the very end, with weights."""
    rng = np.random.default_rng(4)
    drawn = coin_tossers(rng, (0.6, 3.0, 0.8, 2.5), rng.uniform(0.1, 60, 300)).history
    odd = [0, 1, 150, 40, 3], [0, 0.01, 39, 12, 20], [0, 50, 40, 12, 20]
    rows = [np.concatenate([one, other]) for one, other in zip(drawn, odd, strict=True)]
    return PurchaseHistory.of(*rows, weights=rng.uniform(0.5, 5, 305))


def _check(objective: Objective, point: Floats) -> None:
    """Central differences: an error of STEP^2 and of rounding over STEP, 1e-8 together."""
    _, gradient, hessian = objective(point)
    for i in range(4):
        move = STEP * np.eye(4)[i]
        above, below = objective(point + move), objective(point - move)
        slope = (above[0] - below[0]) / (2 * STEP)
        assert gradient[i] == pytest.approx(slope, rel=1e-7, abs=1e-7 * np.abs(gradient).max())
        curve = (above[1] - below[1]) / (2 * STEP)
        np.testing.assert_allclose(hessian[i], curve, rtol=1e-7, atol=1e-7 * np.abs(hessian).max())


POINTS = [(0.3, 5.0, 0.6, 2.0), (4.0, 0.7, 0.05, 0.1), (0.02, 90.0, 30.0, 400.0)]


@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("first_coin", [False, True])
def test_with_dropout_after_purchases(
    history: PurchaseHistory, point: tuple[float, ...], first_coin: bool
) -> None:
    _check(BgSums.of(history, first_coin).in_logarithms, np.log(point))


@pytest.mark.parametrize(
    "point", [*POINTS, (0.55, 10.0, 0.6, 10.0), (2.0, 1e-3, 3.0, 50.0)], ids=str
)
def test_with_dropout_at_any_time(history: PurchaseHistory, point: tuple[float, ...]) -> None:
    _check(in_logarithms(history), np.log(point))


@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("first_coin", [False, True])
def test_the_sums_are_those_of_the_rows(
    history: PurchaseHistory, point: tuple[float, ...], first_coin: bool
) -> None:
    """Tables and blocks against each row by itself: other code, other formulas for Gamma ratios."""
    n, rows = history.weights, (history.frequency, history.recency, history.T)
    x = history.frequency
    found = BgSums.of(history, first_coin).in_logarithms(np.log(point))
    parameters = tuple(np.asarray(value) for value in point)
    terms = row_terms(parameters, x, x + first_coin, *rows[1:])  # type: ignore[arg-type]
    expected = (n @ terms.value, n @ terms.gradient, np.tensordot(n, terms.hessian, 1))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(other).max())


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_the_pareto_sum_is_that_of_the_rows(
    history: PurchaseHistory, point: tuple[float, float, float, float]
) -> None:
    rows = pareto_log_likelihoods(point, history.frequency, history.recency, history.T)
    value = in_logarithms(history)(np.log(point))[0]
    assert value == pytest.approx(float(history.weights @ rows), rel=1e-11)


def _total(log_likelihood: Callable[[Floats, Floats], Floats], T: float) -> float:
    """Sum over x the integral over t of the likelihood, of how x - 1 purchases fall before t."""
    from scipy.special import gammaln

    nodes, weights = np.polynomial.legendre.leggauss(60)
    t = (nodes + 1) / 2 * T
    total = float(np.exp(log_likelihood(np.zeros(1), np.zeros(1)))[0])
    for x in range(1, 80):
        ways = (x - 1) * np.log(t) - gammaln(x)
        density = np.exp(log_likelihood(np.full(60, float(x)), t) + ways)
        total += float(weights @ density) * T / 2
    return total


@pytest.mark.parametrize("point", [(0.5, 4.0, 0.8, 2.4), (3.0, 6.0, 0.3, 0.4)], ids=str)
@pytest.mark.parametrize("first_coin", [False, True])
def test_the_likelihood_is_a_distribution(point: tuple[float, ...], first_coin: bool) -> None:
    """Given x and t, the x - 1 purchases before fall uniformly: t^(x - 1) / (x - 1)! ways."""
    T = 8.0
    parameters = tuple(np.asarray(value) for value in point)

    def rows(x: Floats, t: Floats) -> Floats:
        return log_likelihoods(parameters, x, x + first_coin, t, np.full(len(x), T))  # type: ignore[arg-type]

    assert _total(rows, T) == pytest.approx(1.0, abs=1e-6)


def test_the_pareto_likelihood_is_a_distribution() -> None:
    T = 8.0

    def rows(x: Floats, t: Floats) -> Floats:
        return pareto_log_likelihoods((0.5, 4.0, 0.6, 9.0), x, t, np.full(len(x), T))

    assert _total(rows, T) == pytest.approx(1.0, abs=1e-6)
