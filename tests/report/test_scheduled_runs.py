"""Runs that nobody watches: what changed is made anew, what fails is told, nothing meets."""

import ast
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
import yaml

from smsroi_models.cli import TOO_EARLY
from smsroi_models.errors import ParameterError, RenderError
from smsroi_models.report import batch as batch_module
from smsroi_models.report import freshness
from smsroi_models.report.batch import render_campaigns
from smsroi_models.report.freshness import find_unchanged
from smsroi_models.report.one_run import only_run
from smsroi_models.report.parameters import read_parameters
from smsroi_models.report.retention import remove_old_reports
from smsroi_models.report.run_log import open_log
from smsroi_models.report.runner import RenderedReport, render
from smsroi_models.report.schedules import KINDS, Schedule, write_schedule
from smsroi_models.report.store_pages import StorePage, StorePages, read_store_pages
from smsroi_models.simulate import simulate_program
from smsroi_models.store.write import write_store

KIT = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SAYS, FAILS = (NOTEBOOKS / f"{name}.ipynb" for name in ("says_everything", "fails_as_told"))
STORE = "0" * 64  # what the notebook says its store's fingerprint is


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def rendered(reports: Path) -> RenderedReport:
    return render(SAYS, {"name": "Spring"}, reports)


def test_the_same_inputs_need_no_rendering(rendered: RenderedReport, reports: Path) -> None:
    found = find_unchanged(SAYS, {"name": "Spring"}, STORE, reports)
    assert found is not None
    assert (found["report"], found["verdict"]) == (str(rendered.report), rendered.verdict)


def test_what_renders_is_not_imported_to_find_that_nothing_has_changed(
    rendered: RenderedReport, reports: Path
) -> None:
    """These imports took four fifths of a run that leaves everything as it was."""
    script = f"""
import sys
from pathlib import Path
from smsroi_models.report.batch import render_campaigns
from smsroi_models.report.freshness import find_unchanged
from smsroi_models.report.store_pages import read_store_pages
says, reports = Path({str(SAYS)!r}), Path({str(reports)!r})
stands = find_unchanged(says, {{"name": "Spring"}}, {STORE!r}, reports)
heavy = {{"nbformat", "nbconvert", "papermill", "matplotlib", "scipy.stats", "statsmodels"}}
print(stands is not None, sorted(heavy & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == "True []\n"


def test_any_other_input_does(
    rendered: RenderedReport, reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_unchanged(SAYS, {"name": "Summer"}, STORE, reports) is None
    assert find_unchanged(SAYS, {"name": "Spring"}, "1" * 64, reports) is None
    assert find_unchanged(SAYS, {"campaign_id": "OTHER", "name": "Spring"}, STORE, reports) is None
    edited = tmp_path / SAYS.name
    edited.write_text(SAYS.read_text() + "\n")
    assert find_unchanged(edited, {"name": "Spring"}, STORE, reports) is None
    with pytest.raises(ParameterError):
        find_unchanged(SAYS, {"nam": "Spring"}, STORE, reports)
    monkeypatch.setattr(freshness, "code_sha256", lambda: "2" * 64)
    assert find_unchanged(SAYS, {"name": "Spring"}, STORE, reports) is None


@pytest.mark.parametrize("damage", ["results", "page", "another page", "half a page"])
def test_a_damaged_report_is_made_again(
    rendered: RenderedReport, tmp_path: Path, damage: str
) -> None:
    folder = tmp_path / "SPRING24" / rendered.folder.name
    folder.mkdir(parents=True)
    (folder / "results.json").write_bytes(rendered.results.read_bytes())
    (folder / "report.html").write_bytes(rendered.report.read_bytes())
    assert find_unchanged(SAYS, {"name": "Spring"}, STORE, tmp_path)
    if damage == "page":
        (folder / "report.html").unlink()
    elif damage == "another page":  # a run of other parameters, killed before its results came
        (folder / "report.html").write_text("<p>Something else</p></html>")
    elif damage == "half a page":
        (folder / "report.html").write_bytes(rendered.report.read_bytes()[:99])
    else:
        (folder / "results.json").write_text("{")
    assert find_unchanged(SAYS, {"name": "Spring"}, STORE, tmp_path) is None


def test_templates_count_as_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def digest() -> str:
        freshness.code_sha256.cache_clear()
        return freshness.code_sha256()

    monkeypatch.setattr(freshness, "_PACKAGE", tmp_path)
    seen = {digest()}
    for name in ("words.py", "verdict.html", "listing.html.j2", "rules.dat"):
        (tmp_path / name).write_text("x")
        seen.add(digest())
    assert len(seen) == 5
    (tmp_path / "words.cpython-311.pyc").write_text("x")
    assert digest() in seen
    freshness.code_sha256.cache_clear()


def test_one_failure_stops_nothing_and_leaves_a_readable_page(tmp_path: Path) -> None:
    lines: list[dict[str, object]] = []
    batch = render_campaigns(
        FAILS,
        ["BAD", "WORSE"],
        {},
        tmp_path,
        log=lambda event, **fields: lines.append({"event": event, **fields}),
        jobs=2,
    )
    assert set(batch.failed) == {"BAD", "WORSE"}
    page = (tmp_path / "BAD" / "latest.failed.html").read_text(encoding="utf-8")
    assert "ready on Jul 30, 2025" in page and "Nothing was lost" in page
    assert not re.search(r"Traceback|File &|line \d|/in\.ipynb", page)
    assert 'href="latest.failed.ipynb"' in page
    assert 'href="BAD/latest.failed.html"' in Path(batch.index).read_text(encoding="utf-8")
    assert [line["event"] for line in lines] == ["started", "failed", "failed", "finished"]
    assert lines[-1]["failed"] == 2
    render_campaigns(SAYS, ["BAD"], {}, tmp_path)
    assert not list((tmp_path / "BAD").glob("*.failed.*"))


def test_a_campaign_that_cannot_even_be_tried_stops_no_other(tmp_path: Path) -> None:
    batch = render_campaigns(SAYS, ["two\nlines", "GOOD"], {}, tmp_path)
    assert set(batch.rendered) == {"GOOD"}
    assert "line break" in batch.failed["two\nlines"]


def test_what_stands_again_has_not_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = render(SAYS, {"name": "Spring"}, tmp_path)
    campaign = kept.folder.parent
    for moment in ("latest", kept.folder.name, "2020-01-01"):
        (campaign / f"{moment}.failed.html").write_text("failed")
    monkeypatch.setattr(batch_module, "_own_notebooks", lambda *_: ({}, STORE))
    values = {"name": "Spring"}
    batch = render_campaigns(SAYS, ["SPRING24"], values, tmp_path, keep_unchanged=True)
    assert set(batch.unchanged) == {"SPRING24"}
    assert [path.name for path in campaign.glob("*.failed.*")] == ["2020-01-01.failed.html"]


def test_an_engines_error_gives_nobody_away(tmp_path: Path) -> None:
    error = "raise ValueError('cannot convert +1 202 555 0142 of ada@example.com')"
    node = nbformat.read(SAYS, as_version=4)  # type: ignore[no-untyped-call]
    node.cells.append(nbformat.v4.new_code_cell(error))  # type: ignore[no-untyped-call]
    nbformat.write(node, tmp_path / "in.ipynb")  # type: ignore[no-untyped-call]
    batch = render_campaigns(tmp_path / "in.ipynb", ["X"], {}, tmp_path / "out")
    assert batch.failed == {"X": "in.ipynb: ValueError: cannot convert *** of ***"}
    assert "0142" not in (tmp_path / "out" / "X" / "latest.failed.html").read_text()


def test_side_by_side_gives_the_same_pages(tmp_path: Path) -> None:
    ids = ["A", "B", "C"]
    one = render_campaigns(SAYS, ids, {}, tmp_path / "one")
    said: list[str] = []
    two = render_campaigns(SAYS, ids, {}, tmp_path / "two", jobs=2, say=said.append)
    assert set(one.rendered) == set(two.rendered) == set(ids)
    assert len(said) == 3
    for name in ids:
        pages = [Path(batch.rendered[name]).read_bytes() for batch in (one, two)]
        assert pages[0] == pages[1]


def test_two_runs_do_not_meet(tmp_path: Path) -> None:
    with only_run(tmp_path), pytest.raises(RenderError, match="Another run"), only_run(tmp_path):
        pass
    with only_run(tmp_path):
        pass


def test_the_log_holds_whole_lines_and_keeps_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "runs.jsonl"
    for _ in range(2):
        open_log(path)("failed", campaign_id="é\n{}", told='a "quoted" word')
    read = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["campaign_id"] for line in read] == ["é\n{}"] * 2
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", line["at"]) for line in read)
    with pytest.raises(ParameterError, match="name another file"):
        open_log(tmp_path)


def test_old_reports_go_by_the_stated_rule(tmp_path: Path) -> None:
    days = ["2025-04-30", "2025-05-01", "2025-05-30", "2025-05-31", "2025-06-29", "2025-06-30"]
    kept_anyway = ["plan-2025-06-01", "plan-2025-06-02"]
    for name in [*days, *kept_anyway]:
        folder = tmp_path / "SPRING24" / name
        folder.mkdir(parents=True)
        (folder / "results.json").write_text("{}")
    (tmp_path / "SPRING24" / "notes").mkdir()  # no report: somebody's own
    removed = remove_old_reports(tmp_path, 1)
    assert [path.name for path in removed] == ["2025-06-29", "2025-05-30", "2025-05-01"]
    left = {path.name for path in (tmp_path / "SPRING24").iterdir()} - {".lock"}
    assert left == {"2025-04-30", "2025-05-31", "2025-06-30", "notes", *kept_anyway}
    assert remove_old_reports(tmp_path, 1) == []
    with pytest.raises(ParameterError, match="1 report or more"):
        remove_old_reports(tmp_path, 0)


def test_each_kind_of_page_is_counted_for_itself(tmp_path: Path) -> None:
    for folder, mark in (("portfolio", "portfolio-"), ("customers", "value-"), ("customers", "")):
        for day in ("2025-06-28", "2025-06-29", "2025-06-30"):
            path = tmp_path / folder / f"{mark}{day}"
            path.mkdir(parents=True)
            (path / "results.json").write_text("{}")
    remove_old_reports(tmp_path, 2)
    left = {path.parent.name for path in tmp_path.glob("*/*/results.json")}
    marks = ("portfolio-", "value-", "")
    assert left == {f"{mark}2025-06-{day}" for mark in marks for day in (29, 30)}


def _pages(store: Path) -> StorePages:
    return read_store_pages(KIT, {"store_url": str(store), "confidence_level": 0.9})


def test_a_store_has_the_pages_that_its_tables_allow(tmp_path: Path) -> None:
    tables = simulate_program(1000, 2, np.random.default_rng(3), detail="full").tables
    found = _pages(write_store(tables, tmp_path / "whole"))
    assert [page.folder for page in found.pages] == [
        *("portfolio", "audience", "survey-s000", "survey-s001", "customers")
    ]
    assert not found.absent
    assert {page.values["confidence_level"] for page in found.pages} == {0.9}
    assert all(
        read_parameters(KIT / page.notebook).keys() >= page.values.keys() for page in found.pages
    )
    few = {name: tables[name] for name in ("campaigns", "assignments", "orders", "customers")}
    bare = _pages(write_store(few, tmp_path / "bare"))
    assert [page.folder for page in bare.pages] == ["portfolio", "customers"]
    assert bare.absent == {
        "audience": "the store has no subscriptions",
        "surveys": "the store has no surveys and no responses",
    }
    one = {**few, "campaigns": few["campaigns"].head(1)}
    one["assignments"] = few["assignments"].merge(one["campaigns"][["campaign_id"]])
    assert "portfolio" in (_pages(write_store(one, tmp_path / "one")).absent or {})


def test_a_page_with_nothing_to_tell_is_no_failure(tmp_path: Path) -> None:
    values: dict[str, object] = {"campaign_id": "customers", "how": "NotEstimableError"}
    page = StorePage("customers", FAILS.name, values)
    lines: list[dict[str, object]] = []
    said: list[str] = []
    batch = render_campaigns(
        FAILS,
        ["BAD"],
        {},
        tmp_path,
        say=said.append,
        log=lambda event, **fields: lines.append({"event": event, **fields}),
        store_pages=StorePages((page,), {"surveys": "the store has no surveys"}),
    )
    assert list(batch.failed) == ["BAD"]
    assert batch.absent.keys() == {"customers", "surveys"}
    assert "none      surveys: the store has no surveys" in said
    assert [line["event"] for line in lines] == [
        "started",
        "failed",
        "absent",
        "absent",
        "finished",
    ]
    assert not list((tmp_path / "customers").glob("*.failed.*"))


def test_a_page_that_breaks_is_a_failure_and_its_file_is_seen_to(tmp_path: Path) -> None:
    seen: list[Path] = []
    page = StorePage("audience", SAYS.name, {"campaign_id": "audience"}, beside=seen.append)
    batch = render_campaigns(SAYS, [], {}, tmp_path, store_pages=StorePages((page,)))
    assert seen == [Path(batch.rendered["audience"]).with_name("results.json")]

    def full(results: Path) -> None:
        raise OSError("the disk is full")

    broken = StorePages((replace(page, beside=full),))
    assert "audience" in render_campaigns(SAYS, [], {}, tmp_path, store_pages=broken).failed


def test_a_campaign_that_is_called_like_a_page_shares_nothing_with_it(tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    kit.mkdir()
    own = shutil.copy(SAYS, kit / "campaign_roi.ipynb")
    shutil.copy(SAYS, kit / "audience_health.ipynb")
    values: dict[str, object] = {"campaign_id": "audience", "name": "The list"}
    pages = StorePages((StorePage("audience", "audience_health.ipynb", values),))
    reports = tmp_path / "reports"
    batch = render_campaigns(own, ["audience"], {"name": "A campaign"}, reports, store_pages=pages)
    assert batch.rendered.keys() == {"audience", "page audience"}
    told = {key: Path(path).with_name("results.json") for key, path in batch.rendered.items()}
    names = {key: json.loads(path.read_text())["name"] for key, path in told.items()}
    assert names == {"audience": "A campaign", "page audience": "The list"}
    assert told["page audience"].parent.parent == reports / "audience"
    assert told["audience"].parent.parent.name.startswith("campaign-audience-")


NASTY = Schedule(
    program="/opt/a kit/smsroi",
    store='/data/100% $HOME/it\'s "a" {{ x }}; shop',
    reports="/out put",
    folder="/opt/a kit",
    at="05:07",
    limit_minutes=90,
    jobs=2,
)


def test_what_somebody_put_among_the_reports_stays(tmp_path: Path) -> None:
    own = [f"SPRING24/backup-{number}" for number in range(3)]
    for name in [*own, "SPRING24/2025-06-29", "SPRING24/2025-06-30"]:
        (tmp_path / name).mkdir(parents=True)
        for file in ("results.json", "report.html", "asked_to_stop.csv"):
            (tmp_path / name / file).write_text("{}")
    (tmp_path / "SPRING24/2025-06-29/notes.txt").write_text("mine")
    (removed,) = remove_old_reports(tmp_path, 1)
    assert removed.name == "2025-06-29"
    assert [path.name for path in removed.iterdir()] == ["notes.txt"]
    assert all((tmp_path / name / "results.json").exists() for name in own)


def test_cron_runs_the_command_word_for_word() -> None:
    line = write_schedule("cron", NASTY).splitlines()[1]
    assert line.startswith("07 05 * * * cd ")
    assert "%" not in line.replace(r"\%", "")
    words = shlex.split(line.split("* * * ")[1].replace(r"\%", "%"))
    assert words == ["cd", "/opt/a kit", "&&", "timeout", "-k", "60", "5400", *NASTY.command]


def test_old_reports_go_where_the_schedule_says_how_many_stay() -> None:
    keeping = replace(NASTY, keep=30)
    for kind in ("cron", "systemd", "airflow"):
        assert "--keep 30" in write_schedule(kind, keeping)
        assert "--keep" not in write_schedule(kind, NASTY)


def _as_cron_reads(line: str) -> str:
    r"""Return what a shell is given: cron ends the command at a %, unless a \ is before it."""
    read, escaped = "", False
    for letter in line:
        if letter == "%" and not escaped:
            return read
        read = (read[:-1] if escaped and letter == "%" else read) + letter
        escaped = letter == "\\" and not escaped
    return read


@pytest.mark.parametrize("store", ["/a%b", r"/a\%b", r"/a\\%b", r"/it's\%'", "/%%", "/$(id)`id`;&"])
def test_no_path_ends_crons_command(store: str) -> None:
    line = write_schedule("cron", replace(NASTY, store=store)).splitlines()[1]
    words = shlex.split(_as_cron_reads(line.split("* * * ")[1]))
    assert words[words.index("--store") + 1] == store
    assert words[-1] == "/out put/runs.jsonl"


def test_systemd_has_a_limit_and_makes_up_for_what_was_missed() -> None:
    text = write_schedule("systemd", NASTY)
    for line in ("Persistent=true", "TimeoutStartSec=90min", "OnCalendar=*-*-* 05:07:00"):
        assert line in text.splitlines()
    start = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    assert '"/data/100%% $$HOME/it\'s \\"a\\" {{ x }}; shop"' in start


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize(
    "odd", ["a b", "100%", "$HOME", "it's", 'a"b', r"a\b", "end\\", "end ", "ü😀"]
)
def test_systemd_takes_the_units(tmp_path: Path, odd: str) -> None:
    program = tmp_path / odd / "smsroi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    folder = str(program.parent)
    text = write_schedule("systemd", Schedule(str(program), folder, folder, folder))
    service, timer = re.split(r"^# ~/.*timer$", text, flags=re.MULTILINE)
    (tmp_path / "smsroi.service").write_text(service)
    (tmp_path / "smsroi.timer").write_text(timer)
    units = [str(tmp_path / f"smsroi.{kind}") for kind in ("service", "timer")]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert not [line for line in done.stderr.splitlines() if "smsroi" in line]


def test_github_workflow_is_yaml_with_a_limit() -> None:
    flow = yaml.safe_load(write_schedule("github", NASTY))
    job = flow["jobs"]["reports"]
    assert flow[True]["schedule"] == [{"cron": "7 5 * * *"}]  # yaml 1.1 reads `on` as true
    assert (job["timeout-minutes"], flow["concurrency"]) == (90, "reports")
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs[0] == "make setup"
    assert runs[1].startswith(".venv/bin/smsroi report --all ")


def test_airflow_maps_one_task_a_campaign_onto_the_same_command() -> None:
    text = write_schedule("airflow", NASTY)
    tree = ast.parse(text)
    constants = {
        node.targets[0].id: ast.literal_eval(node.value)  # type: ignore[attr-defined]
        for node in tree.body
        if isinstance(node, ast.Assign)
    }
    assert constants["LIST"] == [NASTY.program, "campaigns", "--json", "--store", NASTY.store]
    assert constants["FOLDER"] == NASTY.folder
    words = shlex.split(constants["REPORT"].replace("{{ '{{' }}", "{{"))
    assert "cwd" not in text.split("BashOperator.partial")[1]  # Airflow fills templates in it
    assert words[:3] == ["cd", NASTY.folder, "&&"]
    assert words[3:] == [NASTY.program, "report", *NASTY.options, "--", "$CAMPAIGN"]
    pages = shlex.split(constants["PAGES"].replace("{{ '{{' }}", "{{"))
    assert pages[3:] == [NASTY.program, "report", *NASTY.options, "--all", "--only", "pages"]
    assert "expand(env=campaigns())" in text and "minutes=90" in text
    assert f"skip_on_exit_code={TOO_EARLY}" in text


@pytest.mark.parametrize(
    "change", [{"at": "25:00"}, {"at": "6:30"}, {"store": "/a\nb"}, {"store": "/\udcff"}]
)
def test_no_schedule_of_what_cannot_be_written(change: dict[str, str]) -> None:
    with pytest.raises(ParameterError):
        replace(NASTY, **change)


def test_an_unknown_scheduler_is_refused() -> None:
    with pytest.raises(ParameterError, match="cron, systemd, github, airflow"):
        write_schedule("at", NASTY)
    assert set(KINDS) == {"cron", "systemd", "github", "airflow"}
