"""What each campaign truly did, computed from every customer's own parameters.

For an assigned customer the two potential outcomes differ by what the text does to the orders
between the text and the window's end. Given the base orders (potential outcomes of everybody, in
both arms alike), the expected difference is exact: with list amounts S of those base orders,
extra-order probability pi, mean amount mu and spend effect e, the expected lift of revenue is

    delivery_share x [(S + pi mu) (1 + e) k(used) - S k(leaked)]

where k(u) is the expected revenue of one unit of list amount when the coupon is used with
probability u; for margin k is the expected margin instead. The average of this over everybody
assigned is what a difference of arm means estimates without bias.

Against customers kept out of every campaign, a campaign's effect on one that it assigned is, given
the arm,

    treatment: delivery_share x (S + pi mu) (1 + e) k(used) + (1 - delivery_share) x S k(leaked)
    holdout:   S k(leaked),        each less S k(0).
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


def programme_truth(history: History) -> pd.DataFrame | None:
    """Return the truth of the whole programme in one row; see `Program.programme`."""
    programme = history.global_holdout
    if programme is None:
        return None
    sums = [_against_no_campaign(history, run) for run in history.runs]
    revenue, margin = (float(total) for total in np.sum(sums, axis=0))
    n_treatment = int(programme.treated.sum())
    cost = sum(text.cost for text in history.texts)
    row = {
        "n_treatment": n_treatment,
        "n_holdout": len(programme.treated) - n_treatment,
        "revenue_lift": revenue / max(n_treatment, 1),
        "margin_lift": margin / max(n_treatment, 1),
        "incremental_revenue": revenue,
        "incremental_margin": margin,
        "cost": cost,
        "profit": margin - cost,
        "roi": (margin - cost) / cost if cost > 0 else np.nan,
    }
    ids = pd.Index([history.request.programme_id], name="campaign_id", dtype="str")
    return pd.DataFrame([row], index=ids)


def _against_no_campaign(history: History, run: Run) -> tuple[float, float]:
    """Return the expected revenue and margin that a campaign added, over all it assigned."""
    shop, rate = history.request.shop, history.request.margin_rate
    leak = 0.0 if run.plan.personal else shop.coupon_leak_share
    used, leaked, none = (
        _yield(run.plan, share, rate, shop) for share in (shop.coupon_use_share, leak, 0.0)
    )
    amounts = history.orders.amount[run.base_order]
    base = np.bincount(run.base_place, weights=amounts, minlength=len(run.customer))
    reached = shop.delivery_share * run.treated
    extra = run.extra_probability * history.customers.mean_amount[run.customer]
    texted = float((reached * (base + extra)).sum()) * (1 + run.plan.spend_effect)
    untouched, without = float(((1 - reached) * base).sum()), float(base.sum())
    return (
        texted * used.revenue + untouched * leaked.revenue - without * none.revenue,
        texted * used.margin + untouched * leaked.margin - without * none.margin,
    )


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
