"""A campaign that is still running: on the hand-written shop, and on a simulated campaign."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corner_shop import ASSIGNED, PRE_DAYS, shop_frames

from smsroi_models.analysis import analyze_campaign
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.sequential import multiple
from smsroi_models.errors import NotReadyError, ParameterError
from smsroi_models.report import figures, page, payload, words
from smsroi_models.report.results import RESULTS_MIME
from smsroi_models.result import CampaignResult
from smsroi_models.simulate import simulate_program
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store

# The customer assigned last, t5 on day 5, has had five days on day 10. In the first five days of
# each one: t1's order at the start, t2's two, t5's on day 6; h1's on day 3, but not h3's on day 6.
TREATMENT_MARGINS, HOLDOUT_MARGINS = [60.0, -13.0, 0.0, 0.0, 70.0], [30.0, 0.0, 0.0]
DAY_10 = ASSIGNED + timedelta(days=10)


@pytest.fixture(scope="module")
def spring(shop: Store) -> CampaignResult:
    return analyze_campaign(shop, "SPRING", DAY_10, pre_days=PRE_DAYS, so_far=True)


def test_everybody_counts_for_the_days_that_all_have_had(spring: CampaignResult) -> None:
    assert spring.readiness.ready == {"treatment": 5, "holdout": 3}
    assert spring.readiness.waiting == 0
    assert spring.so_far is not None
    assert (spring.so_far.days, spring.so_far.window_days) == (5, 7)
    assert spring.so_far.days_of_first == 7
    assert spring.so_far.ends_at == ASSIGNED + timedelta(days=12)
    arms = [
        Moments.from_rows(np.array([m]).T, ["margin"]) for m in (TREATMENT_MARGINS, HOLDOUT_MARGINS)
    ]
    single = compare(arms[0], arms[1])
    lift = spring.lift["margin"].unadjusted
    assert lift.absolute_lift == pytest.approx(single.absolute_lift)
    assert lift.standard_error == pytest.approx(single.standard_error)


def test_costs_count_in_full(spring: CampaignResult) -> None:
    # 9 priced segments for 1.61 in all, and one without a price
    texts = 1.61 * 10 / 9
    ledger = {line.label: (line.amount, line.counted) for line in spring.roi.ledger}
    assert ledger == {
        "texts": pytest.approx((texts, texts)),
        "creative": (100.0, 100.0),
        "platform": (80.0, 80.0),
    }


def test_intervals_are_the_sequences(spring: CampaignResult) -> None:
    day = spring.daily[-1]
    assert day.day == 5
    reach = multiple(day.information)
    for pair in spring.lift.values():
        for lift in filter(None, (pair.unadjusted, pair.adjusted)):
            assert lift.ci_upper - lift.absolute_lift == pytest.approx(reach * lift.standard_error)
    for end in ("estimate", "standard_error", "ci_lower", "ci_upper"):
        expected = getattr(day.sequence, end)
        assert getattr(spring.roi.incremental_margin, end) == pytest.approx(expected)


def test_what_late_assignment_costs_is_told(spring: CampaignResult) -> None:
    told = [check for check in spring.checks if check.name == "Outcome windows"]
    assert len(told) == 1
    assert told[0].status == "informational"
    assert "the first 5 of 7 days of all 8 assigned customers" in told[0].text
    assert "have had 7 days: what they did in the last 2 is not counted yet" in told[0].text
    assert "(2025-03-15)" in told[0].text
    assert "after 2025-03-22" in told[0].remedy


def test_few_buyers_are_no_reason_to_distrust_the_sequence(spring: CampaignResult) -> None:
    statuses = [check.status for check in spring.checks]
    assert statuses == sorted(statuses)  # failed, informational, passed
    few = next(check for check in spring.checks if check.name == "Enough buyers")
    assert few.status == "informational"
    assert "wide enough" in few.text


def test_before_everybody_had_a_day_it_says_when(shop: Store) -> None:
    early = ASSIGNED + timedelta(days=5.5)
    with pytest.raises(NotReadyError, match=r"had a whole day; that will be 2025-03-16 10:00 UTC$"):
        analyze_campaign(shop, "SPRING", early, so_far=True)


def test_a_rolling_campaign_is_sent_to_the_ordinary_reading(tmp_path: Path) -> None:
    frames = shop_frames()
    late = frames["assignments"]["customer_id"] == "t5"
    frames["assignments"].loc[late, "assigned_at"] = DAY_10
    frames["messages"] = frames["messages"].query("customer_id != 't5'")
    with (
        open_store(write_store(frames, tmp_path / "store")) as store,
        pytest.raises(NotReadyError, match="7 customers had their full window: read those"),
    ):
        analyze_campaign(store, "SPRING", DAY_10, so_far=True)


def test_once_every_window_is_over_it_changes_nothing(shop: Store) -> None:
    over = ASSIGNED + timedelta(days=12)
    result = analyze_campaign(shop, "SPRING", over, pre_days=PRE_DAYS, so_far=True)
    assert result.so_far is None
    assert result == analyze_campaign(shop, "SPRING", over, pre_days=PRE_DAYS)


def test_too_early_names_the_way_out(shop: Store) -> None:
    with pytest.raises(NotReadyError, match="--so-far"):
        analyze_campaign(shop, "SPRING", "2025-03-17")


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_so_far_is_true_or_false(shop: Store, value: object) -> None:
    with pytest.raises(ParameterError, match=r"so_far is .* it must be True or False"):
        analyze_campaign(shop, "SPRING", DAY_10, so_far=value)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def running_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, datetime]]:
    program = simulate_program(
        6_000, 1, np.random.default_rng(61), detail="core", conversion_effects=[0.6]
    )
    path = tmp_path_factory.mktemp("running") / "store.duckdb"
    with open_store(write_store(program.tables, path)) as store:
        yield store, program.tables["campaigns"]["starts_at"].iloc[0].to_pydatetime()


@pytest.fixture(scope="module")
def each_day(running_store: tuple[Store, datetime]) -> dict[int, CampaignResult]:
    store, starts_at = running_store
    return {
        day: analyze_campaign(store, "camp-01", starts_at + timedelta(days=day), so_far=True)
        for day in (3, 9, 14)
    }


def test_what_was_read_on_a_day_stays_as_it_was(each_day: dict[int, CampaignResult]) -> None:
    """The band of the final report goes through every reading made on the way."""
    final = {day.day: day for day in each_day[14].daily}
    for day in (3, 9):
        then, now = each_day[day].daily[-1], final[day]
        assert (then.day, then.information) == (day, pytest.approx(now.information))
        assert then.sequence.ci_lower == pytest.approx(now.sequence.ci_lower)
        assert then.sequence.ci_upper == pytest.approx(now.sequence.ci_upper)


def test_the_planned_variance_is_worked_out_from_the_days_before(
    running_store: tuple[Store, datetime], each_day: dict[int, CampaignResult]
) -> None:
    store, starts_at = running_store
    arm = store["assignments"].to_pandas().set_index("customer_id")["arm"]
    orders = store["orders"].to_pandas()
    before = orders["ordered_at"].between(
        pd.Timestamp(starts_at) - pd.Timedelta(days=90), pd.Timestamp(starts_at), inclusive="left"
    )
    spent = orders[before].groupby("customer_id")["revenue"].sum().reindex(arm.index).fillna(0.0)
    n_t, n_h = (arm == "treatment").sum(), (arm == "holdout").sum()
    rate = each_day[3].campaign.margin_rate
    planned = spent.var() * rate**2 * 14 / 90 * (1 / n_t + 1 / n_h)
    for day, result in each_day.items():
        error = result.lift["margin"].headline.standard_error
        assert result.daily[-1].day == day
        assert result.daily[-1].information == pytest.approx(error**2 / planned)


def test_a_running_campaign_gets_no_final_verdict(each_day: dict[int, CampaignResult]) -> None:
    result = each_day[9]
    assert words.sentence(result).startswith("So far, after 9 of 14 days, ")
    assert "This is not final" in words.sentence(result)
    assert words.headline(result) not in words.HEADLINES.values()
    assert result.roi.probability_of_profit is None
    tiles = page.key_figures(result).text
    assert "Probability" not in tiles
    assert "Profit" in tiles
    assert words.intervals_named(result) == "95% intervals for daily reading"
    assert words.waterfall_finding(result).startswith("So far, after goods and costs")
    assert figures.cumulative_margin(result).alt.startswith("After 9 of 14 days ")
    assert "the first 9 of 14 days" in words.method(result)


def test_results_for_machines_say_how_far_it_is(each_day: dict[int, CampaignResult]) -> None:
    bundle = payload.results(each_day[9])._repr_mimebundle_()[RESULTS_MIME]
    json.dumps(bundle, allow_nan=False)
    assert bundle["so_far"]["days"] == 9
    assert bundle["so_far"]["window_days"] == 14
    assert [day["day"] for day in bundle["figures"]["daily"]][-1] == 9
    final = payload.results(each_day[14])._repr_mimebundle_()[RESULTS_MIME]
    assert final["so_far"] is None
