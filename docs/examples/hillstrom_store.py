"""Turn the MineThatData e-mail experiment (Hillstrom 2008) into a store of two campaigns.

    python docs/examples/hillstrom_store.py hillstrom.csv data/hillstrom

The file is one row per customer: the arm in `segment`, the spend of the following two weeks in
`spend`. It has no clock and no costs, so this script states its assumptions: everybody was assigned
on one day, a fortnight's spend is one order in its last hour (only the total is known), a message
cost 0.01, and 40 % of list price is margin. The lift of spend needs none of them.
"""

import sys

import pandas as pd

import smsroi_models as smsroi

ASSIGNED_AT = pd.Timestamp("2008-03-01", tz="UTC")
ORDERED_AT = ASSIGNED_AT + pd.Timedelta(days=13, hours=23)
PRICE, MARGIN_RATE = 0.01, 0.40
ARMS = {"MENS": "Mens E-Mail", "WOMENS": "Womens E-Mail"}


def hillstrom_tables(path: str) -> dict[str, pd.DataFrame]:
    """Return the store's tables; the customers of `No E-Mail` are the holdout of both campaigns."""
    people = pd.read_csv(path)
    people["customer_id"] = "h" + people.index.astype("string").str.zfill(5)
    assignments = pd.concat(_assignments(people, name, arm) for name, arm in ARMS.items())
    return {
        "campaigns": pd.DataFrame(
            {
                "campaign_id": list(ARMS),
                "name": list(ARMS.values()),
                "starts_at": ASSIGNED_AT,
                "window_days": 14,
                "margin_rate": MARGIN_RATE,
                "currency": "USD",
                "message": None,
            }
        ),
        "assignments": assignments,
        "messages": _messages(assignments),
        "orders": _orders(people[people.spend > 0]),
    }


def _assignments(people: pd.DataFrame, campaign: str, arm: str) -> pd.DataFrame:
    chosen = people[people.segment.isin([arm, "No E-Mail"])]
    return pd.DataFrame(
        {
            "campaign_id": campaign,
            "customer_id": chosen.customer_id,
            "arm": chosen.segment.eq(arm).map({True: "treatment", False: "holdout"}),
            "assigned_at": ASSIGNED_AT,
            "stratum": None,
        }
    )


def _messages(assignments: pd.DataFrame) -> pd.DataFrame:
    sent = assignments[assignments.arm == "treatment"]
    return pd.DataFrame(
        {
            "message_id": "m-" + sent.campaign_id + "-" + sent.customer_id,
            "campaign_id": sent.campaign_id,
            "customer_id": sent.customer_id,
            "sent_at": ASSIGNED_AT,
            "status": "delivered",
            "segments": 1,
            "price": PRICE,
        }
    )


def _orders(buyers: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": "o-" + buyers.customer_id,
            "customer_id": buyers.customer_id,
            "ordered_at": ORDERED_AT,
            "revenue": buyers.spend,
            "discount": 0.0,
            "cost_of_goods": None,
            "coupon_code": None,
            "source": buyers.channel.str.lower(),
        }
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: python {sys.argv[0]} hillstrom.csv STORE_FOLDER")
    print(smsroi.write_store(hillstrom_tables(sys.argv[1]), sys.argv[2]))
