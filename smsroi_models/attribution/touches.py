"""One ledger of every touch: each order or conversion event with all that came before it.

Conversions are those that the campaign's lift counts: what its counted customers of both arms
ordered in their own outcome windows, and conversion events that repeat no order. An event with an
``order_id`` is that order once more and no row of its own. Touches are those of all campaigns, so
that another campaign's later text can win an order.
"""

from collections.abc import Sequence
from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.bots import judged_clicks
from smsroi_models.attribution.campaigns import Campaign, Tables, days
from smsroi_models.attribution.outcomes import ready_customers
from smsroi_models.store.tables import DELIVERED_STATUSES

COLUMNS = ("customer_id", "campaign_id", "kind", "touched_at", "touch_id")
# A reply that asks to be left alone is no response that sells.
REFUSALS = ("stop", "near_stop")
UNRECEIPTED_STATUSES = ("sending", "sent")


def conversions(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, the counted customers' orders and events in their outcome windows.

    Columns: ``conversion_id, customer_id, arm, converted_at, type`` (``order``, or the event's
    type), ``revenue`` (of an order, net of refunds), ``value`` (of an event; 0 where unknown),
    ``coupon_code``. Ids begin with ``order:`` or ``event:``.
    """
    people = ready_customers(store, campaign, as_of)
    found = store["orders"].select(
        "customer_id",
        "coupon_code",
        conversion_id="order:" + _.order_id,
        converted_at=_.ordered_at,
        type=ibis.literal("order"),
        revenue=_.revenue,
        value=ibis.literal(0.0),
    )
    if "events" in store:
        # Without a customer nothing says whose it is: such events are counted, not guessed.
        own = store["events"].filter(_.order_id.isnull(), _.customer_id.notnull())
        events = own.select(
            "customer_id",
            coupon_code=ibis.null("string"),
            conversion_id="event:" + _.event_id,
            converted_at=_.occurred_at,
            type="event " + _.event_type,
            revenue=ibis.literal(0.0),
            value=_.value.coalesce(0.0),
        ).select(*found.columns)
        found = _stacked([found, events])
    span = people.aggregate(first=_.assigned_at.min(), last=_.assigned_at.max())
    after = days(campaign.window_days)
    near = found.filter(
        found.converted_at >= span.first.as_scalar(),
        found.converted_at < span.last.as_scalar() + after,
    )
    return (
        near.join(people, "customer_id")
        .filter(_.converted_at >= _.assigned_at, _.converted_at < _.assigned_at + after)
        .drop("assigned_at")
    )


def touches(store: Tables) -> ibis.Table:
    """Return, lazily, every touch of a known customer by a known campaign, coupons apart.

    Columns: `COLUMNS`; ``kind`` as in `rules.KINDS`. A click counts for its link's customer, an
    event for its own, where it came through a link.
    """
    parts = [
        make(store)
        for needed, make in _SOURCES.items()
        if all(name in store for name in needed.split())
    ]
    nothing = ibis.memtable({name: [] for name in COLUMNS}, schema=_SCHEMA)
    return _stacked(parts or [nothing])


def ledger(store: Tables, campaign: Campaign, as_of: datetime, reach_days: int) -> ibis.Table:
    """Return, lazily, a row for each conversion and touch at or before it.

    Parameters
    ----------
    store : Tables
        With ``assignments`` and ``orders``; what other tables there are.
    campaign : Campaign
    as_of : datetime
        UTC. Customers whose outcome window ends later are left out.
    reach_days : int
        How long before a conversion a touch may lie, days; a coupon lies at its order.

    Returns
    -------
    ibis.Table
        The columns of `conversions` but ``coupon_code``; ``campaign_id, kind, touched_at,
        touch_id, campaign_order``, null for a conversion without a touch; and ``clock_at``, from
        which the touch's window counts: for a coupon the campaign's last delivered text, null
        without one.
    """
    found = conversions(store, campaign, as_of)
    people = found.select("customer_id").distinct()
    seen = touches(store).semi_join(people, "customer_id")
    # A calendar window begins up to a day before its touch's time of day.
    reach = days(reach_days + 1)
    pairs = (
        found.join(seen, "customer_id")
        .filter(_.touched_at <= _.converted_at, _.touched_at >= _.converted_at - reach)
        # An event is no touch of itself.
        .filter(_.touch_id != _.conversion_id)
        .select("conversion_id", "campaign_id", "kind", "touched_at", "touch_id")
        .mutate(clock_at=_.touched_at)
    )
    if "coupons" in store:
        pairs = _stacked([pairs, _coupons(store, found)])
    if "events" in store and "links" in store:
        pairs = _stacked([pairs, _through_shared_links(store, found)])
    order = ibis.row_number().over(order_by=[_.starts_at, _.campaign_id])
    campaigns = store["campaigns"].select("campaign_id", campaign_order=order)
    pairs = pairs.join(campaigns, "campaign_id")
    plain = found.drop("coupon_code")
    return plain.left_join(pairs, "conversion_id").drop("conversion_id_right")


def _stacked(parts: Sequence[ibis.Table]) -> ibis.Table:
    """Return the rows of all parts, in the columns of the first.

    Each column becomes one that may be null: sets of rows are only joined where they agree in that.
    """
    first = parts[0]
    columns = {name: first[name].type().copy(nullable=True) for name in first.columns}
    cast = [part.select(**{n: part[n].cast(t) for n, t in columns.items()}) for part in parts]
    return ibis.union(*cast) if len(cast) > 1 else cast[0]


def _coupons(store: Tables, found: ibis.Table) -> ibis.Table:
    """Return the codes used: touches at the moment of the order, their clock at the last text."""
    codes = store["coupons"].select("code", "campaign_id", "kind")
    used = found.join(codes, found.coupon_code == codes.code).select(
        "conversion_id",
        "customer_id",
        "campaign_id",
        kind=(_.kind == "unique").ifelse("coupon", "shared_coupon"),
        touched_at=_.converted_at,
        touch_id="coupon:" + _.code,
    )
    if "messages" not in store:
        return used.mutate(clock_at=ibis.null("timestamp('UTC', 6)"))
    texts = (
        store["messages"]
        .filter(_.status.isin(DELIVERED_STATUSES))
        .select("customer_id", "campaign_id", "sent_at")
    )
    keys = used.columns
    return (
        used.left_join(texts, ["customer_id", "campaign_id"])
        .group_by(*keys)
        .aggregate(clock_at=_.sent_at.max(where=_.sent_at <= _.touched_at))
    )


def _through_shared_links(store: Tables, found: ibis.Table) -> ibis.Table:
    """Return conversions that the pixel saw come through a link that all customers share.

    Whose click it was is then known from the event alone, and when is not: it is taken as at the
    conversion.
    """
    shared = store["links"].filter(_.customer_id.isnull()).select("link_id", "campaign_id")
    events = store["events"].join(shared, "link_id")
    named = events.select(
        "campaign_id",
        repeats=_.order_id.isnull().ifelse("event:" + _.event_id, "order:" + _.order_id),
        touch_id="link:" + _.event_id,
    )
    return found.join(named, found.conversion_id == named.repeats).select(
        "conversion_id",
        "campaign_id",
        kind=ibis.literal("click"),
        touched_at=_.converted_at,
        touch_id=_.touch_id,
        clock_at=_.converted_at,
    )


def _texts(store: Tables) -> ibis.Table:
    kind = ibis.cases(
        (_.status == "read", "read"), (_.status.isin(DELIVERED_STATUSES), "delivered"), else_="sent"
    )
    return (
        store["messages"]
        .filter(_.status.isin((*DELIVERED_STATUSES, *UNRECEIPTED_STATUSES)))
        .select(
            "customer_id",
            "campaign_id",
            kind=kind,
            touched_at=_.sent_at,
            touch_id="message:" + _.message_id,
        )
    )


def _clicks(store: Tables) -> ibis.Table:
    return (
        judged_clicks(store)
        .filter(_.customer_id.notnull())
        .select(
            "customer_id",
            "campaign_id",
            kind=ibis.cases(
                (_.reason.isnull(), "click"),
                (_.reason == "too_soon", "soon_click"),
                (_.reason == "burst", "burst_click"),
                else_="bot_click",
            ),
            touched_at=_.clicked_at,
            touch_id="click:" + _.click_id,
        )
    )


def _calls(store: Tables) -> ibis.Table:
    return (
        store["calls"]
        .filter(_.customer_id.notnull())
        .join(store["numbers"].select("number_id", "campaign_id"), "number_id")
        .select(
            "customer_id",
            "campaign_id",
            kind=ibis.literal("call"),
            touched_at=_.started_at,
            touch_id="call:" + _.call_id,
        )
    )


def _replies(store: Tables) -> ibis.Table:
    return (
        store["replies"]
        .filter(_.campaign_id.notnull(), _.intent.notin(REFUSALS))
        .select(
            "customer_id",
            "campaign_id",
            kind=ibis.literal("reply"),
            touched_at=_.received_at,
            touch_id="reply:" + _.reply_id,
        )
    )


def _events(store: Tables) -> ibis.Table:
    return (
        store["events"]
        .filter(_.customer_id.notnull(), _.order_id.isnull())
        .join(store["links"].select("link_id", "campaign_id"), "link_id")
        .select(
            "customer_id",
            "campaign_id",
            kind=ibis.literal("event"),
            touched_at=_.occurred_at,
            touch_id="event:" + _.event_id,
        )
    )


_SOURCES = {
    "messages": _texts,
    "links clicks": _clicks,
    "numbers calls": _calls,
    "replies": _replies,
    "links events": _events,
}
_SCHEMA = ibis.schema(
    {name: "timestamp('UTC', 6)" if name == "touched_at" else "string" for name in COLUMNS}
)
