"""Who was texted by other campaigns while this one's outcomes were counted."""

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
