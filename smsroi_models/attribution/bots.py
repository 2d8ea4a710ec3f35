"""Clicks that a machine made: what gives each of them away, lazily in the engine.

A machine that opens links is told by, in this order: the platform's own word; a user agent that
names a robot or a program; a click sooner after the text went out than a person reads; a burst of
clicks on one person's link. A link scanner under a browser's name that waits is not found.
"""

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Tables
from smsroi_models.store.tables import UNSENT_STATUSES

# Declared robots, previews of chat programs, scanners of gateways and mail, programs and libraries.
DECLARED = (
    r"bot\b|bot[/;)_-]|crawler|spider|slurp|scanner|preview|facebookexternalhit|whatsapp|"
    r"headless|phantomjs|python|curl/|wget|okhttp|java/|go-http|libwww|httpclient|axios|node-fetch|"
    r"proofpoint|barracuda|mimecast|safelinks|urlscan|twilio"
)
TOO_SOON_SECONDS = 10
BURST_CLICKS, BURST_SECONDS = 3, 10
REASONS = ("platform", "user_agent", "too_soon", "burst")
BOT_REASONS = {
    "click_bots_kept": (),
    "click_declared": REASONS[:2],
    "click_timing": REASONS[:3],
    "click": REASONS,
}
"""What each touch of `rules.BOT_RULES` leaves out: a click's first reason decides, so that each
filter takes in the last."""


def judged_clicks(store: Tables, campaign_id: str | None = None) -> ibis.Table:
    """Return, lazily, every click, or one campaign's, and why it is thought to be a machine's.

    Columns: ``click_id, link_id, campaign_id, customer_id`` (null where all share the link),
    ``clicked_at, clicks, reason``: one of `REASONS`, null for a person. Daily counts, and clicks on
    shared links, are judged by the platform's word and the user agent alone.
    """
    links = store["links"].select("link_id", "campaign_id", "customer_id")
    if campaign_id is not None:
        links = links.filter(_.campaign_id == campaign_id)
    clicks = store["clicks"].filter(_.clicks > 0).join(links, "link_id")
    clicks = _with_texts(store, clicks) if "messages" in store else clicks.mutate(soonest=_none())
    order = ibis.window(group_by=_.link_id, order_by=[_.clicked_at, _.click_id])
    seconds = _.clicked_at.epoch_seconds()
    near = clicks.mutate(
        before_2=seconds.lag(2).over(order),
        before_1=seconds.lag(1).over(order),
        after_1=seconds.lead(1).over(order),
        after_2=seconds.lead(2).over(order),
        at=seconds,
    )
    burst = (
        (_.at - _.before_2 < BURST_SECONDS)
        | (_.after_2 - _.at < BURST_SECONDS)
        | (_.after_1 - _.before_1 < BURST_SECONDS)
    )
    single = (_.clicks == 1) & _.customer_id.notnull()
    reason = ibis.cases(
        (_.bot_reason.notnull(), "platform"),
        (_.user_agent.lower().re_search(DECLARED).fill_null(False), "user_agent"),
        ((single & _.soonest).fill_null(False), "too_soon"),
        ((single & burst).fill_null(False), "burst"),
        else_=ibis.null("string"),
    )
    return near.mutate(reason=reason).select(
        "click_id", "link_id", "campaign_id", "customer_id", "clicked_at", "clicks", "reason"
    )


def _none() -> ibis.Value:
    return ibis.null("boolean")


def _with_texts(store: Tables, clicks: ibis.Table) -> ibis.Table:
    """Say whether a click came within seconds of a text to its customer."""
    limit = ibis.interval(seconds=TOO_SOON_SECONDS)
    texts = (
        store["messages"]
        .filter(_.status.notin(UNSENT_STATUSES))
        .select("campaign_id", "customer_id", "sent_at")
    )
    soon = (
        clicks.join(texts, ["campaign_id", "customer_id"])
        .filter(_.clicked_at >= _.sent_at, _.clicked_at < _.sent_at + limit)
        .select("click_id")
        .distinct()
        .mutate(soonest=ibis.literal(True))
    )
    return clicks.left_join(soon, "click_id").drop("click_id_right")
