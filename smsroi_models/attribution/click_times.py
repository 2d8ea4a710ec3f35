"""How long customers take to click: from the campaign's first text to the first click by a person.

Of those who clicked up to the moment; who may still click is not in it, so that shortly after a
campaign the times are shorter than they will be.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
from ibis import _

from smsroi_models.attribution.bots import judged_clicks
from smsroi_models.attribution.campaigns import Campaign, Tables, instant
from smsroi_models.records import Record
from smsroi_models.store.tables import DELIVERED_STATUSES

NEEDED = ("links", "clicks", "messages")
# Percent of the clickers. By rank and in whole numbers: not every engine has exact quantiles.
QUANTILES = {
    "lower_quartile_seconds": 25,
    "median_seconds": 50,
    "upper_quartile_seconds": 75,
    "ninetieth_seconds": 90,
}


@dataclass(frozen=True, slots=True)
class ClickTimes(Record):
    """Times to the first click of the customers who clicked, seconds.

    Attributes
    ----------
    target_url : str or None
        Where the links lead; None for all of the campaign's together.
    timed_clickers : int
        Customers who got a text and clicked after it; a customer counts once an address.
    lower_quartile_seconds, median_seconds, upper_quartile_seconds, ninetieth_seconds : float
        The shortest times within which at least a quarter, half, three quarters and nine in ten of
        them clicked.
    """

    target_url: str | None
    timed_clickers: int
    lower_quartile_seconds: float
    median_seconds: float
    upper_quartile_seconds: float
    ninetieth_seconds: float


def collect_click_times(
    store: Tables, campaign: Campaign, as_of: datetime
) -> tuple[ClickTimes, ...]:
    """Return the times over all links, then by address, most clickers first; empty without any."""
    whole = times_to_click(store, campaign, as_of, by_target=False).to_pyarrow().to_pylist()
    parts = times_to_click(store, campaign, as_of).to_pyarrow().to_pylist()
    found = [_times({"target_url": None, **row}) for row in whole if row["timed_clickers"]]
    return (
        *found,
        *sorted(map(_times, parts), key=lambda each: (-each.timed_clickers, each.target_url)),
    )


def times_to_click(
    store: Tables, campaign: Campaign, as_of: datetime, *, by_target: bool = True
) -> ibis.Table:
    """Return, lazily, a row for each address, or one over all: the fields of `ClickTimes`.

    Parameters
    ----------
    store : Tables
        With `NEEDED`.
    campaign : Campaign
    as_of : datetime
        UTC; clicks before it count.
    by_target : bool
    """
    links = store["links"].filter(_.campaign_id == campaign.campaign_id)
    clicks = judged_clicks(store, campaign.campaign_id).filter(
        _.clicked_at < instant(as_of), _.reason.isnull(), _.customer_id.notnull()
    )
    texts = (
        store["messages"]
        .filter(_.campaign_id == campaign.campaign_id, _.status.isin(DELIVERED_STATUSES))
        .group_by("customer_id")
        .aggregate(sent_at=_.sent_at.min())
    )
    after = (
        clicks.join(links.select("link_id", "target_url"), "link_id")
        .join(texts, "customer_id")
        .filter(_.clicked_at >= _.sent_at)
    )
    keys = ("customer_id", "target_url") if by_target else ("customer_id",)
    firsts = after.group_by(*keys).aggregate(
        seconds=(_.clicked_at.epoch_seconds() - _.sent_at.epoch_seconds()).min().cast("float64")
    )
    group = ["target_url"] if by_target else []
    order = [_.seconds, _.customer_id]
    ranked = firsts.mutate(
        place=ibis.row_number().over(ibis.window(group_by=group, order_by=order)) + 1,
        size=_.count().over(ibis.window(group_by=group)),
    )
    figures: dict[str, Any] = {
        "timed_clickers": _.count(),
        **{
            name: _.seconds.min(where=_.place * 100 >= _["size"] * percent)
            for name, percent in QUANTILES.items()
        },
    }
    return ranked.group_by(group).aggregate(**figures) if by_target else ranked.aggregate(**figures)


def _times(row: dict[str, Any]) -> ClickTimes:
    return ClickTimes(
        row["target_url"],
        int(row["timed_clickers"]),
        **{name: float(row[name]) for name in QUANTILES},
    )
