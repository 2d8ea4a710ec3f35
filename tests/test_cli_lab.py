"""`smsroi lab`: the notebooks are found and open, and JupyterLab's own options go on to it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smsroi_models import cli_lab, errors
from smsroi_models.cli import app
from smsroi_models.paths import NOTEBOOKS


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    found: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, words: found.append(words))
    return found


def test_lab_starts_on_the_notebooks(started) -> None:
    run = CliRunner().invoke(app, ["lab", "--no-browser", "--port", "9000", "survey.ipynb"])
    assert run.exit_code == 0, run.output
    words = started[0]
    assert words[:3] == [sys.executable, "-m", "jupyterlab"]
    assert words[-4:] == ["--no-browser", "--port", "9000", "survey.ipynb"]
    assert f"--ServerApp.root_dir={NOTEBOOKS}" in words
    opened = next(word for word in words if "default_url" in word)
    assert (NOTEBOOKS / opened.rpartition("/")[2]).exists()


def test_jupyterlab_takes_the_words() -> None:
    """Its own parser reads them: the settings are there by these names."""
    words = cli_lab.lab_command(["--port", "9000", "--show-config-json"])
    run = subprocess.run(words, capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    assert found["ServerApp"]["root_dir"] == str(NOTEBOOKS)
    assert found["LabApp"]["default_url"] == "/lab/tree/explore.ipynb"
    assert found["ServerApp"]["port"] == 9000


def test_without_jupyterlab_it_says_how_to_get_it(monkeypatch, started) -> None:
    monkeypatch.setattr(cli_lab, "find_spec", lambda _: None)
    run = CliRunner().invoke(app, ["lab"])
    assert isinstance(run.exception, errors.SmsroiError) and not started
    assert "make setup" in str(run.exception) and sys.executable in str(run.exception)


def test_without_notebooks_it_says_where_they_should_be(monkeypatch, started, tmp_path) -> None:
    monkeypatch.setattr(cli_lab, "NOTEBOOKS", Path(tmp_path))
    run = CliRunner().invoke(app, ["lab"])
    assert isinstance(run.exception, errors.SmsroiError) and not started
    assert str(tmp_path) in str(run.exception)
