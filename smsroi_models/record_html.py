"""A result record as an HTML table, for JupyterLab: compact, escaped, and sure to come out.

Only plain values are written out. Of anything else the type and the shape are named: a table's own
text might run a query, and an object's own text might hold anything.
"""

import dataclasses
import html
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from smsroi_models.record_text import LONGEST_LIST, is_record, line_of, text_of, text_of_record

MOST_ROWS, DEEPEST = 60, 3
_UNITS = {
    "_per_year": "a year",
    "_share": "share",
    "_days": "days",
    "_weeks": "weeks",
    "_months": "months",
    "_hours": "hours",
    "_seconds": "seconds",
    "_points": "points",
}
_LEFT = ' style="text-align:left;vertical-align:top"'


def record_table(record: object) -> str:
    """Return a dataclass of results as an HTML table, whatever its fields hold.

    The caption is the name of the class and what it is; each row is a field, its value and the unit
    that its name ends in. A record within unfolds, up to three deep; several of one kind are one
    table; arrays are cut short after their shape.

    Examples
    --------
    >>> from smsroi_models.planning.text_cost import SegmentPrice
    >>> table = record_table(SegmentPrice(0.0075, "<b>USD</b>"))
    >>> "0.0075" in table, "&lt;b&gt;USD&lt;/b&gt;" in table, "<b>USD" in table
    (True, True, False)
    """
    return _sure(lambda: _record(record, 0), record)


def _sure(written: Callable[[], str], value: object) -> str:
    """Return what is written; where a value breaks its own writing, its type."""
    try:
        return written()
    except Exception:
        return f"<em>{_escaped(type(value).__name__)}, which cannot be shown</em>"


def _record(record: Any, depth: int) -> str:
    fields = dataclasses.fields(record)
    rows = "".join(_row(record, field.name, depth) for field in fields[:MOST_ROWS])
    if len(fields) > MOST_ROWS:
        rows += f"<tr><td{_LEFT}>and {len(fields) - MOST_ROWS} more</td><td></td></tr>"
    return f"<table><caption{_LEFT}>{_caption(record)}</caption><tbody>{rows}</tbody></table>"


def _caption(record: object) -> str:
    name, text = type(record).__name__, (type(record).__doc__ or "").strip()
    # A dataclass without a docstring is given its own signature for one.
    first = "" if not text or text.startswith(f"{name}(") else text.splitlines()[0]
    told = f"<strong>{_escaped(name)}</strong>"
    return f"{told}: {_escaped(first)}" if first else told


def _row(record: object, name: str, depth: int) -> str:
    value: object = None

    def cell() -> str:
        nonlocal value
        value = getattr(record, name)
        return _cell(value, depth)

    shown = _sure(cell, value)
    unit = next((word for end, word in _UNITS.items() if name.endswith(end)), "")
    unit = f" <small>{unit}</small>" if unit and value is not None else ""
    return f"<tr><th{_LEFT}>{_escaped(name)}</th><td{_LEFT}>{shown}{unit}</td></tr>"


def _cell(value: Any, depth: int) -> str:
    if is_record(value):
        short = text_of_record(value)
        if depth >= DEEPEST or _is_estimate(value):
            return _escaped(short)
        return _unfolding(short, _sure(lambda: _record(value, depth + 1), value))
    if isinstance(value, Mapping) and any(is_record(each) for each in value.values()):
        return _of_several({str(name): each for name, each in value.items()}, depth)
    if isinstance(value, (list, tuple)) and value and all(map(is_record, value)):
        return _of_several({str(place): each for place, each in enumerate(value)}, depth)
    return _escaped(text_of(value))


def _of_several(found: dict[str, Any], depth: int) -> str:
    """Return records by name: one table if they are of one kind and it is not nested too deep."""
    kinds = {type(each) for each in found.values()}
    short = f"{len(found)} of {', '.join(sorted(kind.__name__ for kind in kinds))}"
    if depth >= DEEPEST:
        return _escaped(short)
    if len(kinds) > 1:
        rows = "".join(
            f"<tr><th{_LEFT}>{_escaped(name)}</th>"
            f"<td{_LEFT}>{_sure_cell(each, depth + 1)}</td></tr>"
            for name, each in islice(found.items(), MOST_ROWS)
        )
        return _unfolding(short, f"<table><tbody>{rows}</tbody></table>")
    names = [field.name for field in dataclasses.fields(kinds.pop())][:MOST_ROWS]
    head = "".join(f"<th{_LEFT}>{_escaped(name)}</th>" for name in ("", *names))
    rows = "".join(
        f"<tr><th{_LEFT}>{_escaped(name)}</th>{_values(each, names)}</tr>"
        for name, each in islice(found.items(), MOST_ROWS)
    )
    return _unfolding(short, f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")


def _sure_cell(value: object, depth: int) -> str:
    return _sure(lambda: _cell(value, depth), value)


def _values(record: object, names: Iterable[str]) -> str:
    return "".join(f"<td{_LEFT}>{_sure_text(record, name)}</td>" for name in names)


def _sure_text(record: object, name: str) -> str:
    return _sure(lambda: _escaped(text_of(getattr(record, name))), record)


def _unfolding(short: str, table: str) -> str:
    return f"<details><summary>{_escaped(short)}</summary>{table}</details>"


def _is_estimate(value: object) -> bool:
    return type(value).__name__ == "Estimate" and hasattr(value, "estimate")


def _escaped(text: str) -> str:
    return html.escape(line_of(str.__str__(text), LONGEST_LIST))
