"""All campaigns together: each figure is its own report's, and what cannot be read stands aside."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smsroi_models as smsroi
from smsroi_models.attribution.all_arms import collect_clocks
from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.outcomes import outcomes
from smsroi_models.audience.texted import collect_arms_opted_out
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.portfolio_result import PortfolioResult
from smsroi_models.store.connect import Store

BARE, LATE_HOLDOUT, FREE, LAST = "camp-02", "camp-04", "camp-06", "camp-07"


@pytest.fixture(scope="module")
def program() -> smsroi.simulate.Program:
    return smsroi.simulate_program(
        4_000,
        7,
        np.random.default_rng(12),
        start="2024-01-08T10:00Z",
        spacing_days=20,
        global_holdout_share=0.1,
        detail="core",
    )


@pytest.fixture(scope="module")
def tables(program) -> dict[str, pd.DataFrame]:
    """Seven campaigns and their programme.

    One held nobody out, one its holdout days later, one was free, and the last is running.
    """
    found = dict(program.tables)
    assigned = found["assignments"].copy()
    bare = (assigned.campaign_id == BARE) & (assigned.arm == "holdout")
    late = (assigned.campaign_id == LATE_HOLDOUT) & (assigned.arm == "holdout")
    assigned.loc[late, "assigned_at"] += pd.Timedelta(days=3)
    found["assignments"] = assigned[~bare].reset_index(drop=True)
    messages = found["messages"].copy()
    messages.loc[messages.campaign_id == FREE, "price"] = 0.0
    found["messages"] = messages
    found["costs"] = found["costs"][found["costs"].campaign_id != FREE].reset_index(drop=True)
    # The assignments no longer are those of the recorded plans.
    found.pop("plans", None)
    return found


@pytest.fixture(scope="module")
def store(tables, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = smsroi.write_store(tables, tmp_path_factory.mktemp("portfolio") / "shop")
    with smsroi.open_store(path, threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def result(store, tables) -> PortfolioResult:
    starts = tables["campaigns"].set_index("campaign_id").starts_at[LAST]
    as_of = (starts + pd.Timedelta(days=5)).to_pydatetime()
    return smsroi.analyze_portfolio(store, as_of, factors=False)


def test_every_campaign_is_read_or_stands_aside_with_its_reason(result, tables) -> None:
    aside = {each.campaign_id: each.kind for each in result.aside}
    programme = next(name for name in tables["campaigns"].campaign_id if name.startswith("GLOBAL"))
    assert aside == {
        programme: "programme",
        BARE: "no holdout",
        LATE_HOLDOUT: "failed",
        LAST: "running",
    }
    read = [each.campaign_id for each in result.campaigns]
    assert read == ["camp-01", "camp-03", "camp-05", FREE]
    assert "not the same days" in next(a.reason for a in result.aside if a.kind == "failed")
    dates = [each.starts_at for each in result.campaigns]
    assert all(one < other for one, other in pairwise(dates))


def test_the_figures_are_those_of_each_campaigns_own_report(store, result) -> None:
    own = smsroi.analyze_campaign(store, "camp-03", result.as_of, segments_by=None)
    found = next(each for each in result.campaigns if each.campaign_id == "camp-03")
    for name in ("estimate", "standard_error", "ci_lower", "ci_upper"):
        for one, other in (
            (found.profit, own.roi.profit),
            (found.roi, own.roi.roi),
            (found.margin, own.roi.incremental_margin),
            (found.opt_outs, own.lift["opted_out"].unadjusted.scaled(own.roi.n_treatment)),
        ):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9)
    assert found.cost == pytest.approx(own.roi.cost)
    assert found.probability_of_profit == pytest.approx(own.roi.probability_of_profit)


def test_the_holdout_cost_is_the_lift_of_those_held_out_less_their_texts(result, tables) -> None:
    found = result.campaigns[0]
    texts = tables["messages"].query("campaign_id == @found.campaign_id")
    each = (texts.segments * texts.price.fillna(texts.price.mean())).sum() / found.n_treatment
    expected = found.n_holdout * (found.margin.estimate / found.n_treatment - each)
    # The few texts without a price count at the mean of a segment.
    assert found.holdout_cost.estimate == pytest.approx(expected, rel=0.02, abs=1)
    ratio = found.n_holdout / found.n_treatment
    assert found.holdout_cost.standard_error == pytest.approx(ratio * found.margin.standard_error)


def test_sums_are_of_the_campaigns_with_a_known_cost(result) -> None:
    profits = [each.profit for each in result.campaigns]
    assert result.total_profit.estimate == pytest.approx(sum(p.estimate for p in profits))
    error = sum(p.standard_error**2 for p in profits) ** 0.5
    assert result.total_profit.standard_error == pytest.approx(error)
    assert result.total_cost == pytest.approx(sum(each.cost for each in result.campaigns))
    assert result.total_roi.estimate == pytest.approx(
        result.total_profit.estimate / result.total_cost
    )
    assert result.total_margin.estimate == pytest.approx(
        result.total_profit.estimate + result.total_cost
    )


def test_a_free_campaign_has_a_profit_and_no_return(result) -> None:
    free = result.campaigns[-1]
    assert (free.cost, free.roi) == (0.0, None) and free.profit is not None
    assert FREE not in result.pooled.drawn and FREE not in result.best
    assert FREE in result.p_values
    assert set(result.letters) == {"camp-01", "camp-03", "camp-05"}
    assert result.trend is None and "at least 4" in result.no_trend


def test_a_row_a_campaign(result) -> None:
    frame = result.to_frame()
    assert list(frame.campaign_id) == [each.campaign_id for each in result.campaigns]
    assert {"roi.estimate", "shrunk_roi.ci_lower", "p_holm", "letters", "outcome"} <= set(frame)
    assert frame.probability_best.sum() == pytest.approx(1.0)
    assert (frame.p_holm >= frame.p_value - 1e-12).all()
    assert sum(result.count(name) for name in ("paid", "lost", "unclear", "unknown")) == 4


def test_profits_hold_the_truth_of_the_simulator(result, program) -> None:
    """Four standard errors: chance leaves them once in 16,000 intervals."""
    for each in result.campaigns:
        truth = program.truth.incremental_margin[each.campaign_id] - each.cost
        assert abs(each.profit.estimate - truth) < 4 * each.profit.standard_error
    assert result.pooled is not None


def test_clocks_and_opt_outs_are_those_of_a_query_for_each(store, result) -> None:
    clocks, gone = collect_clocks(store, result.as_of), collect_arms_opted_out(store, result.as_of)
    for campaign_id in ("camp-01", LATE_HOLDOUT):
        customers = outcomes(store, read_campaign(store, campaign_id), result.as_of)
        day = customers.assigned_at.epoch_seconds() / 86_400
        arms = collect_moments(customers.mutate(assigned_day=day), ["assigned_day", "opted_out"])
        for place, arm in enumerate(arms):
            for found in (clocks[campaign_id][place], gone[campaign_id][place]):
                expected = arm.select(found.columns)
                assert found.n == expected.n
                assert found.mean == pytest.approx(expected.mean, rel=1e-12)
                assert found.covariance == pytest.approx(expected.covariance, rel=1e-6, abs=1e-12)


def test_one_campaign_stands_as_it_was_measured(store, tables) -> None:
    """On this day only the first campaign's windows are over."""
    starts = tables["campaigns"].set_index("campaign_id").starts_at["camp-01"]
    found = smsroi.analyze_portfolio(
        store, (starts + pd.Timedelta(days=16)).to_pydatetime(), factors=False
    )
    assert [each.campaign_id for each in found.campaigns] == ["camp-01"]
    assert found.pooled is None and found.best == {"camp-01": 1.0}
    assert found.letters == {"camp-01": ("a",)}
    assert found.total_profit.estimate == found.campaigns[0].profit.estimate
    assert found.p_values["camp-01"].holm == found.p_values["camp-01"].unadjusted


def test_a_sample_ratio_mismatch_leaves_a_campaign_out(program, tmp_path: Path) -> None:
    """A third of one holdout lost: the plan knows."""
    tables = dict(program.tables)
    assigned = tables["assignments"]
    held = assigned[(assigned.campaign_id == "camp-03") & (assigned.arm == "holdout")]
    tables["assignments"] = assigned.drop(held.index[::3]).reset_index(drop=True)
    with smsroi.open_store(smsroi.write_store(tables, tmp_path / "lost"), threads=1) as opened:
        found = smsroi.analyze_portfolio(opened, factors=False)
    failed = {each.campaign_id: each.reason for each in found.aside if each.kind == "failed"}
    assert "camp-03" in failed and "planned" in failed["camp-03"]
    assert "camp-03" not in found.p_values


def test_a_store_without_costs_says_so(tables, tmp_path: Path) -> None:
    bare = {name: tables[name] for name in ("campaigns", "assignments", "orders")}
    with smsroi.open_store(smsroi.write_store(bare, tmp_path / "bare"), threads=1) as opened:
        found = smsroi.analyze_portfolio(opened, factors=False)
    assert found.campaigns and all(each.profit is None for each in found.campaigns)
    assert found.total_profit is None and found.outcome == "unknown" and found.total_roi is None
    assert found.count("unknown") == len(found.campaigns)
    assert found.campaigns[0].opt_outs_per_thousand is None


def test_a_margin_that_clearly_fell_is_a_loss_whatever_it_cost(tables, tmp_path: Path) -> None:
    """As in the campaign's own report; here corrected for the number of campaigns."""
    bare = {name: tables[name] for name in ("campaigns", "assignments", "orders")}
    held = bare["assignments"].query("campaign_id == 'camp-03' and arm == 'holdout'").customer_id
    start = tables["campaigns"].set_index("campaign_id").starts_at["camp-03"]
    # Whoever was held out buys for 100 more: the texts drove the others away.
    more = (
        bare["orders"]
        .iloc[[0] * len(held)]
        .assign(
            order_id=[f"more-{i}" for i in range(len(held))],
            customer_id=held.to_numpy(),
            ordered_at=start + pd.Timedelta(days=4),
            revenue=100.0,
        )
    )
    orders = pd.concat([bare["orders"], more], ignore_index=True)
    path = smsroi.write_store(bare | {"orders": orders}, tmp_path / "fell")
    with smsroi.open_store(path, threads=1) as opened:
        found = smsroi.analyze_portfolio(opened, factors=False, pre_days=0)
        own = smsroi.analyze_campaign(opened, "camp-03", segments_by=None, pre_days=0)
    of = {each.campaign_id: each for each in found.campaigns}
    assert of["camp-03"].profit is None and of["camp-03"].margin.ci_upper < 0
    assert own.roi.outcome == "lost"
    assert found.outcome_of(of["camp-03"]) == "lost"
    assert found.count("lost") == 1 and found.count("unknown") == len(found.campaigns) - 1
    assert found.p_values.keys() == of.keys()


def test_no_campaign_and_wrong_parameters_are_refused(store, tables, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="between 0 and 1"):
        smsroi.analyze_portfolio(store, confidence_level=1.0)
    with pytest.raises(ParameterError, match="as_of"):
        smsroi.analyze_portfolio(store, "yesterday")
    empty = {"campaigns": tables["campaigns"][:0], "orders": tables["orders"]}
    empty["assignments"] = tables["assignments"][:0]
    with (
        smsroi.open_store(smsroi.write_store(empty, tmp_path / "none"), threads=1) as opened,
        pytest.raises(NotEstimableError, match="no campaign"),
    ):
        smsroi.analyze_portfolio(opened)


def test_the_outcome_of_all_follows_the_interval(result) -> None:
    low = replace(result.total_profit, ci_lower=1.0, ci_upper=2.0)
    assert replace(result, total_profit=low).outcome == "paid"
    high = replace(result.total_profit, ci_lower=-2.0, ci_upper=-1.0)
    assert replace(result, total_profit=high).outcome == "lost"


def test_without_any_holdout_nothing_is_summed_and_forecasts_stand_aside(tmp_path: Path) -> None:
    """One of the two can be forecast from its past; what it earned is weaker evidence."""
    program = smsroi.simulate_program(
        4_000, 2, np.random.default_rng(5), spacing_days=60, detail="core"
    )
    tables = {name: rows for name, rows in program.tables.items() if name != "plans"}
    assigned = tables["assignments"]
    tables["assignments"] = assigned[assigned.arm == "treatment"].reset_index(drop=True)
    with smsroi.open_store(smsroi.write_store(tables, tmp_path / "all"), threads=1) as opened:
        found = smsroi.analyze_portfolio(opened)
        own = smsroi.counterfactual_roi(opened, "camp-02")
    assert found.campaigns == () and found.outcome == "unknown"
    assert (found.total_profit, found.holdout_cost, found.pooled) == (None, None, None)
    assert [each.kind for each in found.aside] == ["no holdout"] * 2
    assert found.aside[1].profit == own.profit
    assert len(found.to_frame()) == 0
    assert not any(touch.evidence for touch in found.factors.touches)


def test_customers_held_out_again_widen_the_sum_and_forbid_to_allow_for_luck(
    program, tmp_path: Path
) -> None:
    """Each campaign holds out whom the first one did: errors add, not variances."""
    tables = {name: rows for name, rows in program.tables.items() if name != "plans"}
    own = [f"camp-0{i}" for i in range(1, 7)]
    assigned = tables["assignments"]
    assigned = assigned[assigned.campaign_id.isin(own)]
    first = assigned.query("campaign_id == 'camp-01'").set_index("customer_id").arm
    assigned = assigned[assigned.customer_id.isin(first.index)].reset_index(drop=True)
    assigned["arm"] = assigned.customer_id.map(first)
    tables["assignments"] = assigned
    texts = tables["messages"]
    held = texts.customer_id.isin(first.index[first == "holdout"])
    tables["messages"] = texts[texts.campaign_id.isin(own) & ~held].reset_index(drop=True)
    with smsroi.open_store(smsroi.write_store(tables, tmp_path / "again"), threads=1) as opened:
        found = smsroi.analyze_portfolio(opened, factors=False)
    errors = [each.profit.standard_error for each in found.campaigns]
    assert len(errors) >= 5
    assert found.total_profit.standard_error == pytest.approx(sum(errors), rel=0.02)
    assert found.shared_draws == pytest.approx(
        sum(errors) ** 2 / sum(e**2 for e in errors), rel=0.05
    )
    assert found.pooled is None and found.letters


def test_a_campaign_of_which_nobody_held_out_left_stays_in_the_sum(
    store, tables, result, tmp_path: Path
) -> None:
    """Of rare events it is chance that nobody of a small holdout is counted."""
    arms = tables["assignments"].query("campaign_id == 'camp-01' and arm == 'holdout'")
    gone = tables["subscriptions"]
    kept = gone[~(gone.customer_id.isin(arms.customer_id) & (gone.event == "opt_out"))]
    fewer = {**tables, "subscriptions": kept.reset_index(drop=True)}
    with smsroi.open_store(smsroi.write_store(fewer, tmp_path / "nobody"), threads=1) as opened:
        found = smsroi.analyze_portfolio(opened, result.as_of, factors=False).campaigns[0]
    assert found.campaign_id == "camp-01" and found.opt_outs is not None
    texted = collect_arms_opted_out(store, result.as_of)["camp-01"][0]
    assert found.opt_outs.estimate == pytest.approx(texted.mean_of("opted_out") * texted.n)
    assert found.opt_outs.ci_lower < found.opt_outs.estimate
