"""Which tracking number serves which campaign: no two whose calls could be mixed up.

A campaign holds its numbers from its start until its window and a time of rest are over: texts stay
on phones, and who calls late must not be counted for the next campaign.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from smsroi_models.errors import DataError, ParameterError
from smsroi_models.records import Record

REST_DAYS = 30
"""Days a number rests after a campaign's window, if nothing else is asked for: a choice."""

_LONGEST_REST = 3650


@dataclass(frozen=True, slots=True)
class CallWindow(Record):
    """When a campaign's numbers may ring, UTC: ``[starts_at, ends_at)``, the rest included."""

    campaign_id: str
    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "CallWindow") -> bool:
        """Tell whether a moment lies in both."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def call_window(
    campaign_id: str, starts_at: datetime, window_days: int, rest_days: int = REST_DAYS
) -> CallWindow:
    """Return the campaign's window and the rest after it.

    Raises
    ------
    ParameterError
        If the rest is negative, or above ten years.

    Examples
    --------
    >>> from datetime import UTC
    >>> call_window("A", datetime(2025, 3, 1, tzinfo=UTC), 14, 30).ends_at.isoformat()
    '2025-04-14T00:00:00+00:00'
    """
    if not 0 <= rest_days <= _LONGEST_REST:
        raise ParameterError(f"--rest-days is {rest_days}: it must be 0 to {_LONGEST_REST}")
    return CallWindow(campaign_id, starts_at, starts_at + timedelta(days=window_days + rest_days))


def allocate_windows(
    pool: Sequence[str],
    wanted: Mapping[CallWindow, int],
    booked: Mapping[str, Sequence[CallWindow]],
) -> dict[str, tuple[str, ...]]:
    """Give each campaign so many numbers that nobody else's calls come in on.

    Campaigns are served in the order in which they start, each with the numbers that have rested
    longest. Where nothing is booked after the first of them starts, this needs the fewest numbers
    there can be: as many as are wanted at once at the busiest moment (interval partitioning,
    Kleinberg and Tardos 2005, section 4.1).

    Parameters
    ----------
    pool : sequence of str
        Numbers, each once.
    wanted : mapping of CallWindow to int
        How many numbers each campaign is to have, 1 or more.
    booked : mapping of str to sequence of CallWindow
        What numbers of the pool are used for already.

    Returns
    -------
    dict of str to tuple of str
        Numbers by campaign. A number that is booked for the campaign already counts as one of its.

    Raises
    ------
    DataError
        If the pool is too small; the text says how many numbers are missing, and until when.
    ParameterError
        If the pool holds a number twice or none, or fewer than 1 are wanted.

    Examples
    --------
    >>> from datetime import UTC
    >>> march, april = (
    ...     call_window(name, datetime(2025, month, 1, tzinfo=UTC), 14, 30)
    ...     for name, month in (("MARCH", 3), ("APRIL", 4))
    ... )
    >>> allocate_windows(["one", "two"], {march: 1, april: 1}, {})
    {'MARCH': ('one',), 'APRIL': ('two',)}
    """
    _check(pool, wanted)
    held = {number: list(booked.get(number, ())) for number in pool}
    allocated: dict[str, tuple[str, ...]] = {}
    for window in sorted(wanted, key=lambda each: (each.starts_at, each.ends_at)):
        count = wanted[window]
        own = [n for n in pool if any(w.campaign_id == window.campaign_id for w in held[n])]
        free = [n for n in pool if n not in own and not any(map(window.overlaps, held[n]))]
        free.sort(key=lambda number: _rested_since(held[number], window))
        chosen = (own + free)[: max(count, len(own))]
        if len(chosen) < count:
            raise DataError(_lacking(window, count, chosen, held))
        for number in chosen:
            held[number].append(window)
        allocated[window.campaign_id] = tuple(chosen)
    return allocated


def _check(pool: Sequence[str], wanted: Mapping[CallWindow, int]) -> None:
    if not pool:
        raise ParameterError("the pool holds no number: name the numbers that may be used")
    if len(set(pool)) < len(pool):
        raise ParameterError("the pool holds a number more than once: name each once")
    for window, count in wanted.items():
        if count < 1:
            raise ParameterError(
                f"campaign {window.campaign_id!r} is to have {count} numbers: ask for 1 or more"
            )


def _rested_since(windows: Sequence[CallWindow], window: CallWindow) -> float:
    """Return when the number was last given back; numbers never used come first."""
    before = [used.ends_at.timestamp() for used in windows if used.ends_at <= window.starts_at]
    return max(before, default=float("-inf"))


def _lacking(
    window: CallWindow, count: int, found: Sequence[str], held: Mapping[str, Sequence[CallWindow]]
) -> str:
    missing = count - len(found)
    noun, verb = ("number", "lacks") if missing == 1 else ("numbers", "lack")
    text = (
        f"{missing} {noun} {verb}: campaign {window.campaign_id!r} needs {count} from "
        f"{window.starts_at:%Y-%m-%d} to {window.ends_at:%Y-%m-%d}, and of the pool of {len(held)} "
        f"{len(found)} {'is' if len(found) == 1 else 'are'} free"
    )
    later = _first_start(window, count, held)
    if later is None:
        return f"{text}: add numbers to the pool"
    return (
        f"{text}, because the others serve campaigns whose calls overlap. It could start on "
        f"{later:%Y-%m-%d %H:%M} UTC: add numbers, start then, or let numbers rest for less"
    )


def _first_start(
    window: CallWindow, count: int, held: Mapping[str, Sequence[CallWindow]]
) -> datetime | None:
    """Return when the campaign could start with the pool as it is, None where it never could."""
    others = [
        [used for used in windows if used.campaign_id != window.campaign_id]
        for windows in held.values()
    ]
    length = window.ends_at - window.starts_at
    ends = {used.ends_at for windows in others for used in windows}
    for start in sorted(end for end in ends if end > window.starts_at):
        moved = CallWindow(window.campaign_id, start, start + length)
        if sum(not any(map(moved.overlaps, windows)) for windows in others) >= count:
            return start
    return None
