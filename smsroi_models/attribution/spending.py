"""What a campaign sent and paid, for the customers who are counted."""

from dataclasses import dataclass
from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, assigned_customers, instant
from smsroi_models.attribution.outcomes import last_start
from smsroi_models.records import Record
from smsroi_models.store.tables import DELIVERED_STATUSES


@dataclass(frozen=True, slots=True)
class Texts(Record):
    """The campaign's texts to the customers who are counted.

    Attributes
    ----------
    sent, delivered : int
    segments : int
        Billed segments.
    unpriced : int
        Texts whose price is null.
    amount : float
        Segments times price, in the store's currency. A text without a price counts at the
        campaign's mean price of a segment; without any price the amount is 0.
    """

    sent: int
    delivered: int
    segments: int
    unpriced: int
    amount: float


def collect_texts(store: Tables, campaign: Campaign, as_of: datetime) -> Texts:
    """Sum the campaign's texts, except those to customers whose window is not over.

    Texts to customers who were never assigned, or were held out, were paid for too: they count.
    """
    row = texts_summed(store, campaign, as_of).to_pyarrow().to_pylist()[0]
    segments, priced = int(row["segments"] or 0), int(row["priced_segments"] or 0)
    amount = float(row["priced_amount"] or 0.0)
    return Texts(
        sent=int(row["sent"]),
        delivered=int(row["delivered"] or 0),
        segments=segments,
        unpriced=int(row["unpriced"] or 0),
        amount=amount * segments / priced if priced else 0.0,
    )


def texts_summed(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, one row of sums over the texts that `collect_texts` counts."""
    waiting = assigned_customers(store, campaign).filter(
        _.assigned_at > instant(last_start(campaign, as_of))
    )
    texts = (
        store["messages"]
        .filter(_.campaign_id == campaign.campaign_id)
        .anti_join(waiting, "customer_id")
    )
    return texts.aggregate(
        sent=_.count(),
        delivered=_.status.isin(DELIVERED_STATUSES).sum(),
        segments=_.segments.sum(),
        unpriced=_.price.isnull().sum(),
        priced_segments=_.segments.sum(where=_.price.notnull()),
        priced_amount=(_.segments * _.price).sum(),
    )


def collect_costs(store: Tables, campaign: Campaign) -> dict[str, float]:
    """Return the campaign's other costs by type, largest first, in the store's currency."""
    rows = (
        store["costs"]
        .filter(_.campaign_id == campaign.campaign_id)
        .group_by("cost_type")
        .aggregate(amount=_.amount.sum())
        .to_pyarrow()
        .to_pylist()
    )
    ranked = sorted(rows, key=lambda row: (-row["amount"], row["cost_type"]))
    return {str(row["cost_type"]): float(row["amount"]) for row in ranked}
