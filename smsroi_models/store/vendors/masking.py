"""What may give a person away is masked before it is written, and formulas are made inert."""

import re

# From the first character of a run on, and never taking back what it took: tried from each of its
# characters, a long run without an @ would be read as often as it has characters.
_RUN = r"[^\s@,;:<>\"'=&?/]"
_ADDRESS = rf"(?<!{_RUN})(?:(?!%40){_RUN})++(?:@|%40)[^\s@,;:<>\"'&?/]+\.[A-Za-z]{{2,}}"
_NUMBER = (
    r"\+\d[\d ().-]{6,}\d"  # with its country
    r"|(?<![\w.-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w.-])"  # as written
    r"|(?<![\w.-])\d{10,13}(?![\w.-])"  # bare
)
_TELLING = re.compile(f"{_ADDRESS}|{_NUMBER}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def masked(text: str) -> str:
    """Return the text with every address and telephone number in it replaced by ``***``.

    Examples
    --------
    >>> masked("call (202) 555-0142 or ada@example.com")
    'call *** or ***'
    >>> masked("Mozilla/5.0 AppleWebKit/605.1.15")
    'Mozilla/5.0 AppleWebKit/605.1.15'
    """
    return _TELLING.sub("***", text)


def inert(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula.

    Examples
    --------
    >>> inert("=1+1"), inert("#1001")
    ("'=1+1", '#1001')
    """
    return "'" + text if text.lstrip(" ").startswith(_FORMULA) else text
