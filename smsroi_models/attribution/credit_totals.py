"""What a campaign is credited with under many rules: one query, whatever their number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import numpy as np
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables
from smsroi_models.attribution.credit import campaign_shares
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import orders_in_reach, ready_customers
from smsroi_models.attribution.rules import AttributionRule
from smsroi_models.attribution.touches import ledger
from smsroi_models.store.tables import ARMS

TRACKED = "tracked"
Arms = tuple[Moments, Moments]


@dataclass(frozen=True, slots=True)
class Credited:
    """What one rule credits a campaign with, among its counted customers.

    Attributes
    ----------
    orders, events : float
        Whole or, under a linear rule, in parts.
    revenue : float
        Of the orders, net of refunds, store currency.
    event_value : float
        Of the events, store currency.
    held_out_orders : float
        Orders of held-out customers among them.
    held_out_revenue : float
        Of these.
    arms : pair of Moments
        Treatment first: the columns asked for and `TRACKED`, the revenue credited, per customer.
    """

    orders: float
    events: float
    revenue: float
    event_value: float
    held_out_orders: float
    held_out_revenue: float
    arms: Arms


@dataclass(frozen=True, slots=True)
class TextedCredit:
    """What one rule credits a campaign with, among the customers of its treatment arm.

    ``orders``; ``revenue`` of them, net of refunds, store currency; ``squares``, the sum over
    customers of the squared revenue.
    """

    orders: float
    revenue: float
    squares: float


def collect_credited(
    store: Tables,
    campaign: Campaign,
    as_of: datetime,
    rules: Mapping[str, AttributionRule],
    arms: Arms,
    pre_days: int,
) -> dict[str, Credited]:
    """Collect, in one query, what each rule credits the campaign with.

    Parameters
    ----------
    store, campaign, as_of
        As for `touches.ledger`.
    rules : mapping of str to AttributionRule
    arms : pair of Moments
        Of everyone counted, treatment first: columns among revenue, margin and the pre-period's.
    pre_days : int
        Length of the pre-period, days.
    """
    names = list(rules)
    query = credited_sums(store, campaign, as_of, list(rules.values()), arms, pre_days)
    rows: list[dict[str, dict[str, Any]]] = [{} for _name in names]
    for row in query.to_pyarrow().to_pylist():
        rows[row["rule"]][row["arm"]] = row
    return {name: _credited(found, arms) for name, found in zip(names, rows, strict=True)}


def collect_texted_credit(
    store: Tables, campaign: Campaign, as_of: datetime, rules: Mapping[str, AttributionRule]
) -> dict[str, TextedCredit]:
    """Collect, in one query, what each rule credits to the texted alone; absent without an order.

    Parameters
    ----------
    store, campaign, as_of
        As for `touches.ledger`.
    rules : mapping of str to AttributionRule
    """
    names = list(rules)
    rows = texted_sums(store, campaign, as_of, list(rules.values())).to_pyarrow().to_pylist()
    return {
        names[row["rule"]]: TextedCredit(
            float(row["orders"]), float(row["revenue"]), float(row["squares"])
        )
        for row in rows
        if row["orders"]
    }


def texted_sums(
    store: Tables, campaign: Campaign, as_of: datetime, rules: Sequence[AttributionRule]
) -> ibis.Table:
    """Return, lazily, a row per rule: sums over customers in treatment, and of their squares."""
    reach = max(rule.reach_days for rule in rules)
    found = ledger(store, campaign, as_of, reach)
    shares = campaign_shares(found, campaign.campaign_id, rules)
    per_customer = (
        shares.filter(_.arm == ARMS[0], _.type == "order")
        .group_by("rule", "customer_id")
        .aggregate(tracked=(_.share * _.revenue).sum(), orders=_.share.sum())
    )
    return per_customer.group_by("rule").aggregate(
        orders=_.orders.sum(), revenue=_.tracked.sum(), squares=(_.tracked * _.tracked).sum()
    )


def credited_sums(
    store: Tables,
    campaign: Campaign,
    as_of: datetime,
    rules: Sequence[AttributionRule],
    arms: Arms,
    pre_days: int,
) -> ibis.Table:
    """Return, lazily, a row per rule and arm: sums and sums of products over customers."""
    reach = max(rule.reach_days for rule in rules)
    shares = campaign_shares(
        ledger(store, campaign, as_of, reach), campaign.campaign_id, rules
    ).mutate(ordered=(_.type == "order").cast("float64"))
    credited = shares.group_by("rule", "customer_id", "arm").aggregate(
        tracked=(_.share * _.revenue).sum(),
        orders=(_.share * _.ordered).sum(),
        events=(_.share * (1.0 - _.ordered)).sum(),
        event_value=(_.share * _.value).sum(),
    )
    # Who is credited with an event alone may have no order.
    others = _bought(store, campaign, as_of, pre_days)
    joined = credited.left_join(others, "customer_id").mutate(
        **{name: _[name].cast("float64").coalesce(0.0) for name in arms[0].columns}
    )
    return joined.group_by("rule", "arm").aggregate(**_sums(joined, arms))


def _bought(store: Tables, campaign: Campaign, as_of: datetime, pre_days: int) -> ibis.Table:
    """Return, lazily, what customers with orders bought, as in `outcomes`."""
    people = ready_customers(store, campaign, as_of)
    orders = orders_in_reach(store, campaign, people, pre_days)
    return orders.group_by("customer_id").aggregate(
        revenue=_.revenue.sum(where=_.in_window),
        margin=_.margin.sum(where=_.in_window),
        pre_revenue=_.revenue.sum(where=~_.in_window),
        pre_orders=(~_.in_window).sum(),
    )


def _sums(rows: ibis.Table, arms: Arms) -> dict[str, ibis.Value]:
    """Return sums; other columns are taken from their arm's mean, so that nothing cancels."""
    treated = rows.arm == ARMS[0]
    sums: dict[str, ibis.Value] = {
        name: rows[name].sum() for name in ("tracked", "orders", "events", "event_value")
    }
    sums["squares"] = (rows.tracked * rows.tracked).sum()
    for j, name in enumerate(arms[0].columns):
        mean = treated.ifelse(float(arms[0].mean[j]), float(arms[1].mean[j]))
        sums[f"x{j}"] = (rows.tracked * (rows[name] - mean)).sum()
    return sums


def _credited(rows: dict[str, dict[str, Any]], arms: Arms) -> Credited:
    def total(name: str) -> float:
        return float(sum(row[name] for row in rows.values()))

    treatment, holdout = (
        _with_tracked(arm, rows.get(name)) for arm, name in zip(arms, ARMS, strict=True)
    )
    return Credited(
        orders=total("orders"),
        events=total("events"),
        revenue=total("tracked"),
        event_value=total("event_value"),
        held_out_orders=float(rows[ARMS[1]]["orders"]) if ARMS[1] in rows else 0.0,
        held_out_revenue=float(rows[ARMS[1]]["tracked"]) if ARMS[1] in rows else 0.0,
        arms=(treatment, holdout),
    )


def _with_tracked(arm: Moments, row: dict[str, Any] | None) -> Moments:
    """Return the arm's moments with those of the tracked revenue, 0 for who is not in the row."""
    k, n = len(arm.columns), arm.n
    mean, covariance = np.append(arm.mean, 0.0), np.zeros((k + 1, k + 1))
    covariance[:k, :k] = arm.covariance
    if row is not None and n > 1:
        mean[k] = row["tracked"] / n
        with_others = [row[f"x{j}"] / (n - 1) for j in range(k)]
        covariance[k, :k] = covariance[:k, k] = with_others
        covariance[k, k] = max(row["squares"] - n * mean[k] ** 2, 0.0) / (n - 1)
    return Moments((*arm.columns, TRACKED), n, mean, covariance)
