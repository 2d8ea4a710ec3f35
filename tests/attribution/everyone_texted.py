"""A shop written by hand whose campaign ALL texted everyone; every edge of its daily series."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from smsroi_models.attribution.campaigns import Campaign
from smsroi_models.attribution.series import Span

STARTS = datetime(2025, 6, 2, 9, 30, tzinfo=UTC)
CAMPAIGN = Campaign("ALL", "All", STARTS, 2, 0.6, "USD", None)
SPAN = Span(STARTS, 10, 3)
SECOND = 1 / 86_400

# customer: days after STARTS at which acquired
CUSTOMERS = {
    "old1": -50,
    "old2": -10 - SECOND,  # just before the pre-period
    "new": -10,  # as it begins: no past of its own
    "control": -40,
    "late": -1,  # untouched, but new
    "elsewhere": -40,  # texted by another campaign within the span
    "stray": -40,  # texted by ALL without being assigned
    "before": -40,  # texted by another campaign before the span
}
# campaign, customer, arm, days
ASSIGNED = [
    ("ALL", "old1", "treatment", 0),
    ("ALL", "old2", "treatment", 1),
    ("ALL", "new", "treatment", 0.5),
    ("PAST", "old1", "treatment", -7.5),
    ("PAST", "elsewhere", "treatment", -7.5),
    ("PAST", "control", "holdout", -7.5),
    ("AGES", "before", "treatment", -30),
    ("AGES", "old2", "treatment", -30),
]
WINDOWS = {"ALL": (0, 2), "PAST": (-7.5, 2), "AGES": (-30, 5)}
# customer, days, revenue, discount, cost of goods
ORDERS = [
    ("old1", -20, 1.0, 0.0, 0.0),  # before the pre-period
    ("old1", -10, 20.0, 0.0, 5.0),  # its first instant
    ("old2", -SECOND, 30.0, 0.0, 10.0),  # its last second
    ("old1", 0, 100.0, 0.0, None),  # the window's first instant: margin 60
    ("old2", 0.9, 50.0, 10.0, None),  # margin 50 - 0.4 x 60
    ("old2", 3 - SECOND, 7.0, 0.0, 2.0),  # its last second
    ("old1", 3, 999.0, 0.0, 0.0),  # after it
    ("new", 1, 500.0, 0.0, 0.0),
    ("control", 1, 40.0, 0.0, 10.0),
    ("late", 1, 400.0, 0.0, 0.0),
    ("elsewhere", 1, 300.0, 0.0, 0.0),
    ("stray", 1, 200.0, 0.0, 0.0),
    ("before", 1, 9.0, 0.0, 4.0),
]


def _at(days: float) -> datetime:
    return STARTS + timedelta(seconds=round(days * 86_400))


def frames() -> dict[str, pd.DataFrame]:
    """Return the shop's tables."""
    rows: dict[str, list[dict[str, Any]]] = {
        "campaigns": [
            {
                "campaign_id": name,
                "name": name.title(),
                "starts_at": _at(days),
                "window_days": length,
                "margin_rate": 0.6,
                "currency": "USD",
            }
            for name, (days, length) in WINDOWS.items()
        ],
        "customers": [
            {"customer_id": who, "acquired_at": _at(days)} for who, days in CUSTOMERS.items()
        ],
        "assignments": [
            {"campaign_id": name, "customer_id": who, "arm": arm, "assigned_at": _at(days)}
            for name, who, arm, days in ASSIGNED
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
        "messages": [
            {
                "message_id": "m1",
                "campaign_id": "ALL",
                "customer_id": "stray",
                "sent_at": _at(0.1),
                "status": "delivered",
                "segments": 1,
                "price": 0.01,
            }
        ],
    }
    return {name: pd.DataFrame(found) for name, found in rows.items()}
