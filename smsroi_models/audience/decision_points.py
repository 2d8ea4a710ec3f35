"""A row for each customer at each campaign: was it texted, how often before, and what came of it.

Each campaign that held customers out is a decision point, at which the draw decided who was texted.
How many texts a customer had before is decided by the draws of the campaigns before, given which of
these assigned the customer at all. ``expected_30`` is that part of it which no draw decided.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import add, mul
from typing import Any

import ibis
import numpy as np
from ibis import _

from smsroi_models.attribution.campaigns import Tables, days, instant
from smsroi_models.audience.terms import COLUMNS, OUTCOMES, Fitted, ScoreProducts, Term

_DAY = 86_400
_TENURES = (30, 90, 365)
_LONG = 1.5  # mean segments of a campaign's texts


def decision_points(
    store: Tables, as_of: datetime, *, follow_days: int = 7, left_out: Sequence[str] = ()
) -> ibis.Table:
    """Return, lazily, a row per customer and campaign: `COLUMNS`, what followed, and ids.

    Customers count while they are subscribed, where ``follow_days`` are over at ``as_of`` and the
    campaign (in the customer's stratum) has both arms; whatever assigned them before counts as
    recent. Whose opt-in the store does not know counts as subscribed since acquisition.

    Parameters
    ----------
    store : Tables
        With ``assignments, campaigns, customers, subscriptions`` and ``orders``; ``coupons`` and
        ``messages`` where there are any.
    as_of : datetime
        UTC.
    follow_days : int
        Days from assignment in which an opt-out and a purchase count.
    left_out : sequence of str
        Campaigns that are none: programmes without texts of their own.

    Returns
    -------
    ibis.Table
        ``campaign_id, customer_id``, `COLUMNS`, ``opted_out, bought`` (0 or 1) and ``margin`` of
        the orders in those days, store currency.
    """
    points = _with_recent(_assigned(store, as_of, left_out))
    over = as_of - timedelta(days=follow_days)
    points = points.filter(_.assigned_at <= instant(over), _.share > 0, _.share < 1)
    points = _with_subscription(store, points, follow_days)
    points = _with_orders(store, points, follow_days)
    return _with_kind(store, points).select(
        "campaign_id", "customer_id", *COLUMNS, *OUTCOMES, "margin"
    )


def cells(points: ibis.Table) -> ibis.Table:
    """Return, lazily, a row per combination of `COLUMNS`: ``n``, `OUTCOMES` and ``margin``."""
    return points.group_by(*COLUMNS).aggregate(
        n=_.count(),
        margin=_.margin.sum(),
        **{name: _[name].sum() for name in OUTCOMES},
    )


def collect_cells(points: ibis.Table) -> dict[str, "np.ndarray[Any, np.dtype[np.float64]]"]:
    """Collect, in one query, the combinations and how often each came about, by column.

    Sorted, so that the same rows give the same sums.
    """
    table = cells(points).to_pyarrow()
    found = {
        name: np.asarray(table[name].to_numpy(), dtype=np.float64) for name in table.column_names
    }
    order = np.lexsort([found[name] for name in reversed(COLUMNS)])
    return {name: values[order] for name, values in found.items()}


def collect_score_products(points: ibis.Table, models: Sequence[Fitted]) -> ScoreProducts:
    """Collect, in one query, the products of customers' scores, whatever their number."""
    row = score_products(points, models).to_pyarrow().to_pylist()[0]
    size = sum(len(model.terms) for model in models)
    products = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            products[i, j] = products[j, i] = row[f"p{i}_{j}"]
    return ScoreProducts(int(row["customers"]), int(row["rows"]), products)


def score_products(points: ibis.Table, models: Sequence[Fitted]) -> ibis.Table:
    """Return, lazily, one row: customers, rows, and sums over customers of products of scores."""
    rows = with_extras(points)
    scores: list[ibis.Value] = []
    for model in models:
        slope = _score(rows, model)
        scores += [_product(rows, term) * slope for term in model.terms]
    named = {f"s{i}": score for i, score in enumerate(scores)}
    sums = (
        rows.select("customer_id", **named)
        .group_by("customer_id")
        .aggregate(rows=_.count(), **{name: _[name].sum() for name in named})
    )
    products = {
        f"p{i}_{j}": (sums[f"s{i}"] * sums[f"s{j}"]).sum()
        for i in range(len(scores))
        for j in range(i + 1)
    }
    return sums.aggregate(customers=sums.count(), rows=sums.rows.sum(), **products)


def with_extras(points: ibis.Table) -> ibis.Table:
    """Return, lazily, the rows with ``extra_7`` and ``extra_30``, what the draws decided."""
    return points.mutate(
        extra_7=_.texts_7 - _.expected_7,
        extra_30=_.texts_30 - _.expected_30,
    )


def _score(rows: ibis.Table, model: Fitted) -> ibis.Value:
    """Return the derivative of a row's log-likelihood: exp(eta)(1 - mu)/mu after an event."""
    parts = [
        _product(rows, term) * float(value)
        for term, value in zip(model.terms, model.coefficients, strict=True)
    ]
    rate = reduce(add, parts).exp()
    return (rows[model.outcome] > 0).ifelse(rate / (rate.exp() - 1.0), -rate)


def _product(rows: ibis.Table, term: Term) -> ibis.Value:
    return reduce(mul, [rows[name] for name in term], ibis.literal(1.0))


def draws(store: Tables, as_of: datetime, left_out: Sequence[str]) -> ibis.Table:
    """Return, lazily, all assignments with ``treated`` (0 or 1), ``second`` and ``drawn_in``."""
    return (
        store["assignments"]
        .filter(
            _.campaign_id.notin(list(left_out)) if left_out else ibis.literal(True),
            _.assigned_at < instant(as_of),
        )
        .mutate(
            treated=(_.arm == "treatment").cast("float64"),
            second=_.assigned_at.epoch_seconds(),
            drawn_in=_.stratum.coalesce(""),
        )
    )


def _assigned(store: Tables, as_of: datetime, left_out: Sequence[str]) -> ibis.Table:
    """Return, lazily, all assignments with the treated share of their campaign and stratum."""
    drawn = ibis.window(group_by=["campaign_id", "drawn_in"])
    # Rounded, so that equal shares make equal combinations in every engine.
    return draws(store, as_of, left_out).mutate(share=_.treated.mean().over(drawn).round(6))


def _with_recent(assigned: ibis.Table) -> ibis.Table:
    """Add texts assigned, and those to be expected, in [assigned_at - days, assigned_at)."""
    sums: dict[str, ibis.Value] = {}
    for length in (7, 30):
        before = ibis.range_window(
            preceding=(length * _DAY, 1), group_by="customer_id", order_by="second"
        )
        sums[f"texts_{length}"] = assigned.treated.sum().over(before).coalesce(0.0)
        sums[f"expected_{length}"] = assigned.share.sum().over(before).coalesce(0.0).round(6)
    return assigned.mutate(**sums).select(
        "campaign_id", "customer_id", "assigned_at", "treated", "share", *sums
    )


def _with_subscription(store: Tables, points: ibis.Table, follow_days: int) -> ibis.Table:
    """Keep who is subscribed, with the age of the opt-in and whether an opt-out followed."""
    known = store["customers"].select("customer_id", "acquired_at")
    events = store["subscriptions"].select("customer_id", "occurred_at", "event")
    stays = (
        points.join(known, "customer_id")
        .left_join(events, "customer_id")
        .group_by("campaign_id", "customer_id")
        .aggregate(
            acquired_at=_.acquired_at.max(),
            joined=_.occurred_at.max(
                where=(_.event == "opt_in") & (_.occurred_at <= _.assigned_at)
            ),
            left=_.occurred_at.max(where=(_.event == "opt_out") & (_.occurred_at < _.assigned_at)),
            leaves=_.occurred_at.min(
                where=(_.event == "opt_out") & (_.occurred_at >= _.assigned_at)
            ),
        )
        .mutate(since=_.joined.coalesce(_.acquired_at))
        .filter(_.left.isnull() | (_.left < _.since))
    )
    joined = points.join(
        stays.select("campaign_id", "customer_id", "since", "leaves"),
        ["campaign_id", "customer_id"],
    )
    age = (_.assigned_at.epoch_seconds() - _.since.epoch_seconds()) / _DAY
    ages = {f"since_{length}": (age >= length).cast("float64") for length in _TENURES}
    gone = (_.leaves < _.assigned_at + days(follow_days)).cast("float64").coalesce(0.0)
    return joined.mutate(opted_out=gone, **ages).drop("since", "leaves")


def _with_orders(store: Tables, points: ibis.Table, follow_days: int) -> ibis.Table:
    """Add whether the customer bought in the days that follow, and the margin of it."""
    terms = store["campaigns"].select("campaign_id", "margin_rate")
    ends = points.select("campaign_id", "customer_id", "assigned_at").mutate(
        ends_at=_.assigned_at + days(follow_days)
    )
    orders = store["orders"].select(
        "customer_id", "ordered_at", "revenue", "discount", "cost_of_goods"
    )
    list_price_cost = (1 - _.margin_rate) * (_.revenue + _.discount)
    bought = (
        orders.join(ends, "customer_id")
        .filter(_.ordered_at >= _.assigned_at, _.ordered_at < _.ends_at)
        .join(terms, "campaign_id")
        .group_by("campaign_id", "customer_id")
        .aggregate(
            bought=(_.revenue > 0).any().cast("float64"),
            margin=(_.revenue - ibis.coalesce(_.cost_of_goods, list_price_cost)).sum(),
        )
    )
    joined = points.left_join(bought, ["campaign_id", "customer_id"])
    return joined.select(
        *points.columns, bought=_.bought.coalesce(0.0), margin=_.margin.coalesce(0.0)
    )


def _with_kind(store: Tables, points: ibis.Table) -> ibis.Table:
    """Add what the store knows of the campaign's text: a coupon, and two segments or more."""
    kinds: Mapping[str, tuple[str, ibis.Value]] = {
        # A code without a discount is there to be counted, and gives nothing.
        "coupon": ("coupons", (_.discount.coalesce(1.0) > 0).any().cast("float64")),
        "long": ("messages", (_.segments.mean() >= _LONG).cast("float64")),
    }
    for name, (table, value) in kinds.items():
        if table not in store:
            points = points.mutate(**{name: ibis.literal(0.0)})
            continue
        found = store[table].group_by("campaign_id").aggregate(**{name: value})
        columns = points.columns
        points = points.left_join(found, "campaign_id").select(
            *columns, **{name: _[name].coalesce(0.0)}
        )
    return points
