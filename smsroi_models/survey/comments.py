"""Comments as words: read as hostile text, in any language that writes spaces between words.

A comment is Unicode that somebody else wrote. It is cut to `LONGEST` characters, contacts in it are
masked, and it is composed (NFC), folded to one case and split into runs of letters, marks and
digits; an apostrophe inside a run belongs to it. Whatever else it holds (markup, formulas, control
characters, overrides of direction, emoji) separates words and is not kept, so that no word needs
escaping that only a comment could have brought in. Full stops, commas and the like end a phrase.

A language without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan) has no words here;
such comments are counted and left out.
"""

import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.masking import LONGEST, masked_contacts

Integers = NDArray[np.int64]

MOST_WORDS = 200
"""Words of a comment that are read; what follows is cut off."""

LONGEST_WORD = 40
"""Characters of a word; a longer run is no word of any language's everyday use, and is left out."""

WITHOUT_SPACES_MOST = 0.2
"""Above this share of comments in a language without spaces, words would speak for the rest."""

PHRASE_END = -1
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
# Joiners and other characters of no width lie inside words (Persian, Hindi) or hide in them.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u02bc\uff07\u2018\u00b4`", "'"))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of all comments, in order, one after another.

    Attributes
    ----------
    vocabulary : tuple of str
        Each word once.
    word : ndarray of int64, shape (n_words,)
        Places in the vocabulary; `PHRASE_END` where a phrase ends.
    comment : ndarray of int64, shape (n_words,)
        Row of the comment that the word stands in.
    readable : ndarray of bool, shape (n_comments,)
        False for no text at all, no word in it, or a language without spaces.
    n_without_spaces : int
        Comments in a language without spaces.
    """

    vocabulary: tuple[str, ...]
    word: Integers
    comment: Integers
    readable: NDArray[np.bool_]
    n_without_spaces: int


def words_of(text: str) -> list[str]:
    """Return the words of a comment, in order, with ``""`` where a phrase ends.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> words_of("The Code DIDN’T work!! <b>=1+1</b>")
    ['the', 'code', "didn't", 'work', '', 'b', '', '1', '', '1', '', 'b', '']
    >>> words_of("हिन्दी में"), words_of("write to ada@example.com")
    (['हिन्दी', 'में'], ['write', 'to', ''])
    """
    text = _INVISIBLE.sub("", masked_contacts(text)).translate(_APOSTROPHES)
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    words: list[str] = []
    for found in _pattern().finditer(text):
        if found[1] is None or len(found[1]) > LONGEST_WORD:
            if words and words[-1]:
                words.append("")
        else:
            words.append(found[1])
    return words[:MOST_WORDS]


def lacks_spaces(text: str) -> bool:
    """Tell whether more than half of the letters are of scripts that write no spaces.

    >>> lacks_spaces("配達が遅い"), lacks_spaces("late delivery"), lacks_spaces("늦은 배송")
    (True, False, False)
    """
    letters = sum(map(str.isalpha, text))
    return 2 * len(_WITHOUT_SPACES.findall(text)) > letters > 0


def read_words(comment: Sequence[str | None]) -> Words:
    """Return the words of every comment.

    Parameters
    ----------
    comment : sequence of str or None, shape (n_comments,)
        None and NaN are no comment.

    Raises
    ------
    DataError
        If a comment is something else than text.
    NotEstimableError
        If more than a fifth of the comments are in a language without spaces.

    Examples
    --------
    >>> read = read_words(["Late again", None, "late"])
    >>> read.vocabulary, read.word.tolist(), read.comment.tolist()
    (('late', 'again'), [0, 1, -1, 0, -1], [0, 0, 0, 2, 2])
    """
    places: dict[str, int] = {"": PHRASE_END}
    word: list[Integers] = []
    lengths = np.zeros(len(comment), dtype=np.int64)
    without_spaces = 0
    for number, text in enumerate(comment):
        told = _text(text, number)
        if lacks_spaces(told):
            without_spaces += 1
            continue
        found = words_of(told)
        if any(found):
            word.append(_coded([*found, ""], places))
            lengths[number] = len(found) + 1
    row = np.repeat(np.arange(len(comment)), lengths)
    told_at_all = without_spaces + int((lengths > 0).sum())
    if without_spaces > WITHOUT_SPACES_MOST * told_at_all:
        raise NotEstimableError(
            f"{without_spaces:,} of {told_at_all:,} comments are in a language that writes no "
            f"spaces between words; at most {WITHOUT_SPACES_MOST:.0%} may be. Put spaces between "
            "the words first (a segmenter of that language does), or read the comments yourself"
        )
    vocabulary = tuple(sorted(set(places) - {""}, key=places.__getitem__))
    codes = np.concatenate([*word, np.empty(0, dtype=np.int64)])
    return Words(vocabulary, codes, row, lengths > 0, without_spaces)


def _text(value: object, number: int) -> str:
    if isinstance(value, str):
        return value[:LONGEST]
    # NaN and NA are what pandas has for no text.
    missing = isinstance(value, float) and value != value
    if value is None or missing or type(value).__name__ == "NAType":
        return ""
    kind = type(value).__name__  # not the value: it may hold what nobody should read
    raise DataError(f"comment {number} is of type {kind}: give text, or None for no comment")


def _coded(words: list[str], places: dict[str, int]) -> Integers:
    return np.array(
        [places.setdefault(sys.intern(w), len(places) - 1) for w in words], dtype=np.int64
    )


@cache
def _pattern() -> re.Pattern[str]:
    """Return what finds a word (group 1), or what ends a phrase.

    Marks are word characters too: without them the vowel signs of Hindi would split its words.
    """
    marks = "".join(f"{a}-{b}" for a, b in _runs_of_marks())
    inside = rf"(?:[^\W_]|[{marks}])"
    return re.compile(rf"({inside}+(?:'{inside}+)*)|([^\s{marks}'-])")


def _runs_of_marks() -> list[tuple[str, str]]:
    """Return the first and last character of every run of combining marks."""
    codes = [c for c in range(0x300, 0xE01F0) if unicodedata.category(chr(c))[0] == "M"]
    starts = [c for i, c in enumerate(codes) if i == 0 or codes[i - 1] != c - 1]
    ends = [c for i, c in enumerate(codes) if i == len(codes) - 1 or codes[i + 1] != c + 1]
    return [(chr(a), chr(b)) for a, b in zip(starts, ends, strict=True)]
