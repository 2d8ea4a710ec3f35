"""Twilio: the console's message log, the message resource, bulk exports and link clicks.

Confirmed by Twilio's documentation: the message resource, the bulk export's day files (gzip, one
JSON object a line) and the link-click event. Seen in two programs that agree, not documented: the
console's CSV, in two orders of columns; columns are found by name, so the order does not matter.
"""

from collections.abc import Iterator
from datetime import datetime

from smsroi_models.store.tables import MESSAGE_STATUSES
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import DroppedRecord, Layout, Row, Values, Vendor
from smsroi_models.store.vendors.replies import intent_of
from smsroi_models.store.vendors.values import moment, moment_needed, needed, number, text, whole

CLICKED = "com.twilio.daptbt.link-shortening.link-clicked"

_INBOUND = "inbound"
_RECEIVED = ("received", "receiving")
# Some recipients of a group message got it; the store has no such status.
_STATUSES = {status: status for status in MESSAGE_STATUSES} | {"partially_delivered": "sent"}
# The console's names, and those of the message resource.
_CONSOLE = {
    "Sid": "sid",
    "From": "from",
    "To": "to",
    "Body": "body",
    "Status": "status",
    "SentDate": "date_sent",
    "NumSegments": "num_segments",
    "Direction": "direction",
    "Price": "price",
    "PriceUnit": "price_unit",
}
_MORE = ("messaging_service_sid", "account_sid", "error_code", "price", "price_unit", "num_media")
_RESOURCE = ("sid", "from", "to", "body", "status", "date_sent", "num_segments", "direction")


def _need_campaigns(context: Context) -> None:
    context.need_campaigns()


def _read_console(record: Values, context: Context) -> Iterator[Row]:
    renamed = {_CONSOLE.get(name, name): value for name, value in record.items()}
    # Rules may name columns as the file does.
    yield from _read_message({**record, **renamed}, context)


def _read_message(record: Values, context: Context) -> Iterator[Row]:
    direction = needed(record, "direction").lower()
    # ``whatsapp:+1...``, ``rcs:...``, ``messenger:...``: on either side, in either direction.
    if any(":" in (text(record, end) or "") for end in ("from", "to")):
        raise DroppedRecord("went over another channel than SMS", listed=False)
    if direction == _INBOUND:
        yield from _inbound(record, context)
    elif direction.startswith("outbound"):
        yield _outbound(record, context)
    else:
        raise DroppedRecord("the direction is neither inbound nor outbound")


def _outbound(record: Values, context: Context) -> Row:
    sent_at = moment(record, ("date_sent", "date_created"), context.clock)
    if sent_at is None:
        raise DroppedRecord("was not sent yet: it has no time")
    status = _STATUSES.get(needed(record, "status").lower())
    if status is None:
        raise DroppedRecord("the status is none of an outbound text")
    segments = whole(record, "num_segments") or 0
    return Row(
        "messages",
        {
            "message_id": needed(record, "sid"),
            "campaign_id": context.campaign_needed(record, sent_at),
            "customer_id": context.person_needed(text(record, "to"), None),
            "sent_at": sent_at,
            "status": status,
            "segments": segments,
            "price": _price_of_segment(record, segments, context),
        },
    )


def _price_of_segment(record: Values, segments: int, context: Context) -> float | None:
    """Return what one segment cost; Twilio's price is of the whole text, and negative."""
    price = number(record, "price")
    if price is None:
        return None
    if price > 0:
        raise DroppedRecord("the price is positive: Twilio's charges are negative")
    if price == 0:
        return 0.0
    context.require_currency(text(record, "price_unit"))
    if segments == 0:
        raise DroppedRecord("has a price and no segments")
    return -price / segments


def _inbound(record: Values, context: Context) -> Iterator[Row]:
    received_at = moment_needed(record, ("date_sent", "date_created"), context.clock)
    if (text(record, "status") or "received").lower() not in _RECEIVED:
        raise DroppedRecord("the status is none of an inbound text")
    customer = context.person_needed(text(record, "from"), None)
    intent = intent_of(text(record, "body") or "")
    campaign = context.campaign_of(record, received_at)
    yield Row(
        "replies",
        {
            "reply_id": needed(record, "sid"),
            "customer_id": customer,
            "received_at": received_at,
            "intent": intent,
            "campaign_id": campaign,
        },
    )
    event = {"stop": "opt_out", "start": "opt_in"}.get(intent)
    if event is not None:
        yield Row("subscriptions", _subscription(customer, received_at, event, campaign))


def _subscription(
    customer: str, at: datetime, event: str, campaign: str | None
) -> dict[str, object]:
    return {
        "customer_id": customer,
        "occurred_at": at,
        "event": event,
        "source": "reply",
        "campaign_id": campaign,
    }


def _read_click(record: Values, context: Context) -> Iterator[Row]:
    if record.get("type") != CLICKED:
        raise DroppedRecord("is no link click", listed=False)
    data = record.get("data")
    if not isinstance(data, dict):
        raise DroppedRecord("data is missing")
    clicked_at = moment_needed(data, "click_time", context.clock)
    made_at = moment(data, "link_create_time", context.clock) or clicked_at
    short = needed(data, "shortened_link")
    link_id = context.link_id(short)
    yield Row(
        "links",
        {
            "link_id": link_id,
            "campaign_id": context.campaign_needed(data, made_at),
            "customer_id": context.person(text(data, "to"), None),
            "url": short,
            "target_url": needed(data, "link"),
        },
        seen_at=made_at,
    )
    yield Row(
        "clicks",
        {
            "click_id": needed(record, "id"),
            "link_id": link_id,
            "clicked_at": clicked_at,
            "clicks": 1,
            "user_agent": text(data, "user_agent"),
        },
    )


_LOG = Layout(
    "the console's message log (CSV)",
    tuple(_CONSOLE),
    _read_console,
    "Sid",
    _need_campaigns,
    known=(*_CONSOLE.values(), *_MORE),
)
_MESSAGES = Layout(
    "message resources or a bulk export (JSON)",
    _RESOURCE,
    _read_message,
    "sid",
    _need_campaigns,
    known=_MORE,
)
_CLICKS = Layout(
    "link-click events (JSON)", ("type", "id", "data"), _read_click, "id", _need_campaigns
)

TWILIO = Vendor("twilio", (_LOG, _MESSAGES, _CLICKS))
