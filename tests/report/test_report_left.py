"""Who joined, who left: the section of a campaign's report on the list."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import smsroi_models as smsroi
from smsroi_models.attribution.moments import Moments
from smsroi_models.audience.opt_out_cost import lost_subscriptions, opt_outs_caused
from smsroi_models.audience.texted import collect_first_opt_outs
from smsroi_models.errors import NotEstimableError
from smsroi_models.report import figures, left_page, page, payload
from smsroi_models.report.drawing import Picture
from smsroi_models.report.results import RESULTS_MIME
from smsroi_models.simulate import Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = smsroi.simulate_program(
        4_000,
        2,
        np.random.default_rng(8),
        window_days=10,
        shop=Shop(text_opt_out_share=0.02, base_opt_out_share=0.05),
    )
    return smsroi.write_store(program.tables, tmp_path_factory.mktemp("left") / "shop")


@pytest.fixture(scope="module")
def result(shop: Path) -> smsroi.CampaignResult:
    with smsroi.open_store(shop, threads=1) as store:
        return smsroi.analyze_campaign(store, "camp-01", segments_by=None)


def test_both_arms_opt_outs_by_day_are_those_of_the_tables(
    shop: Path, result: smsroi.CampaignResult
) -> None:
    with smsroi.open_store(shop, threads=1) as store:
        assigned = store["assignments"].to_pandas().query("campaign_id == 'camp-01'")
        outs = store["subscriptions"].to_pandas().query("event == 'opt_out'")
        found = collect_first_opt_outs(store, result.campaign, result.as_of)
    rows = outs.merge(assigned, on="customer_id")
    rows["day"] = (rows.occurred_at - rows.assigned_at) // pd.Timedelta(days=1)
    first = rows[(rows.day >= 0) & (rows.day < 10)].groupby(["arm", "customer_id"]).day.min()
    for arm, counts in zip(("treatment", "holdout"), found, strict=True):
        assert np.bincount(first[arm], minlength=10).tolist() == counts.tolist()


def test_the_curves_end_at_the_lift(result: smsroi.CampaignResult) -> None:
    audience, lift = result.audience, result.lift["opted_out"].unadjusted
    assert audience is not None
    assert audience.treatment.share[-1] == pytest.approx(lift.mean_treatment, rel=1e-12)
    assert audience.holdout.share[-1] == pytest.approx(lift.mean_holdout, rel=1e-12)
    assert audience.treatment.days == tuple(range(1, 11))


def test_the_section_says_what_was_caused_and_who_asked(result: smsroi.CampaignResult) -> None:
    assert result.audience is not None and result.audience.asked is not None
    text = page.audience(result).text
    assert "The campaign caused" in text and "per delivered text" in text
    assert f"{result.audience.asked:,} customer" in text and "<code>smsroi audience</code>" in text
    picture = figures.audience(result)
    assert isinstance(picture, Picture) and "held out" in picture.alt and "nan" not in picture.alt
    bundle = payload.results(result)._repr_mimebundle_()[RESULTS_MIME]
    assert bundle["audience"]["opt_outs_per_text"] == (
        result.audience.opt_outs_per_text.to_dict()  # type: ignore[union-attr]
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.001, 0.002, "The campaign caused"),
        (-0.002, -0.001, "Fewer of the texted left"),
        (-0.001, 0.002, "cannot be told"),
    ],
)
def test_the_finding_follows_the_interval(
    result: smsroi.CampaignResult, low: float, high: float, said: str
) -> None:
    assert result.audience is not None
    lift = result.lift["opted_out"].headline
    moved = replace(lift, absolute_lift=(low + high) / 2, ci_lower=low, ci_upper=high)
    pair = replace(result.lift["opted_out"], unadjusted=moved, adjusted=None)
    caused = left_page.caused_by(replace(result, lift={**result.lift, "opted_out": pair}))
    assert caused == moved.scaled(moved.n_treatment)
    assert said in left_page.finding(result.audience, caused)
    assert said in left_page.left_table(result.audience, caused, moved.n_treatment, 0.95).text


def test_without_a_lift_or_texts_less_is_told(result: smsroi.CampaignResult) -> None:
    assert result.audience is not None
    bare = replace(result.audience, opt_outs_per_text=None, opted_in=None, asked=None)
    lift = {name: pair for name, pair in result.lift.items() if name != "opted_out"}
    poor = replace(result, audience=bare, lift=lift, long_term=None)
    text = page.audience(poor).text
    assert "left within the window" in text and "<table" not in text
    assert isinstance(figures.audience(poor), Picture)
    none = replace(result, audience=None, missing={"subscriptions": "Without it, nothing."})
    assert figures.audience(none) is None and "Without it, nothing." in page.audience(none).text
    running = replace(result, audience=None)
    assert "once the campaign is over" in page.audience(running).text


def test_a_group_that_nobody_left_is_told_with_the_interval_of_the_long_run(
    result: smsroi.CampaignResult,
) -> None:
    """Of 98 texted 10, of 98 held out none: with one more of each kind 10 points +- 6.4."""
    arms = (
        Moments.from_rows([[0.0, 1.0]] * 10 + [[1.0, 0.0]] * 88, ["margin", "opted_out"]),
        Moments.from_rows([[0.0, 0.0]] * 50 + [[1.0, 0.0]] * 48, ["margin", "opted_out"]),
    )
    lost = lost_subscriptions(*arms, None, reason="no other campaign")
    assert result.long_term is not None
    lift = {name: pair for name, pair in result.lift.items() if name != "opted_out"}
    one_sided = replace(
        result,
        lift=lift,
        not_estimable={"opted_out": "The same for every customer."},
        long_term=replace(result.long_term, lost=lost),
    )
    assert left_page.caused_by(one_sided) == lost.opt_outs == opt_outs_caused(*arms)
    text = page.audience(one_sided).text
    assert "The campaign caused 10 opt-outs (3 to 16)" in text and "cannot be told" not in text
    assert "Opt-outs that it caused" in text and "points" not in text
    told = page.lift_table(one_sided).text
    assert "stands under “Who joined, who left”" in told and "The same for every" not in told
    unknown = replace(one_sided, long_term=replace(one_sided.long_term, lost=None))
    assert "not estimable. The same for every customer." in page.lift_table(unknown).text


def test_nobody_leaving_either_group_is_not_told() -> None:
    none = Moments.from_sums("opted_out", 50, 0, 0)
    with pytest.raises(NotEstimableError, match="nobody opted out in either arm"):
        opt_outs_caused(none, none)
    with pytest.raises(NotEstimableError, match="fewer than two"):
        opt_outs_caused(Moments.from_sums("opted_out", 1, 1, 1), none)


def test_a_store_without_subscriptions_has_no_section(shop: Path, tmp_path: Path) -> None:
    with smsroi.open_store(shop, threads=1) as store:
        names = ("campaigns", "assignments", "orders", "customers")
        frames = {name: store[name].to_pandas() for name in names}
    folder = smsroi.write_store(frames, tmp_path / "bare")
    with smsroi.open_store(folder, threads=1) as store:
        found = smsroi.analyze_campaign(store, "camp-01", segments_by=None)
    assert found.audience is None and "subscriptions" in page.audience(found).text
