"""What the calls to a campaign's tracking numbers show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, days, instant
from smsroi_models.attribution.outcomes import ready_customers
from smsroi_models.errors import ParameterError
from smsroi_models.records import Record

NEEDED = ("numbers", "calls")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CallRule(Record):
    """What makes a call count as qualified, and an order as its.

    Attributes
    ----------
    qualified_seconds : float
        An answered call of at least this length is qualified, where no outcomes are named.
    qualified_outcomes : tuple of str
        Answered calls with one of these outcomes are qualified, whatever their length.
    order_days : int
        Days after a call within which an order of the same customer is taken as following it;
        half-open. An order follows the last such call alone.

    Raises
    ------
    ParameterError
        If a length is below 0 or no whole number of days.

    Examples
    --------
    >>> CallRule().qualified_seconds, CallRule(order_days=14).order_days
    (60.0, 14)
    """

    qualified_seconds: float = 60.0
    qualified_outcomes: tuple[str, ...] = ()
    order_days: int = 7

    def __post_init__(self) -> None:
        if not self.qualified_seconds >= 0:
            raise ParameterError(
                f"qualified_seconds is {self.qualified_seconds!r}: give seconds of 0 or more"
            )
        if isinstance(self.qualified_outcomes, str):
            raise ParameterError(
                f"qualified_outcomes is {self.qualified_outcomes!r}: give a tuple of outcomes"
            )
        if not (isinstance(self.order_days, int) and 1 <= self.order_days <= 3650):
            raise ParameterError(
                f"order_days is {self.order_days!r}: it must be whole days from 1 to 3650"
            )


@dataclass(frozen=True, slots=True)
class CallGroup(Record):
    """Calls alike in one thing: their outcome, or their region.

    Attributes
    ----------
    name : str
        As the call tracking gave it; ``unknown`` where it gave none.
    calls, answered, qualified : int
    value : float
        Money that came of them, store currency; unknown values count as 0.
    """

    name: str
    calls: int
    answered: int
    value: float
    qualified: int


@dataclass(frozen=True, slots=True)
class Calls(Record):
    """Calls to a campaign's tracking numbers up to a moment.

    Attributes
    ----------
    calls, answered : int
    answered_seconds : float
        Length of the answered calls together.
    rule : CallRule
    qualified : int
        Calls that are, by the rule.
    converted : int
        Calls that a value was put on.
    value : float
        Money that came of them, store currency.
    ordered, orders_after : int
        Calls of known customers that an order followed, by the rule; those orders.
    revenue_after : float
        Of those orders, net of refunds, store currency. Who calls may have ordered anyway.
    cost : float or None
        Of the whole campaign, store currency; None where nothing is known of it.
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
    rule: CallRule
    qualified: int
    converted: int
    value: float
    ordered: int
    orders_after: int
    revenue_after: float
    cost: float | None
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

    @property
    def qualified_share(self) -> float | None:
        """Qualified calls among all, in [0, 1]; None without calls."""
        return self.qualified / self.calls if self.calls else None

    @property
    def cost_per_call(self) -> float | None:
        """The campaign's cost over its calls, store currency; None where either is missing."""
        return self.cost / self.calls if self.cost is not None and self.calls else None

    @property
    def cost_per_qualified_call(self) -> float | None:
        """The campaign's cost over its qualified calls; None where either is missing."""
        return self.cost / self.qualified if self.cost is not None and self.qualified else None


def collect_calls(
    store: Tables,
    campaign: Campaign,
    as_of: datetime,
    rule: CallRule | None = None,
    cost: float | None = None,
) -> Calls:
    """Sum the calls to the campaign's numbers before ``as_of``, and the orders that followed.

    Parameters
    ----------
    store, campaign, as_of
        As for `calls_summed`.
    rule : CallRule, optional
    cost : float, optional
        Of the whole campaign, store currency.
    """
    chosen = rule or CallRule()
    rows = calls_summed(store, campaign, as_of, chosen).to_pyarrow().to_pylist()
    after = orders_after(store, campaign, as_of, chosen).to_pyarrow().to_pylist()[0]
    return _calls(rows, after, chosen, cost)


def calls_summed(store: Tables, campaign: Campaign, as_of: datetime, rule: CallRule) -> ibis.Table:
    """Return, lazily, rows of sums by outcome and by region, and one of all: ``by, name, ...``."""
    calls = _own_calls(store, campaign, as_of).mutate(
        qualified=_qualified(rule),
        outcome=_.outcome.coalesce(UNKNOWN),
        region=_.region.coalesce(UNKNOWN),
        all=ibis.literal(""),
    )
    callers = calls.filter(_.customer_id.notnull()).group_by("customer_id").aggregate(n=_.count())
    parts = [
        calls.group_by(name=calls[by])
        .aggregate(
            calls=_.count(),
            answered=_.answered.sum(),
            qualified=_.qualified.sum(),
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


def orders_after(store: Tables, campaign: Campaign, as_of: datetime, rule: CallRule) -> ibis.Table:
    """Return, lazily, one row: ``ordered, orders_after, revenue_after`` as in `Calls`."""
    known = _own_calls(store, campaign, as_of).filter(_.customer_id.notnull())
    orders = store["orders"].filter(_.ordered_at < instant(as_of))
    pairs = (
        known.select("call_id", "customer_id", "started_at")
        .join(orders.select("order_id", "customer_id", "ordered_at", "revenue"), "customer_id")
        .filter(_.ordered_at >= _.started_at, _.ordered_at < _.started_at + days(rule.order_days))
    )
    latest = ibis.window(group_by="order_id", order_by=[_.started_at.desc(), _.call_id])
    own = pairs.mutate(place=ibis.row_number().over(latest)).filter(_.place == 0)
    return own.aggregate(
        ordered=_.call_id.nunique(), orders_after=_.count(), revenue_after=_.revenue.sum()
    )


def _own_calls(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    own = store["numbers"].filter(_.campaign_id == campaign.campaign_id).select("number_id")
    return store["calls"].filter(_.started_at < instant(as_of)).semi_join(own, "number_id")


def _qualified(rule: CallRule) -> ibis.Deferred:
    if rule.qualified_outcomes:
        return _.answered & _.outcome.isin(rule.qualified_outcomes).fill_null(False)
    return _.answered & (_.duration_seconds >= rule.qualified_seconds)


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


def _calls(
    rows: list[dict[str, Any]], after: dict[str, Any], rule: CallRule, cost: float | None
) -> Calls:
    total = next((row for row in rows if row["by"] == "all"), {})
    counts = (
        "calls",
        "answered",
        "qualified",
        "converted",
        "callers",
        "repeat_callers",
        "anonymous",
    )
    return Calls(
        **{name: int(total.get(name) or 0) for name in counts},
        answered_seconds=float(total.get("answered_seconds") or 0.0),
        rule=rule,
        value=float(total.get("value") or 0.0),
        ordered=int(after["ordered"] or 0),
        orders_after=int(after["orders_after"] or 0),
        revenue_after=float(after["revenue_after"] or 0.0),
        cost=cost,
        by_outcome=_groups(rows, "outcome"),
        by_region=_groups(rows, "region"),
    )


def _groups(rows: list[dict[str, Any]], by: str) -> tuple[CallGroup, ...]:
    found = [
        CallGroup(
            row["name"],
            row["calls"],
            int(row["answered"] or 0),
            float(row["value"] or 0.0),
            int(row["qualified"] or 0),
        )
        for row in rows
        if row["by"] == by
    ]
    return tuple(sorted(found, key=lambda group: (-group.calls, group.name)))
