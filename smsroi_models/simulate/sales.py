"""Orders as the shop books them: spend effect, coupons, refunds and cost of goods applied."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsroi_models.simulate.buyers import BaseOrders
from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import (
    NONE,
    Flags,
    Floats,
    Integers,
    identifiers,
    joined,
    moments_in_time,
    picked,
    table_frame,
)
from smsroi_models.simulate.shop import Shop

_SOURCES = ("web", "phone", "shop")
_SOURCE_SHARES = (0.75, 0.05, 0.20)
_COST_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class Sales:
    """Every order in order of time; arrays have shape (n_orders,).

    ``amount`` is the list amount with the spend effect in it; ``coupon`` and ``cause`` are the
    number of the campaign whose coupon was used and of the one that caused the order, `NONE`
    where there is none; ``place`` is the position of a caused order's customer in its campaign.
    """

    customer: Integers
    time: Integers
    amount: Floats
    coupon: Integers
    cause: Integers
    place: Integers
    revenue: Floats
    discount: Floats
    cost_of_goods: Floats
    source: Integers


def book_sales(
    orders: BaseOrders,
    runs: Sequence[Run],
    margin_rate: float,
    shop: Shop,
    rng: np.random.Generator,
) -> Sales:
    """Put base and extra orders together and draw coupon use, refunds and costs of goods.

    Cost of goods varies by a tenth around (1 - margin_rate) x list amount, which is its mean.
    """
    amount = orders.amount.copy()
    coupon = np.full(len(amount), NONE, dtype=np.int64)
    for run in runs:
        _touch_base_orders(run, amount, coupon, shop, rng)
    customer = np.concatenate([orders.customer, *(run.customer[run.extra_place] for run in runs)])
    time = np.concatenate([orders.time, *(run.extra_time for run in runs)])
    amount = np.concatenate([amount, *(_extra_amounts(run) for run in runs)])
    coupon = np.concatenate([coupon, *(_extra_coupons(run, shop, rng) for run in runs)])
    base = np.full(len(orders.time), NONE, dtype=np.int64)
    cause = np.concatenate(
        [base, *(np.full_like(run.extra_place, run.plan.number) for run in runs)]
    )
    place = np.concatenate([base, *(run.extra_place for run in runs)])
    order = np.lexsort((customer, time))
    customer, time, amount = customer[order], time[order], amount[order]
    coupon, cause, place = coupon[order], cause[order], place[order]
    offers = np.array([*(run.plan.discount for run in runs), 0.0])  # the last one is for NONE
    discount = np.round(offers[coupon] * amount, 2)
    spread = rng.uniform(1 - _COST_SPREAD, 1 + _COST_SPREAD, len(amount))
    cost = np.round((1 - margin_rate) * amount * spread, 2)
    cost[rng.random(len(amount)) < shop.missing_cost_share] = np.nan
    return Sales(
        customer=customer,
        time=time,
        amount=amount,
        coupon=coupon,
        cause=cause,
        place=place,
        revenue=_after_refunds(amount - discount, shop, rng),
        discount=discount,
        cost_of_goods=cost,
        source=rng.choice(len(_SOURCES), size=len(amount), p=_SOURCE_SHARES),
    )


def orders_frame(
    sales: Sales, runs: Sequence[Run], start: pd.Timestamp, customer_ids: pa.Array
) -> pd.DataFrame:
    """Return the table ``orders``."""
    return table_frame(
        "orders",
        {
            "order_id": order_ids(np.arange(len(sales.time))),
            "customer_id": customer_ids.take(pa.array(sales.customer)),
            "ordered_at": moments_in_time(start, sales.time),
            "revenue": sales.revenue,
            "discount": sales.discount,
            "cost_of_goods": sales.cost_of_goods,
            "coupon_code": coupon_codes(sales.coupon, sales.customer, runs),
            "source": picked(_SOURCES, sales.source),
        },
    )


def order_ids(rows: Integers) -> pa.Array:
    """Return the keys of the orders in these rows of `Sales`."""
    return identifiers("o", rows, 9)


def coupon_codes(campaign: Integers, customer: Integers, runs: Sequence[Run]) -> pa.Array:
    """Return each campaign's code for each customer, null where the campaign is `NONE`."""
    personal = np.array([*(run.plan.personal for run in runs), False])[campaign]
    own = pc.if_else(pa.array(personal), identifiers("-", customer, 8), "")
    return joined(picked([run.plan.coupon for run in runs], campaign), own)


def is_web(sales: Sales) -> Flags:
    """Return which orders came in over the web."""
    return np.equal(sales.source, _SOURCES.index("web"))


def _touch_base_orders(
    run: Run, amount: Floats, coupon: Integers, shop: Shop, rng: np.random.Generator
) -> None:
    got_text = run.delivered[run.base_place]
    changed = run.base_order[got_text]
    amount[changed] = np.round(amount[changed] * (1 + run.plan.spend_effect), 2)
    leak = 0.0 if run.plan.personal else shop.coupon_leak_share
    use = np.where(got_text, shop.coupon_use_share, leak)
    used = rng.random(len(use)) < use
    coupon[run.base_order[used]] = run.plan.number


def _extra_amounts(run: Run) -> Floats:
    return np.round(run.extra_amount * (1 + run.plan.spend_effect), 2)


def _extra_coupons(run: Run, shop: Shop, rng: np.random.Generator) -> Integers:
    used = rng.random(len(run.extra_place)) < shop.coupon_use_share
    return np.where(used, run.plan.number, NONE)


def _after_refunds(price: Floats, shop: Shop, rng: np.random.Generator) -> Floats:
    back = np.zeros(len(price))
    refunded = np.flatnonzero(rng.random(len(price)) < shop.refund_share)
    whole = rng.random(len(refunded)) < shop.full_refund_share
    back[refunded] = np.where(whole, 1.0, rng.uniform(0.1, 0.9, len(refunded)))
    return np.maximum(np.round(price * (1 - back), 2), 0.0)
