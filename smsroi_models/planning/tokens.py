"""Secrets that nobody can guess, in characters that nobody takes for each other.

Digits 2 to 9 and the letters C D F H J K M N P Q R T V W X: of 0 O, 1 I L, 2 Z, 5 S, 6 G and 8 B
at most one of each stands there (Crockford's base 32 leaves out I, L, O and U for such a reason),
and without vowels hardly a word comes about. There are 23, a prime, which a check character needs
(`coupon_codes`). The first is always a letter: ten digits in a row would look like a telephone
number to a phone, to a spreadsheet, and to a store.
"""

import math
import secrets
from collections.abc import Callable, Container

from smsroi_models.errors import ParameterError

ALPHABET = "23456789CDFHJKMNPQRTVWX"
LETTERS = ALPHABET[8:]
_LONGEST = 32
Below = Callable[[int], int]


def token_bits(length: int) -> float:
    """Return the entropy of a token of that length, bits.

    Examples
    --------
    >>> round(token_bits(1), 2), round(token_bits(12), 1)  # log2 of 15, and of 15 x 23^11
    (3.91, 53.7)
    """
    return math.log2(len(LETTERS)) + (length - 1) * math.log2(len(ALPHABET))


def shortest_length(n_tokens: int, bits_to_guess: float) -> int:
    """Return the shortest length at which a guess hits any of ``n_tokens`` once in 2^bits tries.

    Examples
    --------
    >>> shortest_length(10_000, 40.0)  # 40 + 13.3 bits
    12
    """
    wanted = bits_to_guess + math.log2(max(n_tokens, 1))
    return next(length for length in range(1, 1_000) if token_bits(length) >= wanted)


def chosen_length(n_tokens: int, bits_to_guess: float, asked: int | None, what: str) -> int:
    """Return the length asked for, or the shortest that is safe.

    Raises
    ------
    ParameterError
        If the length asked for could be guessed, or is above 32.
    """
    least = shortest_length(n_tokens, bits_to_guess)
    if asked is None:
        return least
    if not least <= asked <= _LONGEST:
        raise ParameterError(
            f"--length is {asked}: {n_tokens:,} {what} need {least} random characters or more, or "
            f"they could be guessed, and {_LONGEST} at most"
        )
    return asked


def mint_tokens(
    n_tokens: int, length: int, taken: Container[str], below: Below = secrets.randbelow
) -> list[str]:
    """Return tokens that differ from each other and from all that are taken.

    Parameters
    ----------
    n_tokens : int
        At least 0.
    length : int
        Characters of each.
    taken : container of str
        Upper case.
    below : callable, optional
        Draws a whole number of at least 0 and below its argument; by default from the operating
        system's secure source. Another one is for tests alone: what can be drawn again can be
        guessed.

    Raises
    ------
    ParameterError
        If more than a quarter of all tokens of that length were to be minted.

    Examples
    --------
    >>> first, second = mint_tokens(2, 12, ())
    >>> len(first), first[0] in LETTERS, first == second
    (12, True, False)
    """
    all_tokens = len(LETTERS) * len(ALPHABET) ** (length - 1)
    if 4 * n_tokens > all_tokens:
        raise ParameterError(
            f"{n_tokens:,} tokens of {length} characters would soon run out: make them longer"
        )
    minted: dict[str, None] = {}
    while len(minted) < n_tokens:
        token = _spelt(below(all_tokens), length)
        if token not in taken:
            minted[token] = None
    return list(minted)


def _spelt(number: int, length: int) -> str:
    """Return the token of a number below the count of all tokens of that length."""
    number, first = divmod(number, len(LETTERS))
    spelt = [LETTERS[first]]
    for _ in range(length - 1):
        number, place = divmod(number, len(ALPHABET))
        spelt.append(ALPHABET[place])
    return "".join(spelt)
