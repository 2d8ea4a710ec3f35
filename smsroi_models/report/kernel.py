"""Running a notebook: papermill around a kernel of this very Python, quiet and on its own.

The kernel is forked from a process with the imports done (`report.forked`), or started afresh
where that cannot be.

A kernelspec of the user's could point ``python3`` at another environment, and start-up files of
the user's could change what a notebook does: neither is read here.
"""

import asyncio
import logging
import os
import threading
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import nbformat
import papermill
import zmq
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from traitlets import default
from traitlets.config import Config

from smsroi_models.report.forked import ONE_THREAD, forget, kernel_server

# papermill warns through logging; without a handler Python would print that on stderr.
logging.getLogger("papermill").addHandler(logging.NullHandler())


# Linux takes 107 bytes of a socket's path, others 103; "-5" is added to it.
_SOCKET_PATH_BYTES = 100


class Forking(LocalProvisioner):
    """Forks kernels from the server of this process; without one it starts them afresh."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel by its command line, ``[python, "-m", "ipykernel_launcher", ...]``."""
        kwargs["env"] = {**(kwargs.get("env") or os.environ), **ONE_THREAD}
        server = kernel_server()
        if server is not None:
            try:
                cwd = str(kwargs.get("cwd") or Path.cwd())
                forked = server.fork(cmd[3:], cwd, kwargs["env"])
            except OSError as error:
                if server.stopped:
                    raise RuntimeError("the run was stopped") from error
                forget(server)
            else:
                self.process = cast(Any, forked)  # what is asked of a Popen here, it has
                self.pid = self.pgid = forked.pid
                self.cwd = cwd
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)


class ThisPython(AsyncKernelManager):
    """Starts kernels with the running interpreter, whatever kernelspecs are installed."""

    @default("kernel_spec_manager")
    def _native_only(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[])

    async def _async_pre_start_kernel(self, **kwargs: Any) -> tuple[list[str], dict[str, Any]]:
        if self.provisioner is None:
            self.kernel_id = self.kernel_id or str(uuid.uuid4())
            self.provisioner = Forking(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
        return await super()._async_pre_start_kernel(**kwargs)

    @default("transport_encryption")
    def _encrypted(self) -> str:
        # Other users of this machine could listen to a plain local port.
        return "auto" if zmq.has("curve") else "disabled"


class SavesAtTheEnd(NBClientEngine):  # type: ignore[misc]
    """Writes the notebook where it ends or fails, not twice a cell: that took a second a report."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **kwargs: Any
    ) -> None:
        """Run the cells; who is killed meanwhile loses a work folder that goes anyway."""
        path, nb_man.output_path = nb_man.output_path, None
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **kwargs)
        finally:
            nb_man.output_path = path


papermill_engines.register("smsroi", SavesAtTheEnd)


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
    output : absolute path of the executed notebook, there also when a cell fails; its folder also
        takes the kernel's private files.
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

    try:
        return _executed(notebook, output, parameters, cwd, private, announce)
    finally:
        if threading.current_thread() is not threading.main_thread():
            # nbclient gives each thread an event loop, and leaves it open.
            asyncio.get_event_loop().close()


def _executed(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, object],
    cwd: Path | None,
    private: Path,
    announce: Callable[[NotebookNode, int], None],
) -> NotebookNode:
    executed: NotebookNode = papermill.execute_notebook(
        _literal(notebook),
        _literal(output),
        parameters=dict(parameters),
        engine_name="smsroi",
        kernel_name=NATIVE_KERNEL_NAME,
        language="python",
        progress_bar=False,
        log_output=False,
        kernel_manager_class=ThisPython,
        # In the work folder, not the user's: it holds the kernel's key, and a crash would leave it.
        config=Config({"ThisPython": _connection(private)}),
        extra_arguments=[f"--ipython-dir={private}"],
        # All is said and done by then; a kernel asked to leave complains on stderr at times.
        shutdown_kernel="immediate",
        on_cell_execute=announce,
        resources=_resources(cwd),
    )
    return executed


def _connection(private: Path) -> dict[str, str]:
    """Return how runner and kernel meet: by files of their own, no port that others may take."""
    file, sockets = str(private / "connection.json"), str(private / "socket")
    if os.name != "posix" or len(os.fsencode(sockets)) > _SOCKET_PATH_BYTES:
        return {"connection_file": file}
    return {"connection_file": file, "transport": "ipc", "ip": sockets}


def _literal(path: Path) -> str:
    # papermill puts the parameters' values into paths with `str.format`.
    return str(path).replace("{", "{{").replace("}", "}}")


def _resources(cwd: Path | None) -> dict[str, Any]:
    # nbclient hands this to the kernel alone; papermill's own `cwd` would move this whole process.
    return {"metadata": {"path": str(cwd)}} if cwd is not None else {}
