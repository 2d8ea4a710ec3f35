"""CallRail: calls as its programming interface (version 3) hands them out, in JSON.

Seen in third-party code. The columns of the dashboard's CSV are not confirmed: it comes in through
`csv` with a mapping.
"""

from collections.abc import Iterator

from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import DroppedRecord, Layout, Row, Values, Vendor
from smsroi_models.store.vendors.values import flag, moment_needed, needed, number, text

_CALL = (
    "id",
    "start_time",
    "duration",
    "answered",
    "direction",
    "customer_phone_number",
    "tracking_phone_number",
)


def _read_call(record: Values, context: Context) -> Iterator[Row]:
    if needed(record, "direction").lower() != "inbound":
        raise DroppedRecord("is no inbound call", listed=False)
    started_at = moment_needed(record, "start_time", context.clock)
    campaign = context.campaign_needed(record, started_at)
    number_id = context.pseudonyms.of_tracking_number(
        needed(record, "tracking_phone_number"), context.region, campaign
    )
    if number_id is None:
        raise DroppedRecord("tracking_phone_number is not possible, or lacks its country")
    yield Row("numbers", {"number_id": number_id, "campaign_id": campaign})
    yield Row(
        "calls",
        {
            "call_id": needed(record, "id"),
            "number_id": number_id,
            # A caller who hides the number is a call all the same.
            "customer_id": context.person(text(record, "customer_phone_number"), None),
            "started_at": started_at,
            "duration_seconds": number(record, "duration"),
            "answered": flag(record, "answered"),
            "region": text(record, "customer_state"),
            "outcome": text(record, "lead_status"),
            "value": number(record, "value"),
        },
    )


CALLRAIL = Vendor(
    "callrail",
    (Layout("calls (JSON)", _CALL, _read_call, "id", lambda context: context.need_campaigns()),),
)
