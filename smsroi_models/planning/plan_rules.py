"""What the values of a plan keep to; each text names the value and the rule."""

import math

from smsroi_models.decision import DecisionRule
from smsroi_models.errors import ParameterError

METRIC = "profit"
COVARIATES = ("pre_revenue", "pre_orders")
"""What each customer did in the pre-period: the columns that figures may be adjusted for."""

AUDIENCE_TOLERANCE = 0.1
"""By what share of the planned audience the customers assigned may differ without a word."""

_MOST_DAYS = 3650
_LARGEST = 2**63 - 1


def check_name(name: str, value: object) -> None:
    """Raise `ParameterError` unless the value is text that a table can hold."""
    require(_is_name(value), name, value, "be text, not empty, without space around it")


def check_names(name: str, value: object, known: tuple[str, ...] | None = None) -> None:
    """Raise `ParameterError` unless the value lists column names, each once, of ``known``."""
    listed = isinstance(value, (tuple, list)) and all(map(_is_name, value))
    require(listed, name, value, "be a list of column names")
    assert isinstance(value, (tuple, list))
    require(len(set(value)) == len(value), name, value, "name no column twice")
    if known is not None:
        require(set(value) <= set(known), name, value, f"be of {', '.join(known)}")


def check_days(name: str, value: object, least: int) -> None:
    """Raise `ParameterError` unless the value is a number of whole days."""
    require(_is_count(value, least, _MOST_DAYS), name, value, f"be {least} to {_MOST_DAYS} days")


def check_share(name: str, value: object) -> None:
    """Raise `ParameterError` unless the value is a share in (0, 1)."""
    require(isinstance(value, float) and 0 < value < 1, name, value, "lie between 0 and 1")


def check_count(name: str, value: object) -> None:
    """Raise `ParameterError` unless the value is a whole number of 0 or more, or None."""
    counted = value is None or _is_count(value, 0, _LARGEST)
    require(counted, name, value, "be a whole number of 0 or more, or none")


def check_rule(rule: object) -> None:
    """Raise `ParameterError` unless the rule's values are of types that JSON keeps as they are."""
    require(isinstance(rule, DecisionRule), "rule", rule, "be a DecisionRule")
    assert isinstance(rule, DecisionRule)
    least, most = rule.minimum_profit, rule.most_customers
    number = isinstance(least, (int, float)) and not isinstance(least, bool)
    require(number and math.isfinite(least), "minimum_profit", least, "be a finite amount")
    check_share("power", rule.power)
    bounded = most is None or _is_count(most, 1, _LARGEST)
    require(bounded, "most_customers", most, "be a whole number of 1 or more, or none")


def differs_in_size(n_customers: int, n_planned: int) -> bool:
    """Tell whether an audience differs by more than `AUDIENCE_TOLERANCE` from the planned one.

    >>> differs_in_size(900, 1000), differs_in_size(899, 1000), differs_in_size(1101, 1000)
    (False, True, True)
    """
    return abs(n_customers - n_planned) > AUDIENCE_TOLERANCE * n_planned


def require(holds: bool, name: str, value: object, rule: str) -> None:
    """Raise `ParameterError` unless ``holds``."""
    if not holds:
        raise ParameterError(f"{name} is {value!r}: it must {rule}")


def _is_name(value: object) -> bool:
    # Half of a surrogate pair cannot be written as UTF-8, and so not be hashed.
    return (
        isinstance(value, str)
        and value == value.strip() != ""
        and not any("\ud800" <= letter <= "\udfff" for letter in value)
    )


def _is_count(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
