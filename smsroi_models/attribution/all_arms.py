"""Who was assigned in either arm, and when: all campaigns in one query."""

from datetime import datetime

import ibis
import numpy as np
from ibis import _

from smsroi_models.attribution.campaigns import Tables, instant
from smsroi_models.attribution.collect import Arms
from smsroi_models.attribution.moments import Moments
from smsroi_models.store.tables import ARMS


def collect_clocks(store: Tables, as_of: datetime) -> dict[str, Arms]:
    """Collect the moments of ``assigned_day`` of both arms of every campaign, by id.

    Of those whose window is over at ``as_of``; an arm without any is None. Days since 1970.
    """
    found: dict[str, dict[str, Moments]] = {}
    for row in clocks(store, as_of).to_pyarrow().to_pylist():
        mean, variance = np.array([row["mean"]]), np.array([[row["variance"] or 0.0]])
        arms = found.setdefault(row["campaign_id"], {})
        arms[row["arm"]] = Moments(("assigned_day",), int(row["n"]), mean, variance)
    treatment, holdout = ARMS
    return {name: (arms.get(treatment), arms.get(holdout)) for name, arms in found.items()}


def clocks(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``campaign_id, arm, n, mean, variance`` of the time of assignment, days."""
    day = _.assigned_at.epoch_seconds() / 86_400
    return (
        ready_arms(store, as_of)
        .mutate(day=day)
        .group_by("campaign_id", "arm")
        .aggregate(n=_.count(), mean=_.day.mean(), variance=_.day.var(how="sample"))
    )


def ready_arms(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, those assigned whose window is over at ``as_of``, and ends at ``ends_at``."""
    terms = store["campaigns"].select("campaign_id", "window_days")
    return (
        store["assignments"]
        .select("campaign_id", "customer_id", "arm", "assigned_at")
        .join(terms, "campaign_id")
        .mutate(ends_at=_.assigned_at + (86_400 * _.window_days).as_interval("s"))
        .filter(_.ends_at <= instant(as_of))
        .drop("window_days")
    )
