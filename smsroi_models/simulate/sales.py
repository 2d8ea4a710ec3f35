"""Orders as the shop books them: spend effect, coupons, refunds and cost of goods applied."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smsroi_models.simulate.buyers import BaseOrders
from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import NONE, Flags, Floats, Integers
from smsroi_models.simulate.shop import Shop

ORDER_SOURCES = ("web", "phone", "shop")
_SOURCE_SHARES = (0.75, 0.05, 0.20)
_COST_SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class Sales:
    """Every order in order of time; arrays have shape (n_orders,).

    ``amount`` is the list amount with the spend effect in it, ``coupon`` the number of the
    campaign whose coupon was used, `NONE` where there is none.
    """

    customer: Integers
    time: Integers
    amount: Floats
    coupon: Integers
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
    customer, time, amount, coupon = _gather(orders, runs, shop, rng)
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
        revenue=_after_refunds(amount - discount, shop, rng),
        discount=discount,
        cost_of_goods=cost,
        source=rng.choice(len(ORDER_SOURCES), size=len(amount), p=_SOURCE_SHARES),
    )


def is_web(sales: Sales) -> Flags:
    """Return which orders came in over the web."""
    return np.equal(sales.source, ORDER_SOURCES.index("web"))


def is_phone(sales: Sales) -> Flags:
    """Return which orders came in by telephone."""
    return np.equal(sales.source, ORDER_SOURCES.index("phone"))


def _gather(
    orders: BaseOrders, runs: Sequence[Run], shop: Shop, rng: np.random.Generator
) -> tuple[Integers, Integers, Floats, Integers]:
    amount = orders.amount.copy()
    coupon = np.full(len(amount), NONE, dtype=np.int64)
    for run in runs:
        _touch_base_orders(run, amount, coupon, shop, rng)
    customer = np.concatenate([orders.customer, *(run.customer[run.extra_place] for run in runs)])
    time = np.concatenate([orders.time, *(run.extra_time for run in runs)])
    amount = np.concatenate([amount, *(_extra_amounts(run) for run in runs)])
    coupon = np.concatenate([coupon, *(_extra_coupons(run, shop, rng) for run in runs)])
    order = np.lexsort((customer, time))
    return customer[order], time[order], amount[order], coupon[order]


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
