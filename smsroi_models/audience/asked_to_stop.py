"""Customers who asked to stop in words that the platform does not honour, and may be texted on.

They wrote a ``near_stop`` after whatever last put them on the list, and nothing has taken them off
since: no opt-out, and no stop that the platform honours. Somebody of whom neither opt-in nor
opt-out is known is among them: who answers a text gets texts. Somebody who was out already when
they wrote is not, nor who opted in again, or wrote START, afterwards.
"""

from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, days, instant
from smsroi_models.audience.counts import AskedToStop
from smsroi_models.audience.texted import FOLLOWED_DAYS, delivered_texts


def asked_to_stop(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, a row for each customer who asked to stop and may still be texted.

    Parameters
    ----------
    store : Tables
        With ``replies``, and as far as known ``subscriptions`` and ``messages``.
    as_of : datetime
        UTC.

    Returns
    -------
    ibis.Table
        ``customer_id, asked_at`` (the first time), ``times_asked, texts_since`` (delivered after
        the first time) and ``last_text_at``, null where there is none.
    """
    asks = (
        store["replies"]
        .filter(_.intent == "near_stop", _.received_at <= instant(as_of))
        .select("customer_id", "received_at")
    )
    standing = _standing(store, as_of)
    both = asks.left_join(standing, "customer_id")
    pending = both.filter(
        both.last_in.isnull() | (both.received_at > both.last_in),
        both.last_out.isnull() | (both.last_in > both.last_out).fill_null(False),
    )
    waiting = pending.group_by("customer_id").aggregate(
        asked_at=_.received_at.min(), times_asked=_.count()
    )
    return _with_texts_since(store, as_of, waiting)


def collect_asked_to_stop(store: Tables, as_of: datetime) -> AskedToStop:
    """Collect, in one query, how many asked to stop and may still be texted."""
    sums = asked_to_stop(store, as_of).aggregate(
        customers=_.count(),
        texted_since=(_.texts_since > 0).sum(),
        texts_since=_.texts_since.sum(),
        first_asked_at=_.asked_at.min(),
        last_text_at=_.last_text_at.max(),
    )
    row = sums.to_pyarrow().to_pylist()[0]
    for name in ("texted_since", "texts_since"):
        row[name] = int(row[name] or 0)
    return AskedToStop(**row)


def read_asked_after(store: Tables, campaign: Campaign, as_of: datetime) -> int:
    """Count those of them who first asked within `FOLLOWED_DAYS` days of a campaign's text."""
    texts = delivered_texts(store, as_of).filter(_.campaign_id == campaign.campaign_id)
    after = (
        asked_to_stop(store, as_of)
        .select("customer_id", "asked_at")
        .join(texts, "customer_id")
        .filter(_.asked_at >= _.sent_at, _.asked_at < _.sent_at + days(FOLLOWED_DAYS))
    )
    return int(after.customer_id.nunique().to_pyarrow().as_py())


def _standing(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``customer_id, last_in, last_out``: by opt-ins, opt-outs and honoured words.

    An opt-out at the instant of an opt-in counts as the later of the two.
    """
    words = (
        store["replies"]
        .filter(_.intent.isin(["stop", "start"]))
        .select("customer_id", at=_.received_at, leaving=_.intent == "stop")
    )
    if "subscriptions" in store:
        events = store["subscriptions"].select(
            "customer_id", at=_.occurred_at, leaving=_.event == "opt_out"
        )
        words = words.union(events)
    return (
        words.filter(_.at <= instant(as_of))
        .group_by("customer_id")
        .aggregate(last_in=_.at.max(where=~_.leaving), last_out=_.at.max(where=_.leaving))
    )


def _with_texts_since(store: Tables, as_of: datetime, waiting: ibis.Table) -> ibis.Table:
    if "messages" not in store:
        return waiting.mutate(
            texts_since=ibis.literal(0, "int64"),
            last_text_at=ibis.null("timestamp('UTC')"),
        )
    texts = delivered_texts(store, as_of).select("customer_id", "sent_at")
    since = (
        texts.join(waiting.select("customer_id", "asked_at"), "customer_id")
        .filter(_.sent_at > _.asked_at)
        .group_by("customer_id")
        .aggregate(texts_since=_.count(), last_text_at=_.sent_at.max())
    )
    return waiting.left_join(since, "customer_id").select(
        "customer_id",
        "asked_at",
        "times_asked",
        texts_since=_.texts_since.coalesce(0),
        last_text_at=_.last_text_at,
    )
