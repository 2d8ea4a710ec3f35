"""What is checked before the figures of a list are trusted."""

import math
from datetime import date, timedelta

import numpy as np

from smsroi_models.attribution.checks import Check
from smsroi_models.audience.counts import ListChanges

# How seldom opt-outs would be missing for so long by chance, as for a gap in the orders.
_BY_CHANCE = 0.001
MUCH_UNKNOWN = 0.1


def opt_outs_recorded(changes: ListChanges) -> Check:
    """Check that opt-outs were recorded from the start, not from some later day on.

    Days of subscription are added up to the first opt-out, and as many again after it. At a steady
    pace each opt-out falls into either half with the same chance: n of them in the second alone
    have the probability 2^-n. A pace that changes later, with the first text, does not matter.

    Examples
    --------
    Forty who joined on one day; from the hundredth day on one of them leaves every day:

    >>> days = np.arange(100, 130)
    >>> one, none = np.ones(31, np.int64), np.zeros(31, np.int64)
    >>> joined, left = none.copy(), one.copy()
    >>> joined[0], left[0] = 40, 0
    >>> source = np.array(["form"] * 31, dtype=object)
    >>> found = ListChanges(np.array([0, *days]), source, joined, none, left, 0)
    >>> found_late = opt_outs_recorded(found)
    >>> found_late.status, found_late.text[:31]
    ('failed', 'The first opt-out is of 1970-04')
    """
    name = "Opt-outs recorded from the start"
    if not changes.left.any():
        return Check(
            name,
            "informational",
            "No subscriber's opt-out is in the store: either nobody left, or nobody wrote it down.",
            "Import the opt-outs, or the replies that hold them.",
        )
    first, before, count = _around_the_first(changes)
    if count < -math.log2(_BY_CHANCE):
        return Check(name, "passed", f"The first opt-out is of {first:%Y-%m-%d}.")
    return Check(
        name,
        "failed",
        f"The first opt-out is of {first:%Y-%m-%d}, after {before:,.0f} days of subscription "
        f"without one; in as many after it there were {count:,}. Those who left before are "
        "probably not in the store, so that subscribers seem to stay longer than they do.",
        f'Pass records_start="{first:%Y-%m-%d}" (--records-start): older subscriptions then '
        "count from that day on.",
    )


def _around_the_first(changes: ListChanges) -> tuple[date, float, int]:
    """Return the first opt-out's day, days of subscription before it, opt-outs in as many after."""
    start, end = int(changes.day.min()), int(changes.day.max())
    came = changes.joined + changes.rejoined
    size = end - start + 1
    net, left = (
        np.bincount(changes.day - start, weights=counts, minlength=size)
        for counts in (came - changes.left, changes.left)
    )
    first = int(np.flatnonzero(left)[0])
    # Days of subscription up to the end of each day; who joins or leaves has half of that day.
    there = np.cumsum(np.cumsum(net) - net / 2)
    before = float(there[first - 1]) if first else 0.0
    after = int(np.searchsorted(there, 2 * before, side="right"))
    count = int(left[first : after + 1].sum()) if before else 0
    return date(1970, 1, 1) + timedelta(days=start + first), before, count


def opt_ins_known(left_unknown: int, left: int) -> Check:
    """Check that most of those who left are known to have joined.

    Examples
    --------
    >>> opt_ins_known(5, 95).status, opt_ins_known(50, 50).status
    ('passed', 'failed')
    """
    name = "Opt-ins known"
    total = left_unknown + left
    seen = f"Of {total:,} opt-outs {left_unknown:,} are of people whose opt-in is not in the store"
    if left_unknown <= MUCH_UNKNOWN * total:
        return Check(
            name, "passed", f"{seen}." if left_unknown else "Every opt-out has its opt-in."
        )
    return Check(
        name,
        "failed",
        f"{seen}: they were on the list before the records began and are in none of its figures by "
        "month or source. The rates per text count them.",
        "Import the subscribers with the times at which they opted in.",
    )
