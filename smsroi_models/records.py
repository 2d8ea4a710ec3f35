"""What every result record can do: become a dict, a frame, a table to see or canonical JSON."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from smsroi_models.record_html import record_table

if TYPE_CHECKING:
    import pandas as pd


class Record:
    """A frozen dataclass of results; units stand in each field's documentation.

    A record that is a collection names in ``MEMBERS`` what holds its members: fields of records,
    or arrays of one length.
    """

    __slots__ = ()

    MEMBERS: ClassVar[tuple[str, ...]] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain Python values: nested records as dicts, arrays as lists."""
        names = [field.name for field in dataclasses.fields(self)]  # type: ignore[arg-type]
        return {name: _plain(getattr(self, name)) for name in names}

    def to_frame(self) -> "pd.DataFrame":
        """Return one row, or one a member where the record is a collection.

        A nested field ``a`` of record ``b`` becomes the column ``b.a``.
        """
        values = {name: _plain(getattr(self, name)) for name in self.MEMBERS}
        return frame_of(_rows(values) if values else [self.to_dict()])

    def _repr_html_(self) -> str:
        """Return the table that JupyterLab shows."""
        return record_table(self)


def _rows(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row a member; of a mapping its names come first, and of several fields theirs."""
    rows = []
    for field, members in values.items():
        part = {"part": field} if len(values) > 1 else {}
        if isinstance(members, Mapping):
            rows += [part | {"name": name} | member for name, member in members.items()]
        elif all(isinstance(member, Mapping) for member in members):
            rows += [part | member for member in members]
        else:
            columns = zip(*values.values(), strict=True)
            return [dict(zip(values, row, strict=True)) for row in columns]
    return rows


def _plain(value: Any) -> Any:
    """Return the value with dicts for dataclasses, and lists for arrays, however deep."""
    if isinstance(value, Record):
        return value.to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {_plain(name): _plain(part) for name, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_plain, value))
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    # NumPy's arrays and single numbers, without importing NumPy.
    is_numpy = type(value).__module__.partition(".")[0] == "numpy"
    return value.tolist() if is_numpy and hasattr(value, "tolist") else value


def canonical_json(values: Mapping[str, object]) -> str:
    """Return the one JSON text of the values: sorted keys, no spaces, shortest exact floats.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has no such number.

    Examples
    --------
    >>> canonical_json({"b": (1, 0.1), "a": -0.0})
    '{"a":0.0,"b":[1,0.1]}'
    """
    return json.dumps(
        _without_signed_zero(values),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )


def sha256_of(text: str) -> str:
    """Return the SHA-256 hash of the text in UTF-8, 64 hexadecimal digits.

    Examples
    --------
    >>> sha256_of("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def _without_signed_zero(value: object) -> object:
    """Return the values with 0.0 for -0.0, which equals it but is written otherwise."""
    if isinstance(value, Mapping):
        return {name: _without_signed_zero(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_signed_zero(part) for part in value]
    return value + 0.0 if isinstance(value, float) else value


def frame_of(rows: Sequence[dict[str, Any]]) -> "pd.DataFrame":
    """Return one row a dict; a nested field ``a`` of ``b`` becomes the column ``b.a``."""
    import pandas as pd

    return pd.json_normalize(list(rows))
