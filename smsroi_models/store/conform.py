"""A table as found, turned into its contract's columns and types; what does not fit is null."""

import difflib
from collections.abc import Sequence

import ibis
import ibis.expr.datatypes as dt

from smsroi_models.store.tables import Column, Kind, Table

# DuckDB takes a text time without offset for session time, and a date's day for an offset, so
# the zone is looked for after a time of day.
_OFFSET = r"([Zz]|UTC|[+-](0\d|1[0-4])(:?[0-5]\d)?)"
_ZONED = rf"\d:\d{{2}}(:\d{{2}}(\.\d+)?)?\s*{_OFFSET}\s*$"
# DuckDB rounds '1.5' to the integer 2, and reads '1_000' as a thousand.
_WHOLE = r"^\s*[+-]?\d+(\.0*)?\s*$"
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
_PATTERNS: dict[Kind, str] = {
    "time": _ZONED,
    "count": _WHOLE,
    "money": _NUMBER,
    "number": _NUMBER,
}


def missing_columns(raw: ibis.Table, table: Table) -> tuple[str, ...]:
    """Return the names of the columns that must be there and are not."""
    return tuple(c.name for c in table.columns if not c.nullable and c.name not in raw.columns)


def similar_column(name: str, columns: Sequence[str]) -> str | None:
    """Return the column whose name is nearest to ``name``, or None where none comes near."""
    by_lower_case = {column.lower(): column for column in columns}
    found = difflib.get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.7)
    return by_lower_case[found[0]] if found else None


def accepts(column: Column, found: dt.DataType) -> bool:
    """Tell whether values of the type ``found`` are values of the column without guessing."""
    accepted: dict[Kind, bool] = {
        "text": found.is_string() or found.is_uuid(),
        "time": isinstance(found, dt.Timestamp) and found.timezone is not None,
        "money": found.is_numeric() and not found.is_boolean(),
        "number": found.is_numeric() and not found.is_boolean(),
        "count": found.is_integer(),
        "flag": found.is_boolean(),
    }
    return accepted[column.kind]


def typed(raw: ibis.Table, table: Table) -> ibis.Table:
    """Return the contract's columns in their documented order and types.

    Absent columns, columns of a type that would have to be guessed at (a time without zone, an
    id that is a number) and single values that cannot be read are null. Empty text is null where
    null is allowed.
    """
    return raw.select(**{c.name: typed_value(raw, c) for c in table.columns})


def typed_value(raw: ibis.Table, column: Column) -> ibis.Value:
    """Return the column of ``raw`` in its contract's type."""
    target = ibis.dtype(column.dtype)
    if column.name not in raw.columns:
        return ibis.null(target)
    value = raw[column.name]
    if value.type().is_string():
        return _read_text(value, column, target)
    if not accepts(column, value.type()):
        return ibis.null(target)
    return value if value.type() == target else value.try_cast(target)


def lacks_zone(value: ibis.expr.types.StringValue) -> ibis.expr.types.BooleanValue:
    """Tell of each text whether it is a time or date that does not say its zone."""
    return value.try_cast("timestamp").notnull() & ~value.re_search(_ZONED)


def _plain_time(value: ibis.expr.types.StringValue) -> ibis.expr.types.StringValue:
    """Write a time as DuckDB reads it: seconds given, no space before the offset."""
    with_seconds = value.re_replace(r"([T ]\d{2}:\d{2})(\s*(?:[Zz]|UTC|[+-]\d{2}))", r"\1:00\2")
    in_utc = with_seconds.re_replace(r"\s*([Zz]|UTC)\s*$", "Z")
    return in_utc.re_replace(r"(\d)\s+([+-]\d{2})", r"\1\2")


def _read_text(value: ibis.Value, column: Column, target: dt.DataType) -> ibis.Value:
    if column.kind == "text":
        return value.nullif("") if column.nullable else value
    pattern = _PATTERNS.get(column.kind)
    read = (_plain_time(value) if column.kind == "time" else value).try_cast(target)
    return (
        read if pattern is None else ibis.ifelse(value.re_search(pattern), read, ibis.null(target))
    )
