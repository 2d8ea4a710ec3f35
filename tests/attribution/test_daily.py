"""The running lift, day by day, against a count by brute force in pandas."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from smsroi_models.attribution.campaigns import Campaign, read_campaign
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.cumulative import cumulative_moments
from smsroi_models.attribution.daily import collect_daily
from smsroi_models.attribution.estimates import daily_lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import orders_in_reach, outcomes, ready_customers
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store

START = datetime(2025, 3, 10, 10, tzinfo=UTC)
WINDOW_DAYS, PRE_DAYS, MARGIN_RATE = 6, 20, 0.5
COVARIATES = ("pre_revenue", "pre_orders")


def _frames() -> dict[str, pd.DataFrame]:
    """Draw a shop: staggered assignment to the microsecond, many orders, some losses."""
    rng = np.random.default_rng(21)
    n, n_orders = 120, 1_500
    people = np.array([f"c{i}" for i in range(n)])
    start = pd.Timestamp(START)
    assigned = start + pd.to_timedelta(rng.integers(0, 4 * 86_400 * 10**6, n), unit="us")
    when = start + pd.to_timedelta(
        rng.integers(-25 * 86_400 * 10**6, 14 * 86_400 * 10**6, n_orders), unit="us"
    )
    cost = np.round(rng.uniform(0, 80, n_orders), 2)  # above some revenues: a loss
    return {
        "campaigns": pd.DataFrame(
            {
                "campaign_id": ["C"],
                "name": ["C"],
                "starts_at": [start],
                "window_days": [WINDOW_DAYS],
                "margin_rate": [MARGIN_RATE],
                "currency": ["USD"],
            }
        ),
        "assignments": pd.DataFrame(
            {
                "campaign_id": "C",
                "customer_id": people,
                "arm": rng.choice(["treatment", "holdout"], n, p=[0.7, 0.3]),
                "assigned_at": assigned,
            }
        ),
        "orders": pd.DataFrame(
            {
                "order_id": [f"o{i}" for i in range(n_orders)],
                # a third of the customers buy nothing
                "customer_id": people[rng.integers(0, 2 * n // 3, n_orders)],
                "ordered_at": when,
                "revenue": np.round(rng.gamma(2.0, 30.0, n_orders), 2),
                "discount": np.round(rng.choice([0.0, 5.0], n_orders), 2),
                "cost_of_goods": np.where(rng.random(n_orders) < 0.2, np.nan, cost),
            }
        ),
    }


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return _frames()


@pytest.fixture(scope="module")
def store(
    frames: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    with open_store(write_store(frames, tmp_path_factory.mktemp("daily") / "store")) as found:
        yield found


def _by_brute_force(frames: dict[str, pd.DataFrame], as_of: datetime, days: int) -> pd.DataFrame:
    """Return a row per ready customer: margin of the first days, pre-period figures."""
    customers = frames["assignments"]
    over = customers["assigned_at"] + pd.Timedelta(days=WINDOW_DAYS) <= pd.Timestamp(as_of)
    customers = customers[over].set_index("customer_id")
    orders = frames["orders"].merge(customers, left_on="customer_id", right_index=True)
    age = orders["ordered_at"] - orders["assigned_at"]
    list_price_cost = (1 - MARGIN_RATE) * (orders["revenue"] + orders["discount"])
    margin = orders["revenue"] - orders["cost_of_goods"].fillna(list_price_cost)
    inside = (age >= pd.Timedelta(0)) & (age < pd.Timedelta(days=days))
    before = (age < pd.Timedelta(0)) & (age >= -pd.Timedelta(days=PRE_DAYS))
    who = orders["customer_id"]
    return customers.assign(
        margin=margin[inside].groupby(who).sum(),
        pre_revenue=orders["revenue"][before].groupby(who).sum(),
        pre_orders=before.astype(float).groupby(who).sum(),
    ).fillna({"margin": 0.0, "pre_revenue": 0.0, "pre_orders": 0.0})


def _moments(rows: pd.DataFrame, columns: tuple[str, ...]) -> tuple[Moments, Moments]:
    return tuple(  # type: ignore[return-value]
        Moments.from_rows(rows.loc[rows["arm"] == arm, list(columns)].to_numpy(), columns)
        for arm in ("treatment", "holdout")
    )


def _collected(
    store: Store, campaign: Campaign, as_of: datetime
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[Moments, Moments]]:
    customers = outcomes(store, campaign, as_of, pre_days=PRE_DAYS)
    arms = collect_moments(customers, ["margin", *COVARIATES])
    orders = orders_in_reach(store, campaign, ready_customers(store, campaign, as_of), 0)
    added = collect_daily(orders, customers, "margin", COVARIATES, campaign.window_days)
    return added, arms


AS_OFS = pytest.mark.parametrize(
    "as_of", [START + timedelta(days=30), START + timedelta(days=WINDOW_DAYS + 2)]
)


@AS_OFS
def test_running_moments_equal_a_count_for_every_day(
    store: Store, frames: dict[str, pd.DataFrame], as_of: datetime
) -> None:
    added, arms = _collected(store, read_campaign(store, "C"), as_of)
    for arm in (0, 1):
        running = cumulative_moments(added[arm], arms[arm].select(COVARIATES), "margin")
        assert len(running) == WINDOW_DAYS
        for day, moments in enumerate(running, start=1):
            rows = _by_brute_force(frames, as_of, day)
            expected = _moments(rows, ("margin", *COVARIATES))[arm]
            assert moments.n == expected.n
            np.testing.assert_allclose(moments.mean, expected.mean, rtol=1e-10, atol=1e-10)
            np.testing.assert_allclose(
                moments.covariance, expected.covariance, rtol=1e-9, atol=1e-8
            )


@AS_OFS
@pytest.mark.parametrize("covariates", [(), ("pre_revenue",), COVARIATES])
def test_daily_lift_ends_at_the_campaigns_margin(
    store: Store, as_of: datetime, covariates: tuple[str, ...]
) -> None:
    added, (treated, held) = _collected(store, read_campaign(store, "C"), as_of)
    width = 2 + len(covariates)
    added = (added[0][:, :width], added[1][:, :width])
    days = daily_lift(added, treated, held, covariates, 0.9)
    lift = compare(treated, held, "margin", covariates=covariates, confidence_level=0.9)
    last = days[-1]
    assert last.day == WINDOW_DAYS
    n = treated.n
    assert last.margin.estimate == pytest.approx(n * lift.absolute_lift, rel=1e-9)
    assert last.margin.standard_error == pytest.approx(n * lift.standard_error, rel=1e-9)
    assert last.margin.ci_lower == pytest.approx(n * lift.ci_lower, rel=1e-9)
    assert last.margin.ci_upper == pytest.approx(n * lift.ci_upper, rel=1e-9)


def test_each_days_lift_is_that_of_its_customers_so_far(
    store: Store, frames: dict[str, pd.DataFrame]
) -> None:
    as_of = START + timedelta(days=30)
    added, (treated, held) = _collected(store, read_campaign(store, "C"), as_of)
    for found in daily_lift(added, treated, held, COVARIATES, 0.95):
        arms = _moments(_by_brute_force(frames, as_of, found.day), ("margin", *COVARIATES))
        lift = compare(*arms, "margin", covariates=COVARIATES)
        assert found.margin.estimate == pytest.approx(arms[0].n * lift.absolute_lift, rel=1e-8)
        assert found.margin.standard_error == pytest.approx(
            arms[0].n * lift.standard_error, rel=1e-8
        )


def test_days_before_an_arms_first_order_are_left_out() -> None:
    """Arms of four customers; the holdout's first order is on the second day."""
    no_covariates = Moments.from_rows([[0.0], [0.0], [0.0], [1.0]], ["pre"])
    treated = np.array([[5.0, 25.0], [0.0, 0.0], [1.0, 11.0]])  # 5, and on day 3 6 = 5 + 1
    held = np.array([[0.0, 0.0], [2.0, 4.0], [0.0, 0.0]])
    days = daily_lift((treated, held), no_covariates, no_covariates, (), 0.95)
    assert [day.day for day in days] == [2, 3]
    assert [day.margin.estimate for day in days] == pytest.approx([5.0 - 2.0, 6.0 - 2.0])
