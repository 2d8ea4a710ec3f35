"""Bitly: a link's clicks by day, as ``GET /v4/bitlinks/{bitlink}/clicks`` answers.

Documented by Bitly, and seen in third-party code. The answer says neither which link it is about
nor who clicked; the mapping file names the link.
"""

from collections.abc import Iterator

from smsroi_models.errors import ParameterError
from smsroi_models.store.vendors.addresses import page_of
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import DroppedRecord, Layout, Row, Values, Vendor
from smsroi_models.store.vendors.mapping import key_needed
from smsroi_models.store.vendors.values import moment_needed, needed, whole


def _prepare(context: Context) -> None:
    if context.campaign_id is None:
        raise ParameterError("which campaign is the link of? Name it with --campaign")
    for name in ("url", "target_url"):
        key_needed(context.section("link"), name, "[link]")


def _read_day(record: Values, context: Context) -> Iterator[Row]:
    if needed(record, "unit") != "day":
        raise DroppedRecord("is no count of a day: ask Bitly with unit=day")
    link = context.section("link")
    url = page_of(str(link["url"]))
    link_id = str(link.get("id", url))
    day = moment_needed(record, "date", context.clock)
    yield Row(
        "links",
        {
            "link_id": link_id,
            "campaign_id": context.campaign_id,
            "url": url,
            "target_url": str(link["target_url"]),
        },
    )
    yield Row(
        "clicks",
        {
            "click_id": f"{link_id} {day:%Y-%m-%d}",
            "link_id": link_id,
            "clicked_at": day,
            "clicks": whole(record, "clicks"),
        },
    )


BITLY = Vendor(
    "bitly", (Layout("clicks by day (JSON)", ("date", "clicks", "unit"), _read_day, "", _prepare),)
)
