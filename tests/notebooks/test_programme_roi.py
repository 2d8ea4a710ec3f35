"""The programme's notebook: run, shown, listed, and safe against what others wrote."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from page_tags import Tags
from typer.testing import CliRunner

import smsroi_models as smsroi
from smsroi_models.attribution.effects import Estimate
from smsroi_models.cli import app
from smsroi_models.programme_result import ProgrammeResult
from smsroi_models.report import programme_figure as figure
from smsroi_models.report import programme_page as page
from smsroi_models.report import programme_words as words
from smsroi_models.report.results import RESULTS_MIME

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
HOSTILE = """<script>alert(1)</script>"'&$x$ {{ 7*7 }} {campaign_id} <img src=x onerror=1>"""
PARTS = (
    page.verdict,
    page.key_figures,
    page.ledger,
    page.campaigns,
    page.cohorts,
    page.checks,
    page.limits,
    page.method,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = smsroi.simulate_program(
        9_000, 3, np.random.default_rng(91), global_holdout_share=0.25, detail="core"
    )
    return smsroi.write_store(program.tables, tmp_path_factory.mktemp("programme") / "shop")


@pytest.fixture(scope="module")
def result(shop: Path) -> ProgrammeResult:
    with smsroi.open_store(shop, threads=1) as store:
        return smsroi.analyze_programme(store, "GLOBAL-2025")


@pytest.mark.parametrize("command", ["programme", "report"])
def test_the_command_renders_the_report_and_lists_it(
    shop: Path, tmp_path: Path, command: str
) -> None:
    """The runner holds every page against `check_page` before it is written."""
    run = CliRunner().invoke(
        app,
        [command, "GLOBAL-2025", "--store", str(shop), "--reports", str(tmp_path), "--json"],
    )
    assert run.exit_code == 0, run.output
    report = Path(json.loads(run.stdout)["rendered"]["GLOBAL-2025"])
    results = json.loads((report.parent / "results.json").read_text())
    assert results["notebook"]["name"] == "programme_roi.ipynb"
    assert results["headline"] in (tmp_path / "index.html").read_text()
    seen = Tags(report.read_text())
    assert seen.tags.count("img") == 1
    assert "Kept out of every campaign" in seen.text


def test_a_bare_papermill_call_runs_it_without_a_warning(shop: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    command = [
        *(sys.executable, "-m", "papermill", str(NOTEBOOKS / "programme_roi.ipynb"), str(output)),
        *("-p", "store_url", str(shop), "-p", "confidence_level", "0.9", "--no-progress-bar"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    cells = nbformat.read(output, as_version=4).cells
    assert not [o for c in cells for o in c.get("outputs", ()) if o.output_type == "stream"]


def test_an_unknown_programme_is_refused_before_anything_runs(shop: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(
        app, ["programme", "GLOBAL-2052", "--store", str(shop), "--reports", str(tmp_path / "r")]
    )
    assert isinstance(run.exception, smsroi.errors.ParameterError)
    assert "GLOBAL-2025" in str(run.exception)
    assert not (tmp_path / "r").exists()


def test_the_figures_for_machines_are_the_results(result: ProgrammeResult) -> None:
    payload = page.results(result)._repr_mimebundle_()[RESULTS_MIME]
    figures = payload["figures"]
    assert figures["profit"]["ci_lower"] == result.roi.profit.ci_lower
    assert figures["sum_of_campaigns"]["estimate"] == result.sum_of_campaigns.estimate
    assert len(figures["campaigns"]) == 3
    assert figures["months"][-1]["cost"] == pytest.approx(result.roi.cost)
    assert payload["outcome"] == result.outcome
    json.dumps(payload, allow_nan=False)


@pytest.mark.parametrize("part", PARTS)
def test_what_others_wrote_stays_text(result: ProgrammeResult, part) -> None:
    named = replace(
        result,
        campaign=replace(result.campaign, name=HOSTILE, campaign_id=HOSTILE),
        campaigns=tuple(
            replace(part, spending=replace(part.spending, name=HOSTILE, campaign_id=HOSTILE))
            for part in result.campaigns
        ),
        roi=replace(
            result.roi, ledger=tuple(replace(line, label=HOSTILE) for line in result.roi.ledger)
        ),
    )
    seen = Tags(part(named).text)
    assert not {"script", "img"} & set(seen.tags)
    if part in (page.verdict, page.campaigns):
        assert "{{ 7*7 }} {campaign_id}" in seen.text


def _with_profit(result: ProgrammeResult, profit: Estimate | None) -> ProgrammeResult:
    changed = replace(result.roi, profit=profit)
    if profit is None:
        nothing = {"cost": None, "roi": None, "probability_of_profit": None, "ledger": ()}
        changed = replace(changed, break_even_lift=None, **nothing)
    return replace(result, roi=changed)


@pytest.mark.parametrize(
    ("profit", "outcome", "told"),
    [
        (Estimate(5_000.0, 1_000.0, 3_040.0, 6_960.0), "paid", "earned $5,000 more than they cost"),
        (Estimate(-5_000.0, 1_000.0, -6_960.0, -3_040.0), "lost", "cost $5,000 more than they ear"),
        (
            Estimate(-500.0, 1_000.0, -2_460.0, 1_460.0),
            "unclear",
            "is a loss of $500, but anything",
        ),
        (None, "unknown", "without their costs"),
    ],
)
def test_each_outcome_is_told_in_its_own_words(
    result: ProgrammeResult, profit: Estimate | None, outcome: str, told: str
) -> None:
    other = _with_profit(result, profit)
    assert other.outcome == outcome
    assert words.verdict(other).startswith(words.HEADLINES[outcome])
    assert told in words.verdict(other)
    assert figure.cumulative_margin(other).alt
    for part in PARTS:
        assert "None" not in Tags(part(other).text).text


def test_where_nothing_can_be_compared_there_are_no_headline_figures(
    result: ProgrammeResult,
) -> None:
    broken = replace(result.checks[0], status="failed", invalidates=True, text="All were texted.")
    invalid = replace(result, checks=(broken, *result.checks[1:]))
    assert words.sentence(invalid) == "All were texted."
    assert "tile" not in page.key_figures(invalid).text
    assert words.side_by_side(invalid) == ""


def test_the_sum_of_the_campaigns_stands_beside_the_programme(result: ProgrammeResult) -> None:
    text = Tags(page.campaigns(result).text).text
    assert "The two need not agree" in text
    assert "the 3 campaigns' own profits" in text
    waiting = replace(result.campaigns[2], profit=None, reason="its windows are not over")
    fewer = replace(result, campaigns=(*result.campaigns[:2], waiting))
    seen = Tags(page.campaigns(fewer).text).text
    assert "2 of the campaigns' own profits" in seen
    assert "its windows are not over" in seen
    assert "All of them" in text and "Those with a profit or loss" in seen


def test_the_figure_says_what_it_shows(result: ProgrammeResult) -> None:
    picture = figure.cumulative_margin(result)
    assert picture.alt.startswith(words.months_finding(result))
    assert "Feb 1, 2025" in picture.alt
    assert picture.svg == figure.cumulative_margin(result).svg
