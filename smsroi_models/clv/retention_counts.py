"""When customers buy again: small tables of counts by arm, and by the quarter of first purchase.

To buy is to have a day that nets above 0, in arms and cohorts alike, and as the purchase models
have it. Days of an arm's customers run from assignment, those of cohorts are UTC days.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import ibis
import numpy as np
from ibis import _
from numpy.typing import NDArray

from smsroi_models.attribution.campaigns import Campaign, Tables
from smsroi_models.attribution.outcomes import orders_in_reach, ready_customers
from smsroi_models.clv.purchase_days import day_number, purchase_days
from smsroi_models.store.tables import ARMS

Integers = NDArray[np.int64]
# What "active" looks at: a purchase in so many days.
PERIOD_DAYS = 30
# Ages of a cohort are told up to a year.
COHORT_DAYS = 365


@dataclass(frozen=True, slots=True, eq=False)
class ArmPurchases:
    """When the customers of an arm bought after assignment.

    Attributes
    ----------
    first : ndarray of shape (n_days,)
        Customers whose first purchase after assignment came on this day, from day 0.
    active : ndarray of shape (n_periods,)
        Customers with a purchase in each whole period of `PERIOD_DAYS` days.
    """

    first: Integers
    active: Integers


@dataclass(frozen=True, slots=True, eq=False)
class CohortPurchases:
    """When the customers who first bought in a quarter bought again.

    Attributes
    ----------
    starts, ends : date
        The quarter; ``ends`` is the first day after it.
    customers : int
    second : ndarray of shape (COHORT_DAYS + 1,)
        Customers whose second purchase day came so many days after their first.
    """

    starts: date
    ends: date
    customers: int
    second: Integers


def collect_arm_purchases(
    store: Tables, campaign: Campaign, as_of: datetime, n_days: int
) -> tuple[ArmPurchases, ArmPurchases]:
    """Collect, in one query, when each arm bought, treatment first.

    Parameters
    ----------
    n_days : int
        Days from assignment on that every counted customer has had.
    """
    whole = n_days // PERIOD_DAYS
    first = {arm: np.zeros(n_days, np.int64) for arm in ARMS}
    active = {arm: np.zeros(whole, np.int64) for arm in ARMS}
    for row in arm_purchases(store, campaign, as_of, n_days).to_pyarrow().to_pylist():
        first[row["arm"]][row["day"]] = row["customers"]
        active[row["arm"]] += np.array([row[f"active_{k}"] for k in range(whole)], np.int64)
    treatment, holdout = (ArmPurchases(first[arm], active[arm]) for arm in ARMS)
    return treatment, holdout


def arm_purchases(store: Tables, campaign: Campaign, as_of: datetime, n_days: int) -> ibis.Table:
    """Return, lazily, ``arm, day, customers`` by first purchase day, and ``active_0, ...`` of them.

    Whoever bought at all has a first purchase day, so that the active are counted with it. A day
    on which everything was refunded is none.
    """
    orders = orders_in_reach(
        store, replace(campaign, window_days=n_days), ready_customers(store, campaign, as_of), 0
    )
    names = [f"active_{k}" for k in range(n_days // PERIOD_DAYS)]
    inside = {
        name: ((_.age_days >= k * PERIOD_DAYS) & (_.age_days < (k + 1) * PERIOD_DAYS)).any()
        for k, name in enumerate(names)
    }
    bought = (
        orders.group_by("arm", "customer_id", "age_days")
        .aggregate(value=_.revenue.sum())
        .filter(_.value > 0)
    )
    per_customer = bought.group_by("arm", "customer_id").aggregate(day=_.age_days.min(), **inside)
    return per_customer.group_by("arm", "day").aggregate(
        customers=_.count(), **{name: _[name].sum() for name in names}
    )


def read_anybody_bought(
    store: Tables, campaign: Campaign, as_of: datetime, first_day: int, n_days: int
) -> bool:
    """Read whether a counted customer of either arm has a purchase in ``[first_day, n_days)``.

    Parameters
    ----------
    first_day, n_days : int
        Days since assignment; every counted customer has had ``n_days``.
    """
    orders = orders_in_reach(
        store, replace(campaign, window_days=n_days), ready_customers(store, campaign, as_of), 0
    )
    late = orders.filter(_.age_days >= first_day)
    days = late.group_by("customer_id", "age_days").aggregate(value=_.revenue.sum())
    return bool(days.filter(_.value > 0).count().to_pyarrow().as_py())


def collect_cohort_purchases(
    store: Tables, until: date, quarters: int = 8
) -> tuple[CohortPurchases, ...]:
    """Collect, in one query, the cohorts of the last quarters that are over, oldest first.

    Parameters
    ----------
    until : date
        Last day observed, counted in full.
    quarters : int
        How many at most; quarters without a first purchase are left out.
    """
    cuts = quarter_starts(until, quarters)
    sizes = np.zeros(quarters, np.int64)
    second = np.zeros((quarters, COHORT_DAYS + 1), np.int64)
    for row in cohort_purchases(store, until, cuts).to_pyarrow().to_pylist():
        sizes[row["cohort"]] += row["customers"]
        if row["age"] is not None and row["age"] <= COHORT_DAYS:
            second[row["cohort"], row["age"]] += row["customers"]
    return tuple(
        CohortPurchases(cuts[i], cuts[i + 1], int(sizes[i]), second[i])
        for i in range(quarters)
        if sizes[i]
    )


def cohort_purchases(store: Tables, until: date, cuts: Sequence[date]) -> ibis.Table:
    """Return, lazily, ``cohort, age, customers``; age is null of who bought on one day only."""
    days = purchase_days(store["orders"], "customer_id", "ordered_at", "revenue", until)
    days = days.mutate(day=_.day.cast("int64"))
    firsts = days.group_by("customer_id").aggregate(first_day=_.day.min())
    edges = [day_number(cut) for cut in cuts]
    inside = firsts.filter(_.first_day >= edges[0], _.first_day < edges[-1])
    later = (
        days.join(inside, "customer_id")
        .filter(_.day > _.first_day)
        .group_by("customer_id")
        .aggregate(second_day=_.day.min())
    )
    both = inside.left_join(later, "customer_id")
    reached = [(both.first_day >= edge).cast("int64") for edge in edges[1:-1]]
    return (
        both.mutate(cohort=sum(reached[1:], reached[0]), age=both.second_day - both.first_day)
        .group_by("cohort", "age")
        .aggregate(customers=_.count())
    )


def quarter_starts(until: date, quarters: int) -> tuple[date, ...]:
    """Return the first days of the last quarters that are over, and the day after the last.

    >>> quarter_starts(date(2025, 5, 5), 2)
    (datetime.date(2024, 10, 1), datetime.date(2025, 1, 1), datetime.date(2025, 4, 1))
    """
    after = until + timedelta(days=1)
    current = (after.year * 12 + after.month - 1) // 3
    starts = [divmod(3 * number, 12) for number in range(current - quarters, current + 1)]
    return tuple(date(year, month + 1, 1) for year, month in starts)
