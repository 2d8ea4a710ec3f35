"""The DuckDB session of a store: its files are attached or viewed from memory, never written.

Whatever is created through the session is gone when it closes; no other file can be reached.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from smsroi_models.errors import StoreError
from smsroi_models.store.layout import Layout, folder_layout, is_duckdb_file, no_table_message
from smsroi_models.store.sources import SOURCE, read_csv_sql, read_parquet_sql, sql_text
from smsroi_models.store.tables import TABLES


def new_session(threads: int | None = None) -> Backend:
    """Return a DuckDB session in memory that runs in UTC and fetches no extension."""
    connection = ibis.duckdb.connect(
        autoinstall_known_extensions=False, autoload_known_extensions=False
    )
    connection.raw_sql("SET TimeZone = 'UTC'")
    if threads is not None:
        connection.raw_sql(f"SET threads = {int(threads)}")
    return connection


def view_folder(connection: Backend, root: Path) -> Layout:
    """Make a view of each table in the folder.

    Raises
    ------
    StoreError
        If there is no table, one table twice, or a file that cannot be read.
    """
    layout = folder_layout(root)
    for name, files in layout.files.items():
        try:
            read = read_csv_sql(files[0]) if layout.format[name] == "csv" else None
            connection.raw_sql(f'CREATE VIEW "{name}" AS {read or read_parquet_sql(files)}')
        except duckdb.Error as error:
            raise _unreadable(files[0], error) from error
    _confine(connection, [file for files in layout.files.values() for file in files])
    return layout


def attach_file(connection: Backend, root: Path) -> Layout:
    """Attach the DuckDB file for reading, and make a view of each table in it.

    Raises
    ------
    StoreError
        If it is not a DuckDB file, cannot be read, or holds no table of a store.
    """
    if not is_duckdb_file(root):
        raise StoreError(
            f"{str(root)!r} is not a DuckDB file. Name a DuckDB file, or the folder that holds "
            "the Parquet or CSV files of the tables."
        )
    try:
        connection.raw_sql(f"ATTACH {sql_text(root)} AS {SOURCE} (TYPE duckdb, READ_ONLY)")
        found = _names(connection)
        known = [name for name in TABLES if name in found]
        for name in known:
            connection.raw_sql(f'CREATE VIEW "{name}" AS SELECT * FROM {SOURCE}.main."{name}"')
    except duckdb.Error as error:
        raise _unreadable(root, error) from error
    if not known:
        raise StoreError(no_table_message(str(root), sorted(found)))
    _confine(connection, [root])
    # Imports keep what they must remember in tables whose names begin with an underscore.
    ignored = tuple(sorted(name for name in set(found) - set(known) if not name.startswith("_")))
    return Layout(root, dict.fromkeys(known, "duckdb"), dict.fromkeys(known, (root,)), ignored)


def _confine(connection: Backend, files: Sequence[Path]) -> None:
    """Let the session reach no other file than the store's, for good."""
    listed = ", ".join(map(sql_text, files))
    connection.raw_sql(f"SET allowed_paths = [{listed}]")
    connection.raw_sql("SET enable_external_access = false")


def _names(connection: Backend) -> list[str]:
    listed = connection.raw_sql(
        "SELECT table_name FROM information_schema.tables "
        f"WHERE table_catalog = {sql_text(SOURCE)} AND table_schema = 'main'"
    )
    return [name for (name,) in listed.fetchall()]


def _unreadable(path: Path, error: duckdb.Error) -> StoreError:
    return StoreError(
        f"{str(path)!r} cannot be read: {str(error).splitlines()[0]} Is the file whole, and is "
        "no other program writing to it? Export it anew."
    )
