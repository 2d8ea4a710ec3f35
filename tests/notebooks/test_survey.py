"""The notebook on a survey: run, shown, listed, and safe against what others wrote."""

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
from smsroi_models.report import survey_figure as figure
from smsroi_models.report import survey_page as page
from smsroi_models.report import survey_payload as payload
from smsroi_models.report import survey_words as words
from smsroi_models.report.drawing import Picture
from smsroi_models.report.results import RESULTS_MIME
from smsroi_models.survey_result import SurveyResult

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOK = NOTEBOOKS / "survey.ipynb"
HOSTILE = """<script>alert(1)</script>"'&$x$ {{ 7*7 }} {campaign_id} <img src=x onerror=1>"""
PARTS = (
    page.verdict,
    page.key_figures,
    page.scores,
    page.rates,
    page.weights,
    page.followed,
    page.checks,
    page.limits,
    page.method,
    lambda result: page.campaign_section(result, ""),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = smsroi.simulate_program(
        6_000,
        2,
        np.random.default_rng(93),
        holdout_share=0.4,
        shop=smsroi.simulate.Shop(invitation_share=0.3, text_rating_effect=2.0),
        more_surveys=["csat", "ces", "intent"],
    )
    return smsroi.write_store(program.tables, tmp_path_factory.mktemp("survey") / "shop")


@pytest.fixture(scope="module")
def results(shop: Path) -> dict[str, SurveyResult]:
    with smsroi.open_store(shop, threads=1) as store:
        return {
            metric: smsroi.analyze_survey(store, f"s000{end}")
            for metric, end in (
                ("nps", ""),
                ("csat", "-csat"),
                ("ces", "-ces"),
                ("intent", "-intent"),
            )
        }


@pytest.fixture(scope="module")
def result(results: dict[str, SurveyResult]) -> SurveyResult:
    return results["nps"]


def test_the_command_renders_and_lists(shop: Path, result: SurveyResult, tmp_path: Path) -> None:
    """The runner holds every page against `check_page` before it is written."""
    run = CliRunner().invoke(
        app, ["survey", "s000", "--store", str(shop), "--reports", str(tmp_path / "r"), "--json"]
    )
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    report = Path(told["report"])
    assert report.parent.name == f"survey-{result.as_of:%Y-%m-%d}"
    found = json.loads(Path(told["results"]).read_text())
    assert found["outcome"] == "surveyed" and found["evidence"] == "answers"
    assert found["verdict"] == words.verdict(result) == told["verdict"]
    assert found["figures"]["everybody"] == json.loads(json.dumps(result.everybody.to_dict()))
    seen = Tags(report.read_text())
    assert seen.tags.count("img") >= 3 and words.TITLE in seen.text
    index = (tmp_path / "r" / "index.html").read_text()
    assert "surveyed" in index and "Only those who answered are heard" in index
    assert f">{result.campaign_name} (s000)</a>" in index


def test_a_bare_papermill_call_runs_it_without_a_warning(shop: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    command = [
        *(sys.executable, "-m", "papermill", str(NOTEBOOK), str(output)),
        *("-p", "store_url", str(shop), "-p", "survey_id", "s000-intent", "--no-progress-bar"),
        *("-p", "follow_days", "7", "-p", "boxes", "1"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    cells = nbformat.read(output, as_version=4).cells
    assert not [o for c in cells for o in c.get("outputs", ()) if o.output_type == "stream"]


@pytest.mark.parametrize(
    "wrong",
    [
        ["s999"],
        ["s000", "--as-of", "2999-01-01"],
        ["s000", "--follow-days", "0"],
        ["s000", "--boxes", "-1"],
        ["s000", "--confidence-level", "95"],
    ],
)
def test_wrong_options_are_refused_before_anything_runs(shop, tmp_path, wrong) -> None:
    places = ["--store", str(shop), "--reports", str(tmp_path / "r")]
    run = CliRunner().invoke(app, ["survey", *wrong, *places])
    assert isinstance(run.exception, smsroi.errors.ParameterError), run.output
    assert not (tmp_path / "r").exists()


def test_the_figures_for_machines_are_the_results(results: dict[str, SurveyResult]) -> None:
    for result in results.values():
        bundle = payload.results(result, "survey")._repr_mimebundle_()[RESULTS_MIME]
        assert bundle["figures"]["arms"]["treatment"] == result.arms[0].to_dict()
        json.dumps(bundle, allow_nan=False)


@pytest.mark.parametrize("part", PARTS)
def test_what_others_wrote_stays_text(result: SurveyResult, part) -> None:
    survey = replace(result.survey, question=HOSTILE, survey_id=HOSTILE)
    rates = tuple(replace(rate, category=HOSTILE) for rate in result.rates if rate.variable)
    kept = tuple(rate for rate in result.rates if not rate.variable)
    arms = tuple(
        replace(
            arm,
            representation=replace(
                arm.representation,
                balance=tuple(replace(row, category=HOSTILE) for row in arm.representation.balance),
            ),
        )
        for arm in result.arms
    )
    hostile = replace(result, survey=survey, campaign_name=HOSTILE, arms=arms, rates=kept + rates)
    seen = Tags(part(hostile).text)
    assert "script" not in seen.tags and "img" not in seen.tags
    plain = replace(hostile, survey=result.survey, campaign_name="Spring")
    assert seen.tags == Tags(part(plain).text).tags


@pytest.mark.parametrize("metric", ["nps", "csat", "ces", "intent"])
def test_every_figure_says_what_it_shows(results: dict[str, SurveyResult], metric: str) -> None:
    result = results[metric]
    for picture in (figure.scores(result), figure.distribution(result), figure.followed(result)):
        assert isinstance(picture, Picture)
        assert picture.svg.startswith("<?xml") and len(picture.alt) > 60
        assert "nan" not in picture.alt and "None" not in picture.alt


def test_sentences_say_what_the_figures_do(results: dict[str, SurveyResult]) -> None:
    nps = results["nps"]
    assert nps.difference is not None and nps.difference.weighted is not None
    assert nps.difference.weighted.ci_lower > 0
    assert words.headline(nps).endswith("the texts raised it.")
    assert "points\N{NO-BREAK SPACE}" not in words.sentence(nps)
    assert "higher than held-out" in words.sentence(nps)
    assert "Satisfied customers" in words.headline(results["csat"])
    assert "of 7" in words.headline(results["ces"])
    assert "say they will buy" in words.headline(results["intent"])
    for one in results.values():
        assert "may think otherwise" in words.sentence(one)
        assert "think" not in words.unknown_sentence(one)  # said once on a screen
        assert "None" not in words.verdict(one) and "nan" not in words.verdict(one)


def _with_difference(result: SurveyResult, low: float, high: float) -> SurveyResult:
    middle = Estimate((low + high) / 2, 1.0, low, high)
    return replace(result, difference=replace(result.difference, weighted=middle))


def test_a_difference_is_told_only_where_it_is_clear(result: SurveyResult) -> None:
    for low, high, said in (
        (2.0, 9.0, "the texts raised it"),
        (-9.0, -2.0, "the texts lowered it"),
        (-2.0, 9.0, "no clear change by the texts"),
        (0.0, 9.0, "no clear change by the texts"),
    ):
        one = _with_difference(result, low, high)
        assert said in words.headline(one)
        clear = "clearly differ" not in words.sentence(one)
        assert clear == (low > 0 or high < 0)
        assert ("do not clearly differ" in words.scores_finding(one)) == (not clear)


def test_what_is_not_known_is_said(result: SurveyResult) -> None:
    few = replace(result, difference=replace(result.difference, weighted=None, unweighted=None))
    assert "Too few answered" in words.sentence(few)
    bare = replace(
        result, arms=(), difference=None, rates=(), followed=None, campaign_name="", missing={}
    )
    assert "does not say who was asked" in words.unknown_sentence(bare)
    assert "the 6" in words.sentence(bare) or "who answered" in words.sentence(bare)
    assert figure.followed(bare) is None and isinstance(figure.scores(bare), Picture)
    assert "not over for anybody" in page.followed(bare).text
    assert "not weighted" in page.weights(bare).text
    for part in PARTS:
        assert "None" not in part(bare).text
    assert "No survey" in page.campaign_section(None, "No survey belongs to it.").text
    assert "cannot be compared" in page.campaign_section(result, "", comparable=False).text


def test_an_arm_alone_is_named_as_what_it_is(result: SurveyResult) -> None:
    texted = replace(result, arms=result.arms[:1], difference=None)
    assert "texted customers who answered, weighted to look like all" in words.sentence(texted)
    asked = replace(result.arms[0], arm="")
    told = words.sentence(replace(result, arms=(asked,), difference=None))
    assert "weighted to look like all" in told and "who were asked by" in told
    assert "their difference" not in words.unknown_sentence(texted)


def test_a_failed_check_stands_beside_the_headline(result: SurveyResult) -> None:
    broken = replace(result.checks[0], status="failed", text="Something is wrong.")
    caution = replace(result, checks=(broken,))
    assert "with a caution" in words.headline(caution)
    assert "Something is wrong." in page.verdict(caution).text
    assert broken.name.lower() in words.verdict(caution)


def test_the_campaigns_report_has_a_section(shop: Path, result: SurveyResult) -> None:
    with smsroi.open_store(shop, threads=1) as store:
        campaign = smsroi.analyze_campaign(store, "camp-01")
    assert campaign.said is not None and campaign.said.survey.survey_id == "s000"
    assert campaign.said.difference == result.difference
    from smsroi_models.report import figures
    from smsroi_models.report import page as campaign_page
    from smsroi_models.report import payload as campaign_payload

    text = campaign_page.said(campaign).text.replace("\N{WORD JOINER}", "")
    assert words.sentence(result) in text and "smsroi survey s000" in text
    assert isinstance(figures.said(campaign), Picture)
    bundle = campaign_payload.results(campaign)._repr_mimebundle_()[RESULTS_MIME]
    assert bundle["said"]["counts"] == result.counts.to_dict()
    json.dumps(bundle, allow_nan=False)
