"""The values that records hold, as one line of plain text each.

Only plain values are written out. Of anything else the type and the shape are named: a table's own
text might run a query, and an object's own text might hold anything.
"""

import dataclasses
import math
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import PurePath
from typing import Any

LONGEST_TEXT, MOST_VALUES, DEEPEST = 200, 6, 3
LONGEST_LIST = MOST_VALUES * LONGEST_TEXT
_NAMES = ("label", "name")
_PLAIN = (date, time, timedelta, Decimal, PurePath)


def text_of(value: object) -> str:
    r"""Return a value as one short line of plain text, not escaped for any page.

    Examples
    --------
    >>> text_of(1234567.891), text_of(0.0123456), text_of(None), text_of(12_000)
    ('1,234,568', '0.01235', 'none', '12,000')
    >>> text_of(0.99999), text_of(1.0), text_of(1.00001)
    ('>0.9999', '1', '1')
    >>> text_of("two\nlines and a bell\a"), text_of((1, 2.5, "three"))
    ('two lines and a bell\ufffd', '1, 2.5, three')
    """
    return _text(value, 0)


def is_record(value: object) -> bool:
    """Whether the value is a dataclass of results."""
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def text_of_record(value: Any) -> str:
    """Return a record in a few words: its estimate with the interval, or its class and name."""
    name = type(value).__name__
    for middle in ("estimate", "absolute_lift"):
        if all(hasattr(value, part) for part in (middle, "ci_lower", "ci_upper")):
            ends = f"{_text(value.ci_lower, 1)} to {_text(value.ci_upper, 1)}"
            told = f"{_text(getattr(value, middle), 1)} ({ends})"
            return told if middle == "estimate" else f"{name}: {told}"
    called = next((getattr(value, part) for part in _NAMES if hasattr(value, part)), "")
    return f"{name}: {line_of(str.__str__(called))}" if isinstance(called, str) and called else name


def _text(value: Any, depth: int) -> str:
    """Return a plain value in words; of anything else only what it is."""
    if type(value).__module__.partition(".")[0] == "numpy" and getattr(value, "shape", None) == ():
        value = value.tolist()
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, str):
        return line_of(str.__str__(value))
    if isinstance(value, _PLAIN):
        return line_of(value.isoformat(" ") if isinstance(value, datetime) else str(value))
    if is_record(value):
        return text_of_record(value)
    if getattr(value, "shape", None):
        return _array(value)
    if isinstance(value, (Mapping, list, tuple, set, frozenset)) and depth < DEEPEST:
        return _several(value, depth)
    return type(value).__name__


def _number(value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    if abs(value) >= 1e15:
        return f"{value:.4g}"
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    # A probability close to one is not certainty.
    return ">0.9999" if 0.99995 <= value < 1 else f"{value:.4g}"


def _array(value: Any) -> str:
    shape = " x ".join(str(int(side)) for side in value.shape)
    if type(value).__module__.partition(".")[0] != "numpy":
        return f"{type(value).__name__}, {shape}"
    return f"array, {shape}: {_several(value.reshape(-1)[: MOST_VALUES + 1].tolist(), 0)}"


def _several(value: Any, depth: int) -> str:
    if not len(value):
        return "none"
    if isinstance(value, Mapping):
        parts = [f"{_text(k, depth + 1)}: {_text(v, depth + 1)}" for k, v in _first(value.items())]
    else:
        parts = [_text(each, depth + 1) for each in _first(value)]
    more = ["..."] if len(value) > MOST_VALUES else []
    return line_of(", ".join([*parts, *more]), LONGEST_LIST)


def _first(values: Iterable[Any]) -> list[Any]:
    return list(islice(values, MOST_VALUES))


def line_of(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return text cut to a length, on one line, nothing in it that steers a screen."""
    cut = text if len(text) <= longest else f"{text[: longest - 3]}..."
    return "".join(map(_visible, cut))


def _visible(character: str) -> str:
    if character in "\n\r\t" or unicodedata.category(character) == "Zs":
        return " "
    return character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
