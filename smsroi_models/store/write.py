"""Write a store: frames become a folder of Parquet files or a DuckDB file, in exact types."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from smsroi_models.errors import StoreError
from smsroi_models.locales import checked_locale
from smsroi_models.store.conform import similar_column
from smsroi_models.store.layout import is_duckdb_file, nearest
from smsroi_models.store.sources import FORMULA_SIGNS
from smsroi_models.store.tables import TABLES, Column, Kind, Table

ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "time": pa.timestamp("us", tz="UTC"),
    "money": pa.float64(),
    "number": pa.float64(),
    "count": pa.int64(),
    "flag": pa.bool_(),
}
_REMEDIES: dict[Kind, str] = {
    "text": "Make it text, for example with .astype('string'); ids are text.",
    "time": "Give it a zone, for example with .dt.tz_localize('UTC').",
    "money": "Make it a number, for example with pandas.to_numeric.",
    "number": "Make it a number, for example with pandas.to_numeric.",
    "count": "Make it whole numbers, for example with .astype('int64').",
    "flag": "Make it true and false, for example with .astype('boolean').",
}
_DUCKDB_SUFFIXES = (".duckdb", ".db")


def write_store(tables: Mapping[str, pd.DataFrame], path: str | Path) -> Path:
    """Write frames as a store, wholly or not at all; equal frames make equal Parquet bytes.

    Columns are put in their documented order and types; columns that may be null and are absent
    are written as nulls; NaN and empty text become null; times are kept to the microsecond.
    Rules of values (keys, ranges, links between tables) are left to `check_store`.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Frames by table name; the index is not written.
    path : str or Path
        A folder to make, or a file that ends in ``.duckdb`` or ``.db``. A store that is there
        already is replaced.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    StoreError
        If a table or column is unknown, a column that may not be null is absent, a column's
        values are of another type, a time has no zone, or ``path`` holds something else than a
        store.
    ParameterError
        If a campaign's locale is none.
    """
    target = Path(path).expanduser()
    if not tables:
        raise StoreError("There is no table to write: hand over at least one frame.")
    as_file = target.suffix.lower() in _DUCKDB_SUFFIXES
    _refuse_to_replace(target, as_file)
    frames = {name: _to_arrow(name, frame) for name, frame in tables.items()}
    _check_locale(frames)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        if as_file:
            _write_duckdb(frames, fresh)
        else:
            fresh.mkdir()
            _write_parquet(frames, fresh)
        _put_in_place(fresh, target, Path(scratch) / "replaced")
    return target


def write_tables(
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    file_format: Literal["parquet", "csv"] = "parquet",
) -> None:
    """Write frames into a folder that is there, as ``<table>.parquet`` or ``<table>.csv``.

    For some tables beside others; `write_store` writes a store whole. Raises as `write_store`.
    In CSV, text that a spreadsheet would take for a formula begins with an apostrophe more, which
    a store takes off again (`sources.read_csv_sql`).
    """
    frames = {name: _to_arrow(name, frame) for name, frame in tables.items()}
    _check_locale(frames)
    if file_format == "parquet":
        _write_parquet(frames, folder)
        return
    needed = pyarrow.csv.WriteOptions(quoting_style="needed")
    for name, frame in frames.items():
        pyarrow.csv.write_csv(inert_table(frame), folder / f"{name}.csv", needed)


def _check_locale(frames: Mapping[str, pa.Table]) -> None:
    """Refuse a locale that no page can be written in."""
    if "campaigns" in frames:
        for tag in frames["campaigns"]["locale"].unique().drop_null().to_pylist():
            checked_locale(tag, "the campaigns' locale")


def inert_table(frame: pa.Table) -> pa.Table:
    """Return the table with its texts as no formula of a spreadsheet: `sources.inert_in_csv`."""
    for place, column in enumerate(frame.schema):
        if pa.types.is_string(column.type):
            text = pa.compute.replace_substring_regex(
                frame[column.name], pattern=f"^('*{FORMULA_SIGNS})", replacement=r"'\1"
            )
            frame = frame.set_column(place, column, text)
    return frame


def _to_arrow(name: str, frame: pd.DataFrame) -> pa.Table:
    if name not in TABLES:
        near = nearest(name)
        hint = f"is {near!r} meant?" if near else f"the tables are {', '.join(TABLES)}."
        raise StoreError(f"A store has no table {name!r}: {hint}")
    table = TABLES[name]
    _check_columns(table, frame)
    return pa.table({column.name: _values(table, column, frame) for column in table.columns})


def _check_columns(table: Table, frame: pd.DataFrame) -> None:
    names = [column.name for column in table.columns]
    unknown = [str(name) for name in frame.columns if name not in names]
    missing = [c.name for c in table.columns if not c.nullable and c.name not in frame.columns]
    if unknown:
        near = similar_column(unknown[0], names)
        hint = f"is {near!r} meant?" if near else f"its columns are {', '.join(names)}."
        raise StoreError(f"Table {table.name!r} has no column {unknown[0]!r}: {hint}")
    if missing:
        raise StoreError(
            f"Table {table.name!r} needs the column {', '.join(map(repr, missing))}: "
            f"each row must say it. The frame has {', '.join(map(repr, frame.columns))}."
        )
    if frame.columns.has_duplicates:
        raise StoreError(f"The frame for table {table.name!r} names a column twice: drop one.")


def _values(table: Table, column: Column, frame: pd.DataFrame) -> pa.Array | pa.ChunkedArray:
    if column.name not in frame.columns:
        return pa.nulls(len(frame), ARROW_TYPES[column.kind])
    try:
        found = _found(frame[column.name])
        return _converted(found, column.kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise StoreError(
            f"Column {column.name!r} of table {table.name!r} is not {column.kind}: "
            f"{str(error).rstrip('.')}. {_REMEDIES[column.kind]}"
        ) from error


def _found(series: pd.Series) -> pa.Array | pa.ChunkedArray:
    found = pa.array(series, from_pandas=True)
    return found.cast(found.type.value_type) if pa.types.is_dictionary(found.type) else found


def _converted(found: pa.Array | pa.ChunkedArray, kind: Kind) -> pa.Array | pa.ChunkedArray:
    target = ARROW_TYPES[kind]
    if pa.types.is_null(found.type):
        return found.cast(target)
    if not _is_of_kind(found.type, kind):
        raise pa.ArrowTypeError(f"its values are of the type {found.type}")
    # Only a time may lose something: what lies below the microsecond.
    cast = found.cast(target, safe=kind != "time")
    if kind != "text":
        return cast
    return pa.compute.if_else(pa.compute.equal(cast, ""), None, cast)


def _is_of_kind(found: pa.DataType, kind: Kind) -> bool:
    number = pa.types.is_integer(found) or pa.types.is_floating(found)
    kept: dict[Kind, bool] = {
        "text": pa.types.is_string(found) or pa.types.is_large_string(found),
        "time": pa.types.is_timestamp(found) and found.tz is not None,
        "money": number or pa.types.is_decimal(found),
        "number": number or pa.types.is_decimal(found),
        "count": number,
        "flag": pa.types.is_boolean(found),
    }
    return kept[kind]


def _write_parquet(frames: Mapping[str, pa.Table], folder: Path) -> None:
    for name, frame in frames.items():
        pq.write_table(frame, folder / f"{name}.parquet", compression="zstd")


def _write_duckdb(frames: Mapping[str, pa.Table], file: Path) -> None:
    with duckdb.connect(file) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, frame in frames.items():
            connection.register("frame", frame)
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM frame')
            connection.unregister("frame")


def _refuse_to_replace(target: Path, as_file: bool) -> None:
    """Refuse to delete anything that is not a store."""
    if not target.exists():
        return
    if as_file and target.is_file() and is_duckdb_file(target):
        return
    names = {f"{name}.{ending}" for name in TABLES for ending in ("parquet", "csv")}
    if not as_file and target.is_dir() and {entry.name for entry in target.iterdir()} <= names:
        return
    raise StoreError(
        f"{str(target)!r} is there already and is not a store of this form, so it is not "
        "replaced. Name another place, or remove it."
    )


def _put_in_place(fresh: Path, target: Path, replaced: Path) -> None:
    """Rename ``fresh`` to ``target``; a folder cannot be renamed over another one with files."""
    if target.is_dir():
        target.rename(replaced)
    try:
        fresh.replace(target)
    except OSError:
        if replaced.exists():
            replaced.rename(target)
        raise
