"""The command that opens the notebooks: `smsroi lab`."""

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec

import typer

from smsroi_models.errors import SmsroiError
from smsroi_models.paths import NOTEBOOKS

labs = typer.Typer()
FIRST = "explore.ipynb"


@labs.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open JupyterLab on the notebooks. Its own options may follow, such as --port 9000."""
    if find_spec("jupyterlab") is None:
        raise SmsroiError(
            f"JupyterLab is not installed for {sys.executable}: run `make setup`, or "
            f"`{sys.executable} -m pip install jupyterlab`"
        )
    if not (NOTEBOOKS / FIRST).exists():
        raise SmsroiError(
            f"there are no notebooks at {NOTEBOOKS}: run smsroi from a copy of the project"
        )
    words = lab_command(context.args)
    # In place of this process, so that Ctrl+C and the exit code are JupyterLab's.
    os.execv(words[0], words)


def lab_command(more: Sequence[str] = ()) -> list[str]:
    """Return the words that start JupyterLab on the notebooks; what follows overrides.

    >>> lab_command(["--port", "9000"])[-2:]
    ['--port', '9000']
    """
    own = [f"--ServerApp.root_dir={NOTEBOOKS}", f"--LabApp.default_url=/lab/tree/{FIRST}"]
    return [sys.executable, "-m", "jupyterlab", *own, *more]
