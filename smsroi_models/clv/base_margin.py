"""What share of customers' spend is margin, and what a store tells of the past before its orders.

Spend is modelled by revenue, which a purchase makes positive; margin may be negative, and no model
of spend takes that. Value is then revenue times the rate at which the shop's orders carried margin:
the ratio of their sums, refunded orders and all, by customers.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import ibis
import numpy as np
from ibis import _

from smsroi_models.attribution.campaigns import Tables, instant
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record

# Acquired so much before their first order: their earlier ones are not in the store.
EARLIER_DAYS = 30


@dataclass(frozen=True, slots=True)
class MarginRate(Record):
    """Margin per unit of revenue.

    Attributes
    ----------
    rate : float
        Above 0.
    standard_error : float
        Of the ratio, customers drawn at random; 0 for a rate that was given.
    assumed_share : float
        Revenue whose cost of goods is not booked, as a share of all, in [0, 1].
    source : str
        ``"orders"`` or ``"given"``.
    """

    rate: float
    standard_error: float
    assumed_share: float
    source: Literal["orders", "given"]


def margin_by_customer(
    store: Tables, until: datetime, assumed_rate: float | None = None
) -> ibis.Table:
    """Return, lazily, ``revenue, margin, assumed`` of each customer with orders before ``until``.

    Margin is revenue less cost of goods or, where that is null, less ``(1 - assumed_rate)`` of the
    list price ``revenue + discount``; without a rate such orders are left out. ``assumed`` is the
    revenue whose cost is null.
    """
    orders = store["orders"].filter(_.ordered_at < instant(until))
    if assumed_rate is None:
        cost = _.cost_of_goods
        orders = orders.filter(_.cost_of_goods.notnull())
    else:
        cost = ibis.coalesce(_.cost_of_goods, (1 - assumed_rate) * (_.revenue + _.discount))
    return orders.group_by("customer_id").aggregate(
        revenue=_.revenue.sum(),
        margin=(_.revenue - cost).sum(),
        assumed=_.revenue.sum(where=_.cost_of_goods.isnull()).coalesce(0.0),
    )


def collect_margin(store: Tables, until: datetime, assumed_rate: float | None = None) -> MarginRate:
    """Collect, in one query, the margin rate of the orders before a moment.

    Parameters
    ----------
    store : Tables
        With ``orders``.
    until : datetime
        UTC.
    assumed_rate : float, optional
        Margin rate of list price of orders whose cost of goods is null.

    Raises
    ------
    NotEstimableError
        If fewer than two customers have orders of which the margin is known, or the orders lost
        money together.

    References
    ----------
    Cochran (1977), Sampling Techniques, eq. 6.13, on the error of a ratio.
    """
    columns = ("revenue", "margin", "assumed")
    rows = margin_by_customer(store, until, assumed_rate).aggregate(
        n=_.count(),
        **{name: _[name].mean() for name in columns},
        margin_variance=_.margin.var(),
        revenue_variance=_.revenue.var(),
        covariance=_.margin.cov(_.revenue, how="sample"),
    )
    found = rows.to_pyarrow().to_pylist()[0]
    if found["n"] < 2 or not found["revenue"] > 0:
        raise NotEstimableError(
            f"the margin of {found['n']} customers' orders is known: at least 2 are needed; book "
            "cost_of_goods, or pass margin_rate"
        )
    rate = found["margin"] / found["revenue"]
    if rate <= 0:
        raise NotEstimableError(
            f"orders carried a margin of {rate:.1%} of revenue: who brings a loss has no value to "
            "discount; look at cost_of_goods, or pass margin_rate"
        )
    return MarginRate(rate, _error(found, rate), found["assumed"] / found["revenue"], "orders")


def _error(found: dict[str, Any], rate: float) -> float:
    covariance = [
        [found["margin_variance"], found["covariance"]],
        [found["covariance"], found["revenue_variance"]],
    ]
    means = np.array([found["margin"], found["revenue"]])
    moments = Moments(("margin", "revenue"), found["n"], means, np.array(covariance))
    rest = moments.combine({"rest": {"margin": 1.0, "revenue": -rate}}).variance_of("rest")
    return float((rest / found["n"]) ** 0.5 / found["revenue"])


@dataclass(frozen=True, slots=True)
class BasePast(Record):
    """What a store tells of the time before its orders, and of customers without any.

    Attributes
    ----------
    currency : str
        Empty where the store has no campaign.
    campaign_margin_rate : float or None
        Of the latest campaign by then.
    n_without_orders : int or None
        Customers known who have no order yet; None without the table ``customers``.
    earlier_share : float or None
        Of the customers with orders, those acquired more than `EARLIER_DAYS` before their first.
    """

    currency: str
    campaign_margin_rate: float | None
    n_without_orders: int | None
    earlier_share: float | None


def read_base_past(store: Tables, until: datetime) -> BasePast:
    """Read the currency and margin rate of the latest campaign, and how complete the past is."""
    terms: list[dict[str, Any]] = []
    if "campaigns" in store:
        latest = store["campaigns"].order_by(_.starts_at.desc(), _.campaign_id.desc())
        terms = latest.select("currency", "margin_rate").limit(1).to_pyarrow().to_pylist()
    without, earlier = None, None
    if "customers" in store:
        counts = customers_with_first_order(store, until).aggregate(
            without=(_["first"].isnull()).sum(),
            known=_["first"].notnull().sum(),
            earlier=(_.days > EARLIER_DAYS).sum(),
        )
        row = counts.to_pyarrow().to_pylist()[0]
        without = int(row["without"] or 0)
        earlier = int(row["earlier"] or 0) / row["known"] if row["known"] else None
    return BasePast(
        currency=str(terms[0]["currency"]) if terms else "",
        campaign_margin_rate=float(terms[0]["margin_rate"]) if terms else None,
        n_without_orders=without,
        earlier_share=earlier,
    )


def customers_with_first_order(store: Tables, until: datetime) -> ibis.Table:
    """Return, lazily, ``customer_id, acquired_at, first, days`` (days from the one to the other).

    Customers acquired before ``until``; ``first`` is null for those without an order by then.
    """
    first = (
        store["orders"]
        .filter(_.ordered_at < instant(until))
        .group_by("customer_id")
        .aggregate(first=_.ordered_at.min())
    )
    people = store["customers"].filter(_.acquired_at < instant(until))
    return (
        people.select("customer_id", "acquired_at")
        .left_join(first, "customer_id")
        .select(
            "customer_id",
            "acquired_at",
            "first",
            days=(_["first"].epoch_seconds() - _.acquired_at.epoch_seconds()) / 86_400,
        )
    )
