"""The values of a column of arms: whether those to compare can be there, and which there are."""

from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import numpy as np

from smsroi_models.errors import NotEstimableError, ParameterError

_SHOWN = 10
_NUMBERS = (bool, int, float, Decimal, np.number, np.bool_)


def check_arm_values(rows: ibis.Table, arm: str, treatment: Any, holdout: Any) -> None:
    """Raise `ParameterError` if a value is of another kind than the column's.

    Engines would convert one to the other, or fail in words of their own.
    """
    kind, types = _kind(rows[arm].type())
    for name, value in (("treatment", treatment), ("holdout", holdout)):
        if types and not isinstance(value, types):
            raise ParameterError(
                f"{name} is {value!r}, but {arm} is {kind}: name one of its values, "
                f"{read_arm_values(rows, arm)}"
            )


def require_arms(
    rows: ibis.Table, arm: str, found: dict[Any, Any], treatment: Any, holdout: Any
) -> None:
    """Raise `NotEstimableError` if a value has no row; the text lists those that have."""
    for value in (treatment, holdout):
        if value not in found:
            raise NotEstimableError(
                f"no row has {arm} = {value!r}: both arms need customers (there are "
                f"{read_arm_values(rows, arm)})"
            )


def read_arm_values(rows: ibis.Table, arm: str) -> str:
    """Return up to ten values of the column in their order, as a text."""
    known = rows.filter(rows[arm].notnull()).select(arm).distinct().order_by(arm)
    values = known.limit(_SHOWN + 1).to_pyarrow()[arm].to_pylist()
    listed = ", ".join(map(repr, values[:_SHOWN])) or "none"
    return f"{listed} ..." if len(values) > _SHOWN else listed


def _kind(dtype: ibis.DataType) -> tuple[str, tuple[type, ...]]:
    """Return what the column holds, in a word, and the types of its values; () for any."""
    if dtype.is_string():
        return "text", (str,)
    if dtype.is_boolean():
        return "true/false", _NUMBERS
    if dtype.is_numeric():
        return "a number", _NUMBERS
    if dtype.is_date() or dtype.is_timestamp():
        return ("a date" if dtype.is_date() else "a time"), (date, np.datetime64)
    return "", ()
