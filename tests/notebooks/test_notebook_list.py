"""`notebooks/README.md` says what is in the folder, no more and no less."""

import re
from pathlib import Path

import typer

from smsroi_models.cli import app
from smsroi_models.report.notebook_list import COMMANDS, notebook_list
from smsroi_models.report.parameters import read_parameters

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PAGE = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")


def test_the_page_is_what_the_notebooks_say() -> None:
    assert notebook_list() == PAGE, "run `make dictionary`"


def test_every_notebook_and_every_parameter_is_on_it() -> None:
    listed = re.findall(r"^\| \[(.+?)\]", PAGE, re.M)
    assert sorted(listed) == sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
    for name in listed:
        section = PAGE.split(f"\n## {name}\n")[1].split("\n## ")[0]
        named = re.findall(r"^\| `(\w+)`", section, re.M)
        assert named == list(read_parameters(NOTEBOOKS / name))


def test_every_command_is_one() -> None:
    known = typer.main.get_command(app).commands
    for notebook, command in COMMANDS.items():
        assert (NOTEBOOKS / f"{notebook}.ipynb").exists()
        assert command.split()[0] == "smsroi" and command.split()[1] in known


def test_a_notebook_of_ones_own_is_listed_last(tmp_path: Path) -> None:
    for name in ("survey", "explore"):
        (tmp_path / f"{name}.ipynb").write_text((NOTEBOOKS / f"{name}.ipynb").read_text())
    own = (NOTEBOOKS / "survey.ipynb").read_text().replace("# What did", "# Who | what did")
    (tmp_path / "aaa.ipynb").write_text(own)
    page = notebook_list(tmp_path)
    assert re.findall(r"^\| \[(.+?)\]", page, re.M) == [
        "explore.ipynb",
        "survey.ipynb",
        "aaa.ipynb",
    ]
    assert "| Who \\| what did customers say? | `papermill notebooks/aaa.ipynb OUT.ipynb` |" in page
