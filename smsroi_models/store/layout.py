"""What lies at a path: the files of each table of a store, and what is not a table of it."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from smsroi_models.errors import StoreError
from smsroi_models.store.tables import TABLES

Format = Literal["parquet", "csv", "duckdb"]

_DUCKDB_MAGIC = b"DUCK"
_DUCKDB_MAGIC_AT = 8
_PROSE = (".md", ".txt")
# What `smsroi assign` puts beside the tables that it writes, for people to read.
_COMPANIONS = ("plan.json",)


@dataclass(frozen=True, slots=True)
class Layout:
    """A store on disk: its place, its tables' format and files, and the names it ignores.

    ``files`` holds, by table name, the table's files; a DuckDB file is the file of all its
    tables, which are listed only once it is opened.
    """

    root: Path
    format: dict[str, Format]
    files: dict[str, tuple[Path, ...]]
    ignored: tuple[str, ...]


def nearest(name: str) -> str | None:
    """Return the table whose name is nearest to ``name``, or None where none comes near.

    Examples
    --------
    >>> nearest("Order")
    'orders'
    >>> nearest("weather") is None
    True
    """
    found = difflib.get_close_matches(name.lower(), TABLES, n=1, cutoff=0.7)
    return found[0] if found else None


def is_duckdb_file(path: Path) -> bool:
    """Tell whether the file begins as a DuckDB file does."""
    with path.open("rb") as file:
        return file.read(_DUCKDB_MAGIC_AT + len(_DUCKDB_MAGIC)).endswith(_DUCKDB_MAGIC)


def folder_layout(root: Path) -> Layout:
    """Return the tables of a folder of ``<table>.parquet``, ``<table>.csv`` and ``<table>/``.

    Raises
    ------
    StoreError
        If the folder holds no table, or one table twice.
    """
    layout = Layout(root, {}, {}, _ignored(root))
    for name in TABLES:
        _add_table(layout, name)
    if not layout.files:
        raise StoreError(no_table_message(str(root), (p.name for p in sorted(root.iterdir()))))
    return layout


def no_table_message(place: str, found: Iterable[str]) -> str:
    """Return the sentences that say what was found where no table was, and what was expected."""
    names = tuple(found)
    hints = [
        f"is {name!r} meant to be {near!r}?" for name in names if (near := nearest(Path(name).stem))
    ]
    return " ".join(
        [
            f"No table of a store in {place!r}:",
            f"it holds {', '.join(map(repr, names)) or 'nothing'}.",
            f"Expected are {', '.join(TABLES)}, each as a table of a DuckDB file,",
            "as <table>.parquet or as <table>.csv.",
            *(hint[0].upper() + hint[1:] for hint in hints),
        ]
    )


def _add_table(layout: Layout, name: str) -> None:
    candidates = _candidates(layout.root, name)
    if len(candidates) > 1:
        both = " and ".join(repr(place.name) for place, _, _ in candidates)
        raise StoreError(
            f"Table {name!r} is there more than once in {str(layout.root)!r}: {both}. "
            "A table has one source: remove all but one."
        )
    for _, kind, files in candidates:
        layout.format[name], layout.files[name] = kind, files


def _candidates(root: Path, name: str) -> list[tuple[Path, Format, tuple[Path, ...]]]:
    """Return every place that could be the table: the place, its format, its files."""
    parquet, csv, folder = root / f"{name}.parquet", root / f"{name}.csv", root / name
    found: list[tuple[Path, Format, tuple[Path, ...]]] = []
    if parquet.is_dir():
        found.append((parquet, "parquet", _parts(parquet)))
    elif parquet.is_file():
        found.append((parquet, "parquet", (parquet,)))
    if csv.is_file():
        found.append((csv, "csv", (csv,)))
    if folder.is_dir():
        found.append((folder, "parquet", _parts(folder)))
    return found


def _parts(folder: Path) -> tuple[Path, ...]:
    parts = tuple(sorted(folder.glob("*.parquet")))
    if not parts:
        raise StoreError(
            f"The folder {str(folder)!r} is named like a table but holds no Parquet file. "
            "Put the table's parts there as *.parquet, or remove the folder."
        )
    return parts


def _ignored(root: Path) -> tuple[str, ...]:
    """Return what is not a table; hidden files, prose and companions are no misspelling."""
    places = {place.name for name in TABLES for place in _places(root, name)}
    return tuple(
        sorted(
            entry.name
            for entry in root.iterdir()
            if entry.name not in places
            and entry.name not in _COMPANIONS
            and not entry.name.startswith((".", "_"))
            and entry.suffix.lower() not in _PROSE
        )
    )


def _places(root: Path, name: str) -> tuple[Path, ...]:
    return root / f"{name}.parquet", root / f"{name}.csv", root / name
