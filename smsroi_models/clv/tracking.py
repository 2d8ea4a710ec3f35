"""All repeat purchases over time, against what a model expects of each day's new customers."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.validation import refuse
from smsroi_models.errors import DataError, ParameterError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PurchaseTracking:
    """All repeat purchases as time goes on; arrays of shape (n_periods,).

    Attributes
    ----------
    day : ndarray
        Last day of the period, counted from the first purchase of all as day 0.
    actual, expected : ndarray
        Repeat purchases of all customers in the period.
    """

    day: NDArray[np.int64]
    actual: Floats
    expected: Floats

    @property
    def cumulative_actual(self) -> Floats:
        """Repeat purchases up to the end of each period."""
        return np.cumsum(self.actual)

    @property
    def cumulative_expected(self) -> Floats:
        """Expected repeat purchases up to the end of each period."""
        return np.cumsum(self.expected)


def track_purchases(
    model: PurchaseModel,
    new_customers: ArrayLike,
    repeat_purchases: ArrayLike,
    *,
    days_a_unit: float = 7.0,
    period_days: int = 7,
) -> PurchaseTracking:
    """Return actual and expected repeat purchases by period, from each day's new customers.

    Expected are those of customers of whom nothing but the day of their first purchase is known:
    the sum over days of new customers times the expectation at the age that they have reached.

    Parameters
    ----------
    model : PurchaseModel
    new_customers, repeat_purchases : array_like of shape (n_days,)
        From `collect_tracking`: each day's first purchases and others, at least 0.
    days_a_unit : float
        Days in the unit of time of the fit: 7 for weeks, 1 for days.
    period_days : int
        Length of a period, at least 1. Days at the end that fill no period are left out.

    Raises
    ------
    DataError
        If the arrays differ in shape, fill no period, or hold a negative value.
    ParameterError
        If an option lies outside its range.

    References
    ----------
    Fader and Hardie (2004), Illustrating the performance of the NBD as a benchmark model, on the
    sum over cohorts; Fader, Hardie and Lee (2005), figures 2 and 3.
    """
    if not 0 < days_a_unit < math.inf:
        raise ParameterError(f"days_a_unit is {days_a_unit}: a number of days above 0 is needed")
    if period_days < 1 or period_days != int(period_days):
        raise ParameterError(
            f"period_days is {period_days}: a whole number of at least 1 is needed"
        )
    born, bought = (np.asarray(v, dtype=np.float64) for v in (new_customers, repeat_purchases))
    if born.ndim != 1 or born.shape != bought.shape or len(born) < period_days:
        raise DataError(
            f"new_customers has shape {born.shape} and repeat_purchases {bought.shape}: each needs "
            f"one value a day, for one period of {period_days} days at least"
        )
    for name, values in (("new_customers", born), ("repeat_purchases", bought)):
        refuse(~(np.isfinite(values) & (values >= 0)), name, values, "at least 0")
    by_age = model.expected_purchases_of_new_customers(np.arange(len(born)) / days_a_unit)
    # Day d holds the customers of day d - k at age k.
    reached = np.convolve(born, by_age)[: len(born)]
    day = np.arange(period_days, len(born) + 1, period_days) - 1
    total = np.cumsum(bought)
    return PurchaseTracking(
        day=day,
        actual=np.diff(total[day], prepend=0.0),
        expected=np.diff(reached[day], prepend=0.0),
    )
