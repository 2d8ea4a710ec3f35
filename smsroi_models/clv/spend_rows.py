"""Frequency and mean spend as the Gamma-Gamma model takes them: checked, repeat buyers alone."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.clv.gamma_gamma_likelihood import SpendRows
from smsroi_models.clv.purchase_history import MOST_PURCHASES
from smsroi_models.errors import DataError

Floats = NDArray[np.float64]


def repeat_buyers(
    frequency: ArrayLike, monetary_value: ArrayLike, weights: ArrayLike | None = None
) -> tuple[SpendRows, float, float]:
    """Return the repeat buyers with spend, and how many customers are not: without repeat, spend.

    Raises
    ------
    DataError
        As `fit_gamma_gamma`.

    Examples
    --------
    >>> rows, without_repeat, without_value = repeat_buyers([0, 2, 2], [0, 5, 0], [10, 1, 3])
    >>> rows.monetary_value, without_repeat, without_value
    (array([5.]), 10.0, 3.0)
    """
    x, m, shape = checked_rows(frequency, monetary_value)
    counts = np.ones(len(x)) if weights is None else _floats("weights", weights).ravel()
    if len(shape) != 1 or counts.shape != shape:
        raise DataError(
            f"frequency and monetary_value have shape {shape} and weights {counts.shape}: each "
            "needs one value for every row"
        )
    _refuse(~((counts > 0) & np.isfinite(counts)), "weights", counts, "customers, above 0")
    repeat, valued = x > 0, m > 0
    used = repeat & valued
    rows = SpendRows(x[used], m[used], counts[used])
    return rows, float(counts[~repeat].sum()), float(counts[repeat & ~valued].sum())


def checked_spend(
    frequency: ArrayLike, monetary_value: ArrayLike
) -> tuple[Floats, Floats, tuple[int, ...]]:
    """Return both as rows, spend 0 where frequency is, and the shape that they come from.

    Raises
    ------
    DataError
        As `GammaGamma.expected_average_value`.
    """
    x, m, shape = checked_rows(frequency, monetary_value)
    _refuse((x > 0) & (m <= 0), "monetary_value", m, "the mean of repeat purchases, above 0")
    return x, m, shape


def checked_rows(
    frequency: ArrayLike, monetary_value: ArrayLike
) -> tuple[Floats, Floats, tuple[int, ...]]:
    """Return both as rows, spend 0 where frequency is, and the shape that they come from.

    Raises
    ------
    DataError
        If they are no numbers of one shape, or a value is out of its range.
    """
    x, m = _floats("frequency", frequency), _floats("monetary_value", monetary_value)
    try:
        shape = np.broadcast_shapes(x.shape, m.shape)
    except ValueError as error:
        raise DataError(
            f"frequency has shape {x.shape} and monetary_value {m.shape}: one value of each is "
            "needed for every customer"
        ) from error
    x, m = (np.broadcast_to(values, shape).ravel() for values in (x, m))
    wrong = ~((x >= 0) & (x <= MOST_PURCHASES) & (x == np.floor(x)))
    _refuse(wrong, "frequency", x, "a count of repeat purchases, 0, 1, 2, ...")
    _refuse((x > 0) & ~np.isfinite(m), "monetary_value", m, "a finite number where frequency is")
    return x, np.where(x > 0, m, 0.0), shape


def _floats(name: str, values: ArrayLike) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} is not numeric: {error}") from error


def _refuse(wrong: NDArray[np.bool_], name: str, values: Floats, rule: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"row {row}: {name} is {values[row]:g}: it must be {rule}")
