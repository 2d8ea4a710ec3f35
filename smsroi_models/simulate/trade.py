"""The tables of messages, costs, coupons and orders."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsroi_models.simulate.columns import (
    NONE,
    Integers,
    identifiers,
    joined,
    picked,
    table_frame,
)
from smsroi_models.simulate.history import History
from smsroi_models.simulate.sales import ORDER_SOURCES
from smsroi_models.simulate.texts import STATUSES


def trade_frames(history: History) -> dict[str, pd.DataFrame]:
    """Return those tables by name."""
    return {
        "messages": _messages(history),
        "costs": _costs(history),
        "coupons": _coupons(history),
        "orders": _orders(history),
    }


def order_keys(rows: Integers) -> pa.Array:
    """Return the keys of the orders in these rows of `Sales`; `NONE` gives null."""
    return identifiers("o", rows, 9)


def _messages(history: History) -> pd.DataFrame:
    texts = history.texts
    pairs = tuple(zip(history.runs, texts, strict=True))
    customer = np.concatenate([run.customer[text.place] for run, text in pairs])
    number = np.repeat(np.arange(len(texts)), [len(text.place) for text in texts])
    return table_frame(
        "messages",
        {
            "message_id": identifiers("m", np.arange(len(customer)), 9),
            "campaign_id": history.campaign_keys(number),
            "customer_id": history.customer_keys(customer),
            "sent_at": history.times(np.concatenate([run.sent[text.place] for run, text in pairs])),
            "status": picked(STATUSES, np.concatenate([text.status for text in texts])),
            "segments": np.concatenate([text.segments for text in texts]),
            "price": np.concatenate([text.price for text in texts]),
        },
    )


def _costs(history: History) -> pd.DataFrame:
    rows = [
        (number, kind, amount)
        for number, text in enumerate(history.texts)
        for kind, amount in text.fixed_costs
    ]
    numbers, kinds, amounts = zip(*rows, strict=True)
    return table_frame(
        "costs",
        {
            "campaign_id": history.campaign_keys(np.array(numbers)),
            "cost_type": pa.array(kinds, type=pa.large_string()),
            "amount": np.array(amounts, dtype=np.float64),
        },
    )


def _coupons(history: History) -> pd.DataFrame:
    """Return ``coupons``: one code for all, or one for each treated customer."""
    runs = history.runs
    holders = [run.treated_customers if run.plan.personal else np.array([NONE]) for run in runs]
    customer = np.concatenate(holders)
    number = np.repeat([run.plan.number for run in runs], [len(holder) for holder in holders])
    ends = np.array([run.plan.ends for run in runs])
    return table_frame(
        "coupons",
        {
            "code": _codes(history, number, customer),
            "campaign_id": history.campaign_keys(number),
            "customer_id": history.customer_keys(customer),
            "kind": picked(("shared", "unique"), (customer != NONE).astype(np.int64)),
            "discount": np.array([run.plan.discount for run in runs])[number],
            "expires_at": history.times(ends[number]),
        },
    )


def _orders(history: History) -> pd.DataFrame:
    sales = history.sales
    return table_frame(
        "orders",
        {
            "order_id": order_keys(np.arange(len(sales.time))),
            "customer_id": history.customer_keys(sales.customer),
            "ordered_at": history.times(sales.time),
            "revenue": sales.revenue,
            "discount": sales.discount,
            "cost_of_goods": sales.cost_of_goods,
            "coupon_code": _codes(history, sales.coupon, sales.customer),
            "source": picked(ORDER_SOURCES, sales.source),
        },
    )


def _codes(history: History, campaign: Integers, customer: Integers) -> pa.Array:
    """Return each campaign's code for each customer, null where the campaign is `NONE`."""
    plans = history.request.plans
    personal = np.array([*(plan.personal for plan in plans), False])[campaign]
    own = pc.if_else(pa.array(personal), identifiers("-", customer, 8), "")
    return joined(picked([plan.coupon for plan in plans], campaign), own)
