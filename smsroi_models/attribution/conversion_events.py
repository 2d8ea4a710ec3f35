"""What the conversion events that came through a campaign's links show, by type, link or message.

An event may repeat an order. One with an ``order_id`` says so; one without is *likely* a repeat
where the same customer has an order of the same value near it. Both are counted apart, and neither
adds to revenue. An event whose customer nobody knows is counted, not guessed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, instant
from smsroi_models.records import Record
from smsroi_models.store.tables import DELIVERED_STATUSES

NEEDED = ("events", "links")
By = Literal["campaign", "link", "message"]
# The pixel and the shop's own clock differ by minutes, not by hours.
NEAR_SECONDS = 3_600
# Money is float64: two amounts that a shop would print alike.
SAME_VALUE = 0.005


@dataclass(frozen=True, slots=True)
class EventType(Record):
    """Events of one type that came through the campaign's links up to a moment.

    Attributes
    ----------
    event_type : str
        The shop's own name.
    events : int
    orders_again : int
        Those with an ``order_id``: an order that the store has already, not a second one.
    anonymous : int
        Those without a customer and without an order: counted here, credited to nobody.
    value : float
        Of the events that repeat no order, not even likely, store currency; unknown values count
        as 0.
    sent_twice : int
        Those with an ``order_id`` that an earlier event had.
    likely_orders_again : int
        Those without an ``order_id`` whose customer has an order of the same value within an hour.
    """

    event_type: str
    events: int
    orders_again: int
    anonymous: int
    value: float
    sent_twice: int
    likely_orders_again: int


def collect_events(store: Tables, campaign: Campaign, as_of: datetime) -> tuple[EventType, ...]:
    """Count the events through the campaign's links before ``as_of``, most frequent first."""
    rows = events_summed(store, campaign, as_of).to_pyarrow().to_pylist()
    found = [EventType(**row) for row in rows]
    return tuple(sorted(found, key=lambda each: (-each.events, each.event_type)))


def events_summed(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, a row of counts for each type of event through the campaign's links."""
    events = own_events(store, as_of).filter(_.campaign_id == campaign.campaign_id)
    return _counted(events, ["event_type"])


def events_by(
    store: Tables, as_of: datetime, by: By, campaign: Campaign | None = None
) -> ibis.Table:
    """Return, lazily, a row of counts for each type of event and campaign, link or message.

    Parameters
    ----------
    store : Tables
        With ``events``, ``links`` and ``orders``; for messages, ``messages`` too.
    as_of : datetime
        UTC; events before it count.
    by : {"campaign", "link", "message"}
        A message is the campaign's last delivered one to the event's customer before the event;
        null where nobody knows the customer, or none was delivered before.
    campaign : Campaign, optional
        One alone.

    Returns
    -------
    ibis.Table
        ``campaign_id``, ``link_id`` or ``message_id``, and the fields of `EventType`.
    """
    events = own_events(store, as_of)
    if campaign is not None:
        events = events.filter(_.campaign_id == campaign.campaign_id)
    if by == "message":
        events = _with_message(store, events)
    keys = {"campaign": [], "link": ["link_id"], "message": ["message_id"]}[by]
    return _counted(events, ["campaign_id", *keys, "event_type"])


def own_events(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, events through links, and whether each repeats an order.

    The columns of ``events``, ``campaign_id``, ``twice`` and ``likely`` (flags).
    """
    links = store["links"].select("link_id", "campaign_id")
    events = store["events"].filter(_.occurred_at < instant(as_of)).join(links, "link_id")
    seen = ibis.window(group_by="order_id", order_by=["occurred_at", "event_id"])
    numbered = events.mutate(
        twice=_.order_id.notnull() & (ibis.row_number().over(seen) > 0),
    )
    near = (
        numbered.filter(_.order_id.isnull(), _.customer_id.notnull(), _.value > 0)
        .select("event_id", "customer_id", "occurred_at", "value")
        .join(store["orders"].select("customer_id", "ordered_at", "revenue"), "customer_id")
    )
    apart = (_.occurred_at.epoch_seconds() - _.ordered_at.epoch_seconds()).abs()
    likely = (
        near.filter(apart <= NEAR_SECONDS, (_.value - _.revenue).abs() < SAME_VALUE)
        .select("event_id")
        .distinct()
        .mutate(likely=ibis.literal(True))
    )
    joined = numbered.left_join(likely, "event_id")
    return joined.select(*numbered.columns, likely=_.likely.coalesce(False))


def _with_message(store: Tables, events: ibis.Table) -> ibis.Table:
    """Return the events with the message that came last before each, to its customer."""
    texts = (
        store["messages"]
        .filter(_.status.isin(DELIVERED_STATUSES))
        .select("message_id", "campaign_id", "customer_id", "sent_at")
    )
    latest = ibis.window(group_by="event_id", order_by=[_.sent_at.desc(), _.message_id.desc()])
    before = (
        events.select("event_id", "campaign_id", "customer_id", "occurred_at")
        .join(texts, ["campaign_id", "customer_id"])
        .filter(_.sent_at <= _.occurred_at)
        .mutate(place=ibis.row_number().over(latest))
        .filter(_.place == 0)
        .select("event_id", "message_id")
    )
    return events.left_join(before, "event_id").select(*events.columns, "message_id")


def _counted(events: ibis.Table, keys: list[str]) -> ibis.Table:
    alone = events.order_id.isnull()
    return events.group_by(keys).aggregate(
        events=events.count(),
        orders_again=events.order_id.notnull().sum(),
        anonymous=(alone & events.customer_id.isnull()).sum(),
        value=events.value.sum(where=alone & ~events.likely).coalesce(0.0),
        sent_twice=events.twice.sum(),
        likely_orders_again=events.likely.sum(),
    )
