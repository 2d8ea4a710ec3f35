"""Read a vendor's file record by record: CSV, JSON, JSON lines or Parquet, packed with gzip or not.

What a file is, is told from its first bytes, not from its name. CSV, JSON lines and Parquet are
streamed; a JSON document is held in memory and may therefore not be larger than `LARGEST_DOCUMENT`.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from smsroi_models.errors import DataError
from smsroi_models.store.vendors.holding import (
    joined_titles,
    listed_in,
    object_of,
    values_of,
    whole_number,
)

LARGEST_DOCUMENT = 64 * 1024 * 1024
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_OTHERS = {
    b"PK\x03\x04": "a zip archive or a workbook: unpack it, or save its sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old workbook: save its sheet as CSV",
    b"%PDF": "a PDF",
}
_LONGEST_LINE = 16 * 1024 * 1024
_PARQUET_ROWS = 4096

MISSHAPEN = "has more or fewer fields than the header"
UNREADABLE = "is no JSON object"
UNKNOWN_VALUE = "holds a value that cannot be read"


@dataclass(frozen=True, slots=True)
class Found:
    """A record: its number in the file, from 1, and its values, or what is wrong with it."""

    number: int
    values: dict[str, object]
    fault: str | None = None


class SourceFile:
    """A file of records, opened anew for each pass over it.

    Raises
    ------
    DataError
        If it is not there, is empty, or cannot be read as UTF-8 text.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._encoding = "utf-8-sig"
        self._opened: IO[bytes] | None = None
        self._share = 0.0
        with self.told():
            if not path.is_file():
                raise DataError(f"there is no file {str(path)!r}: name the vendor's export")
            self.form = self._form()

    @property
    def share(self) -> float:
        """How much of the file has been read in the present pass, by its bytes, from 0 to 1."""
        if self._opened is not None:
            packed = getattr(self._opened, "fileobj", None)  # None once it is closed
            file = packed or self._opened
            size = max(self.path.stat().st_size, 1)
            self._share = self._share if file.closed else min(file.tell() / size, 1.0)
        return self._share

    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns: of the header, or of the first record."""
        with self.told():
            if self.form == "parquet":
                return tuple(pq.read_schema(self.path).names)
            if self.form == "csv":
                with self._text() as lines:
                    return tuple(self._header(self._lines(self._reader(lines))))
        first = next(iter(self.records()), None)
        if first is None or first.fault:
            raise DataError(f"{str(self.path)!r} holds no records: is it the right file?")
        return tuple(first.values)

    def records(self, header_rows: int = 1) -> Iterator[Found]:
        """Yield every record, in the file's order."""
        with self.told():
            if self.form == "parquet":
                yield from self._parquet()
            elif self.form == "csv":
                yield from self._csv(header_rows)
            else:
                yield from self._json()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell in plain words what is wrong with a file that cannot be read."""
        try:
            yield
        except UnicodeDecodeError as error:
            raise DataError(
                f"{str(self.path)!r} is neither UTF-8 nor UTF-16 text. Export it in UTF-8."
            ) from error
        except (EOFError, gzip.BadGzipFile, zlib.error, pa.ArrowException) as error:
            raise DataError(
                f"{str(self.path)!r} cannot be read to its end ({error}): it is cut short or "
                "damaged. Export or load it anew."
            ) from error
        except OSError as error:
            told = error.strerror or error
            raise DataError(f"{str(self.path)!r} cannot be read: {told}") from error

    def _form(self) -> str:
        with self.path.open("rb") as file:
            start = file.read(8)
        if start.startswith(_PARQUET):
            return "parquet"
        for sign, what in _OTHERS.items():
            if start.startswith(sign):
                raise DataError(f"{str(self.path)!r} is no CSV and no JSON but {what}")
        with self._bytes() as unpacked:
            begin = unpacked.read(4096)
        if begin.startswith(_UTF_16):
            self._encoding = "utf-16"
        head = begin.decode(self._encoding, "ignore").lstrip()
        if not head:
            raise DataError(f"{str(self.path)!r} is empty")
        return "json" if head[:1] in "{[" else "csv"

    def _bytes(self) -> IO[bytes]:
        self._opened = self._unpacked()
        return self._opened

    def _unpacked(self) -> IO[bytes]:
        with self.path.open("rb") as file:
            packed = file.read(2) == _GZIP
        return cast(IO[bytes], gzip.open(self.path) if packed else self.path.open("rb"))

    def _text(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._bytes(), encoding=self._encoding, newline="")

    def _reader(self, lines: io.TextIOWrapper) -> "Iterator[list[str]]":
        # A quote that is never closed would take the rest of the file for one field.
        csv.field_size_limit(_LONGEST_LINE)
        return csv.reader(lines, strict=True)

    def _header(self, rows: Iterator[list[str]]) -> list[str]:
        # A title may hold line breaks; nobody writes those into a mapping file.
        header = [" ".join(name.split()) for name in next(rows, [])]
        if len(header) == 1 and any(sign in header[0] for sign in (";", "\t", "|")):
            raise DataError(
                f"{str(self.path)!r} is not separated by commas. Save it with commas between the "
                "columns, and points in decimal numbers."
            )
        return header

    def _csv(self, header_rows: int) -> Iterator[Found]:
        with self._text() as lines:
            rows = self._reader(lines)
            header = self._header(self._lines(rows))
            if header_rows > 1:
                header = joined_titles(header, next(rows, []))
            # Of a name that stands twice the first column counts.
            order = list(reversed(range(len(header))))
            for i, row in enumerate((row for row in self._lines(rows) if row), start=1):
                if len(row) != len(header):
                    yield Found(i, {}, MISSHAPEN)
                else:
                    yield Found(i, {header[j]: row[j] for j in order})

    def _lines(self, rows: Any) -> Iterator[list[str]]:
        """Yield the rows of the CSV reader, which knows at which line it stops."""
        try:
            yield from rows
        except csv.Error as error:
            raise DataError(
                f"{str(self.path)!r} cannot be read to its end: line {rows.line_num} ({error}). A "
                "quote is out of place there, or opened further up and never closed"
            ) from error

    def _parquet(self) -> Iterator[Found]:
        number = 0
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
                for values in values_of(batch):
                    number += 1
                    fault = UNKNOWN_VALUE if values is None else None
                    yield Found(number, values or {}, fault)
                self._share = number / max(file.metadata.num_rows, 1)

    def _json(self) -> Iterator[Found]:
        with self._text() as lines:
            first = lines.readline(_LONGEST_LINE)
            if object_of(first) is None or listed_in(object_of(first)) is not None:
                yield from self._document()
                return
            number = 0
            line = first
            while line:
                if line.strip():
                    number += 1
                    values = object_of(line)
                    yield Found(number, values or {}, UNREADABLE if values is None else None)
                line = lines.readline(_LONGEST_LINE)

    def _document(self) -> Iterator[Found]:
        with self._bytes() as file:
            whole = file.read(LARGEST_DOCUMENT + 1)
        if len(whole) > LARGEST_DOCUMENT:
            raise DataError(
                f"{str(self.path)!r} is one JSON document of more than "
                f"{LARGEST_DOCUMENT // 1024**2} MB: split it, or write one object a line"
            )
        try:
            document = json.loads(whole.decode(self._encoding), parse_int=whole_number)
        except (json.JSONDecodeError, RecursionError) as error:
            raise DataError(f"{str(self.path)!r} is no JSON: is it whole?") from error
        rows = document if isinstance(document, list) else listed_in(document)
        if rows is None:
            rows = [document]
        around = document if isinstance(document, dict) else {}
        about = {name: value for name, value in around.items() if not isinstance(value, list)}
        for number, values in enumerate(rows, start=1):
            known = isinstance(values, dict)
            yield Found(number, about | values if known else {}, None if known else UNREADABLE)
