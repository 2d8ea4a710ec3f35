"""The notebook on all campaigns: run, shown, leading the index, safe against what others wrote."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from page_tags import Tags
from typer.testing import CliRunner

import smsroi_models as smsroi
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.pooled_factors import pooled_factors
from smsroi_models.cli import app
from smsroi_models.factors import HELD_OUT_AGAIN
from smsroi_models.portfolio_result import Aside, PortfolioResult, corrected
from smsroi_models.report import portfolio_figure as figure
from smsroi_models.report import portfolio_page as page
from smsroi_models.report import portfolio_payload as payload
from smsroi_models.report import portfolio_words as words
from smsroi_models.report.drawing import Picture
from smsroi_models.report.escaped import Html
from smsroi_models.report.in_locale import written_day
from smsroi_models.report.numbers import percent, with_interval
from smsroi_models.report.results import RESULTS_MIME

HOSTILE = """<script>alert(1)</script>"'&$x$ {{ 7*7 }} {campaign_id} <img src=x onerror=1>"""
PARTS = (
    page.verdict,
    page.key_figures,
    page.luck,
    page.campaigns,
    page.league,
    page.trend,
    page.holdouts,
    page.opt_outs,
    page.factors,
    page.aside,
    page.limits,
    page.method,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = smsroi.simulate_program(5_000, 4, np.random.default_rng(8))
    return smsroi.write_store(program.tables, tmp_path_factory.mktemp("all") / "shop")


@pytest.fixture(scope="module")
def result(shop: Path) -> PortfolioResult:
    with smsroi.open_store(shop, threads=1) as store:
        found = smsroi.analyze_portfolio(store)
    start = found.campaigns[0].starts_at
    aside = tuple(
        Aside(kind, kind, start, kind, "said why", found.total_profit)
        for kind in ("no holdout", "programme", "running", "failed", "not estimable")
    )
    return replace(found, aside=aside)


def test_the_command_renders_and_leads_the_index(shop: Path, tmp_path: Path) -> None:
    """The runner holds every page against `check_page` before it is written."""
    places = ["--store", str(shop), "--reports", str(tmp_path / "r"), "--no-factors", "--json"]
    run = CliRunner().invoke(app, ["portfolio", *places])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    report = Path(told["report"])
    assert report.parent.name.startswith("portfolio-")
    results = json.loads(Path(told["results"]).read_text())
    assert results["outcome"] == "portfolio" and len(results["figures"]["campaigns"]) == 4
    seen = Tags(report.read_text())
    assert seen.tags.count("img") == 2 and seen.tags.count("h1") == 1
    assert words.TITLE in seen.text and "after allowing for luck" in seen.text
    index = (tmp_path / "r" / "index.html").read_text()
    assert (
        f'<a href="portfolio/{report.parent.name}/report.html">All campaigns on one page' in index
    )
    assert results["verdict"].split(".")[0] in index and "No reports yet" not in index


@pytest.mark.parametrize(
    "wrong", [["--as-of", "2999-01-01"], ["--confidence-level", "95"], ["--pre-days", "-1"]]
)
def test_wrong_options_are_refused_before_anything_runs(
    shop: Path, tmp_path: Path, wrong: list[str]
) -> None:
    places = ["--store", str(shop), "--reports", str(tmp_path / "r")]
    run = CliRunner().invoke(app, ["portfolio", *places, *wrong])
    assert isinstance(run.exception, smsroi.errors.ParameterError), run.output
    assert not (tmp_path / "r").exists()


def test_the_figures_for_machines_are_the_results(result: PortfolioResult) -> None:
    bundle = payload.results(result, "portfolio")._repr_mimebundle_()[RESULTS_MIME]
    figures = bundle["figures"]
    assert figures["profit"] == result.total_profit.to_dict()
    assert [each["campaign_id"] for each in figures["campaigns"]] == list(result.pooled.drawn)
    assert sum(each["probability_best"] for each in figures["campaigns"]) == pytest.approx(1)
    assert figures["factors"]["delivered"]["age_days"] > 0
    json.dumps(bundle, allow_nan=False)


@pytest.mark.parametrize("part", [*PARTS, figure.forest, figure.gathered])
def test_what_others_wrote_stays_text(result: PortfolioResult, part) -> None:
    campaigns = tuple(replace(each, name=HOSTILE) for each in result.campaigns)
    aside = tuple(replace(each, name=HOSTILE, reason=HOSTILE) for each in result.aside)
    named = replace(result, campaigns=campaigns, aside=aside)
    found = part(named)
    if isinstance(found, Picture):
        assert "<script" not in found.svg
        return
    plain, seen = Tags(part(result).text), Tags(found.text)
    assert "script" not in seen.tags and "img" not in seen.tags
    assert set(seen.tags) <= {*plain.tags, "span"}


def test_the_page_says_what_each_campaign_stands_aside_for(result: PortfolioResult) -> None:
    text = Tags(page.aside(result).text).text
    for said in ("Nobody held out", "A programme", "Not over yet", "A check failed"):
        assert said in text
    assert "weaker evidence" in text
    assert "left out of every figure" in page.verdict(result).text
    assert "Every campaign" in page.aside(replace(result, aside=())).text


def test_the_winners_curse_is_told_with_its_own_numbers(result: PortfolioResult) -> None:
    best = words.best_of(result.campaigns)
    said = words.luck(result)
    assert best.name in said and "after allowing for luck" in said
    assert result.pooled.drawn[best.campaign_id].estimate < best.roi.estimate
    few = replace(result, pooled=None, campaigns=result.campaigns[:2])
    assert "With 2 campaigns" in words.luck(few) and "cannot be allowed for" in words.luck(few)
    assert "With one campaign" in words.luck(replace(few, campaigns=result.campaigns[:1]))
    assert "too few to say" in words.next_one(result)
    sure = {
        name: replace(drawn, estimate=best.roi.estimate)
        for name, drawn in result.pooled.drawn.items()
    }
    same = replace(result, pooled=replace(result.pooled, drawn=sure))
    assert "hardly changes" in words.luck(same)


def test_no_ranking_is_given_where_none_can_be(result: PortfolioResult) -> None:
    ids = [each.campaign_id for each in result.campaigns]
    alike = replace(result, letters=dict.fromkeys(ids, ("a",)))
    assert "No ranking can be given" in words.best(alike)
    apart = replace(
        result, letters={name: (letter,) for name, letter in zip(ids, "abcd", strict=True)}
    )
    assert "can be told from all others" in words.best(apart)
    top = words.best_of(result.campaigns).campaign_id
    near, *far = (name for name in ids if name != top)
    pair = {top: ("a",), near: ("a", "b")} | dict.fromkeys(far, ("b",))
    said = words.best(replace(result, letters=pair))
    assert said.endswith("it cannot be told apart from one other campaign.")
    many = replace(result, letters=dict.fromkeys(ids, ("a", "aa")))
    assert words.letters(many, result.campaigns[0]) == "a aa"
    assert (
        words.letters(replace(result, letters=dict.fromkeys(ids, ("a", "b"))), result.campaigns[0])
        == "ab"
    )


def test_others_may_be_told_apart_where_the_highest_cannot(result: PortfolioResult) -> None:
    ids = [each.campaign_id for each in result.campaigns]
    top = words.best_of(result.campaigns).campaign_id
    near, *far = (name for name in ids if name != top)
    letters = {top: ("a", "b"), near: ("a",)} | dict.fromkeys(far, ("b",))
    said = words.best(replace(result, letters=letters))
    assert "cannot be told apart from any other" in said and "No ranking" not in said


def test_alike_campaigns_are_not_said_to_differ(result: PortfolioResult) -> None:
    """Four times the same return: luck takes nothing away, and nothing differs."""
    first = result.campaigns[0]
    same = tuple(replace(each, roi=first.roi) for each in result.campaigns)
    pooled = pooled_factors({each.campaign_id: first.roi for each in same})
    said = words.luck(replace(result, campaigns=same, pooled=pooled))
    assert "all are much alike" in said and "do differ" not in said


def test_titles_count_the_campaigns_that_are_drawn(result: PortfolioResult) -> None:
    """A campaign that cost nothing may have paid, but has no return to draw."""
    gain = Estimate(500.0, 1.0, 498.0, 502.0)
    free = replace(result.campaigns[0], cost=0.0, roi=None, profit=gain, p_value=1e-9)
    shown = (free, *result.campaigns[1:])
    p_values = corrected({each.campaign_id: 0.9 for each in shown} | {free.campaign_id: 1e-9})
    found = replace(result, campaigns=shown, p_values=p_values)
    assert found.count("paid") == 1
    assert (
        words.forest_finding(found) == "None of 3 campaigns can be told from break-even on its own"
    )


def test_a_figure_of_the_latest_says_of_how_many(result: PortfolioResult) -> None:
    first = result.campaigns[0]
    many = tuple(replace(first, campaign_id=f"c{i}") for i in range(figure.MOST_CAMPAIGNS + 2))
    p_values = corrected({each.campaign_id: 0.9 for each in many})
    found = replace(result, campaigns=many, pooled=None, p_values=p_values)
    assert "latest 40 of 42" in figure.forest(found).svg.replace("<!-- ", "")
    assert "latest" not in figure.forest(result).svg


def test_a_campaign_that_cost_next_to_nothing_leaves_the_others_their_length(
    result: PortfolioResult,
) -> None:
    """Its ROI of millions of percent is in the table; in the figure its bar is cut."""
    assert "are cut" not in figure.forest(result).svg
    first = result.campaigns[0]
    assert first.roi is not None
    roi = Estimate(41_803.4, 20_000.0, -10_000.0, 93_600.0)
    found = replace(result, campaigns=(replace(first, roi=roi), *result.campaigns[1:]))
    shape = Figure()
    figure.forest(found, shape)
    axes = shape.axes[0]
    low, high = axes.get_xlim()
    assert high - low < 0.01 * (roi.ci_upper - roi.ci_lower) and "are cut" in axes.get_xlabel()
    assert f"ROI of {with_interval(roi, percent, 0.01)[0]} " in words.luck(found)  # as in the table


def test_money_is_gathered_in_the_order_in_which_windows_end(result: PortfolioResult) -> None:
    first, *rest = result.campaigns
    long = replace(first, ends_at=rest[-1].ends_at + timedelta(days=30))
    found = figure.gathered(replace(result, campaigns=(long, *rest)))
    days = [f"by {written_day(each.ends_at)}" for each in (*rest, long)]
    places = [found.alt.index(day) for day in days]
    assert places == sorted(places)


def test_a_holdout_that_may_have_cost_or_saved_is_said_to_be_open(result: PortfolioResult) -> None:
    cost = result.holdout_cost
    assert cost is not None

    def said(low: float, high: float) -> str:
        found = replace(cost, estimate=(low + high) / 2, ci_lower=low, ci_upper=high)
        return words.holdouts(replace(result, holdout_cost=found))

    assert "a saving of $100 to a cost of $300" in said(-100.0, 300.0)
    assert "cost about $200 ($100 to $300" in said(100.0, 300.0)
    assert "saved about $200 ($100 to $300" in said(-300.0, -100.0)
    assert "counted anew in each campaign" in said(-300.0, -100.0)


def test_customers_held_out_again_are_told(result: PortfolioResult) -> None:
    assert words.shared(result) == "" and "drew its holdout anew" in page.method(result).text
    again = replace(result, shared_draws=2.5, pooled=None)
    assert "held out of several campaigns" in page.verdict(again).text
    assert "Luck cannot be allowed for: the same customers" in words.luck(again)
    assert "up to 2.5 times" in page.method(again).text
    assert "Allowing for luck: the" not in page.method(again).text
    wide, plain = (figure.gathered(each).alt for each in (again, result))
    assert wide != plain


def test_a_trend_is_told_only_where_there_is_one(result: PortfolioResult) -> None:
    assert "100 percentage points (80 to 120)" in words.trend(
        replace(result, trend=Estimate(1.0, 0.1, 0.8, 1.2))
    )
    none, up, down = (
        words.trend(replace(result, trend=Estimate(m, 0.1, m - 0.2, m + 0.2)))
        for m in (0.1, 0.5, -0.5)
    )
    assert none.startswith("No trend can be seen") and " rose" in up and " fell" in down
    untold = words.trend(replace(result, trend=None, no_trend="why"))
    assert untold.startswith("No trend can be told")


def test_every_outcome_has_its_words(result: PortfolioResult) -> None:
    total = result.total_profit
    for low, high, said in ((1.0, 9.0, "earned"), (-9.0, -1.0, "cost"), (-9.0, 9.0, "anything")):
        found = replace(total, estimate=(low + high) / 2, ci_lower=low, ci_upper=high)
        told = replace(result, total_profit=found)
        assert said in words.sentence(told) and words.money_finding(told)
        assert words.verdict(told).startswith(words.HEADLINES[told.outcome])
    one = result.campaigns[:1]
    alone = replace(result, campaigns=one, p_values=corrected({one[0].campaign_id: 0.5}))
    assert "One by one" not in page.verdict(alone).text
    assert "one campaign can be read" in page.verdict(replace(alone, total_profit=found)).text
    assert "1 campaign that needs more customers or another offer." in words.bought(alone)
    assert "one campaign" in words.forest_finding(alone)
    assert "Nobody was held out" in words.holdouts(replace(result, holdout_cost=None))
    saved = replace(result.holdout_cost, estimate=-5.0, ci_lower=-7.0, ci_upper=-3.0)
    assert "saved" in words.holdouts(replace(result, holdout_cost=saved))


@pytest.mark.parametrize("kinds", [("no holdout",), ("no holdout", "running")])
def test_a_store_without_any_holdout_has_a_page(result: PortfolioResult, kinds) -> None:
    bare = replace(
        result,
        campaigns=(),
        aside=tuple(each for each in result.aside if each.kind in kinds),
        p_values={},
        pooled=None,
        best={},
        letters={},
        total_margin=None,
        total_profit=None,
        total_cost=0.0,
        trend=None,
        no_trend="0 campaigns: at least 4 are needed to tell a trend",
        holdout_cost=None,
        factors=None,
    )
    text = "".join(part(bare).text for part in PARTS)
    assert "Cannot tell: no profit of any campaign can be read." in text and ">None<" not in text
    assert ("weaker evidence" in words.sentence(bare)) == (kinds == ("no holdout",))
    for draw in (figure.forest, figure.gathered):
        found = draw(bare)
        assert isinstance(found, Html) and found.text == ""
    json.dumps(payload.results(bare, "x")._repr_mimebundle_()[RESULTS_MIME], allow_nan=False)


def test_unknown_and_zero_costs_are_shown_without_a_return(result: PortfolioResult) -> None:
    first, *rest = result.campaigns
    free = replace(first, cost=0.0, roi=None)
    unknown = replace(rest[0], cost=None, roi=None, profit=None, p_value=None)
    shown = replace(result, campaigns=(free, unknown, *rest[1:]))
    text = Tags(page.campaigns(shown).text).text
    assert "cost not known" in text and "margin " in text
    assert first.name in words.without_roi(shown) and words.without_roi(result) == ""


def test_factors_of_campaigns_with_the_same_holdout_say_why_there_are_none(
    result: PortfolioResult,
) -> None:
    assert result.factors is not None and "brought together" not in page.factors(result).text
    apart = [
        replace(each, revenue=None, margin=None, not_pooled=HELD_OUT_AGAIN)
        for each in result.factors.touches
        if each.revenue
    ]
    shown = page.factors(replace(result, factors=replace(result.factors, touches=tuple(apart))))
    text = Tags(shown.text).text
    assert "Campaigns are not brought together: the same customers were held out" in text
    assert "not told" in text and "too few" not in text


def test_old_evidence_is_called_too_old(result: PortfolioResult) -> None:
    assert "too old" not in page.factors(result).text
    later = replace(result, as_of=result.as_of.replace(year=result.as_of.year + 2))
    assert "too old" in page.factors(later).text and "Read with care" in page.factors(later).text


def test_every_figure_says_what_it_shows(result: PortfolioResult) -> None:
    for picture in (figure.forest(result), figure.gathered(result)):
        assert isinstance(picture, Picture)
        assert picture.svg.startswith("<?xml") and len(picture.alt) > 60
        assert "nan" not in picture.alt
    assert "after allowing for luck" in figure.forest(result).alt
    assert "luck" not in figure.forest(replace(result, pooled=None)).alt
