"""Runs that nobody watches: what changed is made anew, what fails is told, nothing meets."""

import ast
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from smsroi_models.errors import ParameterError, RenderError
from smsroi_models.report import freshness
from smsroi_models.report.batch import render_campaigns
from smsroi_models.report.freshness import find_unchanged
from smsroi_models.report.one_run import only_run
from smsroi_models.report.retention import remove_old_reports
from smsroi_models.report.run_log import open_log
from smsroi_models.report.runner import RenderedReport, render
from smsroi_models.report.schedules import KINDS, Schedule, write_schedule

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


@pytest.mark.parametrize("damage", ["results", "page"])
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
    else:
        (folder / "results.json").write_text("{")
    assert find_unchanged(SAYS, {"name": "Spring"}, STORE, tmp_path) is None


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
    kept_anyway = ["plan-2025-01-01", "value-2025-01-01"]
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


NASTY = Schedule(
    program="/opt/a kit/smsroi",
    store='/data/100% $HOME/it\'s "a" {{ x }}; shop',
    reports="/out put",
    folder="/opt/a kit",
    at="05:07",
    limit_minutes=90,
    jobs=2,
)


def test_cron_runs_the_command_word_for_word() -> None:
    line = write_schedule("cron", NASTY).splitlines()[1]
    assert line.startswith("07 05 * * * cd ")
    assert "%" not in line.replace(r"\%", "")
    words = shlex.split(line.split("* * * ")[1].replace(r"\%", "%"))
    assert words == ["cd", "/opt/a kit", "&&", "timeout", "5400", *NASTY.command]


def test_systemd_has_a_limit_and_makes_up_for_what_was_missed() -> None:
    text = write_schedule("systemd", NASTY)
    for line in ("Persistent=true", "TimeoutStartSec=90min", "OnCalendar=*-*-* 05:07:00"):
        assert line in text.splitlines()
    start = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    assert '"/data/100%% $$HOME/it\'s \\"a\\" {{ x }}; shop"' in start


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
    assert words == [NASTY.program, "report", *NASTY.options, "--", "$CAMPAIGN"]
    assert "expand(env=campaigns())" in text and "minutes=90" in text


@pytest.mark.parametrize("change", [{"at": "25:00"}, {"at": "6:30"}, {"store": "/a\nb"}])
def test_no_schedule_of_what_cannot_be_written(change: dict[str, str]) -> None:
    with pytest.raises(ParameterError):
        replace(NASTY, **change)


def test_an_unknown_scheduler_is_refused() -> None:
    with pytest.raises(ParameterError, match="cron, systemd, github, airflow"):
        write_schedule("at", NASTY)
    assert set(KINDS) == {"cron", "systemd", "github", "airflow"}
