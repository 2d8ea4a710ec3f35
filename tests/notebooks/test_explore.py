"""The notebook that teaches the package: ten steps that run, and name what is there."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

import smsroi_models as smsroi
from smsroi_models.attribution import effects, pull_forward, segment_records, tracked_records
from smsroi_models.clv import long_term_records, value
from smsroi_models.planning import holdout
from smsroi_models.roi import Roi

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "explore.ipynb"
# The records whose fields the table of a step explains.
RECORDS = {
    "store-idea": (smsroi.Finding,),
    "lift-idea": (effects.Lift,),
    "roi-idea": (Roi,),
    "claims-idea": (tracked_records.Claim,),
    "segments-idea": (segment_records.Segments,),
    "lasting-idea": (pull_forward.PullForward, long_term_records.LongTerm),
    "lifetime-idea": (value.LifetimeTotal, smsroi.LifetimeResult),
    "audience-idea": (smsroi.AudienceResult,),
    "survey-idea": (smsroi.SurveyResult,),
    "plan-idea": (holdout.HoldoutOption,),
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    """The notebook run as anybody may run it, on a small shop."""
    folder = tmp_path_factory.mktemp("explore")
    program = smsroi.simulate_program(
        6_000,
        2,
        np.random.default_rng(93),
        holdout_share=0.4,
        conversion_effects=[0.05, 0.05],
        shop=smsroi.simulate.Shop(invitation_share=0.3),
    )
    shop = smsroi.write_store(program.tables, folder / "shop")
    command = [
        *(sys.executable, "-m", "papermill", str(NOTEBOOK), str(folder / "out.ipynb")),
        *("-p", "store_url", str(shop), "--no-progress-bar"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return nbformat.read(folder / "out.ipynb", as_version=4)


def _outputs(executed: nbformat.NotebookNode) -> dict[str, list[nbformat.NotebookNode]]:
    return {cell.id: cell.outputs for cell in executed.cells if cell.cell_type == "code"}


def test_it_runs_without_a_warning(executed: nbformat.NotebookNode) -> None:
    for name, outputs in _outputs(executed).items():
        assert not [each for each in outputs if each.output_type in ("stream", "error")], name


def test_every_step_shows_something(executed: nbformat.NotebookNode) -> None:
    # Too few buy in so small a shop for segments to be compared.
    silent = {"parameters", "injected-parameters", "segments", "segments-figure"}
    for cell in executed.cells:
        if cell.cell_type == "code" and not {cell.id, *cell.metadata.get("tags", [])} & silent:
            assert cell.outputs, cell.id


def test_records_show_as_tables_and_figures_with_their_words(executed) -> None:
    outputs = _outputs(executed)
    for name in ("lift", "roi", "lasting", "long-term", "lifetime", "audience", "survey", "plan"):
        assert "<caption" in outputs[name][0].data["text/html"], name
    for name in ("claims-figure", "lifetime-figure", "audience-figure", "plan-figure"):
        assert outputs[name][0].metadata["image/svg+xml"]["alt"], name
    kinds = {kind for each in outputs["roi-figures"] for kind in each.data}
    # The axes are shown once, by whom they belong to; the picture says what they show.
    assert kinds == {"image/png", "text/plain"}


def _ideas() -> dict[str, str]:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    return {cell.id: cell.source for cell in notebook.cells if cell.id.endswith("-idea")}


def test_there_are_ten_steps_each_with_a_small_table() -> None:
    headings = re.findall(r"^## (\d+)\. ", "\n".join(_ideas().values()), re.M)
    assert headings == [str(step) for step in range(1, 11)]
    for name, text in _ideas().items():
        assert 2 <= len(re.findall(r"^\| `|^\| [a-z]", text, re.M)) <= 6, name


@pytest.mark.parametrize("name", RECORDS)
def test_the_fields_that_a_step_explains_are_there(name: str) -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", _ideas()[name], re.M)
    fields = [field.split(".")[0] for row in rows for field in re.findall(r"`([^`]+)`", row)]
    there = {field for record in RECORDS[name] for field in record.__dataclass_fields__}
    assert fields and set(fields) <= there
