"""Google Analytics' events in its BigQuery export; the short link stands in ``utm_content``."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from smsroi_models.simulate.exports.files import Step, quoted, records, write_lines
from smsroi_models.simulate.exports.people import People

_PAGE_VIEW_EVERY = 20


def write_ga4(tables: dict[str, pd.DataFrame], people: People, folder: Path) -> Step:
    """Write the events, page views among them, and which of them are conversions."""
    home = folder / "ga4"
    home.mkdir()
    events = tables["events"].merge(tables["links"][["link_id", "url"]], on="link_id", how="left")
    currency = str(tables["campaigns"].currency.iloc[0])
    write_lines(home / "events.jsonl", _events(events, people, currency))
    kinds = ", ".join(map(quoted, sorted(tables["events"].event_type.unique())))
    mapping = f'[ga4]\nevents = [{kinds}]\nlink = "manual_content"\n'
    (home / "mapping.toml").write_text(mapping, encoding="utf-8")
    return Step("ga4", ("ga4/events.jsonl",), "ga4/mapping.toml")


def _events(events: pd.DataFrame, people: People, currency: str) -> Iterator[dict[str, Any]]:
    for place, row in enumerate(records(events)):
        event = _event(row, people, currency)
        yield event
        if place % _PAGE_VIEW_EVERY == 0:
            yield event | {"event_name": "page_view", "event_params": [], "ecommerce": None}


def _event(row: dict[str, Any], people: People, currency: str) -> dict[str, Any]:
    at = row["occurred_at"]
    params = []
    if row["value"] is not None:
        params = [_param("value", "double_value", row["value"])]
        params.append(_param("currency", "string_value", currency))
    # The property's day, which need not be that of UTC.
    day = f"{at - timedelta(hours=5):%Y%m%d}"
    return {
        "event_date": day,
        # A float of microseconds since 1970 would not be exact.
        "event_timestamp": str(int(at.timestamp()) * 1_000_000 + at.microsecond),
        "event_name": row["event_type"],
        "event_params": params,
        "event_bundle_sequence_id": row["event_id"],
        "user_id": people.user(row["customer_id"]),
        "user_pseudo_id": f"{int(row['event_id'][1:]):010d}.1",
        "traffic_source": {"name": "(direct)", "medium": "(none)", "source": "(direct)"},
        "collected_traffic_source": {"manual_content": row["url"]} if row["url"] else None,
        "ecommerce": {"transaction_id": row["order_id"]} if row["order_id"] else None,
    }


def _param(key: str, kind: str, value: object) -> dict[str, Any]:
    return {"key": key, "value": {kind: value}}
