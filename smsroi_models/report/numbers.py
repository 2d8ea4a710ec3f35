"""Numbers for people: money, shares and counts, rounded to what their interval supports."""

import math
from dataclasses import dataclass

from smsroi_models.attribution.lift import Estimate

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Money:
    """Writes amounts of one currency.

    Examples
    --------
    >>> usd = Money("USD")
    >>> usd(1234.5), usd(-1234.5, step=100), Money("CHF")(0.5, step=0.01)
    ('$1,234', '−$1,200', '0.50 CHF')
    """

    currency: str

    def __call__(self, amount: float, step: float = 1.0) -> str:
        """Write an amount, rounded to a multiple of ``step``."""
        text = plain(abs(amount), step)
        sign = _MINUS if amount < 0 and text.strip("0.,") else ""
        symbol = _SYMBOLS.get(self.currency)
        return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {self.currency}"


def plain(value: float, step: float) -> str:
    """Write a number with thousands separators, rounded to a multiple of ``step``.

    >>> plain(1234.567, 100), plain(1234.567, 0.1), plain(-0.04, 0.01)
    ('1,200', '1,234.6', '−0.04')
    """
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    rounded = round(round(value / step) * step, decimals)
    text = f"{abs(rounded):,.{decimals}f}"
    return f"{_MINUS}{text}" if rounded < 0 else text


def percent(share: float, step: float = 0.01) -> str:
    """Write a ratio as a percentage, rounded to a multiple of ``step`` (a ratio too).

    >>> percent(0.1234), percent(0.1234, 0.001), percent(-1.5)
    ('12 %', '12.3 %', '−150 %')
    """
    return f"{plain(100 * share, 100 * step)}\N{NO-BREAK SPACE}%"


def probability(value: float) -> str:
    """Write a probability, never as certainty.

    >>> probability(0.9999), probability(0.501), probability(0.001)
    ('more than 99 %', '50 %', 'less than 1 %')
    """
    if value > 0.99:
        return "more than 99\N{NO-BREAK SPACE}%"
    if value < 0.01:
        return "less than 1\N{NO-BREAK SPACE}%"
    return percent(value)


def step_for(figure: Estimate, smallest: float) -> float:
    """Return the power of ten to which an estimate is worth printing.

    Two digits of the interval's half-width survive; nothing finer than ``smallest``.

    >>> step_for(Estimate(12_345.0, 3_000.0, 6_300.0, 18_300.0), 1.0)
    100.0
    """
    half = (figure.ci_upper - figure.ci_lower) / 2
    if not (math.isfinite(half) and half > 0):
        return smallest
    return max(smallest, 10.0 ** (math.floor(math.log10(half)) - 1))
