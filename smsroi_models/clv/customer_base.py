"""The customers of a store as rows to value: alike in purchases and group, with their mean spend.

Value is linear in a customer's mean spend (`valued`), so that customers who agree in frequency,
recency and T are one row, whatever they spent: its mean spend gives their total value, and the
variance of their mean spend the rest. Nothing grows with the number of customers but the number of
kinds of them, which days and counts limit.
"""

from dataclasses import dataclass

import ibis
import numpy as np
from ibis import _
from numpy.typing import NDArray

from smsroi_models.clv.rfm_counts import RfmCounts
from smsroi_models.errors import NotEstimableError

KEYS = ("frequency", "recency_days", "T_days")
GROUPS = ("segment", "region")
UNKNOWN = "not known"
# A stray order or two, years before the others, do not make a history long.
STRAY_SHARE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class CustomerBase:
    """Kinds of customers; all arrays of shape (n_rows,), in ascending order of the keys and groups.

    Attributes
    ----------
    frequency, recency, T : ndarray of float64
        As in `rfm_summary`, in its time unit.
    recency_days, T_days : ndarray of int64
    weights : ndarray of float64
        Customers of the row.
    monetary_value, monetary_variance : ndarray of float64
        Mean and variance (by n) of the customers' ``monetary_value``; 0 where frequency is 0.
    groups : dict of str to ndarray of str
        ``segment`` and ``region``, as far as the store has customers; `UNKNOWN` for null.
    """

    frequency: NDArray[np.float64]
    recency: NDArray[np.float64]
    T: NDArray[np.float64]
    recency_days: NDArray[np.int64]
    T_days: NDArray[np.int64]
    weights: NDArray[np.float64]
    monetary_value: NDArray[np.float64]
    monetary_variance: NDArray[np.float64]
    groups: dict[str, NDArray[np.str_]]

    @property
    def n_customers(self) -> int:
        """Number of customers who have bought."""
        return int(self.weights.sum())

    @property
    def n_repeat_buyers(self) -> int:
        """Customers who have bought on more than one day."""
        return int(self.weights[self.frequency > 0].sum())

    @property
    def history_days(self) -> int:
        """Days observed since more than `STRAY_SHARE` of the customers had bought."""
        oldest = np.argsort(-self.T_days)
        bought = np.cumsum(self.weights[oldest])
        first = int(np.searchsorted(bought, STRAY_SHARE * bought[-1], side="right"))
        return int(self.T_days[oldest][first]) + 1

    def counts(self) -> RfmCounts:
        """Return the kinds of customers without their groups, as predictions are joined on."""
        keys = np.column_stack([self.frequency.astype(np.int64), self.recency_days, self.T_days])
        _, first, back = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        return RfmCounts(
            frequency=self.frequency[first],
            recency=self.recency[first],
            T=self.T[first],
            weights=np.bincount(back.ravel(), self.weights).astype(np.float64),
            recency_days=self.recency_days[first],
            T_days=self.T_days[first],
        )


def base_rows(summary: ibis.Table, customers: ibis.Table | None = None) -> ibis.Table:
    """Return, lazily, the kinds of customers with their number, mean spend and its variance.

    Parameters
    ----------
    summary : ibis.Table
        From `rfm_summary`, with a value.
    customers : ibis.Table, optional
        Table of the store with ``customer_id``, ``segment`` and ``region``.
    """
    by = list(KEYS)
    if customers is not None:
        known = [name for name in GROUPS if name in customers.columns]
        people = customers.select("customer_id", *known)
        summary = summary.left_join(people, "customer_id").mutate(
            **{name: _[name].coalesce(UNKNOWN) for name in known}
        )
        by += known
    return (
        summary.group_by(*by)
        .aggregate(
            recency=_.recency.min(),
            T=_["T"].min(),
            customers=_.count(),
            monetary_value=_.monetary_value.mean(),
            monetary_variance=_.monetary_value.var(how="pop"),
        )
        .order_by(*by)
    )


def collect_base(summary: ibis.Table, customers: ibis.Table | None = None) -> CustomerBase:
    """Collect, in one query, the kinds of customers.

    Raises
    ------
    NotEstimableError
        If there is no customer.

    Examples
    --------
    Ann and Bob bought on the same two days, for other amounts; Cid once:

    >>> from smsroi_models.clv.rfm import rfm_summary
    >>> orders = ibis.memtable(
    ...     {
    ...         "customer_id": ["ann", "bob", "cid", "ann", "bob"],
    ...         "ordered_at": ["2025-01-01"] * 3 + ["2025-01-08"] * 2,
    ...         "revenue": [9.0, 9.0, 9.0, 10.0, 30.0],
    ...     }
    ... ).mutate(ordered_at=_.ordered_at.cast("date"))
    >>> base = collect_base(rfm_summary(orders, observation_end="2025-01-29"))
    >>> base.frequency, base.weights, base.monetary_value, base.monetary_variance
    (array([0., 1.]), array([1., 2.]), array([ 0., 20.]), array([  0., 100.]))
    """
    rows = base_rows(summary, customers).to_pyarrow()
    if rows.num_rows == 0:
        raise NotEstimableError(
            "no customer has bought by the last day observed: name a later day, or look whether "
            "the orders carry a value"
        )
    columns = {name: rows[name].to_numpy() for name in rows.column_names}
    days = {name: columns[name].astype(np.int64) for name in ("recency_days", "T_days")}
    numbers = ("frequency", "recency", "T", "monetary_value", "monetary_variance")
    return CustomerBase(
        weights=columns["customers"].astype(np.float64),
        groups={name: columns[name].astype(np.str_) for name in GROUPS if name in columns},
        **days,
        **{name: columns[name].astype(np.float64) for name in numbers},
    )


@dataclass(frozen=True, slots=True, eq=False)
class HoldoutRows:
    """Kinds of customers at the end of calibration, with their purchases after it; (n_rows,)."""

    frequency: NDArray[np.float64]
    recency: NDArray[np.float64]
    T: NDArray[np.float64]
    frequency_holdout: NDArray[np.float64]
    weights: NDArray[np.float64]


def holdout_rows(summary: ibis.Table) -> ibis.Table:
    """Return, lazily, the kinds of customers of `calibration_holdout_summary`, counted."""
    by = (*KEYS, "frequency_holdout")
    return (
        summary.group_by(*by)
        .aggregate(recency=_.recency.min(), T=_["T"].min(), customers=_.count())
        .order_by(*by)
    )


def collect_holdout(summary: ibis.Table) -> HoldoutRows:
    """Collect, in one query, the rows on which models are tried.

    Raises
    ------
    NotEstimableError
        If no customer had bought by the end of calibration.
    """
    rows = holdout_rows(summary).to_pyarrow()
    if rows.num_rows == 0:
        raise NotEstimableError("no customer had bought by the end of calibration")
    columns = {name: rows[name].to_numpy().astype(np.float64) for name in rows.column_names}
    return HoldoutRows(
        columns["frequency"],
        columns["recency"],
        columns["T"],
        columns["frequency_holdout"],
        columns["customers"],
    )
