"""How a campaign's arms lie across strata, and who was texted by other campaigns meanwhile."""

from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, days
from smsroi_models.attribution.outcomes import ready_customers
from smsroi_models.store.tables import ARMS, UNSENT_STATUSES


def collect_overlap(store: Tables, campaign: Campaign, as_of: datetime) -> tuple[int, int]:
    """Count the customers of each arm, treatment first, whom other campaigns texted.

    Only texts that went out within the customer's own outcome window count, and only customers
    whose window is over.
    """
    rows = texted_by_others(store, campaign, as_of).to_pyarrow().to_pylist()
    found = {row["arm"]: int(row["customers"]) for row in rows}
    treatment, holdout = (found.get(arm, 0) for arm in ARMS)
    return treatment, holdout


def collect_strata(store: Tables, campaign: Campaign) -> dict[str | None, tuple[int, int]]:
    """Count the assigned customers of each stratum, treatment first; null is one of its own."""
    rows = strata_counted(store, campaign).to_pyarrow().to_pylist()
    counts: dict[str | None, tuple[int, int]] = {}
    for row in rows:
        treatment, holdout = counts.get(row["stratum"], (0, 0))
        more = int(row["customers"])
        counts[row["stratum"]] = (
            (treatment + more, holdout) if row["arm"] == ARMS[0] else (treatment, holdout + more)
        )
    return counts


def strata_counted(store: Tables, campaign: Campaign) -> ibis.Table:
    """Return, lazily, ``stratum, arm, customers`` of everyone assigned."""
    assigned = store["assignments"].filter(_.campaign_id == campaign.campaign_id)
    return assigned.group_by("stratum", "arm").aggregate(customers=_.count())


def texted_by_others(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``arm, customers``: the customers whom another campaign texted."""
    ready = ready_customers(store, campaign, as_of)
    span = ready.aggregate(first=_.assigned_at.min(), last=_.assigned_at.max())
    after = days(campaign.window_days)
    messages = store["messages"]
    others = messages.filter(
        messages.campaign_id != campaign.campaign_id,
        messages.status.notin(UNSENT_STATUSES),
        # Cut to the campaign's span before the join, as orders are.
        messages.sent_at >= span.first.as_scalar(),
        messages.sent_at < span.last.as_scalar() + after,
    ).select("customer_id", "sent_at")
    return (
        others.join(ready, "customer_id")
        .filter(_.sent_at >= _.assigned_at, _.sent_at < _.assigned_at + after)
        .group_by("arm")
        .aggregate(customers=_.customer_id.nunique())
    )
