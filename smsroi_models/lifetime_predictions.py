"""Each customer's own lifetime value, as a lazy table: made for kinds of customers, joined back.

Ten million customers never leave the engine. Models answer once for each kind of them (alike in
frequency, recency and T); a customer's own mean spend enters in the engine, where value is linear
in it and the variances quadratic (`valued`).
"""

import math
import secrets
from pathlib import Path
from statistics import NormalDist

import ibis
import numpy as np
import pyarrow as pa
from ibis import _
from pyarrow import csv, parquet

from smsroi_models.clv.customer_base import collect_base
from smsroi_models.clv.future_purchases import future_purchases
from smsroi_models.clv.purchase_history import PurchaseHistory
from smsroi_models.clv.rfm import rfm_summary
from smsroi_models.clv.rfm_counts import RfmCounts, join_predictions
from smsroi_models.clv.value import parameter_covariance
from smsroi_models.clv.valued import Margin, value_coefficients
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.lifetime_result import LifetimeResult
from smsroi_models.store.connect import Store
from smsroi_models.store.write import inert_table

_COEFFICIENTS = [
    f"{name}_{degree}"
    for name, degrees in (("value", 2), ("variance", 3), ("predictive", 3))
    for degree in range(degrees)
]


def customer_lifetime_values(store: Store, result: LifetimeResult) -> ibis.Table:
    """Return, lazily, one row a customer with purchases, with what is expected of them.

    Write it with ``.to_parquet``, or join it to other tables: nothing is pulled into memory but the
    kinds of customers.

    Parameters
    ----------
    store : Store
        That of the result, as it was.
    result : LifetimeResult
        From `analyze_lifetime_value`.

    Returns
    -------
    ibis.Table
        The columns of `rfm_summary`, then ``probability_alive`` in [0, 1]; ``expected_purchases``
        within the horizon; ``expected_average_value`` of a purchase (revenue); ``lifetime_value``
        (discounted margin), its ``standard_error``, ``ci_lower`` and ``ci_upper`` by the parameters
        alone; and ``predictive_deviation``, by how much what one such customer actually brings
        spreads around it (infinite where the variance of spend is).

    Raises
    ------
    DataError
        If the store is not that of the result, or its tables have changed since.
    NotEstimableError
        If no customer has bought.
    """
    if store.fingerprint() != result.store_fingerprint:
        raise DataError(
            "the result is of another store, or the tables have changed since it was made: pass "
            "the store that analyze_lifetime_value was given, or analyse this one"
        )
    summary = rfm_summary(
        store["orders"],
        observation_end=result.observation_end,
        time_unit=result.terms.time_unit,
    )
    counts = collect_base(summary).counts()
    predicted = join_predictions(summary, counts, _predictions(counts, result))
    return _with_values(predicted, result)


def write_customer_values(store: Store, result: LifetimeResult, path: str | Path) -> Path:
    """Write `customer_lifetime_values` to a Parquet or CSV file, by its ending; return its path.

    Rows pass by in batches, so that memory does not grow with the customers; a half-written file
    never has the final name. The order of rows is the engine's.

    Raises
    ------
    ParameterError
        If the file's name ends in neither ``.parquet`` nor ``.csv``.
    DataError, NotEstimableError
        As `customer_lifetime_values`.
    """
    target = Path(path).absolute()
    if target.suffix not in (".parquet", ".csv"):
        raise ParameterError(f"the file is {target.name!r}: its name must end in .parquet or .csv")
    rows = customer_lifetime_values(store, result)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{secrets.token_hex(8)}{target.suffix}")
    try:
        # The engine's session may not touch files, lest a store's views reach beyond it.
        with rows.to_pyarrow_batches() as batches:
            if target.suffix == ".csv":
                with csv.CSVWriter(partial, batches.schema) as table:
                    for batch in batches:
                        table.write_table(inert_table(pa.Table.from_batches([batch])))
            else:
                with parquet.ParquetWriter(partial, batches.schema) as table:
                    for batch in batches:
                        table.write_batch(batch)
        return partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _predictions(counts: RfmCounts, result: LifetimeResult) -> dict[str, np.ndarray]:
    model, spend = result.purchase_model, result.spend_model
    rows = counts.frequency, counts.recency, counts.T
    history = PurchaseHistory.of(*rows, counts.weights)
    margin = Margin(result.margin.rate, result.margin.standard_error)
    future = future_purchases(model, history, result.terms.discounting)
    covariance = parameter_covariance(model, spend, margin)
    # The mean spend of a customer is a straight line in the own mean of the repeat purchases.
    shrunk = spend.p * counts.frequency + spend.q - 1
    return {
        "probability_alive": model.probability_alive(*rows),
        "expected_purchases": future.expected,
        "spend_0": spend.p * spend.v / shrunk,
        "spend_1": spend.p * counts.frequency / shrunk,
        **value_coefficients(future, spend, counts.frequency, margin, covariance),
    }


def _with_values(rows: ibis.Table, result: LifetimeResult) -> ibis.Table:
    m = _.monetary_value
    variance = _.variance_0 + _.variance_1 * m + _.variance_2 * m * m
    predictive = _.predictive_0 + _.predictive_1 * m + _.predictive_2 * m * m
    valued = rows.mutate(
        expected_average_value=_.spend_0 + _.spend_1 * m,
        lifetime_value=_.value_0 + _.value_1 * m,
        # Rounding may leave a negative digit of a variance of zero.
        standard_error=ibis.greatest(variance, 0.0).sqrt(),
        predictive_deviation=ibis.greatest(predictive, 0.0).sqrt(),
    )
    reach = NormalDist().inv_cdf((1 + result.terms.confidence_level) / 2)
    relative = reach * _.standard_error / _.lifetime_value.nullif(0.0)
    factor = ibis.least(relative, math.log(np.finfo(np.float64).max) / 2).exp().coalesce(1.0)
    return valued.mutate(
        ci_lower=_.lifetime_value / factor, ci_upper=_.lifetime_value * factor
    ).drop("spend_0", "spend_1", *_COEFFICIENTS)
