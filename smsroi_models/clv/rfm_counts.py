"""From the table of customers to the arrays that models are fitted on, and predictions back to it.

Customers alike in frequency, recency and T are one row with their count: the likelihood needs no
more, and predictions are the same for all of them. Mean spend is seldom alike, so that it comes as
one value a customer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import numpy as np
from ibis import _
from numpy.typing import ArrayLike, NDArray

from smsroi_models.errors import DataError, NotEstimableError

_KEYS = ("frequency", "recency_days", "T_days")


@dataclass(frozen=True, slots=True, eq=False)
class RfmCounts:
    """Kinds of customers; all arrays of shape (n_rows,), in ascending order of the keys.

    Attributes
    ----------
    frequency, recency, T : ndarray of float64
        As in `rfm_summary`, in its time unit.
    weights : ndarray of float64
        Customers of the kind, at least 1.
    recency_days, T_days : ndarray of int64
        Whole days: with ``frequency`` the key on which predictions are joined.
    """

    frequency: NDArray[np.float64]
    recency: NDArray[np.float64]
    T: NDArray[np.float64]
    weights: NDArray[np.float64]
    recency_days: NDArray[np.int64]
    T_days: NDArray[np.int64]

    @property
    def n_customers(self) -> int:
        """Number of customers."""
        return int(self.weights.sum())


def rfm_counts(summary: ibis.Table) -> ibis.Table:
    """Return, lazily, the unique ``frequency, recency_days, T_days`` with their times and counts.

    Raises
    ------
    DataError
        If the table is not one of `rfm_summary`.
    """
    _check_summary(summary)
    return (
        summary.group_by(*_KEYS)
        .aggregate(recency=_.recency.min(), T=_["T"].min(), customers=_.count())
        .order_by(*_KEYS)
    )


def collect_rfm_counts(summary: ibis.Table) -> RfmCounts:
    """Collect, in one query, the kinds of customers in a summary and how many there are of each.

    Parameters
    ----------
    summary : ibis.Table
        From `rfm_summary` or `calibration_holdout_summary`.

    Raises
    ------
    DataError
        If the table is not one of `rfm_summary`.
    NotEstimableError
        If there is no customer.
    """
    rows = rfm_counts(summary).to_pyarrow()
    if rows.num_rows == 0:
        raise NotEstimableError(
            "no customer has bought by the last day observed: name a later day, or look whether "
            "the orders carry a value"
        )
    columns = {name: rows[name].to_numpy() for name in rows.column_names}
    times = {name: columns[name].astype(np.float64) for name in ("frequency", "recency", "T")}
    return RfmCounts(
        **times,
        weights=columns["customers"].astype(np.float64),
        recency_days=columns["recency_days"].astype(np.int64),
        T_days=columns["T_days"].astype(np.int64),
    )


def collect_spend(summary: ibis.Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Collect frequency and monetary value of the repeat buyers, one row a customer.

    The likelihood of spend holds log(v + x m) of each customer, so that no sums suffice. The order
    of rows is the engine's.

    Raises
    ------
    DataError
        If the table is not one of `rfm_summary`, or was made without a value.
    """
    _check_summary(summary)
    if "monetary_value" not in summary.columns:
        raise DataError("the summary has no monetary_value: make it with a value column")
    rows = summary.filter(_.frequency > 0).select("frequency", "monetary_value").to_pyarrow()
    return (
        rows["frequency"].to_numpy().astype(np.float64),
        rows["monetary_value"].to_numpy().astype(np.float64),
    )


def join_predictions(
    summary: ibis.Table, counts: RfmCounts, predictions: Mapping[str, ArrayLike]
) -> ibis.Table:
    """Return, lazily, the customers with predictions that were made once for each kind of them.

    Customers never leave the engine: the predictions travel to it, and are joined on whole days.
    A customer of a kind that is not in ``counts`` gets null.

    Parameters
    ----------
    summary : ibis.Table
        From which the counts were collected.
    counts : RfmCounts
    predictions : mapping of str to array_like of shape (n_rows,)
        Name of the new column, and its value for each row of the counts.

    Raises
    ------
    DataError
        If the summary is none, a prediction has another shape, or its name is taken.

    Examples
    --------
    >>> from smsroi_models.clv.rfm import rfm_summary
    >>> orders = ibis.memtable(
    ...     {"customer_id": ["ann", "bob"], "ordered_at": ["2025-01-01"] * 2, "revenue": [9.0, 8.0]}
    ... ).mutate(ordered_at=_.ordered_at.cast("date"))
    >>> summary = rfm_summary(orders, observation_end="2025-01-29")
    >>> counts = collect_rfm_counts(summary)  # one kind: bought once, 4 weeks ago
    >>> counts.frequency, counts.T, counts.weights
    (array([0.]), array([4.]), array([2.]))
    >>> join_predictions(summary, counts, {"alive": [0.5]}).alive.to_pyarrow().to_pylist()
    [0.5, 0.5]
    """
    _check_summary(summary)
    taken = [name for name in predictions if name in summary.columns]
    if taken:
        raise DataError(f"the summary already has a column {taken}: name the predictions otherwise")
    keys = {
        "frequency_key": counts.frequency.astype(np.int64),
        "recency_key": counts.recency_days,
        "T_key": counts.T_days,
    }
    values = {name: _prediction(name, value, counts) for name, value in predictions.items()}
    uploaded = ibis.memtable(keys | values)
    return summary.left_join(
        uploaded,
        [
            summary[name] == uploaded[key].cast(summary[name].type())
            for name, key in zip(_KEYS, keys, strict=True)
        ],
    ).drop(*keys)


def _prediction(name: str, value: ArrayLike, counts: RfmCounts) -> NDArray[np.float64]:
    array = np.asarray(value, dtype=np.float64)
    if array.shape != counts.weights.shape:
        raise DataError(
            f"{name} has shape {array.shape}: one value for each of the {len(counts.weights)} rows "
            "of the counts is needed"
        )
    return array


def _check_summary(summary: ibis.Table) -> None:
    missing = [name for name in (*_KEYS, "recency", "T") if name not in summary.columns]
    if missing:
        raise DataError(f"no column {missing}: pass the table that rfm_summary returns")
