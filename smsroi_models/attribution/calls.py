"""What the calls to a campaign's tracking numbers show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, days, instant
from smsroi_models.attribution.outcomes import ready_customers
from smsroi_models.records import Record

NEEDED = ("numbers", "calls")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CallGroup(Record):
    """Calls alike in one thing: their outcome, or their region.

    Attributes
    ----------
    name : str
        As the call tracking gave it; ``unknown`` where it gave none.
    calls, answered : int
    value : float
        Money that came of them, store currency; unknown values count as 0.
    """

    name: str
    calls: int
    answered: int
    value: float


@dataclass(frozen=True, slots=True)
class Calls(Record):
    """Calls to a campaign's tracking numbers up to a moment.

    Attributes
    ----------
    calls, answered : int
    answered_seconds : float
        Length of the answered calls together.
    converted : int
        Calls that a value was put on.
    value : float
        Money that came of them, store currency.
    callers, repeat_callers : int
        Customers known to have called; those who did more than once.
    anonymous : int
        Calls of nobody known.
    by_outcome, by_region : tuple of CallGroup
        Most calls first.
    """

    calls: int
    answered: int
    answered_seconds: float
    converted: int
    value: float
    callers: int
    repeat_callers: int
    anonymous: int
    by_outcome: tuple[CallGroup, ...]
    by_region: tuple[CallGroup, ...]

    @property
    def answered_share(self) -> float | None:
        """Answered calls among all, in [0, 1]; None without calls."""
        return self.answered / self.calls if self.calls else None

    @property
    def mean_seconds(self) -> float | None:
        """Mean length of an answered call, seconds; None without one."""
        return self.answered_seconds / self.answered if self.answered else None


def collect_calls(store: Tables, campaign: Campaign, as_of: datetime) -> Calls:
    """Sum the calls to the campaign's numbers before ``as_of``, in one query."""
    rows = calls_summed(store, campaign, as_of).to_pyarrow().to_pylist()
    return _calls(rows)


def calls_summed(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, rows of sums by outcome and by region, and one of all: ``by, name, ...``."""
    own = store["numbers"].filter(_.campaign_id == campaign.campaign_id).select("number_id")
    calls = (
        store["calls"]
        .filter(_.started_at < instant(as_of))
        .semi_join(own, "number_id")
        .mutate(
            outcome=_.outcome.coalesce(UNKNOWN),
            region=_.region.coalesce(UNKNOWN),
            all=ibis.literal(""),
        )
    )
    callers = calls.filter(_.customer_id.notnull()).group_by("customer_id").aggregate(n=_.count())
    parts = [
        calls.group_by(name=calls[by])
        .aggregate(
            calls=_.count(),
            answered=_.answered.sum(),
            answered_seconds=_.duration_seconds.sum(where=_.answered),
            converted=_.value.notnull().sum(),
            value=_.value.sum(),
            anonymous=_.customer_id.isnull().sum(),
        )
        .mutate(
            by=ibis.literal(by),
            callers=callers.count().as_scalar(),
            repeat_callers=callers.filter(_.n > 1).count().as_scalar(),
        )
        for by in ("all", "outcome", "region")
    ]
    return ibis.union(*parts)


def callers_assigned(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``customer_id, arm, called`` of everyone counted.

    ``called`` is 1 for who called a number of the campaign in the own outcome window, and else 0.
    """
    people = ready_customers(store, campaign, as_of)
    own = store["numbers"].filter(_.campaign_id == campaign.campaign_id).select("number_id")
    called = (
        store["calls"]
        .semi_join(own, "number_id")
        .select("customer_id", "started_at")
        .join(people, "customer_id")
        .filter(
            _.started_at >= _.assigned_at, _.started_at < _.assigned_at + days(campaign.window_days)
        )
        .select("customer_id")
        .distinct()
        .mutate(called=ibis.literal(1.0))
    )
    return people.left_join(called, "customer_id").select(
        "customer_id", "arm", called=_.called.coalesce(0.0)
    )


def _calls(rows: list[dict[str, Any]]) -> Calls:
    total = next((row for row in rows if row["by"] == "all"), {})
    counts = ("calls", "answered", "converted", "callers", "repeat_callers", "anonymous")
    return Calls(
        **{name: int(total.get(name) or 0) for name in counts},
        answered_seconds=float(total.get("answered_seconds") or 0.0),
        value=float(total.get("value") or 0.0),
        by_outcome=_groups(rows, "outcome"),
        by_region=_groups(rows, "region"),
    )


def _groups(rows: list[dict[str, Any]], by: str) -> tuple[CallGroup, ...]:
    found = [
        CallGroup(row["name"], row["calls"], int(row["answered"] or 0), float(row["value"] or 0.0))
        for row in rows
        if row["by"] == by
    ]
    return tuple(sorted(found, key=lambda group: (-group.calls, group.name)))
