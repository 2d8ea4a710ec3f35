"""When a store's orders end before a moment, and how many a day there were until then."""

from dataclasses import dataclass
from datetime import date, datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Tables, days, instant
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record

# A quarter evens out weeks and months, and is not so long that a shop's youth slows its pace.
PACE_DAYS = 90


@dataclass(frozen=True, slots=True)
class OrderPace(Record):
    """The end of a store's orders.

    Attributes
    ----------
    last_day : date
        UTC, of the last order before the moment.
    orders_per_day : float
        In the `PACE_DAYS` up to it, or since the first order.
    """

    last_day: date
    orders_per_day: float


def read_order_pace(store: Tables, until: datetime) -> OrderPace:
    """Read the day of the last order before a moment, and the pace of orders up to it.

    Raises
    ------
    NotEstimableError
        If there is no order before it.
    """
    last = recent_orders(store, until).to_pyarrow().to_pylist()[0]
    if last["last"] is None:
        raise NotEstimableError(
            f"no customer has bought before {until:%Y-%m-%d}: name a later day, or look whether "
            "the orders carry a time"
        )
    observed = (last["last"].date() - last["first"].date()).days + 1
    return OrderPace(last["last"].date(), last["orders"] / observed)


def recent_orders(store: Tables, until: datetime) -> ibis.Table:
    """Return, lazily, one row ``first, last, orders`` of the latest orders before a moment."""
    before = store["orders"].filter(_.ordered_at < instant(until))
    end = before.aggregate(end=_.ordered_at.max())
    return (
        before.cross_join(end)
        .filter(_.ordered_at > _.end - days(PACE_DAYS))
        .aggregate(first=_.ordered_at.min(), last=_.ordered_at.max(), orders=_.count())
    )
