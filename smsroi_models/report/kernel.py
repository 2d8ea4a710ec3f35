"""Running a notebook: papermill around a kernel of this very Python, quiet and on its own.

A kernelspec of the user's could point ``python3`` at another environment, and start-up files of
the user's could change what a notebook does: neither is read here.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
import zmq
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from traitlets import default
from traitlets.config import Config

# papermill warns through logging; without a handler Python would print that on stderr.
logging.getLogger("papermill").addHandler(logging.NullHandler())


class ThisPython(AsyncKernelManager):
    """Starts kernels with the running interpreter, whatever kernelspecs are installed."""

    @default("kernel_spec_manager")
    def _native_only(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[])

    @default("transport_encryption")
    def _encrypted(self) -> str:
        # Other users of this machine could listen to a plain local port.
        return "auto" if zmq.has("curve") else "disabled"


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, object],
    *,
    cwd: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> NotebookNode:
    """Return a notebook executed with parameters that are already checked.

    Parameters
    ----------
    notebook : the file to run.
    output : absolute path of the executed notebook, written after every cell, so that it is there
        when a cell fails; its folder also takes the kernel's private files.
    parameters : values by name; injected as they are.
    cwd : the kernel's working directory; the process's own where absent.
    progress : called with a line of text before each code cell.

    Raises
    ------
    papermill.exceptions.PapermillExecutionError
        A cell raised.
    """
    private = output.with_name(".ipython")
    private.mkdir()  # IPython ends at once where it is told of a folder that is not there
    total = len(nbformat.read(notebook, as_version=4).cells) + 1  # type: ignore[no-untyped-call]

    def announce(cell: NotebookNode, cell_index: int) -> None:
        if progress is not None:
            progress(f"cell {cell_index + 1} of {total}")

    executed: NotebookNode = papermill.execute_notebook(
        _literal(notebook),
        _literal(output),
        parameters=dict(parameters),
        kernel_name=NATIVE_KERNEL_NAME,
        language="python",
        progress_bar=False,
        log_output=False,
        kernel_manager_class=ThisPython,
        # In the work folder, not the user's: it holds the kernel's key, and a crash would leave it.
        config=Config({"ThisPython": {"connection_file": str(private / "connection.json")}}),
        extra_arguments=[f"--ipython-dir={private}"],
        # All is said and done by then; a kernel asked to leave complains on stderr at times.
        shutdown_kernel="immediate",
        on_cell_execute=announce,
        resources=_resources(cwd),
    )
    return executed


def _literal(path: Path) -> str:
    # papermill puts the parameters' values into paths with `str.format`.
    return str(path).replace("{", "{{").replace("}", "}}")


def _resources(cwd: Path | None) -> dict[str, Any]:
    # nbclient hands this to the kernel alone; papermill's own `cwd` would move this whole process.
    return {"metadata": {"path": str(cwd)}} if cwd is not None else {}
