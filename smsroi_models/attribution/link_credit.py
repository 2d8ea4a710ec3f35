"""What each address that a campaign's links lead to brought: clicks, and orders after the last one.

Links are taken together by where they lead: a campaign may hand every customer a link of his own.
"""

from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.bots import judged_clicks
from smsroi_models.attribution.campaigns import Campaign, Tables, instant
from smsroi_models.attribution.click_times import QUANTILES, times_to_click
from smsroi_models.attribution.credit import with_credit
from smsroi_models.attribution.rules import AttributionRule
from smsroi_models.attribution.touches import ledger


def links_by_target(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, a row for each address that the campaign's links lead to.

    Parameters
    ----------
    store : Tables
        With ``links`` and ``clicks`` beside what `touches.ledger` needs.
    campaign : Campaign
    as_of : datetime
        UTC.

    Returns
    -------
    ibis.Table
        ``target_url, links, clicks, clicks_by_people, clickers``, and ``orders, revenue``: of the
        counted customers' orders in their outcome window, to the last click by a person on any
        link of any campaign; money net of refunds, store currency. With a table of messages, also
        the fields of `click_times.ClickTimes`, null where nobody's time is known.
    """
    links = store["links"].filter(_.campaign_id == campaign.campaign_id)
    links = links.select("link_id", "target_url")
    clicks = judged_clicks(store, campaign.campaign_id).filter(_.clicked_at < instant(as_of))
    per_link = clicks.group_by("link_id").aggregate(
        clicks=_.clicks.sum(),
        people=_.clicks.sum(where=_.reason.isnull()),
    )
    known = clicks.filter(_.reason.isnull(), _.customer_id.notnull())
    clickers = (
        known.select("link_id", "customer_id")
        .join(links, "link_id")
        .group_by("target_url")
        .aggregate(clickers=_.customer_id.nunique())
    )
    totals = (
        links.left_join(per_link, "link_id")
        .drop("link_id_right")
        .left_join(_credited(store, campaign, as_of), "link_id")
        .group_by("target_url")
        .aggregate(
            links=_.count(),
            clicks=_.clicks.sum().coalesce(0),
            clicks_by_people=_.people.sum().coalesce(0),
            orders=_.orders.sum().coalesce(0.0),
            revenue=_.revenue.sum().coalesce(0.0),
        )
    )
    joined = totals.left_join(clickers, "target_url").select(
        *totals.columns, clickers=_.clickers.coalesce(0)
    )
    if "messages" not in store:
        return joined
    times = times_to_click(store, campaign, as_of)
    timed = joined.left_join(times, "target_url")
    return timed.select(*joined.columns, *QUANTILES, timed_clickers=_.timed_clickers.coalesce(0))


def _credited(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, orders and revenue by link, each order to its last click."""
    days = campaign.window_days
    rule = AttributionRule("last click", "Last click", click_days=days, removes_bots=True)
    rows = with_credit(ledger(store, campaign, as_of, days), rule)
    mine = rows.filter(
        _.credit > 0, _.type == "order", _.campaign_id == campaign.campaign_id
    ).select("touch_id", "credit", "revenue")
    return (
        mine.join(_links_of_touches(store), "touch_id")
        .group_by("link_id")
        .aggregate(orders=_.credit.sum(), revenue=(_.credit * _.revenue).sum())
    )


def _links_of_touches(store: Tables) -> ibis.Table:
    """Return, lazily, the link of each click, and of each event through a shared link."""
    found = store["clicks"].select(touch_id="click:" + _.click_id, link_id=_.link_id)
    if "events" not in store:
        return found
    events = store["events"].filter(_.link_id.notnull())
    text = {name: found[name].cast("string") for name in found.columns}
    through = events.select(touch_id="link:" + _.event_id, link_id=_.link_id)
    return found.select(**text).union(through.select(**{n: through[n] for n in found.columns}))
