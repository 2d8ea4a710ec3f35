"""What each campaign's delivered texts were followed by: one row a campaign.

An opt-out counts for the last delivered text that the customer had before it, whatever campaign it
was of, if that came no longer than `FOLLOWED_DAYS` days before: once, and for one campaign. That is
not to say that the text caused it: some would have left anyway, and only those held out tell how
many.
"""

from datetime import datetime, timedelta

import ibis
import numpy as np
from ibis import _

from smsroi_models.attribution.all_arms import ready_arms
from smsroi_models.attribution.campaigns import Campaign, Tables, days, instant
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import ready_customers
from smsroi_models.audience.counts import CampaignCounts, Integers
from smsroi_models.audience.subscriptions import leavings, spells
from smsroi_models.store.tables import ARMS, DELIVERED_STATUSES

# The same for every campaign, whatever its outcome window, so that rates compare.
FOLLOWED_DAYS = 7


def delivered_texts(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``message_id, campaign_id, customer_id, sent_at`` of texts delivered."""
    return (
        store["messages"]
        .filter(_.status.isin(DELIVERED_STATUSES), _.sent_at <= instant(as_of))
        .select("message_id", "campaign_id", "customer_id", "sent_at")
    )


def credited_opt_outs(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``campaign_id, opted_out``: opt-outs by the campaign of the last text."""
    texts = delivered_texts(store, as_of)
    left = leavings(store, as_of)
    after = left.join(texts, "customer_id").filter(
        _.occurred_at >= _.sent_at, _.occurred_at < _.sent_at + days(FOLLOWED_DAYS)
    )
    latest = ibis.window(
        group_by=["customer_id", "occurred_at"],
        order_by=[ibis.desc("sent_at"), ibis.desc("campaign_id"), "message_id"],
    )
    last = after.mutate(place=ibis.row_number().over(latest)).filter(_.place == 0)
    followed = last.filter(_.sent_at <= instant(_followed_until(as_of)))
    # Who left, came back and left again after one text left once because of it, not twice.
    return followed.group_by("campaign_id").aggregate(opted_out=_.message_id.nunique())


def texts_followed(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``campaign_id, delivered, first_texts`` of texts followed to the end."""
    texts = delivered_texts(store, as_of)
    firsts = texts.group_by("customer_id").aggregate(first_at=_.sent_at.min())
    followed = texts.filter(_.sent_at <= instant(_followed_until(as_of)))
    return (
        followed.join(firsts, "customer_id")
        .group_by("campaign_id")
        .aggregate(delivered=_.count(), first_texts=(_.sent_at == _.first_at).sum())
    )


def campaigns_counted(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, a row for each campaign with a text that was followed to the end.

    ``campaign_id, name, starts_at, delivered, first_texts, opted_out, opted_in``.
    """
    texts, outs = texts_followed(store, as_of), credited_opt_outs(store, as_of)
    ins = spells(store, as_of).group_by("campaign_id").aggregate(opted_in=_.count())
    rows = store["campaigns"].select("campaign_id", "name", "starts_at").join(texts, "campaign_id")
    rows = rows.left_join(outs, "campaign_id").drop("campaign_id_right")
    rows = rows.left_join(ins, "campaign_id").drop("campaign_id_right")
    return rows.mutate(opted_out=_.opted_out.coalesce(0), opted_in=_.opted_in.coalesce(0))


def collect_campaign_counts(store: Tables, as_of: datetime) -> tuple[CampaignCounts, ...]:
    """Collect what campaigns' texts were followed by, in the order in which they started.

    Parameters
    ----------
    store : Tables
        With ``campaigns``, ``messages`` and ``subscriptions``.
    as_of : datetime
        UTC. Texts sent less than `FOLLOWED_DAYS` days before are not counted yet.
    """
    found = campaigns_counted(store, as_of).order_by("starts_at", "campaign_id")
    rows = found.to_pyarrow().to_pylist()
    sizes = collect_subscribed(store, as_of, [row["starts_at"] for row in rows])
    return tuple(
        CampaignCounts(**row, subscribed=size) for row, size in zip(rows, sizes, strict=True)
    )


def collect_undelivered(store: Tables, as_of: datetime) -> tuple[str, ...]:
    """Collect the names of campaigns whose texts were sent long enough ago and never delivered.

    They have no share of opt-outs and are in no table of rates. In order of their starts.
    """
    due = store["messages"].filter(_.sent_at <= instant(as_of - timedelta(days=FOLLOWED_DAYS)))
    sent = due.select("campaign_id").distinct()
    arrived = delivered_texts(store, as_of).select("campaign_id").distinct()
    found = (
        store["campaigns"]
        .semi_join(sent, "campaign_id")
        .anti_join(arrived, "campaign_id")
        .order_by("starts_at", "campaign_id")
    )
    return tuple(found.name.to_pyarrow().to_pylist())


def read_campaign_counts(
    store: Tables, campaign: Campaign, as_of: datetime
) -> CampaignCounts | None:
    """Read what one campaign's texts were followed by, without the size of the list.

    None where no text of it was followed to the end.
    """
    found = campaigns_counted(store, as_of).filter(_.campaign_id == campaign.campaign_id)
    rows = found.to_pyarrow().to_pylist()
    return CampaignCounts(**rows[0], subscribed=None) if rows else None


def first_opt_outs(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``arm, day, customers``: counted customers by the day of their opt-out.

    Days are whole days since assignment, from 0; the first opt-out within the window counts.
    """
    ready = ready_customers(store, campaign, as_of)
    outs = store["subscriptions"].filter(_.event == "opt_out").select("customer_id", "occurred_at")
    within = outs.join(ready, "customer_id").filter(
        _.occurred_at >= _.assigned_at, _.occurred_at < _.assigned_at + days(campaign.window_days)
    )
    age = (_.occurred_at.epoch_seconds() - _.assigned_at.epoch_seconds()) / 86_400
    # Some engines drop fractions of a second, which could end in the day after the last.
    day = age.floor().cast("int64").clip(upper=campaign.window_days - 1)
    first = within.mutate(day=day).group_by("arm", "customer_id").aggregate(day=_.day.min())
    return first.group_by("arm", "day").aggregate(customers=_.count())


def collect_first_opt_outs(
    store: Tables, campaign: Campaign, as_of: datetime
) -> tuple[Integers, Integers]:
    """Collect, in one query, each arm's first opt-outs by day, treatment first.

    Returns
    -------
    treatment, holdout : ndarray of shape (window_days,)
    """
    counts = {arm: np.zeros(campaign.window_days, np.int64) for arm in ARMS}
    for row in first_opt_outs(store, campaign, as_of).to_pyarrow().to_pylist():
        counts[row["arm"]][row["day"]] = row["customers"]
    treatment, holdout = (counts[arm] for arm in ARMS)
    return treatment, holdout


def collect_subscribed(store: Tables, as_of: datetime, moments: list[datetime]) -> list[int | None]:
    """Count the subscribers at each moment, in one query; None where no opt-in is known."""
    rows = spells(store, as_of)
    counts = {
        f"at_{i}": (
            (_.opened_at <= instant(moment))
            & (_.closed_at.isnull() | (_.closed_at > instant(moment)))
        ).sum()
        for i, moment in enumerate(moments)
    }
    found = rows.aggregate(spells=_.count(), **counts).to_pyarrow().to_pylist()[0]
    if not found["spells"]:
        return [None] * len(moments)
    return [int(found[name]) for name in counts]


def arms_opted_out(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``campaign_id, arm, ready, opted_out`` of customers whose window is over.

    ``opted_out`` counts those with an opt-out in their outcome window: the outcome of that name of
    the campaign's own report.
    """
    ready = ready_arms(store, as_of)
    gone = (
        store["subscriptions"]
        .filter(_.event == "opt_out")
        .select("customer_id", "occurred_at")
        .join(ready, "customer_id")
        .filter(_.occurred_at >= _.assigned_at, _.occurred_at < _.ends_at)
        .group_by("campaign_id", "arm")
        .aggregate(opted_out=_.customer_id.nunique())
    )
    sizes = ready.group_by("campaign_id", "arm").aggregate(ready=_.count())
    both = sizes.left_join(gone, ["campaign_id", "arm"])
    return both.select("campaign_id", "arm", "ready", opted_out=_.opted_out.coalesce(0))


def collect_arms_opted_out(store: Tables, as_of: datetime) -> dict[str, tuple[Moments, Moments]]:
    """Collect, in one query, the moments of ``opted_out`` of each campaign that has both arms."""
    found: dict[str, dict[str, Moments]] = {}
    for row in arms_opted_out(store, as_of).to_pyarrow().to_pylist():
        n, count = int(row["ready"]), int(row["opted_out"])
        arm = Moments.from_sums("opted_out", n, count, count)
        found.setdefault(row["campaign_id"], {})[row["arm"]] = arm
    treatment, holdout = ARMS
    return {
        campaign_id: (arms[treatment], arms[holdout])
        for campaign_id, arms in sorted(found.items())
        if len(arms) == 2
    }


def _followed_until(as_of: datetime) -> datetime:
    return as_of - timedelta(days=FOLLOWED_DAYS)
