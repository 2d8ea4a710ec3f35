"""A campaign beyond its window, from a simulated store: what is told, and what says why not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smsroi_models as smsroi
from smsroi_models.attribution.campaigns import read_campaign, read_readiness
from smsroi_models.attribution.pull_forward import HorizonLift, PullForward
from smsroi_models.beside import follow_up
from smsroi_models.clv.long_term_records import LongTerm
from smsroi_models.long_term import read_long_term
from smsroi_models.result import CampaignResult
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store

SPACING = 14 + 92
CAMPAIGN = "camp-01"
Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return smsroi.simulate_program(
        6_000,
        1,
        np.random.default_rng(61),
        spacing_days=SPACING,
        conversion_effects=[0.05],
        shop=smsroi.simulate.Shop(recruited_share=0.3, campaign_recruited_share=1.0),
        detail="core",
    ).tables


def _written(tables: Tables, folder: Path) -> Iterator[Store]:
    with open_store(write_store(tables, folder / "store"), threads=1) as store:
        yield store


@pytest.fixture(scope="module")
def followed(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from _written(tables, tmp_path_factory.mktemp("followed"))


@pytest.fixture(scope="module")
def result(followed: Store) -> CampaignResult:
    return smsroi.analyze_campaign(followed, CAMPAIGN)


@pytest.fixture(scope="module")
def found(result: CampaignResult) -> LongTerm:
    assert result.long_term is not None
    return result.long_term


def _again(
    store: Store, result: CampaignResult, later: PullForward | None = None, days: int | None = None
) -> LongTerm:
    """Read it as of some days after the window's end, or with another time after the window."""
    campaign = read_campaign(store, CAMPAIGN)
    as_of = result.as_of
    if days is not None:
        as_of = campaign.starts_at + timedelta(days=campaign.window_days + days)
    readiness = read_readiness(store, campaign, as_of)
    if later is None:
        later = follow_up(store, campaign, readiness, as_of, pre_days=90, confidence_level=0.95)
    return read_long_term(store, campaign, readiness, as_of, later, result.roi, pre_days=90)


def test_the_views_are_those_of_the_result(result: CampaignResult, found: LongTerm) -> None:
    assert result.after_window is not None
    assert found.in_window.margin == result.roi.incremental_margin
    assert found.in_window.roi == result.roi.roi
    last = result.after_window.horizons[-1]
    assert found.seen_days == last.days == 90
    assert found.seen is not None and found.seen.margin == last.incremental_total
    assert found.no_year == ""


def test_a_year_is_what_was_seen_in_proportion(result: CampaignResult, found: LongTerm) -> None:
    assert found.year is not None and result.after_window is not None
    seen = result.after_window.horizons[-1].incremental_change.estimate
    assert found.year.after.estimate == pytest.approx(found.year.factor * seen)
    assert found.year.total.margin.estimate == pytest.approx(
        found.in_window.margin.estimate + found.year.factor * seen
    )
    # Were nobody ever to leave and money worth the same at any time, a year of 364 days were this.
    assert 1 < found.year.factor < 364 / 90
    assert found.year.factor_standard_error < 0.05 * found.year.factor


def test_the_model_knows_nothing_of_the_campaign(
    found: LongTerm, tables: Tables, result: CampaignResult, tmp_path: Path
) -> None:
    """Whatever is ordered from assignment on, the model and the factor stay what they are."""
    orders = tables["orders"]
    begins = tables["campaigns"]["starts_at"].iloc[0]
    changed = orders.assign(
        revenue=orders["revenue"].where(orders["ordered_at"] < begins, orders["revenue"] * 2)
    )
    for store in _written(tables | {"orders": changed}, tmp_path):
        other = _again(store, result)
    assert found.fit is not None and other.fit == found.fit
    assert other.held_out is not None and found.held_out is not None
    assert other.held_out.predicted == pytest.approx(found.held_out.predicted)
    assert other.held_out.seen > 1.8 * found.held_out.seen
    assert other.checks[0].status == "failed"
    assert other.year is None
    assert "not supported by what was seen" in other.no_year
    assert other.seen is not None  # what was seen stands


def test_every_horizon_of_a_month_or_more_has_its_forecast(found: LongTerm) -> None:
    assert [one.days for one in found.forecasts] == [30, 60, 90]
    predicted = [one.predicted.estimate for one in found.forecasts]
    # Twentieth customers were made to order once more; a model takes that for a habit.
    assert 0 < predicted[0] < predicted[1] < predicted[2]
    assert all(one.predicted.ci_lower > 0 for one in found.forecasts)


def test_forecasts_are_counted_nowhere(result: CampaignResult, found: LongTerm) -> None:
    names = {check.name for check in found.checks}
    assert names == {"Purchase model", "Forecast from the window"}
    assert not names & {check.name for check in result.checks}


def test_recruits_are_on_a_line_of_their_own(
    followed: Store, tables: Tables, result: CampaignResult, found: LongTerm
) -> None:
    recruits, people = found.recruits, tables["customers"]
    assert recruits is not None
    early = people["acquired_at"] < pd.Timestamp(result.as_of)
    assert recruits.recruited == (early & people["acquired_campaign_id"].notna()).sum()
    assert recruits.ahead is not None and 0 < recruits.ahead.ci_lower < recruits.ahead.estimate
    orders = tables["orders"].assign(campaign_id=None)
    before = orders["ordered_at"] < pd.Timestamp(result.as_of)
    theirs = people.loc[people["acquired_campaign_id"].notna(), "customer_id"]
    mine = orders[before & orders["customer_id"].isin(theirs)]
    goods = mine["cost_of_goods"].fillna(0.4 * (mine["revenue"] + mine["discount"]))
    assert recruits.margin_recruited == pytest.approx((mine["revenue"] - goods).sum())


def test_too_early_for_a_year(followed: Store, result: CampaignResult) -> None:
    early = _again(followed, result, days=20)
    assert early.seen_days == 7 and early.seen is not None
    assert early.year is None and early.forecasts == ()
    assert early.no_year == "It can be told from 2025-02-19 on, when 30 days have been seen."
    assert early.retention.bought[-1].days == 14
    at_once = _again(followed, result, days=0)
    assert (at_once.seen_days, at_once.seen) == (None, None)
    assert at_once.retention.treatment.days[-1] == 14


@pytest.mark.parametrize("gain", [0.0, 500.0])
def test_orders_moved_earlier_are_not_carried_on(
    followed: Store, result: CampaignResult, gain: float
) -> None:
    later = result.after_window
    assert later is not None and later.in_window is not None
    window = replace(later.in_window, ci_lower=1.0)
    lost = replace(later.horizons[-1].change, ci_upper=-1.0)
    rest = replace(later.horizons[-1].rest, ci_upper=-1.0)
    total = replace(later.horizons[-1].total, ci_lower=gain)
    last: HorizonLift = replace(later.horizons[-1], change=lost, rest=rest, total=total)
    moved = replace(later, in_window=window, horizons=(*later.horizons[:-1], last))
    found = _again(followed, result, moved)
    assert moved.verdict == ("partly moved earlier" if gain else "moved earlier")
    # A loss without a gain before it is no order moved earlier.
    alone = replace(moved, in_window=replace(window, ci_lower=-1.0))
    assert _again(followed, result, alone).year is not None
    assert found.year is None and "missing once, not all year" in found.no_year
    assert found.seen is not None


def test_a_shop_without_a_past_says_why(
    tables: Tables, result: CampaignResult, tmp_path: Path
) -> None:
    orders = tables["orders"]
    begins = tables["campaigns"]["starts_at"].iloc[0]
    young = tables | {"orders": orders[orders["ordered_at"] >= begins]}
    for store in _written(young, tmp_path):
        whole = smsroi.analyze_campaign(store, CAMPAIGN)
    found = whole.long_term
    assert found is not None and found.fit is None and found.year is None
    assert found.no_year.startswith("No purchase model fits the shop's orders up to 2025-01-05")
    assert "nobody had bought by then" in found.no_year
    assert found.recruits is not None and found.recruits.ahead is None
    assert found.recruits.reason == found.no_year and found.recruits.margin_so_far > 0
    assert found.seen is not None and found.retention.bought


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ((), "In the 90 days after the window nobody in either arm bought."),
        (("holdout",), "What was bought in the 90 days after the window cannot be compared: "),
    ],
)
def test_nobody_bought_after_the_window(
    tables: Tables, result: CampaignResult, tmp_path: Path, kept: tuple[str, ...], said: str
) -> None:
    arms = tables["assignments"].set_index("customer_id")
    orders = tables["orders"]
    ends = orders["customer_id"].map(arms["assigned_at"]) + pd.Timedelta(days=14)
    late = (orders["ordered_at"] >= ends) & ~orders["customer_id"].map(arms["arm"]).isin(kept)
    for store in _written(tables | {"orders": orders[~late]}, tmp_path):
        found = _again(store, result)
    assert found.year is None and found.seen is None
    assert found.no_year.startswith(said)


def test_customers_without_a_past_in_a_shop_with_one(
    tables: Tables, result: CampaignResult, tmp_path: Path
) -> None:
    """Leads: nobody assigned had bought, others had; a model fits, and says nothing of them."""
    orders, arms = tables["orders"], tables["assignments"]
    begins = tables["campaigns"]["starts_at"].iloc[0]
    some = arms["customer_id"].iloc[::2]
    past = orders["customer_id"].isin(some) & (orders["ordered_at"] < begins)
    leads = tables | {
        "orders": orders[~past],
        "assignments": arms[arms["customer_id"].isin(some)],
    }
    for store in _written(leads, tmp_path):
        found = smsroi.analyze_campaign(store, CAMPAIGN).long_term
    assert found is not None and found.fit is not None
    assert found.year is None and found.checks == ()
    assert "nobody had bought before assignment" in found.no_year
    assert found.seen is not None and found.recruits is not None


def test_a_model_without_a_maximum_says_why(
    tables: Tables, result: CampaignResult, tmp_path: Path
) -> None:
    """In the past everybody bought once: there is no second purchase to tell a rate from."""
    orders = tables["orders"].sort_values("ordered_at")
    begins = tables["campaigns"]["starts_at"].iloc[0]
    again = orders.duplicated("customer_id") & (orders["ordered_at"] < begins)
    for store in _written(tables | {"orders": orders[~again]}, tmp_path):
        found = _again(store, result)
    assert found.fit is None and found.year is None
    assert found.no_year.startswith("No purchase model fits") and len(found.no_year) > 60


def test_a_store_without_customers(tables: Tables, result: CampaignResult, tmp_path: Path) -> None:
    without = {name: table for name, table in tables.items() if name != "customers"}
    for store in _written(without, tmp_path):
        found = _again(store, result)
    assert found.recruits is None and "no table of customers" in found.no_recruits
    assert found.year is not None


def test_a_running_campaign_has_none(followed: Store) -> None:
    begins = read_campaign(followed, CAMPAIGN).starts_at
    running = smsroi.analyze_campaign(
        followed, CAMPAIGN, as_of=begins + timedelta(days=6), so_far=True
    )
    assert running.long_term is None


def test_retention_counts_everyone_assigned(
    tables: Tables, result: CampaignResult, found: LongTerm
) -> None:
    retention, converted = found.retention, result.lift["converted"].unadjusted
    assert [one.days for one in retention.bought] == [14, 44, 74, 104]
    window = retention.bought[0].lift
    assert window is not None
    orders = tables["orders"].merge(tables["assignments"], on="customer_id")
    age = (orders["ordered_at"] - orders["assigned_at"]) / pd.Timedelta(days=1)
    inside = orders[(age >= 0) & (age < 14)].assign(day=np.floor(age))
    net = inside.groupby(["arm", "customer_id", "day"])["revenue"].sum()
    buyers = net[net > 0].reset_index().groupby("arm")["customer_id"].nunique()
    assert window.mean_treatment == pytest.approx(buyers["treatment"] / converted.n_treatment)
    assert window.mean_holdout == pytest.approx(buyers["holdout"] / converted.n_holdout)
    # Who converted only to be refunded in full did not buy.
    assert window.mean_treatment < converted.mean_treatment
    assert retention.treatment.n == converted.n_treatment
    assert list(retention.treatment.share) == sorted(retention.treatment.share)
    assert retention.active_treatment.days == (30, 60, 90)
    assert [cohort.starts.isoformat() for cohort in retention.cohorts][:2] == [
        "2024-01-01",
        "2024-04-01",
    ]
