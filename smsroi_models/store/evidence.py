"""The rows of a table beside what the rules need of other tables, as one lazy relation.

Facts that a rule needs beside the typed columns are added under names with a leading underscore;
a fact that cannot be had (its table or column is absent or mistyped) is simply not there.
"""

from collections.abc import Mapping

import ibis

from smsroi_models.store.conform import accepts, lacks_zone, typed, typed_value
from smsroi_models.store.connect import Store
from smsroi_models.store.tables import TABLES, Column, NotBefore, Table


def usable(store: Store, table: str, column: str) -> bool:
    """Tell whether the column is present and of a type whose values can be judged."""
    if table not in store:
        return False
    raw = store.raw(table)
    if column not in raw.columns:
        return False
    return is_csv(store, table) or accepts(TABLES[table].column(column), raw[column].type())


def is_csv(store: Store, table: str) -> bool:
    """Tell whether the table was found as text, whose values may each fail to be read."""
    return store.layout.format[table] == "csv"


def gather(store: Store, table: Table) -> ibis.Table:
    """Return the table's typed rows with the facts of its rules."""
    rows = _typed_rows(store, table)
    rows = rows.mutate(**_dangling(store, table, rows))
    for order in table.not_before:
        rows = _with_earliest(store, rows, order)
    if table.name == "messages":
        rows = _with_holdout(store, rows)
    if table.name == "responses":
        rows = _with_scale(store, rows)
    return rows


def _typed_rows(store: Store, table: Table) -> ibis.Table:
    raw, csv = store.raw(table.name), is_csv(store, table.name)
    failures: dict[str, ibis.Value] = {}
    for column in table.columns:
        if column.name in raw.columns:
            failures |= _failures(raw, column) if csv else _mistyped(raw, column)
    return raw.select(**{c.name: typed_value(raw, c) for c in table.columns}, **failures)


def _mistyped(raw: ibis.Table, column: Column) -> dict[str, ibis.Value]:
    """Mark every value of a column of another type; a column of nulls may have any type."""
    value = raw[column.name]
    if accepts(column, value.type()):
        return {}
    marked = value.notnull() if column.nullable else ibis.literal(True)
    return {f"_mistyped_{column.name}": marked}


def _failures(raw: ibis.Table, column: Column) -> dict[str, ibis.Value]:
    """Mark the text values that cannot be read in the column's type."""
    value = raw[column.name]
    if column.kind == "text":
        return {}
    failed = value.notnull() & typed_value(raw, column).isnull()
    if column.kind != "time":
        return {f"_unread_{column.name}": failed}
    return {
        f"_unread_{column.name}": failed & ~lacks_zone(value),
        f"_zoneless_{column.name}": failed & lacks_zone(value),
    }


def _dangling(store: Store, table: Table, rows: ibis.Table) -> dict[str, ibis.Value]:
    found: dict[str, ibis.Value] = {}
    for column in table.columns:
        if column.references is None or not usable(store, table.name, column.name):
            continue
        parent, (key,) = column.references, TABLES[column.references].key
        if not usable(store, parent, key):
            continue
        keys = typed(store.raw(parent), TABLES[parent])[key]
        value = rows[column.name]
        # A null among the keys would make every absence unknown instead of true.
        known = value.isin(keys.as_table().drop_null()[key])
        found[f"_dangling_{column.name}"] = value.notnull() & (value != "") & ~known
    return found


def _with_earliest(store: Store, rows: ibis.Table, order: NotBefore) -> ibis.Table:
    other = order.other_table
    if not all(usable(store, other, name) for name in (*order.on, order.other_column)):
        return rows
    source = typed(store.raw(other), TABLES[other])
    return _beside(
        rows, source, order.on, {f"_earliest_{order.column}": source[order.other_column].min()}
    )


def _with_holdout(store: Store, rows: ibis.Table) -> ibis.Table:
    on = ("campaign_id", "customer_id")
    if not all(usable(store, "assignments", name) for name in (*on, "arm")):
        return rows
    source = typed(store.raw("assignments"), TABLES["assignments"])
    held = source.filter(source.arm == "holdout")
    return _beside(rows, held, on, {"_held_out": held.count()})


def _with_scale(store: Store, rows: ibis.Table) -> ibis.Table:
    on, scale = ("survey_id",), ("scale_min", "scale_max")
    if not all(usable(store, "surveys", name) for name in (*on, *scale)):
        return rows
    surveys = typed(store.raw("surveys"), TABLES["surveys"])
    ends = {"_lowest": surveys.scale_min.min(), "_highest": surveys.scale_max.max()}
    return _beside(rows, surveys, on, ends)


def _beside(
    rows: ibis.Table,
    other: ibis.Table,
    on: tuple[str, ...],
    facts: Mapping[str, ibis.Value],
) -> ibis.Table:
    """Join one row of ``facts`` a key to the rows; a repeated key must not repeat the rows."""
    keys = {f"_on_{name}": other[name] for name in on}
    grouped = other.group_by(**keys).aggregate(**facts)
    joined = rows.left_join(grouped, [(name, f"_on_{name}") for name in on])
    return joined.drop(*keys)
