"""The shop's own files, for which no vendor's export exists: CSV, each with its mapping.

Whoever is named is named by number and address, as everywhere. What a vendor's file leaves out of
a row comes in beside it: costs of goods, whose code it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from smsroi_models.simulate.exports.files import Step, iso, quoted, records, write_csv
from smsroi_models.simulate.exports.people import People
from smsroi_models.store.tables import TABLES, Column

_PERSON = ("customer_id", "referrer_id")


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file of the shop's own: its name, the table and columns that it fills, and which rows.

    ``update`` marks a file that completes rows of a vendor's file.
    """

    name: str
    table: str
    columns: tuple[str, ...] = ()
    rows: Callable[[dict[str, pd.DataFrame]], pd.DataFrame] | None = None
    update: bool = False


def _costed(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return tables["orders"][tables["orders"].cost_of_goods.notna()]


def _held(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return tables["coupons"][tables["coupons"].customer_id.notna()]


def _shared_clicks(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    shared = tables["links"][tables["links"].customer_id.isna()]
    return tables["clicks"].merge(shared[["link_id", "url"]], on="link_id")


FIRST = (OwnFile("campaigns", "campaigns"), OwnFile("customers", "customers"))
"""What the vendors' files refer to."""

AFTER_SHOPIFY = (
    OwnFile("cost_of_goods", "orders", ("order_id", "cost_of_goods"), _costed, update=True),
    OwnFile("code_holders", "coupons", ("code", "customer_id"), _held, update=True),
    OwnFile("assignments", "assignments"),
    OwnFile("costs", "costs"),
    OwnFile("links", "links"),
    OwnFile("shared_clicks", "clicks", rows=_shared_clicks),
    OwnFile("numbers", "numbers"),
    OwnFile("surveys", "surveys"),
    OwnFile("invitations", "invitations"),
)
"""The rest; clicks on links that all recipients share are those of the shop's own redirects."""


def write_own(
    file: OwnFile, tables: dict[str, pd.DataFrame], people: People, folder: Path
) -> Step | None:
    """Write a file and its mapping; None where there are no rows."""
    frame = tables[file.table] if file.rows is None else file.rows(tables)
    if frame.empty:
        return None
    home = folder / "own"
    home.mkdir(exist_ok=True)
    listed = [c for c in TABLES[file.table].columns if not file.columns or c.name in file.columns]
    names = [name for column in listed for name in _fields(column, file.table)]
    rows = (_written(row, listed, file.table, people) for row in records(frame))
    write_csv(home / f"{file.name}.csv", names, rows)
    mapping = _mapping(file, listed, people)
    (home / f"{file.name}.toml").write_text(mapping, encoding="utf-8")
    return Step("csv", (f"own/{file.name}.csv",), f"own/{file.name}.toml")


def write_plans(tables: dict[str, pd.DataFrame], folder: Path) -> Step:
    """Write the plans as `smsroi assign` writes them."""
    names = [column.name for column in TABLES["plans"].columns]
    plans = records(tables["plans"])
    rows = ({name: _plain(value) for name, value in row.items()} for row in plans)
    write_csv(folder / "own" / "plans.csv", names, rows)
    return Step("smsroi", ("own/plans.csv",))


def _fields(column: Column, table: str) -> tuple[str, ...]:
    """Return the columns of the file that stand for a column of the table."""
    if column.name in _PERSON:
        who = column.name.removesuffix("_id")
        return f"{who}_phone", f"{who}_email"
    if column.name == "number_id":
        return ("tracking_number",)
    if (table, column.name) == ("clicks", "link_id"):
        return ("url",)
    return () if (table, column.name) == ("links", "link_id") else (column.name,)


def _written(
    row: dict[str, Any], columns: list[Column], table: str, people: People
) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column in columns:
        value = row.get(column.name)
        names = _fields(column, table)
        if column.name in _PERSON:
            fields |= zip(names, (people.phone(value), people.address(value)), strict=True)
        elif column.name == "number_id":
            fields[names[0]] = people.tracking_number(row["campaign_id"])
        elif names:
            fields[names[0]] = _plain(row[names[0]])
    return fields


def _plain(value: object) -> object:
    return iso(value) if isinstance(value, datetime) else value


def _mapping(file: OwnFile, columns: list[Column], people: People) -> str:
    lines = ["[[table]]", f"name = {quoted(file.table)}"]
    lines += ["update = true"] if file.update else []
    lines += ["[table.columns]", *(f"{c.name} = {_source(c, file.table)}" for c in columns)]
    if file.table == "numbers":  # the id of a number is one of the campaign's, too
        for name in people.places:
            lines += ["", "[[campaign]]", f"id = {quoted(name)}"]
            lines += [f"where = {{ campaign_id = {quoted(name)} }}"]
    return "\n".join(lines) + "\n"


def _source(column: Column, table: str) -> str:
    names = _fields(column, table)
    if column.name in _PERSON:
        phone, address = map(quoted, names)
        return f"{{ phone = {phone}, email = {address} }}"
    if column.name == "number_id":
        return f"{{ number = {quoted(names[0])} }}"
    if column.name == "link_id":
        return '{ link = "url" }'
    return quoted(names[0])
