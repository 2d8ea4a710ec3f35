"""Newton's method: exact maxima, and a reason wherever there is none."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import rosen, rosen_der, rosen_hess

from smsroi_models.clv.newton import maximise
from smsroi_models.errors import ConvergenceError, NotEstimableError

Value = tuple[float, NDArray[np.float64], NDArray[np.float64]]
WIDE = np.full(2, 20.0)


def _rosenbrock(u: NDArray[np.float64]) -> Value:
    """Curved valley, maximum at (1, 1); it curves upwards between (-1, 1) and there."""
    return -float(rosen(u)), -rosen_der(u), -rosen_hess(u)


@pytest.mark.parametrize("start", [(-1.2, 1.0), (5.0, -5.0), (0.0, 3.0), (-4.0, -9.0)])
def test_the_curved_valley(start: tuple[float, float]) -> None:
    found = maximise(_rosenbrock, np.array(start), ["u", "v"], -WIDE, WIDE)
    assert found.point == pytest.approx([1.0, 1.0], abs=1e-6)
    assert np.linalg.inv(found.covariance) == pytest.approx(rosen_hess(np.ones(2)), rel=1e-4)


def test_a_saddle_is_left() -> None:
    """Its gradient is zero: only the curvature tells it from a maximum."""

    def objective(u: NDArray[np.float64]) -> Value:
        x, y = u
        value = -(x**2) + y**2 / 2 - y**4 / 4
        return value, np.array([-2 * x, y - y**3]), np.diag([-2.0, 1 - 3 * y**2])

    found = maximise(objective, np.array([0.5, 1e-3]), ["x", "y"], -WIDE, WIDE)
    assert found.point == pytest.approx([0.0, 1.0], abs=1e-6)


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_neither_unit_nor_size_decides_when_it_stops(unit: float) -> None:
    def objective(u: NDArray[np.float64]) -> Value:
        scores = np.array([3.0, 5.0]) - np.exp(u)
        value = float(np.array([3.0, 5.0]) @ u - np.exp(u).sum())
        return unit * value, unit * scores, -unit * np.diag(np.exp(u))

    found = maximise(objective, np.array([4.0, -4.0]), ["u", "v"], -WIDE, WIDE)
    assert np.exp(found.point) == pytest.approx([3.0, 5.0], rel=1e-5 / np.sqrt(min(unit, 1.0)))


@pytest.mark.parametrize(("sign", "words"), [(1.0, "grows without end"), (-1.0, "lower end")])
def test_a_maximum_at_infinity_is_named(sign: float, words: str) -> None:
    def objective(u: NDArray[np.float64]) -> Value:
        rest = np.exp(-sign * u[1])
        value = -(u[0] ** 2) - rest
        return value, np.array([-2 * u[0], sign * rest]), np.diag([-2.0, -rest])

    with pytest.raises(ConvergenceError, match=rf"as v .*{words}.*: ask for more"):
        maximise(objective, np.ones(2), ["u", "v"], -WIDE, WIDE, edges={"v": ("ask for more",) * 2})


def test_a_flat_direction_is_named() -> None:
    def objective(u: NDArray[np.float64]) -> Value:
        both = u.sum()
        return -(both**2), np.full(2, -2 * both), np.array([[-2.0, -2.0], [-2.0, -2.0]])

    with pytest.raises(NotEstimableError, match=r"flat in one direction|no maximum"):
        maximise(objective, np.array([1.0, 2.0]), ["u", "v"], -WIDE, WIDE, max_iterations=30)


def test_a_wrong_gradient_is_no_result() -> None:
    def objective(u: NDArray[np.float64]) -> Value:
        return -float(u @ u), 2 * u, -2 * np.eye(2)

    with pytest.raises(ConvergenceError, match="no step from log u = 1, log v = 1 raises"):
        maximise(objective, np.ones(2), ["u", "v"], -WIDE, WIDE)


def test_a_step_into_the_undefined_is_halved() -> None:
    def objective(u: NDArray[np.float64]) -> Value:
        if u[0] >= 1:
            return -np.inf, np.full(1, np.nan), np.full((1, 1), np.nan)
        return (
            float(np.log(1 - u[0]) + 3 * u[0]),
            3 - 1 / (1 - u),
            np.array([[-1 / (1 - u[0]) ** 2]]),
        )

    found = maximise(objective, np.array([-9.0]), ["u"], -WIDE[:1], WIDE[:1])
    assert found.point == pytest.approx([2 / 3], abs=1e-6)
