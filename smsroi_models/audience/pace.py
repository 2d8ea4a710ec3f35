"""How fast a shop texts its subscribers and loses them, what a text costs, what a buyer leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Tables, instant
from smsroi_models.records import Record
from smsroi_models.store.tables import UNBILLED_STATUSES, UNSENT_STATUSES

_WEEK = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Pace(Record):
    """The programme's own pace since its first campaign.

    Attributes
    ----------
    since, until : datetime
        UTC.
    subscriber_weeks : float
        Time that customers were subscribed in between, weeks.
    opt_outs : int
        Of those customers, in between.
    texts : int
        Customers assigned to be texted, each time counted.
    price_per_text : float or None
        Of a text that was sent, all its segments, store currency; None where no price is known.
    """

    since: datetime
    until: datetime
    subscriber_weeks: float
    opt_outs: int
    texts: int
    price_per_text: float | None

    @property
    def texts_per_week(self) -> float:
        """Texts per subscriber and week; 0 where nobody was subscribed."""
        return self.texts / self.subscriber_weeks if self.subscriber_weeks else 0.0


def collect_pace(store: Tables, as_of: datetime, left_out: Sequence[str] = ()) -> Pace | None:
    """Collect, in three small queries, the pace up to ``as_of``; None before the first campaign.

    Parameters
    ----------
    store : Tables
        With ``assignments`` and ``subscriptions``, and ``messages`` for the price.
    as_of : datetime
        UTC.
    left_out : sequence of str
        Campaigns without texts of their own.
    """
    texts = texts_assigned(store, as_of, left_out).to_pyarrow().to_pylist()[0]
    if texts["since"] is None or texts["since"] >= as_of:
        return None
    spells = subscribed_time(store, texts["since"], as_of).to_pyarrow().to_pylist()[0]
    price = None
    if "messages" in store:
        sums = texts_priced(store, as_of).to_pyarrow().to_pylist()[0]
        if sums["priced_segments"]:
            price = sums["amount"] / sums["priced_segments"] * sums["segments"] / sums["sent"]
    return Pace(
        since=texts["since"],
        until=as_of,
        subscriber_weeks=float(spells["seconds"] or 0.0) / _WEEK,
        opt_outs=int(spells["opt_outs"] or 0),
        texts=int(texts["texts"] or 0),
        price_per_text=price,
    )


def texts_assigned(store: Tables, as_of: datetime, left_out: Sequence[str]) -> ibis.Table:
    """Return, lazily, one row: ``since``, the first assignment, and the ``texts`` assigned."""
    rows = store["assignments"].filter(_.assigned_at < instant(as_of))
    if left_out:
        rows = rows.filter(_.campaign_id.notin(list(left_out)))
    return rows.aggregate(since=_.assigned_at.min(), texts=(_.arm == "treatment").sum())


def subscribed_time(store: Tables, since: datetime, as_of: datetime) -> ibis.Table:
    """Return, lazily, one row: ``seconds`` subscribed in [since, as_of), ``opt_outs`` in it.

    An opt-in adds the time that is left, the opt-out that follows takes it away again. A second
    opt-in in a row is none, nor is an opt-out without an opt-in before it.
    """
    by_customer = ibis.window(group_by="customer_id", order_by="occurred_at")
    events = store["subscriptions"].filter(_.occurred_at < instant(as_of))
    changes = events.mutate(before=_.event.lag().over(by_customer).coalesce("opt_out")).filter(
        _.event != _.before
    )
    begins, ends = (int(moment.timestamp()) for moment in (since, as_of))
    left = (ends - _.occurred_at.epoch_seconds().clip(lower=begins)).cast("float64")
    leaves = (_.event == "opt_out") & (_.occurred_at >= instant(since))
    return changes.aggregate(
        seconds=(_.event == "opt_in").ifelse(left, -left).sum(), opt_outs=leaves.sum()
    )


def texts_priced(store: Tables, as_of: datetime) -> ibis.Table:
    """Return, lazily, one row: texts ``sent``, their ``segments``, and what those priced cost."""
    texts = store["messages"].filter(
        _.sent_at < instant(as_of), _.status.notin(list(UNSENT_STATUSES))
    )
    priced = _.price.notnull() & _.status.notin(list(UNBILLED_STATUSES))
    billed = _.status.notin(list(UNBILLED_STATUSES))
    return texts.aggregate(
        sent=_.count(),
        segments=_.segments.sum(where=billed),
        priced_segments=_.segments.sum(where=priced),
        amount=(_.segments * _.price).sum(where=priced),
    )
