"""What a store's customers are worth, from its tables to the record and to each customer."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

import smsroi_models as smsroi
from smsroi_models.clv.base_margin import (
    collect_margin,
    customers_with_first_order,
    margin_by_customer,
    read_base_past,
)
from smsroi_models.clv.customer_base import base_rows, holdout_rows
from smsroi_models.clv.order_pace import read_order_pace, recent_orders
from smsroi_models.clv.rfm import calibration_holdout_summary, rfm_summary
from smsroi_models.errors import DataError, NotEstimableError, ParameterError, StoreError
from smsroi_models.lifetime_predictions import write_customer_values
from smsroi_models.lifetime_result import LifetimeResult
from smsroi_models.simulate.shop import Shop
from smsroi_models.store.connect import Store
from smsroi_models.store.tables import TABLES

CUT = "2025-04-06"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Idle campaigns, so that customers buy of their own accord alone."""
    idle = [0.0] * 6
    program = smsroi.simulate_program(
        5_000,
        6,
        np.random.default_rng(72),
        conversion_effects=idle,
        spend_effects=idle,
        discounts=idle,
        detail="core",
    )
    return program.tables


@pytest.fixture(scope="module")
def shop(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return smsroi.write_store(tables, tmp_path_factory.mktemp("clv") / "shop")


@pytest.fixture(scope="module")
def store(shop: Path) -> Store:
    return smsroi.open_store(shop, threads=1)


@pytest.fixture(scope="module")
def result(store: Store) -> LifetimeResult:
    return smsroi.analyze_lifetime_value(store, CUT, horizon_weeks=12.0)


@pytest.fixture(scope="module")
def customers(store: Store, result: LifetimeResult) -> pd.DataFrame:
    return smsroi.customer_lifetime_values(store, result).to_pandas()


def test_customers_bring_what_was_foretold(
    tables: dict[str, pd.DataFrame], result: LifetimeResult, customers: pd.DataFrame
) -> None:
    """The twelve weeks after the cut, from orders that the analysis did not see.

    Undiscounted purchases and money, the latter discounted by hand; three and a half standard
    errors of the prediction, which a sound one leaves once in two thousand stores.
    """
    cut = pd.Timestamp(CUT, tz="UTC")
    orders = tables["orders"]
    ahead = orders[(orders.ordered_at >= cut) & (orders.ordered_at < cut + timedelta(weeks=12))]
    known = ahead[ahead.customer_id.isin(customers.customer_id)]
    days = known.assign(day=known.ordered_at.dt.floor("D")).groupby(["customer_id", "day"])
    bought = int((days.revenue.sum() > 0).sum())
    campaign_rate = tables["campaigns"].margin_rate.iloc[0]
    assumed = (1 - campaign_rate) * (known.revenue + known.discount)
    margin = known.revenue - known.cost_of_goods.fillna(assumed)
    years = (known.ordered_at - cut) / timedelta(days=365.25)
    brought = float((margin * 1.1**-years).sum())
    told = result.total
    assert told.predicted_value is not None
    for found, came in ((told.predicted_purchases, bought), (told.predicted_value, brought)):
        assert abs(came - found.estimate) < 3.5 * found.standard_error


def test_the_whole_is_the_sum_of_the_customers(
    result: LifetimeResult, customers: pd.DataFrame
) -> None:
    assert len(customers) == result.n_customers and not customers.isna().any().any()
    assert customers.customer_id.is_unique
    total = result.total
    assert total.expected_value.estimate == pytest.approx(customers.lifetime_value.sum())
    assert total.expected_purchases.estimate == pytest.approx(customers.expected_purchases.sum())
    assert result.alive.estimate == pytest.approx(customers.probability_alive.sum())
    assert (customers.frequency > 0).sum() == result.n_repeat_buyers
    by_chance = np.sqrt((customers.predictive_deviation**2).sum())
    assert total.predicted_value is not None
    assert total.predicted_value.standard_error == pytest.approx(
        np.hypot(total.expected_value.standard_error, by_chance)
    )
    assert sorted(result.groups) == ["cohort", "region", "segment"]
    for groups in result.groups.values():
        assert sum(group.n_customers for group in groups) == result.n_customers
        values = [group.total.expected_value.estimate for group in groups]
        assert sum(values) == pytest.approx(total.expected_value.estimate)


def test_a_customer_has_the_value_that_the_models_give(
    result: LifetimeResult, customers: pd.DataFrame
) -> None:
    """In the engine value comes from coefficients; here each customer is a row of its own."""
    some = customers.sample(300, random_state=np.random.RandomState(1))
    found = smsroi.lifetime_value(
        result.purchase_model,
        result.spend_model,
        *(some[name] for name in ("frequency", "recency", "T", "monetary_value")),
        horizon=12.0,
        discount_rate_per_unit=1.1 ** (7 / 365.25) - 1,
        margin_rate=result.margin.rate,
        margin_rate_error=result.margin.standard_error,
    )
    np.testing.assert_allclose(some.lifetime_value, found.value, rtol=1e-9)
    np.testing.assert_allclose(some.standard_error, found.standard_error, rtol=1e-7)
    np.testing.assert_allclose(some.predictive_deviation, found.predictive_deviation, rtol=1e-7)
    np.testing.assert_allclose(some.ci_lower, found.ci_lower, rtol=1e-7)
    np.testing.assert_allclose(some.ci_upper, found.ci_upper, rtol=1e-7)
    spend = result.spend_model.expected_average_value(some.frequency, some.monetary_value)
    np.testing.assert_allclose(some.expected_average_value, spend, rtol=1e-12)


def test_the_last_part_of_the_past_is_tried(result: LifetimeResult) -> None:
    """A third of 65 weeks would be 21; the horizon of 12 is less."""
    period = result.holdout
    assert period is not None
    assert period.holdout_end == date(2025, 4, 5) == result.observation_end
    assert period.calibration_end == date(2025, 4, 5) - timedelta(weeks=12)
    assert result.model in period.trials
    assert set(period.trials) | set(period.not_fitted) == {"bg_nbd", "mbg_nbd", "pareto_nbd"}
    trial = period.trials[result.model]
    assert trial.predicted.ci_lower < trial.actual < trial.predicted.ci_upper
    assert {check.status for check in result.checks} <= {"passed", "informational"}


def test_the_unit_of_time_moves_no_figure(store: Store, result: LifetimeResult) -> None:
    options = {"horizon_weeks": 12.0, "model": result.model}
    days = smsroi.analyze_lifetime_value(store, CUT, time_unit="day", **options)
    week = result.total.expected_value
    # The fit stops a hundred-thousandth of a standard error from the maximum.
    assert days.total.expected_value.estimate == pytest.approx(
        week.estimate, abs=1e-3 * week.standard_error
    )
    assert days.model_reason == "it was asked for"


def test_terms_move_the_value_as_they_should(store: Store, result: LifetimeResult) -> None:
    options = {"horizon_weeks": 12.0, "model": result.model}
    plain = smsroi.analyze_lifetime_value(
        store, CUT, discount_rate_per_year=0.0, margin_rate=0.5, **options
    )
    assert plain.margin.source == "given" and plain.margin.standard_error == 0
    ratio = plain.total.expected_value.estimate / result.total.expected_value.estimate
    at_most = 0.5 / result.margin.rate * 1.1 ** (12 * 7 / 365.25)
    assert 0.5 / result.margin.rate < ratio < at_most


def test_orders_alone_are_enough(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    """No campaign says the currency, none the margin of orders without a cost of goods."""
    orders = tables["orders"].head(6_000).drop(columns="coupon_code")
    with smsroi.open_store(smsroi.write_store({"orders": orders}, tmp_path / "s")) as store:
        found = smsroi.analyze_lifetime_value(store, model="mbg_nbd", horizon_weeks=8)
    assert found.currency == "" and found.n_without_orders is None
    assert sorted(found.groups) == ["cohort"]
    assert found.margin.assumed_share == 0
    assert "customers" in found.missing


def test_a_short_past_is_not_split(tmp_path: Path) -> None:
    """Of ten weeks a third is less than four: nothing to try the models on."""
    busy = Shop(history_days=40, r=1.5, alpha=3.0, a=1.0, b=2.5, recruited_share=0.0)
    brief = smsroi.simulate_program(
        2_000, 1, np.random.default_rng(73), shop=busy, detail="core"
    ).tables
    with smsroi.open_store(smsroi.write_store(brief, tmp_path / "s")) as store:
        found = smsroi.analyze_lifetime_value(store, model="bg_nbd", horizon_weeks=52)
    assert found.holdout is None and found.observed_weeks < 12
    assert found.tracking.actual.sum() > 0
    by_name = {check.name: check.status for check in found.checks}
    assert by_name["Purchases foretold"] == "informational"
    assert by_name["History as long as the horizon"] == "failed"


def test_as_of_is_cut_to_the_day(store: Store, result: LifetimeResult) -> None:
    late = smsroi.analyze_lifetime_value(
        store, f"{CUT}T15:00:00Z", horizon_weeks=12.0, model=result.model
    )
    assert late.as_of == datetime(2025, 4, 6, tzinfo=UTC) == result.as_of
    assert late.total == result.total


def test_orders_that_end_before_as_of_are_noticed(
    tables: dict[str, pd.DataFrame], result: LifetimeResult, tmp_path: Path
) -> None:
    """A fortnight that is missing at the end reads as customers who have left."""
    assert "Orders reach to the end" in [c.name for c in result.checks if c.status == "passed"]
    orders = tables["orders"].drop(columns="coupon_code")
    orders = orders[orders.ordered_at < pd.Timestamp(CUT, tz="UTC") - timedelta(days=14)]
    with smsroi.open_store(smsroi.write_store({"orders": orders}, tmp_path / "s")) as store:
        found = smsroi.analyze_lifetime_value(store, CUT, horizon_weeks=12, model="bg_nbd")
        pace = read_order_pace(store, datetime(2025, 4, 6, tzinfo=UTC))
    assert found.failed and found.checks[0].name == "Orders reach to the end"
    assert "2025-03-22, and 14 days up to 2025-04-05" in found.checks[0].text
    quarter = orders[orders.ordered_at > orders.ordered_at.max() - timedelta(days=90)]
    assert pace.orders_per_day == pytest.approx(len(quarter) / 90, rel=0.03)


@pytest.mark.parametrize("as_of", ["2999-01-01", date(2999, 1, 1), ""])
def test_a_moment_to_come_and_no_moment_are_refused(store: Store, as_of: date | str) -> None:
    with pytest.raises(ParameterError, match=r"still to come|write a date"):
        smsroi.analyze_lifetime_value(store, as_of)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"horizon_weeks": 0.0}, "horizon_weeks is 0.0"),
        ({"horizon_weeks": "52"}, "horizon_weeks is '52'"),
        ({"discount_rate_per_year": -0.1}, "discount_rate_per_year is -0.1"),
        ({"horizon_weeks": True}, "horizon_weeks is True"),
        ({"discount_rate_per_year": 10}, "is 10: .* at most 1; for 10 % write 0.1"),
        ({"margin_rate": 0.0}, "margin_rate is 0.0"),
        ({"margin_rate": 58}, "margin_rate is 58: .* at most 1; for 58 % write 0.58"),
        ({"margin_rate": 1.5}, "margin_rate is 1.5"),
        ({"margin_rate": True}, "margin_rate is True"),
        ({"margin_rate": "0.5"}, "margin_rate is '0.5'"),
        ({"model": "nbd"}, "model is 'nbd'"),
        ({"time_unit": "month"}, "time_unit is 'month'"),
        ({"confidence_level": 95.0}, "confidence_level is 95.0"),
    ],
)
def test_parameters_out_of_range(store: Store, options: dict[str, object], text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        smsroi.analyze_lifetime_value(store, CUT, **options)  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers(store: Store, result: LifetimeResult) -> None:
    found = smsroi.analyze_lifetime_value(
        store,
        CUT,
        horizon_weeks=np.int64(12),
        discount_rate_per_year=np.float64(0.1),
        margin_rate=np.float32(0.5),
        confidence_level=np.float32(0.5),
        model=result.model,
    )
    assert found.terms.horizon_weeks == 12.0 and found.margin.rate == 0.5
    json.dumps([found.terms.to_dict(), found.margin.to_dict()])


def test_stores_that_say_too_little(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    people = {"customers": tables["customers"].drop(columns="acquired_campaign_id")}
    with (
        smsroi.open_store(smsroi.write_store(people, tmp_path / "people")) as store,
        pytest.raises(StoreError, match="no orders"),
    ):
        smsroi.analyze_lifetime_value(store)
    once = tables["orders"].drop_duplicates("customer_id").drop(columns="coupon_code")
    with (
        smsroi.open_store(smsroi.write_store({"orders": once}, tmp_path / "once")) as store,
        pytest.raises(NotEstimableError, match="bought twice"),
    ):
        smsroi.analyze_lifetime_value(store)
    with (
        smsroi.open_store(tmp_path / "once") as store,
        pytest.raises(NotEstimableError, match="no customer has bought"),
    ):
        smsroi.analyze_lifetime_value(store, "2001-01-01")


def test_margin_by_hand(tmp_path: Path) -> None:
    """Ann: 100 less 40, and 50 less 0.7 x (50 + 10) = 42; Bob: 50 less 20, and a refund, 0 less 8.

    Together 90 of 200 minus 8 and so on: (60 + 8 + 30 - 8) / 200 = 0.45.
    """
    orders = pd.DataFrame(
        {
            "order_id": ["1", "2", "3", "4"],
            "customer_id": ["ann", "ann", "bob", "bob"],
            "ordered_at": pd.to_datetime(["2025-01-01"] * 4, utc=True),
            "revenue": [100.0, 50.0, 50.0, 0.0],
            "discount": [0.0, 10.0, 0.0, 0.0],
            "cost_of_goods": [40.0, np.nan, 20.0, 8.0],
        }
    )
    until = datetime(2025, 2, 1, tzinfo=UTC)
    with smsroi.open_store(smsroi.write_store({"orders": orders}, tmp_path / "s")) as store:
        found = collect_margin(store, until, 0.3)
        assert found.rate == pytest.approx(90 / 200)
        assert found.assumed_share == pytest.approx(50 / 200)
        # Rests of the customers: 68 - 0.45 x 150 = 0.5 and -0.5, variance 0.5, mean revenue 100.
        assert found.standard_error == pytest.approx(np.sqrt(0.5 / 2) / 100)
        known = collect_margin(store, until)
        assert known.rate == pytest.approx((60 + 30 - 8) / 150) and known.assumed_share == 0
        with pytest.raises(NotEstimableError, match="0 customers' orders"):
            collect_margin(store, datetime(2024, 1, 1, tzinfo=UTC), 0.3)
        with pytest.raises(NotEstimableError, match="brings a loss"):
            collect_margin(store, until, -9.0)


def test_earlier_orders_that_are_missing_are_noticed(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    cut = pd.Timestamp("2024-10-01", tz="UTC")
    orders = tables["orders"]
    late = {
        "orders": orders[orders.ordered_at >= cut].drop(columns="coupon_code"),
        "customers": tables["customers"].drop(columns="acquired_campaign_id"),
    }
    with smsroi.open_store(smsroi.write_store(late, tmp_path / "s")) as store:
        past = read_base_past(store, datetime(2025, 4, 6, tzinfo=UTC))
        found = smsroi.analyze_lifetime_value(store, CUT, horizon_weeks=12, model="bg_nbd")
    first = orders[orders.ordered_at >= cut].groupby("customer_id").ordered_at.min()
    people = tables["customers"].set_index("customer_id").acquired_at
    people = people[people < pd.Timestamp(CUT, tz="UTC")]
    first = first[first < pd.Timestamp(CUT, tz="UTC")].reindex(people.index)
    expected = ((first - people) / timedelta(days=1) > 30).sum() / first.notna().sum()
    assert past.earlier_share == pytest.approx(expected) and expected > 0.1
    assert past.n_without_orders == int(first.isna().sum()) == found.n_without_orders
    assert "Orders from the beginning" in {check.name for check in found.failed}


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_customers_are_written(
    store: Store,
    result: LifetimeResult,
    customers: pd.DataFrame,
    tmp_path: Path,
    ending: str,
) -> None:
    path = write_customer_values(store, result, tmp_path / "new" / f"values.{ending}")
    read = pd.read_parquet(path) if ending == "parquet" else pd.read_csv(path)
    assert list(path.parent.iterdir()) == [path]
    one, other = (frame.sort_values("customer_id") for frame in (read, customers))
    assert list(one.columns) == list(other.columns)
    np.testing.assert_allclose(one.lifetime_value, other.lifetime_value)
    with pytest.raises(ParameterError, match=r"\.parquet or \.csv"):
        write_customer_values(store, result, tmp_path / "values.xlsx")


def test_a_result_of_another_store_is_refused(store: Store, result: LifetimeResult) -> None:
    other = replace(result, store_fingerprint="0" * 64)
    with pytest.raises(DataError, match="of another store"):
        smsroi.customer_lifetime_values(store, other)


def test_the_same_store_gives_the_same_figures(shop: Path, result: LifetimeResult) -> None:
    with smsroi.open_store(shop, threads=1) as store:
        again = smsroi.analyze_lifetime_value(store, CUT, horizon_weeks=12.0, model=result.model)
    assert again.total == result.total and again.groups == result.groups
    assert json.dumps(again.purchase_model.to_dict()) == json.dumps(result.purchase_model.to_dict())


STORE = {name: ibis.table(table.schema(), name=name) for name, table in TABLES.items()}
UNTIL = datetime(2025, 4, 1, tzinfo=UTC)
HELD = {"calibration_end": "2025-01-31", "observation_end": "2025-03-31"}
QUERIES = {
    "base_rows": base_rows(
        rfm_summary(STORE["orders"], observation_end="2025-03-31"), STORE["customers"]
    ),
    "holdout_rows": holdout_rows(calibration_holdout_summary(STORE["orders"], **HELD)),
    "recent_orders": recent_orders(STORE, UNTIL),
    "margin_by_customer": margin_by_customer(STORE, UNTIL, 0.4),
    "customers_with_first_order": customers_with_first_order(STORE, UNTIL),
}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery", "snowflake"])
@pytest.mark.parametrize("query", QUERIES)
def test_query_compiles(query: str, dialect: str) -> None:
    assert ibis.to_sql(QUERIES[query], dialect=dialect).lstrip().startswith(("SELECT", "WITH"))


def test_failed_checks_are_found(result: LifetimeResult) -> None:
    broken = replace(result.checks[0], status="failed")
    assert replace(result, checks=(broken, *result.checks[1:])).failed == (broken,)
