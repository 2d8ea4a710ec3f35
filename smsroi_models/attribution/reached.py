"""Which of the counted customers the campaign's text reached within their window."""

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, days
from smsroi_models.store.tables import DELIVERED_STATUSES


def with_received(store: Tables, campaign: Campaign, customers: ibis.Table) -> ibis.Table:
    """Return, lazily, the customers with ``received``: 1 where a text was delivered in the window.

    Parameters
    ----------
    store : Tables
        With ``messages``.
    campaign : Campaign
    customers : ibis.Table
        From `outcomes`: ``customer_id`` and ``assigned_at``.
    """
    texts = store["messages"].filter(
        _.campaign_id == campaign.campaign_id, _.status.isin(DELIVERED_STATUSES)
    )
    reached = (
        texts.select("customer_id", "sent_at")
        .join(customers.select("customer_id", "assigned_at"), "customer_id")
        .filter(_.sent_at < _.assigned_at + days(campaign.window_days))
        .select("customer_id")
        .distinct()
        .mutate(received=ibis.literal(1.0))
    )
    return customers.left_join(reached, "customer_id").select(
        *customers.columns, received=_.received.coalesce(0.0)
    )
