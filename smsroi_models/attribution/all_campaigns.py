"""What the assigned customers of every campaign did, in one query that reads the orders once.

`outcomes` serves a report: one campaign, its orders cut to its span. Where all campaigns are set
side by side, their reaches overlap, and a query for each would read the same orders many times.
"""

from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Tables, days, instant

_COLUMNS = ("revenue", "margin", "orders", "pre_revenue", "pre_orders")


def all_outcomes(store: Tables, as_of: datetime, *, pre_days: int = 90) -> ibis.Table:
    """Return, lazily, one row per campaign and assigned customer whose window is over.

    The columns of `outcomes`, opt-outs apart, for every campaign of the store, with
    ``campaign_id``.

    Parameters
    ----------
    store : Tables
        With ``campaigns``, ``assignments`` and ``orders``.
    as_of : datetime
        UTC. Customers whose window ends later are left out.
    pre_days : int
        Length of the pre-period, days.
    """
    assigned = _ready(store, as_of, pre_days)
    span = assigned.aggregate(first=_.begins_at.min(), last=_.ends_at.max())
    orders = store["orders"]
    near = orders.filter(
        orders.ordered_at >= span.first.as_scalar(),
        orders.ordered_at < span.last.as_scalar(),
    ).select("customer_id", "ordered_at", "revenue", "discount", "cost_of_goods")
    list_price_cost = (1 - _.margin_rate) * (_.revenue + _.discount)
    per_customer = (
        near.join(assigned, "customer_id")
        .filter(_.ordered_at >= _.begins_at, _.ordered_at < _.ends_at)
        .mutate(
            in_window=_.ordered_at >= _.assigned_at,
            margin=_.revenue - ibis.coalesce(_.cost_of_goods, list_price_cost),
        )
        .group_by("campaign_id", "customer_id")
        .aggregate(
            revenue=_.revenue.sum(where=_.in_window),
            margin=_.margin.sum(where=_.in_window),
            orders=_.in_window.sum(),
            pre_revenue=_.revenue.sum(where=~_.in_window),
            pre_orders=(~_.in_window).sum(),
        )
    )
    joined = assigned.left_join(per_customer, ["campaign_id", "customer_id"]).select(
        "campaign_id",
        "customer_id",
        "arm",
        "assigned_at",
        **{name: _[name].cast("float64").coalesce(0.0) for name in _COLUMNS},
    )
    return joined.mutate(converted=(_.orders > 0).cast("float64"))


def _ready(store: Tables, as_of: datetime, pre_days: int) -> ibis.Table:
    """Return, lazily, those assigned whose window is over, with the ends of their reach."""
    terms = store["campaigns"].select("campaign_id", "window_days", "margin_rate")
    return (
        store["assignments"]
        .select("campaign_id", "customer_id", "arm", "assigned_at")
        .join(terms, "campaign_id")
        # Once a customer, not once an order: arithmetic on times with zones is slow.
        .mutate(
            begins_at=_.assigned_at - days(pre_days),
            ends_at=_.assigned_at + (86_400 * _.window_days).as_interval("s"),
        )
        .filter(_.ends_at <= instant(as_of))
        .drop("window_days")
    )
