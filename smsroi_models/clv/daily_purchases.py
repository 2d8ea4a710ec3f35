"""New customers and repeat purchases day by day: what a fitted model is tracked against."""

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _
from numpy.typing import NDArray

from smsroi_models.clv.purchase_days import EPOCH, day_number, last_day, purchase_days
from smsroi_models.errors import NotEstimableError


@dataclass(frozen=True, slots=True, eq=False)
class DailyPurchases:
    """Purchases of a cohort of customers, one entry a day from the first purchase of all.

    Attributes
    ----------
    first_day : date
        On which the first of the customers bought first.
    new_customers : ndarray of shape (n_days,)
        Customers whose first purchase was on the day.
    repeat_purchases : ndarray of shape (n_days,)
        Customers who bought again on the day.
    """

    first_day: date
    new_customers: NDArray[np.float64]
    repeat_purchases: NDArray[np.float64]

    @property
    def last_day(self) -> date:
        """The last day observed."""
        return self.first_day + timedelta(days=len(self.new_customers) - 1)


def collect_tracking(
    orders: ibis.Table | pd.DataFrame | pa.Table,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    value: str | None = "revenue",
    *,
    observation_end: date | str,
    acquired_until: date | str | None = None,
) -> DailyPurchases:
    """Collect, in one query, how many customers bought first and bought again on each day.

    Parameters
    ----------
    orders, customer_id, ordered_at, value, observation_end
        As `rfm_summary`.
    acquired_until : date or str, optional
        Follow only customers whose first purchase was on this day or before: those whom a model was
        fitted on.

    Raises
    ------
    DataError, ParameterError
        As `rfm_summary`.
    NotEstimableError
        If there is no such customer.
    """
    end = last_day("observation_end", observation_end)
    until = end if acquired_until is None else last_day("acquired_until", acquired_until)
    days = purchase_days(orders, customer_id, ordered_at, value, end)
    rows = daily_purchases(days, until).to_pyarrow()
    if rows.num_rows == 0:
        raise NotEstimableError(f"no customer had bought by {min(end, until)}: name a later day")
    day = rows["day"].to_numpy().astype(np.int64)
    start = int(day.min())
    counts = np.zeros((2, day_number(end) - start + 1))
    for row, name in zip(counts, ("new_customers", "repeat_purchases"), strict=True):
        row[day - start] = rows[name].to_numpy()
    return DailyPurchases(EPOCH + timedelta(days=start), counts[0], counts[1])


def daily_purchases(days: ibis.Table, acquired_until: date) -> ibis.Table:
    """Return, lazily, ``day, new_customers, repeat_purchases`` of days from `purchase_days`."""
    first = days.group_by("customer_id").aggregate(first=_.day.min())
    known = first.filter(_["first"] <= day_number(acquired_until))
    return (
        days.join(known, "customer_id")
        .group_by("day")
        .aggregate(
            new_customers=(_.day == _["first"]).sum(), repeat_purchases=(_.day > _["first"]).sum()
        )
    )
