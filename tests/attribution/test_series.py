"""The daily series at every edge of its days, and who is in it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import everyone_texted
import numpy as np
import pytest
from everyone_texted import CAMPAIGN, SPAN, frames

from smsroi_models.attribution.series import (
    OtherCampaign,
    collect_series,
    read_span,
    read_without_holdout,
    series_customers,
)
from smsroi_models.errors import NotEstimableError
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store


@pytest.fixture(scope="module")
def everyone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = write_store(frames(), tmp_path_factory.mktemp("everyone") / "store")
    with open_store(path) as store:
        yield store


def test_who_is_counted_and_who_is_a_control(everyone: Store) -> None:
    rows = series_customers(everyone, CAMPAIGN, SPAN).to_pyarrow().to_pylist()
    assert {row["customer_id"]: row["role"] for row in rows} == {
        "old1": "counted",
        "old2": "counted",
        "control": "control",
        "before": "control",
    }
    assert len(rows) == 4


def test_days_are_whole_and_money_stands_on_its_day(everyone: Store) -> None:
    found = collect_series(everyone, CAMPAIGN, SPAN)
    margin, revenue = np.zeros(13), np.zeros(13)
    revenue[[0, 9, 10, 12]] = 20.0, 30.0, 150.0, 7.0
    margin[[0, 9, 10, 12]] = 20 - 5, 30 - 10, 60 + (50 - 0.4 * 60), 7 - 2
    np.testing.assert_allclose(found.margin, margin)
    np.testing.assert_allclose(found.revenue, revenue)
    assert found.orders.tolist() == [1, *[0] * 8, 1, 2, 0, 1]
    control = np.zeros(13)
    control[11] = (40 - 10) + (9 - 4)
    np.testing.assert_allclose(found.control_margin, control)
    assert (found.counted, found.controls, found.has_controls) == (2, 2, False)


def test_days_of_another_campaign_are_marked_from_its_first_to_its_last(everyone: Store) -> None:
    found = collect_series(everyone, CAMPAIGN, SPAN)
    # PAST reached one of the two, from day -7.5 to -5.5; AGES was over before the span.
    assert found.others == (OtherCampaign("PAST", 0.5, -8, -5),)
    assert np.flatnonzero(found.disturbed).tolist() == [2, 3, 4]
    assert found.overlapping == ()
    into = replace(found.others[0], end_day=1)
    assert replace(found, others=(into,)).overlapping == (into,)


def test_the_window_lasts_until_the_last_customers_is_over(everyone: Store) -> None:
    # Assigned from day 0 to day 1, windows of two days; the first order is 20 days before.
    assert read_span(everyone, CAMPAIGN, 10) == SPAN
    assert read_span(everyone, CAMPAIGN, 180).pre_days == 40 - 20
    assert timedelta(days=3) == SPAN.ends_at - SPAN.starts_at


def test_a_store_without_customers_takes_the_first_order(everyone: Store) -> None:
    tables = {name: everyone[name] for name in everyone.names if name != "customers"}
    rows = series_customers(tables, CAMPAIGN, SPAN).to_pyarrow().to_pylist()
    assert [row["customer_id"] for row in rows] == ["old1"]


def test_campaigns_that_held_nobody_out(everyone: Store) -> None:
    assert read_without_holdout(everyone) == {"ALL", "AGES"}


def test_a_campaign_of_new_customers_only_is_refused(everyone: Store) -> None:
    span = replace(SPAN, pre_days=60)
    with pytest.raises(NotEstimableError, match="acquired before the pre-period"):
        collect_series(everyone, CAMPAIGN, span)


def test_a_campaign_without_a_day_of_orders_before_it_is_refused(everyone: Store) -> None:
    tables = {name: everyone[name] for name in everyone.names}
    orders = tables["orders"]
    tables["orders"] = orders.filter(orders.ordered_at >= everyone_texted.STARTS)
    with pytest.raises(NotEstimableError, match="add older orders"):
        read_span(tables, CAMPAIGN, 180)
