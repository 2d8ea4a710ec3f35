"""How often, how lately and for how much each customer bought: what lifetime value is fitted on.

A customer's clock starts on the day of the first purchase. ``frequency`` counts the days with a
purchase after it, ``recency`` is the age at the last of them, ``T`` the age on the last observed
day (Fader, Hardie and Lee 2005, section 3). Weeks are days / 7, not calendar weeks: the literature
observes days and counts time in weeks, so that CDNOW's T is 38.86 = 272 / 7.

lifetimes' ``summary_data_from_transaction_data`` gives the same numbers with ``freq="D"`` (and
``freq_multiplier=7`` for weeks); its ``freq="W"`` moves purchases to calendar weeks, so that two
days become one occasion. It also counts days that net to nothing, which are no occasions here.
"""

from datetime import date, timedelta
from typing import Literal

import ibis
import pandas as pd
import pyarrow as pa
from ibis import _

from smsroi_models.clv.purchase_days import day_number, first_value, last_day, purchase_days
from smsroi_models.errors import ParameterError

TimeUnit = Literal["day", "week"]
DAYS = {"day": 1.0, "week": 7.0}
# Columns of either summary beside the customer's, in lower case.
RETURNED = (
    *("frequency", "recency", "t", "monetary_value", "recency_days", "t_days"),
    *("frequency_holdout", "duration_holdout", "value_holdout"),
)


def rfm_summary(
    orders: ibis.Table | pd.DataFrame | pa.Table,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    value: str | None = "revenue",
    *,
    observation_end: date | str,
    time_unit: TimeUnit = "week",
) -> ibis.Table:
    """Return, lazily, one row a customer: frequency, recency, T and mean spend.

    Orders of one UTC day are one occasion, worth their sum; a day that nets to 0 or less (an order
    refunded in full) is none, and a customer without any occasion has no row. A refund booked on a
    later day cannot be told apart from that day's trade and lowers nothing before it: book refunds
    on the order itself, as the store's ``revenue`` does.

    Parameters
    ----------
    orders : Ibis, pandas or Arrow table
        One row an order. A row whose customer or time is null is left out; a value that is null or
        NaN counts as 0.
    customer_id, ordered_at, value : str
        Columns; times without a zone are taken as UTC. Without a ``value`` every day with an order
        is an occasion, and there is no ``monetary_value``.
    observation_end : date or str
        Last day observed, counted in full; later orders are left out.
    time_unit : {"day", "week"}
        Unit of ``recency`` and ``T``.

    Returns
    -------
    ibis.Table
        ``customer_id``; ``frequency`` (repeat purchase days, at least 0); ``recency`` and ``T`` (in
        the time unit, fractions of it included); ``monetary_value`` (mean value of the repeat
        purchase days, above 0, and 0 where frequency is 0); ``recency_days`` and ``T_days`` (whole
        days, on which predictions are joined exactly). Nothing is executed.

    Raises
    ------
    DataError
        If a column is missing or of another kind.
    ParameterError
        If ``observation_end`` is not a day, the time unit another, or ``customer_id`` the name of a
        column returned.

    References
    ----------
    Fader, Hardie and Lee (2005), Marketing Science 24(2). Fader and Hardie (2013), The Gamma-Gamma
    model of monetary value, section 4, on the first purchase being left out of the mean.

    Examples
    --------
    Two orders on the 1st, a refund on the 8th, one on the 15th; the 29th is the last day:

    >>> orders = pd.DataFrame(
    ...     {
    ...         "customer_id": ["ann"] * 4,
    ...         "ordered_at": pd.to_datetime(
    ...             ["2025-01-01", "2025-01-01", "2025-01-08", "2025-01-15"], utc=True
    ...         ),
    ...         "revenue": [10.0, 5.0, 0.0, 30.0],
    ...     }
    ... )
    >>> summary = rfm_summary(orders, observation_end="2025-01-29").to_pyarrow().to_pylist()[0]
    >>> summary["frequency"], summary["recency"], summary["T"], summary["monetary_value"]
    (1, 2.0, 4.0, 30.0)
    """
    _check_id(customer_id)
    end = last_day("observation_end", observation_end)
    days_a_unit = _days_a_unit(time_unit)
    days = purchase_days(orders, customer_id, ordered_at, value, end)
    found = days.group_by("customer_id").aggregate(
        purchases=_.count(), first=_.day.min(), last=_.day.max(), **_spend(days, value, None)
    )
    return _summary(found, customer_id, end, days_a_unit, value)


def calibration_holdout_summary(
    orders: ibis.Table | pd.DataFrame | pa.Table,
    customer_id: str = "customer_id",
    ordered_at: str = "ordered_at",
    value: str | None = "revenue",
    *,
    calibration_end: date | str,
    observation_end: date | str,
    time_unit: TimeUnit = "week",
) -> ibis.Table:
    """Return, lazily, `rfm_summary` at the end of calibration and what followed it.

    Parameters
    ----------
    calibration_end : date or str
        Last day of calibration, counted in full; customers whose first purchase is later are left
        out.
    observation_end : date or str
        Last day of the holdout period, which is the days after ``calibration_end`` up to it.

    Returns
    -------
    ibis.Table
        The columns of `rfm_summary`, then ``frequency_holdout`` (purchase days in the holdout
        period), ``duration_holdout`` (its length in the time unit, the same for everyone) and
        ``value_holdout`` (the sum spent in it, 0 without a purchase; lifetimes'
        ``monetary_value_holdout`` is a mean).

    Raises
    ------
    DataError
        As `rfm_summary`.
    ParameterError
        As `rfm_summary`, or if the holdout period has no day.
    """
    _check_id(customer_id)
    middle = last_day("calibration_end", calibration_end)
    end = last_day("observation_end", observation_end)
    days_a_unit = _days_a_unit(time_unit)
    if end <= middle:
        raise ParameterError(
            f"calibration_end is {middle} and observation_end {end}: the holdout period needs a "
            f"day; end calibration by {end - timedelta(days=1)}"
        )
    days = purchase_days(orders, customer_id, ordered_at, value, end)
    before = days.day <= day_number(middle)
    spent = {} if value is None else {"value_holdout": days.value.sum(where=~before)}
    found = days.group_by("customer_id").aggregate(
        purchases=before.sum(),
        first=days.day.min(),
        last=days.day.max(where=before),
        frequency_holdout=(~before).sum(),
        **_spend(days, value, before),
        **spent,
    )
    known = found.filter(_.purchases > 0)
    summary = _summary(
        known, customer_id, middle, days_a_unit, value, ("frequency_holdout", *spent)
    )
    held = {"duration_holdout": ibis.literal((end - middle).days / days_a_unit)}
    if value is not None:
        held["value_holdout"] = summary.value_holdout.coalesce(0.0)
    columns = [name for name in summary.columns if name != "value_holdout"]
    return summary.select(*columns, **held)


def _check_id(customer_id: str) -> None:
    # Engines do not tell names apart by case.
    if str(customer_id).lower() in RETURNED:
        raise ParameterError(
            f"customer_id is {customer_id!r}, a column that is returned: rename the column of ids"
        )


def _days_a_unit(time_unit: str) -> float:
    if time_unit not in DAYS:
        raise ParameterError(f"time_unit is {time_unit!r}: it must be one of {list(DAYS)}")
    return DAYS[time_unit]


def _spend(days: ibis.Table, value: str | None, where: ibis.Value | None) -> dict[str, ibis.Value]:
    """Return what the mean of repeat purchases is made of: all spend, and that of the first day."""
    if value is None:
        return {}
    return {"spent": days.value.sum(where=where), "spent_first": first_value(days)}


def _summary(
    found: ibis.Table,
    customer_id: str,
    end: date,
    days_a_unit: float,
    value: str | None,
    extra: tuple[str, ...] = (),
) -> ibis.Table:
    frequency = (found.purchases - 1).cast("int64")
    recency, age = (found.last - found["first"]).cast("int32"), day_number(end) - found["first"]
    columns = {
        customer_id: found.customer_id,
        "frequency": frequency,
        "recency": recency / days_a_unit,
        "T": age / days_a_unit,
    }
    if value is not None:
        repeats = (found.spent - found.spent_first) / frequency.nullif(0)
        columns["monetary_value"] = repeats.coalesce(0.0)
    columns |= {"recency_days": recency, "T_days": age.cast("int32")}
    return found.select(**columns, **{name: found[name] for name in extra})
