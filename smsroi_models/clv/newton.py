"""Newton's method with safeguards, for a log-likelihood in the logarithms of its parameters.

A step solves -H step = gradient (Nocedal and Wright 2006, section 3.4): a direction that curves
upwards is turned, one that is flat is not followed further than ``LONGEST_STEP``, and a step that
does not raise the likelihood is halved. It stops where the squared distance to the maximum,
measured in standard errors,

    decrement = gradient' (-H)^-1 gradient

is below ``CLOSE_ENOUGH``. That rule knows neither the unit of a parameter nor the number of
customers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smsroi_models.errors import ConvergenceError

Vector = NDArray[np.float64]
Objective = Callable[[Vector], tuple[float, Vector, NDArray[np.float64]]]

# A hundred-thousandth of a standard error, squared: far below what an interval can show.
CLOSE_ENOUGH = 1e-10
# In logarithms a factor of 4.5 a step: further, the parabola says nothing about the likelihood.
LONGEST_STEP = 1.5
# The share of the rise promised by the slope that a step must keep (Nocedal, Wright 2006, eq. 3.4).
SUFFICIENT_RISE = 1e-4
# Sums over a million customers carry rounding of about this share of themselves.
ROUNDING = 1e-13
# Information in the weakest direction over that in the strongest, below which rounding invents it.
WEAKEST_INFORMATION = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """A maximum of a log-likelihood.

    Attributes
    ----------
    point : ndarray of shape (n_parameters,)
    value : float
        Log-likelihood there.
    covariance : ndarray of shape (n_parameters, n_parameters)
        Inverse of the observed information, in the coordinates of ``point``.
    iterations : int
        Evaluations of the objective.
    """

    point: Vector
    value: float
    covariance: NDArray[np.float64]
    iterations: int


class EdgeError(ConvergenceError):
    """The value still rises where a parameter leaves what data could tell from an end."""

    def __init__(self, text: str, value: float) -> None:
        super().__init__(text)
        self.value = value


def maximise(
    objective: Objective,
    start: Vector,
    names: Sequence[str],
    lower: Vector,
    upper: Vector,
    *,
    edges: Mapping[str, tuple[str, str]] | None = None,
    max_iterations: int = 100,
) -> Maximum:
    """Return the maximum that lies uphill of ``start``.

    Parameters
    ----------
    objective : callable
        From a point to value, gradient of shape (n_parameters,) and Hessian, which must be exact:
        a value that is not finite is a place where no step may end.
    start : ndarray of shape (n_parameters,)
        Between ``lower`` and ``upper``; the objective is finite there.
    names : sequence of str
        One a parameter, for messages.
    lower, upper : ndarray of shape (n_parameters,)
        Beyond any value that data could tell from zero or infinity.
    edges : mapping of str to (str, str), optional
        What it means, and what to do, where a parameter runs into its lower and its upper bound.
    max_iterations : int
        Most evaluations of the objective.

    Raises
    ------
    ConvergenceError
        If the value still rises at a bound (an `EdgeError`, with it), no step raises it, it is as
        good as flat in some direction at the maximum, or ``max_iterations`` are used up.

    Examples
    --------
    The maximum of 3 u - exp(u) is u = log(3), where the curvature is -3:

    >>> def objective(u):
    ...     return float(3 * u[0] - np.exp(u[0])), 3 - np.exp(u), -np.diag(np.exp(u))
    >>> bound = np.array([20.0])
    >>> top = maximise(objective, np.zeros(1), ["rate"], -bound, bound)
    >>> round(float(np.exp(top.point[0])), 4), round(float(top.covariance[0, 0]), 4)
    (3.0, 0.3333)
    """
    point = np.asarray(start, dtype=np.float64)
    value, gradient, hessian = objective(point)
    evaluations = 1
    while True:
        information, directions = np.linalg.eigh(-hessian)
        slopes = directions.T @ gradient
        if _has_arrived(slopes, information):
            covariance = (directions / information) @ directions.T
            return Maximum(point, value, covariance, evaluations)
        step = directions @ _lengths(slopes, information)
        step, stuck = _within(step, point, gradient, lower, upper)
        if stuck is not None:
            raise EdgeError(_edge(names[stuck], bool(step[stuck] > 0), edges), value)
        rise = float(gradient @ step)
        while True:
            if evaluations >= max_iterations:
                raise ConvergenceError(
                    f"no maximum after {evaluations} evaluations of the likelihood, last at "
                    f"{_at(names, point)}: use more customers or a longer time"
                )
            found = objective(point + step)
            evaluations += 1
            if found[0] >= value + SUFFICIENT_RISE * rise - ROUNDING * abs(value):
                break
            step, rise = step / 2, rise / 2
            if float(np.abs(step).max()) < ROUNDING:
                raise ConvergenceError(
                    f"no step from {_at(names, point)} raises the likelihood, although it is not "
                    "at a maximum: use more customers or a longer time"
                )
        point = point + step
        value, gradient, hessian = found


def _has_arrived(slopes: Vector, information: Vector) -> bool:
    """Say whether the point is a maximum, in directions that carry information."""
    strongest = float(information[-1])
    if information[0] <= 0:
        return False
    arrived = bool((slopes**2 / information).sum() <= CLOSE_ENOUGH)
    if arrived and information[0] <= WEAKEST_INFORMATION * strongest:
        raise ConvergenceError(
            "the likelihood is flat in one direction at its maximum: the data do not tell the "
            "parameters apart; use more customers, a longer time or a model with fewer parameters"
        )
    return arrived


def _lengths(slopes: Vector, information: Vector) -> Vector:
    """Return how far to go in each direction: upwards, and no further than is known."""
    curvature = np.abs(information)
    curvature = np.maximum(curvature, max(1e-14 * curvature.max(), np.finfo(float).tiny))
    return np.clip(slopes / curvature, -LONGEST_STEP, LONGEST_STEP)


def _within(
    step: Vector, point: Vector, gradient: Vector, lower: Vector, upper: Vector
) -> tuple[Vector, int | None]:
    """Shorten the step to end at the nearest bound; name a parameter that is held there uphill."""
    room = np.where(step > 0, upper - point, point - lower)
    held = (room <= 0) & (step != 0)
    uphill = held & (step * gradient > 0)
    if uphill.any():
        return step, int(np.argmax(uphill))
    step = np.where(held, 0.0, step)
    with np.errstate(divide="ignore", invalid="ignore"):  # a coordinate that does not move
        shares = np.where(step != 0, room / np.abs(step), np.inf)
    share = float(shares.min())
    if share >= 1:
        return step, None
    bounded = int(shares.argmin())
    step = step * share
    # Exactly on the bound, so that it is seen there at the next step.
    step[bounded] = (upper if step[bounded] > 0 else lower)[bounded] - point[bounded]
    return step, None


def _edge(name: str, upwards: bool, edges: Mapping[str, tuple[str, str]] | None) -> str:
    where = "grows without end" if upwards else "goes to its lower end"
    meaning = (edges or {}).get(name, ("", ""))[int(upwards)]
    return f"the likelihood still rises as {name} {where}: " + (
        meaning or "the data do not identify it; use more customers or a longer time"
    )


def _at(names: Sequence[str], point: Vector) -> str:
    return ", ".join(f"log {n} = {p:.3g}" for n, p in zip(names, point, strict=True))
