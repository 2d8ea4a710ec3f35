"""How the files of an export are written: records one by one, so that memory does not grow."""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """One import: the vendor, its files and the options, all paths relative to the folder."""

    vendor: str
    files: tuple[str, ...]
    mapping: str | None = None
    options: tuple[tuple[str, str], ...] = ()

    def arguments(self, folder: str, store: str) -> list[str]:
        """Return the words that follow ``smsroi import``."""
        words = [self.vendor, *(f"{folder}/{file}" for file in self.files)]
        words += ["--mapping", f"{folder}/{self.mapping}"] if self.mapping else []
        for name, value in self.options:
            words += [f"--{name.replace('_', '-')}", value]
        return [*words, "--store", store]

    def section(self) -> str:
        """Return the same for the list of a folder's imports, in TOML."""
        said = {"vendor": self.vendor, "mapping": self.mapping, **dict(self.options)}
        files = ", ".join(map(quoted, self.files))
        lines = [f"{name} = {quoted(value)}" for name, value in said.items() if value]
        return "\n".join(["[[import]]", *lines, f"files = [{files}]", ""])


def records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the frame's rows as dicts; null is None, times are aware, the index is left out."""
    for first in range(0, len(frame), _ROWS):
        part = frame.iloc[first : first + _ROWS]
        yield from pa.Table.from_pandas(part, preserve_index=False).to_pylist()


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows under those columns; what a row lacks is blank."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write rows as JSON lines, packed where the name ends in ``.gz``."""
    # A fixed time in the header, so that equal rows make equal bytes.
    with path.open("wb") as raw:
        file = gzip.GzipFile("", "wb", 6, raw, 0) if path.suffix == ".gz" else raw
        for row in rows:
            file.write(json.dumps(row).encode() + b"\n")
        if file is not raw:
            file.close()


def write_document(path: Path, document: object) -> None:
    """Write one JSON document."""
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def iso(time: datetime) -> str:
    """Return the time in ISO 8601, in UTC, to the second.

    >>> from datetime import UTC
    >>> iso(datetime(2025, 3, 1, 10, tzinfo=UTC))
    '2025-03-01T10:00:00Z'
    """
    return f"{time:%Y-%m-%dT%H:%M:%S}Z"


def quoted(text: str) -> str:
    r"""Return the text as a string of TOML.

    >>> print(quoted('the "best"'))
    "the \"best\""
    """
    return json.dumps(text)
