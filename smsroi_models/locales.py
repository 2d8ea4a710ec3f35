"""How a locale writes money, numbers, percentages and days; the words are English throughout.

What each locale does is told by the Unicode CLDR, read through Babel. Babel is imported when
something is first written, not before: a command line starts without it.
"""

import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from smsroi_models.errors import ParameterError

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern

DEFAULT_LOCALE = "en-US"
MINUS = "\N{MINUS SIGN}"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
LOCALE_SHAPE = "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"
"""A language, then a script and a region where they are needed: the usual part of BCP 47."""

Kind = Literal["number", "percent", "money"]


def checked_locale(tag: str, name: str = "locale") -> str:
    """Return a locale's tag if it can be written in.

    Parameters
    ----------
    tag : str
        Language and region as in BCP 47, such as ``de-DE``. A region that CLDR does not tell apart
        is written as its language is.
    name : str
        What the error calls it.

    Raises
    ------
    ParameterError
        If it is not of that form, or the language is unknown.

    Examples
    --------
    >>> checked_locale("de-DE")
    'de-DE'
    """
    known = isinstance(tag, str) and re.fullmatch(LOCALE_SHAPE, tag) is not None
    if not known or tag.partition("-")[0] not in known_languages():
        raise ParameterError(
            f"{name} is {tag!r}: it must be a known language and a region as in BCP 47, for "
            "example en-US, en-GB or de-DE"
        )
    return tag


@cache
def known_languages() -> tuple[str, ...]:
    """Return the codes of the languages that CLDR tells how to write, in their order."""
    from babel.localedata import locale_identifiers

    return tuple(sorted({identifier.partition("_")[0] for identifier in locale_identifiers()}))


def write_number(value: float, decimals: int, tag: str = DEFAULT_LOCALE) -> str:
    """Write a number with so many decimals, its digits grouped.

    >>> write_number(1234567.5, 1), write_number(-1234.5, 2, "de-DE")
    ('1,234,567.5', '−1.234,50')
    """
    return _written(value, decimals, tag, "number", "")


def write_percent(percentage: float, decimals: int, tag: str = DEFAULT_LOCALE) -> str:
    r"""Write a percentage, 12.5 for an eighth.

    >>> write_percent(12.5, 1), write_percent(-12.5, 1, "de-DE")
    ('12.5%', '−12,5\xa0%')
    """
    return _written(percentage, decimals, tag, "percent", "")


def write_money(
    amount: float, decimals: int, currency: str, tag: str = DEFAULT_LOCALE, letter: str = ""
) -> str:
    r"""Write an amount of a currency.

    Parameters
    ----------
    amount : float
    decimals : int
    currency : str
        ISO 4217 code; empty where it is not known.
    tag : str
    letter : str
        What stands for the zeros left out, such as ``M``; it follows the last digit.

    Examples
    --------
    >>> write_money(-1234.5, 2, "USD"), write_money(1234.5, 2, "EUR", "de-DE")
    ('−$1,234.50', '1.234,50\xa0€')
    >>> write_money(0.5, 2, "CHF"), write_money(1.25, 2, "EUR", "de-DE", "M")
    ('CHF\xa00.50', '1,25M\xa0€')
    """
    text = _written(amount, decimals, tag, "money" if currency else "number", currency)
    # The wide yen sign of Japanese is in few fonts, and in none that draws the figures.
    text = text.replace("\N{FULLWIDTH YEN SIGN}", "\N{YEN SIGN}")
    # A code or name of letters is set off from the digits (CLDR, currencySpacing).
    text = re.sub(r"(?<=[^\W\d_])(?=\d)", NO_BREAK_SPACE, text)
    return re.sub(r"\d(?=\D*$)", rf"\g<0>{letter}", text) if letter else text


def minor_digits(currency: str) -> int:
    """Return how many decimals a currency's amounts have; 2 where it is not known.

    >>> minor_digits("EUR"), minor_digits("JPY")
    (2, 0)
    """
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


def is_currency(code: str) -> bool:
    """Return whether a code is a currency's.

    >>> is_currency("EUR"), is_currency("UTC")
    (True, False)
    """
    return code in _locale(DEFAULT_LOCALE).currencies


def write_day(day: date, tag: str = DEFAULT_LOCALE) -> str:
    """Write a date in English words, day and month in the locale's order.

    Where the year comes first, the date is that of ISO 8601.

    >>> day = date(2026, 11, 26)
    >>> write_day(day), write_day(day, "en-GB"), write_day(day, "ja-JP")
    ('Nov 26, 2026', '26 Nov 2026', '2026-11-26')
    """
    order, months = _days_of(tag)
    if order == "y":
        return f"{day:%Y-%m-%d}"
    if order == "M":
        return f"{months[day.month - 1]} {day.day}, {day:%Y}"
    return f"{day.day} {months[day.month - 1]} {day:%Y}"


@cache
def currency_of_symbols() -> dict[str, str]:
    """Return the code of each currency whose amounts are marked by a sign in ``en-US``.

    >>> signs = currency_of_symbols()
    >>> signs["$"], signs["€"], "CHF" in signs
    ('USD', 'EUR', False)
    """
    symbols = _locale(DEFAULT_LOCALE).currency_symbols
    return {symbol: code for code, symbol in symbols.items() if not symbol.isalpha()}


@lru_cache(4096)
def _written(value: float, decimals: int, tag: str, kind: Kind, currency: str) -> str:
    exact = Decimal(f"{value:.{decimals}f}")
    if kind == "percent":
        exact = exact.scaleb(-2)
    # Zero has no sign.
    text: str = _pattern(tag, kind, decimals).apply(
        exact or Decimal(0),
        _locale(tag),
        currency=currency or None,
        currency_digits=False,
        numbering_system="latn",
    )
    # The page is written from left to right: it needs no marks of direction.
    return text.translate({ord("-"): MINUS, 0x200E: None, 0x200F: None})


@cache
def _pattern(tag: str, kind: Kind, decimals: int) -> "NumberPattern":
    from babel.numbers import parse_pattern

    locale = _locale(tag)
    found = {
        "number": locale.decimal_formats[None],
        "percent": locale.percent_formats[None],
        "money": locale.currency_formats["standard"],
    }[kind]
    pattern = parse_pattern(found.pattern)
    pattern.frac_prec = (decimals, decimals)
    return pattern


@cache
def _days_of(tag: str) -> tuple[str, tuple[str, ...]]:
    """Return which of day, month and year comes first, and the months' short English names."""
    locale = _locale(tag)
    order = next(c for c in locale.date_formats["medium"].pattern if c in "dMyL")
    english = locale if locale.language == "en" else _locale("en")
    names = english.months["format"]["abbreviated"]
    return order.replace("L", "M"), tuple(names[month] for month in range(1, 13))


@cache
def _locale(tag: str) -> "Locale":
    from babel import Locale, UnknownLocaleError

    checked_locale(tag)
    try:
        return Locale.parse(tag, sep="-")
    except UnknownLocaleError:
        return Locale.parse(tag.partition("-")[0])
