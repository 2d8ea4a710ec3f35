"""What the counted customers bought after their outcome window: one lazy query a campaign.

A text may bring orders that would have come anyway, only later. Then the texted buy less after the
window than the held-out, and the gain of the window is lost again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Readiness, Tables, days
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS, ready_customers
from smsroi_models.errors import ParameterError

# Days after the window's end; fixed for every campaign, so that none is chosen by its result.
HORIZONS = (7, 30, 60, 90)


def readable_horizons(
    readiness: Readiness, as_of: datetime, horizons: Sequence[int] = HORIZONS
) -> tuple[tuple[int, ...], dict[int, datetime]]:
    """Return the horizons that every counted customer has had, and when the others can be read.

    All horizons count the same customers, those whose window was over at ``as_of``: a longer one is
    then more time, not other people.

    Parameters
    ----------
    readiness : Readiness
    as_of : datetime
        UTC.
    horizons : sequence of int
        Days after the window's end.

    Returns
    -------
    tuple of int, and dict of int to datetime
        The second is empty, and so is the first, where no window is over.

    Raises
    ------
    ParameterError
        If a horizon is below 1 day.
    """
    _check_horizons(horizons)
    last = readiness.counted_until
    if last is None:
        return (), {}
    ends = {horizon: last + timedelta(days=horizon) for horizon in sorted(set(horizons))}
    over = tuple(horizon for horizon, end in ends.items() if end <= as_of)
    return over, {horizon: end for horizon, end in ends.items() if end > as_of}


def after_window(
    store: Tables,
    campaign: Campaign,
    as_of: datetime,
    horizons: Sequence[int],
    *,
    pre_days: int = 90,
) -> ibis.Table:
    """Return, lazily, one row per counted customer: margin in the window and after its end.

    Parameters
    ----------
    store : Tables
        With ``assignments`` and ``orders``.
    campaign : Campaign
    as_of : datetime
        UTC. Customers whose window ends later are left out, as in `outcomes`.
    horizons : sequence of int
        Days after the window's end, from `readable_horizons`: a later order that the store does not
        hold yet would be missing.
    pre_days : int
        Length of the pre-period, days.

    Returns
    -------
    ibis.Table
        ``customer_id, arm, margin, pre_revenue, pre_orders`` as in `outcomes`, and for each horizon
        h ``after_h``: margin of the orders in ``[end, end + h days)``, end being the window's.

    Raises
    ------
    ParameterError
        If there is no horizon, or one below 1 day.
    """
    _check_horizons(horizons)
    if not horizons:
        raise ParameterError("there is no horizon: name at least one, such as 30 days")
    orders = _orders(store, campaign, as_of, horizons, pre_days)
    sums = {f"after_{h}": _.margin.sum(where=_[f"within_{h}"]) for h in horizons}
    per_customer = orders.group_by("customer_id").aggregate(
        margin=_.margin.sum(where=_.in_window),
        **sums,
        pre_revenue=_.revenue.sum(where=_.before),
        pre_orders=_.before.sum(),
    )
    columns = ("margin", *sums, *PRE_PERIOD_COLUMNS)
    return (
        ready_customers(store, campaign, as_of)
        .left_join(per_customer, "customer_id")
        .select(
            "customer_id",
            "arm",
            **{name: _[name].cast("float64").coalesce(0.0) for name in columns},
        )
    )


def collect_after_window(
    store: Tables,
    campaign: Campaign,
    as_of: datetime,
    horizons: Sequence[int],
    *,
    pre_days: int = 90,
) -> tuple[Moments, Moments]:
    """Collect, in one query, both arms' moments of what `after_window` holds, treatment first.

    Raises
    ------
    ParameterError
        As `after_window`.
    NotEstimableError
        If an arm is empty.
    """
    rows = after_window(store, campaign, as_of, horizons, pre_days=pre_days)
    measured = [name for name in rows.columns if name not in ("customer_id", "arm")]
    return collect_moments(rows, measured)


def _orders(
    store: Tables, campaign: Campaign, as_of: datetime, horizons: Sequence[int], pre_days: int
) -> ibis.Table:
    """Return, lazily, the counted customers' orders from the pre-period to the longest horizon."""
    assigned = ready_customers(store, campaign, as_of)
    span = assigned.aggregate(first=_.assigned_at.min(), last=_.assigned_at.max())
    before, reach = days(pre_days), days(campaign.window_days + max(horizons))
    orders = store["orders"]
    near = orders.filter(
        orders.ordered_at >= span.first.as_scalar() - before,
        orders.ordered_at < span.last.as_scalar() + reach,
    ).select("customer_id", "ordered_at", "revenue", "discount", "cost_of_goods")
    list_price_cost = (1 - campaign.margin_rate) * (_.revenue + _.discount)
    # The ends are worked out once a customer, not once an order: such arithmetic is slow.
    ends = {f"end_{h}": _.assigned_at + days(campaign.window_days + h) for h in (0, *horizons)}
    return (
        near.join(assigned.mutate(**ends), "customer_id")
        .filter(_.ordered_at >= _.assigned_at - before, _.ordered_at < _[f"end_{max(horizons)}"])
        .mutate(
            before=_.ordered_at < _.assigned_at,
            in_window=(_.ordered_at >= _.assigned_at) & (_.ordered_at < _.end_0),
            **{
                f"within_{h}": (_.ordered_at >= _.end_0) & (_.ordered_at < _[f"end_{h}"])
                for h in horizons
            },
            margin=_.revenue - ibis.coalesce(_.cost_of_goods, list_price_cost),
        )
    )


def _check_horizons(horizons: Sequence[int]) -> None:
    if any(not isinstance(h, int) or h < 1 for h in horizons):
        raise ParameterError(
            f"horizons are {list(horizons)}: each is a whole number of days after the window's "
            "end, at least 1"
        )
