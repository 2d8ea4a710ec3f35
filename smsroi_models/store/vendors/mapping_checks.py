"""A mapping of a table held against the store's contract, before any record is read."""

from collections.abc import Mapping
from typing import Any

from smsroi_models.errors import ParameterError
from smsroi_models.store.conform import similar_column
from smsroi_models.store.tables import TABLES, Column, Table
from smsroi_models.store.vendors.mapping import key_needed, known_keys
from smsroi_models.store.vendors.zones import checked_format, zone_called

_COLUMN_KEYS = ("column", "value", "values", "zone", "format", "negate", "upper")
_PERSON_KEYS = ("phone", "email", "id")
_OTHER_KEYS = ("number", "link", "campaign", "hash_of")


def check_table(section: Mapping[str, Any]) -> None:
    """Refuse a ``[[table]]`` that a store does not have, or that could not make its rows.

    Raises
    ------
    ParameterError
        If it maps an unknown table or column, lacks a column that each row needs, would take a
        raw number or address for an id, or says something of the wrong kind.
    """
    name = str(key_needed(section, "name", "[[table]]"))
    if name not in TABLES:
        raise ParameterError(f"[[table]] names {name!r}: a store has {', '.join(TABLES)}")
    table, sources = TABLES[name], key_needed(section, "columns", "[[table]]")
    if not isinstance(sources, dict):
        raise ParameterError(f"[table.columns] of {name} must list columns")
    names = [column.name for column in table.columns]
    for unknown in (key for key in sources if key not in names):
        near = similar_column(unknown, names)
        hint = f"is {near!r} meant?" if near else f"it has {', '.join(names)}"
        raise ParameterError(f"table {name} has no column {unknown!r}: {hint}")
    missing = [name for name in _needed(table, section) if name not in sources]
    if missing:
        raise ParameterError(f"the mapping of {name} must say {', '.join(map(repr, missing))}")
    if not isinstance(section.get("where", {}), dict):
        raise ParameterError(f"where of {name} must be columns and their texts, {{ A = 'b' }}")
    for key, source in sources.items():
        _check_source(table.column(key), source)


def _needed(table: Table, section: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns that a mapping of the table has to say."""
    update = section.get("update", False)
    if not isinstance(update, bool) or (update and not table.key):
        raise ParameterError(
            f"update of {table.name} is {update!r}: write true for a file that says some columns "
            "of rows which are there already, told by their key"
        )
    return table.key if update else tuple(c.name for c in table.columns if not c.nullable)


def _check_source(column: Column, source: object) -> None:
    place = f"{column.name} of the mapping"
    if isinstance(source, str):
        _check_pseudonymous(column, {"column"}, place)
        return
    if not isinstance(source, dict) or not source:
        raise ParameterError(f"{place} is {source!r}: name a column of the file, or write {{...}}")
    known_keys(source, (*_COLUMN_KEYS, *_PERSON_KEYS, *_OTHER_KEYS), place)
    ways = {"column", "value", *_OTHER_KEYS, *_PERSON_KEYS} & source.keys()
    if len(ways) != 1 and ways != {"phone", "email"}:
        raise ParameterError(
            f"{place} must say one of column, value, phone and email, id, number, link, campaign, "
            "hash_of"
        )
    _check_types(source, place)
    if "link" in ways and column.name != "link_id":
        raise ParameterError(f"{place} is no link: {{ link = ... }} makes ids of short links")
    constants = [*source.get("values", {}).values()]
    for value in constants + ([source["value"]] if "value" in source else []):
        _check_constant(column, value, place)
    _check_pseudonymous(column, ways, place)
    if "zone" in source:
        zone_called(str(source["zone"]))
    if "format" in source:
        checked_format(str(source["format"]), f"format of {place}")


def _check_types(source: Mapping[str, Any], place: str) -> None:
    """Refuse names that are no text, a list that is none, and the like."""
    kinds: dict[str, type] = dict.fromkeys(("column", "zone", "format", "number", "link"), str)
    kinds |= dict.fromkeys(_PERSON_KEYS, str) | dict.fromkeys(("negate", "upper", "campaign"), bool)
    kinds |= {"values": dict, "hash_of": list}
    for key, kind in kinds.items():
        if key in source and not isinstance(source[key], kind):
            raise ParameterError(
                f"{place} says {key} = {source[key]!r}: it takes a {kind.__name__}"
            )
    if not all(isinstance(name, str) for name in source.get("hash_of", ())):
        raise ParameterError(f"{place}: hash_of takes names of columns")
    if source.get("campaign") is False:
        raise ParameterError(f"{place} says campaign = false: leave the column out")


def _check_constant(column: Column, value: object, place: str) -> None:
    kinds: dict[str, tuple[type, ...]] = {"text": (str,), "flag": (bool,), "count": (int,)}
    allowed = kinds.get(column.kind, (int, float))
    if column.kind == "time":
        if getattr(value, "utcoffset", lambda: None)() is None:
            raise ParameterError(f"{place} is {value!r}: write a time with its zone")
    elif not isinstance(value, allowed) or (column.kind != "flag" and isinstance(value, bool)):
        raise ParameterError(f"{place} is {value!r}, which is no {column.kind}")


def _check_pseudonymous(column: Column, ways: set[str], place: str) -> None:
    person = column.references == "customers" or column.name in ("customer_id", "referrer_id")
    if person and "column" in ways:
        raise ParameterError(
            f"{place}: say what the column holds, {{ phone = ... }}, {{ email = ... }}, or "
            "{ id = ... } where it is a pseudonym already"
        )
