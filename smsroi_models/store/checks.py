"""Hold a store against its contract: one query a table, and a finding for each rule it breaks."""

from dataclasses import dataclass
from typing import Any

import duckdb
import ibis

from smsroi_models.records import Record
from smsroi_models.store.absent import REQUIRED, missing_tables
from smsroi_models.store.conform import similar_column, typed
from smsroi_models.store.connect import Store
from smsroi_models.store.evidence import gather, usable
from smsroi_models.store.layout import nearest
from smsroi_models.store.privacy import mask
from smsroi_models.store.rules import Rule, Severity, key_columns, row_rules
from smsroi_models.store.summaries import key_rules, summary_rules
from smsroi_models.store.tables import TABLES, Column, Table


@dataclass(frozen=True, slots=True)
class Finding(Record):
    """A rule that a table breaks.

    Attributes
    ----------
    table : str
        The table, or the name of what was found in a table's place.
    rule : str
        The rule's name, such as ``"duplicate key"``.
    severity : "error" or "warning"
        An error stops a report; a warning is printed in it.
    count : int
        How many rows break the rule; of a whole column or table, all of its rows.
    example : str or None
        The key of one such row, parts joined by `` / ``; addresses and numbers are masked.
    remedy : str
        One sentence that says what to do.
    message : str
        One sentence that says what is wrong.
    """

    table: str
    rule: str
    severity: Severity
    count: int
    example: str | None
    remedy: str
    message: str


def check_store(store: Store) -> tuple[Finding, ...]:
    """Hold each table of the store against its contract, in one query a table.

    Returns
    -------
    tuple of Finding
        Empty where the store keeps every rule. First what concerns the store, then the tables
        in the order of the data dictionary.
    """
    findings = [*_absent(store), *(_ignored(name) for name in store.layout.ignored)]
    for name in store.names:
        findings += _check_table(store, TABLES[name])
    return tuple(findings)


def _absent(store: Store) -> list[Finding]:
    untold = missing_tables(store)
    remedy = "Add the table to the store; the data dictionary lists its columns."
    return [
        Finding(name, "missing table", "error", 0, None, remedy, untold[name])
        for name in REQUIRED
        if name not in store
    ]


def _ignored(name: str) -> Finding:
    near = nearest(name.split(".")[0])
    remedy = f"Rename it if it is meant to be {near}." if near else "Remove it, or leave it be."
    message = f"{name!r} is not a table of a store and was ignored."
    return Finding(name, "unknown table", "warning", 1, None, remedy, message)


def _check_table(store: Store, table: Table) -> list[Finding]:
    judged = frozenset(c.name for c in table.columns if usable(store, table.name, c.name))
    query, rules = _question(store, table, judged)
    try:
        answer = store.connection.to_pyarrow(query).to_pylist()[0]
    except duckdb.Error as error:
        return [_unreadable(table, error)]
    broken = _missing(store, table, answer["rows"])
    if table.name in REQUIRED and answer["rows"] == 0:
        remedy = "Export the table anew; a report needs its rows."
        message = f"{table.name} has no rows."
        broken.append(Finding(table.name, "empty table", "warning", 0, None, remedy, message))
    return broken + [
        _finding(table, rule, answer[f"count_{i}"], answer[f"example_{i}"])
        for i, rule in enumerate(rules)
        if answer[f"count_{i}"]
    ]


def _question(
    store: Store, table: Table, judged: frozenset[str]
) -> tuple[ibis.Table, tuple[Rule, ...]]:
    """Return the one query that counts the rows which break each rule, and the rules."""
    rows = gather(store, table)
    of_rows = row_rules(rows, store.raw(table.name), table, judged) + summary_rules(
        rows, table, judged
    )
    shared, of_keys = key_rules(typed(store.raw(table.name), table), table, judged)
    query = rows.aggregate(rows=rows.count(), **_aggregates(of_rows, 0))
    if of_keys:
        query = query.cross_join(shared.aggregate(**_aggregates(of_keys, len(of_rows))))
    return query, of_rows + of_keys


def _aggregates(rules: tuple[Rule, ...], first: int) -> dict[str, Any]:
    counts = {f"count_{i}": rule.count for i, rule in enumerate(rules, first)}
    return counts | {f"example_{i}": rule.example for i, rule in enumerate(rules, first)}


def _finding(table: Table, rule: Rule, count: int, example: str | None) -> Finding:
    shown = mask(example) if example is not None else None
    named = " + ".join(key_columns(table))
    number = f"{count:,} {rule.unit if count == 1 else _plural(rule.unit)}"
    message = f"{table.name}: {rule.fault} ({number}, for example {named} {shown})."
    return Finding(table.name, rule.name, rule.severity, count, shown, rule.remedy, message)


def _plural(unit: str) -> str:
    return f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"


def _missing(store: Store, table: Table, n_rows: int) -> list[Finding]:
    """Return a finding for each column that is missing."""
    raw = store.raw(table.name)
    found = []
    for column in table.columns:
        if column.name not in raw.columns:
            near = similar_column(column.name, [c for c in raw.columns if c not in _names(table)])
            if not column.nullable or near:
                found.append(_missing_column(table, column, n_rows, near))
    return found


def _names(table: Table) -> frozenset[str]:
    return frozenset(column.name for column in table.columns)


def _missing_column(table: Table, column: Column, n_rows: int, near: str | None) -> Finding:
    remedy = f"Rename {near!r} to {column.name}." if near else f"Add the column {column.name}."
    message = f"{table.name}: the column {column.name} ({column.meaning}) is missing."
    severity: Severity = "warning" if column.nullable else "error"
    return Finding(table.name, "missing column", severity, n_rows, None, remedy, message)


def _unreadable(table: Table, error: duckdb.Error) -> Finding:
    message = f"{table.name} cannot be read: {str(error).splitlines()[0].rstrip('.')}."
    remedy = "Repair the row that is named, or export the table anew."
    return Finding(table.name, "unreadable table", "error", 0, None, remedy, message)
