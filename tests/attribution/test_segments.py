"""Segments: which customers are in which, what is tested, and that corrections go along."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corner_shop import AS_OF, PRE_DAYS, shop_frames

import smsroi_models as smsroi
from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.multiplicity import (
    LEAST_BUYERS,
    MOST_SEGMENTS,
    adjust,
    compare_segments,
    heterogeneity,
)
from smsroi_models.attribution.outcomes import outcomes
from smsroi_models.attribution.segmented import NO_SEGMENT, collect_segments, with_segment
from smsroi_models.errors import (
    DataError,
    NotEstimableError,
    NotReadyError,
    ParameterError,
    StoreError,
)
from smsroi_models.segments import segment_lifts
from smsroi_models.simulate.buyers import REGIONS
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store

COLUMNS = ("margin", "margin_cubed", "converted", "pre_revenue", "pre_orders")
SEGMENT = {
    "t1": "gold",
    "t2": "new",
    "t3": "gold",
    "t4": None,
    "h1": "gold",
    "h2": " ",
    "h3": "new",
}


@pytest.fixture(scope="module")
def segmented_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    frames = shop_frames()
    frames["customers"]["segment"] = frames["customers"]["customer_id"].map(SEGMENT)
    path = write_store(frames, tmp_path_factory.mktemp("segments") / "store")
    with open_store(path) as store:
        yield store


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    program = smsroi.simulate_program(24_000, 1, np.random.default_rng(9), detail="core")
    path = write_store(program.tables, tmp_path_factory.mktemp("simulated") / "store")
    with open_store(path) as store:
        yield store


def test_each_customer_is_in_the_segment_that_the_store_knows(segmented_shop: Store) -> None:
    customers = outcomes(segmented_shop, read_campaign(segmented_shop, "SPRING"), AS_OF)
    rows = with_segment(segmented_shop, customers, "segment").to_pyarrow().to_pylist()
    found = {row["customer_id"]: row["segment"] for row in rows}
    assert found == {who: (name or "").strip() or NO_SEGMENT for who, name in SEGMENT.items()}
    assert list(rows[0]) == [*customers.columns, "segment"]


@pytest.mark.parametrize("name", ["(none)", NO_SEGMENT, NO_SEGMENT.strip(), f"\t{NO_SEGMENT}"])
def test_no_segment_of_a_store_is_taken_for_none(tmp_path: Path, name: str) -> None:
    frames = shop_frames()
    named = {who: segment or name for who, segment in (SEGMENT | {"h2": None}).items()}
    named["t4"] = None  # type: ignore[assignment]
    frames["customers"]["segment"] = frames["customers"]["customer_id"].map(named)
    with open_store(write_store(frames, tmp_path / "store")) as store:
        customers = outcomes(store, read_campaign(store, "SPRING"), AS_OF)
        rows = with_segment(store, customers, "segment").to_pyarrow().to_pylist()
    assert {r["customer_id"] for r in rows if r["segment"] == NO_SEGMENT} == {"t4"}
    assert {r["customer_id"] for r in rows if r["segment"] == name.strip()} == {"h2"}


def test_moments_of_each_segment_by_hand(segmented_shop: Store) -> None:
    campaign = read_campaign(segmented_shop, "SPRING")
    groups = collect_segments(segmented_shop, campaign, AS_OF, pre_days=PRE_DAYS)
    assert list(groups) == [NO_SEGMENT, "gold", "new"]
    gold, gold_held = groups["gold"]
    assert gold is not None and gold_held is not None and gold.columns == COLUMNS
    assert (gold.n, gold.mean_of("margin"), gold.mean_of("converted")) == (2, 64.0 / 2, 0.5)
    assert gold.mean_of("margin_cubed") == pytest.approx(64.0**3 / 2)
    assert (gold_held.n, gold_held.mean_of("margin")) == (1, 30.0)
    assert [arm.mean_of("margin") for arm in groups["new"] if arm] == [-13.0, 20.0]


@pytest.mark.parametrize("by", ["customer_id", "referrer_id", "acquired_at", "colour"])
def test_what_is_no_segment_is_refused(segmented_shop: Store, by: str) -> None:
    with pytest.raises(ParameterError, match="acquired_campaign_id or segment or region"):
        segment_lifts(segmented_shop, "SPRING", by, AS_OF)


def test_the_columns_that_may_be_asked_for_are_named(segmented_shop: Store) -> None:
    with pytest.raises(ParameterError, match="outcome is 'profit': use revenue, margin, orders"):
        segment_lifts(segmented_shop, "SPRING", as_of=AS_OF, outcome="profit")


def test_an_outcome_whose_table_is_absent_names_the_table(tmp_path: Path) -> None:
    frames = shop_frames()
    del frames["subscriptions"]
    with (
        open_store(write_store(frames, tmp_path / "store")) as store,
        pytest.raises(ParameterError, match="'opted_out', but the store has no table subscriptio"),
    ):
        segment_lifts(store, "SPRING", as_of=AS_OF, outcome="opted_out")


def test_a_store_that_cannot_say_is_refused(tmp_path: Path, segmented_shop: Store) -> None:
    with pytest.raises(DataError, match="no campaign 'SPRNG'"):
        segment_lifts(segmented_shop, "SPRNG")
    with pytest.raises(DataError, match="is not a store"):
        segment_lifts("data/demo", "SPRING")  # type: ignore[arg-type]
    with pytest.raises(NotReadyError, match="no 7-day window that is over as of 2025-03-11"):
        segment_lifts(segmented_shop, "SPRING", as_of="2025-03-11")
    with pytest.raises(NotEstimableError, match="no segment can be compared"):
        segment_lifts(segmented_shop, "SPRING", as_of=AS_OF)
    frames = shop_frames()
    del frames["customers"]
    with (
        open_store(write_store(frames, tmp_path / "store")) as store,
        pytest.raises(StoreError, match="no customers"),
    ):
        segment_lifts(store, "SPRING")


@pytest.mark.parametrize("outcome", ["margin", "converted"])
def test_everyone_is_the_campaigns_own_figure(simulated: Store, outcome: str) -> None:
    whole = smsroi.analyze_campaign(simulated, "camp-01").lift[outcome].headline
    found = segment_lifts(simulated, "camp-01", "region", outcome=outcome)
    for name in ("absolute_lift", "standard_error", "ci_lower", "p_value"):
        assert getattr(found.overall, name) == pytest.approx(getattr(whole, name), rel=1e-6), name
    assert found.overall.n_treatment == whole.n_treatment
    assert len(found.segments) + len(found.not_tested) == len(REGIONS)


def test_the_break_even_is_what_the_texts_cost(simulated: Store) -> None:
    result = smsroi.analyze_campaign(simulated, "camp-01")
    found = segment_lifts(simulated, "camp-01")
    texts = next(line.counted for line in result.roi.ledger if line.label == "texts")
    assert found.break_even == pytest.approx(texts / result.roi.n_treatment)
    assert segment_lifts(simulated, "camp-01", outcome="revenue").break_even is None


def _arm(rng: np.random.Generator, n: int, share: float, level: float = 0.0) -> Moments:
    bought = rng.random(n) < share
    margin = bought * rng.gamma(2.0, 10.0, n) + level
    pre = rng.gamma(1.0, 20.0, n)
    return Moments.from_rows(
        np.column_stack([margin, margin**3, bought, pre, rng.poisson(1.0, n)]), COLUMNS
    )


def _groups(effects: list[float], seed: int = 1) -> dict[str, tuple[Moments, Moments]]:
    rng = np.random.default_rng(seed)
    return {
        chr(ord("a") + i): (_arm(rng, 2_000, 0.2, effect), _arm(rng, 2_000, 0.2))
        for i, effect in enumerate(effects)
    }


def test_intervals_and_holms_first_step_agree() -> None:
    found = compare_segments(_groups([0.6, 0.0, 0.3, 1.5]), "margin")
    alpha, m = 0.05, 4
    for part in found.segments:
        clear = part.ci_lower > 0 or part.ci_upper < 0
        assert clear == (part.p_values.unadjusted < alpha / m)
    assert found.simultaneous_level == pytest.approx(1 - alpha / m)
    assert [part.p_values.holm for part in found.segments] == adjust(
        [part.p_values.unadjusted for part in found.segments], "holm"
    )


def test_each_segment_is_compared_as_the_campaign_is() -> None:
    groups = _groups([0.6, 0.0])
    found = compare_segments(groups, "margin", candidates=COLUMNS[3:])
    alone = compare(*groups["a"], "margin", covariates=COLUMNS[3:], confidence_level=0.975)
    first = found.segments[0]
    assert first.covariates == COLUMNS[3:]
    assert (first.absolute_lift, first.ci_upper) == (alone.absolute_lift, alone.ci_upper)
    assert first.incremental.ci_lower == pytest.approx(2_000 * alone.ci_lower)


def test_who_responded_more_is_named_only_where_segments_differ() -> None:
    found = compare_segments(_groups([0.1, 0.1, 3.0, 0.1]), "margin")
    assert (found.differ, found.responded_more) == (True, ("c",))
    idle = compare_segments(_groups([0.0, 0.0, 0.0, 0.0]), "margin")
    assert (idle.differ, idle.responded_more, idle.responded_less) == (False, (), ())
    pair = compare_segments(_groups([0.0, 2.0]), "margin")
    assert pair.heterogeneity is not None
    # Between two there is one question, and one answer.
    for part in pair.segments:
        assert part.above_rest_p_value == pytest.approx(pair.heterogeneity.p_value)
    assert (pair.responded_more, pair.responded_less) == (("b",), ("a",))


def test_break_even_sorts_the_segments() -> None:
    found = compare_segments(_groups([0.0, 3.0]), "margin", break_even=1.5)
    assert (found.paid, found.did_not_pay) == (("b",), ("a",))
    assert compare_segments(_groups([0.0, 3.0]), "margin").paid == ()


def test_segments_too_small_are_listed_and_do_not_count() -> None:
    rng = np.random.default_rng(2)
    groups = {
        **_groups([0.5, 0.5]),
        "no holdout": (_arm(rng, 900, 0.2), None),
        "untexted": (None, _arm(rng, 900, 0.2)),
        "few": (_arm(rng, 90, 0.2), _arm(rng, 80, 0.2)),
        "still": (_arm(rng, 900, 0.0, 1.0), _arm(rng, 900, 1.0)),
    }
    found = compare_segments(groups, "margin")
    assert [part.segment for part in found.segments] == ["a", "b"]
    assert found.not_tested["no holdout"] == "nobody of it was held out"
    assert found.not_tested["untexted"] == "nobody of it was to be texted"
    assert found.not_tested["few"].startswith("only ")
    assert "margin is 1 for every one of the 900 customers" in found.not_tested["still"]
    assert found.simultaneous_level == pytest.approx(0.975)
    assert found.overall.n_treatment == 4_000 + 900 + 90 + 900


def test_the_rule_for_few_buyers_looks_at_both_arms_together() -> None:
    """Whichever arm they are in: a rule on one arm's buyers would select on the outcome."""
    rng = np.random.default_rng(4)
    some, none = _arm(rng, 500, 3.0 * LEAST_BUYERS / 500), _arm(rng, 500, 0.004)
    groups = _groups([0.5, 0.5])
    for arms in ((some, none), (none, some)):
        assert "c" not in compare_segments({**groups, "c": arms}, "margin").not_tested


def test_one_segment_has_nothing_to_differ_from() -> None:
    found = compare_segments({"only": _groups([0.5])["a"]}, "margin")
    assert found.heterogeneity is None and not found.differ
    assert found.segments[0].above_rest is None
    assert found.simultaneous_level == pytest.approx(found.confidence_level)


def test_too_many_segments_are_refused_with_the_remedy() -> None:
    groups = dict.fromkeys(map(str, range(MOST_SEGMENTS + 1)), _groups([0.5])["a"])
    with pytest.raises(NotEstimableError, match=r"segment has 21 values.*Merge them into fewer"):
        compare_segments(groups, "margin")


def test_an_arm_that_is_empty_throughout_is_refused() -> None:
    groups = {"a": (_groups([0.5])["a"][0], None)}
    with pytest.raises(NotEstimableError, match="nobody is in the holdout arm"):
        compare_segments(groups, "margin")


@pytest.mark.parametrize("errors", [[0.5], [0.5, 0.0]])
def test_heterogeneity_needs_two_effects_with_errors(errors: list[float]) -> None:
    with pytest.raises(ParameterError, match="at least two effects"):
        heterogeneity([1.0] * len(errors), errors)


def test_no_p_value_leaves_the_record_without_its_corrections() -> None:
    groups = {**_groups([0.5, 0.0]), "c": (_groups([0.5])["a"][0], None)}
    found = compare_segments(groups, "margin")
    frame = found.to_frame()
    assert list(frame["segment"]) == ["a", "b", "c"]
    assert {"p_values.unadjusted", "p_values.holm", "p_values.benjamini_hochberg"} < set(frame)
    assert "p_value" not in frame and not hasattr(found.segments[0], "p_value")
    assert "holm=" in repr(found.segments[0].p_values)
    assert frame["not_tested"].isna().tolist() == [True, True, False]
    assert pd.notna(frame["p_values.holm"][:2]).all()
