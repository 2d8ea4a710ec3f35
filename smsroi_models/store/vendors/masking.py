"""What may give a person away is masked before it is written, and formulas are made inert.

Two masks: `masked` is for free text and takes any run of digits that is long enough for a
telephone number; `without_contacts` is for ids, codes, addresses of pages and browsers' names,
where long numbers are the rule, and takes only what can be dialled.
"""

import re

MASK = "***"
_SHORTEST = len("a@b.cd")
_HOST = r"[^\s@＠,;:<>()\"'&?/]+\.(?:xn--[a-z0-9-]+|[^\W\d_]{2,})"
_PART = r"[^\s@＠,;:<>()\"'=&?/]"
# From the first character of a word on, and never back into it: a long text is read once.
_ADDRESS = re.compile(
    rf"(?<!{_PART})(?:{_PART}++ ?[@＠] ?|(?:(?!%40){_PART})++%40){_HOST}", re.IGNORECASE
)

_BETWEEN = r"(?:\.|[ \t\u00a0\u2007\u2009\u202f()/\-\u2010-\u2015]{0,3})"
_RUN = rf"\+?\(?\d(?:{_BETWEEN}\d){{6,}}"
_YEAR, _MONTH, _DAY = r"(?:19|20)\d\d", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_DATE = (
    r"(?<![\d+])(?<!\d[-/.])(?:"
    rf"{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}|(?:{_DAY}[-/.]{_MONTH}|{_MONTH}[-/.]{_DAY})[-/.]{_YEAR}"
    rf"|{_YEAR} ?[-/\u2013] ?{_YEAR}|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r")(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d+)?)?)?(?![-/.]?\d)"
)
_AMOUNT = r"\d{1,12}(?:[.,]\d{1,3}){0,4}"
_MONEY = rf"[$€£¥₹] ?{_AMOUNT}(?![-/ ]?\d)|(?<![\d+.,]){_AMOUNT} ?(?:[$€£¥₹]|(?:EUR|USD|GBP)\b)"
_LONG = re.compile(f"(?P<kept>{_DATE}|{_MONEY})|{_RUN}")

_ALONE, _ENDED = r"(?<![A-Za-z0-9.+/])", r"(?![A-Za-z0-9]|[.-]\d)"
_DIALLED = re.compile(
    r"\+\(?\d(?:[ ().-]{0,2}\d){7,}"  # with its country
    rf"|{_ALONE}(?:1[ .-])?(?:\(\d{{3}}\) ?|\d{{3}}[ .-])\d{{3}}[ .-]\d{{4}}{_ENDED}"  # written
    rf"|{_ALONE}1?[2-9]\d{{2}}[2-9]\d{{6}}{_ENDED}"  # bare, North America
    rf"|{_ALONE}00[1-9]\d{{7,13}}{_ENDED}"
    rf"|{_ALONE}0[1-9](?:[ ./-]?\d){{8,9}}{_ENDED}"  # with the zero before an area
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff0b", "\uff0d", "\uff1d", "\uff20")


def masked(text: str) -> str:
    """Return free text with every address and telephone number in it replaced by ``***``.

    A number is any run of seven digits or more, with spaces, points, dashes, slashes and brackets
    between them, but a date (``2025-03-01``, ``01.03.2025``, ``20250301``, ``2019-2024``) and an
    amount with its currency.

    Examples
    --------
    >>> masked("call (202) 555-0142 or ada@example.com")
    'call *** or ***'
    >>> masked("on 2025-03-01 for $1234567, then 0170/1234567")
    'on 2025-03-01 for $1234567, then ***'
    """
    if len(text) < _SHORTEST:
        return text
    return _LONG.sub(lambda found: found["kept"] or MASK, _ADDRESS.sub(MASK, text))


def without_contacts(text: str) -> str:
    """Return an id or an address of a page with addresses and what can be dialled masked.

    Examples
    --------
    >>> without_contacts("tel 2025550142 x"), without_contacts("/products/1234567890123")
    ('tel *** x', '/products/1234567890123')
    >>> without_contacts("Mozilla/5.0 Chrome/120.0.6099.109")
    'Mozilla/5.0 Chrome/120.0.6099.109'
    """
    if len(text) < _SHORTEST:
        return text
    return _DIALLED.sub(MASK, _ADDRESS.sub(MASK, text))


def inert(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula.

    Examples
    --------
    >>> inert("=1+1"), inert("#1001")
    ("'=1+1", '#1001')
    """
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) else text
