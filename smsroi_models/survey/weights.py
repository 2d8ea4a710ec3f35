"""Weights that let those who answered stand for a population: raking and post-stratification.

Raking scales the base weights b to the margins in turn (Deming and Stephan 1940) until all are
met, which minimises ``sum w log(w / b) - w + b`` over the weights that meet them (Ireland and
Kullback 1968). With bounds the same is minimised over the weights that keep them too, which are

    w = clip(b exp(x' lambda), lower, upper)

(Deville and Särndal 1992, case 7): each step then finds the factor that meets its category once
the weights are cut. Trimming and raking again are thus one and the same problem.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from smsroi_models.errors import ConvergenceError, DataError, ParameterError
from smsroi_models.survey.answers import Floats, is_number
from smsroi_models.survey.margins import Columns, Margin, base_of, is_null, read_margins

_TOLERANCE = 1e-9
_MOST_ROUNDS = 2_000


def rake(
    frame: Columns,
    margins: Mapping[str, Mapping[Any, float]],
    base_weights: ArrayLike | None = None,
    *,
    bounds: tuple[float, float] | None = None,
) -> Floats:
    """Return weights that meet the population's totals in every margin.

    They remove what the margins explain of who did not answer. Whoever is unlike the population
    in another way, such as in being satisfied, stays over-represented.

    Parameters
    ----------
    frame : pandas.DataFrame or mapping of arrays
        A row for each respondent, with a column for each margin.
    margins : mapping of str to mapping
        By column, the population's total of each category; all sum to the population's size.
    base_weights : array_like of shape (n_respondents,), optional
        Positive, such as one over the probability of having been asked; ones by default.
    bounds : pair of float, optional
        Least and most that a weight may be, in mean weights: ``(0.2, 5)``.

    Returns
    -------
    ndarray of shape (n_respondents,)
        Positive; they sum to the population's size.

    Raises
    ------
    DataError
        If a column, category or total is missing, null, empty or negative, or the margins do not
        sum alike.
    ConvergenceError
        If no weights (within the bounds) meet all margins.
    ParameterError
        If the bounds are none, or leave 1 out.

    References
    ----------
    Deming and Stephan (1940), Annals of Mathematical Statistics 11(4). Deville and Särndal (1992),
    JASA 87(418), case 7. Kalton and Flores-Cervantes (2003), Journal of Official Statistics 19(2).

    Examples
    --------
    Two of three respondents are from the north, but half of the 100 customers:

    >>> rake({"region": ["n", "n", "s"]}, {"region": {"n": 50, "s": 50}})
    array([25., 25., 50.])
    """
    read = read_margins(frame, margins)
    base = base_of(base_weights, len(read[0].code))
    total = float(read[0].totals.sum())
    weights: Floats = base * (total / base.sum())
    least, most = _limits(bounds, total / len(base))
    free = weights.copy()
    for _ in range(_MOST_ROUNDS):
        for margin in read:
            free *= _factors(margin, free, least, most)[margin.code]
        weights = np.clip(free, least, most)
        if _furthest(read, weights) <= _TOLERANCE:
            return weights
    worst = max(read, key=lambda margin: _furthest([margin], weights))
    raise ConvergenceError(
        f"no weights{' within the bounds' if bounds else ''} meet the margins: after "
        f"{_MOST_ROUNDS} rounds {worst.name} is still {_furthest([worst], weights):.2g} away; some "
        "combination of categories is empty among the respondents: put categories together, or "
        f"weight by fewer variables{', or widen the bounds' if bounds else ''}"
    )


def post_stratify(
    frame: Columns,
    by: Sequence[str],
    totals: Mapping[Any, float],
    base_weights: ArrayLike | None = None,
) -> Floats:
    """Return weights that meet the population's total in every cell of several variables.

    Parameters
    ----------
    frame : pandas.DataFrame or mapping of arrays
    by : sequence of str
        Columns whose combinations are the cells.
    totals : mapping
        The population's total by tuple of categories, in the order of ``by``.
    base_weights : array_like of shape (n_respondents,), optional
        Positive; ones by default.

    Raises
    ------
    DataError
        As `rake`; a cell with a total needs a respondent.

    References
    ----------
    Holt and Smith (1979), JRSS A 142(1). Kalton and Flores-Cervantes (2003), section 3.1.

    Examples
    --------
    >>> people = {"region": ["n", "n", "s"], "vip": [True, False, True]}
    >>> cells = {("n", True): 10, ("n", False): 60, ("s", True): 30}
    >>> post_stratify(people, ["region", "vip"], cells)
    array([10., 60., 30.])
    """
    absent = [name for name in by if name not in frame]
    if isinstance(by, str) or not by or absent:
        raise DataError(f"by is {by!r}: name the columns of the frame that make the cells")
    columns = [np.asarray(frame[name], dtype=object).tolist() for name in by]
    cells = np.empty(len(columns[0]), dtype=object)
    for row, cell in enumerate(zip(*columns, strict=True)):
        if any(map(is_null, cell)):
            raise DataError(f"a cell of {' and '.join(by)} is null: give nulls their own category")
        cells[row] = cell
    name = " and ".join(by)
    return rake({name: cells}, {name: totals}, base_weights)


def _limits(bounds: tuple[float, float] | None, mean: float) -> tuple[float, float]:
    if bounds is None:
        return 0.0, np.inf
    pair = tuple(bounds) if isinstance(bounds, Sequence) else ()
    if len(pair) != 2 or not all(map(is_number, pair)) or not 0 <= pair[0] < 1 < pair[1]:
        raise ParameterError(
            f"bounds are {bounds!r}: the least and the most that a weight may be, in mean weights, "
            "such as (0.2, 5): the first below 1 and the second above it"
        )
    return pair[0] * mean, pair[1] * mean


def _factors(margin: Margin, free: Floats, least: float, most: float) -> Floats:
    """Return the factor of each category that meets its total once weights are cut."""
    if not np.isfinite(most):
        sums = np.bincount(margin.code, weights=free, minlength=len(margin.totals))
        factors: Floats = margin.totals / sums
        return factors
    rows = [free[margin.code == place] for place in range(len(margin.totals))]
    return np.array(
        [_bounded_factor(margin, place, inside, least, most) for place, inside in enumerate(rows)]
    )


def _bounded_factor(margin: Margin, place: int, free: Floats, least: float, most: float) -> float:
    total, n = float(margin.totals[place]), len(free)
    if not n * least <= total <= n * most:
        raise ConvergenceError(
            f"{n} respondents of {margin.name} = {margin.categories[place]!r} cannot stand for "
            f"{total:g} people with weights from {least:g} to {most:g}: widen the bounds, or put "
            "the category together with another"
        )

    def excess(log_factor: float) -> float:
        cut = np.clip(free * np.exp(log_factor), least, most)
        return float(cut.sum()) - total

    # At these ends every weight is at its upper, or at its lower bound.
    lower = np.log(max(least, 1e-12 * most) / free.max())
    upper = np.log(most / free.min())
    if excess(lower) >= 0:
        return float(np.exp(lower))
    if excess(upper) <= 0:
        return float(np.exp(upper))
    return float(np.exp(optimize.brentq(excess, lower, upper, xtol=1e-14, rtol=1e-14)))


def _furthest(margins: Sequence[Margin], weights: Floats) -> float:
    """Return by how much, relative to its total, the worst category is missed."""
    return max(
        float(
            np.max(
                np.abs(np.bincount(m.code, weights=weights, minlength=len(m.totals)) / m.totals - 1)
            )
        )
        for m in margins
    )
