"""Attentive: the events of its daily files.

The event types are seen; the files' columns are not confirmed, so ``[columns]`` of the mapping file
names them. What an event means is known here, what a column is called is not guessed.
"""

from collections.abc import Iterator
from datetime import datetime

from smsroi_models.errors import ParameterError
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import DroppedRecord, Layout, Row, Values, Vendor
from smsroi_models.store.vendors.mapping import key_needed
from smsroi_models.store.vendors.values import moment_needed, needed, text, whole

_SUBSCRIPTIONS = {
    "SUBSCRIPTION_OPT_IN_COMPLETED": "opt_in",
    "SUBSCRIPTION_OPTED_OUT": "opt_out",
}
_RECEIPT, _CLICK = "MESSAGE_RECEIPT", "MESSAGE_LINK_CLICK"


def attentive_vendor(context: Context) -> Vendor:
    """Return the importer for files whose columns the mapping file names.

    Raises
    ------
    ParameterError
        If it does not name the columns of the event, its time and its person.
    """
    columns = context.section("columns")
    for name in ("event", "occurred_at"):
        key_needed(columns, name, "[columns]")
    if not {"phone", "email"} & columns.keys():
        raise ParameterError("[columns] of the mapping file must say 'phone' or 'email'")
    for name, column in columns.items():
        if not isinstance(column, str):
            raise ParameterError(f"{name} of [columns] is {column!r}: name a column of the file")
    required = tuple(columns.values())
    return Vendor("attentive", (Layout("events", required, _read_event, ""),))


def _read_event(record: Values, context: Context) -> Iterator[Row]:
    columns = context.section("columns")
    event = needed(record, columns["event"]).upper()
    at = moment_needed(record, columns["occurred_at"], context.clock)
    if event == _RECEIPT:
        yield _message(record, at, context)
    elif event == _CLICK:
        yield from _click(record, at, context)
    elif event in _SUBSCRIPTIONS:
        source = _said(record, context, "source") or "attentive"
        values = {"customer_id": _who(record, context), "occurred_at": at, "source": source}
        campaign = context.campaign_of(record, at)
        yield Row(
            "subscriptions", values | {"event": _SUBSCRIPTIONS[event], "campaign_id": campaign}
        )
    else:
        raise DroppedRecord("the event type is not known")


def _who(record: Values, context: Context) -> str:
    phone, address = (_said(record, context, name) for name in ("phone", "email"))
    return context.person_needed(phone, address)


def _said(record: Values, context: Context, name: str) -> str | None:
    column = context.section("columns").get(name)
    return None if column is None else text(record, column)


def _message(record: Values, at: datetime, context: Context) -> Row:
    columns = context.section("columns")
    who = _who(record, context)
    message_id = _said(record, context, "message_id") or ""
    # One message goes to many; the receipt is of one of them.
    receipt = context.pseudonyms.of_text("receipt", f"{message_id}\x1f{who}\x1f{at.isoformat()}")
    segments = whole(record, columns["segments"]) if "segments" in columns else None
    return Row(
        "messages",
        {
            "message_id": receipt,
            "campaign_id": context.campaign_needed(record, at),
            "customer_id": who,
            "sent_at": at,
            "status": "delivered",
            "segments": segments or 0,
        },
    )


def _click(record: Values, at: datetime, context: Context) -> Iterator[Row]:
    campaign, who = context.campaign_needed(record, at), _who(record, context)
    url = _said(record, context, "link") or "(not exported)"
    target = _said(record, context, "target_url") or url
    link_id = "l" + context.pseudonyms.of_text("link", f"{campaign}\x1f{url}\x1f{who}")
    yield Row(
        "links",
        {
            "link_id": link_id,
            "campaign_id": campaign,
            "customer_id": who,
            "url": url,
            "target_url": target,
        },
        seen_at=at,
    )
    click_id = context.pseudonyms.of_text("click", f"{link_id}\x1f{at.isoformat()}")
    yield Row("clicks", {"click_id": click_id, "link_id": link_id, "clicked_at": at, "clicks": 1})
