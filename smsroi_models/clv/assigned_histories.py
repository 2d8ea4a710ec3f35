"""The purchase histories of a campaign's customers, each up to a moment of the customer's own.

A history ends with the last whole UTC day before ``assigned_at`` and some days, in both arms alike.
One that ends at assignment knows nothing of the campaign; one that ends with the outcome window
holds the orders that the text brought, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np
from ibis import _
from numpy.typing import NDArray

from smsroi_models.attribution.campaigns import Campaign, Tables, days
from smsroi_models.attribution.outcomes import ready_customers
from smsroi_models.clv.purchase_days import first_value, purchase_days
from smsroi_models.clv.rfm import DAYS
from smsroi_models.store.tables import ARMS

Floats = NDArray[np.float64]
_KEYS = ("frequency", "recency_days", "T_days")


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """Customers alike in frequency, recency and T, counted in each of some groups.

    Attributes
    ----------
    frequency, recency, T : ndarray of shape (n_kinds,)
        As in `rfm_summary`; times in weeks.
    recency_days, T_days : ndarray of int64
        Whole days: with ``frequency`` the key on which predictions are joined.
    customers : ndarray of shape (n_kinds, n_groups)
        How many of the kind are in each group; for a campaign treatment, then holdout.
    spend : ndarray of shape (n_kinds, n_groups)
        Sum over them of ``monetary_value``. Expected spend is linear in it among customers of a
        kind, so that the sum is all that is needed.
    """

    frequency: Floats
    recency: Floats
    T: Floats
    recency_days: NDArray[np.int64]
    T_days: NDArray[np.int64]
    customers: Floats
    spend: Floats


def assigned_histories(
    store: Tables, campaign: Campaign, as_of: datetime, days_after: int
) -> ibis.Table:
    """Return, lazily, `rfm_summary` of the counted customers, each at a moment of its own.

    Parameters
    ----------
    store : Tables
        With ``assignments`` and ``orders``.
    campaign : Campaign
    as_of : datetime
        UTC. Customers whose window ends later are left out.
    days_after : int
        Days from assignment to the history's end: 0 for assignment itself, ``window_days`` for the
        end of the window.

    Returns
    -------
    ibis.Table
        ``customer_id, arm, frequency, recency, T`` (weeks), ``monetary_value`` (revenue a purchase
        day, 0 where frequency is 0), ``recency_days, T_days``. Customers who had not bought by then
        have no row. Nothing is executed.
    """
    moment = (_.assigned_at + days(days_after)).epoch_seconds()
    ends = ready_customers(store, campaign, as_of).select(
        "customer_id", "arm", end=(moment // 86_400).cast("int32")
    )
    return histories_until(store, ends, as_of, "arm")


def histories_until(store: Tables, ends: ibis.Table, as_of: datetime, group: str) -> ibis.Table:
    """Return, lazily, the histories of customers before the day ``end`` of each (days since 1970).

    Parameters
    ----------
    ends : ibis.Table
        ``customer_id, end`` and the column ``group``.
    as_of : datetime
        UTC, no earlier than the last end.
    """
    orders = store["orders"]
    bought = purchase_days(orders, "customer_id", "ordered_at", "revenue", as_of.date())
    known = bought.join(ends, "customer_id").filter(_.day < _.end)
    found = known.group_by("customer_id", group, "end").aggregate(
        purchases=_.count(),
        first=_.day.min(),
        last=_.day.max(),
        spent=_.value.sum(),
        spent_first=first_value(known),
    )
    week = DAYS["week"]
    frequency = (found.purchases - 1).cast("int64")
    recency = (found["last"] - found["first"]).cast("int32")
    age = (found.end - 1 - found["first"]).cast("int32")
    repeats = (found.spent - found.spent_first) / frequency.nullif(0)
    return found.select(
        "customer_id",
        group,
        frequency=frequency,
        recency=recency / week,
        T=age / week,
        monetary_value=repeats.coalesce(0.0),
        recency_days=recency,
        T_days=age,
    )


def kinds_counted(
    histories: ibis.Table, group: str, groups: tuple[str, ...], *, alike_in_spend: bool = False
) -> ibis.Table:
    """Return, lazily, the unique frequency, recency and T with counts and spend by group."""
    counts = {f"n{i}": (_[group] == name).sum() for i, name in enumerate(groups)}
    spend = {f"m{i}": _.monetary_value.sum(where=_[group] == name) for i, name in enumerate(groups)}
    keys = (*_KEYS, "monetary_value") if alike_in_spend else _KEYS
    return (
        histories.group_by(*keys)
        .aggregate(recency=_.recency.min(), T=_["T"].min(), **counts, **spend)
        .order_by(*keys)
    )


def collect_kinds(
    histories: ibis.Table,
    group: str = "arm",
    groups: tuple[str, ...] = ARMS,
    *,
    alike_in_spend: bool = False,
) -> Kinds:
    """Collect, in one query, the kinds of customers of each group; there may be none.

    Parameters
    ----------
    histories : ibis.Table
        From `assigned_histories` or `histories_until`.
    group : str
        Its column of groups.
    groups : tuple of str
        Values of it, in the order of the columns that come back.
    alike_in_spend : bool
        Whether customers of a kind must be alike in mean spend, too: then there is nearly one kind
        a repeat buyer, and squares of spend can be summed.
    """
    query = kinds_counted(histories, group, groups, alike_in_spend=alike_in_spend)
    rows = query.to_pyarrow()
    column = {name: rows[name].to_numpy() for name in rows.column_names}

    def matrix(letter: str) -> Floats:
        columns = [column[f"{letter}{i}"].astype(np.float64) for i in range(len(groups))]
        stacked: Floats = np.column_stack(columns)
        stacked[np.isnan(stacked)] = 0.0  # the sum of no row is null
        return stacked

    return Kinds(
        frequency=column["frequency"].astype(np.float64),
        recency=column["recency"].astype(np.float64),
        T=column["T"].astype(np.float64),
        recency_days=column["recency_days"].astype(np.int64),
        T_days=column["T_days"].astype(np.int64),
        customers=matrix("n"),
        spend=matrix("m"),
    )


def with_values(
    histories: ibis.Table, kinds: Kinds, values: Mapping[str, tuple[Floats, Floats]]
) -> ibis.Table:
    """Return, lazily, ``customer_id`` and what each customer is expected to bring.

    Parameters
    ----------
    histories : ibis.Table
        From which the kinds were collected.
    kinds : Kinds
    values : mapping of str to pair of ndarray of shape (n_kinds,)
        Name of the column; its level and its slope in ``monetary_value``, made once for a kind.
    """
    keys = {
        "frequency_key": kinds.frequency.astype(np.int64),
        "recency_key": kinds.recency_days,
        "T_key": kinds.T_days,
    }
    lines = {f"level_{name}": level for name, (level, _slope) in values.items()} | {
        f"slope_{name}": slope for name, (_level, slope) in values.items()
    }
    uploaded = ibis.memtable(keys | lines)
    joined = histories.left_join(
        uploaded,
        [
            histories[name] == uploaded[key].cast(histories[name].type())
            for name, key in zip(_KEYS, keys, strict=True)
        ],
    )
    worth = {
        name: joined[f"level_{name}"] + joined[f"slope_{name}"] * joined.monetary_value
        for name in values
    }
    return joined.select("customer_id", **worth)
