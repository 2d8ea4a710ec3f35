"""Every committed notebook is stripped, and still has what a run needs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("tests/notebooks/*.ipynb")])
KEYS = (
    "metadata.papermill metadata.language_info.version "
    "cell.metadata.papermill cell.metadata.execution"
)


def read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def test_nbstripout_finds_nothing_to_strip() -> None:
    options = ["--verify", "--keep-id", "--extra-keys", KEYS]
    run = subprocess.run(
        [sys.executable, "-m", "nbstripout", *options, *map(str, NOTEBOOKS)],
        capture_output=True,
        text=True,
        check=False,
    )
    remedy = f'nbstripout --keep-id --extra-keys "{KEYS}" notebooks/*.ipynb'
    assert run.returncode == 0, f"{run.stdout}{run.stderr}\nRun: {remedy}"


def test_stripping_leaves_what_a_run_needs(tmp_path: Path) -> None:
    copy = tmp_path / "notebook.ipynb"
    notebook = read(NOTEBOOKS[0])
    notebook["metadata"]["papermill"] = {"output_path": "somewhere"}
    notebook["cells"][0]["metadata"]["papermill"] = {"duration": 1.0}
    copy.write_text(json.dumps(notebook))
    options = ["--keep-id", "--extra-keys", KEYS]
    subprocess.run([sys.executable, "-m", "nbstripout", *options, str(copy)], check=True)
    assert read(copy) == read(NOTEBOOKS[0])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_names_the_plain_kernel_and_tags_its_parameters(path: Path) -> None:
    notebook = read(path)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    assert any("parameters" in cell["metadata"].get("tags", ()) for cell in notebook["cells"])
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"tags"}


def test_no_rendered_report_is_tracked() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/reports/*" in ignored
