"""Values of the plain types that a notebook's parameter can have, held strictly to their type."""

import json
import math
import unicodedata

from smsroi_models.errors import ParameterError

_SCALARS: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
TYPES = (*_SCALARS, *(f"list[{name}]" for name in _SCALARS))
"""Every type of a parameter, as it is written: ``str``, ..., ``list[bool]``."""

# Control, lone surrogate, line separator, paragraph separator: none belongs in an id or a path,
# and each has broken a tool further down the line.
_REFUSED = ("Cc", "Cs", "Zl", "Zp")
_LONGEST_SHOWN = 80


def check_value(value: object, annotation: str, name: str) -> object:
    """Return ``value`` if it is of the type; an int for a float becomes one, nothing else changes.

    Raises
    ------
    ParameterError
        The type differs (``True`` is no int), a float is not finite, an int leaves 64 bits, or
        text holds line breaks or control characters; ``name`` opens the text.

    Examples
    --------
    >>> check_value(7, "float", "rate"), check_value(["a"], "list[str]", "names")
    (7.0, ['a'])
    """
    if annotation.startswith("list["):
        return _checked_list(value, annotation, name)
    wanted = _SCALARS[annotation]
    if wanted is float and type(value) is int:
        value = _as_float(value, name)
    if type(value) is not wanted:
        raise ParameterError(f"{name} = {_shown(value)}: {annotation} is wanted.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ParameterError(f"{name} = {value}: a finite number is wanted.")
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise ParameterError(f"{name} = {_shown(value)} leaves 64 bits; give a smaller number.")
    if isinstance(value, str) and any(unicodedata.category(c) in _REFUSED for c in value):
        raise ParameterError(
            f"{name} = {_shown(value)} holds a line break or control character; take it out."
        )
    return value


def parse_value(text: str, annotation: str, name: str) -> object:
    """Return a command line's text as the type: text as it stands, the rest read as JSON.

    Raises
    ------
    ParameterError
        The text is no JSON of that type; ``name`` opens the text.

    Examples
    --------
    >>> parse_value("7", "str", "code"), parse_value("[7, 14]", "list[int]", "days")
    ('7', [7, 14])
    """
    if annotation == "str":
        return check_value(text, annotation, name)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        form = ', as in [1, 2] or ["a"]' if annotation.startswith("list") else ""
        raise ParameterError(f"{name} = {_shown(text)}: {annotation} is wanted{form}.") from None
    return check_value(value, annotation, name)


def _checked_list(value: object, annotation: str, name: str) -> list[object]:
    if not isinstance(value, list):
        raise ParameterError(f"{name} = {_shown(value)}: {annotation} is wanted.")
    inner = annotation.removeprefix("list[").removesuffix("]")
    return [check_value(item, inner, f"{name}[{place}]") for place, item in enumerate(value)]


def _as_float(value: int, name: str) -> float:
    try:
        converted = float(value)
    except OverflowError:
        converted = math.inf
    if converted != value:
        raise ParameterError(f"{name} is too large for an exact float; give a smaller number.")
    return converted


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python does not write out a whole number of more than 4300 digits
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
