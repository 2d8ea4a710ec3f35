"""What a purchase model knows of customers: the seam between the tables and the likelihoods.

A customer is ``frequency`` (repeat purchases), ``recency`` (age at the last of them) and ``T`` (age
at the end of the data); rows that agree in all three are one row with their count as weight.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.errors import DataError

Floats = NDArray[np.float64]
# Tables of the counts up to the largest are made; nobody buys more often than this.
MOST_PURCHASES = 10_000_000
# Powers of times beyond it leave the range of float64; in seconds it is thirty million years.
LONGEST_TIME = 1e15
# Sorting a few rows away costs more than it saves.
FEW_ROWS = 2_000
# The golden ratio's fraction of the circle of 32-bit numbers, which multiplication goes around.
GOLDEN = np.uint32(2_654_435_769)


@dataclass(frozen=True, slots=True, eq=False)
class PurchaseHistory:
    """Checked rows of customers; all arrays of shape (n_rows,).

    Attributes
    ----------
    frequency : ndarray
        Repeat purchases: periods with a purchase after the first one; whole, at least 0.
    recency : ndarray
        Time from the first purchase to the last; 0 where there was one only.
    T : ndarray
        Time from the first purchase to the end of the data, at least ``recency``, in its unit.
    weights : ndarray
        Customers that the row stands for, above 0.
    """

    frequency: Floats
    recency: Floats
    T: Floats
    weights: Floats

    @classmethod
    def of(
        cls,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        weights: ArrayLike | None = None,
    ) -> Self:
        """Check the arrays and return them as a history.

        Raises
        ------
        DataError
            If there are no rows, shapes differ, a value is missing, NaN or infinite, a frequency is
            not a whole number of at least 0, a recency lies outside [0, T] or is 0 without
            frequency being 0 (or the reverse), a T is above `LONGEST_TIME`, or a weight is not
            above 0. The text names the first such row.

        Examples
        --------
        >>> history = PurchaseHistory.of([2, 0], [30.43, 0], [38.86, 38.86])
        >>> history.n_customers
        2.0
        >>> PurchaseHistory.of([0], [3], [5])
        Traceback (most recent call last):
        smsroi_models.errors.DataError: row 0: recency is 3 with frequency 0: ...
        """
        named = {"frequency": frequency, "recency": recency, "T": T}
        if weights is not None:
            named["weights"] = weights
        arrays = {name: _as_floats(name, values) for name, values in named.items()}
        shapes = {name: values.shape for name, values in arrays.items()}
        if len(set(shapes.values())) > 1 or shapes["T"] == (0,):
            raise DataError(
                f"the shapes are {shapes}: each array needs one value for every customer"
            )
        x, t, end = arrays["frequency"], arrays["recency"], arrays["T"]
        _check_rows(x, t, end)
        counts = arrays.get("weights")
        if counts is None:
            counts = np.ones(len(x))
        else:
            _refuse(~(counts > 0), "weights is {:g}: it is the row's customers, above 0", counts)
        return cls(x, t, end, counts)

    @property
    def n_customers(self) -> float:
        """Sum of the weights."""
        return float(self.weights.sum())

    def collapsed(self) -> Self:
        """Return the unique rows with their counts, where counting them pays.

        That is where times are whole and few beside the rows, as in weeks; otherwise the rows are
        returned as they are: sorting a million of them takes longer than a fit.
        """
        if len(self.T) < FEW_ROWS or not (_whole(self.recency) and _whole(self.T)):
            return self
        ages = float(self.T.max()) + 1
        span = (float(self.frequency.max()) + 1) * ages * ages
        if span > 4 * len(self.T):
            return self
        codes = ((self.frequency * ages + self.recency) * ages + self.T).astype(np.int64)
        counts = np.bincount(codes, self.weights)
        found = np.flatnonzero(counts)
        rest, T = np.divmod(found, int(ages))
        x, t = np.divmod(rest, int(ages))
        x, t, T = (values.astype(np.float64) for values in (x, t, T))
        return type(self)(x, t, T, counts[found].astype(np.float64))

    def thinned(self, share: float) -> Self:
        """Return about that share of the rows, evenly spread whatever their order.

        Multiples of the golden ratio are spread evenly on the circle and beat with no period of the
        rows (Knuth 1998, section 6.4); nothing is drawn at random.
        """
        spread = np.arange(len(self.T), dtype=np.uint32) * GOLDEN
        kept = np.flatnonzero(spread < np.uint32(share * 2**32))
        return type(self)(
            self.frequency[kept], self.recency[kept], self.T[kept], self.weights[kept]
        )


def _as_floats(name: str, values: ArrayLike) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} is not numeric: {error}") from error
    if array.ndim != 1:
        raise DataError(f"{name} has shape {array.shape}: one value for every customer is needed")
    finite = np.isfinite(array)
    if not finite.all():
        row = int(np.argmin(finite))
        raise DataError(
            f"row {row}: {name} is {array[row]}: a finite number is needed; leave the customer "
            "out, or find out what is missing"
        )
    return array


def _check_rows(x: Floats, t: Floats, end: Floats) -> None:
    _refuse(
        (x < 0) | (x != np.floor(x)) | (x > MOST_PURCHASES),
        "frequency is {:g}: it counts repeat purchases, 0, 1, 2, ...",
        x,
    )
    _refuse(
        end > LONGEST_TIME,
        "T is {:g}: no history is longer than 1e15; look for a date that was not read as one",
        end,
    )
    _refuse(t < 0, "recency is {:g}: it is the age at the last purchase, at least 0", t)
    _refuse(
        t > end,
        "recency is {:g} and T is {:g}: nobody buys after the end of the data; use one unit",
        t,
        end,
    )
    _refuse(
        (x == 0) & (t > 0),
        "recency is {:g} with frequency 0: who bought once has recency 0",
        t,
    )
    _refuse(
        (x > 0) & (t == 0),
        "recency is 0 with frequency {:g}: purchases of the first period are one purchase, so that "
        "a repeat comes later; count periods, not orders",
        x,
    )


def _refuse(wrong: NDArray[np.bool_], text: str, *values: Floats) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"row {row}: " + text.format(*(value[row] for value in values)))


def _whole(values: Floats) -> bool:
    return bool((values == np.floor(values)).all())
