"""From a store whose campaign texted everyone to profit, and everything that is refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smsroi_models as smsroi
from smsroi_models.attribution.effects import Estimate
from smsroi_models.errors import DataError, NotEstimableError, NotReadyError, ParameterError
from smsroi_models.simulate import Shop
from smsroi_models.store.connect import Store
from smsroi_models.without_holdout import CounterfactualResult

# Holdouts of a thousandth, dropped: who is left was texted. camp-02 keeps its own.
SHOP = Shop(history_days=540, creative_cost=1200.0, platform_cost=900.0, agency_cost=2500.0)


def everyone_texted(tables: dict[str, pd.DataFrame], *campaigns: str) -> dict[str, pd.DataFrame]:
    assigned = tables["assignments"]
    held = assigned["campaign_id"].isin(campaigns) & (assigned["arm"] == "holdout")
    return {**tables, "assignments": assigned[~held].reset_index(drop=True)}


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    program = smsroi.simulate_program(
        20_000,
        2,
        np.random.default_rng(50),
        holdout_share=0.01,
        conversion_effects=[0.02, 0.0],
        spend_effects=[0.0, 0.0],
        detail="core",
        shop=SHOP,
    )
    return everyone_texted(program.tables, "camp-01")


@pytest.fixture(scope="module")
def path(tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return smsroi.write_store(tables, tmp_path_factory.mktemp("without") / "shop")


@pytest.fixture(scope="module")
def store(path: Path) -> Iterator[Store]:
    with smsroi.open_store(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def result(store: Store) -> CounterfactualResult:
    return smsroi.counterfactual_roi(store, "camp-01")


def test_the_money_follows_from_effect_and_costs(result, tables):
    own = tables["costs"]
    booked = own[own["campaign_id"] == "camp-01"]["amount"].sum()
    texts = tables["messages"]
    texts = texts[texts["campaign_id"] == "camp-01"]
    booked += (texts["segments"] * texts["price"]).sum()
    share = result.series.counted / result.assigned
    assert 0 < share < 1
    assert result.cost == pytest.approx(booked * share)
    assert sum(line.counted for line in result.ledger) == pytest.approx(result.cost)
    margin, profit, roi = result.incremental_margin, result.profit, result.roi
    for name in ("estimate", "ci_lower", "ci_upper"):
        effect = getattr(margin, name)
        assert getattr(profit, name) == pytest.approx(effect - result.cost)
        assert getattr(roi, name) == pytest.approx(effect / result.cost - 1)
    assert result.evidence == "weaker"
    assert result.to_dict()["evidence"] == "weaker"


def test_the_series_is_that_of_pandas(result, tables):
    people = tables["customers"].set_index("customer_id")["acquired_at"]
    assigned = tables["assignments"].query("campaign_id == 'camp-01'")
    starts = assigned["assigned_at"].min()
    old = assigned["customer_id"][
        assigned["customer_id"].map(people).lt(starts - pd.Timedelta(days=180))
    ]
    orders = tables["orders"][tables["orders"]["customer_id"].isin(set(old))]
    day = (orders["ordered_at"] - starts) // pd.Timedelta(days=1)
    inside = day.between(-180, 13)
    revenue = orders["revenue"][inside].groupby(day[inside]).sum().reindex(range(-180, 14))
    np.testing.assert_allclose(result.series.revenue, revenue.fillna(0.0))
    assert result.series.counted == len(old)


def test_it_finds_the_effect_of_the_campaign(result):
    # 2 % of some 10,000 customers order once more, at a margin of some 35: clear of the noise.
    assert result.outcome == "paid"
    assert result.probability_of_profit > 0.99


@pytest.mark.parametrize(
    ("low", "estimate", "high", "largest", "outcome"),
    [
        (10.0, 20.0, 30.0, 5.0, "paid"),
        (10.0, 20.0, 30.0, 25.0, "unclear"),  # a quiet stretch showed as much
        (-10.0, 20.0, 50.0, 5.0, "unclear"),
        (-30.0, -20.0, -10.0, 5.0, "lost"),
        (-30.0, -20.0, -10.0, 20.0, "unclear"),
    ],
)
def test_a_verdict_needs_interval_and_quiet_stretches(
    result, low, estimate, high, largest, outcome
):
    stretch = result.placebo.stretches[0]
    error = replace(stretch.effect, estimate=-largest)
    tried = replace(result.placebo, stretches=(replace(stretch, effect=error),))
    figure = Estimate(estimate, 5.0, low, high)
    assert replace(result, profit=figure, placebo=tried).outcome == outcome
    unknown = replace(result, profit=None, incremental_margin=figure, placebo=tried)
    assert unknown.outcome == ("lost" if outcome == "lost" else "unknown")


def test_days_of_the_other_campaign_are_left_out(tables, tmp_path):
    both = everyone_texted(tables, "camp-02")
    with smsroi.open_store(smsroi.write_store(both, tmp_path / "both")) as opened:
        second = smsroi.counterfactual_roi(opened, "camp-02")
    assert second.margin.learnt_days == 180 - 14
    assert [other.campaign_id for other in second.series.others] == ["camp-01"]
    (days,) = [check for check in second.checks if check.name == "Days to learn from"]
    assert days.status == "informational" and "camp-01" in days.text


def test_a_campaign_with_a_holdout_is_sent_to_the_better_method(store):
    with pytest.raises(DataError, match="analyze_campaign"):
        smsroi.counterfactual_roi(store, "camp-02")


def test_a_window_that_is_not_over_says_when_it_will_be(store):
    with pytest.raises(NotReadyError, match="2025-01-20 10:00"):
        smsroi.counterfactual_roi(store, "camp-01", "2025-01-15")


def test_a_pre_period_that_is_too_short_is_refused(store):
    with pytest.raises(NotEstimableError, match="30 days to learn from"):
        smsroi.counterfactual_roi(store, "camp-01", pre_days=30)
    with pytest.raises(NotEstimableError, match="0 days to learn from"):
        smsroi.counterfactual_roi(store, "camp-01", pre_days=0)
    with pytest.raises(ParameterError, match="pre_days"):
        smsroi.counterfactual_roi(store, "camp-01", pre_days=-1)


def test_another_campaign_in_the_same_days_is_refused(tables, tmp_path):
    twin = {name: frame.copy() for name, frame in tables.items()}
    first = tables["assignments"].query("campaign_id == 'camp-01'").copy()
    first["campaign_id"] = "camp-02"
    first["assigned_at"] += pd.Timedelta(days=3)
    rest = tables["assignments"].query("campaign_id == 'camp-01'")
    twin["assignments"] = pd.concat([rest, first], ignore_index=True)
    with (
        smsroi.open_store(smsroi.write_store(twin, tmp_path / "twin")) as opened,
        pytest.raises(NotEstimableError, match="'camp-02' reached 100% of the same customers"),
    ):
        smsroi.counterfactual_roi(opened, "camp-01")


def test_a_programme_above_it_is_no_other_campaign(tables, result, tmp_path):
    # Its treatment arm is everybody that the campaigns assigned; it sends no text itself.
    whole = {name: frame.copy() for name, frame in tables.items()}
    assigned = tables["assignments"]
    texted = assigned.customer_id.drop_duplicates()
    barred = tables["customers"].customer_id
    barred = barred[~barred.isin(texted)].head(200)
    first = assigned.assigned_at.min() - pd.Timedelta(days=1)
    rows = pd.DataFrame(
        {
            "campaign_id": "GLOBAL",
            "customer_id": pd.concat([texted, barred], ignore_index=True),
            "arm": ["treatment"] * len(texted) + ["holdout"] * len(barred),
            "assigned_at": first,
            "stratum": None,
        }
    ).astype(assigned.dtypes.to_dict())
    whole["assignments"] = pd.concat([assigned, rows], ignore_index=True)
    programme = (
        tables["campaigns"].head(1).assign(campaign_id="GLOBAL", starts_at=first, window_days=120)
    )
    programme = programme.astype(tables["campaigns"].dtypes.to_dict())
    whole["campaigns"] = pd.concat([tables["campaigns"], programme], ignore_index=True)
    with smsroi.open_store(smsroi.write_store(whole, tmp_path / "whole")) as opened:
        assert smsroi.is_programme(opened, "GLOBAL")
        again = smsroi.counterfactual_roi(opened, "camp-01")
    # Only the controls are fewer: whom the programme counts as texted is none.
    found, before = again.roi, result.roi
    assert abs(found.estimate - before.estimate) < 0.1 * before.standard_error


def test_without_costs_no_profit_is_given(tables, tmp_path):
    bare = {name: tables[name] for name in ("campaigns", "customers", "assignments", "orders")}
    with smsroi.open_store(smsroi.write_store(bare, tmp_path / "bare")) as opened:
        found = smsroi.counterfactual_roi(opened, "camp-01")
    assert (found.cost, found.profit, found.roi, found.outcome) == (None, None, None, "unknown")
    assert found.probability_of_profit is None and found.texts is None
    failed = [check.name for check in found.checks if check.status == "failed"]
    assert failed == ["Costs booked"]
