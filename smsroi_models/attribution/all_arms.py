"""When each arm was assigned, and who of it opted out in the window: all campaigns in one query."""

from collections.abc import Mapping
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
    return _by_campaign(found)


def collect_opt_outs(store: Tables, as_of: datetime) -> dict[str, Arms]:
    """Collect the moments of ``opted_out`` (0 or 1) of both arms of every campaign, by id.

    As in `outcomes`: an opt-out within the customer's own window counts, whatever its source.
    """
    found: dict[str, dict[str, Moments]] = {}
    for row in opt_outs(store, as_of).to_pyarrow().to_pylist():
        gone, n = int(row["opted_out"] or 0), int(row["n"])
        arms = found.setdefault(row["campaign_id"], {})
        arms[row["arm"]] = Moments.from_sums("opted_out", n, gone, gone)
    return _by_campaign(found)


def clocks(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``campaign_id, arm, n, mean, variance`` of the time of assignment, days."""
    day = _.assigned_at.epoch_seconds() / 86_400
    return (
        _ready(store, as_of)
        .mutate(day=day)
        .group_by("campaign_id", "arm")
        .aggregate(n=_.count(), mean=_.day.mean(), variance=_.day.var(how="sample"))
    )


def opt_outs(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``campaign_id, arm, n, opted_out``: customers of an arm, and who left."""
    ready = _ready(store, as_of)
    gone = (
        store["subscriptions"]
        .filter(_.event == "opt_out")
        .select("customer_id", "occurred_at")
        .join(ready, "customer_id")
        .filter(_.occurred_at >= _.assigned_at, _.occurred_at < _.ends_at)
        .select("campaign_id", "customer_id")
        .distinct()
        .mutate(left=1)
    )
    marked = ready.left_join(gone, ["campaign_id", "customer_id"])
    return marked.group_by("campaign_id", "arm").aggregate(
        n=_.count(), opted_out=_.left.coalesce(0).sum()
    )


def _by_campaign(found: Mapping[str, Mapping[str, Moments]]) -> dict[str, Arms]:
    treatment, holdout = ARMS
    return {name: (arms.get(treatment), arms.get(holdout)) for name, arms in found.items()}


def _ready(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, those assigned whose window is over."""
    terms = store["campaigns"].select("campaign_id", "window_days")
    return (
        store["assignments"]
        .select("campaign_id", "customer_id", "arm", "assigned_at")
        .join(terms, "campaign_id")
        .mutate(ends_at=_.assigned_at + (86_400 * _.window_days).as_interval("s"))
        .filter(_.ends_at <= instant(as_of))
        .drop("window_days")
    )
