"""Intervals and p-values of a figure that follows Student's t."""

import math
from typing import Literal

from scipy import special

Alternative = Literal["two-sided", "greater", "less"]


def quantile(probability: float, df: float) -> float:
    """Return the value below which a Student t of ``df`` degrees of freedom falls so often.

    >>> round(quantile(0.975, 10), 3)  # any table of Student's t
    2.228
    """
    return float(special.stdtrit(df, probability))


def cumulative(value: float, df: float) -> float:
    """Return the probability that a Student t of ``df`` degrees of freedom is at most ``value``."""
    return float(special.stdtr(df, value))


def interval(
    centre: float, error: float, df: float, confidence_level: float, alternative: Alternative
) -> tuple[float, float]:
    """Return the interval around an estimate; a one-sided alternative has one infinite end.

    >>> low, high = interval(1.0, 0.5, 1e9, 0.95, "two-sided")
    >>> round(low, 2), round(high, 2)
    (0.02, 1.98)
    """
    if alternative == "two-sided":
        reach = quantile((1 + confidence_level) / 2, df) * error
        return centre - reach, centre + reach
    reach = quantile(confidence_level, df) * error
    return (centre - reach, math.inf) if alternative == "greater" else (-math.inf, centre + reach)


def p_value(statistic: float, df: float, alternative: Alternative) -> float:
    """Return the probability of a statistic at least this far from zero, were there no effect."""
    if alternative == "two-sided":
        return float(2 * special.stdtr(df, -abs(statistic)))
    return float(special.stdtr(df, -statistic if alternative == "greater" else statistic))
