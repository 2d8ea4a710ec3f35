"""The alphabet of a short text, and what to write instead of a character that it lacks.

3GPP TS 23.038, section 6.2.1: 128 characters of seven bits, and ten more that take two places
each because an escape comes before them. National language shift tables (section 6.2.1.2) are not
used: texting platforms do not choose them by themselves. Whatever else a text holds makes all of it
UCS-2, of sixteen bits a character.
"""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Characters of one place; the escape itself, the 128th, is none that a text holds."""

EXTENSION = frozenset("\f^{}\\[~]|€")
"""Characters of two places."""

JOINERS = frozenset("\u200d\ufe0e\ufe0f")
"""Characters without width that make one emoji of several, or choose how one is drawn."""

_LOOK_ALIKES = {
    "'": "‘’‛′´`ʻʼʽʹˈˊˋ",
    '"': "“”„‟″«»ʺˮ",
    ",": "‚",
    "<": "‹",
    ">": "›",
    "-": "‐‑‒–—―−•·⁃",
    " ": "\t\u00a0\u2028\u2029",
    "/": "÷⁄∕",
    "x": "×",
    "1/4": "¼",
    "1/2": "½",
    "3/4": "¾",
    "": "\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f\u00ad",
}
_REPLACEMENTS = {odd: plain for plain, odds in _LOOK_ALIKES.items() for odd in odds}


def places_of(character: str) -> int:
    """Return how many places of the seven-bit alphabet it takes: 1, 2, or 0 where it has none.

    Examples
    --------
    >>> places_of("a"), places_of("€"), places_of("ë")
    (1, 2, 0)
    """
    return 1 if character in BASIC else 2 if character in EXTENSION else 0


def replacement_for(character: str) -> str | None:
    """Return what can stand for a character that the alphabet lacks, None where nothing can.

    A letter loses an accent that the alphabet has not; characters without width are left out.

    Examples
    --------
    >>> [replacement_for(odd) for odd in ("’", "—", "ç", "…", "😀")]
    ["'", '-', 'c', '...', None]
    """
    if character in _REPLACEMENTS:
        return _REPLACEMENTS[character]
    taken_apart = unicodedata.normalize("NFKD", character)
    kept = "".join(part for part in taken_apart if not unicodedata.combining(part))
    return kept if all(map(places_of, kept)) and kept != character else None


def name_of(character: str) -> str:
    """Return the character's Unicode name, such as ``EM DASH``; its code where it has none."""
    return unicodedata.name(character, f"U+{ord(character):04X}")
