"""Histories, recruits and retention of a shop written by hand."""

from collections.abc import Iterator
from datetime import date

import ibis
import numpy as np
import pytest
from recruiting_shop import AS_OF, ASSIGNED, RECRUITED, REFERRED, WINDOW_DAYS, recruiting_frames

from smsroi_models.attribution.campaigns import Campaign, read_campaign
from smsroi_models.clv.assigned_histories import assigned_histories, collect_kinds, with_values
from smsroi_models.clv.recruits import (
    collect_acquired_earlier,
    collect_recruit_kinds,
    collect_recruit_totals,
    collect_recruits,
)
from smsroi_models.clv.retention_counts import (
    collect_arm_purchases,
    collect_cohort_purchases,
    quarter_starts,
)
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store


@pytest.fixture(scope="module")
def recruiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = write_store(recruiting_frames(), tmp_path_factory.mktemp("recruiting") / "store")
    with open_store(path, threads=1) as store:
        yield store


@pytest.fixture(scope="module")
def spring(recruiting: Store) -> Campaign:
    return read_campaign(recruiting, "SPRING")


def _by_customer(table: ibis.Table) -> dict[str, dict[str, object]]:
    return {row["customer_id"]: row for row in table.to_pyarrow().to_pylist()}


def test_a_history_ends_with_the_last_whole_day_before_assignment(
    recruiting: Store, spring: Campaign
) -> None:
    rows = _by_customer(assigned_histories(recruiting, spring, AS_OF, 0))
    names = ("arm", "frequency", "recency_days", "T_days", "monetary_value")
    # From the first purchase day to 9 March, the last whole day: 100 - 1 days.
    assert tuple(rows["t1"][name] for name in names) == ("treatment", 1, 10, 99, 30.0)
    assert tuple(rows["t2"][name] for name in names) == ("treatment", 0, 0, 59, 0.0)
    assert tuple(rows["h1"][name] for name in names) == ("holdout", 0, 0, 49, 0.0)
    assert set(rows) == {"t1", "t2", "h1"}  # t3 and h2 had not bought
    assert rows["t1"]["T"] == pytest.approx(99 / 7)
    assert rows["t1"]["recency"] == pytest.approx(10 / 7)


def test_a_history_at_the_windows_end_holds_its_orders(recruiting: Store, spring: Campaign) -> None:
    rows = _by_customer(assigned_histories(recruiting, spring, AS_OF, WINDOW_DAYS))
    names = ("frequency", "recency_days", "T_days", "monetary_value")
    # 30, 50 and 60 on three days after the first; the last one on day 104 of 109.
    assert tuple(rows["t1"][name] for name in names) == (3, 104, 109, 140 / 3)
    assert tuple(rows["t3"][name] for name in names) == (0, 0, 8, 0.0)
    assert tuple(rows["t2"][name] for name in names) == (0, 0, 69, 0.0)  # day 12 is after it
    assert "h2" not in rows


def test_kinds_count_each_arm(recruiting: Store, spring: Campaign) -> None:
    kinds = collect_kinds(assigned_histories(recruiting, spring, AS_OF, 0))
    assert kinds.frequency.tolist() == [0, 0, 1]
    assert kinds.T_days.tolist() == [49, 59, 99]
    assert kinds.customers.tolist() == [[0, 1], [1, 0], [1, 0]]
    assert kinds.spend.tolist() == [[0, 0], [0, 0], [30, 0]]
    assert pytest.approx(kinds.T_days) == kinds.T * 7


def test_nobody_with_a_history_is_no_kind(recruiting: Store, spring: Campaign) -> None:
    kinds = collect_kinds(assigned_histories(recruiting, spring, AS_OF, -200))
    assert kinds.customers.shape == (0, 2) and kinds.spend.shape == (0, 2)


def test_values_come_back_to_the_customers(recruiting: Store, spring: Campaign) -> None:
    histories = assigned_histories(recruiting, spring, AS_OF, 0)
    kinds = collect_kinds(histories)
    level, slope = np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 0.5])
    rows = _by_customer(with_values(histories, kinds, {"ahead": (level, slope)}))
    assert {who: row["ahead"] for who, row in rows.items()} == {"h1": 1.0, "t2": 2.0, "t1": 18.0}


def test_recruits_are_found_at_any_depth_and_circles_end(
    recruiting: Store, spring: Campaign
) -> None:
    how = collect_recruits(recruiting, spring, AS_OF)
    assert {who for who, kind in how.items() if kind == "recruited"} == RECRUITED | {"h2"}
    assert {who for who, kind in how.items() if kind == "referred"} == REFERRED


def test_those_in_an_arm_are_counted_and_left_out(recruiting: Store, spring: Campaign) -> None:
    how = collect_recruits(recruiting, spring, AS_OF)
    totals = collect_recruit_totals(recruiting, spring, AS_OF, how)
    assert totals.customers == (3, 4)
    assert totals.assigned == 1  # h2
    assert totals.elsewhere == 2  # r1 and f2
    assert totals.buyers == (1, 3)  # r1; f1, f3 and c4
    # (30 - 10) + (20 - 15); (12 - 2) + (7 - 3) + (9 - 1)
    assert totals.margin == pytest.approx((25.0, 22.0))


def test_customers_from_before_the_campaign_are_counted_apart(
    recruiting: Store, spring: Campaign
) -> None:
    assert collect_acquired_earlier(recruiting, spring) == 2  # t2 and marked


def test_recruits_histories_end_when_they_are_read(recruiting: Store, spring: Campaign) -> None:
    kinds = collect_recruit_kinds(
        recruiting, spring, AS_OF, collect_recruits(recruiting, spring, AS_OF)
    )
    # f3 bought on the last, half day; c4 49, f1 74 and r1 77 whole days after the first purchase.
    assert kinds.frequency.tolist() == [0, 0, 1]
    assert kinds.T_days.tolist() == [49, 74, 77]
    assert kinds.recency_days.tolist() == [0, 0, 38]
    assert kinds.customers.tolist() == [[0, 1], [0, 1], [1, 0]]
    assert kinds.spend.tolist() == [[0, 0], [0, 0], [20, 0]]


def test_a_campaign_that_recruited_nobody(recruiting: Store) -> None:
    nobody = Campaign("WINTER", "Winter", ASSIGNED, 10, 0.5, "USD", None)
    assert collect_recruits(recruiting, nobody, AS_OF) == {}


def test_when_each_arm_bought(recruiting: Store, spring: Campaign) -> None:
    treatment, holdout = collect_arm_purchases(recruiting, spring, AS_OF, 65)
    first = {day: n for day, n in enumerate(treatment.first) if n}
    assert first == {1: 1, 4: 1, 12: 1}  # t3, t1, t2
    assert {day: n for day, n in enumerate(holdout.first) if n} == {35: 1}  # h1
    assert treatment.active.tolist() == [3, 0]  # two whole periods of thirty days
    assert holdout.active.tolist() == [0, 1]


def test_cohorts_by_the_quarter_of_first_purchase(recruiting: Store) -> None:
    cohorts = collect_cohort_purchases(recruiting, date(2025, 7, 1), 3)
    assert [(c.starts, c.ends) for c in cohorts] == [
        (date(2024, 10, 1), date(2025, 1, 1)),
        (date(2025, 1, 1), date(2025, 4, 1)),
        (date(2025, 4, 1), date(2025, 7, 1)),
    ]
    assert [c.customers for c in cohorts] == [1, 8, 2]
    # t1; t2 t3 h1 r1 f1 marked friend elsewhere; f3 c4
    seconds = [{age: n for age, n in enumerate(c.second) if n} for c in cohorts]
    # t1 after 10 days; t2 after 72, h1 after 85 and r1 after 38
    assert seconds == [{10: 1}, {72: 1, 85: 1, 38: 1}, {}]


@pytest.mark.parametrize(
    ("until", "first"),
    [
        (date(2025, 3, 30), date(2024, 10, 1)),  # a day of the quarter is left
        (date(2025, 3, 31), date(2025, 1, 1)),
        (date(2024, 12, 31), date(2024, 10, 1)),
    ],
)
def test_a_quarter_counts_once_it_is_over(until: date, first: date) -> None:
    assert quarter_starts(until, 1)[0] == first
