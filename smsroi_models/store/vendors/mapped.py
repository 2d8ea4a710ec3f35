"""Any CSV, JSON or Parquet file, mapped by hand: a TOML file names the column behind each column.

This is how files come in whose layout nobody has confirmed: CallRail's and Postscript's CSV among
them. docs/importing.md has the keys with an example of each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from smsroi_models.errors import ParameterError
from smsroi_models.locales import checked_locale
from smsroi_models.store.tables import TABLES, Column, Table
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import DroppedRecord, Layout, Row, Values, Vendor
from smsroi_models.store.vendors.mapping_checks import check_table
from smsroi_models.store.vendors.values import flag, moment, number, text, whole
from smsroi_models.store.vendors.zones import Clock, zone_called

Source = str | Mapping[str, Any]

_PERSON_KEYS = ("phone", "email", "id")
_NOT_MAPPED = "is of no table of the mapping"


def mapped_vendor(context: Context) -> Vendor:
    """Return the importer that the mapping file describes.

    Raises
    ------
    ParameterError
        If there is no ``[[table]]``, or one of them maps an unknown table or column, lacks one
        that each row needs, or says something that means nothing.
    """
    tables = context.settings.get("table")
    if not isinstance(tables, list) or not tables:
        raise ParameterError(
            "a file without a known layout needs --mapping FILE.toml with [[table]] in it: "
            "docs/importing.md has examples"
        )
    for section in tables:
        check_table(section)
    # A column that only some tables need may be absent from the others' files; so say all.
    required = tuple(dict.fromkeys(name for section in tables for name in _columns_of(section)))
    return Vendor("csv", (Layout("the mapping's file", required, _read, ""),))


def _read(record: Values, context: Context) -> Iterator[Row]:
    found = False
    for section in context.settings["table"]:
        wanted = section.get("where", {})
        if all(text(record, name) == str(value) for name, value in wanted.items()):
            found = True
            row = _row(TABLES[section["name"]], section["columns"], record, context)
            yield replace(row, update=section.get("update", False))
    if not found:
        raise DroppedRecord(_NOT_MAPPED, listed=False)


def _row(table: Table, sources: Mapping[str, Source], record: Values, context: Context) -> Row:
    if "currency" in sources:
        currency = _value(table.column("currency"), sources["currency"], record, context, None)
        if context.currency is not None:
            context.require_currency(str(currency))
    if "locale" in sources:
        locale = _value(table.column("locale"), sources["locale"], record, context, None)
        if locale is not None:
            checked_locale(str(locale))
    at = next(
        (
            _moment(sources[column.name], record, context)
            for column in table.columns
            if column.kind == "time" and column.name in sources
        ),
        None,
    )
    values = {
        name: _value(table.column(name), source, record, context, at)
        for name, source in sources.items()
    }
    return Row(table.name, values)


def _value(column: Column, source: Source, record: Values, context: Context, at: Any) -> object:
    if isinstance(source, str):
        return _converted(column, source, {}, record, context)
    if "value" in source:
        return source["value"]
    if "hash_of" in source:
        parts = "\x1f".join(text(record, name) or "" for name in source["hash_of"])
        return context.pseudonyms.of_text(column.name, parts)
    if source.get("campaign"):
        return context.campaign_of(record, at)
    if "number" in source:
        campaign = context.campaign_of(record, at) or ""
        return context.pseudonyms.of_tracking_number(
            text(record, source["number"]) or "", context.region, campaign
        )
    if "link" in source:
        url = text(record, source["link"])
        return None if url is None else context.link_id(url)
    if any(key in source for key in _PERSON_KEYS):
        return _person(column, source, record, context)
    return _converted(column, str(source["column"]), source, record, context)


def _person(
    column: Column, source: Mapping[str, Any], record: Values, context: Context
) -> str | None:
    if "id" in source:
        return text(record, source["id"])
    phone = text(record, source["phone"]) if "phone" in source else None
    address = text(record, source["email"]) if "email" in source else None
    if column.nullable:
        return context.person(phone, address)
    return context.person_needed(phone, address)


def _converted(
    column: Column,
    name: str,
    source: Mapping[str, Any],
    record: Values,
    context: Context,
) -> object:
    if "values" in source:
        found = text(record, name)
        if found is None:
            return None
        if found not in source["values"]:
            raise DroppedRecord(f"{name} has a value that the mapping does not list")
        return source["values"][found]
    if column.kind == "time":
        return _moment(source or name, record, context)
    if column.kind == "flag":
        return flag(record, name)
    if column.kind == "count":
        return whole(record, name)
    if column.kind == "text":
        return _text(record, name, source)
    value = number(record, name)
    return -value if value is not None and source.get("negate") else value


def _text(record: Values, name: str, source: Mapping[str, Any]) -> str | None:
    found = text(record, name)
    return found.upper() if found is not None and source.get("upper") else found


def _moment(source: Source, record: Values, context: Context) -> Any:
    if isinstance(source, str):
        return moment(record, source, context.clock)
    if "value" in source:
        return source["value"]
    return moment(record, str(source["column"]), _clock(source, context.clock))


def _clock(source: Mapping[str, Any], clock: Clock) -> Clock:
    if "zone" in source:
        clock = replace(clock, zone=zone_called(str(source["zone"])))
    return replace(clock, time_format=str(source["format"])) if "format" in source else clock


def _columns_of(section: Mapping[str, Any]) -> Iterator[str]:
    """Yield the columns of the file that the section names."""
    yield from section.get("where", {})
    for source in section["columns"].values():
        if isinstance(source, str):
            yield source
            continue
        yield from source.get("hash_of", ())
        for key in ("column", "number", "link", *_PERSON_KEYS):
            if key in source:
                yield str(source[key])
