"""Google Analytics 4: the events of its BigQuery export, as JSON lines or Parquet.

Documented by Google. ``event_timestamp`` counts microseconds in UTC; ``event_date`` is text in the
property's time zone and is not used. ``traffic_source`` is how the user *first* came, however long
ago; how this event came stands in ``collected_traffic_source``, and only that is read.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from smsroi_models.errors import ParameterError
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import DroppedRecord, Layout, Row, Values, Vendor
from smsroi_models.store.vendors.values import from_epoch, needed, number, text

CONVERSIONS = ("purchase", "generate_lead", "sign_up")
"""The events that come in if ``[ga4]`` of the mapping file lists no others."""

_EVENT = ("event_date", "event_timestamp", "event_name", "event_params")
_IDENTITY = (
    "user_pseudo_id",
    "event_timestamp",
    "event_name",
    "event_bundle_sequence_id",
    "batch_event_index",
    "batch_ordering_id",
)
_KINDS = ("string_value", "int_value", "float_value", "double_value")


def _prepare(context: Context) -> None:
    section = context.section("ga4")
    events, links = section.get("events", []), section.get("links", {})
    if not isinstance(events, list) or not isinstance(links, Mapping):
        raise ParameterError("[ga4] takes events = [...] and links = { campaign = link_id }")
    if not isinstance(section.get("link", ""), str):
        raise ParameterError(
            "[ga4] takes link = the field of collected_traffic_source that holds the short link, "
            'like "manual_content"'
        )


def _read_event(record: Values, context: Context) -> Iterator[Row]:
    name = needed(record, "event_name")
    if name not in context.section("ga4").get("events", CONVERSIONS):
        raise DroppedRecord("is no conversion event", listed=False)
    params = _params(record)
    user = text(record, "user_id") or ""
    yield Row(
        "events",
        {
            "event_id": "g" + _event_id(record, context),
            # A shop's own number of its user is nobody that a store knows.
            "customer_id": context.person(user if user.startswith("+") else None, user),
            "link_id": _link(record, context),
            "occurred_at": from_epoch(record, "event_timestamp", 1_000_000),
            "event_type": name,
            "value": _value(record, params, context),
            "order_id": _order(record, params),
        },
    )


def _event_id(record: Values, context: Context) -> str:
    """Return the same id for an event that comes again, as late ones do for three days."""
    parts = [str(record.get(name) if record.get(name) is not None else "") for name in _IDENTITY]
    return context.pseudonyms.of_text("ga4", "\x1f".join(parts))


def _params(record: Values) -> dict[str, object]:
    """Return the parameters by their key; the record is dropped if they are none."""
    listed: Any = record.get("event_params") or []
    if isinstance(listed, dict):
        listed = listed.get("list") or []
    found: dict[str, object] = {}
    for item in listed if isinstance(listed, list) else [None]:
        param = item.get("element", item) if isinstance(item, dict) else None
        value = (param.get("value") or {}) if isinstance(param, dict) else None
        if not isinstance(param, dict) or not isinstance(value, dict):
            raise DroppedRecord("event_params is no list of parameters")
        found[str(param.get("key"))] = next(
            (value[kind] for kind in _KINDS if value.get(kind) is not None), None
        )
    return found


def _link(record: Values, context: Context) -> str | None:
    """Return the link whose address the field named by ``link`` holds, else the campaign's."""
    found = record.get("collected_traffic_source")
    source: Values = found if isinstance(found, dict) else {}
    section = context.section("ga4")
    url = text(source, section["link"]) if "link" in section else None
    if url is not None:
        return context.link_id(url)
    campaign = text(source, "manual_campaign_name")
    links: Mapping[str, Any] = section.get("links", {})
    return str(links[campaign]) if campaign is not None and campaign in links else None


def _value(record: Values, params: Mapping[str, object], context: Context) -> float | None:
    """Return the event's value where it is known in the store's currency."""
    if context.currency is not None and text(params, "currency") == context.currency:
        return number(params, "value")
    return number(record, "event_value_in_usd") if context.currency == "USD" else None


def _order(record: Values, params: Mapping[str, object]) -> str | None:
    shop = record.get("ecommerce")
    within = text(shop, "transaction_id") if isinstance(shop, dict) else None
    return within or text(params, "transaction_id")


GA4 = Vendor(
    "ga4",
    (Layout("the BigQuery export's events", _EVENT, _read_event, "event_name", _prepare),),
)
