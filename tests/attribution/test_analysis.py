"""`analyze_campaign` from end to end: on the hand-written shop, and on a simulated programme."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from corner_shop import AS_OF, PRE_DAYS, shop_frames

from smsroi_models.analysis import analyze_campaign
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import (
    DataError,
    NotEstimableError,
    NotReadyError,
    ParameterError,
    StoreError,
)
from smsroi_models.holdout import holdout_lift
from smsroi_models.planning.proposal import propose_campaign
from smsroi_models.result import CampaignResult
from smsroi_models.segments import segment_lifts
from smsroi_models.simulate import Program, simulate_program
from smsroi_models.soundness import parse_as_of
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store
from smsroi_models.without_holdout import counterfactual_roi

# Margins of the corner shop's customers as worked out in test_outcomes.
TREATMENT_MARGINS, HOLDOUT_MARGINS = [64.0, -13.0, 0.0, 20.0], [30.0, 0.0, 20.0]


@pytest.fixture(scope="module")
def spring(shop: Store) -> CampaignResult:
    return analyze_campaign(shop, "SPRING", AS_OF, pre_days=PRE_DAYS)


def test_the_corner_shops_ledger_and_profit_by_hand(spring: CampaignResult) -> None:
    ledger = {line.label: (line.amount, line.counted) for line in spring.roi.ledger}
    texts = 0.11 * 7 / 6
    assert ledger == {
        "texts": pytest.approx((texts, texts)),
        # 4 of 5 customers assigned to treatment are counted
        "creative": pytest.approx((100.0, 80.0)),
        "platform": pytest.approx((80.0, 64.0)),
    }
    margin = 4 * (np.mean(TREATMENT_MARGINS) - np.mean(HOLDOUT_MARGINS))
    assert spring.roi.incremental_margin.estimate == pytest.approx(margin)
    assert spring.roi.cost == pytest.approx(texts + 144.0)
    assert spring.roi.profit is not None and spring.roi.roi is not None
    assert spring.roi.profit.estimate == pytest.approx(margin - texts - 144.0)
    assert spring.roi.roi.estimate == pytest.approx(margin / (texts + 144.0) - 1)
    # margins of 64, -13 and 20 on 2, 2 and 1 orders
    assert spring.roi.break_even_lift == pytest.approx((texts + 144.0) / 4)


def test_the_corner_shops_lift_is_a_welch_test(spring: CampaignResult) -> None:
    arms = [
        Moments.from_rows(np.array([m]).T, ["margin"]) for m in (TREATMENT_MARGINS, HOLDOUT_MARGINS)
    ]
    assert spring.lift["margin"].unadjusted == compare(arms[0], arms[1])
    assert spring.covariates == ()  # three customers are too few to adjust
    assert spring.readiness.waiting == 1
    assert (spring.lift["opted_out"].unadjusted.mean_treatment) == 0.25


def test_by_default_figures_are_as_of_the_last_days_midnight(shop: Store) -> None:
    result = analyze_campaign(shop, "SPRING")
    assert result.as_of == datetime(2025, 3, 21, tzinfo=UTC)  # last order: 21 March, 10:00
    assert result.readiness.ready == {"treatment": 4, "holdout": 3}


def test_a_result_is_plain_values_all_the_way_down(spring: CampaignResult) -> None:
    text = json.dumps(spring.to_dict(), default=str)
    assert '"campaign_id": "SPRING"' in text
    frame = spring.roi.to_frame()
    assert len(frame) == 1
    assert frame.loc[0, "profit.estimate"] == spring.roi.profit.estimate  # type: ignore[union-attr]


def test_too_early_says_when(shop: Store) -> None:
    with pytest.raises(NotReadyError) as caught:
        analyze_campaign(shop, "SPRING", "2025-03-17")
    text = str(caught.value)
    assert "'SPRING' cannot be read as of 2025-03-17 00:00 UTC" in text
    assert "no 7-day window is over in treatment and holdout" in text
    assert "first window ends 2025-03-17 10:00 UTC, the last 2025-03-22 10:00 UTC" in text


@pytest.mark.parametrize("value", ["", 0, False, 20250321])
def test_what_is_no_moment_is_refused_and_not_taken_for_the_default(
    shop: Store, value: object
) -> None:
    as_of: Any = value
    for read in (
        lambda: analyze_campaign(shop, "SPRING", as_of),
        lambda: counterfactual_roi(shop, "SPRING", as_of),
        lambda: segment_lifts(shop, "SPRING", as_of=as_of),
        lambda: propose_campaign(shop, window_days=7, as_of=as_of),
    ):
        with pytest.raises(ParameterError, match=f"as_of is {value!r}: write a date"):
            read()


def test_a_campaign_that_has_not_begun_says_when_it_does(shop: Store) -> None:
    with pytest.raises(NotReadyError) as caught:
        analyze_campaign(shop, "SPRING", "2025-03-10")
    text = str(caught.value)
    assert "'SPRING' has not begun as of 2025-03-10 00:00 UTC" in text
    assert "its first customer is assigned 2025-03-10 10:00 UTC" in text
    assert "the last 2025-03-22 10:00 UTC" in text and "so_far" not in text


def test_a_misspelt_campaign_suggests_the_nearest(shop: Store) -> None:
    with pytest.raises(DataError, match="did you mean 'SPRING'"):
        analyze_campaign(shop, "SPRIN")


@pytest.mark.parametrize(("option", "value"), [("confidence_level", 1.0), ("pre_days", -1)])
def test_parameters_out_of_range_are_refused(shop: Store, option: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{option} is {value}: it must lie between 0"):
        analyze_campaign(shop, "SPRING", AS_OF, **{option: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "2025-03-01T12:00:00", ""])
def test_an_unclear_as_of_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="as_of is"):
        parse_as_of(text)
    with pytest.raises(ParameterError, match="a time without a zone"):
        parse_as_of(datetime(2025, 3, 1))


def _reshaped(frames: dict[str, pd.DataFrame], path: Path) -> Store:
    return open_store(write_store(frames, path / "store"))


def test_a_campaign_without_a_holdout_is_refused(tmp_path: Path) -> None:
    frames = shop_frames()
    frames["assignments"]["arm"] = "treatment"
    with (
        _reshaped(frames, tmp_path) as store,
        pytest.raises(NotEstimableError, match=r"'SPRING' has nobody in holdout: .* randomised"),
    ):
        analyze_campaign(store, "SPRING", AS_OF)


def test_a_holdout_that_bought_nothing_is_refused(tmp_path: Path) -> None:
    frames = shop_frames()
    orders = frames["orders"]
    frames["orders"] = orders[~orders["customer_id"].str.startswith("h")]
    with (
        _reshaped(frames, tmp_path) as store,
        pytest.raises(
            NotEstimableError,
            match=r"revenue is not estimable: revenue is 0 for every one of the 3 .* holdout arm",
        ),
    ):
        analyze_campaign(store, "SPRING", AS_OF)


def test_a_store_without_orders_or_assignments_is_refused(tmp_path: Path) -> None:
    frames = shop_frames()
    del frames["orders"], frames["assignments"]
    with (
        _reshaped(frames, tmp_path) as store,
        pytest.raises(StoreError, match="has no assignments and no orders"),
    ):
        analyze_campaign(store, "SPRING", AS_OF)


def test_a_store_that_breaks_its_contract_is_refused(tmp_path: Path) -> None:
    frames = shop_frames()
    frames["orders"].loc[3, "revenue"] = -5.0
    with (
        _reshaped(frames, tmp_path) as store,
        pytest.raises(StoreError, match=r"the store breaks its contract:\n- .*revenue"),
    ):
        analyze_campaign(store, "SPRING", AS_OF)


def test_without_messages_and_costs_there_is_lift_but_no_profit(tmp_path: Path) -> None:
    frames = shop_frames()
    del frames["messages"], frames["costs"], frames["subscriptions"]
    with _reshaped(frames, tmp_path) as store:
        result = analyze_campaign(store, "SPRING", AS_OF)
    assert result.texts is None
    assert (result.roi.cost, result.roi.profit, result.roi.roi) == (None, None, None)
    assert (result.roi.outcome, result.payback_day) == ("unknown", None)
    assert "opted_out" not in result.lift
    assert {"messages", "costs", "subscriptions"} <= set(result.missing)


@pytest.fixture(scope="module")
def program() -> Program:
    return simulate_program(4_000, 2, np.random.default_rng(31), detail="core")


@pytest.fixture(scope="module")
def simulated(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("simulated") / "store.duckdb"
    with open_store(write_store(program.tables, path)) as store:
        yield store


@pytest.fixture(scope="module")
def results(program: Program, simulated: Store) -> dict[str, CampaignResult]:
    return {name: analyze_campaign(simulated, name) for name in program.truth.index}


def _customers(program: Program, campaign_id: str) -> pd.DataFrame:
    """Count the campaign's customers by brute force: everyone is assigned at one instant."""
    tables = program.tables
    campaign = tables["campaigns"].set_index("campaign_id").loc[campaign_id]
    customers = tables["assignments"].query("campaign_id == @campaign_id").set_index("customer_id")
    orders = tables["orders"][tables["orders"]["customer_id"].isin(customers.index)]
    age = orders["ordered_at"] - campaign["starts_at"]
    inside = (age >= pd.Timedelta(0)) & (age < pd.Timedelta(days=int(campaign["window_days"])))
    before = (age < pd.Timedelta(0)) & (age >= pd.Timedelta(days=-90))
    list_price = orders["revenue"] + orders["discount"]
    cost = orders["cost_of_goods"].fillna((1 - campaign["margin_rate"]) * list_price)
    who = orders["customer_id"]
    sums = {
        "revenue": orders["revenue"][inside].groupby(who).sum(),
        "margin": (orders["revenue"] - cost)[inside].groupby(who).sum(),
        "orders": inside.groupby(who).sum(),
        "pre_revenue": orders["revenue"][before].groupby(who).sum(),
        "pre_orders": before.groupby(who).sum(),
    }
    return customers[["arm"]].join(pd.DataFrame(sums)).fillna(0.0)


@pytest.mark.parametrize("campaign_id", ["camp-01", "camp-02"])
def test_lift_of_a_simulated_campaign_equals_a_count_in_pandas(
    program: Program, results: dict[str, CampaignResult], campaign_id: str
) -> None:
    result = results[campaign_id]
    customers = _customers(program, campaign_id)
    assert result.covariates == ("pre_revenue", "pre_orders")
    for name in ("revenue", "margin", "orders"):
        for found, covariates in (
            (result.lift[name].unadjusted, ()),
            (result.lift[name].headline, result.covariates),
        ):
            expected = holdout_lift(customers, outcome=name, covariates=covariates)
            assert found.absolute_lift == pytest.approx(expected.absolute_lift, rel=1e-9)
            assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-9)
            assert found.n_treatment == expected.n_treatment
    share = holdout_lift(customers.assign(bought=customers["orders"] > 0), outcome="bought")
    assert result.lift["converted"].unadjusted.absolute_lift == pytest.approx(share.absolute_lift)
    assert result.lift["converted"].unadjusted.p_value == pytest.approx(share.p_value)


@pytest.mark.parametrize("campaign_id", ["camp-01", "camp-02"])
def test_money_of_a_simulated_campaign(
    program: Program, results: dict[str, CampaignResult], campaign_id: str
) -> None:
    result, truth = results[campaign_id], program.truth.loc[campaign_id]
    assert result.readiness.waiting == 0
    assert result.roi.cost == pytest.approx(truth["cost"], rel=1e-12)
    assert result.roi.n_treatment == truth["n_treatment"]
    last = result.daily[-1]
    assert last.day == result.campaign.window_days
    for end in ("estimate", "standard_error", "ci_lower", "ci_upper"):
        total = getattr(result.roi.incremental_margin, end)
        assert getattr(last.margin, end) == pytest.approx(total, rel=1e-9)
    profit = result.roi.profit
    assert profit is not None
    # One draw: beyond four standard errors once in 16,000.
    assert abs(profit.estimate - truth["profit"]) < 4 * profit.standard_error


def test_half_way_through_nothing_is_ready(program: Program, simulated: Store) -> None:
    second = program.tables["campaigns"]["starts_at"].iloc[1].to_pydatetime()
    with pytest.raises(NotReadyError, match="'camp-02' cannot be read as of"):
        analyze_campaign(simulated, "camp-02", second + timedelta(days=13))
    assert (
        analyze_campaign(simulated, "camp-02", second + timedelta(days=14)).readiness.waiting == 0
    )


def test_orders_after_as_of_do_not_change_a_result(
    program: Program, results: dict[str, CampaignResult], tmp_path: Path
) -> None:
    """The first campaign reads the same before and after the second one took place."""
    as_of = datetime(2025, 2, 1, tzinfo=UTC)
    early = dict(program.tables)
    early["orders"] = early["orders"][early["orders"]["ordered_at"] < pd.Timestamp(as_of)]
    with _reshaped(early, tmp_path) as store:
        before = analyze_campaign(store, "camp-01", as_of)
    after = results["camp-01"]
    for name in before.lift:
        was, now = before.lift[name].headline, after.lift[name].headline
        assert was.absolute_lift == pytest.approx(now.absolute_lift, rel=1e-9)
        assert was.p_value == pytest.approx(now.p_value, rel=1e-6)


def test_holdout_lift_treats_true_and_false_as_a_proportion() -> None:
    rng = np.random.default_rng(32)
    frame = pd.DataFrame(
        {
            "variant": rng.choice(["A", "B"], 300),
            "bought": rng.random(300) < 0.3,
            "age": rng.normal(40, 9, 300),
        }
    )
    share = holdout_lift(frame, "variant", "bought", treatment="B", holdout="A")
    p = frame.groupby("variant")["bought"].agg(["mean", "size"])
    variance = (p["mean"] * (1 - p["mean"]) / p["size"]).sum()
    assert share.standard_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    adjusted = holdout_lift(
        frame, "variant", "bought", treatment="B", holdout="A", covariates=["age"]
    )
    assert adjusted.method == "regression-adjusted"


def test_an_order_still_to_come_does_not_set_the_horizon(tmp_path: Path) -> None:
    frames = shop_frames()
    later = frames["orders"].head(1).assign(order_id="typo")
    later["ordered_at"] = pd.Timestamp("2152-02-07", tz="UTC")
    frames["orders"] = pd.concat([frames["orders"], later])
    with _reshaped(frames, tmp_path) as store:
        with pytest.raises(DataError, match="last order of the store is of 2152-02-07"):
            analyze_campaign(store, "SPRING")
        assert analyze_campaign(store, "SPRING", AS_OF).readiness.ready["treatment"] == 4
