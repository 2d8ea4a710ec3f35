"""Klaviyo: its table of campaigns, in CSV. It names campaigns; what they did it only sums up.

Seen in third-party code. Recipients, orders and revenue in it are Klaviyo's own credit and belong
to no person, so they are not brought in.
"""

from collections.abc import Iterator

from smsroi_models.errors import ParameterError
from smsroi_models.locales import checked_locale
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import DroppedRecord, Layout, Row, Values, Vendor
from smsroi_models.store.vendors.mapping import key_needed
from smsroi_models.store.vendors.values import moment_needed, needed

_COLUMNS = ("Campaign Name", "Send Time", "Total Recipients", "Campaign ID", "Campaign Channel")
_CHANNEL = "sms"


def _prepare(context: Context) -> None:
    section = context.section("campaigns")
    for name in ("window_days", "margin_rate", "currency"):
        key_needed(section, name, "[campaigns]")
    if "locale" in section:
        checked_locale(section["locale"], "locale of [campaigns]")
    days, rate = section["window_days"], section["margin_rate"]
    if type(days) is not int or type(rate) not in (int, float):
        raise ParameterError("[campaigns] must say window_days and margin_rate as numbers")
    if context.currency is not None:
        context.require_currency(str(section["currency"]))


def _read_campaign(record: Values, context: Context) -> Iterator[Row]:
    section = context.section("campaigns")
    channel = str(section.get("channel", _CHANNEL)).lower()
    if needed(record, "Campaign Channel").lower() != channel:
        raise DroppedRecord("is of another channel", listed=False)
    yield Row(
        "campaigns",
        {
            "campaign_id": needed(record, "Campaign ID"),
            "name": needed(record, "Campaign Name"),
            "starts_at": moment_needed(record, "Send Time", context.clock),
            "window_days": section["window_days"],
            "margin_rate": section["margin_rate"],
            "currency": section["currency"],
            "locale": section.get("locale"),
        },
    )


KLAVIYO = Vendor(
    "klaviyo",
    (
        Layout(
            "campaigns (CSV)",
            _COLUMNS,
            _read_campaign,
            "Campaign ID",
            _prepare,
            keeps=("campaigns",),
        ),
    ),
)
