"""What the customers of a texting programme did while it ran: those kept out and those not.

A programme is a campaign of its own whose holdout no other campaign may text. Everybody counts
from the own assignment to the programme's end or ``as_of``, so that customers who joined later
count for fewer days, in both arms alike. Those who were there at the start are a cohort, and so are
the joiners of each calendar month (UTC).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import add

import ibis
import numpy as np
from ibis import _
from numpy.typing import NDArray

from smsroi_models.attribution.campaigns import Campaign, Tables, assigned_customers, instant
from smsroi_models.attribution.daily import daily_additions
from smsroi_models.errors import NotEstimableError, NotReadyError
from smsroi_models.records import Record
from smsroi_models.store.tables import ARMS

MEASURED = ("revenue", "margin", "orders", "converted", "pre_revenue", "pre_orders")


@dataclass(frozen=True, slots=True)
class Period(Record):
    """The time over which a programme is counted, UTC.

    Attributes
    ----------
    starts_at, ends_at : datetime
        As planned.
    first_assigned_at : datetime
    until : datetime
        The programme's end or ``as_of``, whichever is earlier; not counted itself.
    month_ends : tuple of datetime
        Ends of the calendar months from the first assignment on; the last is ``until``.
    """

    starts_at: datetime
    ends_at: datetime
    first_assigned_at: datetime
    until: datetime
    month_ends: tuple[datetime, ...]

    @property
    def elapsed_share(self) -> float:
        """The part of the planned period that is over, in [0, 1]."""
        planned = (self.ends_at - self.starts_at) / timedelta(days=1)
        return min(max((self.until - self.starts_at) / timedelta(days=1) / planned, 0.0), 1.0)

    def month_of(self, moment: datetime) -> int:
        """Return the position of the month that a moment lies in, from 0."""
        return min(bisect_right(self.month_ends, moment), len(self.month_ends) - 1)

    @property
    def entry_until(self) -> datetime:
        """Who was assigned by this moment was there at the start; the others joined."""
        return max(self.starts_at, self.first_assigned_at)

    def cohort_name(self, cohort: int) -> str:
        """Return ``at the start``, or the month of joining as ISO text, such as ``2025-03``."""
        if cohort == 0:
            return "at the start"
        inside = self.first_assigned_at if cohort == 1 else self.month_ends[cohort - 2]
        return f"{inside:%Y-%m}"


def month_ends(first: datetime, until: datetime) -> tuple[datetime, ...]:
    """Return the ends of the calendar months from ``first`` on, the last one cut at ``until``.

    Examples
    --------
    >>> from datetime import UTC
    >>> ends = month_ends(datetime(2025, 11, 20, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC))
    >>> [f"{end:%Y-%m-%d}" for end in ends]
    ['2025-12-01', '2026-01-01', '2026-01-05']
    """
    ends: list[datetime] = []
    year, month = first.year, first.month
    while not ends or ends[-1] < until:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        ends.append(min(datetime(year, month, 1, tzinfo=first.tzinfo), until))
    return tuple(ends)


def read_period(store: Tables, campaign: Campaign, as_of: datetime) -> Period:
    """Return the time over which the programme is counted.

    Raises
    ------
    NotEstimableError
        If an arm is empty.
    NotReadyError
        If nobody was assigned before ``as_of``.
    """
    assigned = assigned_customers(store, campaign)
    rows = assigned.group_by("arm").aggregate(first=_.assigned_at.min()).to_pyarrow().to_pylist()
    firsts = {row["arm"]: row["first"] for row in rows}
    for arm in ARMS:
        if arm not in firsts:
            raise NotEstimableError(
                f"programme {campaign.campaign_id!r} has nobody in {arm}: what the texts earned "
                "can only be read against customers kept out of all of them; record the "
                "assignments of both arms"
            )
    ends_at = campaign.starts_at + timedelta(days=campaign.window_days)
    until = min(ends_at, as_of)
    late = max(firsts.values())
    if late >= until:
        raise NotReadyError(
            f"programme {campaign.campaign_id!r} cannot be read until {until:%Y-%m-%d %H:%M} UTC: "
            f"an arm has nobody before {late:%Y-%m-%d %H:%M} UTC; read it later, or correct "
            "starts_at, window_days or the times of assignment"
        )
    first = min(firsts.values())
    return Period(campaign.starts_at, ends_at, first, until, month_ends(first, until))


def exposed_customers(store: Tables, campaign: Campaign, period: Period) -> ibis.Table:
    """Return, lazily, ``customer_id, arm, assigned_at, cohort`` of those assigned in time.

    ``cohort`` is 0 for those who were there at the start, and for joiners 1 more than the position
    of their month.
    """
    return (
        assigned_customers(store, campaign)
        .filter(_.assigned_at < instant(period.until))
        .mutate(
            cohort=lambda people: ibis.ifelse(
                people.assigned_at <= instant(period.entry_until),
                0,
                1 + month_position(people.assigned_at, period),
            )
        )
    )


def exposed_outcomes(
    store: Tables, campaign: Campaign, period: Period, *, pre_days: int = 90
) -> ibis.Table:
    """Return, lazily, one row per customer of the programme: what each did while it ran.

    Parameters
    ----------
    store : Tables
        With ``assignments`` and ``orders``.
    campaign : Campaign
        The programme's own row.
    period : Period
    pre_days : int
        Length of the pre-period before each customer's own assignment, days.

    Returns
    -------
    ibis.Table
        ``customer_id, arm, assigned_at, cohort, exposure_days`` and `MEASURED`. Nobody has a null:
        a customer without orders has zeros. Money in the store's currency.
    """
    people = exposed_customers(store, campaign, period)
    per_customer = (
        _orders(store, campaign, period, people, pre_days)
        .group_by("customer_id")
        .aggregate(
            revenue=_.revenue.sum(where=_.in_window),
            margin=_.margin.sum(where=_.in_window),
            orders=_.in_window.sum(),
            pre_revenue=_.revenue.sum(where=~_.in_window),
            pre_orders=(~_.in_window).sum(),
        )
    )
    amounts = [name for name in MEASURED if name != "converted"]
    until = int(period.until.timestamp())
    return (
        people.left_join(per_customer, "customer_id")
        .select(
            "customer_id",
            "arm",
            "assigned_at",
            "cohort",
            exposure_days=(until - _.assigned_at.epoch_seconds()) / 86_400,
            **{name: _[name].cast("float64").coalesce(0.0) for name in amounts},
        )
        .mutate(converted=(_.orders > 0).cast("float64"))
    )


def collect_monthly(
    store: Tables,
    campaign: Campaign,
    period: Period,
    customers: ibis.Table,
    covariates: Sequence[str],
) -> dict[tuple[str, int], NDArray[np.float64]]:
    """Collect, in one query, what each calendar month adds to the margin, by arm and cohort.

    Parameters
    ----------
    store, campaign, period
        As for `exposed_outcomes`.
    customers : ibis.Table
        From `exposed_outcomes`.
    covariates : sequence of str

    Returns
    -------
    dict of (arm, cohort) to ndarray of shape (n_months, 2 + n_covariates)
        As `cumulative_moments` takes them; groups without orders are absent.
    """
    people = exposed_customers(store, campaign, period)
    orders = _orders(store, campaign, period, people, 0).mutate(
        # One group for each arm and cohort; months take the place of days.
        arm=_.arm.concat("/", _.cohort.cast("string")),
        age_days=lambda orders: month_position(orders.ordered_at, period),
    )
    rows = daily_additions(orders, customers, "margin", covariates).to_pyarrow().to_pylist()
    shape = len(period.month_ends), 2 + len(covariates)
    added: dict[tuple[str, int], NDArray[np.float64]] = {}
    for row in rows:
        arm, cohort = str(row["arm"]).split("/")
        group = added.setdefault((arm, int(cohort)), np.zeros(shape))
        group[int(row["age_days"])] = [row[f"s{i}"] for i in range(shape[1])]
    return added


def month_position(moment: ibis.Value, period: Period) -> ibis.Value:
    """Return, lazily, the position of a moment's month: how many months have ended by then."""
    passed = [(moment >= instant(end)).cast("int64") for end in period.month_ends[:-1]]
    return reduce(add, passed, ibis.literal(0, type="int64"))


def _orders(
    store: Tables, campaign: Campaign, period: Period, people: ibis.Table, pre_days: int
) -> ibis.Table:
    """Return, lazily, the orders of the pre-period and of the exposure, with their margin."""
    before = ibis.interval(seconds=86_400 * pre_days)
    orders = store["orders"]
    near = orders.filter(
        orders.ordered_at >= instant(period.first_assigned_at - timedelta(days=pre_days)),
        orders.ordered_at < instant(period.until),
    ).select("customer_id", "ordered_at", "revenue", "discount", "cost_of_goods")
    list_price_cost = (1 - campaign.margin_rate) * (_.revenue + _.discount)
    return (
        near.join(people, "customer_id")
        .filter(_.ordered_at >= _.assigned_at - before)
        .mutate(
            in_window=_.ordered_at >= _.assigned_at,
            margin=_.revenue - ibis.coalesce(_.cost_of_goods, list_price_cost),
        )
    )
