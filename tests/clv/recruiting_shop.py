"""A shop written by hand whose campaign SPRING recruits: referrals in chains and in circles.

Everybody of SPRING is assigned at `ASSIGNED`, with a window of ten days.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

ASSIGNED = datetime(2025, 3, 10, 10, tzinfo=UTC)
AS_OF = ASSIGNED + timedelta(days=80)
WINDOW_DAYS, MARGIN_RATE = 10, 0.5
ARMS = {"t1": "treatment", "t2": "treatment", "t3": "treatment", "h1": "holdout", "h2": "holdout"}

# customer: (days after ASSIGNED at which acquired, campaign, referrer)
CUSTOMERS: dict[str, tuple[float, str | None, str | None]] = {
    "t1": (-100, None, None),
    "t2": (-60, "SPRING", None),  # said to be recruited, but a customer before, and in an arm
    "t3": (-3, None, None),
    "h1": (-50, None, None),
    "h2": (0, "SPRING", None),  # recruited at the start, but in an arm: left out
    "r1": (2, "SPRING", None),
    "r2": (3, "SPRING", "r1"),  # recruited and referred: recruited
    "f1": (5, None, "r1"),  # referred at the first step
    "f2": (9, None, "f1"),  # at the second
    "f3": (12, None, "f2"),  # at the third
    "c1": (20, None, "c2"),  # two who refer each other, one of them referred by a recruit, too
    "c2": (21, None, "c1"),
    "c3": (22, "SPRING", "c4"),  # a circle with a recruit in it
    "c4": (23, None, "c3"),
    "marked": (-30, "SPRING", None),  # said to be recruited, but a customer before: left out
    "friend": (7, None, "marked"),  # referred by one who is no recruit
    "old": (-20, None, "r1"),  # acquired before the campaign: not its doing
    "elsewhere": (4, "AUTUMN", None),
    "later": (81, "SPRING", None),  # after the time of reading
}
RECRUITED, REFERRED = {"r1", "r2", "c3"}, {"f1", "f2", "f3", "c4"}

# customer, arm of AUTUMN, days after ASSIGNED at which assigned
ELSEWHERE = [
    ("r1", "treatment", 20),
    ("f2", "holdout", 20),
    ("r2", "treatment", 80),  # exactly when it is read: not yet
    ("t1", "treatment", 20),  # no recruit
]

# customer, days after ASSIGNED, revenue, discount, cost of goods
ORDERS = [
    ("t1", -100, 10.0, 0.0, 5.0),
    ("t1", -90, 20.0, 0.0, 5.0),
    ("t1", -90.01, 10.0, 0.0, 5.0),  # the same day: one occasion of 30
    ("t1", -0.4, 50.0, 0.0, 5.0),  # on the day of assignment, hours before: no whole day over
    ("t1", 4, 60.0, 0.0, 20.0),  # in the window
    ("t2", -60, 40.0, 0.0, 5.0),
    ("t2", 12, 8.0, 0.0, 2.0),  # two days after the window
    ("t3", 1, 25.0, 0.0, 5.0),  # a first purchase, in the window
    ("h1", -50, 15.0, 0.0, 5.0),
    ("h1", -40, 0.0, 0.0, 5.0),  # refunded in full: no occasion
    ("h1", 3, 0.0, 0.0, 5.0),  # refunded in full, in the window: no purchase
    ("h1", 35, 30.0, 0.0, 10.0),
    ("h2", 31, 20.0, 0.0, 5.0),
    ("h2", 31.2, -20.0, 0.0, 0.0),  # taken back on the day: no purchase
    ("r1", 1.9, 70.0, 0.0, 0.0),  # hours before r1 was acquired: not the campaign's
    ("r1", 2, 30.0, 0.0, 10.0),
    ("r1", 40, 20.0, 10.0, None),  # margin 20 - 0.5 x 30 = 5
    ("f1", 5, 12.0, 0.0, 2.0),
    ("marked", 6, 300.0, 0.0, 0.0),
    ("friend", 8, 300.0, 0.0, 0.0),
    ("f3", 79.9, 7.0, 0.0, 3.0),
    ("c4", 30, 9.0, 0.0, 1.0),
    ("r1", 80, 500.0, 0.0, 0.0),  # exactly when it is read: not yet
    ("elsewhere", 4, 999.0, 0.0, 0.0),
]


def _at(days: float) -> datetime:
    return ASSIGNED + timedelta(seconds=round(days * 86_400))


def recruiting_frames() -> dict[str, pd.DataFrame]:
    """Return the shop's tables."""
    campaigns = [
        {
            "campaign_id": name,
            "name": name.title(),
            "starts_at": _at(days),
            "window_days": WINDOW_DAYS,
            "margin_rate": MARGIN_RATE,
            "currency": "USD",
        }
        for name, days in (("SPRING", 0), ("AUTUMN", 3))
    ]
    rows: dict[str, list[dict[str, Any]]] = {
        "campaigns": campaigns,
        "customers": [
            {
                "customer_id": who,
                "acquired_at": _at(days),
                "acquired_campaign_id": campaign,
                "referrer_id": referrer,
            }
            for who, (days, campaign, referrer) in CUSTOMERS.items()
        ],
        "assignments": [
            {"campaign_id": "SPRING", "customer_id": who, "arm": arm, "assigned_at": ASSIGNED}
            for who, arm in ARMS.items()
        ]
        + [
            {"campaign_id": "AUTUMN", "customer_id": who, "arm": arm, "assigned_at": _at(days)}
            for who, arm, days in ELSEWHERE
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
    }
    return {name: pd.DataFrame(found) for name, found in rows.items()}
