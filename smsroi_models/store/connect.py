"""Open a store: a DuckDB file, or a folder of Parquet or CSV, read through Ibis."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote

import ibis
from ibis.backends.duckdb import Backend

from smsroi_models.errors import ParameterError, StoreError
from smsroi_models.store.conform import missing_columns, typed
from smsroi_models.store.layout import Layout, nearest
from smsroi_models.store.place import restore_interrupted
from smsroi_models.store.session import attach_file, new_session, view_folder
from smsroi_models.store.tables import TABLES

_CHUNK_BYTES = 1 << 20
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")


class Store:
    """The tables of a text-message programme, read-only: ``store["orders"]`` is an Ibis table.

    Made by `open_store`. Every table comes with exactly the columns of its contract, in their
    documented order and types; a value that does not keep its type is null there, is seen as
    found through `raw`, and is a finding of `check_store`.

    Attributes
    ----------
    url : str
        What was opened, as it was given.
    connection : ibis DuckDB backend
        The session, for queries of one's own. What is created there lives in memory; it reaches
        no file but the store's, so results are saved through pandas or Arrow.
    names : tuple of str
        The tables that are present, in the order of the data dictionary.
    layout : Layout
        The files and formats of the tables, and the names that were ignored.
    """

    def __init__(self, url: str, connection: Backend, layout: Layout) -> None:
        self.url = url
        self.connection = connection
        self.layout = layout
        self.names = tuple(name for name in TABLES if name in layout.format)
        self._raw = {name: connection.table(name) for name in self.names}
        self._as_opened = self._stamps()
        self._digits = ""

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> ibis.Table:
        """Return the table in its contract's columns and types.

        Raises
        ------
        StoreError
            If there is no such table, or a column that may not be null is missing from it.
        """
        raw, table = self.raw(name), TABLES[name]
        missing = missing_columns(raw, table)
        if missing:
            raise StoreError(
                f"Table {name!r} of {self.url!r} has no column {', '.join(map(repr, missing))}, "
                f"which each row needs. It has {', '.join(map(repr, raw.columns))}. "
                "Rename or add the missing ones; `smsroi check` lists all that is amiss."
            )
        return typed(raw, table)

    def raw(self, name: str) -> ibis.Table:
        """Return the table as it was found: its own columns, order and types (CSV: all text).

        Raises
        ------
        StoreError
            If there is no such table.
        """
        if name not in self:
            raise StoreError(f"No table {name!r} in {self.url!r}. {_name_hint(name, self.names)}")
        return self._raw[name]

    def fingerprint(self) -> str:
        """Return 64 hexadecimal digits that change when a byte of a table's file changes.

        SHA-256 over the names and bytes of the tables' files as they are now; where the store
        lies and when it was written do not matter.
        """
        total = hashlib.sha256()
        for label, path in self._labelled_files():
            total.update(f"{label}\0{_digest(path)}\n".encode())
        return total.hexdigest()

    def fingerprint_as_read(self) -> str:
        """Return the fingerprint of what an analysis has read, if that was one store throughout.

        Raises
        ------
        StoreError
            If a file was written or replaced since the store was opened: some of the figures could
            be of the old tables and some of the new ones.
        """
        self._refuse_changed()
        if not self._digits:  # whoever asks again need not read every byte again
            digits = self.fingerprint()
            self._refuse_changed()
            self._digits = digits
        return self._digits

    def close(self) -> None:
        """End the session; tables of the store can no longer be read."""
        self.connection.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self.url!r}: {', '.join(self.names)})"

    def _refuse_changed(self) -> None:
        if self._stamps() != self._as_opened:
            raise StoreError(
                f"The store {self.url!r} changed while it was read, perhaps by an import: open it "
                "anew once that is done."
            )

    def _stamps(self) -> dict[str, tuple[int, ...] | None]:
        """Return what is another one whenever a file is written or replaced; none if it is gone."""
        return {label: _stamp(path) for label, path in self._labelled_files()}

    def _labelled_files(self) -> Iterator[tuple[str, Path]]:
        """Yield each file once; a DuckDB file is labelled without its name, which is its path."""
        if self.layout.root.is_file():
            log = self.layout.root.with_name(self.layout.root.name + ".wal")
            yield "duckdb", self.layout.root
            if log.is_file():
                yield "duckdb.wal", log
            return
        for name in self.names:
            for path in self.layout.files[name]:
                yield path.relative_to(self.layout.root).as_posix(), path


def open_store(path_or_url: str | Path, threads: int | None = None) -> Store:
    """Open a store for reading.

    Parameters
    ----------
    path_or_url : str or Path
        A DuckDB file, or a folder with ``<table>.parquet``, ``<table>.csv`` or a folder
        ``<table>/`` of Parquet parts for each table; also as a ``file://`` or ``duckdb://`` URL.
    threads : int, optional
        Processors to use, by default all. Sums over several threads differ in their last digits
        from run to run; with 1 the same store gives the same figures to the last bit.

    Returns
    -------
    Store
        Tables that the shop does not have are simply absent from it.

    Raises
    ------
    ParameterError
        If ``threads`` is below 1.
    StoreError
        If nothing is there, it cannot be read, it holds no table of a store, it holds one table
        twice, or the URL's scheme is not supported.
    """
    if threads is not None and threads < 1:
        raise ParameterError(f"threads is {threads}: name 1 or more, or None for all")
    url = str(path_or_url)
    root = _local_path(url)
    restore_interrupted(root)
    if not root.exists():
        raise StoreError(
            f"There is no store at {url!r}: no such file or folder. Name a DuckDB file or a "
            "folder of Parquet or CSV files; `smsroi demo` makes one to try."
        )
    connection = new_session(threads)
    try:
        layout = view_folder(connection, root) if root.is_dir() else attach_file(connection, root)
    except BaseException:
        connection.disconnect()
        raise
    return Store(url, connection, layout)


def _local_path(url: str) -> Path:
    scheme = _SCHEME.match(url)
    if scheme is None:
        return Path(url).expanduser().resolve()
    if scheme[1].lower() not in ("file", "duckdb"):
        # The rest of the URL may hold a password, so it is not repeated.
        raise StoreError(
            f"Stores of the kind '{scheme[1]}://' are not supported yet. Name a DuckDB file or "
            "a folder of Parquet or CSV files."
        )
    return Path(unquote(url[scheme.end() :])).resolve()


def _name_hint(name: str, present: tuple[str, ...]) -> str:
    near = nearest(name)
    if name in TABLES:
        hint = "The shop did not bring it; `missing_tables` says what cannot be told without it."
    elif near:
        hint = f"Is {near!r} meant?"
    else:
        hint = f"The tables of a store are {', '.join(TABLES)}."
    return f"{hint} Present: {', '.join(present)}."


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
