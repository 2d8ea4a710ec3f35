"""The DuckDB session of an import: rows wait here, on disk, until all of it is known good."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa

from smsroi_models.errors import StoreError
from smsroi_models.store.conform import missing_columns, typed_value
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.sources import SOURCE, sql_text
from smsroi_models.store.tables import TABLES, Column, Table
from smsroi_models.store.write import ARROW_TYPES

COMPANIONS = {
    "_people": ("address", "customer_id"),
    "_first_seen": ("customer_id",),
    "_secret": ("fingerprint",),
    "_undone_orders": ("order_id",),
    "_refunds": ("order_id", "refunded"),
}
"""What a store remembers of its imports: who is who, whose acquired_at is only a first sighting,
which secret made the ids, and what was cancelled or paid back of orders, which an older export does
not know. People are pseudonyms."""

_MEMORY = "1GB"


class Staging:
    """Rows staged by table, and the store's own tables beside them as ``existing_<table>``."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        self.connection = duckdb.connect(scratch / "import.duckdb")
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute(f"SET memory_limit = '{_MEMORY}'")
        self.connection.execute(f"SET temp_directory = {sql_text(scratch / 'spill')}")
        self.staged: set[str] = set()
        self.rewritten: set[str] = set()
        self._repeated: set[str] = set()
        self.loaded: dict[str, tuple[str, ...]] = {}
        present = root.exists() and not (root.is_dir() and not _tables_in(root))
        self.store: Store | None = open_store(root) if present else None
        self.names = self.store.names if self.store is not None else ()
        self.currency = _currency(self.store) if self.store is not None else None
        self.run("CREATE TABLE pairs (address VARCHAR, number VARCHAR)")
        for name, columns in COMPANIONS.items():
            self.run(f'CREATE TABLE "{name}" ({", ".join(f"{c} VARCHAR" for c in columns)})')
        if present:
            self._load_companions()

    def close(self) -> None:
        """End the session."""
        self.release()
        self.connection.close()

    def run(self, sql: str) -> list[tuple[object, ...]]:
        """Run a statement and return its rows."""
        return self.connection.execute(sql).fetchall()

    def count(self, sql: str) -> int:
        """Return the whole number that the query asks for."""
        return int(str(self.run(sql)[0][0]))

    def stage(self, name: str, rows: Sequence[dict[str, object]]) -> None:
        """Append rows to a table's staging; each has the table's columns and the marks."""
        self._require(name)
        self._append(f"staged_{name}", pa.Table.from_pylist(list(rows), schema(TABLES[name])))

    def stage_pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Append ids of an address and of a number that belong to one person."""
        listed = list(pairs)
        if listed:
            addresses, numbers = zip(*listed, strict=True)
            self._append("pairs", pa.table({"address": addresses, "number": numbers}))

    def require_staged(self, name: str) -> None:
        """Make the table's staging, empty, where there is none yet."""
        self._require(name)

    def existing(self, name: str) -> bool:
        """Load the store's table as ``existing_<name>``; False where the store has none."""
        if name in self.loaded:
            return True
        if self.store is None or name not in self.store:
            return False
        table, raw = TABLES[name], self.store.raw(name)
        extra = tuple(c for c in raw.columns if c not in _column_names(table))
        columns = {c.name: typed_value(raw, c) for c in table.columns}
        query = raw.select(**columns, **{c: raw[c] for c in extra})
        session = self.store.connection
        self._append(f"existing_{name}", session.con.sql(session.compile(query)).to_arrow_reader())
        self.loaded[name] = extra
        if self._repeats(name, table):
            self._repeated.add(name)
        if name == "customers":
            self.run("ALTER TABLE existing_customers ADD COLUMN _seen_only BOOLEAN")
            known = "customer_id IN (SELECT customer_id FROM _first_seen)"
            self.run(f"UPDATE existing_customers SET _seen_only = {known}")
        return True

    def refuse_lossy(self, name: str) -> None:
        """Refuse to write a table anew if that would lose something that it holds now.

        Raises
        ------
        StoreError
            If a column is missing, a value cannot be read, or two rows have one key.
        """
        if self.store is None or name not in self.store:
            return
        table, raw = TABLES[name], self.store.raw(name)
        missing = missing_columns(raw, table)
        lost = _unread(self.store, raw, table)
        if missing or lost or name in self._repeated:
            what = ", ".join(map(repr, missing or lost)) or "rows whose key is empty or repeated"
            raise StoreError(
                f"the store's table {name!r} has faults: {what}. The import has to write it anew "
                "and would lose what it cannot read: correct it first; `smsroi check` says how"
            )

    def release(self) -> None:
        """Close the store, so that it can be written."""
        if self.store is not None:
            self.store.close()
            self.store = None

    def _repeats(self, name: str, table: Table) -> bool:
        if not table.key:
            return False
        keys = ", ".join(table.key)
        empty = " OR ".join(f"{key} IS NULL" for key in table.key)
        return (
            self.run(
                f"SELECT count(*) > count(DISTINCT ({keys})) OR coalesce(bool_or({empty}), false) "
                f"FROM existing_{name}"
            )[0][0]
            is True
        )

    def has(self, name: str) -> bool:
        """Tell whether the session has a table of that name."""
        listed = self.run(
            f"SELECT count(*) FROM information_schema.tables WHERE table_name = {sql_text(name)}"
        )
        return bool(listed[0][0])

    def _require(self, name: str) -> None:
        if name not in self.staged:
            self._append(f"staged_{name}", schema(TABLES[name]).empty_table())
            self.staged.add(name)

    def _append(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        self.connection.register("incoming", rows)
        if self.has(name):
            self.connection.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM incoming')
        else:
            self.connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM incoming')
        self.connection.unregister("incoming")

    def _load_companions(self) -> None:
        if self.root.is_file():
            self._companions_of_file()
            return
        for name in COMPANIONS:
            file = self.root / f"{name}.parquet"
            if file.is_file():
                read = f"SELECT * FROM read_parquet({sql_text(file)})"
                self.run(f'INSERT INTO "{name}" BY NAME {read}')

    def _companions_of_file(self) -> None:
        assert self.store is not None
        session = self.store.connection.con
        for name in COMPANIONS:
            if session.sql(
                "SELECT 1 FROM information_schema.tables "
                f"WHERE table_catalog = {sql_text(SOURCE)} AND table_name = {sql_text(name)}"
            ).fetchall():
                held = session.sql(f'SELECT * FROM {SOURCE}.main."{name}"')
                self._append(name, held.to_arrow_table())


def _currency(store: Store) -> str | None:
    if "campaigns" not in store:
        return None
    found = store["campaigns"].currency.to_pyarrow().to_pylist()
    return next((str(code) for code in found if code), None)


def _unread(store: Store, raw: ibis.Table, table: Table) -> list[str]:
    """Return the columns with a value that is there and cannot be read as its type."""
    counts = {}
    for column in table.columns:
        if column.name in raw.columns:
            value, typed = raw[column.name], typed_value(raw, column)
            if typed.type() == value.type() and not value.type().is_string():
                continue
            there = value.notnull()
            if value.type().is_string():
                there &= value != ""
            counts[column.name] = (there & typed.isnull()).sum()
    if not counts:
        return []
    found = raw.aggregate(**counts).to_pyarrow().to_pylist()[0]
    return [name for name, count in found.items() if count]


def _tables_in(root: Path) -> bool:
    return any(not entry.name.startswith((".", "_")) for entry in root.iterdir())


def _column_names(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


def schema(table: Table) -> pa.Schema:
    """Return the table's columns and the marks of staged rows.

    ``_at`` counts the import's records, ``_file`` and ``_row`` say where one stands, ``_update``
    that the row only completes another one, ``_version`` how far the thing had gone.
    """
    marks = [
        pa.field("_at", pa.int64()),
        pa.field("_file", pa.int64()),
        pa.field("_row", pa.int64()),
        pa.field("_retracted", pa.bool_()),
        pa.field("_seen", pa.timestamp("us", tz="UTC")),
        pa.field("_seen_only", pa.bool_()),
        pa.field("_version", pa.float64()),
        pa.field("_update", pa.bool_()),
    ]
    return pa.schema([*(_field(column) for column in table.columns), *marks])


def _field(column: Column) -> pa.Field:
    return pa.field(column.name, ARROW_TYPES[column.kind])
