"""CallRail's calls, as its programming interface hands them out; it counts whole seconds."""

from pathlib import Path
from typing import Any

import pandas as pd

from smsroi_models.simulate.exports.files import Step, quoted, records, write_document
from smsroi_models.simulate.exports.people import People


def write_callrail(tables: dict[str, pd.DataFrame], people: People, folder: Path) -> Step:
    """Write the calls, and the rules by which tracking numbers belong to campaigns."""
    home = folder / "callrail"
    home.mkdir()
    calls = tables["calls"].merge(tables["numbers"], on="number_id")
    listed = [_call(row, people) for row in records(calls)]
    if listed:
        # The shop calls back: that is no call that a text brought.
        listed.append(listed[0] | {"id": "back-1", "direction": "outbound"})
    page = {"page": 1, "per_page": len(listed), "total_pages": 1, "total_records": len(listed)}
    write_document(home / "calls.json", page | {"calls": listed})
    (home / "campaigns.toml").write_text(_rules(people), encoding="utf-8")
    return Step("callrail", ("callrail/calls.json",), "callrail/campaigns.toml")


def _call(row: dict[str, Any], people: People) -> dict[str, Any]:
    return {
        "id": row["call_id"],
        "start_time": row["started_at"].isoformat(),
        "duration": int(row["duration_seconds"]),
        "answered": row["answered"],
        "direction": "inbound",
        "customer_phone_number": people.phone(row["customer_id"]),
        "customer_city": None,
        "customer_state": row["region"],
        "customer_country": "US",
        "tracking_phone_number": people.tracking_number(row["campaign_id"]),
        "source_name": f"Texts of {row['campaign_id']}",
        "lead_status": row["outcome"],
        "value": None if row["value"] is None else f"{row['value']:.2f}",
        "voicemail": False,
        "tags": [],
        "utm_campaign": None,
    }


def _rules(people: People) -> str:
    return "\n".join(
        f"[[campaign]]\nid = {quoted(name)}\n"
        f"where = {{ tracking_phone_number = {quoted(people.tracking_number(name))} }}\n"
        for name in people.places
    )
