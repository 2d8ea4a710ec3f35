"""The notebook on lifetime value: run, shown, listed, and safe against what others wrote."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from page_tags import Tags
from typer.testing import CliRunner

import smsroi_models as smsroi
from smsroi_models.attribution.effects import Estimate
from smsroi_models.cli import app
from smsroi_models.lifetime_result import LifetimeResult
from smsroi_models.report import lifetime_figure as figure
from smsroi_models.report import lifetime_groups_figure as groups_figure
from smsroi_models.report import lifetime_page as page
from smsroi_models.report import lifetime_payload as payload
from smsroi_models.report import lifetime_words as words
from smsroi_models.report.drawing import Picture
from smsroi_models.report.escaped import Html
from smsroi_models.report.results import RESULTS_MIME

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOK = NOTEBOOKS / "customer_lifetime_value.ipynb"
HOSTILE = """<script>alert(1)</script>"'&$x$ {{ 7*7 }} {campaign_id} <img src=x onerror=1>"""
PARTS = (
    page.verdict,
    page.key_figures,
    page.alive,
    lambda result: page.groups(result, "segment"),
    lambda result: page.groups(result, "cohort"),
    page.holdout,
    page.models,
    page.checks,
    page.limits,
    page.method,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = smsroi.simulate_program(6_000, 2, np.random.default_rng(92), detail="core")
    return smsroi.write_store(program.tables, tmp_path_factory.mktemp("clv") / "shop")


@pytest.fixture(scope="module")
def result(shop: Path) -> LifetimeResult:
    with smsroi.open_store(shop, threads=1) as store:
        return smsroi.analyze_lifetime_value(store)


def test_the_command_renders_lists_and_writes(
    shop: Path, result: LifetimeResult, tmp_path: Path
) -> None:
    """The runner holds every page against `check_page` before it is written."""
    places = ["--store", str(shop), "--reports", str(tmp_path / "r"), "--out", str(tmp_path / "o")]
    run = CliRunner().invoke(app, ["clv", *places, "--json"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    report = Path(told["report"])
    assert report.parent.name == f"value-{result.as_of:%Y-%m-%d}"
    results = json.loads(Path(told["results"]).read_text())
    assert results["outcome"] == "valued" and results["evidence"] == "forecast"
    assert results["verdict"] == words.verdict(result)
    total = results["figures"]["total"]["expected_value"]["estimate"]
    assert total == pytest.approx(result.total.expected_value.estimate, rel=1e-12)
    seen = Tags(report.read_text())
    assert seen.tags.count("img") == 5
    assert words.TITLE in seen.text and "no effect of any text" in seen.text
    index = (tmp_path / "r" / "index.html").read_text()
    assert "valued" in index and results["verdict"].split(".")[0] in index
    customers = pd.read_parquet(told["customers"])
    assert len(customers) == result.n_customers
    assert customers.lifetime_value.sum() == pytest.approx(total, rel=1e-6)


def test_a_bare_papermill_call_runs_it_without_a_warning(shop: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.ipynb"
    command = [
        *(sys.executable, "-m", "papermill", str(NOTEBOOK), str(output)),
        *("-p", "store_url", str(shop), "-p", "horizon_weeks", "26", "--no-progress-bar"),
        *("-p", "purchase_model", "mbg_nbd", "-p", "margin_rate", "0.5"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    cells = nbformat.read(output, as_version=4).cells
    assert not [o for c in cells for o in c.get("outputs", ()) if o.output_type == "stream"]


@pytest.mark.parametrize(
    "wrong",
    [
        ["--as-of", "2999-01-01"],
        ["--horizon-weeks", "0"],
        ["--format", "xlsx"],
        ["--confidence-level", "95"],
        ["--model", "nbd"],
        ["--margin-rate", "-1"],
        ["--margin-rate", "58"],
        ["--discount-rate-per-year", "10"],
    ],
)
def test_wrong_options_are_refused_before_anything_runs(
    shop: Path, tmp_path: Path, wrong: list[str]
) -> None:
    run = CliRunner().invoke(
        app, ["clv", "--store", str(shop), "--reports", str(tmp_path / "r"), *wrong]
    )
    assert isinstance(run.exception, smsroi.errors.ParameterError), run.output
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("place", ["taken", "taken/below"])
def test_a_folder_that_takes_no_file_is_refused_before_anything_runs(
    shop: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "taken").write_text("a file")
    options = ["--reports", str(tmp_path / "r"), "--out", str(tmp_path / place)]
    run = CliRunner().invoke(app, ["clv", "--store", str(shop), *options])
    assert isinstance(run.exception, smsroi.errors.ParameterError), run.output
    assert "--out is" in str(run.exception) and "leave it out" in str(run.exception)
    assert not (tmp_path / "r").exists()


def test_the_figures_for_machines_are_the_results(result: LifetimeResult) -> None:
    bundle = payload.results(result, "customers")._repr_mimebundle_()[RESULTS_MIME]
    figures = bundle["figures"]
    assert figures["total"] == result.total.to_dict()
    assert figures["holdout"]["trials"][result.model]["by_frequency"]["most"][-1] is None
    assert [group["name"] for group in figures["groups"]["region"]] == [
        "east",
        "north",
        "south",
        "west",
    ]
    json.dumps(bundle, allow_nan=False)


@pytest.mark.parametrize("part", PARTS)
def test_what_others_wrote_stays_text(result: LifetimeResult, part) -> None:
    hostile = tuple(replace(group, name=HOSTILE) for group in result.groups["segment"])
    named = replace(result, groups={**result.groups, "segment": hostile})
    plain, seen = Tags(part(result).text), Tags(part(named).text)
    assert seen.tags == plain.tags
    assert "script" not in seen.tags


def test_every_figure_says_what_it_shows(result: LifetimeResult) -> None:
    for picture in (
        figure.tracking(result),
        figure.holdout(result),
        groups_figure.alive(result),
        groups_figure.groups(result, "cohort"),
        groups_figure.groups(result, "segment"),
    ):
        assert isinstance(picture, Picture)
        assert picture.svg.startswith("<?xml") and len(picture.alt) > 60
        assert "nan" not in picture.alt


def test_what_is_not_known_is_said_and_not_drawn(result: LifetimeResult) -> None:
    cohorts = {"cohort": result.groups["cohort"]}
    bare = replace(result, holdout=None, groups=cohorts, currency="", n_without_orders=7)
    assert figure.holdout(bare).text == "" and groups_figure.groups(bare, "segment").text == ""
    assert "too short" in page.holdout(bare).text
    assert result.holdout is not None
    why = dict.fromkeys(result.holdout.trials, "nobody left.")
    untried = replace(result, holdout=replace(result.holdout, trials={}, not_fitted=why))
    assert "BG/NBD: nobody left" in page.holdout(untried).text
    assert figure.holdout(untried).text == "" and isinstance(figure.tracking(untried), Picture)
    assert payload.results(untried, "customers")._repr_mimebundle_()
    assert "does not say" in page.groups(bare, "region").text
    assert "7 known customers" in page.limits(bare).text
    assert isinstance(figure.tracking(bare), Picture)
    assert isinstance(page.key_figures(bare), Html)
    assert "None" not in words.verdict(bare)


def test_spend_without_a_range_is_told(result: LifetimeResult) -> None:
    endless = replace(result, total=replace(result.total, predicted_value=None))
    assert "cannot be told" in words.sentence(endless)
    assert words.shown_value(endless) == result.total.expected_value


def test_a_failed_check_takes_the_plain_headline_away(result: LifetimeResult) -> None:
    broken = replace(result.checks[0], status="failed", text="Something is wrong.")
    caution = replace(result, checks=(broken,))
    assert "with a caution" in words.headline(caution)
    assert "Something is wrong." in page.verdict(caution).text
    assert broken.name.lower() in words.verdict(caution)


def _with_trial(result: LifetimeResult, told: float, error: float) -> LifetimeResult:
    """Return the result with other purchases foretold, as a share of those made."""
    assert result.holdout is not None
    trial = result.holdout.trials[result.model]
    ends = (told - 2 * error) * trial.actual, (told + 2 * error) * trial.actual
    foretold = Estimate(told * trial.actual, error * trial.actual, *ends)
    trials = {result.model: replace(trial, predicted=foretold)}
    return replace(result, holdout=replace(result.holdout, trials=trials))


def test_a_miss_on_the_last_past_stands_in_the_headlines_card(result: LifetimeResult) -> None:
    missed = _with_trial(result, 0.91, 0.01)
    said = "the model foretold 9% too few purchases: expect a miss of that kind."
    assert said in words.verdict(missed) and said in page.verdict(missed).text
    for unclear in (_with_trial(result, 0.91, 0.1), _with_trial(result, 0.97, 0.01)):
        assert words.miss_caution(unclear) == ""
        assert "foretold" not in words.verdict(unclear)


def test_the_title_of_all_purchases_judges_what_was_foretold(result: LifetimeResult) -> None:
    """Half as many expected while the model was fitted; then as foretold, or a tenth too few."""
    assert result.holdout is not None
    day = result.tracking.day
    fitted = (result.holdout.calibration_end - result.first_day).days
    came = np.full(len(day), 100.0)

    def title(share: float, told: LifetimeResult) -> str:
        expected = np.where(day <= fitted + 6, 50.0, 100 * share)
        tracking = replace(told.tracking, actual=came, expected=expected)
        return words.tracking_finding(replace(told, tracking=tracking))

    followed = "Repeat purchases have followed the model"
    by_chance, clear = _with_trial(result, 0.91, 0.1), _with_trial(result, 0.91, 0.01)
    assert title(1.0, by_chance) == title(0.9, by_chance) == followed
    assert title(0.9, clear) == "Where it foretells, the model expects 10% fewer than came"
    assert title(0.96, clear) == "Where it foretells, the model expects 4% fewer than came"
    assert title(0.96, replace(result, holdout=None)).startswith("By the end the model expects")


def test_groups_are_told_apart_only_where_their_ranges_are(result: LifetimeResult) -> None:
    regions, segments = result.groups["region"], result.groups["segment"]
    assert words.groups_finding(regions, "region").startswith("By region, no customers are clearly")
    assert "times those of occasional" in words.groups_finding(segments, "segment")
    assert words.groups_finding(regions[:1], "region") == "All customers are of one region"


def test_who_bought_once_is_not_called_a_customer_for_certain(result: LifetimeResult) -> None:
    assert "In BG/NBD nobody leaves" in words.alive_note(replace(result, model="bg_nbd"))
    assert "some of them have left" in words.alive_note(replace(result, model="mbg_nbd"))
