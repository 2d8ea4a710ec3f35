"""What each assigned customer did: one lazy query a campaign.

Orders are cut to the campaign's span before they meet the assignments, so that a campaign of two
weeks does not read ten years of orders.
"""

from datetime import datetime, timedelta

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, assigned_customers, days, instant

PRE_PERIOD_COLUMNS = ("pre_revenue", "pre_orders")


def outcomes(
    store: Tables, campaign: Campaign, as_of: datetime, *, pre_days: int = 90
) -> ibis.Table:
    """Return, lazily, one row per assigned customer whose outcome window is over.

    Intention to treat: everyone assigned is here, texted or not. Nobody has a null: a customer
    without orders has zeros.

    Parameters
    ----------
    store : Tables
        With ``assignments`` and ``orders``, and ``subscriptions`` if opt-outs are wanted.
    campaign : Campaign
    as_of : datetime
        UTC. Customers whose window ends later are left out.
    pre_days : int
        Length of the pre-period, days.

    Returns
    -------
    ibis.Table
        ``customer_id, arm, assigned_at, revenue, margin, orders, converted, pre_revenue,
        pre_orders`` and, where the store has subscriptions, ``opted_out``. Money per customer in
        the store's currency; ``converted`` and ``opted_out`` are 0 or 1.
    """
    assigned = ready_customers(store, campaign, as_of)
    per_customer = (
        orders_in_reach(store, campaign, assigned, pre_days)
        .group_by("customer_id")
        .aggregate(
            revenue=_.revenue.sum(where=_.in_window),
            margin=_.margin.sum(where=_.in_window),
            orders=_.in_window.sum(),
            pre_revenue=_.revenue.sum(where=~_.in_window),
            pre_orders=(~_.in_window).sum(),
        )
    )
    columns = ("revenue", "margin", "orders", "pre_revenue", "pre_orders")
    joined = assigned.left_join(per_customer, "customer_id").select(
        "customer_id",
        "arm",
        "assigned_at",
        **{name: _[name].cast("float64").coalesce(0.0) for name in columns},
    )
    table = joined.mutate(converted=(_.orders > 0).cast("float64"))
    return _with_opt_outs(store, campaign, table) if "subscriptions" in store else table


def orders_in_reach(
    store: Tables, campaign: Campaign, assigned: ibis.Table, pre_days: int
) -> ibis.Table:
    """Return, lazily, the assigned customers' orders in their pre-period or outcome window.

    Columns: ``customer_id, arm, age_days`` (whole days since assignment, negative before it),
    ``in_window, revenue, margin``. Margin is revenue less cost of goods or, where that is null,
    less ``(1 - margin_rate)`` of the list price ``revenue + discount``.
    """
    span = assigned.aggregate(first=_.assigned_at.min(), last=_.assigned_at.max())
    before, after = days(pre_days), days(campaign.window_days)
    orders = store["orders"]
    near = orders.filter(
        orders.ordered_at >= span.first.as_scalar() - before,
        orders.ordered_at < span.last.as_scalar() + after,
    ).select("customer_id", "ordered_at", "revenue", "discount", "cost_of_goods")
    list_price_cost = (1 - campaign.margin_rate) * (_.revenue + _.discount)
    seconds = _.ordered_at.epoch_seconds() - _.assigned_at.epoch_seconds()
    return (
        near.join(assigned, "customer_id")
        .filter(
            _.ordered_at >= _.assigned_at - before,
            _.ordered_at < _.assigned_at + after,
        )
        .mutate(
            in_window=_.ordered_at >= _.assigned_at,
            # Some engines drop fractions of a second, which could end in the day after the last.
            age_days=(seconds / 86_400).floor().cast("int64").clip(upper=campaign.window_days - 1),
            margin=_.revenue - ibis.coalesce(_.cost_of_goods, list_price_cost),
        )
        .select("customer_id", "arm", "age_days", "in_window", "revenue", "margin")
    )


def last_start(campaign: Campaign, as_of: datetime) -> datetime:
    """Return the latest assignment whose outcome window is over at ``as_of``."""
    return as_of - timedelta(days=campaign.window_days)


def ready_customers(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, those assigned whose window ends at ``as_of`` or earlier."""
    return assigned_customers(store, campaign).filter(
        _.assigned_at <= instant(last_start(campaign, as_of))
    )


def _with_opt_outs(store: Tables, campaign: Campaign, table: ibis.Table) -> ibis.Table:
    after = days(campaign.window_days)
    gone = (
        store["subscriptions"]
        .filter(_.event == "opt_out")
        .select("customer_id", "occurred_at")
        .join(table.select("customer_id", "assigned_at"), "customer_id")
        .filter(_.occurred_at >= _.assigned_at, _.occurred_at < _.assigned_at + after)
        .select("customer_id")
        .distinct()
        .mutate(opted_out=ibis.literal(1.0))
    )
    return table.left_join(gone, "customer_id").select(
        *table.columns, opted_out=_.opted_out.coalesce(0.0)
    )
