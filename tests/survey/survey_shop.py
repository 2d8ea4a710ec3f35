"""A shop written by hand: one campaign, its survey with every edge, and one of no campaign."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

ASSIGNED = datetime(2025, 3, 10, 10, tzinfo=UTC)
AS_OF = ASSIGNED + timedelta(days=40)
SECOND = 1 / 86_400

# customer: (arm, segment, region)
PEOPLE = {
    "t1": ("treatment", "vip", "north"),
    "t2": ("treatment", "vip", "south"),
    "t3": ("treatment", " ", "south"),
    "t4": ("treatment", None, "north"),
    "h1": ("holdout", "vip", "north"),
    "h2": ("holdout", None, "south"),
    "out": (None, "vip", "north"),
}
INVITED = ("t1", "t2", "t3", "h1", "out")
# response, customer, days after ASSIGNED, score
RESPONSES = [
    ("r1", "t1", 5, 3.0),
    ("r2", "t1", 6, 9.0),  # later: counts
    ("r3", "t2", 6, 10.0),
    ("r4", "t2", 6, 2.0),  # at the same moment, the later id: counts
    ("r5", "h1", 7, 8.0),
    ("r6", None, 7, 10.0),  # anonymous
    ("r7", "out", 8, 0.0),  # not assigned
    ("r8", "h2", 35, 6.0),  # not invited, and 30 days are not over
    ("r9", "t3", 40, 10.0),  # exactly at as_of: too late
    ("s1", "t1", 6, 4.0),
]
# customer, days after ASSIGNED, revenue
ORDERS = [
    ("t1", 6, 10.0),  # exactly at the answer: counts
    ("t1", 36 - SECOND, 5.0),  # the last second of 30 days
    ("t1", 36, 700.0),  # out
    ("t2", 6 - SECOND, 900.0),  # before the answer
    ("h1", -90, 1.0),  # the first instant in which a purchase was before
    ("t4", -90 - SECOND, 1.0),
    ("h2", 36, 50.0),
]


def _at(days: float) -> datetime:
    return ASSIGNED + timedelta(seconds=round(days * 86_400))


def survey_frames() -> dict[str, pd.DataFrame]:
    """Return the tables of the shop."""
    campaign: dict[str, Any] = {
        "campaign_id": "SPRING",
        "name": "Spring",
        "starts_at": ASSIGNED,
        "window_days": 7,
        "margin_rate": 0.6,
        "currency": "USD",
        "message": None,
    }
    surveys = [
        {"survey_id": "asked", "campaign_id": "SPRING", "metric": "nps", "scale_max": 10.0},
        {"survey_id": "loose", "campaign_id": None, "metric": "csat", "scale_max": 5.0},
    ]
    responses = [
        {
            "response_id": response,
            "survey_id": "loose" if response.startswith("s") else "asked",
            "customer_id": customer,
            "responded_at": _at(days),
            "score": score,
            "comment": None,
        }
        for response, customer, days, score in RESPONSES
    ]
    return {
        "campaigns": pd.DataFrame([campaign]),
        "customers": pd.DataFrame(
            {
                "customer_id": list(PEOPLE),
                "acquired_at": _at(-200),
                "acquired_campaign_id": pd.Series([None] * len(PEOPLE), dtype="str"),
                "referrer_id": pd.Series([None] * len(PEOPLE), dtype="str"),
                "segment": [segment for _, segment, _ in PEOPLE.values()],
                "region": [region for *_, region in PEOPLE.values()],
            }
        ),
        "assignments": pd.DataFrame(
            [
                {
                    "campaign_id": "SPRING",
                    "customer_id": customer,
                    "arm": arm,
                    "assigned_at": ASSIGNED,
                    "stratum": None,
                }
                for customer, (arm, *_) in PEOPLE.items()
                if arm
            ]
        ),
        "surveys": pd.DataFrame(
            [{"scale_min": 0.0, "question": "How likely?", **one} for one in surveys]
        ),
        "invitations": pd.DataFrame(
            [
                {"survey_id": "asked", "customer_id": customer, "invited_at": _at(4)}
                for customer in INVITED
            ]
        ),
        "responses": pd.DataFrame(responses),
        "orders": pd.DataFrame(
            [
                {
                    "order_id": f"o{number}",
                    "customer_id": customer,
                    "ordered_at": _at(days),
                    "revenue": revenue,
                    "discount": 0.0,
                    "cost_of_goods": None,
                    "coupon_code": None,
                    "source": None,
                }
                for number, (customer, days, revenue) in enumerate(ORDERS)
            ]
        ),
    }
