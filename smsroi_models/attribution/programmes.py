"""Which campaigns of a store are programmes: rows whose holdout no other campaign may text."""

from typing import Any

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Tables
from smsroi_models.store.tables import ARMS

# Campaigns draw from the programme's treatment arm; a few held-out customers slip into some.
MOST_HELD_OUT_REACHED = 0.5


def read_programmes(store: Tables) -> set[str]:
    """Return the ids of the campaigns that are programmes: see `is_programme`.

    Such a campaign has customers in both arms and no text of its own; other campaigns that started
    in its period assigned customers of its treatment arm, and less than half as large a share of
    its holdout.
    """
    if "campaigns" not in store or "assignments" not in store:
        return set()
    rows = programme_candidates(store).to_pyarrow().to_pylist()
    return {
        str(row["campaign_id"])
        for row in rows
        if row["treatment"] and row["holdout"] and row["treatment_reached"]
        if row["holdout_reached"] / row["holdout"]
        < MOST_HELD_OUT_REACHED * row["treatment_reached"] / row["treatment"]
    }


def read_own_texts(store: Tables, campaign_id: str) -> int:
    """Count the texts that a campaign sent in its own name; 0 where the store has no messages."""
    if "messages" not in store:
        return 0
    own = store["messages"].filter(_.campaign_id == campaign_id)
    return int(own.count().as_scalar().to_pyarrow().as_py())


def programme_candidates(store: Tables) -> ibis.Table:
    """Return, lazily, the campaigns without texts: customers an arm, and those others assigned."""
    campaigns = store["campaigns"].select(
        "campaign_id", "starts_at", ends_at=_.starts_at + _.window_days.as_interval("D")
    )
    silent = campaigns
    if "messages" in store:
        silent = silent.anti_join(store["messages"], "campaign_id")
    assignments = store["assignments"].select("campaign_id", "customer_id", "arm")
    own = assignments.join(silent, "campaign_id")
    others = assignments.select(other_id="campaign_id", customer_id="customer_id").join(
        campaigns.select(other_id="campaign_id", began="starts_at"), "other_id"
    )
    reached = (
        own.join(others, "customer_id")
        .filter(_.other_id != _.campaign_id, _.began >= _.starts_at, _.began < _.ends_at)
        .select("campaign_id", "customer_id")
        .distinct()
        .mutate(reached=1)
    )
    marked = own.left_join(reached, ["campaign_id", "customer_id"])
    counts: dict[str, Any] = {}
    for arm in ARMS:
        counts[arm] = (_.arm == arm).sum()
        counts[f"{arm}_reached"] = _.reached.coalesce(0).sum(where=_.arm == arm).coalesce(0)
    return marked.group_by("campaign_id").aggregate(**counts)
