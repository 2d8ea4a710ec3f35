"""Attentive's daily file of opt-ins and opt-outs; the mapping names its columns."""

from pathlib import Path
from typing import Any

import pandas as pd

from smsroi_models.simulate.exports.files import Step, iso, quoted, records, write_csv
from smsroi_models.simulate.exports.people import People

_COLUMNS = ("type", "timestamp", "phone", "email", "sign_up_source", "campaign")
_TYPES = {"opt_in": "SUBSCRIPTION_OPT_IN_COMPLETED", "opt_out": "SUBSCRIPTION_OPTED_OUT"}
_MAPPING = """[columns]
event = "type"
occurred_at = "timestamp"
phone = "phone"
email = "email"
source = "sign_up_source"
"""


def write_attentive(tables: dict[str, pd.DataFrame], people: People, folder: Path) -> Step:
    """Write the events, and what their columns are called."""
    home = folder / "attentive"
    home.mkdir()
    rows = (_event(row, people) for row in records(tables["subscriptions"]))
    write_csv(home / "events.csv", _COLUMNS, rows)
    rules = (
        f"\n[[campaign]]\nid = {quoted(name)}\nwhere = {{ campaign = {quoted(name)} }}\n"
        for name in people.places
    )
    (home / "mapping.toml").write_text(_MAPPING + "".join(rules), encoding="utf-8")
    return Step("attentive", ("attentive/events.csv",), "attentive/mapping.toml")


def _event(row: dict[str, Any], people: People) -> dict[str, Any]:
    return {
        "type": _TYPES[row["event"]],
        "timestamp": iso(row["occurred_at"]),
        "phone": people.phone(row["customer_id"]),
        "email": people.address(row["customer_id"]),
        "sign_up_source": row["source"],
        "campaign": row["campaign_id"],
    }
