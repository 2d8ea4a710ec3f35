"""The lift as the days of the window pass: cumulative moments by day since assignment.

The engine sums, for each arm and day, what the day adds to the customers' running totals, to the
squares of these, and to their products with the covariates; running sums over days then give exact
moments of the cumulative outcome without a row per customer and day.
"""

from collections.abc import Sequence

import ibis
import numpy as np
from ibis import _
from numpy.typing import NDArray

from smsroi_models.store.tables import ARMS


def collect_daily(
    orders: ibis.Table,
    customers: ibis.Table,
    outcome: str,
    covariates: Sequence[str],
    window_days: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Collect, in one query, what each day adds, treatment first.

    Parameters
    ----------
    orders : ibis.Table
        From `orders_in_reach`.
    customers : ibis.Table
        From `outcomes`: ``customer_id`` and the covariates.
    outcome : str
        A column of ``orders``, summed over a customer's orders.
    covariates : sequence of str
    window_days : int

    Returns
    -------
    pair of ndarray of shape (window_days, 2 + n_covariates)
        Added to the sum, to the sum of squares and to the products with the covariates.
    """
    added = daily_additions(orders, customers, outcome, covariates).to_pyarrow().to_pylist()
    width = 2 + len(covariates)
    arms = {arm: np.zeros((window_days, width)) for arm in ARMS}
    for row in added:
        arms[row["arm"]][row["age_days"]] = [row[f"s{i}"] for i in range(width)]
    return arms["treatment"], arms["holdout"]


def daily_additions(
    orders: ibis.Table, customers: ibis.Table, outcome: str, covariates: Sequence[str]
) -> ibis.Table:
    """Return, lazily, ``arm, age_days, s0, s1, ...``: what each day adds to the sums of an arm."""
    per_day = (
        orders.filter(_.in_window)
        .group_by("arm", "customer_id", "age_days")
        .aggregate(added=_[outcome].sum())
    )
    so_far = ibis.window(group_by="customer_id", order_by="age_days", preceding=None, following=0)
    running = per_day.mutate(total=_.added.sum().over(so_far)).join(
        customers.select("customer_id", *covariates), "customer_id"
    )
    return running.group_by("arm", "age_days").aggregate(
        s0=_.added.sum(),
        # (t - a)^2 before the day and t^2 after it: t^2 - (t - a)^2 = a (2 t - a)
        s1=(_.added * (2 * _.total - _.added)).sum(),
        **{f"s{i + 2}": (_.added * _[name]).sum() for i, name in enumerate(covariates)},
    )
