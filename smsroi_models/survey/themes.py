"""What comments are about: themes that come back in other runs, and the money beside them.

A theme is a topic of `survey.topics` that is stable, with the words of it that comments hold
together more often than chance would (`survey.together`); a topic without two such words is no
theme. Of the numbers of topics tried that one is taken whose themes speak for most comments, or a
larger one whose themes speak for nearly as many (`NEARLY`): a smaller number joins what does not
belong together. A comment mentions a theme if it holds two of its words or more: a rule that
anybody can check, and that leaves out who says the same in other words. Shares are of comments, not
of customers; spend of those who mention a theme is compared with spend of those who comment on
something else, which no one drew by lot: the difference is no effect of what the theme names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.shares import share_of
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.records import Record
from smsroi_models.survey.commented import (
    Commented,
    Floats,
    effective_size,
    numbers,
    read_commented,
)
from smsroi_models.survey.examples import LEAST_SHARED, typical
from smsroi_models.survey.mean_difference import MeanDifference, mean_difference
from smsroi_models.survey.presence import Presence, presence_of
from smsroi_models.survey.together import tied_words
from smsroi_models.survey.topics import Topics, find_topics

LEAST_COMMENTS = 100
"""Comments that can be read: below it four fifths of them are no second look at the same topics."""

LEAST_HOLDERS = 10
"""Comments that must hold a word of a theme, and at least one in a hundred."""

LEAST_COMPARED = 50
"""Comments with a score (or spend) on either side before means are compared: spend is skewed, and
intervals of fewer miss the truth too often. Measured in docs/what_people_say.md."""

NEARLY = 0.95
"""Of the comments that the best number of topics speaks for, so many are as good."""

MOST_WORDS = 8
_LEAST_WEIGHT = 0.25  # of the heaviest word's
_LEAST_OWN = 0.5  # of the word's weight over all topics
_WORDS_TO_MENTION = 2
# Of its share in the theme's comments: "to" and "and" of other comments name nothing.
_MOST_ELSEWHERE = 0.05
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Theme(Record):
    """What some comments are about.

    Attributes
    ----------
    words : tuple of str
        Two to eight, the heaviest first.
    name : tuple of str
        Up to three of them to call it by, without those that other comments hold, too.
    stability : float
        Mean cosine with its match in other runs, in [0.8, 1].
    n_comments : int
        Comments that hold two of the words or more.
    share : Estimate
        Of comments, weighted, in [0, 1], with Wilson's interval for these words.
    score, spend : MeanDifference or None
        Of comments that mention it against the others, in points and in the store's currency, with
        intervals that hold for all themes together. None where a side has fewer than
        `LEAST_COMPARED`, everybody has the same, or no spend was given.
    examples : tuple of str
        Comments as `survey.examples` shows them; none unless asked for.
    """

    words: tuple[str, ...]
    name: tuple[str, ...]
    stability: float
    n_comments: int
    share: Estimate
    score: MeanDifference | None
    spend: MeanDifference | None
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Themes(Record):
    """What the comments are about, as far as it can be told.

    Attributes
    ----------
    n_comments, n_without_spaces : int
        Comments that could be read, and those left out for their language.
    n_topics, n_dropped : int
        Topics looked for, and those of them that are no themes.
    other_share : Estimate
        Of comments that mention no theme, in [0, 1].
    confidence_level : float
    themes : tuple of Theme
        The most frequent first; maybe none.
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("themes",)

    n_comments: int
    n_without_spaces: int
    n_topics: int
    n_dropped: int
    other_share: Estimate
    confidence_level: float
    themes: tuple[Theme, ...]


def comment_themes(
    comment: Sequence[str | None],
    score: ArrayLike,
    spend: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    *,
    rng: np.random.Generator,
    most_themes: int = 8,
    examples: int = 0,
    confidence_level: float = 0.95,
) -> Themes:
    """Return what the comments are about, how many mention it, and the score and spend of those.

    Parameters
    ----------
    comment : sequence of str or None, shape (n_answers,)
        None where nothing was written.
    score : array of shape (n_answers,)
        Finite.
    spend : array of shape (n_answers,), optional
        In the store's currency; NaN where it is not known.
    weights : array of shape (n_answers,), optional
        At least 0.
    rng : numpy.random.Generator
        Draws the starts and the parts that themes must come back in.
    most_themes : int
        Topics to look for at most, 2 to 20.
    examples : int
        Comments to show of each theme, 0 to 5; masked, and still personal data.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If lengths differ, a comment is no text, a score not finite or a weight negative.
    ParameterError
        If an option lies outside its range.
    NotEstimableError
        If fewer than `LEAST_COMMENTS` comments can be read, fewer than three words stand in
        `LEAST_HOLDERS` of them, or more than a fifth are in a language without spaces.

    References
    ----------
    Lee and Seung (1999), Nature 401. Greene, O'Callaghan and Cunningham (2014), How many topics?,
    ECML PKDD. Wilson (1927), Journal of the American Statistical Association 22(158).

    Examples
    --------
    >>> told = ["the parcel came late"] * 60 + ["easy to order"] * 60
    >>> spend = [20.0, 30.0] * 30 + [40.0, 50.0] * 30
    >>> found = comment_themes(
    ...     told, [3, 10] * 60, spend, rng=np.random.default_rng(1), most_themes=2
    ... )
    >>> [(sorted(theme.words), theme.share.estimate) for theme in found.themes]
    [(['easy', 'order', 'to'], 0.5), (['came', 'late', 'parcel', 'the'], 0.5)]
    >>> found.themes[0].spend.difference.estimate
    20.0
    """
    _check_options(rng, most_themes, examples, confidence_level)
    given = read_commented(comment, score, weights)
    spent = None if spend is None else numbers(spend, "spend", len(comment))
    presence = _words_held(given)
    held = presence.among(given.read)
    tied = tied_words(held)
    tried = find_topics(held, most_themes, rng)
    n_topics, kept = _best([_kept(topics, presence, tied, given.read) for topics in tried])
    # As Bonferroni has it: intervals of means hold for all themes together.
    level = 1 - (1 - confidence_level) / max(len(kept), 1)
    themes = [
        Theme(
            words=tuple(presence.terms[word] for word in found.words),
            name=tuple(presence.terms[word] for word in _name(found, presence, given.read)),
            stability=found.stability,
            n_comments=int(found.mention.sum()),
            share=_share(given, found.mention, confidence_level),
            score=_compared(given.score, found.mention, given, level),
            spend=None if spent is None else _compared(spent, found.mention, given, level),
            examples=_examples(comment, presence, found, given, examples),
        )
        for found in kept
    ]
    other = given.read & ~_any_of(kept, given.read)
    return Themes(
        n_comments=int(given.read.sum()),
        n_without_spaces=given.words.n_without_spaces,
        n_topics=n_topics,
        n_dropped=n_topics - len(themes),
        other_share=_share(given, other, confidence_level),
        confidence_level=confidence_level,
        themes=tuple(sorted(themes, key=lambda theme: (-theme.share.estimate, theme.words))),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A stable topic whose words belong together, and who mentions it."""

    words: NDArray[np.int64]
    stability: float
    mention: NDArray[np.bool_]


def _kept(
    topics: Topics, presence: Presence, tied: NDArray[np.bool_], read: NDArray[np.bool_]
) -> tuple[int, list[_Found]]:
    """Return how many topics were asked for, and those of them that are themes."""
    found = []
    for place in np.flatnonzero(topics.stable):
        words = _words(topics.weights, int(place), tied)
        if len(words):
            held = np.asarray(presence.matrix[:, words].sum(axis=1))
            stability = float(min(topics.stability[place], 1.0))
            found.append(_Found(words, stability, (held >= _WORDS_TO_MENTION) & read))
    return len(topics.weights), found


def _best(tried: list[tuple[int, list[_Found]]]) -> tuple[int, list[_Found]]:
    """Return the largest number of topics whose themes speak for nearly the most comments."""
    spoken = [sum(_any_of(found, None)) if found else 0 for _, found in tried]
    enough = [place for place, n in enumerate(spoken) if n >= NEARLY * max(spoken)]
    return tried[enough[-1] if max(spoken) else 0]


def _any_of(found: list[_Found], rows: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    none = [] if rows is None else [np.zeros_like(rows)]
    return np.asarray(np.any([*(theme.mention for theme in found), *none], axis=0))


def _check_options(rng: object, most: object, examples: object, level: float) -> None:
    if not isinstance(rng, np.random.Generator):
        raise ParameterError(f"rng is {rng!r}: give a numpy.random.Generator")
    for name, value, low, high in (("most_themes", most, 2, 20), ("examples", examples, 0, 5)):
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ParameterError(f"{name} is {value!r}: a whole number from {low} to {high}")
    if not 0 < level < 1:
        raise ParameterError(f"confidence_level is {level!r}: it lies between 0 and 1")


def _words_held(given: Commented) -> Presence:
    n = int(given.read.sum())
    if n < LEAST_COMMENTS:
        raise NotEstimableError(
            f"{n:,} comments can be read: at least {LEAST_COMMENTS} are needed before themes can "
            "be told; read them yourself"
        )
    least = max(LEAST_HOLDERS, n // 100)
    found = presence_of(given.words, given.read, least, longest=1, merged=False)
    if len(found.terms) < 3:
        raise NotEstimableError(
            f"{len(found.terms)} words stand in {least} of {n:,} comments or more: there is too "
            "little text in common to tell themes"
        )
    return found


def _words(weights: Floats, topic: int, tied: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the words of a topic that belong to it and to each other; none for no theme."""
    mine = weights[topic]
    own = mine / np.maximum(weights.sum(axis=0), np.finfo(float).tiny)
    heavy = (own >= _LEAST_OWN) & (mine >= _LEAST_WEIGHT * mine.max())
    words = np.flatnonzero(heavy)
    words = words[tied[np.ix_(words, words)].any(axis=1)]
    return words[np.argsort(-mine[words], kind="stable")][:MOST_WORDS]


def _name(found: _Found, presence: Presence, read: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the words that tell a theme from other comments, the heaviest first."""
    inside, outside = (
        np.asarray(presence.matrix[np.flatnonzero(rows)][:, found.words].mean(axis=0)).ravel()
        if rows.any()
        else np.zeros(len(found.words))
        for rows in (found.mention, read & ~found.mention)
    )
    elsewhere = outside / np.maximum(inside, np.finfo(float).tiny)
    own = elsewhere <= _MOST_ELSEWHERE
    if own.sum() < _WORDS_TO_MENTION:  # where all are common, the least common ones
        own = np.isin(np.arange(len(own)), np.argsort(elsewhere, kind="stable")[:_NAMED])
    return found.words[own][:_NAMED]


def _share(given: Commented, rows: NDArray[np.bool_], level: float) -> Estimate:
    weights = given.weights[given.read]
    size = effective_size(weights)
    share = min(given.weights[rows].sum() / weights.sum(), 1.0)
    return share_of(float(min(share * size, size)), size, level)


def _compared(
    values: Floats, mention: NDArray[np.bool_], given: Commented, level: float
) -> MeanDifference | None:
    known = given.read & np.isfinite(values)
    mine = mention[known]
    if min(mine.sum(), (~mine).sum()) < LEAST_COMPARED:
        return None
    try:
        return mean_difference(values[known], mine, given.weights[known], level)
    except NotEstimableError:  # everybody has the same
        return None


def _examples(
    comment: Sequence[str | None],
    presence: Presence,
    found: _Found,
    given: Commented,
    most: int,
) -> tuple[str, ...]:
    if not most:
        return ()
    everyday = presence_of(given.words, given.read, LEAST_SHARED, longest=1, merged=False)
    in_all = sparse.csr_array(presence.matrix).sum(axis=1)
    of_theme = presence.matrix[:, found.words].sum(axis=1)
    closeness = np.where(found.mention, of_theme / np.sqrt(np.maximum(in_all, 1)), 0.0)
    return typical(comment, closeness, frozenset(everyday.terms), most)
