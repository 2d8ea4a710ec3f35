"""The time after the window on the hand-written shop, and the stated rule of the verdict."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from corner_shop import ASSIGNED, PRE_DAYS, SECOND, shop_frames

from smsroi_models.attribution.after_window import (
    HORIZONS,
    after_window,
    collect_after_window,
    readable_horizons,
)
from smsroi_models.attribution.campaigns import read_campaign, read_readiness
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import outcomes
from smsroi_models.attribution.pull_forward import PullForward, pull_forward, unread
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store

# customer, days after ASSIGNED, revenue, cost of goods
LATER = [
    ("t1", 7 + 3 - SECOND, 40.0, 10.0),  # the last second of three days after
    ("t1", 7 + 3, 70.0, 20.0),  # exactly at their end: the fourth day
    ("t4", 2 + 7, 5.0, 1.0),  # exactly at the end of this customer's own window
    ("h1", 7 + 30 - SECOND, 8.0, 2.0),  # the last second of thirty days after
    ("h1", 7 + 30, 9.0, 1.0),
    ("nobody", 8, 500.0, 1.0),
]
# t5's window ends on day 12, thirty days after it is day 42
READ = ASSIGNED + timedelta(days=42)


@pytest.fixture(scope="module")
def later_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    frames = shop_frames()
    more = pd.DataFrame(
        {
            "order_id": f"later{i}",
            "customer_id": who,
            "ordered_at": ASSIGNED + timedelta(seconds=round(days * 86_400)),
            "revenue": revenue,
            "discount": 0.0,
            "cost_of_goods": cost,
        }
        for i, (who, days, revenue, cost) in enumerate(LATER)
    )
    frames["orders"] = pd.concat([frames["orders"], more], ignore_index=True)
    path = write_store(frames, tmp_path_factory.mktemp("later") / "store")
    with open_store(path) as store:
        yield store


def test_each_customers_margin_after_the_window(later_shop: Store) -> None:
    campaign = read_campaign(later_shop, "SPRING")
    table = after_window(later_shop, campaign, READ, (3, 30), pre_days=PRE_DAYS)
    rows = {row["customer_id"]: row for row in table.to_pyarrow().to_pylist()}
    after = {who: (row["after_3"], row["after_30"]) for who, row in rows.items()}
    assert after == {
        # 999 - 1 exactly at the window's end, 40 - 10 within three days, 70 - 20 later
        "t1": (998.0 + 30.0, 998.0 + 30.0 + 50.0),
        "t2": (0.0, 0.0),
        "t3": (0.0, 0.0),
        "t4": (4.0, 4.0),
        "t5": (0.0, 0.0),
        "h1": (0.0, 6.0),
        "h2": (0.0, 0.0),
        "h3": (0.0, 0.0),
    }


def test_the_window_and_the_past_are_those_of_outcomes(later_shop: Store) -> None:
    campaign = read_campaign(later_shop, "SPRING")
    names = ["customer_id", "arm", "margin", "pre_revenue", "pre_orders"]
    here = after_window(later_shop, campaign, READ, (7,), pre_days=PRE_DAYS).select(names)
    there = outcomes(later_shop, campaign, READ, pre_days=PRE_DAYS).select(names)
    found, expected = (
        table.to_pandas().sort_values("customer_id", ignore_index=True) for table in (here, there)
    )
    pd.testing.assert_frame_equal(found, expected)


def test_moments_are_those_of_the_rows(later_shop: Store) -> None:
    campaign = read_campaign(later_shop, "SPRING")
    treated, held = collect_after_window(later_shop, campaign, READ, (3, 30), pre_days=PRE_DAYS)
    assert treated.columns == ("margin", "after_3", "after_30", "pre_revenue", "pre_orders")
    assert (treated.n, held.n) == (5, 3)
    assert treated.mean_of("after_30") == pytest.approx((1078.0 + 4.0) / 5)
    assert held.mean_of("after_30") == pytest.approx(6.0 / 3)


def test_a_horizon_is_read_when_everybody_counted_has_had_it(shop: Store) -> None:
    """As of day 10 t4, whose window ended on day 9, is the last one counted."""
    campaign = read_campaign(shop, "SPRING")
    as_of = ASSIGNED + timedelta(days=10)
    readiness = read_readiness(shop, campaign, as_of)
    over, early = readable_horizons(readiness, as_of, (1, 2))
    assert over == (1,)
    assert early == {2: ASSIGNED + timedelta(days=11)}
    assert readable_horizons(readiness, as_of - timedelta(seconds=1), (1,))[0] == ()
    assert readable_horizons(replace(readiness, counted_until=None), as_of) == ((), {})
    assert tuple(readable_horizons(readiness, as_of)[1]) == HORIZONS


@pytest.mark.parametrize("horizons", [(0,), (7, -1), (1.5,)])
def test_a_horizon_below_a_day_is_refused(shop: Store, horizons: tuple[int, ...]) -> None:
    campaign = read_campaign(shop, "SPRING")
    with pytest.raises(ParameterError, match="whole number of days"):
        after_window(shop, campaign, READ, horizons)
    with pytest.raises(ParameterError, match="whole number of days"):
        readable_horizons(read_readiness(shop, campaign, READ), READ, horizons)
    with pytest.raises(ParameterError, match="no horizon"):
        after_window(shop, campaign, READ, ())


NAMES = ("margin", "after_30", "pre")


def _arms(window: float, after: float, n: int = 400) -> tuple[Moments, Moments]:
    """Return arms whose lifts are exactly these, with standard errors of 0.07 in window and after.

    Values in the four corners of a square, so that window and after do not correlate.
    """
    corners = np.array([(-1, -1, 0), (-1, 1, 1), (1, -1, 1), (1, 1, 3)], dtype=float)
    held = np.tile(corners, (n // 4, 1))
    texted = held + np.array([window, after, 0.0])
    return Moments.from_rows(texted, NAMES), Moments.from_rows(held, NAMES)


@pytest.mark.parametrize(
    ("window", "after", "verdict"),
    [
        (1.0, 0.0, "kept"),
        (1.0, 0.5, "kept"),
        (1.0, -0.1, "kept"),  # no clear drop, and more than half is left for sure
        (1.0, -0.5, "partly moved earlier"),
        (1.0, -0.85, "moved earlier"),
        (1.0, -1.0, "moved earlier"),
        (1.0, -1.5, "moved earlier"),  # more was lost than had been gained
        (0.3, -0.1, "cannot tell"),  # half of the gain may be gone
        (0.25, -0.2, "cannot tell"),  # a clear drop; how much of the gain is left is not
        (0.1, -1.0, "cannot tell"),  # no clear gain that could have been moved
        (-1.0, 1.0, "cannot tell"),
    ],
)
def test_the_stated_rule(window: float, after: float, verdict: str) -> None:
    found = pull_forward(*_arms(window, after), [30])
    last = found.horizons[0]
    assert last.change.absolute_lift == pytest.approx(after)
    assert last.total.absolute_lift == pytest.approx(window + after)
    assert found.verdict == verdict


def test_the_error_of_the_total_holds_the_covariance() -> None:
    """Those who buy in the window and those who buy after it are not the same people."""
    rng = np.random.default_rng(3)
    rows = [
        np.column_stack([(x := rng.normal(0, 1, n)), -0.8 * x + rng.normal(0, 0.2, n)])
        for n in (300, 100)
    ]
    treated, held = (Moments.from_rows(arm, NAMES[:2]) for arm in rows)
    total = pull_forward(treated, held, [30]).horizons[0].total
    sums = [Moments.from_rows(arm.sum(axis=1)[:, None], ["total"]) for arm in rows]
    assert total.standard_error == pytest.approx(compare(*sums).standard_error, rel=1e-9)


def test_the_longest_horizon_decides() -> None:
    rows = [
        arm.combine({"margin": {"margin": 1.0}, "after_7": {"after_30": 1.0}})
        for arm in _arms(1.0, 0.0)
    ]
    later = [
        arm.combine(
            {
                "margin": {"margin": 1.0},
                "after_7": {"margin": 0.0, "after_30": 1.0},
                "after_30": {"margin": -1.0, "after_30": 1.0},
            }
        )
        for arm in _arms(1.0, 0.0)
    ]
    assert pull_forward(*rows, [7]).verdict == "kept"
    found = pull_forward(*later, [30, 7])
    assert [horizon.days for horizon in found.horizons] == [7, 30]
    assert found.verdict == "moved earlier"


def test_a_horizon_without_orders_has_a_reason() -> None:
    treated, held = (
        Moments.from_rows([[x, 0.0] for x in (0.0, 1.0, 2.0, level)], ["margin", "after_7"])
        for level in (5.0, 1.0)
    )
    found = pull_forward(treated, held, [7])
    assert found.horizons == () and found.verdict == "cannot tell"
    assert "change is 0 for every one of the 4 customers" in found.not_estimable[7]
    with pytest.raises(NotEstimableError):
        pull_forward(*(arm.combine({"margin": {"after_7": 1.0}}) for arm in (treated, held)), [])


def test_before_any_horizon_is_over_it_is_too_early() -> None:
    assert unread({7: ASSIGNED}).verdict == "too early"
    assert PullForward(None, None, (), {}, {}).verdict == "too early"


def test_every_lift_is_adjusted_alike() -> None:
    found = pull_forward(*_arms(1.0, 0.0), [30], candidates=["pre"])
    assert found.in_window is not None and found.in_window.covariates == ("pre",)
    assert found.horizons[0].total.covariates == ("pre",)
    assert found.incremental_window is not None
    assert found.incremental_window.estimate == pytest.approx(400 * 1.0)
