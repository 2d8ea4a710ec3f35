"""What weights have to meet: totals of a population by category, held against who answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.errors import DataError
from smsroi_models.survey.answers import Floats, is_number

Integers = NDArray[np.int64]
# Totals come from different counts of one population: beyond rounding they must be the same.
_SAME_TOTAL = 1e-6


class Columns(Protocol):
    """Anything that hands out columns by name, such as a pandas frame or a dict of arrays."""

    def __getitem__(self, name: Any, /) -> Any: ...

    def __contains__(self, name: object, /) -> bool: ...


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """One variable's totals, and which of its categories each row is in.

    Attributes
    ----------
    name : str
    categories : tuple
        Those with somebody in the population.
    totals : ndarray of shape (n_categories,)
        Of the population; all positive.
    code : ndarray of shape (n,)
        Place of each row's category in ``categories``.
    """

    name: str
    categories: tuple[Any, ...]
    totals: Floats
    code: Integers


def read_margins(frame: Columns, margins: Mapping[str, Mapping[Any, float]]) -> tuple[Margin, ...]:
    """Hold rows against the totals that their weights shall meet.

    Parameters
    ----------
    frame : pandas.DataFrame or mapping of arrays
    margins : mapping of str to mapping
        By column, the population's total of each of its categories.

    Raises
    ------
    DataError
        If a column is missing or null, a category of a row has no total, a category with a total
        has no row (an empty cell), a total is negative, or totals do not sum alike.

    Examples
    --------
    >>> found = read_margins({"region": ["n", "s", "n"]}, {"region": {"n": 60, "s": 40}})
    >>> found[0].code.tolist()
    [0, 1, 0]
    """
    if not isinstance(margins, Mapping) or not margins:
        raise DataError("no margins: name at least one column with its population totals")
    read = tuple(_read_margin(frame, name, totals) for name, totals in margins.items())
    sizes = {len(margin.code) for margin in read}
    if len(sizes) > 1:
        raise DataError(f"the columns have {sorted(sizes)} rows: they must belong to one table")
    sums = {margin.name: float(margin.totals.sum()) for margin in read}
    if max(sums.values()) - min(sums.values()) > _SAME_TOTAL * max(sums.values()):
        told = ", ".join(f"{name} {total:g}" for name, total in sums.items())
        raise DataError(
            f"the margins do not sum alike ({told}): no weights can meet totals of different "
            "populations; count the same people in each"
        )
    return read


def base_of(base_weights: ArrayLike | None, n: int) -> Floats:
    """Return checked base weights, ones where none were given.

    Raises
    ------
    DataError
        If they are not one positive number a row.
    """
    if base_weights is None:
        return np.ones(n)
    found = np.asarray(base_weights)
    if found.dtype.kind not in "iuf" or found.shape != (n,):
        raise DataError(
            f"base_weights are {found.dtype} of shape {found.shape}: one number for each of {n} "
            "rows is needed"
        )
    weights = found.astype(np.float64)
    wrong = weights[~((weights > 0) & np.isfinite(weights))]
    if len(wrong):
        raise DataError(
            f"{len(wrong)} base weights such as {wrong[0]:g} are not positive and finite: leave "
            "out rows that are to count for nothing"
        )
    return weights


def _read_margin(frame: Columns, name: str, totals: Mapping[Any, float]) -> Margin:
    if not hasattr(frame, "__getitem__") or isinstance(frame, str | bytes):
        raise DataError(
            f"the respondents are of type {type(frame).__name__}: give a frame, or a mapping of "
            "columns, with a row for each"
        )
    if name not in frame:
        raise DataError(f"there is no column {name!r} to weight by: name a column of the frame")
    labels = np.asarray(frame[name], dtype=object)
    if labels.ndim != 1 or not len(labels):
        raise DataError(f"{name} has the shape {labels.shape}: one label a row is needed")
    if not isinstance(totals, Mapping) or not totals:
        raise DataError(f"the margin of {name} names no categories: give each its total")
    for category, total in totals.items():
        if not is_number(total) or total < 0:
            raise DataError(f"the total of {name} = {category!r} is {total!r}: a count from 0 on")
    present = {category: float(total) for category, total in totals.items() if total > 0}
    places = {category: place for place, category in enumerate(present)}
    nulls = sum(map(is_null, labels.tolist()))
    if nulls:
        raise DataError(
            f"{name} is null in {nulls} rows: give them a category of their own, with its total"
        )
    _refuse_unknown(name, labels, places)
    code = np.array([places[label] for label in labels.tolist()], dtype=np.int64)
    empty = [category for category, place in places.items() if not (code == place).any()]
    if empty:
        raise DataError(
            f"nobody of {name} = {', '.join(map(repr, empty[:5]))} is there to stand for "
            f"{sum(present[category] for category in empty):g} people (an empty cell): put the "
            "category together with another, in the frame and in the margin"
        )
    return Margin(name, tuple(present), np.array(list(present.values())), code)


def _refuse_unknown(name: str, labels: NDArray[Any], places: dict[Any, int]) -> None:
    unknown = [label for label in labels.tolist() if label not in places]
    if not unknown:
        return
    near = get_close_matches(str(unknown[0]), [str(known) for known in places], n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise DataError(
        f"{len(unknown)} rows are of {name} = {unknown[0]!r}{hint}, of whom the margin counts "
        f"nobody: it has {list(places)[:10]}; give the category its total, or leave out the rows"
    )


def is_null(value: object) -> bool:
    """Tell whether a label is null in any of the ways that a frame has for it.

    >>> is_null(None), is_null(float("nan")), is_null("")
    (True, True, False)
    """
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # the null of pandas is neither equal to itself nor not
        return True
