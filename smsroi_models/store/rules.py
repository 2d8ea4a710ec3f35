"""The rules of single rows, as aggregates: how many rows break each, and one of their keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import ibis
from ibis.expr.types import BooleanValue

from smsroi_models.locales import LOCALE_SHAPE, known_languages
from smsroi_models.store.tables import Column, Table

Severity = Literal["error", "warning"]

_READS: dict[str, str] = {
    "time": "a date and time with zone, like 2024-03-01T09:30:00Z",
    "money": "a number with a decimal point, like 12.50",
    "number": "a number with a decimal point, like 12.5",
    "count": "a whole number, like 12",
    "flag": "true or false",
}
_UPPER_CASE = (("coupons", "code"), ("orders", "coupon_code"))
_EARLIEST, _LATEST = "1970-01-01T00:00:00+00:00", "2200-01-01T00:00:00+00:00"

_Break = tuple[str, Severity, str, str, BooleanValue]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its name and severity, what breaks it, the remedy, and its two aggregates."""

    name: str
    severity: Severity
    fault: str
    remedy: str
    count: ibis.Scalar
    example: ibis.Scalar
    unit: str = "row"


def key_columns(table: Table) -> tuple[str, ...]:
    """Return the columns that name a row: its key, or its first two where it has none."""
    return table.key or tuple(column.name for column in table.columns[:2])


def row_key(rows: ibis.Table, table: Table) -> ibis.Value:
    """Return the key of each row as one text."""
    parts = [rows[name].cast("string").fill_null("(null)") for name in key_columns(table)]
    return parts[0] if len(parts) == 1 else ibis.literal(" / ").join(parts)


def row_rules(
    rows: ibis.Table, raw: ibis.Table, table: Table, judged: frozenset[str]
) -> tuple[Rule, ...]:
    """Return the rules that look at one row at a time.

    Parameters
    ----------
    rows : Table
        The rows and facts of `gather`.
    raw : Table
        The table as found, of which the types are told.
    table : Table
        The contract.
    judged : frozenset of str
        The columns that are present and of their type; the others' absence is told already.
    """
    key = row_key(rows, table)
    columns = [column for column in table.columns if column.name in judged]
    breaks = [broken for column in table.columns for broken in _type_breaks(rows, raw, column)]
    breaks += [broken for column in columns for broken in _column_breaks(rows, table, column)]
    breaks += _table_breaks(rows, table, judged)
    return tuple(counted(rows, key, *broken) for broken in breaks)


def counted(
    rows: ibis.Table,
    key: ibis.Value,
    name: str,
    severity: Severity,
    fault: str,
    remedy: str,
    breaks: BooleanValue,
) -> Rule:
    """Return the rule that is broken by each row for which ``breaks`` is true."""
    return Rule(name, severity, fault, remedy, rows.count(where=breaks), key.min(where=breaks))


def _type_breaks(rows: ibis.Table, raw: ibis.Table, column: Column) -> Iterator[_Break]:
    name = column.name
    if f"_mistyped_{name}" not in rows.columns:
        return
    breaks, found = rows[f"_mistyped_{name}"], raw[name].type()
    if column.kind == "time" and found.is_timestamp():
        remedy = (
            f"Say in which zone {name} was recorded and store it as UTC, for example with "
            ".dt.tz_localize(zone).dt.tz_convert('UTC')."
        )
        yield "time without zone", "error", f"{name} does not say its zone", remedy, breaks
    else:
        fault = f"{name} is {found}, not {column.dtype} ({column.kind})"
        remedy = f"Store {name} as {column.dtype}."
        yield "mistyped column", "error", fault, remedy, breaks


def _column_breaks(rows: ibis.Table, table: Table, column: Column) -> Iterator[_Break]:
    name, value = column.name, rows[column.name]
    yield from _reading_breaks(rows, column)
    if not column.nullable:
        remedy = f"Give every row its {name}, or leave out the rows that have none."
        yield "null", "error", f"{name} is empty", remedy, _is_empty(rows, column)
    if column.kind in ("money", "number"):
        remedy = f"Put a finite number into {name}; leave it empty only where that is allowed."
        fault = f"{name} is not a finite number"
        yield "not finite", "error", fault, remedy, value.isnan() | value.isinf()
    yield from _range_breaks(column, value)
    if column.kind == "time":
        remedy = f"Correct {name}: is a digit of the year wrong?"
        # Four digits at most, or Python could not hold the time.
        breaks = (value < _instant(_EARLIEST)) | (value >= _instant(_LATEST))
        yield "out of range", "error", f"{name} lies before 1970 or after 2199", remedy, breaks
    if column.allowed:
        listed = ", ".join(column.allowed)
        remedy = f"Write {name} as one of: {listed}."
        breaks = (value != "") & ~value.isin(column.allowed)
        yield "unknown value", "error", f"{name} is none of {listed}", remedy, breaks
    if f"_dangling_{name}" in rows.columns:
        remedy = f"Add the missing rows to {column.references}, or correct {name}."
        fault = f"{name} is not in {column.references}"
        yield "dangling reference", "error", fault, remedy, rows[f"_dangling_{name}"]
    if (table.name, name) in _UPPER_CASE:
        remedy = f"Write {name} in upper case, or codes and orders will not find each other."
        yield "lower case", "warning", f"{name} is not upper case", remedy, value != value.upper()


def _instant(text: str) -> ibis.Value:
    return ibis.literal(datetime.fromisoformat(text), type="timestamp('UTC')")


def _reading_breaks(rows: ibis.Table, column: Column) -> Iterator[_Break]:
    name = column.name
    if f"_unread_{name}" in rows.columns:
        remedy = f"Write {name} as {_READS[column.kind]}."
        breaks = rows[f"_unread_{name}"]
        yield "unreadable value", "error", f"{name} cannot be read", remedy, breaks
    if f"_zoneless_{name}" in rows.columns:
        breaks = rows[f"_zoneless_{name}"]
        remedy = f"End {name} in Z where it is UTC, or in its offset, like +02:00."
        yield "time without zone", "error", f"{name} does not say its zone", remedy, breaks


def _is_empty(rows: ibis.Table, column: Column) -> BooleanValue:
    value = rows[column.name]
    if column.kind == "text":
        return value.isnull() | (value == "")
    empty = value.isnull()
    for failure in (f"_unread_{column.name}", f"_zoneless_{column.name}"):
        if failure in rows.columns:
            empty &= ~rows[failure]
    return empty


def _range_breaks(column: Column, value: ibis.Value) -> Iterator[_Break]:
    name = column.name
    # To DuckDB NaN is greater than every number; numbers that are not finite have their own rule.
    finite = ~(value.isnan() | value.isinf()) if value.type().is_floating() else True
    if column.minimum is not None:
        money = column.kind == "money" and column.minimum == 0
        fault = f"{name} is negative" if money else f"{name} is below {column.minimum:g}"
        remedy = (
            f"Correct {name}: refunds are already netted, and money is never negative."
            if money
            else f"Correct {name} to at least {column.minimum:g}."
        )
        rule = "negative money" if money else "out of range"
        yield rule, "error", fault, remedy, (value < column.minimum) & finite
    if column.maximum is not None:
        remedy = f"Correct {name} to at most {column.maximum:g}."
        fault = f"{name} is above {column.maximum:g}"
        yield "out of range", "error", fault, remedy, (value > column.maximum) & finite


def _table_breaks(rows: ibis.Table, table: Table, judged: frozenset[str]) -> Iterator[_Break]:
    for order in table.not_before:
        if f"_earliest_{order.column}" in rows.columns and order.column in judged:
            other = f"{order.other_table}.{order.other_column}"
            fault = f"{order.column} lies before {other}"
            remedy = f"Check the zones and the source of {order.column} and {other}."
            breaks = rows[order.column] < rows[f"_earliest_{order.column}"]
            yield "time order", order.severity, fault, remedy, breaks
    if "_held_out" in rows.columns:
        remedy = "Do not text the holdout; lift is understated by what such texts earned."
        fault = "the customer is in the holdout of the campaign"
        yield "text to holdout", "warning", fault, remedy, rows["_held_out"].notnull()
    if "_lowest" in rows.columns and "score" in judged:
        remedy = "Correct the score, or the survey's scale_min and scale_max."
        breaks = ~rows.score.between(rows["_lowest"], rows["_highest"]) & ~rows.score.isnan()
        yield "off scale", "error", "score is off its survey's scale", remedy, breaks
    if table.name == "surveys" and {"scale_min", "scale_max"} <= judged:
        remedy = "Let scale_min be the lowest and scale_max the highest answer."
        breaks = rows.scale_min >= rows.scale_max
        yield "scale order", "error", "scale_min is not below scale_max", remedy, breaks
    if table.name == "plans" and {"record", "sha256"} <= judged:
        remedy = "Restore the plan as it was recorded; a changed plan is no plan."
        breaks = rows.record.hexdigest("sha256") != rows.sha256.lower()
        yield "changed record", "error", "sha256 is not the hash of the record", remedy, breaks
    if table.name == "campaigns" and "currency" in judged:
        remedy = "Write the currency as its ISO 4217 code, like USD."
        breaks = ~rows.currency.re_search("^[A-Z]{3}$") & (rows.currency != "")
        yield "unknown currency", "error", "currency is not three capitals", remedy, breaks
    if table.name == "campaigns" and "locale" in judged:
        remedy = "Write a language and a region as in BCP 47, like en-US or de-DE, or nothing."
        language = rows.locale.re_extract("^[a-z]+", 0)
        known = rows.locale.re_search(LOCALE_SHAPE) & language.isin(known_languages())
        yield "unknown locale", "error", "locale is no language and region", remedy, ~known
