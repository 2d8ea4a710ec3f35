"""From rows of customers to the maximum of their likelihood: where to start and how to go on."""

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from smsroi_models.clv.newton import EdgeError, Maximum, Objective, maximise
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.errors import ConvergenceError

# Beyond e^13 (440,000) or below e^-13 no data tell a parameter from infinity or zero.
BOUND = 13.0
# Starting from a sixteenth of the rows leaves four standard errors to go: two or three steps.
THINNING = 16
ENOUGH_ROWS = 4_000
# Of the starts, so many are followed, on so many rows: there may be more than one maximum.
FOLLOWED, SEARCHED_ROWS = 4, 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """A family of likelihoods, one for each history.

    Attributes
    ----------
    names : sequence of str
        Parameters.
    objective_of : callable
        From a history to its log-likelihood in the logarithms of the parameters.
    edges : mapping
        As `maximise` takes it.
    """

    names: Sequence[str]
    objective_of: Callable[[PurchaseHistory], Objective]
    edges: Mapping[str, tuple[str, str]]


def fit_family(
    family: Family, history: PurchaseHistory, starts: Iterable[Floats], reference: Floats
) -> Maximum:
    """Return the maximum, looked for from the best of the starts.

    Parameters
    ----------
    family : Family
    history : PurchaseHistory
    starts : iterable of ndarray
        Logarithms of parameters.
    reference : ndarray
        Logarithms of what a parameter is held against to say that it runs to zero or infinity.

    Raises
    ------
    ConvergenceError
        If nobody bought twice, or the likelihood has no maximum at finite parameters above zero.
    """
    check_repeats(history)
    rows = history.collapsed()
    few = rows if len(rows.T) <= SEARCHED_ROWS else rows.thinned(ENOUGH_ROWS / len(rows.T))
    if not few.frequency.any():
        few = rows
    objective = family.objective_of(few)
    inside = [np.clip(s, reference - BOUND + 1, reference + BOUND - 1) for s in starts]
    inside.sort(key=lambda s: -objective(s)[0])
    try:
        top = _best(family, objective, inside[:FOLLOWED], reference)
    except ConvergenceError:
        if few is rows:
            raise
        # Too few rows to say; all of them may.
        return _best(family, family.objective_of(rows), inside[:FOLLOWED], reference)
    return top if few is rows else _refined(family, rows, top.point, reference)


def _best(
    family: Family, objective: Objective, starts: Sequence[Floats], reference: Floats
) -> Maximum:
    """Return the highest maximum uphill of the starts.

    Where the likelihood is higher still at an edge, there is no maximum, and that is the error.
    """
    found: Maximum | None = None
    problem: ConvergenceError | None = None
    highest = -math.inf
    for start in starts:
        try:
            top = _maximise(family, objective, start, reference)
        except ConvergenceError as error:
            problem = problem or error
            if isinstance(error, EdgeError) and error.value > highest:
                highest, problem = error.value, error
            continue
        if found is None or top.value > found.value:
            found = top
    if problem is not None and (found is None or highest > found.value):
        raise problem
    assert found is not None
    return found


def check_repeats(history: PurchaseHistory) -> None:
    """Refuse customers of whom nobody bought again.

    Raises
    ------
    ConvergenceError
    """
    if not history.frequency.any():
        raise ConvergenceError(
            f"frequency is 0 for all {history.n_customers:g} customers: nobody bought twice, so "
            "that neither rates nor dropout can be seen; use a longer time"
        )


def mean_age(history: PurchaseHistory) -> float:
    """Return the mean of T, the scale of time that rates are held against."""
    return float((history.weights * history.T).sum() / history.weights.sum())


def purchase_rate(history: PurchaseHistory) -> float:
    """Return repeat purchases per unit of customers' time.

    Raises
    ------
    ConvergenceError
        If nobody bought again, where no time need have passed either.
    """
    check_repeats(history)
    weights = history.weights
    return float((weights * history.frequency).sum() / (weights * history.T).sum())


def _refined(family: Family, rows: PurchaseHistory, start: Floats, reference: Floats) -> Maximum:
    """Maximise from the maximum of a sixteenth of the rows, and that from a sixteenth of it."""
    if len(rows.T) > THINNING * ENOUGH_ROWS:
        with contextlib.suppress(ConvergenceError):  # too few rows to say; all of them may
            start = _refined(family, rows.thinned(1 / THINNING), start, reference).point
    return _maximise(family, family.objective_of(rows), start, reference)


def _maximise(family: Family, objective: Objective, start: Floats, reference: Floats) -> Maximum:
    return maximise(
        objective, start, family.names, reference - BOUND, reference + BOUND, edges=family.edges
    )
