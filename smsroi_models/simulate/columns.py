"""Columns of a simulated table, built without a Python loop over rows."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smsroi_models.store.tables import TABLES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

DAY = 86_400
"""Seconds of a day. Every time inside the simulator is whole seconds since the programme's start:
whole, so that what lies inside a half-open window here also lies inside it in the tables."""

NEVER = 2**62
"""A time, in seconds, that never comes."""

NONE = -1
"""A code or a row number that stands for null."""


def identifiers(prefix: str, numbers: Integers, width: int) -> pa.Array:
    """Return the texts ``prefix`` + number, zero-padded to ``width`` digits; `NONE` gives null.

    Examples
    --------
    >>> identifiers("c", np.array([7, -1, 120]), 4).to_pylist()
    ['c0007', None, 'c0120']
    """
    head = np.frombuffer(prefix.encode("ascii"), dtype=np.uint8)
    size = len(head) + width
    letters = np.empty((len(numbers), size), dtype=np.uint8)
    letters[:, : len(head)] = head
    rest = np.maximum(numbers, 0)
    for place in range(size - 1, len(head) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        letters[:, place] = digit + ord("0")
    offsets = np.arange(len(numbers) + 1, dtype=np.int64) * size
    known = np.packbits(numbers != NONE, bitorder="little")
    return pa.LargeStringArray.from_buffers(
        len(numbers), pa.py_buffer(offsets), pa.py_buffer(letters), pa.py_buffer(known)
    )


def picked(labels: Sequence[str], codes: Integers) -> pa.Array:
    """Return the label of each code, shape (n,); `NONE` gives null."""
    source = pa.array(labels, type=pa.large_string())
    return source.take(pa.array(codes, mask=codes == NONE))


def joined(left: pa.Array, right: pa.Array) -> pa.Array:
    """Return both texts glued together, row by row; null where either is null."""
    return pc.binary_join_element_wise(left, right, pa.scalar("", type=pa.large_string()))


def moments_in_time(start: pd.Timestamp, seconds: Integers) -> pd.DatetimeIndex:
    """Return UTC times from whole seconds since ``start``."""
    origin = start.tz_convert("UTC").tz_localize(None).to_datetime64().astype("datetime64[s]")
    times = (origin + seconds.astype("timedelta64[s]")).astype("datetime64[us]")
    return pd.DatetimeIndex(times).tz_localize("UTC")


def table_frame(name: str, columns: Mapping[str, object]) -> pd.DataFrame:
    """Return the columns as a frame in the order that the store's contract documents."""
    wanted = [column.name for column in TABLES[name].columns]
    return pd.DataFrame({column: _series(columns[column]) for column in wanted}, copy=False)


def _series(values: object) -> object:
    if isinstance(values, pa.Array):
        return pd.Series(values, dtype="str")
    return values
