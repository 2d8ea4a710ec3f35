"""What a campaign sent and paid, for the customers who are counted."""

from dataclasses import dataclass
from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, assigned_customers, days, instant
from smsroi_models.attribution.outcomes import last_start
from smsroi_models.records import Record
from smsroi_models.store.tables import DELIVERED_STATUSES, UNBILLED_STATUSES, UNSENT_STATUSES


@dataclass(frozen=True, slots=True)
class Texts(Record):
    """The campaign's texts to the customers who are counted.

    Attributes
    ----------
    sent, delivered, in_time : int
        Texts that are still queued, or were canceled, are not sent; ``in_time`` are those that
        were sent to an assigned customer before the window was over.
    segments : int
        Segments of the texts that were sent.
    priced : int
        Texts that have a price.
    unpriced : int
        Sent texts whose price is null; failed ones are not billed and do not count here.
    held_out_texted : int
        Held-out customers who were sent one all the same.
    amount : float
        Segments times price, in the store's currency. An unpriced text counts at the campaign's
        mean price of a segment; without any price the amount is 0.
    """

    sent: int
    delivered: int
    in_time: int
    segments: int
    priced: int
    unpriced: int
    held_out_texted: int
    amount: float


def collect_texts(store: Tables, campaign: Campaign, as_of: datetime) -> Texts:
    """Sum the campaign's texts, except those to customers whose window is not over.

    Texts to customers who were never assigned, or were held out, were paid for too: they count.
    """
    row = texts_summed(store, campaign, as_of).to_pyarrow().to_pylist()[0]
    priced, unpriced = int(row["priced_segments"] or 0), int(row["unpriced_segments"] or 0)
    amount = float(row["priced_amount"] or 0.0)
    return Texts(
        sent=int(row["sent"] or 0),
        delivered=int(row["delivered"] or 0),
        in_time=int(row["in_time"] or 0),
        segments=int(row["segments"] or 0),
        priced=int(row["priced"] or 0),
        unpriced=int(row["unpriced"] or 0),
        held_out_texted=int(row["held_out_texted"] or 0),
        amount=amount * (1 + unpriced / priced) if priced else 0.0,
    )


def texts_summed(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, one row of counts and sums over the campaign's counted texts."""
    assigned = assigned_customers(store, campaign).mutate(
        waiting=_.assigned_at > instant(last_start(campaign, as_of))
    )
    texts = (
        store["messages"]
        .filter(_.campaign_id == campaign.campaign_id)
        .left_join(assigned, "customer_id")
        .filter(~_.waiting.coalesce(False))
        .mutate(
            went_out=_.status.notin(UNSENT_STATUSES),
            in_time=_.sent_at < _.assigned_at + days(campaign.window_days),
            unpriced=_.price.isnull() & _.status.notin(UNBILLED_STATUSES),
        )
    )
    return texts.aggregate(
        sent=_.went_out.sum(),
        delivered=_.status.isin(DELIVERED_STATUSES).sum(),
        in_time=(_.went_out & _.in_time).sum(),
        segments=_.segments.sum(where=_.went_out),
        priced=_.price.notnull().sum(),
        unpriced=_.unpriced.sum(),
        unpriced_segments=_.segments.sum(where=_.unpriced),
        held_out_texted=_.customer_id.nunique(where=_.went_out & (_.arm == "holdout")),
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


def read_booked(store: Tables, campaign: Campaign, as_of: datetime) -> float | None:
    """Return what a campaign cost, texts and all, or None where nothing is known of it.

    Texts to customers whose window is not over at ``as_of`` are left out, as in `collect_texts`.
    """
    booked = list(collect_costs(store, campaign).values()) if "costs" in store else []
    texts = collect_texts(store, campaign, as_of) if "messages" in store else None
    if texts is not None and texts.priced:
        booked.append(texts.amount)
    return sum(booked) if booked else None
