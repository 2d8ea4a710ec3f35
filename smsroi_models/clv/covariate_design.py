"""Covariates of customers, checked, and how they move the parameters of a customer.

    alpha_i = alpha exp(-gamma' z_i),    a_i = a exp(delta_a' z_i),    b_i = b exp(delta_b' z_i)

(Fader and Hardie 2007, note 019.)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from smsroi_models.clv.purchase_history import Floats
from smsroi_models.errors import DataError

# Singular values below this share of the largest: a column follows from the others.
RANK = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Covariates:
    """Named columns, one value a row.

    Attributes
    ----------
    names : tuple of str
    values : ndarray of shape (n_rows, n_covariates)
    """

    names: tuple[str, ...]
    values: Floats

    @classmethod
    def of(cls, columns: Mapping[str, ArrayLike] | None, n_rows: int) -> Self:
        """Check the columns.

        Raises
        ------
        DataError
            If a column is not numeric, has another length, or is missing or infinite somewhere.
        """
        found = [_column(name, values, n_rows) for name, values in (columns or {}).items()]
        values = np.stack(found, axis=1) if found else np.empty((n_rows, 0))
        return cls(tuple(columns or {}), values)

    def standardised(self, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the columns with mean 0 and standard deviation 1, those means and deviations.

        Raises
        ------
        DataError
            If a column does not vary, or follows from the others.
        """
        if not self.names:
            return self.values, np.empty(0), np.empty(0)
        total = weights.sum()
        mean = weights @ self.values / total
        centred = self.values - mean
        spread = np.sqrt(weights @ centred**2 / total)
        constant = spread <= 1e-12 * np.abs(self.values).max(axis=0)
        if constant.any():
            name = self.names[int(np.argmax(constant))]
            raise DataError(f"{name} has one value for all customers: leave it out")
        scaled = centred / spread
        sizes = np.linalg.svd(scaled * np.sqrt(weights)[:, None], compute_uv=False)
        if sizes[-1] < RANK * sizes[0]:
            raise DataError(
                f"one of {', '.join(self.names)} follows from the others: leave one out, such as "
                "one of the groups that together make up everybody"
            )
        return scaled, mean, spread


def _column(name: str, values: ArrayLike, n_rows: int) -> Floats:
    try:
        column = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} is not numeric: write groups as 0 and 1; {error}") from error
    if column.shape != (n_rows,):
        raise DataError(f"{name} has shape {column.shape}: one value for each of {n_rows} rows")
    if not np.isfinite(column).all():
        row = int(np.argmin(np.isfinite(column)))
        raise DataError(f"row {row}: {name} is {column[row]}: a finite number is needed")
    return column


def jacobian(purchase: Floats, dropout: Floats, shared: bool) -> Floats:
    """Return how a row's log r, alpha, a, b move with the parameters: shape (n_rows, 4, n).

    The parameters are the four logarithms, gamma and then delta (``shared``), or delta_a and
    delta_b.
    """
    k, d = purchase.shape[1], dropout.shape[1]
    result = np.zeros((len(purchase), 4, 4 + k + d * (1 if shared else 2)))
    result[:, range(4), range(4)] = 1.0
    result[:, 1, 4 : 4 + k] = -purchase
    result[:, 2, 4 + k : 4 + k + d] = dropout
    last = slice(4 + k, None) if shared else slice(4 + k + d, None)
    result[:, 3, last] = dropout
    return result
