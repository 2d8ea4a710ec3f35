"""What a campaign's tracking links show: clicks before and after machines are taken out."""

from dataclasses import dataclass
from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.bots import BOT_REASONS, REASONS, judged_clicks
from smsroi_models.attribution.campaigns import Campaign, Tables, instant
from smsroi_models.records import Record
from smsroi_models.store.tables import DELIVERED_STATUSES

NEEDED = ("links", "clicks")


@dataclass(frozen=True, slots=True)
class Links(Record):
    """Clicks on a campaign's links up to a moment.

    Attributes
    ----------
    links, shared_links : int
        Links of the campaign; those among them that no customer owns.
    clicks, clicks_by_people : int
        All, and those that no machine is thought to have made.
    by_reason : dict of str to int
        Clicks thought to be a machine's, by what gives it away (`bots.REASONS`).
    clickers_before, clickers : int
        Customers known to have clicked, before and after machines are taken out; on a shared link
        nobody is known.
    reached : int
        Customers who got the campaign's text.
    clickers_within_hour, clickers_within_day : int
        Known clickers whose first click came within an hour, and a day, of their first text.
    anonymous_clicks : int
        Clicks by people on links that no customer owns.
    """

    links: int
    shared_links: int
    clicks: int
    clicks_by_people: int
    by_reason: dict[str, int]
    clickers_before: int
    clickers: int
    reached: int
    clickers_within_hour: int
    clickers_within_day: int
    anonymous_clicks: int

    def clicks_under(self, bot_rule: str) -> int:
        """Return the clicks left by a touch of `rules.BOT_RULES`; each filter takes in the last."""
        removed = BOT_REASONS[bot_rule]
        return self.clicks - sum(self.by_reason[reason] for reason in removed)

    @property
    def click_rate(self) -> float | None:
        """Known clickers among customers reached, in [0, 1]; None where nobody can be known."""
        if not self.reached or self.links == self.shared_links:
            return None
        return self.clickers / self.reached


def collect_links(store: Tables, campaign: Campaign, as_of: datetime) -> Links:
    """Sum the campaign's clicks before ``as_of``, in one query."""
    row = links_summed(store, campaign, as_of).to_pyarrow().to_pylist()[0]
    counts = {name: int(value or 0) for name, value in row.items()}
    by_reason = {reason: counts.pop(f"by_{reason}") for reason in REASONS}
    return Links(by_reason=by_reason, **counts)


def links_summed(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, one row of counts over the campaign's clicks."""
    links = store["links"].filter(_.campaign_id == campaign.campaign_id)
    clicks = judged_clicks(store, campaign.campaign_id).filter(_.clicked_at < instant(as_of))
    per_customer = clicks.group_by("customer_id").aggregate(
        clicks=_.clicks.sum(),
        people=_.clicks.sum(where=_.reason.isnull()),
        first=_.clicked_at.min(where=_.reason.isnull()),
        **{f"by_{reason}": _.clicks.sum(where=_.reason == reason) for reason in REASONS},
    )
    texts = _reached(store, campaign)
    known = per_customer.left_join(texts, "customer_id").mutate(known=_.customer_id.notnull())
    waited = _.first.epoch_seconds() - _.sent_at.epoch_seconds()
    clicked = known.known & (known.people > 0)
    return known.aggregate(
        links=links.count().as_scalar(),
        shared_links=links.filter(_.customer_id.isnull()).count().as_scalar(),
        clicks=_.clicks.sum(),
        clicks_by_people=_.people.sum(),
        clickers_before=_.known.sum(),
        clickers=clicked.sum(),
        reached=texts.count().as_scalar(),
        clickers_within_hour=(clicked & (waited < 3_600)).sum(),
        clickers_within_day=(clicked & (waited < 86_400)).sum(),
        anonymous_clicks=_.people.sum(where=~_.known),
        **{f"by_{reason}": _[f"by_{reason}"].sum() for reason in REASONS},
    )


def _reached(store: Tables, campaign: Campaign) -> ibis.Table:
    """Return, lazily, ``customer_id, sent_at`` of the campaign's first text that was delivered."""
    if "messages" not in store:
        schema = ibis.schema({"customer_id": "string", "sent_at": "timestamp('UTC', 6)"})
        return ibis.memtable([], schema=schema)
    texts = store["messages"].filter(
        _.campaign_id == campaign.campaign_id, _.status.isin(DELIVERED_STATUSES)
    )
    return texts.group_by("customer_id").aggregate(sent_at=_.sent_at.min())
