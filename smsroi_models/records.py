"""What every result record can do: become a dict, a one-row frame or canonical JSON."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class Record:
    """A frozen dataclass of results; units stand in each field's documentation."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, nested records included, as plain Python values."""
        return dataclasses.asdict(self)  # type: ignore[call-overload,no-any-return]

    def to_frame(self) -> "pd.DataFrame":
        """Return one row; a nested field ``a`` of record ``b`` becomes the column ``b.a``."""
        import pandas as pd

        return pd.json_normalize(self.to_dict())


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
