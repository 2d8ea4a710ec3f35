"""The committed notebooks: stripped, thin, and with one honest parameters cell."""

import ast
from pathlib import Path

import nbformat
import pytest

from smsroi_models.report.parameters import read_parameters

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
CELL_KEYS = {"tags"}
NOTEBOOK_KEYS = {"kernelspec", "language_info"}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.name)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def _code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_is_a_notebook():
    names = {path.name for path in NOTEBOOKS}
    assert {"campaign_roi.ipynb", "campaign_without_holdout.ipynb", "plan_campaign.ipynb"} <= names


def test_it_is_committed_stripped(notebook):
    assert all(not cell.outputs and cell.execution_count is None for cell in _code(notebook))
    assert all(set(cell.metadata) <= CELL_KEYS for cell in notebook.cells)
    assert set(notebook.metadata) == NOTEBOOK_KEYS
    assert set(notebook.metadata.language_info) == {"name"}


def test_its_kernel_is_the_environments_python(notebook):
    assert notebook.metadata.kernelspec.name == "python3"


def test_cells_are_thin(notebook):
    # Parameters stand one a line, as many as there are.
    cells = [c for c in _code(notebook) if "parameters" not in c.metadata.get("tags", [])]
    assert max(len(cell.source.splitlines()) for cell in cells) <= 10


def test_cells_call_and_never_compute(notebook):
    for cell in _code(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(
                node, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.BinOp | ast.For | ast.While
            ), ast.unparse(node)


def test_there_is_one_parameters_cell(notebook):
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_runner_reads_its_parameters(path):
    assert "store_url" in read_parameters(path)
