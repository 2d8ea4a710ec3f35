"""One report or none: refusals before a kernel starts, old reports whole whatever happens."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from smsroi_models.errors import ParameterError, RenderError
from smsroi_models.report.results import find_results, write_results
from smsroi_models.report.runner import RenderedReport, render

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SAYS, FAILS, BEATS = (
    NOTEBOOKS / f"{name}.ipynb"
    for name in ("says_everything", "fails_as_told", "beats_until_killed")
)
# Every character that a shell, Python, papermill's str.format or a page could take for its own.
HOSTILE = '\'; import os; os._exit(1) #" {campaign_id} {0.__class__} \\" \\n <script> ${x} %s é☃'


@pytest.fixture(scope="module", autouse=True)
def foreign_jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A user's set-up that must not matter: a python3 kernel that fails, a start-up file too."""
    home = tmp_path_factory.mktemp("home")
    kernel = home / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": ["false"], "display_name": "x", "language": "python"}))
    startup = home / "profile_default" / "startup" / "00-first.py"
    startup.parent.mkdir(parents=True)
    startup.write_text("import os\nos._exit(1)\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(home))
        patch.setenv("IPYTHONDIR", str(home))
        yield


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("with {braces} and {0}")


@pytest.fixture(scope="module")
def rendered(reports: Path) -> RenderedReport:
    return render(SAYS, {"name": HOSTILE}, reports)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return met


def test_a_report_is_three_files_in_its_folder(rendered: RenderedReport, reports: Path) -> None:
    assert rendered.folder == reports / "SPRING24" / "2025-06-30"
    assert {rendered.report, rendered.notebook, rendered.results} == set(rendered.folder.iterdir())
    assert (rendered.verdict, rendered.outcome) == ("It paid.", "paid")
    left = {path.name for path in rendered.folder.parent.iterdir()}
    assert left == {".lock", "2025-06-30"}


def test_a_hostile_value_arrives_as_text(rendered: RenderedReport) -> None:
    results = json.loads(rendered.results.read_text(encoding="utf-8"))
    assert results["name"] == results["parameters"]["name"] == HOSTILE
    page = rendered.report.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_results_name_their_origin(rendered: RenderedReport) -> None:
    text = rendered.results.read_text(encoding="utf-8")
    results = json.loads(text)
    assert results["parameters"] == {"campaign_id": "SPRING24", "as_of": "", "name": HOSTILE}
    assert results["notebook"] == {
        "name": SAYS.name,
        "sha256": hashlib.sha256(SAYS.read_bytes()).hexdigest(),
    }
    assert results["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert all(results["versions"][name] for name in ("smsroi", "pandas", "duckdb", "papermill"))
    assert results["store_fingerprint"] == "0" * 64
    assert results["figures"]["roi"]["estimate"] == 0.31
    assert list(results) == sorted(results)


def test_the_executed_notebook_keeps_what_the_page_leaves_out(rendered: RenderedReport) -> None:
    text = rendered.notebook.read_text(encoding="utf-8")
    page = rendered.report.read_text(encoding="utf-8")
    for said in ("said on stdout", "said on stderr", "said in plain text", "said in latex"):
        assert said in text
        assert said not in page
    node = nbformat.reads(text, as_version=4)
    assert node.metadata.papermill.input_path == SAYS.name
    assert str(rendered.folder.parent) not in text


def test_failure_leaves_the_old_report_and_success_clears_the_failure(
    rendered: RenderedReport, reports: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = contents(rendered.folder)
    with pytest.raises(RenderError) as told:
        render(FAILS, {}, reports)
    failed = rendered.folder.parent / "latest.failed.ipynb"
    assert str(told.value) == "fails_as_told.ipynb: ValueError: ready on 2025-07-30"
    assert str(failed) in told.value.__notes__[0]
    assert contents(rendered.folder) == before
    assert "so far" in failed.read_text(encoding="utf-8")
    lines: list[str] = []
    again = render(SAYS, {"name": HOSTILE}, reports, progress=lines.append)
    assert not failed.exists() and not failed.with_suffix(".html").exists()
    # The notebook holds the times of its cells; what people and machines read does not.
    assert again.report.read_bytes() == before["report.html"]
    assert again.results.read_bytes() == before["results.json"]
    assert lines[0] == "cell 2 of 9"
    assert capfd.readouterr() == ("", "")


def test_an_error_of_ours_stands_alone(tmp_path: Path) -> None:
    parameters = {"how": "NotReadyError", "as_of": "2025-06-30T10:15:00Z"}
    with pytest.raises(RenderError) as told:
        render(FAILS, parameters, tmp_path)
    assert str(told.value) == "ready on 2025-07-30"
    left = {path.name for path in (tmp_path / "SPRING24").iterdir()}
    assert left == {".lock"}  # nothing failed: the campaign can be read later


@pytest.mark.parametrize(
    ("how", "complaint"), [("exit", "its kernel failed"), ("silence", "0 outputs of application/")]
)
def test_a_dead_kernel_or_a_silent_notebook_is_a_failure(
    how: str, complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(RenderError, match=complaint):
        render(FAILS, {"how": how}, tmp_path)
    assert (tmp_path / "SPRING24" / "latest.failed.ipynb").exists()


def test_kill_9_leaves_the_old_report_no_kernel_and_no_rubbish(tmp_path: Path) -> None:
    old = render(BEATS, {}, tmp_path / "reports").folder
    before = contents(old)
    heart = tmp_path / "heart"
    script = (
        "import sys; from smsroi_models.report.runner import render; "
        "render(sys.argv[1], {'heart': sys.argv[2], 'seconds': 60.0}, sys.argv[3])"
    )
    arguments = [str(BEATS), str(heart), str(tmp_path / "reports")]
    process = subprocess.Popen([sys.executable, "-c", script, *arguments])
    try:
        assert wait_for(heart.exists, 120), "the notebook never started"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert contents(old) == before
    assert len(list(old.parent.glob(".partial-*"))) == 1

    def stopped() -> bool:
        last = heart.stat().st_mtime_ns
        time.sleep(0.5)
        return heart.stat().st_mtime_ns == last

    assert wait_for(stopped, 10), "the kernel outlived its runner"
    render(BEATS, {}, tmp_path / "reports")
    assert not list(old.parent.glob(".partial-*"))


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"campain_id": "X"}, "did you mean 'campaign_id'"),
        ({"campaign_id": 24}, "str is wanted"),
        ({"campaign_id": "a\x00b"}, "control character"),
        ({"as_of": "yesterday"}, "as_of = 'yesterday' is no moment"),
        ({"as_of": "../../x"}, "is no moment"),
        ({"x = 1\nimport os": 1}, "is not a parameter"),
    ],
)
def test_wrong_use_is_refused_before_anything_starts(
    parameters: dict[str, object], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match=complaint):
        render(SAYS, parameters, tmp_path / "reports")
    assert not list(tmp_path.iterdir())


def test_a_notebook_without_a_campaign_is_refused(tmp_path: Path) -> None:
    cell = nbformat.v4.new_code_cell(
        "day: int = 1  # day; day; any", metadata={"tags": ["parameters"]}
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "plain.ipynb")
    with pytest.raises(ParameterError, match="has no parameter campaign_id"):
        render(tmp_path / "plain.ipynb", {}, tmp_path / "reports")


def test_an_id_that_points_elsewhere_stays_inside_and_cwd_is_the_notebooks(tmp_path: Path) -> None:
    parameters = {"campaign_id": "../../escape", "heart": "heart", "seconds": 0.01}
    (tmp_path / "cwd").mkdir()
    report = render(BEATS, parameters, tmp_path / "a" / "reports", cwd=tmp_path / "cwd")
    assert report.folder.parent.parent == tmp_path / "a" / "reports"
    assert {path.name for path in tmp_path.iterdir()} == {"a", "cwd"}
    assert (tmp_path / "cwd" / "heart").exists()


RESULTS = {
    "campaign_id": "S",
    "name": "S",
    "as_of": "2025-06-30",
    "verdict": "It paid.",
    "outcome": "paid",
    "figures": {},
    "store_fingerprint": "0" * 64,
}


def notebook_with(*results: object) -> nbformat.NotebookNode:
    mime = "application/vnd.smsroi.results+json"
    outputs = [nbformat.v4.new_output("display_data", data={mime: each}) for each in results]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)])


def test_complete_results_are_found() -> None:
    assert find_results(notebook_with(RESULTS)) == RESULTS


@pytest.mark.parametrize(
    ("results", "complaint"),
    [
        ([], "0 outputs"),
        ([RESULTS, RESULTS], "2 outputs"),
        ([[1]], "no dict"),
        ([{**RESULTS, "verdict": None}], "lack the text 'verdict'"),
        ([{**RESULTS, "figures": 1}], "lack the dict 'figures'"),
        ([{**RESULTS, "outcome": "won"}], "outcome = 'won'"),
    ],
)
def test_incomplete_results_are_refused(results: list[object], complaint: str) -> None:
    with pytest.raises(RenderError, match=complaint):
        find_results(notebook_with(*results))


def test_a_figure_that_is_no_number_is_refused(tmp_path: Path) -> None:
    results = {**RESULTS, "figures": {"roi": float("nan")}}
    with pytest.raises(RenderError, match="not finite"):
        write_results(results, {}, "x.ipynb", b"", tmp_path / "results.json")
