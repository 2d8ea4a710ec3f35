"""The moments of every campaign's arms, in one query that reads the orders once.

`outcomes` serves a report: one campaign, its orders cut to its span. Where all campaigns are set
side by side, their reaches overlap, and a query for each would read the same orders many times.

Most of those assigned order nothing in reach. They are counted, not listed: the engine returns the
moments of those who ordered and how many are assigned, and the zeros of the others are merged in
(`Moments.merge`), which spares a join with every assigned customer.
"""

from collections.abc import Sequence
from datetime import datetime

import ibis
import numpy as np
from ibis import _

from smsroi_models.attribution.campaigns import Tables, days, instant
from smsroi_models.attribution.collect import Arms, moments_by_arm, read_arm
from smsroi_models.attribution.moments import Moments
from smsroi_models.store.tables import ARMS

COLUMNS = ("revenue", "margin", "orders", "converted", "pre_revenue", "pre_orders")


def collect_all_moments(
    store: Tables, as_of: datetime, columns: Sequence[str], *, pre_days: int = 90
) -> dict[str, Arms]:
    """Collect, in one query, the moments of both arms of every campaign, by id.

    They are those of `outcomes`, of all assigned customers whose window is over; an arm without
    any is None.

    Parameters
    ----------
    store : Tables
        With ``campaigns``, ``assignments`` and ``orders``.
    as_of : datetime
        UTC. Customers whose window ends later are left out.
    columns : sequence of str
        Among `COLUMNS`.
    pre_days : int
        Length of the pre-period, days.
    """
    query = all_moments(store, as_of, columns, pre_days=pre_days)
    found: dict[str, dict[str, Moments]] = {}
    for row in query.to_pyarrow().to_pylist():
        found.setdefault(row["campaign_id"], {})[row["arm"]] = _with_idle(row, columns)
    return {
        campaign_id: (arms.get(ARMS[0]), arms.get(ARMS[1]))
        for campaign_id, arms in sorted(found.items())
    }


def all_moments(
    store: Tables, as_of: datetime, columns: Sequence[str], *, pre_days: int = 90
) -> ibis.Table:
    """Return, lazily, a row per campaign and arm: ``assigned``, and what `moments_by_arm` gives.

    The moments are of those who ordered in reach; they are null where nobody did.
    """
    ready = _ready(store, as_of, pre_days)
    assigned = ready.group_by("campaign_id", "arm").aggregate(assigned=ready.count())
    buyers = active_customers(store, as_of, pre_days=pre_days)
    moments = moments_by_arm(buyers, columns, "arm", *ARMS, by="campaign_id")
    return assigned.left_join(moments, [assigned.campaign_id == moments.by, "arm"])


def active_customers(store: Tables, as_of: datetime, *, pre_days: int = 90) -> ibis.Table:
    """Return, lazily, a row per campaign and assigned customer who ordered in its reach.

    ``campaign_id, customer_id, arm`` and `COLUMNS`. Those without an order in pre-period or window
    are not here.
    """
    ready = _ready(store, as_of, pre_days)
    span = ready.aggregate(first=_.begins_at.min(), last=_.ends_at.max())
    orders = store["orders"]
    near = orders.filter(
        orders.ordered_at >= span.first.as_scalar(),
        orders.ordered_at < span.last.as_scalar(),
    ).select("customer_id", "ordered_at", "revenue", "discount", "cost_of_goods")
    list_price_cost = (1 - _.margin_rate) * (_.revenue + _.discount)
    reached = near.join(ready, "customer_id").filter(
        _.ordered_at >= _.begins_at, _.ordered_at < _.ends_at
    )
    return (
        reached.mutate(
            in_window=_.ordered_at >= _.assigned_at,
            margin=_.revenue - ibis.coalesce(_.cost_of_goods, list_price_cost),
        )
        .group_by("campaign_id", "customer_id", "arm")
        .aggregate(
            revenue=_.revenue.sum(where=_.in_window).coalesce(0.0),
            margin=_.margin.sum(where=_.in_window).coalesce(0.0),
            orders=_.in_window.sum(),
            converted=_.in_window.any().cast("float64"),
            pre_revenue=_.revenue.sum(where=~_.in_window).coalesce(0.0),
            pre_orders=(~_.in_window).sum(),
        )
    )


def _with_idle(row: dict[str, object], columns: Sequence[str]) -> Moments:
    """Return the moments of an arm: of those who ordered, and zeros for the others."""
    assigned, active = int(row["assigned"]), int(row["n"] or 0)  # type: ignore[call-overload]
    zeros = np.zeros(len(columns)), np.zeros((len(columns), len(columns)))
    if not active:
        return Moments(tuple(columns), assigned, *zeros)
    moments = read_arm({row["arm"]: row}, row["arm"], columns, "arm")
    if active == assigned:
        return moments
    return moments.merge(Moments(tuple(columns), assigned - active, *zeros))


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
