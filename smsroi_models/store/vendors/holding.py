"""What a line, a batch or a document holds: records, whatever else is in it."""

import json
from typing import Any

import pyarrow as pa

_LISTS = ("calls", "link_clicks", "messages", "data")
_MOST_DIGITS = 400


def values_of(batch: pa.RecordBatch) -> list[dict[str, Any] | None]:
    """Return the records of a batch; None for one with, say, a time in the year 20,000."""
    try:
        return list(batch.to_pylist())
    except (ValueError, OverflowError, pa.ArrowException):
        if batch.num_rows == 1:
            return [None]
    rows = range(batch.num_rows)
    return [found for row in rows for found in values_of(batch.slice(row, 1))]


def joined_titles(titles: list[str], below: list[str]) -> list[str]:
    """Name the columns of a question with several: its title, and what stands below.

    >>> joined_titles(["Id", "Rate", ""], ["", "shoes", "socks"])
    ['Id', 'Rate', 'Rate / socks']
    """
    names, last = [], ""
    for i, title in enumerate(titles):
        last = title or last
        under = " ".join(below[i].split()) if i < len(below) else ""
        names.append(title or f"{last} / {under}")
    return names


def whole_number(digits: str) -> int | str:
    """Return the number; one that no column can hold stays text, which is dropped as no number."""
    return int(digits) if len(digits) <= _MOST_DIGITS else digits


def object_of(line: str) -> dict[str, Any] | None:
    """Return the object that the line holds, None where it holds none."""
    try:
        found = json.loads(line, parse_int=whole_number)
    except (json.JSONDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def listed_in(document: object) -> list[object] | None:
    """Return the list that a page of a programming interface wraps."""
    if not isinstance(document, dict):
        return None
    return next(
        (document[name] for name in _LISTS if isinstance(document.get(name), list)),
        None,
    )
