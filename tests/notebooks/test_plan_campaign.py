"""The plan's page and command, as its users meet them: rendered, recorded, listed, refused."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import smsroi_models as smsroi
from smsroi_models.planning.record import read_plan
from smsroi_models.report.entries import list_reports

HOSTILE = "<script>alert(1)</script> $x$ {{ 7*7 }}"


def _smsroi(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = "from smsroi_models.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    program = smsroi.simulate_program(6_000, 3, np.random.default_rng(3), detail="core")
    return smsroi.write_store(program.tables, tmp_path_factory.mktemp("plan") / "shop")


@pytest.fixture(scope="module")
def planned(shop, tmp_path_factory):
    """A folder in which the command planned a campaign of a hostile name."""
    folder = tmp_path_factory.mktemp("planned")
    arguments = (
        "--window-days",
        14,
        "--store",
        shop,
        "--name",
        HOSTILE,
        "--stratify-by",
        "segment",
    )
    run = _smsroi("plan", "NEXT", *arguments, "--json", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return folder, json.loads(run.stdout)


def test_the_page_says_how_many_to_hold_out(planned):
    _, told = planned
    page = Path(told["page"]).read_text()
    chosen = told["figures"]["chosen"]
    assert told["verdict"].startswith("Hold out ")
    assert f"{chosen['n_holdout']:,} of " in told["verdict"]
    assert page.count("<img") == 2
    assert "How many to hold out of" in page
    assert "<script" not in page and "&lt;script&gt;" in page


def test_the_plan_is_recorded_as_proposed(planned):
    folder, told = planned
    plan = read_plan(folder / told["plan"])
    assert (plan.campaign_id, plan.name, plan.window_days) == ("NEXT", HOSTILE, 14)
    assert plan.holdout_share == told["figures"]["chosen"]["holdout_share"]
    assert plan.n_audience == told["figures"]["stakes"]["n_customers"]
    assert plan.strata == ("segment",) and plan.seed is None and plan.n_holdout is None
    assert plan.covariates == ("pre_revenue", "pre_orders")


def test_a_recorded_plan_is_not_replaced(planned, shop):
    folder, told = planned
    before = (folder / told["plan"]).read_bytes()
    run = _smsroi("plan", "NEXT", "--window-days", 7, "--store", shop, cwd=folder)
    assert run.returncode == 2 and "not replaced" in run.stderr
    assert (folder / told["plan"]).read_bytes() == before


def test_the_index_lists_the_plan_beneath_a_report(planned):
    folder, told = planned
    results = Path(told["page"]).with_name("results.json")
    assert results.parent.name.startswith("plan-")
    assert "planned" in Path(told["index"]).read_text()
    ((entry,),) = list_reports(folder / "reports")
    assert (entry.outcome, entry.roi, entry.as_of) == (
        "planned",
        "",
        results.parent.name.removeprefix("plan-"),
    )
    report = folder / "with_report" / "NEXT"
    for name, outcome in (("plan-2025-05-01", "planned"), ("2025-04-01", "paid")):
        (report / name).mkdir(parents=True)
        record = json.loads(results.read_text()) | {"outcome": outcome}
        (report / name / "results.json").write_text(json.dumps(record))
    ((first, second),) = list_reports(report.parent)
    assert (first.outcome, second.outcome) == ("paid", "planned")


def test_the_same_store_gives_the_same_page(planned, shop, tmp_path):
    _, told = planned
    arguments = ("--window-days", 14, "--store", shop, "--name", HOSTILE, "--json")
    run = _smsroi("plan", "NEXT", *arguments, cwd=tmp_path)
    assert Path(json.loads(run.stdout)["page"]).read_bytes() == Path(told["page"]).read_bytes()


def test_options_reach_the_page_and_the_record_in_plain_lines(shop, tmp_path):
    arguments = (
        *("--window-days", 7, "--store", shop, "--holdout-share", 0.3, "--fixed-cost", 10),
        *("--cost-per-text", 0.05, "--profit-per-text", 0.2, "--profit-deviation", 0.3),
        *("--plan-file", tmp_path / "mine" / "p.json", "--reports", tmp_path / "r"),
        *("--audience-segment", "regular", "--future-campaigns", 1, "--minimum-profit", 50),
    )
    run = _smsroi("plan", "SOON", *arguments, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("Hold out 30") and "for the next campaign like it" in run.stdout
    assert "smsroi assign" in run.stdout and "Open " in run.stdout
    plan = read_plan(tmp_path / "mine" / "p.json")
    assert plan.holdout_share == 0.3 and plan.rule.minimum_profit == 50.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "r"]


@pytest.mark.parametrize(
    ("arguments", "word", "code"),
    [
        (("camp-01", "--window-days", 14), "in the store already", 2),
        (("NEXT", "--window-days", 0), "window_days is 0", 2),
        (("NEXT", "--window-days", 14, "--power", 2), "power", 2),
        (("NEXT", "--window-days", 14, "--power", 0.05), "power is 0.05", 2),
        (("NEXT", "--window-days", 14, "--audience-segment", "x"), "the segments are", 1),
        (("NEXT", "--window-days", 14, "--holdout-share", 0.00001), "at least 5", 1),
        (("NEXT", "--window-days", 14, "--holdout-share", 0.99999), "at least 5", 1),
        (("NEXT", "--window-days", 3650), "choose a shorter window", 1),
        (("NEXT", "--window-days", 14, "--as-of", "2999-01-01"), "still to come", 2),
        (("NEXT", "--window-days", 14, "--as-of", "1999-01-01"), "no campaign", 1),
        (("NEXT", "--window-days", 14, "--cost-per-text", 0, "--fixed-cost", 0), "both 0", 2),
    ],
)
def test_wrong_use_is_told_and_leaves_nothing_behind(arguments, word, code, shop, tmp_path):
    run = _smsroi("plan", *arguments, "--store", shop, cwd=tmp_path)
    assert run.returncode == code, run.stderr
    assert word in run.stderr and "Traceback" not in run.stderr
    assert not list(tmp_path.iterdir())
