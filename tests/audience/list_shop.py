"""A list of subscribers written by hand: each rule of a spell, and what followed texts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

START = datetime(2025, 1, 1, 12, tzinfo=UTC)
AS_OF = START + timedelta(days=100)
SECOND = 1 / 86_400

# customer, days after START, event, source
SUBSCRIPTIONS = [
    ("stays", 0, "opt_in", "form"),
    ("leaves", 0, "opt_in", "form"),
    ("leaves", 10, "opt_out", None),
    ("leaves", 12, "opt_out", None),  # is out already
    ("twice in", 3, "opt_in", "checkout"),
    ("twice in", 5, "opt_in", "form"),  # is in already: the first source stays
    ("twice in", 40, "opt_out", None),
    ("comes back", 1, "opt_in", "form"),
    ("comes back", 21, "opt_out", None),
    ("comes back", 51, "opt_in", "keyword"),  # a spell of its own
    ("unknown", 30, "opt_out", None),  # on the list before the records began
    ("returns unknown", 31, "opt_out", None),
    ("returns unknown", 60, "opt_in", None),
    ("same instant", 20, "opt_in", "form"),
    ("same instant", 20, "opt_out", None),  # said both: is out
    ("late", 99.5, "opt_in", "form"),  # followed for no whole day
    ("at the end", 100, "opt_in", "form"),  # exactly at as_of: counts
    ("after", 100 + SECOND, "opt_in", "form"),  # after as_of: does not
]
# customer, opened, closed (days after START), source, rejoined
SPELLS = {
    ("stays", 0.0, None, "form", False),
    ("leaves", 0.0, 10.0, "form", False),
    ("twice in", 3.0, 40.0, "checkout", False),
    ("comes back", 1.0, 21.0, "form", False),
    ("comes back", 51.0, None, "keyword", True),
    ("returns unknown", 60.0, None, "unknown", True),
    ("same instant", 20.0, 20.0, "form", False),
    ("late", 99.5, None, "form", False),
    ("at the end", 100.0, None, "form", False),
}
# campaign, customer, days after START, status
MESSAGES = [
    ("ONE", "leaves", 5, "delivered"),  # out five days later
    ("ONE", "stays", 5, "delivered"),
    ("ONE", "comes back", 5, "failed"),
    ("ONE", "unknown", 5, "delivered"),
    ("TWO", "comes back", 14 + SECOND, "read"),  # out just within seven days
    ("TWO", "twice in", 33, "delivered"),  # out exactly seven days later: no longer
    ("TWO", "unknown", 25, "delivered"),  # out five days later, though nobody knows since when in
    ("TWO", "stays", 25, "delivered"),
    ("THREE", "unknown", 27, "delivered"),  # the last text before that opt-out: it counts here
    ("THREE", "stays", 95, "delivered"),  # not followed for seven days yet
]
CAMPAIGNS = {"ONE": 5, "TWO": 14, "THREE": 27}
WINDOW_DAYS = 14
# campaign, customer, arm: assigned when the campaign starts
ASSIGNMENTS = [
    ("ONE", "leaves", "treatment"),
    ("ONE", "stays", "treatment"),
    ("ONE", "unknown", "treatment"),
    ("ONE", "comes back", "treatment"),
    ("ONE", "twice in", "holdout"),
    ("TWO", "comes back", "treatment"),
    ("TWO", "twice in", "treatment"),
    ("TWO", "unknown", "treatment"),
    ("TWO", "stays", "treatment"),
    ("THREE", "unknown", "treatment"),
    ("THREE", "stays", "treatment"),
    ("THREE", "returns unknown", "holdout"),
]
# customer, days after START, intent
REPLIES = [
    ("stays", 6, "near_stop"),  # still texted: twice since
    ("stays", 50, "near_stop"),  # asked again
    ("leaves", 9, "near_stop"),  # opted out the day after
    ("comes back", 20, "near_stop"),  # out, and in again of her own accord
    ("late", 99.6, "near_stop"),  # asked, and not texted since
    ("at the end", 99, "near_stop"),  # asked before the opt-in
    ("returns unknown", 70, "near_stop"),
    ("returns unknown", 71, "start"),  # took it back
    ("twice in", 8, "other"),
    ("nobody", 10, "near_stop"),  # known from a reply alone: on no list
]


def at(days: float) -> datetime:
    """Return the moment so many days after `START`."""
    return START + timedelta(seconds=round(days * 86_400))


def shop_frames() -> dict[str, pd.DataFrame]:
    """Return the shop's tables."""
    people = sorted({row[0] for row in SUBSCRIPTIONS} | {"nobody"})
    rows: dict[str, list[dict[str, Any]]] = {
        "campaigns": [
            {
                "campaign_id": name,
                "name": name.title(),
                "starts_at": at(days),
                "window_days": WINDOW_DAYS,
                "margin_rate": 0.6,
                "currency": "USD",
            }
            for name, days in CAMPAIGNS.items()
        ],
        "customers": [{"customer_id": who, "acquired_at": at(-10)} for who in people],
        "assignments": [
            {
                "campaign_id": name,
                "customer_id": who,
                "arm": arm,
                "assigned_at": at(CAMPAIGNS[name]),
            }
            for name, who, arm in ASSIGNMENTS
        ],
        "subscriptions": [
            {"customer_id": who, "occurred_at": at(days), "event": event, "source": source}
            for who, days, event, source in SUBSCRIPTIONS
        ],
        "messages": [
            {
                "message_id": f"m{i}",
                "campaign_id": name,
                "customer_id": who,
                "sent_at": at(days),
                "status": status,
                "segments": 1,
            }
            for i, (name, who, days, status) in enumerate(MESSAGES)
        ],
        "replies": [
            {"reply_id": f"r{i}", "customer_id": who, "received_at": at(days), "intent": intent}
            for i, (who, days, intent) in enumerate(REPLIES)
        ],
        "orders": [
            {
                "order_id": "o1",
                "customer_id": "stays",
                "ordered_at": at(100.1),
                "revenue": 10.0,
                "discount": 0.0,
            }
        ],
    }
    return {name: pd.DataFrame(table) for name, table in rows.items()}
