"""How the list grew: a ledger by month and source in which everything adds up.

closing = opening + joined + rejoined - left,    and each month opens where the last one closed
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from smsroi_models.audience.counts import Integers, ListChanges
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class ListMonth(Record):
    """A month of the list, or of one source of it.

    Attributes
    ----------
    starts : date
        The month's first day (UTC).
    opening, joined, rejoined, left, closing : int
        Subscribers, and spells that began and ended. The last month goes as far as was looked.
    """

    starts: date
    opening: int
    joined: int
    rejoined: int
    left: int
    closing: int

    @property
    def churn(self) -> float | None:
        """Those who left, over those at the opening and who came; None where there was nobody."""
        there = self.opening + self.joined + self.rejoined
        return self.left / there if there else None


@dataclass(frozen=True, slots=True)
class ListGrowth(Record):
    """The list month by month, in all and by where its subscribers came from.

    Attributes
    ----------
    months : tuple of ListMonth
        Oldest first, without a gap.
    by_source : dict of str to tuple of ListMonth
        By the source of the opt-in, the largest first; the same months. Their sums are ``months``.
    left_unknown : int
        Opt-outs of people whose opt-in is not in the store: on the list before the records began,
        and in no month.
    """

    months: tuple[ListMonth, ...]
    by_source: dict[str, tuple[ListMonth, ...]]
    left_unknown: int

    @property
    def subscribers(self) -> int:
        """Subscribers at the end."""
        return self.months[-1].closing


def list_growth(changes: ListChanges, until: date) -> ListGrowth:
    """Return the ledger of the list from its first opt-in to a day.

    Parameters
    ----------
    changes : ListChanges
    until : date
        Its month is the last, whether anything changed in it or not.

    Raises
    ------
    NotEstimableError
        If nobody ever opted in.

    Examples
    --------
    Two joined on 5 and 6 January 1970, and one of them left in February:

    >>> one = np.array
    >>> found = list_growth(
    ...     ListChanges(
    ...         day=one([4, 5, 40]), source=one(["form"] * 3), joined=one([1, 1, 0]),
    ...         rejoined=one([0, 0, 0]), left=one([0, 0, 1]), left_unknown=0,
    ...     ),
    ...     date(1970, 2, 28),
    ... )
    >>> [(month.opening, month.joined, month.left, month.closing) for month in found.months]
    [(0, 2, 0, 2), (2, 0, 1, 1)]
    """
    if not len(changes.day) or not (changes.joined.any() or changes.rejoined.any()):
        raise NotEstimableError(
            "the store knows no opt-in: how the list grew cannot be told without; import the "
            "subscribers with the times at which they opted in"
        )
    month = changes.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    first = int(month.min())
    last = max(int(month.max()), (until.year - 1970) * 12 + until.month - 1)
    starts = [date(1970 + number // 12, number % 12 + 1, 1) for number in range(first, last + 1)]
    came = changes.joined + changes.rejoined
    names = sorted(
        set(changes.source), key=lambda name: (-came[changes.source == name].sum(), name)
    )
    by_source = {
        str(name): _months(changes, changes.source == name, month - first, starts) for name in names
    }
    everybody = np.ones(len(month), np.bool_)
    months = _months(changes, everybody, month - first, starts)
    return ListGrowth(months, by_source, changes.left_unknown)


def _months(
    changes: ListChanges, chosen: NDArray[np.bool_], place: Integers, starts: Sequence[date]
) -> tuple[ListMonth, ...]:
    joined, rejoined, left = (
        np.bincount(place[chosen], weights=counts[chosen], minlength=len(starts)).astype(np.int64)
        for counts in (changes.joined, changes.rejoined, changes.left)
    )
    closing = np.cumsum(joined + rejoined - left)
    opening = np.concatenate([[0], closing[:-1]])
    columns = (opening, joined, rejoined, left, closing)
    return tuple(
        ListMonth(start, *(int(column[i]) for column in columns)) for i, start in enumerate(starts)
    )
