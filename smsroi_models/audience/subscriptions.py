"""Spells of subscription: from an opt-in to the opt-out that follows it.

A customer's opt-ins and opt-outs are taken in the order of their times; at the same instant an
opt-out counts last, so that whoever said both is out. An opt-in of somebody who is subscribed and
an opt-out of somebody who is not change nothing. What is left alternates, and each opt-in with the
opt-out after it, if any, is a spell. Who comes back starts a new spell, *rejoined*, with a time of
its own from day 0: the first spell ended, and is not carried on.

An opt-out without an opt-in before it is of somebody who joined before the records began. It is a
leaving, and no spell: when it started nobody knows.
"""

from datetime import datetime

import ibis
import numpy as np
from ibis import _

from smsroi_models.attribution.campaigns import Tables, instant
from smsroi_models.audience.counts import ListChanges

UNKNOWN_SOURCE = "unknown"
OTHER_SOURCES = "other sources"
MOST_SOURCES = 5
_DAY_SECONDS = 86_400


def turns(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, the opt-ins and opt-outs that changed something up to ``as_of``.

    ``customer_id, occurred_at, leaving`` (1 for an opt-out), ``before`` (``leaving`` of the event
    before it, null if there is none), ``source`` and ``campaign_id``.
    """
    events = (
        store["subscriptions"]
        .filter(_.occurred_at <= instant(as_of))
        .select(
            "customer_id",
            "occurred_at",
            "campaign_id",
            leaving=(_.event == "opt_out").cast("int64"),
            # Of two opt-ins at one instant the same one is taken whatever the engine's order.
            source=ibis.coalesce(_.source, UNKNOWN_SOURCE),
        )
    )
    in_order = ibis.window(group_by="customer_id", order_by=["occurred_at", "leaving", "source"])
    with_before = events.mutate(before=events.leaving.lag().over(in_order))
    return with_before.filter(_.before.isnull() | (_.before != _.leaving))


def leavings(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``customer_id, occurred_at`` of the opt-outs of those who were on the list.

    Somebody whose first record is an opt-out was.
    """
    return turns(store, as_of).filter(_.leaving == 1).select("customer_id", "occurred_at")


def spells(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, one row a spell: who was subscribed from when to when.

    Parameters
    ----------
    store : Tables
        With ``subscriptions``.
    as_of : datetime
        UTC; events up to it count, it included.

    Returns
    -------
    ibis.Table
        ``customer_id, opened_at, closed_at`` (null while it lasts), ``source`` (of the opt-in),
        ``campaign_id`` (of the opt-in) and ``rejoined``, whether the customer had left before.
    """
    kept = turns(store, as_of)
    in_order = ibis.window(group_by="customer_id", order_by=["occurred_at", "leaving"])
    return (
        kept.mutate(closed_at=kept.occurred_at.lead().over(in_order))
        .filter(_.leaving == 0)
        .select(
            "customer_id",
            "closed_at",
            "source",
            "campaign_id",
            opened_at=_.occurred_at,
            rejoined=_.before.notnull(),
        )
    )


def by_main_source(rows: ibis.Table, most: int = MOST_SOURCES) -> ibis.Table:
    """Return the spells with the sources beyond the most frequent under one name.

    A source is free text: without this, tables by source could be as long as the list.
    """
    counted = rows.group_by("source").aggregate(spells=_.count())
    main = counted.order_by(_.spells.desc(), _.source).limit(most).select("source", main=_.source)
    return rows.left_join(main, "source").select(
        *[name for name in rows.columns if name != "source"],
        source=ibis.coalesce(_.main, OTHER_SOURCES),
    )


def day_of(moment: ibis.Value) -> ibis.Value:
    """Return the UTC day of a time, counted from 1970-01-01, whatever the session's zone."""
    return (moment.epoch_seconds() / _DAY_SECONDS).floor().cast("int64")


def list_changes(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, ``day, source, joined, rejoined, left``: a row a day and source."""
    rows = by_main_source(spells(store, as_of))
    none = ibis.literal(0, "int64")
    came = rows.select(
        "source",
        day=day_of(rows.opened_at),
        joined=(~rows.rejoined).cast("int64"),
        rejoined=rows.rejoined.cast("int64"),
        left=none,
    )
    ended = rows.filter(rows.closed_at.notnull())
    went = ended.select(
        "source", day=day_of(ended.closed_at), joined=none, rejoined=none, left=none + 1
    )
    return (
        came.union(went)
        .group_by("day", "source")
        .aggregate(joined=_.joined.sum(), rejoined=_.rejoined.sum(), left=_.left.sum())
    )


def collect_list_changes(store: Tables, as_of: datetime) -> ListChanges:
    """Collect who joined and left on which day, and count the opt-outs of unknown spells."""
    found = list_changes(store, as_of).order_by("day", "source").to_pyarrow()
    without = turns(store, as_of).filter(_.leaving == 1, _.before.isnull())
    day, joined, rejoined, left = (
        np.asarray(found[name].to_numpy(), np.int64)
        for name in ("day", "joined", "rejoined", "left")
    )
    source = np.array(found["source"].to_pylist(), dtype=object)
    unknown = int(without.count().to_pyarrow().as_py())
    return ListChanges(day, source, joined, rejoined, left, unknown)
