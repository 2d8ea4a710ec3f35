"""A shop that texts often, written by hand: every edge of what "recent" and "subscribed" mean."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

START = datetime(2025, 3, 1, 10, tzinfo=UTC)
AS_OF = START + timedelta(days=60)
SECOND = 1 / 86_400

# campaign: days after START. Everybody gets EVERY; HOLD is a programme without texts of its own.
CAMPAIGNS = {"W1": 0.0, "W2": 7.0, "W3": 30.0, "EVERY": 33.0, "W4": 36.0, "LATE": 53.0 + SECOND}
# customer: arm by campaign; "-" was not assigned
ARMS = {
    "often": ("t", "t", "t", "t", "t", "t"),
    "never": ("h", "h", "h", "t", "h", "h"),
    "mixed": ("t", "h", "t", "t", "h", "t"),
    "leaves": ("t", "t", "h", "t", "t", "t"),  # out on day 8, yet assigned until the end
    "returns": ("h", "t", "t", "t", "t", "h"),  # out on day 1, in again on day 6
    "unknown": ("t", "-", "-", "t", "h", "t"),  # nobody knows when it opted in
    "edge": ("t", "t", "t", "t", "h", "t"),  # out exactly 7 days after W3: no longer
}
SUBSCRIPTIONS = [
    ("often", -400.0, "opt_in"),
    ("never", -90.0, "opt_in"),
    ("mixed", -20.0, "opt_in"),
    ("leaves", -89.0, "opt_in"),
    ("leaves", 8.0, "opt_out"),
    ("returns", -10.0, "opt_in"),
    ("returns", 1.0, "opt_out"),
    ("returns", 6.0, "opt_in"),
    ("edge", -10.0, "opt_in"),
    ("edge", 37.0, "opt_out"),
]
# customer, day, revenue, discount, cost of goods
ORDERS = [
    ("often", 0.0, 10.0, 0.0, 4.0),  # at the draw itself: counts
    ("often", 7.0, 20.0, 0.0, None),  # exactly 7 days after W1: of W2 alone
    ("never", 6.0, 0.0, 0.0, 3.0),  # wholly refunded: no purchase, and the goods are lost
    ("mixed", 29.0, 99.0, 0.0, 9.0),  # before W3
]
MARGIN_RATE = 0.6


def shop_frames() -> dict[str, pd.DataFrame]:
    """Return the tables of the store."""
    return {
        "campaigns": pd.DataFrame([_campaign(name) for name in CAMPAIGNS]),
        "customers": pd.DataFrame([_customer(name) for name in ARMS]),
        "assignments": pd.DataFrame(_assignments()),
        "messages": pd.DataFrame(_messages()),
        "subscriptions": pd.DataFrame(
            [
                {"customer_id": who, "occurred_at": _at(day), "event": event, "source": "form"}
                for who, day, event in SUBSCRIPTIONS
            ]
        ).assign(campaign_id=None),
        "coupons": pd.DataFrame([_coupon("A", "W1", 0.1), _coupon("B", "W2", 0.0)]),
        "orders": pd.DataFrame([_order(i, *order) for i, order in enumerate(ORDERS)]),
    }


def _at(day: float) -> datetime:
    return START + timedelta(days=day)


def _campaign(name: str) -> dict[str, Any]:
    return {
        "campaign_id": name,
        "name": name,
        "starts_at": _at(CAMPAIGNS[name]),
        "window_days": 7,
        "margin_rate": MARGIN_RATE,
        "currency": "USD",
        "message": None,
    }


def _customer(name: str) -> dict[str, Any]:
    return {
        "customer_id": name,
        "acquired_at": _at(-500.0),
        "acquired_campaign_id": None,
        "referrer_id": None,
        "segment": None,
        "region": None,
    }


def _assignments() -> list[dict[str, Any]]:
    arm = {"t": "treatment", "h": "holdout"}
    return [
        {
            "campaign_id": campaign,
            "customer_id": who,
            "arm": arm[letter],
            "assigned_at": _at(CAMPAIGNS[campaign]),
            "stratum": None,
        }
        for who, arms in ARMS.items()
        for campaign, letter in zip(CAMPAIGNS, arms, strict=True)
        if letter != "-"
    ]


def _messages() -> list[dict[str, Any]]:
    texted = [row for row in _assignments() if row["arm"] == "treatment"]
    return [
        {
            "message_id": f"m{i}",
            "campaign_id": row["campaign_id"],
            "customer_id": row["customer_id"],
            "sent_at": row["assigned_at"] + timedelta(minutes=1),
            "status": "failed" if i == 0 else "delivered",
            "segments": 2 if row["campaign_id"] == "W3" else 1,
            "price": 0.0 if i == 0 else 0.01,
        }
        for i, row in enumerate(texted)
    ]


def _coupon(code: str, campaign: str, discount: float) -> dict[str, Any]:
    return {
        "code": code,
        "campaign_id": campaign,
        "customer_id": None,
        "kind": "shared",
        "discount": discount,
        "expires_at": None,
    }


def _order(
    number: int, who: str, day: float, revenue: float, discount: float, goods: float | None
) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "customer_id": who,
        "ordered_at": _at(day),
        "revenue": revenue,
        "discount": discount,
        "cost_of_goods": goods,
        "coupon_code": None,
        "source": "web",
    }
