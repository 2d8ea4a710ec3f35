"""What a campaign's customers brought day by day, before it and in its window: one query.

Days are whole: 24 hours counted from the first assignment, so that no day is cut in two by the
campaign's start. Only customers acquired before the pre-period began count: the others would make
the base grow, and each begins with an order that the campaign did not cause.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import ibis
import numpy as np
from ibis import _
from numpy.typing import NDArray

from smsroi_models.attribution.campaigns import Campaign, Tables, assigned_customers, instant
from smsroi_models.attribution.programmes import read_programmes
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record
from smsroi_models.store.tables import UNSENT_STATUSES

DAY = timedelta(days=1)
# A campaign that reached fewer of the customers hardly moves their sum.
REACHED_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Span(Record):
    """The days of a series.

    Attributes
    ----------
    starts_at : datetime
        First assignment, UTC; day 0 begins here.
    pre_days : int
        Days before it.
    window_days : int
        Days until the last window is over; longer than the campaign's where assignments took days.
    """

    starts_at: datetime
    pre_days: int
    window_days: int

    @property
    def begins_at(self) -> datetime:
        """When the pre-period begins, UTC."""
        return self.starts_at - self.pre_days * DAY

    @property
    def ends_at(self) -> datetime:
        """When the window ends, UTC."""
        return self.starts_at + self.window_days * DAY


@dataclass(frozen=True, slots=True)
class OtherCampaign(Record):
    """Another campaign that texted some of the counted customers in the span.

    Attributes
    ----------
    campaign_id : str
    share : float
        Of the counted customers, in [0, 1].
    first_day, end_day : int
        Days since ``starts_at``, half-open: from its first assignment to the end of its windows.
    """

    campaign_id: str
    share: float
    first_day: int
    end_day: int


@dataclass(frozen=True, slots=True)
class DailySeries(Record):
    """Daily sums, pre-period first; days without orders are zeros.

    Attributes
    ----------
    span : Span
    counted : int
        Assigned customers who are in the sums.
    controls : int
        Customers in the control series.
    revenue, margin, orders : ndarray of shape (pre_days + window_days,)
        Of the counted customers; money in the store's currency.
    control_margin, control_orders : ndarray of the same shape
        Of customers whom neither this campaign nor, in the span, any other text touched.
    others : tuple of OtherCampaign
        Those that reached at least `REACHED_SHARE` of the counted customers.
    """

    MEMBERS: ClassVar[tuple[str, ...]] = (
        "revenue",
        "margin",
        "orders",
        "control_margin",
        "control_orders",
    )

    span: Span
    counted: int
    controls: int
    revenue: NDArray[np.float64]
    margin: NDArray[np.float64]
    orders: NDArray[np.float64]
    control_margin: NDArray[np.float64]
    control_orders: NDArray[np.float64]
    others: tuple[OtherCampaign, ...]

    @property
    def disturbed(self) -> NDArray[np.bool_]:
        """Days of the pre-period that lie in another campaign's window."""
        days = np.arange(-self.span.pre_days, self.span.window_days)
        inside = [(days >= other.first_day) & (days < other.end_day) for other in self.others]
        disturbed = np.any([np.zeros(len(days), bool), *inside], axis=0)
        return np.asarray(disturbed & (days < 0))

    @property
    def has_controls(self) -> bool:
        """Whether the controls ordered on at least half of the days before the campaign."""
        days = np.count_nonzero(self.control_orders[: self.span.pre_days])
        return bool(2 * days >= self.span.pre_days > 0)

    @property
    def overlapping(self) -> tuple[OtherCampaign, ...]:
        """Other campaigns whose windows reach into this one's."""
        inside = range(self.span.window_days)
        return tuple(
            other for other in self.others if other.first_day < inside.stop and other.end_day > 0
        )


def read_without_holdout(store: Tables) -> set[str]:
    """Return the ids of the campaigns that have customers assigned, and nobody held out."""
    if "assignments" not in store:
        return set()
    rows = (
        store["assignments"]
        .group_by("campaign_id")
        .aggregate(held=(_.arm == "holdout").sum())
        .filter(_.held == 0)
    )
    return {str(value) for value in rows.to_pyarrow()["campaign_id"].to_pylist()}


def read_span(store: Tables, campaign: Campaign, pre_days: int) -> Span:
    """Return the span: ``pre_days`` before the first assignment, or since the store's first order.

    Raises
    ------
    NotEstimableError
        If nobody is assigned, or there is no whole day with orders before the campaign.
    """
    row = (
        assigned_customers(store, campaign)
        .aggregate(first=_.assigned_at.min(), last=_.assigned_at.max())
        .to_pyarrow()
        .to_pylist()[0]
    )
    if row["first"] is None:
        raise NotEstimableError(
            f"campaign {campaign.campaign_id!r} has nobody assigned: record who was texted in the "
            "table assignments"
        )
    first_order = store["orders"].ordered_at.min().as_scalar().to_pyarrow().as_py()
    history = (row["first"] - first_order) // DAY if first_order else 0
    if history < 1:
        raise NotEstimableError(
            f"the store has no order a whole day before campaign {campaign.campaign_id!r}: nothing "
            "says what its customers did without it; add older orders"
        )
    spread = -((row["first"] - row["last"]) // DAY)
    return Span(row["first"], min(pre_days, history), campaign.window_days + spread)


def collect_series(store: Tables, campaign: Campaign, span: Span) -> DailySeries:
    """Collect the daily sums of the counted customers and of the controls.

    Raises
    ------
    NotEstimableError
        If every assigned customer was acquired after the pre-period began.
    """
    people = series_customers(store, campaign, span)
    sizes = {
        row["role"]: int(row["n"])
        for row in people.group_by("role").aggregate(n=_.count()).to_pyarrow().to_pylist()
    }
    if not sizes.get("counted"):
        raise NotEstimableError(
            f"no customer of campaign {campaign.campaign_id!r} was acquired before the pre-period "
            f"began on {span.begins_at:%Y-%m-%d}: read a shorter one (pre_days)"
        )
    days = span.pre_days + span.window_days
    sums = {name: np.zeros((3, days)) for name in ("counted", "control")}
    for row in daily_sums(store, campaign, span, people).to_pyarrow().to_pylist():
        amounts = row["revenue"], row["margin"], row["orders"]
        sums[row["role"]][:, int(row["day"]) + span.pre_days] = amounts
    revenue, margin, orders = sums["counted"]
    return DailySeries(
        span=span,
        counted=sizes["counted"],
        controls=sizes.get("control", 0),
        revenue=revenue,
        margin=margin,
        orders=orders,
        control_margin=sums["control"][1],
        control_orders=sums["control"][2],
        others=read_other_campaigns(store, campaign, span, people, sizes["counted"]),
    )


def series_customers(store: Tables, campaign: Campaign, span: Span) -> ibis.Table:
    """Return, lazily, ``customer_id, role``: ``counted`` or ``control``.

    Both were acquired before the pre-period began (had ordered by then, where the store has no
    customers). Controls were never assigned to the campaign, and no campaign assigned them to be
    texted or sent them a text within the span.
    """
    assigned = assigned_customers(store, campaign).select("customer_id")
    known = _known_before(store, span.begins_at)
    touched = assigned.union(_touched(store, campaign, span), distinct=True)
    counted = known.semi_join(assigned, "customer_id").mutate(role=ibis.literal("counted"))
    control = known.anti_join(touched, "customer_id").mutate(role=ibis.literal("control"))
    return counted.union(control)


def daily_sums(store: Tables, campaign: Campaign, span: Span, people: ibis.Table) -> ibis.Table:
    """Return, lazily, ``role, day, revenue, margin, orders``; days without orders are absent."""
    orders = store["orders"]
    near = orders.filter(
        orders.ordered_at >= instant(span.begins_at), orders.ordered_at < instant(span.ends_at)
    )
    list_price_cost = (1 - campaign.margin_rate) * (_.revenue + _.discount)
    seconds = near.ordered_at.epoch_seconds() - instant(span.starts_at).epoch_seconds()
    return (
        near.mutate(
            # Some engines drop fractions of a second, which could end in the day after the last.
            day=(seconds / 86_400).floor().cast("int64").clip(upper=span.window_days - 1),
            margin=_.revenue - ibis.coalesce(_.cost_of_goods, list_price_cost),
        )
        .join(people, "customer_id")
        .group_by("role", "day")
        .aggregate(revenue=_.revenue.sum(), margin=_.margin.sum(), orders=_.count())
        .order_by("role", "day")
    )


def _known_before(store: Tables, moment: datetime) -> ibis.Table:
    if "customers" in store:
        return store["customers"].filter(_.acquired_at < instant(moment)).select("customer_id")
    return store["orders"].filter(_.ordered_at < instant(moment)).select("customer_id").distinct()


def _touched(store: Tables, campaign: Campaign, span: Span) -> ibis.Table:
    begins, ends = instant(span.begins_at), instant(span.ends_at)
    chosen = (
        store["assignments"]
        .filter(_.arm == "treatment", _.assigned_at >= begins, _.assigned_at < ends)
        .select("customer_id")
    )
    if "messages" not in store:
        return chosen
    own = _.campaign_id == campaign.campaign_id
    texted = (
        store["messages"]
        .filter(_.status.notin(UNSENT_STATUSES))
        .filter(own | ((_.sent_at >= begins) & (_.sent_at < ends)))
        .select("customer_id")
    )
    return chosen.union(texted)


def read_other_campaigns(
    store: Tables, campaign: Campaign, span: Span, people: ibis.Table, counted: int
) -> tuple[OtherCampaign, ...]:
    """Return the other campaigns of the span that reached `REACHED_SHARE` of the counted.

    A programme is none: it stands for the campaigns beneath it, and sends no text of its own.
    """
    aside = [campaign.campaign_id, *sorted(read_programmes(store))]
    windows = store["campaigns"].select("campaign_id", "window_days")
    rows = (
        store["assignments"]
        .filter(_.campaign_id.notin(aside), _.arm == "treatment")
        .semi_join(people.filter(_.role == "counted"), "customer_id")
        .group_by("campaign_id")
        .aggregate(n=_.count(), first=_.assigned_at.min(), last=_.assigned_at.max())
        .join(windows, "campaign_id")
        .order_by("first", "campaign_id")
        .to_pyarrow()
        .to_pylist()
    )
    others = [
        OtherCampaign(
            str(row["campaign_id"]),
            row["n"] / counted,
            (row["first"] - span.starts_at) // DAY,
            # Rounded up: a day of which another campaign has a part is disturbed.
            -((span.starts_at - row["last"]) // DAY) + int(row["window_days"]),
        )
        for row in rows
    ]
    return tuple(
        other
        for other in others
        if other.share >= REACHED_SHARE
        and other.first_day < span.window_days
        and other.end_day > -span.pre_days
    )
