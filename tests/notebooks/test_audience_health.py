"""The notebook on the audience: run, shown, listed, and safe against what others wrote."""

import csv
import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import nbformat
import numpy as np
import pytest
from page_tags import Tags
from typer.testing import CliRunner

import smsroi_models as smsroi
from smsroi_models.audience_result import AudienceResult
from smsroi_models.cli import app
from smsroi_models.report import audience_figure as figure
from smsroi_models.report import audience_page as page
from smsroi_models.report import audience_payload as payload
from smsroi_models.report import audience_words as words
from smsroi_models.report.drawing import Picture
from smsroi_models.report.escaped import Html
from smsroi_models.report.results import RESULTS_MIME

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "audience_health.ipynb"
HOSTILE = """<script>alert(1)</script>"'&$x$ {{ 7*7 }} {campaign_id} <img src=x onerror=1>"""
PARTS = (
    page.verdict,
    page.key_figures,
    page.growth,
    page.survival,
    page.campaigns,
    page.fatigue,
    page.checks,
    page.limits,
    page.method,
)
FIGURES = (figure.growth, figure.survival, figure.chart)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = smsroi.simulate_program(
        5_000, 10, np.random.default_rng(17), spacing_days=20, window_days=10
    )
    return smsroi.write_store(program.tables, tmp_path_factory.mktemp("audience") / "shop")


@pytest.fixture(scope="module")
def result(shop: Path) -> AudienceResult:
    with smsroi.open_store(shop, threads=1) as store:
        return smsroi.analyze_audience(store)


def test_the_command_renders_lists_and_writes_whom_to_suppress(
    shop: Path, result: AudienceResult, tmp_path: Path
) -> None:
    """The runner holds every page against `check_page` before it is written."""
    places = ["--store", str(shop), "--reports", str(tmp_path / "r")]
    run = CliRunner().invoke(app, ["audience", *places, "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    report = Path(told["report"])
    assert report.parent.name == f"audience-{result.as_of:%Y-%m-%d}"
    results = json.loads(Path(told["results"]).read_text())
    assert results["outcome"] == "audience" and results["evidence"] == "description"
    assert results["verdict"] == words.verdict(result)
    seen = Tags(report.read_text())
    assert seen.tags.count("img") == 3 + (result.fatigue is not None)
    assert words.TITLE in seen.text
    assert result.asked is not None and result.asked.customers > 0
    asked = f"{result.asked.customers:,} customers asked to stop and may still be texted."
    # The first thing that the report shows.
    assert seen.text.index(asked) < seen.text.index(words.growth_finding(result))
    suppress = Path(told["asked_to_stop"])
    assert suppress == report.with_name("asked_to_stop.csv")
    with suppress.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == result.asked.customers
    assert sum(int(row["texts_since"]) for row in rows) == result.asked.texts_since
    index = (tmp_path / "r" / "index.html").read_text()
    assert "is a description" in index and "asked to stop" in index


def test_a_bare_papermill_call_runs_it_without_a_warning(shop: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    command = [
        *(sys.executable, "-m", "papermill", str(NOTEBOOK), str(output)),
        *("-p", "store_url", str(shop), "-p", "as_of", "2025-05-01", "--no-progress-bar"),
        *("-p", "records_start", "2024-06-01"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    cells = nbformat.read(output, as_version=4).cells
    assert not [o for c in cells for o in c.get("outputs", ()) if o.output_type == "stream"]


@pytest.mark.parametrize(
    "wrong",
    [["--as-of", "2999-01-01"], ["--records-start", "soon"], ["--confidence-level", "95"]],
)
def test_wrong_options_are_refused_before_anything_runs(
    shop: Path, tmp_path: Path, wrong: list[str]
) -> None:
    places = ["--store", str(shop), "--reports", str(tmp_path / "r")]
    run = CliRunner().invoke(app, ["audience", *places, *wrong])
    assert isinstance(run.exception, smsroi.errors.ParameterError), run.output
    assert not (tmp_path / "r").exists()


def test_the_figures_for_machines_are_the_results(result: AudienceResult) -> None:
    bundle = payload.results(result, "audience")._repr_mimebundle_()[RESULTS_MIME]
    figures = json.loads(json.dumps(bundle, allow_nan=False))["figures"]
    assert result.growth is not None and result.asked is not None
    assert figures["growth"]["months"][-1]["closing"] == result.growth.subscribers
    assert figures["asked"]["customers"] == result.asked.customers
    assert figures["campaigns"][0]["opt_outs_per_text"]["rate"] == (
        result.campaigns[0].opt_outs_per_text.rate
    )


def _named(result: AudienceResult, name: str) -> AudienceResult:
    """Return the result with its campaigns and one of its sources of that name."""
    assert result.chart is not None and result.growth is not None
    first, *rest = result.by_source
    sources = {name: result.by_source[first], **{other: result.by_source[other] for other in rest}}
    growth = dict(zip(sources, result.growth.by_source.values(), strict=True))
    return replace(
        result,
        campaigns=tuple(replace(c, counts=replace(c.counts, name=name)) for c in result.campaigns),
        chart=replace(
            result.chart, points=tuple(replace(p, name=name) for p in result.chart.points)
        ),
        by_source=sources,
        growth=replace(result.growth, by_source=growth),
    )


@pytest.mark.parametrize("part", PARTS)
def test_what_others_wrote_stays_text(result: AudienceResult, part) -> None:
    plain, seen = Tags(part(result).text), Tags(part(_named(result, HOSTILE)).text)
    assert seen.tags == plain.tags and "script" not in seen.tags


def test_every_figure_says_what_it_shows(result: AudienceResult) -> None:
    for draw in FIGURES:
        for shown in (result, _named(result, HOSTILE)):
            picture = draw(shown)
            assert isinstance(picture, Picture)
            assert picture.svg.startswith("<?xml") and len(picture.alt) > 60
            assert "nan" not in picture.alt


def test_what_is_not_known_is_said_and_not_drawn(tmp_path: Path, shop: Path) -> None:
    """Opt-outs alone: no list, no curve, no campaign, nobody who asked."""
    with smsroi.open_store(shop, threads=1) as store:
        events = store["subscriptions"].to_pandas()
    outs = smsroi.write_store(
        {"subscriptions": events[events.event == "opt_out"]}, tmp_path / "outs"
    )
    with smsroi.open_store(outs, threads=1) as store:
        bare = smsroi.analyze_audience(store)
    assert all(isinstance(draw(bare), Html) and draw(bare).text == "" for draw in FIGURES)
    for part in PARTS:
        assert "None" not in part(bare).text
    assert words.headline(bare) == "How large the list is cannot be told."
    assert "knows no opt-in" in page.growth(bare).text
    assert "no table campaigns" in page.campaigns(bare).text
    assert payload.results(bare, "audience")._repr_mimebundle_()
    run = CliRunner().invoke(
        app, ["audience", "--store", str(outs), "--reports", str(tmp_path / "r"), "--json"]
    )
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["asked_to_stop"] is None


def test_where_nobody_asked_the_list_leads(result: AudienceResult) -> None:
    assert result.asked is not None
    quiet = replace(result, asked=replace(result.asked, customers=0, texted_since=0, texts_since=0))
    assert words.headline(quiet) == f"{words.growth_finding(quiet)}."
    assert "asked_to_stop.csv" not in page.verdict(quiet).text
    one = replace(result.asked, customers=1, texted_since=1, texts_since=1)
    said = words.verdict(replace(result, asked=one))
    assert said.startswith("1 customer asked to stop") and "1 of them has been texted" in said
    never = replace(result.asked, texted_since=0, texts_since=0)
    assert "None of them is known" in words.verdict(replace(result, asked=never))


def test_growth_is_told_since_the_day_of_the_size_that_it_is_compared_with(
    result: AudienceResult,
) -> None:
    """In the middle of May the first of twelve months began on 1 June: eleven months ago."""
    assert result.growth is not None
    month = result.growth.months[0]
    starts = [date(2024 + (4 + i) // 12, (4 + i) % 12 + 1, 1) for i in range(13)]
    months = tuple(replace(month, starts=day, opening=100 + i) for i, day in enumerate(starts))
    assert months[-12].starts == date(2024, 6, 1)
    for subscribers, said in (
        (150, "150 subscribers, 49 more than on Jun 1, 2024"),
        (90, "90 subscribers, 11 fewer than on Jun 1, 2024"),
        (101, "101 subscribers, as many as on Jun 1, 2024"),
    ):
        months = (*months[:-1], replace(months[-1], closing=subscribers))
        growth = replace(result.growth, months=months)
        assert words.growth_finding(replace(result, growth=growth)) == said


def test_figures_name_their_campaign_and_tests_speak_plainly(result: AudienceResult) -> None:
    if result.campaigns[-1].caused is not None:
        name = result.campaigns[-1].counts.name
        assert f"Opt-outs caused by “{name[:20]}" in page.key_figures(result).text
    assert result.sources_differ is not None
    told = replace(result, sources_differ=replace(result.sources_differ, p_value=0.513))
    assert "in 51.3 of 100 lists (log-rank test)" in page.survival(told).text
    seldom = replace(result, sources_differ=replace(result.sources_differ, p_value=1e-9))
    assert "less than 1 of 1,000 lists" in page.survival(seldom).text


def test_a_failed_check_stands_in_the_headlines_card(result: AudienceResult) -> None:
    broken = replace(result.checks[0], status="failed", text="Something is wrong.")
    caution = replace(result, checks=(broken,))
    assert "Something is wrong." in page.verdict(caution).text
    assert broken.name.lower() in words.verdict(caution)


def test_the_titles_say_what_was_found(result: AudienceResult) -> None:
    assert result.chart is not None and result.sources_differ is not None
    points = list(result.chart.points)
    points[3] = replace(points[3], verdict="high", name="Too much")
    chart = replace(result.chart, points=tuple(points))
    flat = replace(chart, trend=replace(chart.trend, p_value=0.5))
    assert words.chart_finding(replace(result, chart=flat)) == (
        "“Too much” drove unusually many away"
    )
    steep = replace(chart, trend=replace(chart.trend, first=0.01, last=0.02, p_value=0.001))
    assert "rose from 1.0% to 2.0%" in words.chart_finding(replace(result, chart=steep))
    assert "cannot be told yet" in words.chart_finding(replace(result, chart=None))
    same = replace(result, sources_differ=replace(result.sources_differ, p_value=0.5))
    assert "no clear difference" in words.survival_finding(same)
    other = replace(result, sources_differ=replace(result.sources_differ, p_value=0.001))
    assert "stay longest" in words.survival_finding(other)


def test_without_a_chart_the_rates_are_drawn_alone(result: AudienceResult) -> None:
    few = replace(result, chart=None, campaigns=result.campaigns[:2], not_told={"chart": "Few."})
    picture = figure.chart(few)
    assert isinstance(picture, Picture) and "usual)" not in picture.alt
    assert "cannot be told yet: Few." in page.campaigns(few).text
