"""Counts of subscriptions: the seam between the engine and the mathematics of the list.

Their size is that of the days and sources, never that of the list.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from smsroi_models.errors import DataError
from smsroi_models.records import Record

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ListChanges:
    """Who joined and left on which day: arrays of shape (n_rows,).

    Attributes
    ----------
    day : ndarray of int
        UTC day, counted from 1970-01-01.
    source : ndarray of str
        Where the spell began.
    joined, rejoined, left : ndarray of int
        Spells that began, for the first time and again, and that ended.
    left_unknown : int
        Opt-outs of customers whose opt-in is not in the store.
    """

    day: Integers
    source: NDArray[np.object_]
    joined: Integers
    rejoined: Integers
    left: Integers
    left_unknown: int


@dataclass(frozen=True, slots=True, eq=False)
class SpellCounts:
    """Spells of subscription by the whole days that they lasted.

    Attributes
    ----------
    entered, ended, censored : ndarray of shape (n_days,)
        Spells by days since opt-in, from 0: at which they begin to be followed (0 unless the
        records start later), at which they ended, and at which they were last seen.

    Raises
    ------
    DataError
        If the shapes differ, a count is negative, or not as many go as come.

    Examples
    --------
    Three spells: one ended on day 2, two go on, of which one is followed from day 1 on.

    >>> found = SpellCounts.of([2, 3, 3], [1, 0, 0], [0, 0, 1])
    >>> found.n, found.at_risk.tolist(), found.ended.tolist()
    (3, [0, 2, 3, 2], [0, 0, 1, 0])
    """

    entered: Integers
    ended: Integers
    censored: Integers

    def __post_init__(self) -> None:
        columns = (self.entered, self.ended, self.censored)
        if len({column.shape for column in columns}) > 1 or self.entered.ndim != 1:
            raise DataError(f"counts of shapes {[c.shape for c in columns]}: one a day is needed")
        if any((column < 0).any() for column in columns):
            raise DataError("a count of spells is negative: counts are of customers")
        if self.entered.sum() != self.ended.sum() + self.censored.sum():
            raise DataError(
                f"{self.entered.sum()} spells come and {self.ended.sum() + self.censored.sum()} "
                "go: each must do both"
            )

    @classmethod
    def of(cls, lasted: object, ended: object, entered: object = 0) -> Self:
        """Count spells given one by one: arrays of shape (n_spells,), days and 0 or 1.

        Raises
        ------
        DataError
            If a spell ends before it is followed, or a number is negative.
        """
        days = np.asarray(lasted, np.int64)
        over = np.broadcast_to(np.asarray(ended, np.int64), days.shape)
        late = np.broadcast_to(np.asarray(entered, np.int64), days.shape)
        if len(days) and ((late < 0).any() or (days <= late).any()):
            raise DataError("a spell lasts no longer than to where it begins to be followed")
        size = int(days.max(initial=0)) + 1
        parts = (late, days[over == 1], days[over == 0])
        come, gone, lost = (np.bincount(part, minlength=size) for part in parts)
        return cls(come, gone, lost)

    def __add__(self, other: Self) -> Self:
        """Return the counts of both sets of spells together."""
        size = max(len(self.entered), len(other.entered))
        pairs = zip(self._columns(), other._columns(), strict=True)
        return type(self)(*(_padded(a, size) + _padded(b, size) for a, b in pairs))

    @property
    def n(self) -> int:
        """Spells."""
        return int(self.entered.sum())

    @property
    def at_risk(self) -> Integers:
        """Spells followed at each day that had neither ended nor gone from sight before it."""
        gone = np.cumsum(self.ended + self.censored)
        come = np.cumsum(self.entered)
        return np.concatenate([[0], come[:-1] - gone[:-1]])

    def _columns(self) -> tuple[Integers, Integers, Integers]:
        return self.entered, self.ended, self.censored


@dataclass(frozen=True, slots=True, eq=False)
class CohortCounts:
    """Spells of one source that began in one cohort.

    Attributes
    ----------
    source : str
    cohort : int
        How many of the cuts between cohorts lie at or before the opt-in.
    counts : SpellCounts
    """

    source: str
    cohort: int
    counts: SpellCounts


@dataclass(frozen=True, slots=True)
class CampaignCounts(Record):
    """What a campaign's delivered texts were followed by.

    Attributes
    ----------
    campaign_id, name : str
    starts_at : datetime
        UTC.
    delivered : int
        Delivered texts whose days of following are over.
    first_texts : int
        Those of them that were the first that their customer ever got.
    opted_out : int
        Opt-outs within the days of following of one of these texts, counted for the last text
        that the customer had before.
    opted_in : int
        Spells whose opt-in names this campaign.
    subscribed : int or None
        Subscribers when the campaign started; None where the store knows no opt-in.
    """

    campaign_id: str
    name: str
    starts_at: datetime
    delivered: int
    first_texts: int
    opted_out: int
    opted_in: int
    subscribed: int | None


@dataclass(frozen=True, slots=True)
class AskedToStop(Record):
    """How many asked to stop in words of their own, and may still be texted.

    Attributes
    ----------
    customers : int
    texted_since : int
        Those of them to whom a text was delivered after they asked.
    texts_since : int
        Such texts.
    first_asked_at : datetime or None
        UTC; when the one who waits longest first asked.
    last_text_at : datetime or None
        UTC; of the last such text.
    """

    customers: int
    texted_since: int
    texts_since: int
    first_asked_at: datetime | None
    last_text_at: datetime | None


def _padded(counts: Integers, size: int) -> Integers:
    return np.concatenate([counts, np.zeros(size - len(counts), np.int64)])
