"""Coupon codes that can be read out, typed and checked.

A code is a prefix, random characters of `tokens.ALPHABET`, and a check character. With the values
0 to 22 of the characters c_n ... c_1, the check character c_1 the last one, a code holds if

    sum of i c_i = 0 (mod 23),   i = 1 ... n from the right.

That is the rule of the ISBN with ten digits (ISO 2108:1992, modulo 11) over a larger prime. One
wrong character changes the sum by i d, and two characters that change places change it by
(i - j)(c_i - c_j): neither is a multiple of the prime 23 as long as n is at most 22, so that every
such error is found. The prefix is compared as it is. A space or hyphen is read over, so that one in
a character's place is a character too few, which the sum finds in 22 of 23 cases.
"""

import re
import secrets
from collections.abc import Collection

from smsroi_models.errors import ParameterError
from smsroi_models.planning.tokens import ALPHABET, Below, mint_tokens

_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_PRIME = len(ALPHABET)
LONGEST = _PRIME - 1
"""Characters after the prefix, check character included, among which every error is found."""

_PREFIX = re.compile(r"[A-Z0-9]{0,12}")


def check_character(body: str) -> str:
    """Return the character that makes the code hold, for the random characters before it.

    Examples
    --------
    >>> check_character("3C")  # values 1 and 8: 3 x 1 + 2 x 8 = 19, and 19 + 4 = 23
    '6'
    """
    total = sum(place * _VALUES[letter] for place, letter in enumerate(reversed(body), start=2))
    return ALPHABET[-total % _PRIME]


def verify_code(code: str, prefix: str = "") -> bool:
    """Tell whether a code could be one of ours, before anybody looks it up.

    A yes does not say that the code was issued: one in 23 codes that are made up holds.

    Parameters
    ----------
    code : str
        As typed: lower case, spaces and hyphens do not matter.
    prefix : str
        What all codes of the campaign begin with.

    Examples
    --------
    >>> verify_code("3C6"), verify_code("3c-6"), verify_code("C36"), verify_code("3D6")
    (True, True, False, False)
    >>> verify_code("SPRING3C6", prefix="SPRING"), verify_code("SPRNIG3C6", prefix="SPRING")
    (True, False)
    """
    plain = re.sub(r"[\s-]", "", code).upper()
    start = prefix.upper()
    body = plain[len(start) :]
    if not plain.startswith(start) or not 2 <= len(body) <= LONGEST or set(body) - set(ALPHABET):
        return False
    return check_character(body[:-1]) == body[-1]


def mint_codes(
    n_codes: int,
    length: int,
    taken: Collection[str],
    prefix: str = "",
    below: Below = secrets.randbelow,
) -> list[str]:
    """Return codes that differ from each other and from all that are taken.

    Parameters
    ----------
    n_codes : int
    length : int
        Random characters of each, 1 to 21; the check character comes after them.
    taken : collection of str
        Codes of every campaign, in any case.
    prefix : str
        Up to 12 of A-Z and 0-9.
    below : callable, optional
        As for `tokens.mint_tokens`.

    Raises
    ------
    ParameterError
        If the prefix has other characters, or the length is out of range.

    Examples
    --------
    >>> code, = mint_codes(1, 9, (), prefix="SPRING")
    >>> len(code), verify_code(code, prefix="SPRING")
    (16, True)
    """
    check_prefix(prefix)
    if not 1 <= length < LONGEST:
        raise ParameterError(
            f"--length is {length}: codes have 1 to {LONGEST - 1} random characters, or the check "
            "character would miss errors"
        )
    bodies = {code.upper()[len(prefix) : -1] for code in taken if code.upper().startswith(prefix)}
    tokens = mint_tokens(n_codes, length, bodies, below)
    return [f"{prefix}{token}{check_character(token)}" for token in tokens]


def check_prefix(prefix: str) -> None:
    """Refuse a prefix that orders and codes would not find each other by.

    Raises
    ------
    ParameterError
        If it is not up to 12 of A-Z and 0-9.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ParameterError(
            f"--prefix is {prefix!r}: it is up to 12 of A-Z and 0-9, in upper case, as codes are "
            "compared in upper case"
        )
