"""`outcomes` on the hand-written shop: each figure is worked out beside the expectation."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from corner_shop import AS_OF, ASSIGNED, PRE_DAYS, SPRING, shop_frames

from smsroi_models.attribution.campaigns import (
    read_campaign,
    read_campaign_ids,
    read_last_order_at,
    read_readiness,
)
from smsroi_models.attribution.outcomes import orders_in_reach, outcomes, ready_customers
from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store

ZEROS = {
    "revenue": 0.0,
    "margin": 0.0,
    "orders": 0.0,
    "converted": 0.0,
    "pre_revenue": 0.0,
    "pre_orders": 0.0,
    "opted_out": 0.0,
}
EXPECTED: Mapping[str, Mapping[str, float]] = {
    "t1": {
        "revenue": 100.0 + 10.0,
        # 100 - 40, and 10 - (1 - 0.6) * (10 + 5): the goods of the list price of 15 cost 6
        "margin": 60.0 + 4.0,
        "orders": 2.0,
        "converted": 1.0,
        "pre_revenue": 20.0 + 7.0,
        "pre_orders": 2.0,
        "opted_out": 1.0,
    },
    # 0 - 8 and 15 - 20: goods of refunded orders are lost
    "t2": {**ZEROS, "revenue": 15.0, "margin": -8.0 - 5.0, "orders": 2.0, "converted": 1.0},
    "t3": ZEROS,
    "t4": {
        **ZEROS,
        "revenue": 30.0,
        "margin": 20.0,
        "orders": 1.0,
        "converted": 1.0,
        "pre_revenue": 12.0,
        "pre_orders": 1.0,
    },
    # 50 - (1 - 0.6) * 50
    "h1": {**ZEROS, "revenue": 50.0, "margin": 30.0, "orders": 1.0, "converted": 1.0},
    "h2": {**ZEROS, "opted_out": 1.0},
    "h3": {**ZEROS, "revenue": 25.0, "margin": 20.0, "orders": 1.0, "converted": 1.0},
}


def _rows(store: Store, **options: object) -> dict[str, dict[str, object]]:
    table = outcomes(
        store,
        read_campaign(store, "SPRING"),
        **{"as_of": AS_OF, "pre_days": PRE_DAYS, **options},  # type: ignore[arg-type]
    )
    return {row["customer_id"]: row for row in table.to_pyarrow().to_pylist()}


def test_everyone_ready_is_there_once(shop: Store) -> None:
    campaign = read_campaign(shop, "SPRING")
    table = outcomes(shop, campaign, AS_OF, pre_days=PRE_DAYS)
    found = sorted(table.customer_id.to_pyarrow().to_pylist())
    assert found == sorted(EXPECTED)  # neither t5, nor other, nor nobody


@pytest.mark.parametrize("customer", EXPECTED)
def test_each_customers_outcome(shop: Store, customer: str) -> None:
    row = _rows(shop)[customer]
    arm, days = SPRING[customer]
    assert (row["arm"], row["assigned_at"]) == (arm, ASSIGNED + timedelta(days=days))
    for name, value in EXPECTED[customer].items():
        assert row[name] == pytest.approx(value, abs=1e-12), name


def test_a_customer_in_two_campaigns_counts_in_each_by_itself(shop: Store) -> None:
    table = outcomes(shop, read_campaign(shop, "AUTUMN"), AS_OF, pre_days=PRE_DAYS)
    rows = {row["customer_id"]: row for row in table.to_pyarrow().to_pylist()}
    assert {who: row["revenue"] for who, row in rows.items()} == {
        "t3": 0.0,
        "h1": 50.0,
        "other": 888.0,
    }
    assert rows["h1"]["arm"] == "treatment"


def test_a_window_that_ends_as_of_now_is_over(shop: Store) -> None:
    ends = ASSIGNED + timedelta(days=9)  # of t4
    assert "t4" in _rows(shop, as_of=ends)
    assert "t4" not in _rows(shop, as_of=ends - timedelta(seconds=1))


def test_a_pre_period_of_no_days_is_empty(shop: Store) -> None:
    rows = _rows(shop, pre_days=0)
    assert {row["pre_revenue"] for row in rows.values()} == {0.0}
    assert rows["t1"]["revenue"] == 110.0


def test_a_store_without_subscriptions_knows_no_opt_outs(tmp_path: Path) -> None:
    frames = shop_frames()
    del frames["subscriptions"]
    with open_store(write_store(frames, tmp_path / "store")) as store:
        assert "opted_out" not in next(iter(_rows(store).values()))


def test_days_are_counted_from_each_customers_own_assignment(shop: Store) -> None:
    campaign = read_campaign(shop, "SPRING")
    ready = ready_customers(shop, campaign, AS_OF)
    orders = orders_in_reach(shop, campaign, ready, PRE_DAYS).to_pyarrow().to_pylist()
    ages = {(row["customer_id"], row["age_days"], row["in_window"]) for row in orders}
    assert ages == {
        ("t1", 0, True),
        ("t1", 6, True),
        ("t1", -30, False),
        ("t1", -1, False),
        ("t2", 1, True),
        ("t2", 2, True),
        ("t4", -1, False),
        ("t4", 6, True),
        ("h1", 3, True),
        ("h3", 6, True),
    }


def test_fractions_of_a_second_put_no_order_outside_the_window(tmp_path: Path) -> None:
    """Assigned at .7 s and bought at .6 s a week later: whole seconds are seven days apart."""
    frames = shop_frames()
    frames["assignments"]["assigned_at"] += pd.Timedelta(milliseconds=700)
    last = frames["orders"].customer_id.eq("t1") & frames["orders"].revenue.eq(10.0)
    frames["orders"].loc[last, "ordered_at"] = ASSIGNED + timedelta(days=7, milliseconds=600)
    with open_store(write_store(frames, tmp_path / "store")) as store:
        campaign = read_campaign(store, "SPRING")
        ready = ready_customers(store, campaign, AS_OF)
        orders = orders_in_reach(store, campaign, ready, 0).to_pyarrow().to_pylist()
    assert [row["age_days"] for row in orders if row["revenue"] == 10.0] == [6]


def test_readiness_counts_both_arms_and_says_when(shop: Store) -> None:
    readiness = read_readiness(shop, read_campaign(shop, "SPRING"), AS_OF)
    assert readiness.assigned == {"treatment": 5, "holdout": 3}
    assert readiness.ready == {"treatment": 4, "holdout": 3}
    assert readiness.waiting == 1
    assert readiness.first_ready_at == ASSIGNED + timedelta(days=7)
    assert readiness.counted_until == ASSIGNED + timedelta(days=9)
    assert readiness.last_ready_at == ASSIGNED + timedelta(days=12)


def test_readiness_before_any_window_is_over(shop: Store) -> None:
    readiness = read_readiness(shop, read_campaign(shop, "SPRING"), ASSIGNED)
    assert readiness.ready == {"treatment": 0, "holdout": 0}
    assert readiness.counted_until is None
    assert readiness.first_ready_at == ASSIGNED + timedelta(days=7)


def test_a_campaign_is_read_as_it_stands(shop: Store) -> None:
    campaign = read_campaign(shop, "SPRING")
    assert (campaign.name, campaign.window_days, campaign.margin_rate) == ("Spring", 7, 0.6)
    assert (campaign.starts_at, campaign.message) == (ASSIGNED, None)
    assert read_campaign_ids(shop) == ["SPRING", "AUTUMN"]
    assert read_last_order_at(shop) == ASSIGNED + timedelta(days=11)


def test_a_misspelt_campaign_is_answered_with_the_nearest(shop: Store) -> None:
    with pytest.raises(DataError, match=r"no campaign 'SPRNG'; did you mean 'SPRING'\? It has 2"):
        read_campaign(shop, "SPRNG")
    with pytest.raises(DataError, match=r"no campaign 'x'\. It has 2: 'SPRING', 'AUTUMN'$"):
        read_campaign(shop, "x")
    with pytest.raises(DataError, match="no campaign"):
        read_campaign(shop, "' OR 1=1 --")


def test_a_store_without_orders_has_no_last_one(tmp_path: Path) -> None:
    frames = shop_frames()
    frames["orders"] = frames["orders"].iloc[:0]
    with (
        open_store(write_store(frames, tmp_path / "store")) as store,
        pytest.raises(NotEstimableError, match="the store has no orders"),
    ):
        read_last_order_at(store)
