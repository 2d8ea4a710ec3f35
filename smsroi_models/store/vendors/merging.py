"""Staged rows meet the store's: references are held, and the newest word counts."""

from dataclasses import dataclass

from smsroi_models.errors import StoreError
from smsroi_models.records import Record
from smsroi_models.store.rules import key_columns
from smsroi_models.store.tables import MESSAGE_STATUSES, TABLES, Column, Table
from smsroi_models.store.vendors.staging import Staging


@dataclass(frozen=True, slots=True)
class TableChange(Record):
    """What an import does to a table, in rows: added, changed, and taken out again."""

    added: int
    changed: int
    removed: int

    @property
    def any(self) -> bool:
        """Whether the table is another one than before."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True)
class Dangling:
    """A staged row that refers to nothing: where it came from, and the reason it is dropped."""

    file: int
    row: int
    reason: str


def drop_dangling(staging: Staging) -> list[Dangling]:
    """Drop staged rows that refer to what neither the store nor the import has.

    References that may be null become null instead. A store without campaigns, which cannot be
    reported yet, takes any campaign's rows; people are added, never dropped.
    """
    dropped = []
    for name, table in TABLES.items():
        if name not in staging.staged:
            continue
        dropped += _hold_updates(staging, table)
        for column in table.columns:
            if column.references and column.references != "customers":
                dropped += _hold_reference(staging, table, column)
    return dropped


def refuse_other_arms(staging: Staging) -> None:
    """Refuse an import that would put somebody into another arm than before.

    Raises
    ------
    StoreError
        If it would: what was drawn is the experiment, and is not drawn again.
    """
    if "assignments" not in staging.staged:
        return
    sources = "SELECT campaign_id, customer_id, arm FROM staged_assignments WHERE NOT _retracted"
    if staging.existing("assignments"):
        sources += " UNION ALL SELECT campaign_id, customer_id, arm FROM existing_assignments"
    rows = staging.run(
        f"SELECT campaign_id, count(*) FROM (SELECT campaign_id FROM ({sources}) "
        "GROUP BY campaign_id, customer_id HAVING count(DISTINCT arm) > 1) "
        "GROUP BY campaign_id ORDER BY campaign_id LIMIT 1"
    )
    if rows:
        raise StoreError(
            f"{rows[0][1]} customers would be in both arms of campaign {rows[0][0]!r}: an "
            "assignment stays as it was drawn. Is it another draw, or a list with two rows for "
            "one person?"
        )


def merge(staging: Staging, name: str, keeps: frozenset[str]) -> TableChange:
    """Make ``merged_<name>`` of the store's rows and the staged ones, and say what differs.

    A blank never takes the place of a value. Equal keys are one row: of each column the value of
    the highest version counts and of equal ones the last, or the first in tables of ``keeps``.
    """
    there = staging.existing(name)
    staging.refuse_lossy(name)
    table = TABLES[name]
    staging.run(f"CREATE TABLE merged_{name} AS {_merged_sql(staging, table, there, keeps)}")
    return _change(staging, table, there)


def moved_rows(staging: Staging, name: str) -> int:
    """Return how many rows of the store are of another campaign after the merge."""
    columns, key = [c.name for c in TABLES[name].columns], TABLES[name].key
    if "campaign_id" not in columns or "campaign_id" in key or not key:
        return 0
    if name not in staging.loaded:
        return 0
    return staging.count(
        f"SELECT count(*) FROM existing_{name} o JOIN merged_{name} m USING ({', '.join(key)}) "
        "WHERE o.campaign_id <> m.campaign_id"
    )


def _hold_reference(staging: Staging, table: Table, column: Column) -> list[Dangling]:
    other, staged = str(column.references), f"staged_{table.name}"
    known = _known(staging, other)
    if not known and other == "campaigns":
        return []
    lost = f"NOT _retracted AND {column.name} IS NOT NULL"
    if known:
        lost += f" AND {column.name} NOT IN ({known})"
    if column.nullable:
        staging.run(f"UPDATE {staged} SET {column.name} = NULL WHERE {lost}")
        return []
    reason = f"{column.name} is not in the store's {other}"
    return _drop(staging, staged, lost, reason)


def _hold_updates(staging: Staging, table: Table) -> list[Dangling]:
    """Drop what would complete rows that are not there."""
    staged, keys = f"staged_{table.name}", ", ".join(table.key)
    if not staging.count(f"SELECT count(*) FROM {staged} WHERE _update"):
        return []
    known = f"SELECT ({keys}) FROM {staged} WHERE NOT _retracted AND _update IS NOT TRUE"
    if staging.existing(table.name):
        known += f" UNION ALL SELECT ({keys}) FROM existing_{table.name}"
    return _drop(
        staging,
        staged,
        f"_update AND ({keys}) NOT IN ({known})",
        f"completes a row that is not in the store's {table.name}",
    )


def _drop(staging: Staging, staged: str, lost: str, reason: str) -> list[Dangling]:
    rows = staging.run(f"SELECT DISTINCT _file, _row FROM {staged} WHERE {lost} ORDER BY ALL")
    staging.run(f"DELETE FROM {staged} WHERE {lost}")
    return [Dangling(int(str(file)), int(str(row)), reason) for file, row in rows]


def _known(staging: Staging, other: str) -> str:
    key = TABLES[other].key[0]
    sources = [f"SELECT {key} FROM existing_{other}"] if staging.existing(other) else []
    if other in staging.staged:
        staged = f"SELECT {key} FROM staged_{other} WHERE"
        sources = [f"{source} WHERE {key} NOT IN ({staged} _retracted)" for source in sources]
        sources.append(f"{staged} NOT _retracted")
    return " UNION ALL ".join(sources)


def _merged_sql(staging: Staging, table: Table, there: bool, keeps: frozenset[str]) -> str:
    if not table.key:
        return _replaced_sql(table, there, staging.loaded.get(table.name, ()))
    names = [column.name for column in table.columns]
    extra = list(staging.loaded.get(table.name, ()))
    marks = ", _seen_only" if table.name == "customers" else ""
    sources = [
        # What completes a row is said of it whatever its version.
        f"SELECT {', '.join(names)}, _at, _retracted, "
        f"CASE WHEN _update THEN 'infinity' ELSE coalesce(_version, 0) END AS _version{marks} "
        f"FROM staged_{table.name}"
    ]
    if there:
        listed = ", ".join([*names, *map(_quoted, extra)])
        sources.append(
            f"SELECT {listed}, -2 AS _at, false AS _retracted, {_known_version(table)} AS _version"
            f"{marks} FROM existing_{table.name}"
        )
    keys = ", ".join(table.key)
    values = [
        f"{_value(table.name, name, table.name in keeps)} AS {_quoted(name)}"
        for name in [*names, *extra]
        if name not in table.key
    ]
    if table.name == "customers":
        values.append("bool_and(_seen_only) AS _seen_only")
    selected = ", ".join([keys, *values])
    return (
        f"SELECT {selected} FROM ({' UNION ALL BY NAME '.join(sources)}) "
        f"GROUP BY {keys} HAVING NOT bool_or(_retracted)"
    )


def _value(table: str, name: str, keeps: bool) -> str:
    if (table, name) == ("customers", "acquired_at"):
        # A moment that somebody stated beats first sightings, of which the earliest counts.
        return (
            "coalesce(arg_max(acquired_at, _at) FILTER (NOT _seen_only), "
            "min(acquired_at) FILTER (_seen_only))"
        )
    if (table, name) == ("messages", "status"):
        # An older export must not take a delivery back.
        listed = ", ".join(f"'{status}'" for status in MESSAGE_STATUSES)
        return f"arg_max(status, list_position([{listed}], status))"
    if (table, name) == ("messages", "segments"):
        # A text without segments was not counted yet, or the file has no such column.
        return "coalesce(arg_max(segments, _at) FILTER (segments > 0), 0)"
    # All pass over nulls.
    if keeps:
        return f"arg_min({_quoted(name)}, _at)"
    by = "(_version, _at)" if table == "orders" else "_at"
    return f"arg_max({_quoted(name)}, {by})"


def _known_version(table: Table) -> str:
    """Return how far the rows that are there had gone: of orders, what was paid back."""
    if table.name != "orders":
        return "0"
    paid_back = "SELECT max(refunded::DOUBLE) FROM _refunds r"
    return f"coalesce(({paid_back} WHERE r.order_id = existing_orders.order_id), 0)"


def _replaced_sql(table: Table, there: bool, extra: tuple[str, ...]) -> str:
    """Rows without a key of their own: those of one import replace all of the same kind."""
    names = ", ".join(column.name for column in table.columns)
    kind = ", ".join(key_columns(table))
    fresh = f"SELECT {names} FROM staged_{table.name}"
    if not there:
        return fresh
    listed = ", ".join([names, *map(_quoted, extra)])
    return (
        f"{fresh} UNION ALL BY NAME SELECT {listed} FROM existing_{table.name} "
        f"WHERE ({kind}) NOT IN (SELECT ({kind}) FROM staged_{table.name})"
    )


def _change(staging: Staging, table: Table, there: bool) -> TableChange:
    merged = f"merged_{table.name}"
    n_merged = staging.count(f"SELECT count(*) FROM {merged}")
    if not there:
        return TableChange(n_merged, 0, 0)
    names = [column.name for column in table.columns]
    listed = ", ".join(map(_quoted, [*names, *staging.loaded[table.name]]))
    keys = ", ".join(key_columns(table))
    old = f"existing_{table.name}"
    differing = staging.count(
        f"SELECT count(*) FROM (SELECT {listed} FROM {merged} "
        f"EXCEPT ALL SELECT {listed} FROM {old})"
    )
    removed = staging.count(
        f"SELECT count(*) FROM (SELECT {keys} FROM {old} EXCEPT ALL SELECT {keys} FROM {merged})"
    )
    n_old = staging.count(f"SELECT count(*) FROM {old}")
    added = n_merged - (n_old - removed)
    return TableChange(added, max(differing - added, 0), removed)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
