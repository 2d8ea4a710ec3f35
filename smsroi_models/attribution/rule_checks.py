"""What a rule of one's own must be: each refusal names the rule, the value and the remedy."""

import math
from collections.abc import Collection, Mapping
from numbers import Real
from typing import Any

from smsroi_models.errors import ParameterError

LONGEST_DAYS = 36_500
"""Of a window, days: a hundred years, which is any time for a shop."""
_SHORTEST_SECONDS = 1


def check_window(
    rule: object, field: str, value: Any, *, calendar: bool, any_time: str | None = None
) -> None:
    """Refuse a window that no engine can count, or that is none.

    Parameters
    ----------
    rule : object
        Its name.
    field : str
        ``..._days`` or ``..._hours``: its unit.
    value : object
        As given; None is no credit.
    calendar : bool
        Whether it must be whole days.
    any_time : str, optional
        The word that stands for any time, where the field knows one.

    Raises
    ------
    ParameterError
        If it is no number, not from one second to 36,500 days, or a part of a calendar day.

    Examples
    --------
    >>> check_window("ours", "click_days", 0.5, calendar=False)
    >>> check_window("ours", "delivered_hours", 12, calendar=True)
    Traceback (most recent call last):
    smsroi_models.errors.ParameterError: rule 'ours': delivered_hours is 12; calendar days are \
whole: write a multiple of 24 hours, or calendar=False
    """
    if value is None or (any_time is not None and isinstance(value, str) and value == any_time):
        return
    unit = field.rsplit("_", 1)[-1]
    a_day = 24 if unit == "hours" else 1
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        word = f", {any_time!r}" if any_time else ""
        ever = "" if any_time else f"; for any time before, write {LONGEST_DAYS * a_day}"
        raise ParameterError(
            f"rule {rule!r}: {field} is {value!r}; write a number of {unit}{word}, or None for no "
            f"credit{ever}"
        )
    window = float(value) / a_day
    if not _SHORTEST_SECONDS / 86_400 <= window <= LONGEST_DAYS:
        raise ParameterError(
            f"rule {rule!r}: {field} is {value:g}; it must be above 0, at least a second and at "
            f"most {LONGEST_DAYS * a_day} {unit} (a hundred years), or None for no credit"
        )
    if calendar and window != int(window):
        raise ParameterError(
            f"rule {rule!r}: {field} is {value:g}; calendar days are whole: write "
            f"{'a multiple of 24 hours' if a_day > 1 else 'whole days'}, or calendar=False"
        )


def check_choice(rule: object, field: str, value: object, choices: tuple[object, ...]) -> None:
    """Refuse an option that is not among its choices.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> check_choice("ours", "calendar", "no", (True, False))
    Traceback (most recent call last):
    smsroi_models.errors.ParameterError: rule 'ours': calendar is 'no'; choose True or False
    """
    # 1 == True: the type must be that of a choice too.
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        *first, last = map(str, choices)
        raise ParameterError(
            f"rule {rule!r}: {field} is {value!r}; choose {', '.join(first)} or {last}"
        )


def check_names(names: Mapping[str, str], taken: Collection[str]) -> None:
    """Refuse rules that a comparison could not tell apart.

    Parameters
    ----------
    names : mapping of str to str
        By the key that a rule was given under, its own name.
    taken : collection of str
        Names of the comparison's own lines.

    Raises
    ------
    ParameterError
        If there is none, two have one name, or one has the name of a line.

    Examples
    --------
    >>> check_names({"a": "ours", "b": "ours"}, ())
    Traceback (most recent call last):
    smsroi_models.errors.ParameterError: rules 'a' and 'b' both have the name 'ours': give each \
its own, dataclasses.replace(rule, name=...)
    """
    if not names:
        raise ParameterError(
            "rules is empty: name at least one, or leave it out for every vendor's (PRESETS)"
        )
    found: dict[str, str] = {}
    for key, name in names.items():
        if name in taken:
            raise ParameterError(
                f"rule {key!r} has the name {name!r}, which is that of a touch's own line "
                f"({', '.join(taken)}): give it another, dataclasses.replace(rule, name=...)"
            )
        if name in found:
            raise ParameterError(
                f"rules {found[name]!r} and {key!r} both have the name {name!r}: give each its "
                "own, dataclasses.replace(rule, name=...)"
            )
        found[name] = key
