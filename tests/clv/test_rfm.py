"""Summaries of customers on hand-made orders: days, refunds, edges of the observation, holdout."""

from datetime import date, datetime
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from smsroi_models.clv.daily_purchases import collect_tracking, daily_purchases
from smsroi_models.clv.purchase_days import last_day, purchase_days
from smsroi_models.clv.rfm import calibration_holdout_summary, rfm_summary
from smsroi_models.clv.rfm_counts import (
    collect_rfm_counts,
    collect_spend,
    join_predictions,
    rfm_counts,
)
from smsroi_models.errors import DataError, NotEstimableError, ParameterError
from smsroi_models.store.connect import open_store
from smsroi_models.store.tables import TABLES

# customer, time, net revenue; the last observed day is 29 January.
ORDERS = [
    # ann: two orders on her first day, in each half of it; a repeat on the 8th and on the 15th.
    ("ann", "2025-01-01 00:00:00", 10.0),
    ("ann", "2025-01-01 23:59:59.999999", 5.0),
    ("ann", "2025-01-08 12:00", 20.0),
    ("ann", "2025-01-15 12:00", 30.0),
    ("ann", "2025-01-15 13:00", 6.0),
    ("ann", "2025-01-30 00:00", 99.0),  # after the last day
    # bob: his second order was refunded in full, on its own row.
    ("bob", "2025-01-02 09:00", 40.0),
    ("bob", "2025-01-09 09:00", 0.0),
    # cyd: an exchange on one day nets to 3; the refund on the 20th stands alone.
    ("cyd", "2025-01-03 09:00", 8.0),
    ("cyd", "2025-01-10 09:00", 13.0),
    ("cyd", "2025-01-10 09:05", -10.0),
    ("cyd", "2025-01-20 09:00", -3.0),
    # dan: his first order was refunded in full: his clock starts with the second.
    ("dan", "2025-01-04 09:00", 7.0),
    ("dan", "2025-01-04 10:00", -7.0),
    ("dan", "2025-01-22 09:00", 5.0),
    # eve: never a purchase that stood. fay: a value nobody wrote down.
    ("eve", "2025-01-05 09:00", 0.0),
    ("fay", "2025-01-29 23:59", 11.0),
    ("fay", "2025-01-29 23:59", np.nan),
    (None, "2025-01-06 09:00", 50.0),
]
EXPECTED = {  # frequency, recency and T in days, mean of repeats
    "ann": (2, 14, 28, (20 + 36) / 2),
    "bob": (0, 0, 27, 0.0),
    "cyd": (1, 7, 26, 3.0),
    "dan": (0, 0, 7, 0.0),
    "fay": (0, 0, 0, 0.0),
}
END = "2025-01-29"


def frame(orders: list[tuple[str | None, str, float]] = ORDERS) -> pd.DataFrame:
    rows = pd.DataFrame(orders, columns=["customer_id", "ordered_at", "revenue"])
    rows["ordered_at"] = pd.to_datetime(rows["ordered_at"], format="ISO8601", utc=True)
    return rows


def by_customer(table: ibis.Table, *names: str) -> dict[str, tuple[float, ...]]:
    rows = table.to_pyarrow().to_pylist()
    return {row["customer_id"]: tuple(row[name] for name in names) for row in rows}


@pytest.mark.parametrize("kind", ["pandas", "arrow", "ibis", "no zone"])
def test_a_table_by_hand(kind: str) -> None:
    orders = frame()
    if kind == "no zone":
        orders["ordered_at"] = orders["ordered_at"].dt.tz_localize(None)
    table = {"arrow": pa.Table.from_pandas, "ibis": ibis.memtable}.get(kind, lambda x: x)(orders)
    summary = rfm_summary(table, observation_end=END, time_unit="day")
    found = by_customer(summary, "frequency", "recency", "T", "monetary_value")
    assert found == EXPECTED
    days = by_customer(summary, "frequency", "recency_days", "T_days", "monetary_value")
    assert days == EXPECTED


def test_weeks_are_days_over_seven() -> None:
    found = by_customer(rfm_summary(frame(), observation_end=END), "recency", "T")
    assert found == {name: (e[1] / 7, e[2] / 7) for name, e in EXPECTED.items()}


def test_without_a_value_every_day_with_an_order_counts() -> None:
    summary = rfm_summary(frame(), value=None, observation_end=END, time_unit="day")
    assert "monetary_value" not in summary.columns
    found = by_customer(summary, "frequency", "recency")
    expected = {"ann": (2, 14), "bob": (1, 7), "cyd": (2, 17), "dan": (1, 18)}
    assert found == expected | {"eve": (0, 0), "fay": (0, 0)}


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_days_are_utc_whatever_the_sessions_zone(zone: str) -> None:
    connection = ibis.duckdb.connect()
    connection.raw_sql(f"SET TimeZone = '{zone}'")
    table = connection.create_table("orders", frame())
    summary = rfm_summary(table, observation_end=END, time_unit="day")
    assert by_customer(summary, "frequency", "recency", "T", "monetary_value") == EXPECTED


def test_dates_and_days_before_1970() -> None:
    orders = pd.DataFrame(
        {"who": ["a"] * 3, "on": [date(1969, 12, 30), date(1969, 12, 31), date(1970, 1, 1)]}
    )
    summary = rfm_summary(
        pa.Table.from_pandas(orders),
        "who",
        "on",
        None,
        observation_end="1970-01-03",
        time_unit="day",
    )
    row = summary.to_pyarrow().to_pylist()[0]
    assert (row["who"], row["frequency"], row["recency"], row["T"]) == ("a", 2, 2.0, 4.0)


def test_moments_before_1970_fall_on_their_own_day() -> None:
    orders = frame([("a", "1969-12-31 12:00", 1.0), ("a", "1970-01-01 12:00", 1.0)])
    summary = rfm_summary(orders, observation_end="1970-01-01", time_unit="day")
    assert by_customer(summary, "frequency", "recency", "T") == {"a": (1, 1.0, 1.0)}


def test_integers_and_decimals_as_values() -> None:
    orders = frame([("a", "2025-01-01", 1.0), ("a", "2025-01-02", 3.0)])
    for kind in ("int64", "decimal(12, 2)"):
        table = ibis.memtable(orders)
        table = table.mutate(revenue=table.revenue.cast(kind))
        summary = rfm_summary(table, observation_end=END)
        assert by_customer(summary, "monetary_value") == {"a": (3.0,)}


def test_calibration_and_holdout() -> None:
    """Calibration ends on the 14th: ann's 15th, dan's first and fay are later."""
    summary = calibration_holdout_summary(
        frame(), calibration_end="2025-01-14", observation_end=END, time_unit="day"
    )
    known = by_customer(summary, "frequency", "recency", "T", "monetary_value")
    assert known == {
        "ann": (1, 7, 13, 20.0),
        "bob": (0, 0, 12, 0.0),
        "cyd": (1, 7, 11, 3.0),
    }
    later = by_customer(summary, "frequency_holdout", "duration_holdout", "value_holdout")
    assert later == {"ann": (1, 15, 36.0), "bob": (0, 15, 0.0), "cyd": (0, 15, 0.0)}
    weeks = calibration_holdout_summary(
        frame(), value=None, calibration_end="2025-01-14", observation_end=END
    )
    assert "value_holdout" not in weeks.columns
    assert by_customer(weeks, "duration_holdout")["ann"] == (pytest.approx(15 / 7),)


def test_calibration_is_the_summary_at_its_end() -> None:
    both = calibration_holdout_summary(frame(), calibration_end="2025-01-14", observation_end=END)
    alone = rfm_summary(frame(), observation_end="2025-01-14")
    assert by_customer(both, *alone.columns) == by_customer(alone, *alone.columns)


def test_kinds_of_customers_and_their_spend() -> None:
    summary = rfm_summary(frame(), observation_end=END, time_unit="day")
    counts = collect_rfm_counts(summary)
    assert counts.frequency.tolist() == [0, 0, 0, 1, 2]
    assert counts.T.tolist() == [0, 7, 27, 26, 28]
    assert counts.recency.tolist() == [0, 0, 0, 7, 14]
    assert counts.weights.tolist() == [1] * 5
    assert counts.n_customers == 5
    frequency, spend = collect_spend(summary)
    assert sorted(zip(frequency.tolist(), spend.tolist(), strict=True)) == [(1.0, 3.0), (2.0, 28.0)]


def test_predictions_come_back_to_their_customers() -> None:
    orders = pd.concat([frame(), frame().assign(customer_id=frame()["customer_id"] + "2")])
    summary = rfm_summary(orders, observation_end=END)
    counts = collect_rfm_counts(summary)
    assert counts.weights.tolist() == [2] * 5
    joined = join_predictions(summary, counts, {"code": 100 * counts.frequency + counts.T_days})
    assert joined.columns == (*summary.columns, "code")
    found = by_customer(joined, "code")
    assert found == {
        name + end: (100.0 * e[0] + e[2],) for name, e in EXPECTED.items() for end in ("", "2")
    }


def test_customers_of_a_kind_without_prediction_are_seen() -> None:
    counts = collect_rfm_counts(rfm_summary(frame(ORDERS[:5]), observation_end=END))
    summary = rfm_summary(frame(), observation_end=END)
    found = by_customer(join_predictions(summary, counts, {"code": [7.0]}), "code")
    assert found == {name: (7.0 if name == "ann" else None,) for name in EXPECTED}


def test_each_days_new_customers_and_repeats() -> None:
    found = collect_tracking(frame(), observation_end=END)
    assert (found.first_day, found.last_day) == (date(2025, 1, 1), date(2025, 1, 29))
    new, repeats = np.zeros(29), np.zeros(29)
    new[[0, 1, 2, 21, 28]] = 1
    repeats[[7, 9, 14]] = 1
    assert found.new_customers.tolist() == new.tolist()
    assert found.repeat_purchases.tolist() == repeats.tolist()
    early = collect_tracking(frame(), observation_end=END, acquired_until="2025-01-01")
    assert early.new_customers.sum() == 1
    assert np.flatnonzero(early.repeat_purchases).tolist() == [7, 14]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"customer_id": "who"}, DataError, "no column"),
        ({"customer_id": "frequency"}, ParameterError, "a column that is returned"),
        ({"customer_id": "T"}, ParameterError, "a column that is returned"),
        ({"ordered_at": "revenue"}, DataError, "a time or a date is needed"),
        ({"value": "customer_id"}, DataError, "a number is needed"),
        ({"time_unit": "month"}, ParameterError, "time_unit is 'month'"),
        ({"observation_end": "soon"}, ParameterError, "observation_end is 'soon'"),
        ({"observation_end": None}, ParameterError, "observation_end is None"),
        ({"observation_end": pd.NaT}, ParameterError, "observation_end is NaT"),
        ({"observation_end": datetime(2025, 1, 29, 6)}, ParameterError, "such as 2025-01-28"),
    ],
)
def test_refusals(changes: dict[str, object], error: type[Exception], words: str) -> None:
    options: dict[str, object] = {"observation_end": END} | changes
    with pytest.raises(error, match=words):
        rfm_summary(frame(), **options)  # type: ignore[arg-type]


def test_other_refusals() -> None:
    with pytest.raises(ParameterError, match="the holdout period needs a day"):
        calibration_holdout_summary(frame(), calibration_end=END, observation_end=END)
    summary = rfm_summary(frame(), observation_end="2024-01-01")
    with pytest.raises(NotEstimableError, match="no customer has bought"):
        collect_rfm_counts(summary)
    with pytest.raises(NotEstimableError, match="no customer had bought"):
        collect_tracking(frame(), observation_end="2024-01-01")
    with pytest.raises(DataError, match="pass the table that rfm_summary returns"):
        collect_rfm_counts(ibis.memtable(frame()))
    with pytest.raises(DataError, match="make it with a value"):
        collect_spend(rfm_summary(frame(), value=None, observation_end=END))
    summary = rfm_summary(frame(), observation_end=END)
    counts = collect_rfm_counts(summary)
    with pytest.raises(DataError, match="one value for each of the 5 rows"):
        join_predictions(summary, counts, {"code": [1.0]})
    with pytest.raises(DataError, match="already has a column"):
        join_predictions(summary, counts, {"T": counts.T})


def test_midnight_names_its_day() -> None:
    midnight = pd.Timestamp("2025-01-29", tz="America/New_York")
    with pytest.raises(ParameterError, match="days are observed whole"):
        last_day("observation_end", midnight)
    assert last_day("observation_end", midnight.tz_convert("UTC").normalize()) == date(2025, 1, 29)
    assert last_day("observation_end", date(2025, 1, 29)) == date(2025, 1, 29)


STORE = {"orders": ibis.table(TABLES["orders"].schema(), name="orders")}
NAMES = ("customer_id", "ordered_at", "revenue")
SUMMARY = rfm_summary(STORE["orders"], observation_end=END)
QUERIES = {
    "summary": SUMMARY,
    "without value": rfm_summary(STORE["orders"], value=None, observation_end=END),
    "holdout": calibration_holdout_summary(
        STORE["orders"], calibration_end="2025-01-14", observation_end=END
    ),
    "counts": rfm_counts(SUMMARY),
    "tracking": daily_purchases(
        purchase_days(STORE["orders"], *NAMES, date(2025, 1, 29)), date(2025, 1, 14)
    ),
}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery", "snowflake"])
@pytest.mark.parametrize("query", QUERIES)
def test_queries_compile_without_words_of_duckdb(query: str, dialect: str) -> None:
    text = ibis.to_sql(QUERIES[query], dialect=dialect)
    assert text.lstrip().startswith(("SELECT", "WITH"))
    assert "EPOCH_US" not in text


def test_a_stores_orders(tmp_path: Path) -> None:
    """From files to predictions and back, in the store's confined session."""
    orders = frame().dropna(subset="customer_id").fillna({"revenue": 0.0})
    ids = [f"o{i}" for i in range(len(orders))]
    orders.assign(order_id=ids, discount=0.0).to_parquet(tmp_path / "orders.parquet")
    with open_store(tmp_path) as store:
        summary = rfm_summary(store["orders"], observation_end=END, time_unit="day")
        assert "EPOCH_US" in ibis.to_sql(summary, dialect="duckdb")  # five times as fast
        counts = collect_rfm_counts(summary)
        joined = join_predictions(summary, counts, {"code": counts.T})
        found = by_customer(joined, "frequency", "recency", "T", "monetary_value", "code")
    assert found == {name: (*e, e[2]) for name, e in EXPECTED.items()}
