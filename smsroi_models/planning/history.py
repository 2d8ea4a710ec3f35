"""What a store tells of a campaign to come: who can be texted, what they spend, what texts cost.

Spending is measured as the campaign's report will: the audience is taken as if it had been held out
one window ago, so that outcome window and pre-period are those of `attribution.outcomes`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ibis
from ibis import _

from smsroi_models.attribution.all_campaigns import collect_all_moments
from smsroi_models.attribution.campaigns import Campaign, Tables, instant
from smsroi_models.attribution.collect import Arms, collect_moments_by
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS, outcomes
from smsroi_models.attribution.programmes import read_programmes
from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.records import Record
from smsroi_models.store.tables import UNSENT_STATUSES

_MEASURED = ("margin", "converted", "orders", *PRE_PERIOD_COLUMNS)


@dataclass(frozen=True, slots=True)
class LatestTerms(Record):
    """What the latest campaigns before a moment cost, and the rules of their money.

    Attributes
    ----------
    currency : str
    margin_rate : float
        Of the latest campaign.
    cost_per_text : float or None
        Mean price of a text (segments times price) of the latest campaign with prices, store
        currency; None where no text has a price.
    cost_per_text_of : str
        That campaign's id, empty where there is none.
    fixed_cost : float or None
        Costs beside the texts of the latest campaign that booked any, store currency.
    fixed_cost_of : str
    first_order_at : datetime
        UTC; of the whole store.
    """

    currency: str
    margin_rate: float
    cost_per_text: float | None
    cost_per_text_of: str
    fixed_cost: float | None
    fixed_cost_of: str
    first_order_at: datetime


def audience(store: Tables, as_of: datetime, segment: str | None = None) -> ibis.Table:
    """Return, lazily, ``customer_id`` and ``acquired_at`` of those who can be texted.

    Customers acquired by ``as_of`` whose latest opt-in is later than any opt-out. In a store
    without subscriptions, all of them.

    Parameters
    ----------
    store : Tables
        With ``customers``.
    as_of : datetime
        UTC.
    segment : str, optional
        Value of ``customers.segment``; everybody by default.
    """
    people = store["customers"].filter(_.acquired_at <= instant(as_of))
    if segment is not None:
        people = people.filter(_.segment == segment)
    people = people.select("customer_id", "acquired_at")
    if "subscriptions" not in store:
        return people
    agreed = (
        store["subscriptions"]
        .filter(_.occurred_at <= instant(as_of))
        .group_by("customer_id")
        .aggregate(
            last_in=_.occurred_at.max(where=_.event == "opt_in"),
            last_out=_.occurred_at.max(where=_.event == "opt_out"),
        )
        .filter(_.last_in.notnull() & (_.last_out.isnull() | (_.last_in > _.last_out)))
        .select("customer_id")
    )
    return people.semi_join(agreed, "customer_id")


def spending(
    store: Tables, people: ibis.Table, as_of: datetime, window_days: int, pre_days: int, rate: float
) -> ibis.Table:
    """Return, lazily, what the people did in the last window: the columns of `outcomes`.

    Only those who were customers at the window's start: somebody acquired by an order in it
    would count for more than the same customer does later.

    Parameters
    ----------
    store : Tables
    people : ibis.Table
        With ``customer_id`` and ``acquired_at``.
    as_of : datetime
        UTC; the window's end.
    window_days, pre_days : int
    rate : float
        Margin rate of orders without a cost of goods.
    """
    start = as_of - timedelta(days=window_days)
    planned = Campaign("planned", "planned", start, window_days, rate, "", None)
    held = people.filter(_.acquired_at <= instant(start)).select(
        "customer_id", campaign_id=ibis.literal("planned"), arm=ibis.literal("holdout"),
        assigned_at=instant(start),
    )  # fmt: skip
    return outcomes(_AsIfAssigned(store, held), planned, as_of, pre_days=pre_days)


def collect_spending(
    store: Tables, people: ibis.Table, as_of: datetime, window_days: int, pre_days: int, rate: float
) -> Moments:
    """Return the moments of ``margin, converted, orders, pre_revenue, pre_orders`` of `spending`.

    Raises
    ------
    NotEstimableError
        If nobody was a customer for the whole window.
    """
    rows = spending(store, people, as_of, window_days, pre_days, rate)
    measured = collect_moments_by(rows, _MEASURED, "arm")
    held = measured["holdout"][1] if measured else None
    if held is None:
        raise _nobody_measured(as_of, window_days)
    return held


def require_measurable(
    store: Tables, as_of: datetime, segment: str | None, window_days: int
) -> None:
    """Raise as `collect_spending` would, without measuring anything."""
    start = as_of - timedelta(days=window_days)
    people = audience(store, as_of, segment).filter(_.acquired_at <= instant(start))
    if not _read_count(people):
        raise _nobody_measured(as_of, window_days)


def _nobody_measured(as_of: datetime, window_days: int) -> NotEstimableError:
    return NotEstimableError(
        f"nobody in the audience was a customer {window_days} days before "
        f"{as_of:%Y-%m-%d}: what they spend in a window is not known; choose a shorter window "
        "or a later as_of"
    )


def read_audience_size(store: Tables, as_of: datetime, segment: str | None = None) -> int:
    """Count the customers who can be texted.

    Raises
    ------
    DataError
        If there is nobody; the text names the segments that there are.
    """
    found = _read_count(audience(store, as_of, segment))
    if found:
        return found
    if segment is None:
        raise DataError(
            f"nobody can be texted on {as_of:%Y-%m-%d}: customers and their opt-ins are needed"
        )
    known = store["customers"].segment.as_table().distinct().to_pyarrow()["segment"].to_pylist()
    names = sorted(str(name) for name in known if name is not None)[:10]
    raise DataError(f"nobody in segment {segment!r} can be texted: the segments are {names}")


def collect_past(store: Tables, as_of: datetime, pre_days: int) -> dict[str, Arms]:
    """Return the moments of every campaign's arms, by id, of windows over at ``as_of``.

    A programme's row is none of them: its window is that of all its campaigns.
    """
    found = collect_all_moments(store, as_of, _MEASURED, pre_days=pre_days)
    programmes = read_programmes(store)
    return {name: arms for name, arms in found.items() if name not in programmes}


def read_terms(store: Tables, as_of: datetime) -> LatestTerms:
    """Return what the latest campaigns that started by ``as_of`` cost.

    Raises
    ------
    NotEstimableError
        If no campaign had started, or there are no orders.
    """
    before = store["campaigns"].filter(_.starts_at <= instant(as_of))
    latest = _read_last(before.select("starts_at", "campaign_id", "currency", "margin_rate"))
    first = store["orders"].ordered_at.min().as_scalar().to_pyarrow().as_py()
    if latest is None or first is None:
        raise NotEstimableError(
            f"the store has no campaign or no order before {as_of:%Y-%m-%d}: its currency and "
            "margin rate, or what customers spend, are not known"
        )
    begun = before.select("campaign_id", "starts_at")
    texts = _read_last(text_prices(store, begun)) if "messages" in store else None
    costs = _read_last(fixed_costs(store, begun)) if "costs" in store else None
    return LatestTerms(
        currency=latest["currency"],
        margin_rate=latest["margin_rate"],
        cost_per_text=texts["amount"] if texts else None,
        cost_per_text_of=texts["campaign_id"] if texts else "",
        fixed_cost=costs["amount"] if costs else None,
        fixed_cost_of=costs["campaign_id"] if costs else "",
        first_order_at=first,
    )


def text_prices(store: Tables, campaigns: ibis.Table) -> ibis.Table:
    """Return, lazily, the mean price of a text of each campaign that has prices."""
    priced = store["messages"].filter(_.price.notnull(), _.status.notin(UNSENT_STATUSES))
    return (
        priced.group_by("campaign_id")
        .aggregate(amount=(_.segments * _.price).mean())
        .join(campaigns, "campaign_id")
        .select("starts_at", "campaign_id", "amount")
    )


def fixed_costs(store: Tables, campaigns: ibis.Table) -> ibis.Table:
    """Return, lazily, the costs beside the texts of each campaign that booked any."""
    return (
        store["costs"]
        .group_by("campaign_id")
        .aggregate(amount=_.amount.sum())
        .join(campaigns, "campaign_id")
        .select("starts_at", "campaign_id", "amount")
    )


class _AsIfAssigned:
    """A store in which other customers were assigned, and whose opt-outs do not matter."""

    def __init__(self, store: Tables, assignments: ibis.Table) -> None:
        self.tables = {"assignments": assignments, "orders": store["orders"]}

    def __getitem__(self, name: str) -> ibis.Table:
        return self.tables[name]

    def __contains__(self, name: object) -> bool:
        return name in self.tables


def _read_count(rows: ibis.Table) -> int:
    return int(rows.count().as_scalar().to_pyarrow().as_py())


def _read_last(campaigns: ibis.Table) -> dict[str, Any] | None:
    """Read the row of the campaign that started last."""
    ordered = campaigns.order_by(_.starts_at.desc(), _.campaign_id.desc()).limit(1)
    rows: list[dict[str, Any]] = ordered.to_pyarrow().to_pylist()
    return rows[0] if rows else None
