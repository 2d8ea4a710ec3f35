"""What is asked of a purchase model: customers and horizons of any shape, as rows."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.errors import DataError


def checked(
    horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
) -> tuple[Floats, tuple[Floats, Floats, Floats], tuple[int, ...]]:
    """Return horizon, frequency, recency and T as rows, and the shape that they come from."""
    try:
        arrays = [np.asarray(v, dtype=np.float64) for v in (horizon, frequency, recency, T)]
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except (TypeError, ValueError) as error:
        raise DataError(
            f"horizon, frequency, recency and T must be numbers of one shape: {error}"
        ) from error
    ahead, x, t, end = (np.broadcast_to(array, shape).ravel() for array in arrays)
    wrong = ~(np.isfinite(ahead) & (ahead >= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"row {row}: horizon is {ahead[row]:g}: a finite time of at least 0 is needed"
        )
    if len(x):
        PurchaseHistory.of(x, t, end)
    return ahead, (x, t, end), shape


def checked_alive(
    horizon: ArrayLike, frequency: ArrayLike, T: ArrayLike
) -> tuple[Floats, tuple[Floats, Floats, Floats], tuple[int, ...]]:
    """Return the same of customers whose last purchase, if a repeat, might be at T."""
    try:
        x, end = np.broadcast_arrays(np.asarray(frequency, float), np.asarray(T, float))
    except (TypeError, ValueError) as error:
        raise DataError(f"frequency and T must be numbers of one shape: {error}") from error
    return checked(horizon, x, np.where(x > 0, end, 0.0), end)


def shaped(values: Floats, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the values in the shape asked for; a single one as a number."""
    result: NDArray[np.float64] = values.reshape(shape)[()]
    return result


def distinct(*columns: Floats) -> tuple[tuple[Floats, ...], NDArray[np.intp]]:
    """Return the distinct rows and where each row is among them: few share a recency."""
    n = len(columns[0])
    codes, span = np.zeros(n, dtype=np.intp), 1
    for column in columns:
        places, values = _places(column)
        codes, span = _packed(codes * values + places, span * values)
    # Any row of a kind stands for it; the last one written stays.
    first = np.zeros(span, dtype=np.intp)
    first[codes] = np.arange(n)
    return tuple(column[first] for column in columns), codes


def _places(column: Floats) -> tuple[NDArray[np.intp], int]:
    """Return a whole number for each value and how many there may be."""
    low, high = (float(column.min()), float(column.max())) if len(column) else (0.0, 0.0)
    if high - low <= 4 * len(column) and (column == np.floor(column)).all():
        return (column - low).astype(np.intp), int(high - low) + 1
    values, places = np.unique(column, return_inverse=True)
    return places, len(values)


def _packed(codes: NDArray[np.intp], span: int) -> tuple[NDArray[np.intp], int]:
    """Return the codes without gaps; by a table rather than by sorting where there is room."""
    if span > 16 * len(codes) + 1_000:
        found, places = np.unique(codes, return_inverse=True)
        return places, len(found)
    seen = np.zeros(span, dtype=bool)
    seen[codes] = True
    return (np.cumsum(seen) - 1)[codes], int(seen.sum())
