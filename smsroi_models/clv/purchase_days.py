"""The days on which customers bought: what the purchase models call occasions.

A day is a UTC day, an integer counted from 1970-01-01. Orders of one customer on one day are one
occasion; its value is their sum, so that a refund or an exchange booked on the day itself is
netted. A day that nets to nothing, or to less, is no occasion.
"""

import contextlib
from datetime import UTC, date, datetime, timedelta

import ibis
import ibis.expr.datatypes as dt
import pandas as pd
import pyarrow as pa
from ibis import _
from ibis.common.exceptions import IbisError

from smsroi_models.attribution.collect import as_ibis
from smsroi_models.errors import DataError, ParameterError

EPOCH = date(1970, 1, 1)
_DAY_SECONDS = 86_400


@ibis.udf.scalar.builtin(signature=((dt.timestamp,), dt.int64))  # type: ignore[untyped-decorator]
def epoch_us(moment: datetime) -> int:  # type: ignore[empty-body]
    """DuckDB's microseconds since 1970 of a moment, whatever the session's time zone."""


@ibis.udf.agg.builtin(signature=((dt.float64, dt.int32), dt.float64))  # type: ignore[untyped-decorator]
def arg_min(value: float, day: int) -> float:  # type: ignore[empty-body]
    """DuckDB's value at the least day; Ibis' own word for it sorts each group."""


def purchase_days(
    orders: ibis.Table | pd.DataFrame | pa.Table,
    customer_id: str,
    ordered_at: str,
    value: str | None,
    until: date,
) -> ibis.Table:
    """Return, lazily, ``customer_id, day, value``: one row for each customer and day of purchase.

    Parameters
    ----------
    orders : Ibis, pandas or Arrow table
        One row an order. A row whose customer or time is null is left out; a value that is null or
        NaN counts as 0.
    customer_id, ordered_at, value : str
        Columns. Times without a zone are taken as UTC. Without a ``value`` every day with an order
        is an occasion, of value 0.
    until : date
        Last day that counts.

    Raises
    ------
    DataError
        If a column is missing, ``ordered_at`` is neither a time nor a date, or ``value`` is no
        number.
    """
    names = [customer_id, ordered_at, *([] if value is None else [value])]
    rows = as_ibis(orders, list(dict.fromkeys(names)))
    _check_columns(rows, names)
    moment = rows[ordered_at]
    worth = ibis.literal(0.0) if value is None else _without_nan(rows[value])
    per_order = rows.filter(
        ~rows[customer_id].isnull(), moment < _midnight(until + timedelta(days=1), moment)
    ).select(customer_id=rows[customer_id], day=_utc_day(rows, ordered_at), value=worth)
    days = per_order.group_by("customer_id", "day").aggregate(value=_.value.sum())
    return days if value is None else days.filter(_.value > 0)


def first_value(days: ibis.Table) -> ibis.Value:
    """Return the aggregate that gives the value of a group's first day."""
    if _is_duckdb(days):
        return arg_min(days.value, days.day)
    return days.value.argmin(days.day)


def last_day(name: str, moment: date | str) -> date:
    """Return the day that an option names.

    Raises
    ------
    ParameterError
        If it is no date, or a time within a day: days are observed whole.

    Examples
    --------
    >>> last_day("observation_end", "1997-09-30")
    datetime.date(1997, 9, 30)
    >>> last_day("observation_end", datetime(1997, 9, 30, 15, tzinfo=UTC))
    Traceback (most recent call last):
    smsroi_models.errors.ParameterError: observation_end is 1997-09-30 15:00:00+00:00: days are
    observed whole; name the last day that is over, such as 1997-09-29
    """
    asked = moment
    if isinstance(moment, str):
        with contextlib.suppress(ValueError):
            moment = datetime.fromisoformat(moment)
    if not isinstance(moment, date) or pd.isna(moment):
        raise ParameterError(f"{name} is {asked!r}: a date such as 2025-12-31 is needed")
    if not isinstance(moment, datetime):
        return moment
    utc = moment.astimezone(UTC) if moment.tzinfo else moment
    day = date(utc.year, utc.month, utc.day)
    if utc.replace(tzinfo=None) != datetime(day.year, day.month, day.day):
        raise ParameterError(
            f"{name} is {moment}: days are observed whole; name the last day that is over, such as "
            f"{day - timedelta(days=1)}"
        )
    return day


def day_number(day: date) -> int:
    """Return the days since 1970-01-01.

    >>> day_number(date(1970, 1, 3))
    2
    """
    return (day - EPOCH).days


def _check_columns(rows: ibis.Table, names: list[str]) -> None:
    missing = [name for name in names if name not in rows.columns]
    if missing:
        raise DataError(f"no column {missing}: the table has {list(rows.columns)}")
    kind = rows[names[1]].type()
    if not (kind.is_timestamp() or kind.is_date()):
        raise DataError(f"{names[1]} is {kind}: a time or a date is needed; convert it first")
    for name in names[2:]:
        if not rows[name].type().is_numeric():
            raise DataError(f"{name} is {rows[name].type()}: a number is needed")


def _without_nan(values: ibis.Value) -> ibis.Value:
    floats = values.cast("float64")
    return (floats.isnull() | floats.isnan()).ifelse(0.0, floats)


def _midnight(day: date, like: ibis.Value) -> ibis.Value:
    """Return the start of the day as a literal that compares with the column as it stands."""
    if like.type().is_date():
        return ibis.literal(day)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if like.type().timezone is None:
        return ibis.literal(start.replace(tzinfo=None))
    return ibis.literal(start, type="timestamp('UTC')")


def _utc_day(rows: ibis.Table, ordered_at: str) -> ibis.Value:
    """Return the UTC day of each order.

    DuckDB turns a time with a zone into local time before it tells the seconds: five times as slow
    as reading the columns, and another day where the session's zone is not UTC.
    """
    moment = rows[ordered_at]
    if moment.type().is_date():
        moment = moment.cast("timestamp")
    if _is_duckdb(rows):
        return (epoch_us(moment) // (_DAY_SECONDS * 1_000_000)).cast("int32")
    return (moment.epoch_seconds() // _DAY_SECONDS).cast("int32")


def _is_duckdb(rows: ibis.Table) -> bool:
    try:
        return bool(rows.get_backend().name == "duckdb")
    except IbisError:  # a table of no engine, or of several
        return False
