"""What the campaigns of a programme sent and paid while it was counted, and whom they texted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, instant
from smsroi_models.attribution.exposure import Period, exposed_customers, month_position
from smsroi_models.records import Record
from smsroi_models.store.tables import ARMS, DELIVERED_STATUSES, UNBILLED_STATUSES, UNSENT_STATUSES


@dataclass(frozen=True, slots=True)
class Spending(Record):
    """What one campaign sent and paid within the period; money in the store's currency.

    Attributes
    ----------
    campaign_id, name : str
    starts_at : datetime
        UTC.
    sent, delivered, segments : int
        Texts sent within the period, those delivered, and the segments of those sent.
    priced, unpriced : int
        Texts that have a price, and sent ones that have none.
    texts : tuple of float
        What the texts of each month cost. An unpriced text counts at the campaign's mean price of
        a segment.
    costs : dict of str to float
        Other costs by type, of a campaign that started within the period.
    """

    campaign_id: str
    name: str
    starts_at: datetime
    sent: int
    delivered: int
    segments: int
    priced: int
    unpriced: int
    texts: tuple[float, ...]
    costs: dict[str, float]

    @property
    def cost(self) -> float:
        """Texts and other costs."""
        return sum(self.texts) + sum(self.costs.values())


def collect_spending(store: Tables, campaign: Campaign, period: Period) -> tuple[Spending, ...]:
    """Collect what each campaign sent and paid in the period, in the order of their start.

    Every text that was sent within the period counts, to whomever it went, and every other cost of
    a campaign that started within it. Costs booked on the programme's own row do not count here.
    """
    texts: dict[str, list[dict[str, Any]]] = {}
    if "messages" in store:
        for row in texts_summed(store, period).to_pyarrow().to_pylist():
            texts.setdefault(str(row["campaign_id"]), []).append(row)
    costs: dict[str, dict[str, float]] = {}
    if "costs" in store:
        for row in costs_summed(store, campaign, period).to_pyarrow().to_pylist():
            costs.setdefault(str(row["campaign_id"]), {})[str(row["cost_type"])] = row["amount"]
    named = store["campaigns"].select("campaign_id", "name", "starts_at")
    months = len(period.month_ends)
    return tuple(
        _spending(row, texts.get(row["campaign_id"], []), costs.get(row["campaign_id"], {}), months)
        for row in named.order_by("starts_at", "campaign_id").to_pyarrow().to_pylist()
        if row["campaign_id"] in texts or row["campaign_id"] in costs
    )


def texts_summed(store: Tables, period: Period) -> ibis.Table:
    """Return, lazily, counts and sums over the texts of the period by campaign and month."""
    texts = _texts(store, period)
    return (
        texts.mutate(
            month=month_position(texts.sent_at, period),
            went_out=_.status.notin(UNSENT_STATUSES),
            unpriced=_.price.isnull() & _.status.notin(UNBILLED_STATUSES),
        )
        .group_by("campaign_id", "month")
        .aggregate(
            sent=_.went_out.sum(),
            delivered=_.status.isin(DELIVERED_STATUSES).sum(),
            segments=_.segments.sum(where=_.went_out).coalesce(0),
            priced=_.price.notnull().sum(),
            unpriced=_.unpriced.sum(),
            priced_segments=_.segments.sum(where=_.price.notnull()).coalesce(0),
            unpriced_segments=_.segments.sum(where=_.unpriced).coalesce(0),
            amount=(_.segments * _.price).sum().coalesce(0.0),
        )
    )


def costs_summed(store: Tables, campaign: Campaign, period: Period) -> ibis.Table:
    """Return, lazily, other costs by type, of the campaigns that started in the period."""
    started = store["campaigns"].filter(
        _.campaign_id != campaign.campaign_id,
        _.starts_at >= instant(period.starts_at),
        _.starts_at < instant(period.until),
    )
    return (
        store["costs"]
        .semi_join(started, "campaign_id")
        .group_by("campaign_id", "cost_type")
        .aggregate(amount=_.amount.sum())
        .order_by("campaign_id", "cost_type")
    )


def read_reach(store: Tables, campaign: Campaign, period: Period) -> dict[str, int]:
    """Count the customers texted in the period, by any campaign, after their own assignment.

    Returns
    -------
    dict of str to int
        ``treatment`` and ``holdout``: customers of that arm. ``outside``: texted customers who
        were not assigned to the programme, or not yet.
    """
    people = exposed_customers(store, campaign, period).select("customer_id", "arm", "assigned_at")
    texted = (
        _texts(store, period)
        .filter(_.status.notin(UNSENT_STATUSES))
        .left_join(people, "customer_id")
        .mutate(role=ibis.ifelse(_.sent_at >= _.assigned_at, _.arm, "outside").coalesce("outside"))
        .group_by("role")
        .aggregate(customers=_.customer_id.nunique())
    )
    found = {row["role"]: int(row["customers"]) for row in texted.to_pyarrow().to_pylist()}
    return {role: found.get(role, 0) for role in (*ARMS, "outside")}


def _texts(store: Tables, period: Period) -> ibis.Table:
    return store["messages"].filter(
        _.sent_at >= instant(period.starts_at), _.sent_at < instant(period.until)
    )


def _spending(
    row: dict[str, Any], months: list[dict[str, Any]], costs: dict[str, float], n_months: int
) -> Spending:
    def total(name: str) -> int:
        return sum(int(month[name]) for month in months)

    priced = total("priced_segments")
    price = sum(float(month["amount"]) for month in months) / priced if priced else 0.0
    texts = [0.0] * n_months
    for month in months:
        texts[month["month"]] = float(month["amount"]) + price * int(month["unpriced_segments"])
    return Spending(
        campaign_id=str(row["campaign_id"]),
        name=str(row["name"]),
        starts_at=row["starts_at"],
        sent=total("sent"),
        delivered=total("delivered"),
        segments=total("segments"),
        priced=total("priced"),
        unpriced=total("unpriced"),
        texts=tuple(texts),
        costs={name: float(amount) for name, amount in costs.items()},
    )
