"""What the conversion events that came through a campaign's links show, by type."""

from dataclasses import dataclass
from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, instant
from smsroi_models.records import Record

NEEDED = ("events", "links")


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
        Of the events that repeat no order, store currency; unknown values count as 0.
    """

    event_type: str
    events: int
    orders_again: int
    anonymous: int
    value: float


def collect_events(store: Tables, campaign: Campaign, as_of: datetime) -> tuple[EventType, ...]:
    """Count the events through the campaign's links before ``as_of``, most frequent first."""
    rows = events_summed(store, campaign, as_of).to_pyarrow().to_pylist()
    found = [EventType(**row) for row in rows]
    return tuple(sorted(found, key=lambda each: (-each.events, each.event_type)))


def events_summed(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, a row of counts for each type of event through the campaign's links."""
    own = store["links"].filter(_.campaign_id == campaign.campaign_id).select("link_id")
    events = store["events"].filter(_.occurred_at < instant(as_of)).semi_join(own, "link_id")
    alone = _.order_id.isnull()
    return events.group_by("event_type").aggregate(
        events=_.count(),
        orders_again=_.order_id.notnull().sum(),
        anonymous=(alone & _.customer_id.isnull()).sum(),
        value=_.value.sum(where=alone).coalesce(0.0),
    )
