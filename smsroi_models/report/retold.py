"""Sentences that come with a result, told in the locale of the page.

The sentences of checks, reasons and errors are part of a result, and are the same wherever it is
read: digits grouped by commas, a decimal point, dates as in ISO 8601, an amount with its code
behind it. A page writes what is so written its own way. Whatever stands in quotation marks, or has
letters in one word with its digits, is a name, and is left alone.
"""

import re
from datetime import date
from functools import cache

from smsroi_models.locales import (
    MINUS,
    currency_of_symbols,
    is_currency,
    write_day,
    write_money,
    write_number,
    write_percent,
)
from smsroi_models.report.in_locale import current_locale, readable_locale, writing_in

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_END = r"(?![\w/]|[.,:-]\d)"


def retold(text: str) -> str:
    r"""Return a result's own sentence with numbers, money and dates as the page writes them.

    Examples
    --------
    >>> from smsroi_models.report.in_locale import writing_in
    >>> retold("Read again after 2025-03-01 10:00 UTC.")
    'Read again after Mar 1, 2025, 10:00 UTC.'
    >>> with writing_in("de-DE"):
    ...     retold("1,234 of 'Sale 1,000' (camp-01), 12.5% above 1,200.50 EUR")
    "1.234 of 'Sale 1,000' (camp-01), 12,5\xa0% above 1.200,50\xa0€"
    """
    return _parts().sub(_written, text)


def retold_in(tag: object, text: str) -> str:
    """Return a sentence as `retold` in the locale that a results file names; else in ``en-US``."""
    with writing_in(readable_locale(tag)):
        return retold(text)


@cache
def _parts() -> re.Pattern[str]:
    """Return the pattern of what is told anew, and of what is passed over on the way."""
    signs = "|".join(map(re.escape, sorted(currency_of_symbols(), key=len, reverse=True)))
    return re.compile(
        r"""(?<!\w)(?P<quote>['"“‘«`])(?!\s).*?['"”’»`](?!\w)"""
        rf"|(?<![\w.,:/])(?P<sign>[-{MINUS}])?(?P<symbol>{signs}|[A-Z]{{3}}(?=\xa0))\xa0?"
        rf"(?P<amount>{_NUMBER})(?P<size>[MBT])?{_END}"
        rf"|(?P<month>{'|'.join(_MONTHS)}) (?P<date>\d{{1,2}}), (?P<year>\d{{4}}){_END}"
        r"|(?P<name>[^\W\d_][\w.:/@+-]*)"
        rf"|(?<![\w.,:/-])(?P<day>\d{{4}}-\d\d-\d\d)(?P<clock> \d\d:\d\d)?{_END}"
        rf"|(?<![\w.,:/])(?<!\w-)(?P<minus>[-{MINUS}])?(?P<number>{_NUMBER})"
        rf"(?:(?P<percent>[ \xa0]?%)|[ \xa0](?P<code>[A-Z]{{3}})(?!\w)|{_END})"
        r"|\d[\w.,:/-]*\w"
    )


def _written(part: re.Match[str]) -> str:
    locale = current_locale()
    if part["month"]:
        month = _MONTHS.index(part["month"]) + 1
        return write_day(date(int(part["year"]), month, int(part["date"])), locale)
    if part["day"]:
        return _day(part, locale)
    if part["symbol"]:
        value, decimals = _value(part["sign"], part["amount"])
        code = currency_of_symbols().get(part["symbol"], part["symbol"])
        return write_money(value, decimals, code, locale, part["size"] or "")
    if not part["number"]:
        return part[0]
    value, decimals = _value(part["minus"], part["number"])
    if part["percent"]:
        return write_percent(value, decimals, locale)
    if part["code"] and not is_currency(part["code"]):
        return f"{_number(part, locale)} {part['code']}"
    if part["code"]:
        return write_money(value, decimals, part["code"], locale)
    return _number(part, locale)


def _number(part: re.Match[str], locale: str) -> str:
    # A number that was not grouped may be a year or an id, and has nothing to be written anew.
    if not {",", "."} & set(part["number"]):
        return f"{part['minus'] or ''}{part['number']}"
    return write_number(*_value(part["minus"], part["number"]), locale)


def _day(part: re.Match[str], locale: str) -> str:
    try:
        day = write_day(date.fromisoformat(part["day"]), locale)
    except ValueError:
        return part[0]
    return f"{day},{part['clock']}" if part["clock"] else day


def _value(sign: str | None, digits: str) -> tuple[float, int]:
    value = float(digits.replace(",", ""))
    return -value if sign else value, len(digits.partition(".")[2])
