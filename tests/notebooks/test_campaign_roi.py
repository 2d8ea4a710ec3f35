"""The campaign notebook runs as analysts and schedulers run it, not only under our runner."""

import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import smsroi_models as smsroi
from smsroi_models.report.results import find_results

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    program = smsroi.simulate_program(3000, 1, np.random.default_rng(3), detail="core")
    return smsroi.write_store(program.tables, tmp_path_factory.mktemp("papermill") / "shop")


def test_a_bare_papermill_call_runs_it(shop, tmp_path):
    output = tmp_path / "out.ipynb"
    command = [
        *(sys.executable, "-m", "papermill", str(NOTEBOOKS / "campaign_roi.ipynb"), str(output)),
        *("-p", "store_url", str(shop), "-p", "campaign_id", "camp-01", "--no-progress-bar"),
        *("-p", "confidence_level", "0.9"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    results = find_results(nbformat.read(output, as_version=4))
    assert results["figures"]["confidence_level"] == 0.9
    assert results["campaign_id"] == "camp-01"


def test_it_runs_from_the_notebooks_folder_as_jupyterlab_does(shop):
    notebook = nbformat.read(NOTEBOOKS / "campaign_roi.ipynb", as_version=4)
    cell = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
    cell.source = cell.source.replace('"data/demo"', repr(str(shop)))
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOKS)}}
    ).execute()
    shown = [out for c in notebook.cells for out in c.get("outputs", ())]
    assert (
        sum("image/svg+xml" in out.get("data", {}) for out in shown) == 10
    )  # too few buyers for segments
    assert not [out for out in shown if out.output_type == "stream"], "a warning was printed"
