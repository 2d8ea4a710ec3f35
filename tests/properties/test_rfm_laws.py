"""Laws of customers' summaries: what may be done to orders without changing what is known."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.clv.daily_purchases import collect_tracking
from smsroi_models.clv.rfm import calibration_holdout_summary, rfm_summary
from smsroi_models.clv.rfm_counts import collect_rfm_counts

START = pd.Timestamp("2025-01-01", tz="UTC")
END = date(2025, 2, 9)

order = st.tuples(
    st.sampled_from("abcd"),
    st.integers(0, 45 * 86_400 - 1),
    st.integers(-3, 8).map(lambda quarters: quarters / 4),
)
order_lists = st.lists(order, min_size=1, max_size=30)
few = settings(max_examples=12, deadline=None)


def _frame(orders: list[tuple[str, int, float]]) -> pd.DataFrame:
    rows = pd.DataFrame(orders, columns=["customer_id", "second", "revenue"])
    rows["ordered_at"] = START + pd.to_timedelta(rows["second"], unit="s")
    return rows.drop(columns="second")


def _summary(rows: pd.DataFrame, **options: object) -> dict[str, dict[str, float]]:
    table = rfm_summary(rows, observation_end=END, time_unit="day", **options)  # type: ignore[arg-type]
    return {row.pop("customer_id"): row for row in table.to_pyarrow().to_pylist()}


@few
@given(order_lists)
def test_as_counted_in_python(orders: list[tuple[str, int, float]]) -> None:
    net: dict[str, dict[int, float]] = {}
    for who, second, value in orders:
        day = second // 86_400
        if START.date() + timedelta(days=day) <= END:
            net.setdefault(who, {}).setdefault(day, 0.0)
            net[who][day] += value
    found = _summary(_frame(orders))
    bought = {who: sorted(d for d, v in days.items() if v > 0) for who, days in net.items()}
    assert set(found) == {who for who, days in bought.items() if days}
    for who, row in found.items():
        days = bought[who]
        assert row["frequency"] == len(days) - 1
        assert row["recency"] == days[-1] - days[0]
        assert row["T"] == 39 - days[0]
        mean = sum(net[who][d] for d in days[1:]) / max(len(days) - 1, 1)
        assert row["monetary_value"] == pytest.approx(mean, abs=1e-12)


@few
@given(order_lists, st.randoms(use_true_random=False))
def test_order_of_rows_and_currency(orders: list[tuple[str, int, float]], random: object) -> None:
    shuffled = orders.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    scaled = [(who, second, 8 * value) for who, second, value in shuffled]
    before, after = _summary(_frame(orders)), _summary(_frame(scaled))
    assert set(before) == set(after)
    for who, row in before.items():
        assert after[who] == row | {"monetary_value": 8 * row["monetary_value"]}


@few
@given(order_lists)
def test_an_order_in_two_halves_of_one_day(orders: list[tuple[str, int, float]]) -> None:
    halves = [
        (who, second // 86_400 * 86_400 + shift, value / 2)
        for who, second, value in orders
        for shift in (0, 86_399)
    ]
    assert _summary(_frame(halves)) == _summary(_frame(orders))


@few
@given(order_lists, st.integers(0, 38))
def test_holdout_follows_calibration(orders: list[tuple[str, int, float]], split: int) -> None:
    """Purchase days of both periods are those of the whole, for customers known at the split."""
    table = calibration_holdout_summary(
        _frame(orders),
        calibration_end=START.date() + timedelta(days=split),
        observation_end=END,
        time_unit="day",
    )
    whole = _summary(_frame(orders))
    for row in table.to_pyarrow().to_pylist():
        later = whole[row["customer_id"]]
        assert row["frequency"] + row["frequency_holdout"] == later["frequency"]
        assert row["T"] + row["duration_holdout"] == later["T"]
        spent = row["frequency"] * row["monetary_value"] + row["value_holdout"]
        expected = later["frequency"] * later["monetary_value"]
        assert spent == pytest.approx(expected, abs=1e-12)


@few
@given(order_lists)
def test_days_and_kinds_add_up_to_customers(orders: list[tuple[str, int, float]]) -> None:
    whole = _summary(_frame(orders))
    if not whole:
        return
    counts = collect_rfm_counts(rfm_summary(_frame(orders), observation_end=END))
    tracked = collect_tracking(_frame(orders), observation_end=END)
    repeats = sum(row["frequency"] for row in whole.values())
    assert counts.n_customers == tracked.new_customers.sum() == len(whole)
    assert counts.weights @ counts.frequency == tracked.repeat_purchases.sum() == repeats
