"""Numbers for people: money, shares and counts, rounded to what their interval supports.

Each is written as the locale of the page has it (`in_locale`).
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from smsroi_models.attribution.effects import Estimate
from smsroi_models.locales import (
    NO_BREAK_SPACE,
    minor_digits,
    write_money,
    write_number,
    write_percent,
)
from smsroi_models.report.hygiene import unturned
from smsroi_models.report.in_locale import current_locale

_SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"))
_FEW_UNITS = 10.0


@dataclass(frozen=True, slots=True)
class Money:
    r"""Writes amounts of one currency; without its code, as plain numbers.

    Examples
    --------
    >>> usd = Money("USD")
    >>> usd(1234.5), usd(-1234.5, step=100), Money("CHF")(0.5, step=0.01)
    ('$1,234', '−$1,200', 'CHF\xa00.50')
    >>> Money("EUR", "de-DE")(-1234.5, step=0.01), Money("JPY")(1234.5, step=0.01)
    ('−1.234,50\xa0€', '¥1,234')
    """

    currency: str
    locale: str = field(default_factory=current_locale)

    def __call__(self, amount: float, step: float = 1.0) -> str:
        """Write an amount, rounded to a multiple of ``step``; below 1 to 0.01 or finer.

        A currency without cents has no decimals either, unless they are all there is to tell.
        """
        return self._written(amount, step if step >= 1 else self._fine(amount, step))

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
        for size, letter in _SIZES:
            if abs(amount) >= size:
                return self._written(amount / size, max(step / size, 0.01), letter)
        return self(amount, step)

    def on_axis(self, amount: float, step: float = 1.0) -> str:
        """Write a tick's amount, whose axis names the currency: a code would crowd the ticks.

        >>> Money("CHF").on_axis(1_500_000.0), Money("USD").on_axis(999.0)
        ('1.50M', '$999')
        """
        written = self.short(amount, step)
        if not self.currency:
            return written
        code = f"{NO_BREAK_SPACE}?{re.escape(self.currency)}{NO_BREAK_SPACE}?"
        return re.sub(code, "", written)

    def _fine(self, amount: float, step: float) -> float:
        """Return a step below 1 as the currency's coins have it; finer only where asked to be."""
        digits = minor_digits(self.currency) if self.currency else 2
        coinless = digits == 0 and abs(amount) >= _FEW_UNITS
        return 1.0 if coinless else min(step, 10.0 ** -max(digits, 2))

    def _written(self, amount: float, step: float, letter: str = "") -> str:
        rounded, places = _rounded(amount, step)
        return write_money(rounded, places, self.currency, self.locale, letter)


def plain(value: float, step: float) -> str:
    """Write a number with thousands separators, rounded to a multiple of ``step``.

    >>> plain(1234.567, 100), plain(1234.567, 0.1), plain(-0.04, 0.01)
    ('1,200', '1,234.6', '−0.04')
    """
    return write_number(*_rounded(value, step), current_locale())


def tally(count: float) -> str:
    """Write a count, its digits grouped.

    >>> tally(1234567)
    '1,234,567'
    """
    return write_number(count, 0, current_locale())


def fixed(value: float, decimals: int) -> str:
    """Write a number with so many decimals.

    >>> fixed(0.5, 2)
    '0.50'
    """
    return write_number(value, decimals, current_locale())


def significant(value: float, digits: int = 6) -> str:
    """Write a number with so many significant digits and no idle zeros; tiny ones as powers.

    >>> significant(52.0), significant(0.12345, 2), significant(1.5e-7, 2)
    ('52', '0.12', '1.5e-07')
    """
    text = f"{value:.{digits}g}"
    return text if "e" in text else fixed(value, len(text.partition(".")[2]))


def p_written(value: float) -> str:
    """Write a p-value to three decimals.

    >>> p_written(0.0123), p_written(0.0001)
    ('0.012', '< 0.001')
    """
    return fixed(value, 3) if value >= 0.001 else f"< {fixed(0.001, 3)}"


def percent(share: float, step: float = 0.01) -> str:
    r"""Write a ratio as a percentage, rounded to a multiple of ``step`` (a ratio too).

    >>> percent(0.1234), percent(0.1234, 0.001), percent(-1.5)
    ('12%', '12.3%', '−150%')
    """
    return write_percent(*_rounded(100 * share, 100 * step), current_locale())


def exact_percent(share: float) -> str:
    """Write a ratio that was stated, not estimated, as a percentage to its last digit.

    >>> exact_percent(0.95), exact_percent(0.99999)
    ('95%', '99.999%')
    """
    text = f"{100 * share:.10f}".rstrip("0")
    return write_percent(100 * share, len(text.partition(".")[2]), current_locale())


def _rounded(value: float, step: float) -> tuple[float, int]:
    """Return a number as a multiple of a step, and the decimals that it takes to write it."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return round(round(value / step) * step, decimals), decimals


def probability(value: float, short: bool = False) -> str:
    r"""Write a probability, never as certainty.

    >>> probability(0.9999), probability(0.501), probability(0.001, short=True)
    ('more than 99%', '50%', '< 1%')
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
    name = unturned(name)
    return name if len(name) <= length else f"{name[: length - 1]}…"
