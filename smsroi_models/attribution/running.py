"""A campaign that is still running, read over the days that every assigned customer has had.

The window is cut to whole days from the last assignment to ``as_of``, so that everybody counts and
the arms stay as they were drawn. Its figures may be read every day: their intervals are those of
the confidence sequence of `sequential`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.estimates import OutcomeLift
from smsroi_models.attribution.sequential import sequential_lift
from smsroi_models.errors import NotReadyError
from smsroi_models.records import Record

_DAY = timedelta(days=1)
_ORDER = ("failed", "informational", "passed")


@dataclass(frozen=True, slots=True)
class SoFar(Record):
    """How far a campaign is that was read before its windows were over.

    Attributes
    ----------
    days : int
        Days counted for every customer, from assignment on: at least 1, less than ``window_days``.
    window_days : int
        The window as planned.
    last_assigned_at, ends_at : datetime
        UTC: of the customer assigned last, whose planned window ends at the second.
    days_of_first : int
        Whole days of their window that those assigned first have had; what they did after ``days``
        is not counted.
    """

    days: int
    window_days: int
    last_assigned_at: datetime
    ends_at: datetime
    days_of_first: int


def read_so_far(campaign: Campaign, readiness: Readiness, as_of: datetime) -> SoFar | None:
    """Return how far the campaign is; None once every planned window is over.

    Raises
    ------
    NotReadyError
        If the customer assigned last has not had a whole day; the text says when that will be.
    """
    assert readiness.first_ready_at is not None and readiness.last_ready_at is not None
    window = timedelta(days=campaign.window_days)
    first, last = readiness.first_ready_at - window, readiness.last_ready_at - window
    days = (as_of - last) // _DAY
    if days >= campaign.window_days:
        return None
    if days < 1:
        raise NotReadyError(
            f"campaign {campaign.campaign_id!r} cannot be read so far as of "
            f"{as_of:%Y-%m-%d %H:%M} UTC: the customer assigned last has not had a whole day; that "
            f"will be {last + _DAY:%Y-%m-%d %H:%M} UTC" + _others_ready(readiness)
        )
    longest = min((as_of - first) // _DAY, campaign.window_days)
    return SoFar(days, campaign.window_days, last, last + window, longest)


def cut_window(campaign: Campaign, so_far: SoFar) -> Campaign:
    """Return the campaign with its window cut to the days counted."""
    return replace(campaign, window_days=so_far.days)


def sequential_lifts(lifts: dict[str, OutcomeLift], information: float) -> dict[str, OutcomeLift]:
    """Return the lifts with intervals that may be read every day.

    One clock for all outcomes, the margin's: revenue, orders and customers who bought come with the
    same orders. A clock that runs slower than an outcome's own is on the safe side.
    """
    return {
        name: OutcomeLift(
            sequential_lift(lift.unadjusted, information),
            sequential_lift(lift.adjusted, information) if lift.adjusted else None,
        )
        for name, lift in lifts.items()
    }


def with_still_running(
    checks: Sequence[Check], so_far: SoFar, readiness: Readiness
) -> tuple[Check, ...]:
    """Return the checks, two of them told anew: nobody had the full window, and few have bought.

    Few buyers make the interval of a single look miss too often; the sequence does not (at most
    2.5 % of idle campaigns misread at ten orders in the holdout: tests/calibration).
    """
    told = still_running(so_far, sum(readiness.assigned.values()))
    found = [told if check.name == told.name else _few_buyers(check) for check in checks]
    return tuple(sorted(found, key=lambda check: _ORDER.index(check.status)))


def _few_buyers(check: Check) -> Check:
    if check.name != "Enough buyers" or check.status != "failed":
        return check
    return Check(
        check.name,
        "informational",
        "Few customers have bought so far, or a few large orders carry much of the result. The "
        "range for daily reading is wide enough for that; that of the final answer may not be.",
        check.remedy,
    )


def still_running(so_far: SoFar, assigned: int) -> Check:
    """Say over which days the campaign was read, and what late assignment costs."""
    late = so_far.days_of_first - so_far.days
    text = (
        f"The campaign is still running: it is read over the first {so_far.days} of "
        f"{so_far.window_days} days of all {assigned:,} assigned customers. Costs count in full."
    )
    if late:
        text += (
            f" Those assigned first have had {so_far.days_of_first} days: what they did in the "
            f"last {late} is not counted yet, because the customer assigned last "
            f"({so_far.last_assigned_at:%Y-%m-%d}) has not had them."
        )
    remedy = f"The final answer can be read after {so_far.ends_at:%Y-%m-%d}."
    return Check("Outcome windows", "informational", text, remedy)


def _others_ready(readiness: Readiness) -> str:
    over = sum(readiness.ready.values())
    if not all(readiness.ready.values()):
        return ""
    return f". {over:,} customers had their full window: read those, without so_far"
