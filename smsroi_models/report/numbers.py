"""Numbers for people: money, shares and counts, rounded to what their interval supports."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from smsroi_models.attribution.effects import Estimate

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
MINUS = "\N{MINUS SIGN}"


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
        """Write an amount, rounded to a multiple of ``step``; below 1 to 0.01 or finer."""
        return self._marked(amount, plain(abs(amount), step if step >= 1 else min(step, 0.01)))

    def booked(self, amount: float) -> str:
        """Write an amount that is known, not estimated: in whole units from 100 on.

        >>> Money("USD").booked(2_375.38), Money("USD").booked(99.5)
        ('$2,375', '$99.50')
        """
        return self(amount, 1.0 if amount >= 100 else 0.01)

    def short(self, amount: float, step: float = 1.0) -> str:
        """Write an amount for a figure: from a million on as ``$1.23M``.

        >>> Money("USD").short(-43_210_000.0, 100_000.0), Money("USD").short(999.0)
        ('−$43.2M', '$999')
        """
        for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
            if abs(amount) >= size:
                digits = max(step / size, 0.01)
                return self._marked(amount, f"{plain(abs(amount) / size, digits)}{letter}")
        return self(amount, step)

    def _marked(self, amount: float, text: str) -> str:
        sign = MINUS if amount < 0 and text.strip("0.,") else ""
        symbol = _SYMBOLS.get(self.currency)
        # A store without campaigns does not say its currency.
        return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {self.currency}".rstrip()


def plain(value: float, step: float) -> str:
    """Write a number with thousands separators, rounded to a multiple of ``step``.

    >>> plain(1234.567, 100), plain(1234.567, 0.1), plain(-0.04, 0.01)
    ('1,200', '1,234.6', '−0.04')
    """
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    rounded = round(round(value / step) * step, decimals)
    text = f"{abs(rounded):,.{decimals}f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def percent(share: float, step: float = 0.01) -> str:
    r"""Write a ratio as a percentage, rounded to a multiple of ``step`` (a ratio too).

    >>> percent(0.1234), percent(0.1234, 0.001), percent(-1.5)
    ('12\xa0%', '12.3\xa0%', '−150\xa0%')
    """
    return f"{plain(100 * share, 100 * step)}\N{NO-BREAK SPACE}%"


def probability(value: float, short: bool = False) -> str:
    r"""Write a probability, never as certainty.

    >>> probability(0.9999), probability(0.501), probability(0.001, short=True)
    ('more than 99\xa0%', '50\xa0%', '< 1\xa0%')
    """
    if value > 0.99:
        return f"{'>' if short else 'more than'} {percent(0.99)}"
    if value < 0.01:
        return f"{'<' if short else 'less than'} {percent(0.01)}"
    return percent(value)


def step_for(figure: Estimate, smallest: float) -> float:
    """Return the power of ten to which an estimate is worth printing.

    Two digits of the interval's half-width survive, nothing finer than ``smallest``; finer digits
    stay where zero would otherwise stand for an end that is not zero, and hide its sign.

    >>> step_for(Estimate(12_345.0, 3_000.0, 6_300.0, 18_300.0), 0.01)
    100.0
    >>> step_for(Estimate(6_920.0, 3_500.0, 20.0, 13_820.0), 0.01)  # not "$0 to $13,800"
    10.0
    """
    half = (figure.ci_upper - figure.ci_lower) / 2
    if not (math.isfinite(half) and half > 0):
        return smallest
    power = math.floor(math.log10(half)) - 1
    ends = (figure.estimate, figure.ci_lower, figure.ci_upper)
    while 10.0**power > smallest and any(end and abs(end) < 10.0**power / 2 for end in ends):
        power -= 1
    return max(smallest, 10.0**power)


def digits_of(amount: float) -> float:
    """Return the step that leaves a known amount at least two digits, 0.01 or finer.

    >>> digits_of(12.0), digits_of(0.0034)
    (0.01, 0.0001)
    """
    return min(0.01, 10.0 ** (math.floor(math.log10(amount)) - 1)) if amount > 0 else 0.01


def with_interval(
    figure: Estimate, write: Callable[[float, float], str], smallest: float
) -> tuple[str, str]:
    """Write an estimate and its interval, rounded to what the interval supports.

    >>> with_interval(Estimate(12_345.0, 3_000.0, 6_300.0, 18_300.0), Money("USD"), 1.0)
    ('$12,300', '$6,300 to $18,300')
    """
    step = step_for(figure, smallest)
    low, high = write(figure.ci_lower, step), write(figure.ci_upper, step)
    return write(figure.estimate, step), f"{low} to {high}"


def say(figure: Estimate, write: Callable[[float, float], str], smallest: float) -> str:
    """Write an estimate and its interval in one piece: ``$12,300 ($6,300 to $18,300)``."""
    return "{} ({})".format(*with_interval(figure, write, smallest))


def shortened(name: str, length: int = 80) -> str:
    """Cut a name that somebody else chose to what a line can hold.

    >>> shortened("Spring sale"), shortened("x" * 100, 5)
    ('Spring sale', 'xxxx…')
    """
    return name if len(name) <= length else f"{name[: length - 1]}…"
