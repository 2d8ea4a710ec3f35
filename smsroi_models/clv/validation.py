"""How a purchase model foretells purchases that it has not seen, customer by customer.

Purchases of the holdout period are held against what was foretold by the number of purchases in
calibration (Fader, Hardie and Lee 2005, section 5), in groups in the order of what was foretold,
and by the slope of the one on the other. `track_purchases` looks at all customers over time.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.records import Record

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HoldoutGroups(Record):
    """Purchases foretold and made in the holdout period; arrays of shape (n_groups,).

    Attributes
    ----------
    least, most : ndarray
        What the group has in common: its calibration frequency, from and to (the last group has
        no end: infinity), or the expectation, from and to.
    customers : ndarray
    actual_mean, expected_mean : ndarray
        Purchases in the holdout period per customer.
    standard_error : ndarray
        Of ``actual_mean``; 0 where all customers of the group did the same.
    """

    MEMBERS: ClassVar[tuple[str, ...]] = (
        "least",
        "most",
        "customers",
        "actual_mean",
        "expected_mean",
        "standard_error",
    )

    least: Floats
    most: Floats
    customers: Floats
    actual_mean: Floats
    expected_mean: Floats
    standard_error: Floats

    @property
    def total_ratio(self) -> float:
        """Purchases foretold over purchases made, 1 where they agree; infinite without any."""
        expected = float(self.customers @ self.expected_mean)
        actual = float(self.customers @ self.actual_mean)
        return expected / actual if actual else math.inf


@dataclass(frozen=True, slots=True, eq=False)
class HoldoutPurchases:
    """Customers' purchases in a holdout period, as foretold and as made; shape (n_rows,).

    Attributes
    ----------
    frequency : ndarray
        Repeat purchases in calibration.
    expected, actual : ndarray
        Purchases in the holdout period.
    weights : ndarray
        Customers that the row stands for.
    """

    frequency: Floats
    expected: Floats
    actual: Floats
    weights: Floats

    @classmethod
    def of(
        cls,
        model: PurchaseModel,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        frequency_holdout: ArrayLike,
        duration: float,
        weights: ArrayLike | None = None,
    ) -> Self:
        """Foretell the holdout period of each row.

        Parameters
        ----------
        model : PurchaseModel
            Fitted on the calibration period.
        frequency, recency, T : array_like of shape (n_rows,)
            At the end of calibration.
        frequency_holdout : array_like of shape (n_rows,)
            Purchases made in the holdout period, at least 0.
        duration : float
            Length of the holdout period, above 0, in the unit of T.
        weights : array_like of shape (n_rows,), optional
            Customers of each row, above 0, who are alike in all of this.

        Raises
        ------
        DataError
            If the arrays are no purchase histories, or a value is out of its range.
        ParameterError
            If the duration is not above 0 and finite.
        """
        if not 0 < duration < math.inf:
            raise ParameterError(f"duration is {duration}: the holdout period's length, above 0")
        x, actual = (np.asarray(v, dtype=np.float64) for v in (frequency, frequency_holdout))
        counts = np.ones(x.shape) if weights is None else np.asarray(weights, dtype=np.float64)
        if x.ndim != 1 or not x.shape == actual.shape == counts.shape or len(x) == 0:
            raise DataError(
                f"frequency has shape {x.shape}, frequency_holdout {actual.shape} and weights "
                f"{counts.shape}: each needs one value for every row"
            )
        refuse(~(np.isfinite(actual) & (actual >= 0)), "frequency_holdout", actual, "at least 0")
        refuse(~(np.isfinite(counts) & (counts > 0)), "weights", counts, "above 0")
        return cls(x, model.expected_purchases(duration, x, recency, T), actual, counts)

    def by_frequency(self, most: int = 7) -> HoldoutGroups:
        """Group customers by calibration frequency: 0, 1, ..., and ``most`` or more in the last.

        Frequencies that no customer has have no group.

        Raises
        ------
        ParameterError
            If ``most`` is not a whole number of at least 1.

        References
        ----------
        Fader, Hardie and Lee (2005), figure 4.
        """
        if most < 1 or most != int(most):
            raise ParameterError(f"most is {most}: a whole number of at least 1 is needed")
        kept = np.minimum(self.frequency, float(most))
        values, groups = np.unique(kept, return_inverse=True)
        return self._grouped(values, np.where(values < most, values, np.inf), groups)

    def by_expectation(self, groups: int = 10) -> HoldoutGroups:
        """Group customers by what was foretold of them, in groups of about equal size.

        Customers told the same stay together, so that there may be fewer groups.

        Raises
        ------
        ParameterError
            If ``groups`` is not a whole number of at least 2.
        """
        if groups < 2 or groups != int(groups):
            raise ParameterError(f"groups is {groups}: a whole number of at least 2 is needed")
        values, places = np.unique(self.expected, return_inverse=True)
        customers = np.bincount(places, self.weights)
        middle = (np.cumsum(customers) - customers / 2) / customers.sum()
        _, of_value = np.unique(np.floor(middle * groups), return_inverse=True)
        ends = np.flatnonzero(np.diff(of_value))
        least = values[np.concatenate([[0], ends + 1])]
        most = values[np.concatenate([ends, [len(values) - 1]])]
        return self._grouped(least, most, of_value[places])

    def _grouped(self, least: Floats, most: Floats, groups: NDArray[Any]) -> HoldoutGroups:
        customers = np.bincount(groups, self.weights).astype(np.float64)
        actual = np.bincount(groups, self.weights * self.actual) / customers
        expected = np.bincount(groups, self.weights * self.expected) / customers
        squares = np.bincount(groups, self.weights * (self.actual - actual[groups]) ** 2)
        error = np.sqrt(squares / np.maximum(customers - 1, 1) / customers)
        return HoldoutGroups(least, most, customers, actual, expected, error)


def refuse(wrong: NDArray[np.bool_], name: str, values: Floats, rule: str) -> None:
    """Refuse rows that break a rule.

    Raises
    ------
    DataError
        If there are any; the text names the first.
    """
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"row {row}: {name} is {values[row]:g}: it must be finite and {rule}")
