"""The notebook on all campaigns: run, shown, leading the index, safe against what others wrote."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from page_tags import Tags
from typer.testing import CliRunner

import smsroi_models as smsroi
from smsroi_models.attribution.effects import Estimate
from smsroi_models.cli import app
from smsroi_models.portfolio_result import Aside, PortfolioResult, corrected
from smsroi_models.report import portfolio_figure as figure
from smsroi_models.report import portfolio_page as page
from smsroi_models.report import portfolio_payload as payload
from smsroi_models.report import portfolio_words as words
from smsroi_models.report.drawing import Picture
from smsroi_models.report.escaped import Html
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


def test_a_trend_is_told_only_where_there_is_one(result: PortfolioResult) -> None:
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
    saved = replace(result.holdout_cost, estimate=-5.0)
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
