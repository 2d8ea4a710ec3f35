"""What an analysis reads beside the lift: extremes, segments and the time after the window."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corner_shop import AS_OF, PRE_DAYS

import smsroi_models as smsroi
from smsroi_models.attribution.campaigns import read_campaign, read_readiness
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lasting import gain_kept, lost_again
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import outcomes
from smsroi_models.attribution.pull_forward import HorizonLift, PullForward, unread
from smsroi_models.attribution.reached import with_received
from smsroi_models.beside import follow_up
from smsroi_models.errors import ParameterError
from smsroi_models.report import words
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(21)
    effect = {"conversion_effects": [0.06]}
    return smsroi.simulate_program(12_000, 1, rng, detail="core", **effect).tables


@pytest.fixture(scope="module")
def simulated(
    tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    with open_store(write_store(tables, tmp_path_factory.mktemp("beside") / "store")) as store:
        yield store


@pytest.fixture(scope="module")
def result(simulated: Store) -> smsroi.CampaignResult:
    return smsroi.analyze_campaign(simulated, "camp-01")


def _named(result: smsroi.CampaignResult, name: str) -> Check:
    return next(check for check in result.checks if check.name == name)


def test_capped_spend_stands_beside_spend(result: smsroi.CampaignResult) -> None:
    assert result.caps is not None and result.caps.n_capped > 0
    whole, capped = (result.lift[name].headline for name in ("margin", "margin_capped"))
    assert (capped.n_treatment, capped.covariates) == (whole.n_treatment, whole.covariates)
    assert capped.mean_treatment < whole.mean_treatment
    assert capped.standard_error < whole.standard_error
    assert _named(result, "Outliers").status == "passed"
    cut = result.caps.margin_treatment / whole.n_treatment
    plain = result.lift["margin"].unadjusted, result.lift["margin_capped"].unadjusted
    difference = plain[0].mean_treatment - plain[1].mean_treatment
    assert difference == pytest.approx(cut, rel=1e-9)


def test_one_giant_order_takes_the_plain_answer_away(
    tables: dict[str, pd.DataFrame], result: smsroi.CampaignResult, tmp_path: Path
) -> None:
    """A reseller's order of ten standard errors of the whole lift, in the holdout."""
    orders = tables["orders"].copy()
    held = tables["assignments"].query("arm == 'holdout'")
    start = tables["campaigns"]["starts_at"].iloc[0]
    inside = orders["customer_id"].isin(held["customer_id"]) & orders["ordered_at"].between(
        start, start + pd.Timedelta(days=13)
    )
    giant = 10 * result.lift["margin"].headline.standard_error * len(held)
    orders.loc[orders.index[inside][0], ["revenue", "cost_of_goods"]] = [giant, 0.0]
    with open_store(write_store({**tables, "orders": orders}, tmp_path / "store")) as store:
        found = smsroi.analyze_campaign(store, "camp-01")
    check = _named(found, "Outliers")
    assert (check.status, check.invalidates) == ("failed", False)
    assert "few customers carry it" in check.text
    assert "outliers" in words.verdict(found)
    assert found.decision.action == "mend first"
    assert words.next_step(found).startswith("Mend first: look at these customers' orders.")


def test_segments_are_those_of_segment_lifts(
    result: smsroi.CampaignResult, simulated: Store
) -> None:
    assert result.not_compared == ""
    assert result.segments is not None
    alone = smsroi.segment_lifts(simulated, "camp-01")
    pd.testing.assert_frame_equal(result.segments.to_frame(), alone.to_frame())
    region = smsroi.analyze_campaign(simulated, "camp-01", segments_by="region")
    assert region.segments is not None and region.segments.by == "region"
    none = smsroi.analyze_campaign(simulated, "camp-01", segments_by=None)
    assert none.segments is None and none.not_compared


def test_a_segment_that_is_none_is_refused_before_anything_is_read(simulated: Store) -> None:
    with pytest.raises(ParameterError, match="by is 'colour'"):
        smsroi.analyze_campaign(simulated, "no such campaign", segments_by="colour")


@pytest.mark.parametrize(
    ("values", "why"),
    [(lambda i: "all", "have the same segment"), (lambda i: f"s{i % 21}", "has 21 values")],
)
def test_segments_that_cannot_be_compared_say_why(
    tables: dict[str, pd.DataFrame], tmp_path: Path, values: object, why: str
) -> None:
    customers = tables["customers"].copy()
    customers["segment"] = [values(i) for i in range(len(customers))]  # type: ignore[operator]
    path = write_store({**tables, "customers": customers}, tmp_path / "store")
    with open_store(path) as store:
        found = smsroi.analyze_campaign(store, "camp-01")
    assert found.segments is None and why in found.not_compared


def test_the_time_after_the_window_is_read_as_far_as_it_is_over(
    result: smsroi.CampaignResult, simulated: Store
) -> None:
    campaign = read_campaign(simulated, "camp-01")
    last = read_readiness(simulated, campaign, result.as_of).last_ready_at
    assert result.after_window is not None and last is not None
    over = [h.days for h in result.after_window.horizons]
    assert over == [d for d in (7, 30, 60, 90) if last + timedelta(days=d) <= result.as_of]
    at_end = follow_up(
        simulated,
        campaign,
        read_readiness(simulated, campaign, last),
        last,
        pre_days=90,
        confidence_level=0.95,
    )
    assert at_end.verdict == "too early"
    assert at_end.too_early[7] == last + timedelta(days=7)


def _found(window: float, after: float) -> PullForward:
    """Return lifts of 100 customers an arm, each with the same small error."""

    def lift(level: float) -> Lift:
        arms = (Moments.from_rows([[x + y] for x in (-0.5, 0.5) * 50], ["m"]) for y in (level, 0.0))
        return compare(*arms)

    change, total, rest = (lift(x) for x in (after, window + after, window / 2 + after))
    week = HorizonLift(7, change, total, rest, change.scaled(100), total.scaled(100))
    return PullForward(lift(window), lift(window).scaled(100), (week,), {}, {})


@pytest.mark.parametrize(
    ("after", "verdict", "status"),
    [
        (0.0, "kept", "passed"),
        (-0.5, "partly moved earlier", "informational"),
        (-1.0, "moved earlier", "failed"),
    ],
)
def test_a_gain_that_was_lost_again_fails_its_check(
    after: float, verdict: str, status: str
) -> None:
    found = _found(1.0, after)
    check = gain_kept(found)
    assert (found.verdict, check.status, check.invalidates) == (verdict, status, False)
    assert "the 7 days after the window" in check.text
    assert bool(check.remedy) == (status != "passed")


@pytest.mark.parametrize(
    ("after", "cost", "status"),
    [
        (-0.3, 10.0, "informational"),  # 70 of 100 are left, far above the cost
        (-0.3, 69.0, "failed"),  # what is left is not clearly above it
        (-0.3, 90.0, "failed"),  # nor at all
        (-1.0, None, "failed"),
        (0.0, 99.0, "passed"),  # nothing was lost: the window's own interval says what is clear
    ],
)
def test_what_is_left_is_held_against_the_cost(
    after: float, cost: float | None, status: str
) -> None:
    found = _found(1.0, after)
    assert gain_kept(found, cost).status == status
    assert lost_again(found, cost) == (status == "failed")


def test_what_cannot_be_told_informs() -> None:
    assert gain_kept(_found(0.0, 0.0)).status == "informational"
    assert "2025-04-01" in gain_kept(unread({7: datetime(2025, 4, 1, tzinfo=UTC)})).text
    assert gain_kept(unread({})).status == "informational"
    still = PullForward(None, None, (), {}, {7: "nothing varies"})
    assert "nothing varies" in gain_kept(still).text


def test_a_campaign_whose_gain_came_only_earlier_is_changed_not_repeated(
    result: smsroi.CampaignResult,
) -> None:
    cheap = replace(result.roi, profit=replace(result.roi.incremental_margin, ci_lower=1.0))
    kept = replace(result, roi=cheap, after_window=_found(1.0, 0.0))
    lost = replace(result, roi=cheap, after_window=_found(1.0, -1.0))
    assert (kept.decision.action, lost.decision.action) == ("repeat", "change")
    assert "orders had been moved earlier" in words.next_step(lost)
    assert words.headline(lost) == "It paid within its window, and lost it again since."
    assert "7 days after it, the margin it had brought in all was" in words.sentence(lost)
    assert "lost it again" not in words.headline(kept)


def test_who_was_reached_by_hand(shop: Store) -> None:
    campaign = read_campaign(shop, "SPRING")
    customers = outcomes(shop, campaign, AS_OF, pre_days=PRE_DAYS)
    rows = with_received(shop, campaign, customers).to_pyarrow().to_pylist()
    # t2's text failed, h1's was sent and never delivered, t5 is not counted.
    reached = {row["customer_id"] for row in rows if row["received"] == 1.0}
    assert reached == {"t1", "t3", "t4"}
    assert len(rows) == 7


def test_the_effect_on_the_reached_is_two_stage_least_squares(
    simulated: Store, tables: dict[str, pd.DataFrame]
) -> None:
    """Wald's ratio by pandas, without covariates: the lift over the share who got the text."""
    assigned = tables["assignments"].set_index("customer_id")["arm"]
    texts = tables["messages"].query("status in ['delivered', 'read']")["customer_id"]
    share = assigned.index.isin(texts)[assigned == "treatment"].mean()
    plain = smsroi.analyze_campaign(simulated, "camp-01", pre_days=0)
    assert plain.reached is not None
    assert plain.reached.share_received_treatment == pytest.approx(share)
    lift = plain.lift["margin"].unadjusted.absolute_lift
    assert plain.reached.absolute_lift == pytest.approx(lift / share)
