"""A campaign of the store: its row, its assignments, and how many windows are over."""

from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Protocol, cast

import ibis
from ibis import _

from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.locales import DEFAULT_LOCALE, checked_locale
from smsroi_models.records import Record
from smsroi_models.store.tables import ARMS


class Tables(Protocol):
    """Anything that hands out Ibis tables by name, such as a `Store`."""

    def __getitem__(self, name: str, /) -> ibis.Table: ...

    def __contains__(self, name: object, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Campaign(Record):
    """A campaign's row: ids and names as text, times in UTC."""

    campaign_id: str
    name: str
    starts_at: datetime
    window_days: int
    margin_rate: float
    currency: str
    message: str | None
    locale: str = DEFAULT_LOCALE


@dataclass(frozen=True, slots=True)
class Readiness(Record):
    """How many customers of each arm are assigned, and how many windows are over.

    Attributes
    ----------
    assigned, ready : dict of str to int
        By arm; both arms are always there.
    first_ready_at, last_ready_at : datetime or None
        When the first and the last window end (UTC); None without assignments.
    counted_until : datetime or None
        When the last window that is over ended (UTC).
    """

    assigned: dict[str, int]
    ready: dict[str, int]
    first_ready_at: datetime | None
    last_ready_at: datetime | None
    counted_until: datetime | None

    @property
    def waiting(self) -> int:
        """Customers whose window is not over."""
        return sum(self.assigned.values()) - sum(self.ready.values())


def read_campaign(store: Tables, campaign_id: str) -> Campaign:
    """Return one campaign of the store.

    Raises
    ------
    DataError
        If there is no such campaign; the text names the nearest.
    """
    columns = [name for name in Campaign.__dataclass_fields__ if name != "locale"]
    rows = store["campaigns"].filter(_.campaign_id == campaign_id).select(columns)
    found = rows.to_pyarrow().to_pylist()
    if not found:
        raise DataError(_unknown_campaign(store, campaign_id))
    return Campaign(**found[0], locale=read_locale(store))


def read_locale(store: Tables) -> str:
    """Return the store's locale: what any campaign names, ``en-US`` where none does.

    Raises
    ------
    ParameterError
        If it is none.
    """
    if "campaigns" not in store or "locale" not in store["campaigns"].columns:
        return DEFAULT_LOCALE
    found = store["campaigns"].locale.max().as_scalar().to_pyarrow().as_py()
    return checked_locale(found) if found else DEFAULT_LOCALE


def read_campaign_ids(store: Tables) -> list[str]:
    """Return every campaign's id, in the order in which they started."""
    rows = store["campaigns"].order_by("starts_at", "campaign_id").select("campaign_id")
    return [str(value) for value in rows.to_pyarrow()["campaign_id"].to_pylist()]


def read_last_order_at(store: Tables) -> datetime:
    """Return the time (UTC) of the last order of the store.

    Raises
    ------
    NotEstimableError
        If there are no orders.
    """
    last = store["orders"].ordered_at.max().as_scalar().to_pyarrow().as_py()
    if last is None:
        raise NotEstimableError("the store has no orders: nothing can be measured before some")
    return cast(datetime, last)


def read_readiness(store: Tables, campaign: Campaign, as_of: datetime) -> Readiness:
    """Count the assigned customers of each arm and those whose window is over at ``as_of``."""
    ends_at = _.assigned_at + days(campaign.window_days)
    over = _.ends_at <= instant(as_of)
    rows = (
        assigned_customers(store, campaign)
        .mutate(ends_at=ends_at)
        .group_by("arm")
        .aggregate(
            assigned=_.count(),
            ready=over.sum(),
            counted_until=_.ends_at.max(where=over),
            first=_.ends_at.min(),
            last=_.ends_at.max(),
        )
        .to_pyarrow()
        .to_pylist()
    )
    by_arm = {row["arm"]: row for row in rows}
    return Readiness(
        assigned={arm: by_arm[arm]["assigned"] if arm in by_arm else 0 for arm in ARMS},
        ready={arm: int(by_arm[arm]["ready"]) if arm in by_arm else 0 for arm in ARMS},
        first_ready_at=min((row["first"] for row in rows), default=None),
        last_ready_at=max((row["last"] for row in rows), default=None),
        counted_until=max((row["counted_until"] for row in rows if row["ready"]), default=None),
    )


def assigned_customers(store: Tables, campaign: Campaign) -> ibis.Table:
    """Return, lazily, ``customer_id, arm, assigned_at`` of everyone assigned."""
    return (
        store["assignments"]
        .filter(_.campaign_id == campaign.campaign_id)
        .select("customer_id", "arm", "assigned_at")
    )


def instant(moment: datetime) -> ibis.Value:
    """Return a moment as an Ibis literal; a moment without zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return ibis.literal(aware, type="timestamp('UTC')")


def days(count: int) -> ibis.Value:
    """Return a span of days of 24 hours, as days in UTC are.

    In seconds: a span of calendar days is several times slower where times have zones, and has 23
    or 25 hours in an engine whose session keeps another zone.
    """
    return ibis.interval(seconds=86_400 * count)


def _unknown_campaign(store: Tables, campaign_id: str) -> str:
    known = read_campaign_ids(store)
    near = get_close_matches(campaign_id, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    some = ", ".join(map(repr, known[:10]))
    return f"the store has no campaign {campaign_id!r}{hint} It has {len(known)}: {some}"
