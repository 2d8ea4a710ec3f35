"""A small shop written by hand: campaign SPRING with every edge of its windows, and a neighbour.

SPRING assigns at `ASSIGNED` with windows of seven days; the tests use a pre-period of thirty.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

ASSIGNED = datetime(2025, 3, 10, 10, tzinfo=UTC)
AS_OF = ASSIGNED + timedelta(days=10)
WINDOW_DAYS, PRE_DAYS, MARGIN_RATE = 7, 30, 0.6
SECOND = 1 / 86_400

# customer: (arm, days after ASSIGNED at which the customer was assigned)
SPRING = {
    "t1": ("treatment", 0),
    "t2": ("treatment", 0),
    "t3": ("treatment", 0),
    "t4": ("treatment", 2),
    "t5": ("treatment", 5),  # window over on day 12: not ready as of day 10
    "h1": ("holdout", 0),
    "h2": ("holdout", 0),
    "h3": ("holdout", 0),
}
# The neighbour's windows overlap; t3 is in both, "other" only in this one, "nobody" in none.
AUTUMN = {"t3": ("holdout", 1), "h1": ("treatment", 1), "other": ("treatment", 1)}

# customer, days after ASSIGNED, revenue, discount, cost of goods
ORDERS = [
    ("t1", 0, 100.0, 0.0, 40.0),  # exactly at assignment: in the window
    ("t1", 7 - SECOND, 10.0, 5.0, None),  # the window's last second
    ("t1", 7, 999.0, 0.0, 1.0),  # exactly at the end: out
    ("t1", -30, 20.0, 0.0, 8.0),  # the pre-period's first instant: in
    ("t1", -30 - SECOND, 500.0, 0.0, 8.0),  # just before: out
    ("t1", -SECOND, 7.0, 0.0, 2.0),  # the pre-period's last second
    ("t2", 1, 0.0, 0.0, 8.0),  # wholly refunded: an order without revenue, its goods are lost
    ("t2", 2, 15.0, 0.0, 20.0),  # half refunded
    ("t4", 1, 12.0, 0.0, 5.0),  # in the window of others, before this customer's own
    ("t4", 8, 30.0, 0.0, 10.0),  # after the window of others, within this customer's own
    ("t5", 6, 77.0, 0.0, 7.0),  # not ready
    ("h1", 3, 50.0, 0.0, None),
    ("h3", 6, 25.0, 0.0, 5.0),
    ("other", 3, 888.0, 0.0, 8.0),
    ("nobody", 3, 777.0, 0.0, 7.0),
    ("nobody", 11, 66.0, 0.0, 6.0),
]
SUBSCRIPTIONS = [
    ("t1", 7 - SECOND, "opt_out"),  # the window's last second
    ("t1", 3, "opt_out"),  # twice is once
    ("t2", -SECOND, "opt_out"),  # before assignment
    ("t3", 1, "opt_in"),  # not an opt-out
    ("h2", 0, "opt_out"),  # exactly at assignment
    ("h3", 7, "opt_out"),  # exactly at the end: out
    ("other", 2, "opt_out"),
]
# campaign, customer, days after ASSIGNED, status, segments, price of one
MESSAGES = [
    ("SPRING", "t1", 0.1, "delivered", 2, 0.01),
    ("SPRING", "t2", 0.1, "failed", 1, 0.0),
    ("SPRING", "t3", 0.1, "read", 1, None),
    ("SPRING", "t4", 2.1, "delivered", 1, 0.04),
    ("SPRING", "t5", 5.1, "delivered", 3, 0.50),  # not ready: not counted
    ("SPRING", "h1", 0.1, "sent", 1, 0.02),  # held out and texted by mistake: paid for
    ("SPRING", "nobody", 0.1, "delivered", 1, 0.03),  # never assigned: paid for
    ("AUTUMN", "t3", 1.1, "delivered", 9, 9.0),
]
COSTS = [
    ("SPRING", "platform", 50.0),
    ("SPRING", "creative", 100.0),
    ("SPRING", "platform", 30.0),
    ("AUTUMN", "agency", 4_000.0),
]


def _at(days: float) -> datetime:
    return ASSIGNED + timedelta(seconds=round(days * 86_400))


def _campaign(campaign_id: str, days: int) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "name": campaign_id.title(),
        "starts_at": _at(days),
        "window_days": WINDOW_DAYS,
        "margin_rate": MARGIN_RATE,
        "currency": "USD",
    }


def shop_frames() -> dict[str, pd.DataFrame]:
    """Return the shop's tables."""
    people = [*SPRING, "other", "nobody"]
    assigned = [("SPRING", SPRING), ("AUTUMN", AUTUMN)]
    rows: dict[str, list[dict[str, Any]]] = {
        "campaigns": [_campaign("SPRING", 0), _campaign("AUTUMN", 1)],
        "customers": [{"customer_id": who, "acquired_at": _at(-400)} for who in people],
        "assignments": [
            {"campaign_id": name, "customer_id": who, "arm": arm, "assigned_at": _at(days)}
            for name, arms in assigned
            for who, (arm, days) in arms.items()
        ],
        "orders": [
            {
                "order_id": f"o{i}",
                "customer_id": who,
                "ordered_at": _at(days),
                "revenue": revenue,
                "discount": discount,
                "cost_of_goods": cost,
            }
            for i, (who, days, revenue, discount, cost) in enumerate(ORDERS)
        ],
        "subscriptions": [
            {"customer_id": who, "occurred_at": _at(days), "event": event}
            for who, days, event in SUBSCRIPTIONS
        ],
        "messages": [
            {
                "message_id": f"m{i}",
                "campaign_id": campaign,
                "customer_id": who,
                "sent_at": _at(days),
                "status": status,
                "segments": segments,
                "price": price,
            }
            for i, (campaign, who, days, status, segments, price) in enumerate(MESSAGES)
        ],
        "costs": [
            {"campaign_id": campaign, "cost_type": kind, "amount": amount}
            for campaign, kind, amount in COSTS
        ],
    }
    return {name: pd.DataFrame(found) for name, found in rows.items()}
