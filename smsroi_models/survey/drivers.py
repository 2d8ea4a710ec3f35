"""The words and phrases that go with low scores, and those that go with high ones.

No list of good and bad words is asked. A word counts by who writes it: the share of low scorers'
comments that hold it is compared with the share of high scorers' (`survey.log_odds`), and of all
words compared those are named that Benjamini and Hochberg's (1995) procedure finds, so that of the
words named the expected share of false ones is at most the stated rate. It assumes that words are
independent or rise and fall together; phrases that share words do (Benjamini and Yekutieli 2001).

A comment counts once for a word, and each comment as a person of its own. That a word goes with low
scores does not say that what it names causes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from statsmodels.stats.multitest import multipletests

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.shares import share_of
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.records import Record
from smsroi_models.survey.commented import Commented, Floats, effective_size, read_commented
from smsroi_models.survey.log_odds import LogOdds, compare_counts
from smsroi_models.survey.presence import Presence, presence_of

LEAST_COMMENTS = 30
"""Comments that either group needs: below it no word but the most glaring could be found."""

LEAST_HOLDERS = 10
"""Comments that must hold a word before it is compared, or ever shown: rarer ones name people."""

PRIOR_COMMENTS = 20.0
"""Comments that the prior is worth. With less, rare words of a small group beside a large one are
named too often by chance: measured in docs/what_people_say.md."""

_SAME = 0.7  # of the comments with a weaker word, those that hold a stronger one


@dataclass(frozen=True, slots=True)
class DriverWord(Record):
    """A word or phrase that one group writes more often.

    Attributes
    ----------
    term : str
        One to three words in lower case.
    n_low, n_high : int
        Comments that hold it.
    share_low, share_high : Estimate
        Of the group's comments, weighted, in [0, 1], with Wilson's interval.
    log_odds_ratio, standard_error, z : float
        Above 0 where low scorers write it more often; shrunk by the prior.
    p_value, p_adjusted : float
        Two-sided; alone, and for all words compared (Benjamini and Hochberg).
    told_by : str or None
        A stronger word of the same list that most of its comments hold too.
    """

    term: str
    n_low: int
    n_high: int
    share_low: Estimate
    share_high: Estimate
    log_odds_ratio: float
    standard_error: float
    z: float
    p_value: float
    p_adjusted: float
    told_by: str | None


@dataclass(frozen=True, slots=True)
class Drivers(Record):
    """What low scorers write more often than high scorers, and the other way round.

    Attributes
    ----------
    low_at_most, high_at_least : float
        Scores of the two groups.
    n_low, n_high, n_between : int
        Comments that could be read, by the group of their score.
    n_without_spaces : int
        Comments left out for their language.
    n_tested : int
        Words and phrases compared.
    false_discovery_rate, confidence_level : float
    low, high : tuple of DriverWord
        Found, strongest first; maybe none.
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("low", "high")

    low_at_most: float
    high_at_least: float
    n_low: int
    n_high: int
    n_between: int
    n_without_spaces: int
    n_tested: int
    false_discovery_rate: float
    confidence_level: float
    low: tuple[DriverWord, ...]
    high: tuple[DriverWord, ...]


def driver_words(
    comment: Sequence[str | None],
    score: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    low_at_most: float,
    high_at_least: float,
    false_discovery_rate: float = 0.05,
    confidence_level: float = 0.95,
) -> Drivers:
    """Return the words that go with low scores and those that go with high ones.

    Parameters
    ----------
    comment : sequence of str or None, shape (n_answers,)
        One a person: who comments twice is no second witness. None where nothing was written.
    score : array of shape (n_answers,)
        Finite.
    weights : array of shape (n_answers,), optional
        At least 0. They enter by Kish's effective size of each group.
    low_at_most, high_at_least : float
        Scores of the low group (6 for detractors) and the high one (9 for promoters).
    false_discovery_rate, confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If lengths differ, a comment is no text, a score not finite or a weight negative.
    ParameterError
        If the groups overlap, or an option lies outside its range.
    NotEstimableError
        If a group has fewer than `LEAST_COMMENTS` comments that can be read, by number or by
        effective size, no word stands in `LEAST_HOLDERS` of them, or more than a fifth are in a
        language without spaces.

    References
    ----------
    Monroe, Colaresi and Quinn (2008), Political Analysis 16(4), equations 16 to 22. Benjamini and
    Hochberg (1995), Journal of the Royal Statistical Society B 57(1).

    Examples
    --------
    >>> found = driver_words(
    ...     ["came late"] * 40 + ["all fine"] * 40, [3] * 40 + [10] * 40,
    ...     low_at_most=6, high_at_least=9,
    ... )
    >>> [word.term for word in found.low], [word.term for word in found.high]
    (['came late'], ['all fine'])
    """
    _check_options(low_at_most, high_at_least, false_discovery_rate, confidence_level)
    given = read_commented(comment, score, weights)
    low = given.read & (given.score <= low_at_most)
    high = given.read & (given.score >= high_at_least)
    _require_comments(given, low, f"at most {low_at_most:g}")
    _require_comments(given, high, f"at least {high_at_least:g}")
    presence = presence_of(given.words, low | high, LEAST_HOLDERS)
    presence = _not_everywhere(presence, low | high)
    groups = [_Group.of(presence, given.weights, rows, confidence_level) for rows in (low, high)]
    compared = _compare(*groups)
    adjusted = multipletests(compared.p_value, method="fdr_bh")[1]
    found = np.flatnonzero(adjusted <= false_discovery_rate)
    words = _words(presence, groups, compared, adjusted, found, low | high)
    return Drivers(
        low_at_most=float(low_at_most),
        high_at_least=float(high_at_least),
        n_low=int(low.sum()),
        n_high=int(high.sum()),
        n_between=int((given.read & ~low & ~high).sum()),
        n_without_spaces=given.words.n_without_spaces,
        n_tested=len(presence.terms),
        false_discovery_rate=false_discovery_rate,
        confidence_level=confidence_level,
        low=tuple(word for word in words if word.z > 0),
        high=tuple(word for word in words if word.z < 0),
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """A group's comments: how many hold each term, in number, share and effective number."""

    holders: Floats
    share: Floats
    size: float
    confidence_level: float

    @classmethod
    def of(
        cls, presence: Presence, weights: Floats, rows: NDArray[np.bool_], level: float
    ) -> "_Group":
        matrix, mine = presence.among(rows), weights[rows]
        share = np.minimum((matrix.T @ mine) / mine.sum(), 1.0)
        holders = np.asarray(matrix.sum(axis=0))
        return cls(holders, share, effective_size(mine), level)

    @property
    def count(self) -> Floats:
        """How many comments of equal weight would hold each term."""
        return np.minimum(self.share * self.size, self.size)

    def estimate(self, place: int) -> Estimate:
        """Return the share that holds a term, with its interval."""
        return share_of(float(self.count[place]), self.size, self.confidence_level)


def _check_options(low: float, high: float, rate: float, level: float) -> None:
    if not low < high:
        raise ParameterError(
            f"low_at_most is {low!r} and high_at_least {high!r}: low scores end below high ones"
        )
    for name, value in (("false_discovery_rate", rate), ("confidence_level", level)):
        if not 0 < value < 1:
            raise ParameterError(f"{name} is {value!r}: it lies between 0 and 1")


def _require_comments(given: Commented, rows: NDArray[np.bool_], scores: str) -> None:
    size = effective_size(given.weights[rows]) if rows.any() else 0.0
    # A rounding error in equal weights must not turn thirty into fewer.
    if size < LEAST_COMMENTS * (1 - 1e-9):
        worth = "" if round(size) == rows.sum() else f", worth {size:.1f} of equal weight"
        raise NotEstimableError(
            f"{rows.sum():,} comments with a score of {scores} can be read{worth}: at least "
            f"{LEAST_COMMENTS} are needed before words can be compared; read them yourself"
        )


def _not_everywhere(presence: Presence, rows: NDArray[np.bool_]) -> Presence:
    """Leave out terms that every comment holds: nothing can be compared in them."""
    holders = np.asarray(presence.among(rows).sum(axis=0))
    kept = np.flatnonzero(holders < rows.sum())
    if not len(kept):
        raise NotEstimableError(
            f"no word stands in {LEAST_HOLDERS} comments or more, and not in all of them: there is "
            "too little text in common to compare"
        )
    return Presence(tuple(presence.terms[place] for place in kept), presence.matrix[:, kept])


def _compare(low: _Group, high: _Group) -> LogOdds:
    together = (low.count + high.count) / (low.size + high.size)
    return compare_counts(
        low.count, high.count, low.size, high.size, PRIOR_COMMENTS * together, PRIOR_COMMENTS
    )


def _words(
    presence: Presence,
    groups: list[_Group],
    compared: LogOdds,
    adjusted: Floats,
    found: NDArray[np.int64],
    rows: NDArray[np.bool_],
) -> list[DriverWord]:
    """Return the words found, strongest first."""
    low, high = groups
    found = found[np.argsort(-np.abs(compared.z[found]), kind="stable")]
    sides = {sign: found[np.sign(compared.z[found]) == sign] for sign in (1, -1)}
    told: dict[int, str] = {}
    for side in sides.values():
        told |= _told_by(presence, side, rows)
    return [
        DriverWord(
            term=presence.terms[place],
            n_low=int(low.holders[place]),
            n_high=int(high.holders[place]),
            share_low=low.estimate(place),
            share_high=high.estimate(place),
            log_odds_ratio=float(compared.log_odds_ratio[place]),
            standard_error=float(compared.standard_error[place]),
            z=float(compared.z[place]),
            p_value=float(compared.p_value[place]),
            p_adjusted=float(adjusted[place]),
            told_by=told.get(int(place)),
        )
        for place in found
    ]


def _told_by(
    presence: Presence, places: NDArray[np.int64], rows: NDArray[np.bool_]
) -> dict[int, str]:
    """Return, for a term that a stronger one mostly comes with, the strongest such."""
    matrix: sparse.csr_array = presence.among(rows)[:, places]
    both = (matrix.T @ matrix).toarray()
    told: dict[int, str] = {}
    leading: list[int] = []
    for order, place in enumerate(places):
        stronger = [other for other in leading if both[order, other] >= _SAME * both[order, order]]
        if stronger:
            told[int(place)] = presence.terms[places[stronger[0]]]
        else:
            leading.append(order)
    return told
