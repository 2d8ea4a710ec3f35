"""How many segments a text is billed as, and which characters make it dearer.

A message holds 140 bytes: 160 characters of seven bits, or 70 of sixteen. A longer text is cut into
segments that give six bytes to the header which joins them, so that 153 or 67 are left (3GPP TS
23.040, section 9.2.3.24.1). Neither an escape and its character nor the two halves of an emoji are
parted: the one that does not fit goes to the next segment whole.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from smsroi_models.errors import DataError
from smsroi_models.planning.gsm_alphabet import JOINERS, name_of, places_of, replacement_for
from smsroi_models.records import Record

Encoding = Literal["GSM-7", "UCS-2"]

ALONE: dict[Encoding, int] = {"GSM-7": 160, "UCS-2": 70}
JOINED: dict[Encoding, int] = {"GSM-7": 153, "UCS-2": 67}
"""Units that a segment holds: of a text of one, and of each of several."""

_MOST_SEGMENTS = 255  # the header counts them in one byte
_LARGEST_OF_ONE_UNIT = 0xFFFF


@dataclass(frozen=True, slots=True)
class CostlyCharacter(Record):
    """A character that makes the whole text UCS-2.

    Attributes
    ----------
    character, name : str
        As written, and its Unicode name.
    count : int
        How often the text holds it.
    replacement : str or None
        What can stand for it; empty where leaving it out changes nothing that is seen; None where
        nothing looks like it.
    """

    character: str
    name: str
    count: int
    replacement: str | None


@dataclass(frozen=True, slots=True)
class TextSegments(Record):
    """What a text is billed as.

    Attributes
    ----------
    encoding : "GSM-7" or "UCS-2"
    units : int
        Places of seven bits (``€`` and nine others take two), or code units of sixteen bits (an
        emoji takes two or more).
    segments : int
    units_left : int
        What the last segment still takes.
    costly : tuple of CostlyCharacter
        Most frequent first; empty where the text is GSM-7. What joins the parts of an emoji is not
        told beside it.
    segments_without : int
        Segments if every costly character were replaced, or left out where nothing can stand for
        it; equal to ``segments`` where there is none.
    """

    encoding: Encoding
    units: int
    segments: int
    units_left: int
    costly: tuple[CostlyCharacter, ...]
    segments_without: int


def count_segments(text: str) -> TextSegments:
    """Return how many segments the text is billed as, at least 1, and why.

    Parameters
    ----------
    text : str
        As it is texted, merge fields filled in. A line break is one character, or two where it is
        written as a carriage return and a line feed.

    Raises
    ------
    DataError
        If the text is empty, holds half a character, or would be more than 255 segments.

    References
    ----------
    3GPP TS 23.038, sections 6.2.1 and 6.2.3; 3GPP TS 23.040, section 9.2.3.24.1.

    Examples
    --------
    >>> plain = count_segments("x" * 161)
    >>> plain.encoding, plain.units, plain.segments, plain.units_left
    ('GSM-7', 161, 2, 145)
    >>> dear = count_segments("x" * 100 + "😀")
    >>> dear.encoding, dear.units, dear.segments, dear.segments_without
    ('UCS-2', 102, 2, 1)
    >>> dear.costly[0].name
    'GRINNING FACE'
    """
    _check(text)
    encoding, units, segments, left = _counted(text)
    costly = _costly(text) if encoding == "UCS-2" else ()
    plain = plain_text(text) if costly else text
    without = _counted(plain)[2] if plain else 0
    return TextSegments(encoding, units, segments, left, costly, min(without, segments))


def plain_text(text: str) -> str:
    """Return the text with every costly character replaced, or left out where nothing can be.

    Examples
    --------
    >>> plain_text("It’s here — 50 % off 🎉")
    "It's here - 50 % off "
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        letter if places_of(letter) else replacement_for(letter) or "" for letter in composed
    )


def _check(text: str) -> None:
    if not text:
        raise DataError("the text is empty: write what is to be texted")
    halves = sum(0xD800 <= ord(letter) <= 0xDFFF for letter in text)
    if halves:
        raise DataError(
            f"the text holds {halves} halves of characters, which no phone can show: copy it anew "
            "from where it was written"
        )


def _counted(text: str) -> tuple[Encoding, int, int, int]:
    places = [places_of(letter) for letter in text]
    encoding: Encoding = "GSM-7" if all(places) else "UCS-2"
    sizes = places if encoding == "GSM-7" else [_units_of(letter) for letter in text]
    total = sum(sizes)
    if total <= ALONE[encoding]:
        return encoding, total, 1, ALONE[encoding] - total
    segments, filled = _filled(sizes, JOINED[encoding])
    if segments > _MOST_SEGMENTS:
        raise DataError(
            f"the text would be {segments} segments; no text has more than {_MOST_SEGMENTS}: "
            "shorten it"
        )
    return encoding, total, segments, JOINED[encoding] - filled


def _units_of(letter: str) -> int:
    return 2 if ord(letter) > _LARGEST_OF_ONE_UNIT else 1


def _filled(sizes: Iterable[int], capacity: int) -> tuple[int, int]:
    """Return how many segments the characters fill in turn, and the units in the last one."""
    segments, filled = 1, 0
    for size in sizes:
        if filled + size > capacity:
            segments, filled = segments + 1, 0
        filled += size
    return segments, filled


def _costly(text: str) -> tuple[CostlyCharacter, ...]:
    letters = [letter for letter in text if not places_of(letter)]
    emoji = {letter for letter in letters if replacement_for(letter) is None}
    # What joins an emoji's parts is no fault of its own: without the emoji it is gone.
    counts = Counter(letter for letter in letters if not (emoji and letter in JOINERS))
    return tuple(
        CostlyCharacter(letter, name_of(letter), count, replacement_for(letter))
        for letter, count in counts.most_common()
    )
