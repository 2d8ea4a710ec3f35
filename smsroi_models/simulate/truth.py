"""What each campaign truly did, computed from every customer's own parameters.

For an assigned customer the two potential outcomes differ by what the text does to the orders
between the text and the window's end. Given the base orders (potential outcomes of everybody, in
both arms alike), the expected difference is exact: with list amounts S of those base orders,
extra-order probability pi, mean amount mu and spend effect e, the expected lift of revenue is

    delivery_share x [(S + pi mu) (1 + e) k(used) - S k(leaked)]

where k(u) is the expected revenue of one unit of list amount when the coupon is used with
probability u; for margin k is the expected margin instead. The average of this over everybody
assigned is what a difference of arm means estimates without bias.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.history import History
from smsroi_models.simulate.plan import Plan
from smsroi_models.simulate.shop import Shop


@dataclass(frozen=True, slots=True)
class _Yield:
    """Expected revenue and margin of one unit of list amount."""

    revenue: float
    margin: float


def truth_frame(history: History) -> pd.DataFrame:
    """Return one row per campaign, indexed by ``campaign_id``; see `Program.truth`."""
    pairs = zip(history.runs, history.texts, strict=True)
    rows = [_truth(history, run, text.cost) for run, text in pairs]
    ids = [run.plan.campaign_id for run in history.runs]
    return pd.DataFrame(rows, index=pd.Index(ids, name="campaign_id", dtype="str"))


def _truth(history: History, run: Run, cost: float) -> dict[str, float]:
    shop, margin_rate = history.request.shop, history.request.margin_rate
    mean_amount = history.customers.mean_amount[run.customer]
    n_treatment = int(run.treated.sum())
    leak = 0.0 if run.plan.personal else shop.coupon_leak_share
    with_text = _yield(run.plan, shop.coupon_use_share, margin_rate, shop)
    without = _yield(run.plan, leak, margin_rate, shop)
    size = max(len(run.customer), 1)
    base = float(history.orders.amount[run.base_order].sum()) / size
    extra = float((run.extra_probability * mean_amount).sum()) / size
    texted = (base + extra) * (1 + run.plan.spend_effect)
    revenue = shop.delivery_share * (texted * with_text.revenue - base * without.revenue)
    margin = shop.delivery_share * (texted * with_text.margin - base * without.margin)
    newly_buying = float(run.extra_probability[~run.already_buying].sum()) / size
    profit = margin * n_treatment - cost
    return {
        "n_treatment": n_treatment,
        "n_holdout": len(run.customer) - n_treatment,
        "revenue_lift": revenue,
        "margin_lift": margin,
        "conversion_lift": shop.delivery_share * newly_buying,
        "incremental_revenue": revenue * n_treatment,
        "incremental_margin": margin * n_treatment,
        "cost": cost,
        "profit": profit,
        "roi": profit / cost if cost > 0 else np.nan,
    }


def _yield(plan: Plan, use_share: float, margin_rate: float, shop: Shop) -> _Yield:
    given = use_share * plan.discount
    revenue = (1 - given) * shop.kept_share
    cost = 1 - margin_rate
    # Margin by contract is revenue - cost of goods, and revenue - (1 - margin_rate)
    # (revenue + discount) where cost of goods is null; a refund lowers the revenue in both.
    known = revenue - cost
    unknown = revenue - cost * (revenue + given)
    missing = shop.missing_cost_share
    return _Yield(revenue, (1 - missing) * known + missing * unknown)
