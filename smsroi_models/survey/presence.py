"""Which comments hold which words and phrases: the matrix that drivers and themes are read from.

A comment counts once for a phrase, however often it repeats it: repetitions by one person are not
independent of each other, and their number says little in so short a text. Phrases are one to three
words in a row. A phrase can be no more frequent than its parts, so that only phrases of frequent
parts are ever counted (Agrawal and Srikant 1994): memory grows with the words read, not with the
phrases that they could make.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from smsroi_models.survey.comments import PHRASE_END, Integers, Words

LONGEST_PHRASE = 3
MOST_TERMS = 5_000


@dataclass(frozen=True, slots=True)
class Presence:
    """Comments against terms.

    Attributes
    ----------
    terms : tuple of str
        Words and phrases, the most frequent first.
    matrix : sparse array of float64, shape (n_comments, n_terms)
        1 where the comment holds the term.
    """

    terms: tuple[str, ...]
    matrix: sparse.csr_array

    def among(self, rows: NDArray[np.bool_]) -> sparse.csr_array:
        """Return the rows of some comments."""
        return self.matrix[np.flatnonzero(rows)]


def presence_of(
    words: Words,
    counted: NDArray[np.bool_],
    least: int,
    *,
    longest: int = LONGEST_PHRASE,
    merged: bool = True,
) -> Presence:
    """Return which comments hold each term that at least ``least`` of the counted ones hold.

    Terms that the very same comments hold are one term under their longest name: "did not work"
    stands for "not work" where nobody wrote the one without the other. At most `MOST_TERMS` are
    kept, the most frequent.

    Parameters
    ----------
    words : Words
    counted : ndarray of bool, shape (n_comments,)
        Comments by which a term is frequent or not.
    least : int
        At least 1.
    longest : int
        Words of a phrase at most.
    merged : bool
        False keeps terms apart that the same comments hold.

    Examples
    --------
    >>> from smsroi_models.survey.comments import read_words
    >>> words = read_words(["late again", "very late again", "late", "fine"])
    >>> found = presence_of(words, words.readable, 2)
    >>> found.terms, found.matrix.sum(axis=0).tolist()  # "again" never without "late again"
    (('late', 'late again'), [3.0, 2.0])
    """
    size = len(words.vocabulary)
    kept, codes = _frequent(words.word, size, words.comment, counted, least)
    names = [words.vocabulary[place] for place in kept]
    found = [(names, *_once(codes, words.comment))]
    for length in range(2, longest + 1):
        made, codes = _longer(codes, words, length)
        kept, codes = _frequent(codes, len(made), words.comment, counted, least)
        parts = np.divmod(made[kept], size)
        names = [
            f"{names[start]} {words.vocabulary[end]}" for start, end in zip(*parts, strict=True)
        ]
        found.append((names, *_once(codes, words.comment)))
    return _joined(found, counted, merged)


def _longer(codes: Integers, words: Words, length: int) -> tuple[Integers, Integers]:
    """Return the phrases one word longer that occur, and where each of them begins.

    A phrase is a frequent one (its code) and the word that follows: code x words + word.
    """
    following = np.full_like(codes, PHRASE_END)
    following[: 1 - length] = words.word[length - 1 :]
    begins = (codes != PHRASE_END) & (following != PHRASE_END)
    phrase = codes[begins] * len(words.vocabulary) + following[begins]
    made, place = np.unique(phrase, return_inverse=True)
    numbered = np.full_like(codes, PHRASE_END)
    numbered[begins] = place
    return made, numbered


def _frequent(
    codes: Integers,
    n_codes: int,
    comment: Integers,
    counted: NDArray[np.bool_],
    least: int,
) -> tuple[Integers, Integers]:
    """Return the codes that enough counted comments hold, and all codes numbered by them.

    A rarer one becomes `PHRASE_END`: no longer phrase goes through it.
    """
    term, row = _once(codes, comment)
    holders = np.bincount(term[counted[row]], minlength=n_codes)
    kept = np.flatnonzero(holders >= least)
    renumbered = np.full(n_codes + 1, PHRASE_END, dtype=np.int64)  # its last stands for PHRASE_END
    renumbered[kept] = np.arange(len(kept))
    return kept, renumbered[codes]


def _once(codes: Integers, comment: Integers) -> tuple[Integers, Integers]:
    """Return each term and comment that go together, once."""
    seen = codes != PHRASE_END
    width = int(comment[-1]) + 1 if len(comment) else 1
    # By sorting: NumPy's unique hashes, and takes ten times as long over keys so regular.
    pair = np.sort(codes[seen] * width + comment[seen])
    pair = pair[np.flatnonzero(np.diff(pair, prepend=-1))]
    return pair // width, pair % width


def _joined(
    found: list[tuple[list[str], Integers, Integers]], counted: NDArray[np.bool_], merged: bool
) -> Presence:
    """Join words and phrases, the most frequent first."""
    names = [name for some, _, _ in found for name in some]
    before = np.cumsum([0, *(len(some) for some, _, _ in found)])[:-1]
    term = np.concatenate([part + n for (_, part, _), n in zip(found, before, strict=True)])
    row = np.concatenate([part for _, _, part in found])
    shape = (len(counted), len(names))
    whole = sparse.csc_array((np.ones(len(term)), (row, term)), shape=shape)
    kept = _distinct(whole, names) if merged else np.arange(len(names))
    holders = whole[np.flatnonzero(counted)].sum(axis=0)[kept]
    kept = kept[np.argsort(-holders, kind="stable")[:MOST_TERMS]]
    return Presence(tuple(names[place] for place in kept), whole[:, kept].tocsr())


def _distinct(whole: sparse.csc_array, names: list[str]) -> Integers:
    """Return the places of the longest of the terms that the same comments hold."""
    whole.sort_indices()
    longest: dict[bytes, int] = {}
    for place, name in enumerate(names):
        same = whole.indices[whole.indptr[place] : whole.indptr[place + 1]].tobytes()
        other = longest.get(same)
        if other is None or name.count(" ") > names[other].count(" "):
            longest[same] = place
    return np.array(sorted(longest.values()), dtype=np.int64)
