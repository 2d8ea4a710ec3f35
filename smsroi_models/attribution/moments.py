"""Sufficient statistics of one arm: the seam between the engine and the mathematics.

Means and covariances rather than sums of squares, because sums of squares cancel.
Merging follows Chan, Golub and LeVeque (1983), eq. 2.1, in its matrix form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.errors import DataError
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True, eq=False)
class Moments(Record):
    """Count, means and sample covariance of some columns over the customers of one arm.

    Attributes
    ----------
    columns : tuple of str
        Names, in the order of ``mean``.
    n : int
        Number of customers, at least 1.
    mean : ndarray of shape (n_columns,)
    covariance : ndarray of shape (n_columns, n_columns)
        Denominator n - 1; all zero when n is 1.

    Raises
    ------
    DataError
        If n is below 1, the shapes disagree, a value is not finite, a column stands twice, or
        the covariance is not symmetric with variances of at least 0.

    Examples
    --------
    >>> a = Moments.from_rows([[0.0], [2.0]], ["spend"])
    >>> b = Moments.from_rows([[4.0]], ["spend"])
    >>> both = a.merge(b)
    >>> both.n, both.mean, both.covariance
    (3, array([2.]), array([[4.]]))
    """

    columns: tuple[str, ...]
    n: int
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def __post_init__(self) -> None:
        k = len(self.columns)
        if self.n < 1 or self.n != int(self.n):
            raise DataError(f"moments of {self.n} rows: a whole number of at least 1 is needed")
        if len(set(self.columns)) < k:
            raise DataError(f"moments of {list(self.columns)}: each column has its own name")
        if self.mean.shape != (k,) or self.covariance.shape != (k, k):
            raise DataError(
                f"moments of {k} columns need a mean of shape ({k},) and a covariance of shape "
                f"({k}, {k}), not {self.mean.shape} and {self.covariance.shape}"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.covariance).all()):
            raise DataError(
                f"moments of {', '.join(self.columns)} are not finite: remove NaN and infinite "
                "values, or write money in a larger unit"
            )
        variances = np.diag(self.covariance)
        if (variances < 0).any() or not np.array_equal(self.covariance, self.covariance.T):
            raise DataError(
                f"the covariance of {', '.join(self.columns)} is not one: it must be symmetric, "
                "with variances of at least 0; check the sums it was made from"
            )

    @classmethod
    def from_rows(cls, rows: ArrayLike, columns: Sequence[str]) -> Self:
        """Compute the moments of ``rows``, an array of shape (n_customers, n_columns).

        Raises
        ------
        DataError
            If ``rows`` is empty, of another shape, or holds NaN or infinity.
        """
        values = np.asarray(rows, dtype=np.float64)
        if values.ndim != 2 or len(values) == 0:
            raise DataError(f"rows of shape {values.shape}: (n_customers >= 1, n_columns) needed")
        with np.errstate(invalid="ignore", over="ignore"):  # the result is checked for it
            mean = values.mean(axis=0)
            centred = values - mean
            covariance = centred.T @ centred / max(len(values) - 1, 1)
        return cls(tuple(columns), len(values), mean, covariance)

    @classmethod
    def from_sums(cls, column: str, n: int, total: float, total_of_squares: float) -> Self:
        """Rebuild one column's moments from n, its sum and its sum of squares, as published.

        Cancels when the mean is large beside the spread: use it for printed figures only.

        >>> Moments.from_sums("spend", 2, 2.0, 4.0).covariance  # rows 0 and 2
        array([[2.]])
        """
        if n < 1:
            raise DataError(f"moments of {n} rows: at least one row is needed")
        variance = (total_of_squares - total**2 / n) / max(n - 1, 1)
        return cls((column,), n, np.array([total / n]), np.array([[variance]]))

    def merge(self, other: Self) -> Self:
        """Return the moments of both sets of customers together.

        Raises
        ------
        DataError
            If the columns differ.
        """
        if self.columns != other.columns:
            raise DataError(f"cannot merge moments of {self.columns} with {other.columns}")
        n = self.n + other.n
        step = other.mean - self.mean
        scatter = (
            (self.n - 1) * self.covariance
            + (other.n - 1) * other.covariance
            + np.outer(step, step) * (self.n * other.n / n)
        )
        return type(self)(self.columns, n, self.mean + step * (other.n / n), scatter / (n - 1))

    def select(self, columns: Sequence[str]) -> Self:
        """Return the moments of some of the columns, in the order given.

        Raises
        ------
        DataError
            If a column is not there.
        """
        missing = [name for name in columns if name not in self.columns]
        if missing:
            raise DataError(f"no moments of {missing}; there are {list(self.columns)}")
        index = [self.columns.index(name) for name in columns]
        return type(self)(
            tuple(columns), self.n, self.mean[index], self.covariance[np.ix_(index, index)]
        )

    def combine(self, weights: Mapping[str, Mapping[str, float]]) -> Self:
        """Return the moments of weighted sums of the columns, one for each new name.

        Raises
        ------
        DataError
            If there are no weights, a column is not there, or a sum is not finite.

        Examples
        --------
        >>> arm = Moments.from_rows([[0.0, 1.0], [4.0, 2.0]], ["revenue", "orders"])
        >>> arm.combine({"rest": {"revenue": 1.0, "orders": -2.0}}).mean  # 2 - 2 x 1.5
        array([-1.])
        """
        if not weights:
            raise DataError("no weights: name at least one sum of columns")
        rows = self.select(list(dict.fromkeys(name for sum_ in weights.values() for name in sum_)))
        matrix = np.array([[sum_.get(c, 0.0) for c in rows.columns] for sum_ in weights.values()])
        with np.errstate(invalid="ignore", over="ignore"):  # the result is checked for it
            mean = matrix @ rows.mean
            covariance = matrix @ rows.covariance @ matrix.T
            # Rounding may leave the product a digit short of symmetry, or of zero.
            covariance = (covariance + covariance.T) / 2
        np.fill_diagonal(covariance, np.maximum(np.diag(covariance), 0.0))
        return type(self)(tuple(weights), self.n, mean, covariance)

    def mean_of(self, column: str) -> float:
        """Return the mean of one column."""
        return float(self.select([column]).mean[0])

    def variance_of(self, column: str) -> float:
        """Return the sample variance of one column."""
        return float(self.select([column]).covariance[0, 0])
