"""A small shop written by hand: each customer is one edge of the attribution rules.

Campaign S assigned everybody at `START` with windows of forty days; N is a neighbour that started a
day later and whose texts compete. Times are days after `START`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

START = datetime(2025, 3, 10, tzinfo=UTC)
AS_OF = START + timedelta(days=60)
HOUR, SECOND, MICROSECOND = 1 / 24, 1 / 86_400, 1 / 86_400_000_000
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile Safari"
ROBOT = "LinkScanner/2.1 (+https://scanner.example/bot)"

# customer: [(days of the order, net revenue, code)]
ORDERS: dict[str, list[tuple[float, float, str | None]]] = {
    "a_day_later": [(2.5, 10.0, None)],
    "just_within_a_day": [(2.5 - MICROSECOND, 20.0, None)],
    "five_days_after_click": [(6.0, 30.0, None)],
    "just_within_five_days": [(6.0 - SECOND, 40.0, None)],
    "over_midnight": [(2.0, 50.0, None)],
    "up_to_midnight": [(2.0 - SECOND, 60.0, None)],
    "three_touches": [(5.0, 70.0, "S-OWN")],
    "old_own_code": [(32.5, 80.0, "S-OLD")],
    "old_shared_code": [(32.5, 90.0, "S-ALL")],
    "held_out_with_code": [(3.0, 100.0, "S-ALL")],
    "refunded": [(1.25, 0.0, None)],
    "same_second": [(3.0, 110.0, None)],
    "scanned": [(3.0, 120.0, None)],
    "twice": [(1.5, 130.0, None), (2.0, 140.0, None)],
    "before_the_text": [(0.5, 150.0, None)],
    "stopped": [(3.0, 160.0, None)],
    "answered": [(3.0, 170.0, None)],
    "held_out": [(3.0, 180.0, None)],
    "two_clicks_one_of_n": [(5.0, 190.0, None)],
    "through_shared_link": [(6.0, 200.0, None)],
}
HELD_OUT = ("held_out", "held_out_with_code", "idle_held_out")
# campaign, customer, days, status
TEXTS = [
    ("S", "a_day_later", 1.5, "delivered"),
    ("S", "just_within_a_day", 1.5, "delivered"),
    ("S", "over_midnight", 2.0 - SECOND, "delivered"),
    ("S", "up_to_midnight", 1.0, "read"),
    ("S", "three_touches", 1.0, "delivered"),
    ("N", "three_touches", 5.0 - HOUR, "delivered"),
    ("S", "old_own_code", 1.0, "delivered"),
    ("S", "old_shared_code", 1.0, "delivered"),
    ("S", "refunded", 1.0, "delivered"),
    ("N", "same_second", 3.0 - HOUR, "delivered"),
    ("S", "scanned", 1.0, "delivered"),
    ("S", "twice", 1.25, "delivered"),
    ("S", "before_the_text", 0.75, "delivered"),
    ("S", "stopped", 1.0, "delivered"),
    ("S", "answered", 1.0, "delivered"),
]
# campaign, customer, days, user agent
CLICKS = [
    ("S", "five_days_after_click", 1.0, PHONE),
    ("S", "just_within_five_days", 1.0, PHONE),
    ("S", "three_touches", 3.0, PHONE),
    ("S", "same_second", 3.0 - HOUR, PHONE),
    ("S", "scanned", 1.0 + HOUR, ROBOT),
    ("S", "two_clicks_one_of_n", 2.0, PHONE),
    ("S", "two_clicks_one_of_n", 3.0, PHONE),
    ("N", "two_clicks_one_of_n", 4.0, PHONE),
]
# customer, days, seconds, answered, region, value
CALLS = [
    ("idle", 1.5, 60.0, True, "north", 25.0),
    ("idle", 2.0, 20.0, False, "north", None),
    (None, 2.0, 100.0, True, None, None),
    ("held_out", 2.0, 40.0, True, "west", None),
    ("idle_held_out", 39.0, 80.0, True, "south", None),
    ("idle_held_out", 61.0, 80.0, True, "south", None),  # after AS_OF
]
# customer, link, days, type, value, order
EVENTS = [
    ("three_touches", "S-three_touches", 5.0, "purchase", 70.0, "o6"),  # the pixel repeats an order
    ("just_within_a_day", None, 2.0, "form", None, None),
    (None, "S-scanned", 2.0, "form", 5.0, None),  # nobody knows whose
    ("through_shared_link", "S-everybody", 6.0, "purchase", 200.0, "o20"),
]
REPLIES = [("S", "stopped", 1.5, "stop"), ("S", "answered", 1.5, "help")]
COUPONS = [("S-OWN", "three_touches"), ("S-OLD", "old_own_code"), ("S-ALL", None)]


def at(days: float) -> datetime:
    return START + timedelta(microseconds=round(days * 86_400_000_000))


def touched_frames() -> dict[str, pd.DataFrame]:
    """Return the shop's tables."""
    people = sorted({*ORDERS, "idle", "idle_held_out"})
    pairs = sorted({(campaign, who) for campaign, who, *_ in CLICKS})
    orders = [(who, *order) for who, orders in ORDERS.items() for order in orders]
    rows: dict[str, list[dict[str, Any]]] = {
        "campaigns": [
            {
                "campaign_id": name,
                "name": name,
                "starts_at": at(day),
                "window_days": 40,
                "margin_rate": 0.5,
                "currency": "USD",
            }
            for name, day in (("S", 0), ("N", 1))
        ],
        "customers": [{"customer_id": who, "acquired_at": at(-9)} for who in people],
        "assignments": [
            {
                "campaign_id": "S",
                "customer_id": who,
                "assigned_at": at(0),
                "arm": "holdout" if who in HELD_OUT else "treatment",
            }
            for who in people
        ],
        "messages": [
            {
                "message_id": f"m{i}",
                "campaign_id": campaign,
                "customer_id": who,
                "sent_at": at(days),
                "status": status,
                "segments": 1,
                "price": 0.01,
            }
            for i, (campaign, who, days, status) in enumerate(TEXTS)
        ],
        "links": [
            {
                "link_id": f"{campaign}-{who}",
                "campaign_id": campaign,
                "customer_id": who,
                "url": "https://txt.example/1",
                "target_url": "https://shop.example/",
            }
            for campaign, who in pairs
        ]
        + [
            {
                "link_id": "S-everybody",
                "campaign_id": "S",
                "customer_id": None,
                "url": "https://txt.example/2",
                "target_url": "https://shop.example/",
            }
        ],
        "clicks": [
            {
                "click_id": f"k{i}",
                "link_id": f"{campaign}-{who}",
                "clicked_at": at(days),
                "clicks": 1,
                "user_agent": agent,
                "bot_reason": None,
            }
            for i, (campaign, who, days, agent) in enumerate(CLICKS)
        ],
        "coupons": [
            {
                "code": code,
                "campaign_id": "S",
                "customer_id": who,
                "kind": "unique" if who else "shared",
            }
            for code, who in COUPONS
        ],
        "replies": [
            {
                "reply_id": f"r{i}",
                "customer_id": who,
                "received_at": at(days),
                "intent": intent,
                "campaign_id": campaign,
            }
            for i, (campaign, who, days, intent) in enumerate(REPLIES)
        ],
        "orders": [
            {
                "order_id": f"o{i}",
                "customer_id": who,
                "ordered_at": at(days),
                "revenue": revenue,
                "discount": 0.0,
                "cost_of_goods": 0.0,
                "coupon_code": code,
            }
            for i, (who, days, revenue, code) in enumerate(orders)
        ],
        "numbers": [{"number_id": "n1", "campaign_id": "S"}],
        "calls": [
            {
                "call_id": f"c{i}",
                "number_id": "n1",
                "customer_id": who,
                "started_at": at(days),
                "duration_seconds": seconds,
                "answered": answered,
                "region": region,
                "outcome": "order" if value else None,
                "value": value,
            }
            for i, (who, days, seconds, answered, region, value) in enumerate(CALLS)
        ],
        "events": [
            {
                "event_id": f"e{i}",
                "customer_id": who,
                "link_id": link,
                "occurred_at": at(days),
                "event_type": kind,
                "value": value,
                "order_id": order,
            }
            for i, (who, link, days, kind, value, order) in enumerate(EVENTS)
        ],
    }
    return {name: pd.DataFrame(found) for name, found in rows.items()}
