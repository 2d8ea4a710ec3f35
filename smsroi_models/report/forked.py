"""Kernels forked from one server with the imports done, for `report.kernel`.

A report's kernel imports for two seconds or so what every other report imports too. Here one
process does so once (`report.kernel_server`) and is forked for each report: a process of its own
all the same, with the working directory, environment and arguments that it was asked to have.
Where the system cannot fork, or the server does not come up, kernels start the ordinary way.
"""

import atexit
import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import smsroi_models

_PATIENCE = 60.0  # seconds for all imports on a busy machine
_PATIENCE_AT_END = 10.0
_ANSWER_BYTES = 1024
# What a module may have read while it was imported: another value asks for another server.
_READ_AT_IMPORT = re.compile(
    r"PYTHON|MPL|OMP|OPENBLAS|MKL|IPYTHON|JUPYTER|LC_|LANG|TZ|HOME|XDG|PATH|DYLD|LD_|SMSROI"
)
# Sums do not depend on how many cores the machine has, and a fork has no threads to lose.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_PACKAGE = Path(smsroi_models.__file__).parent


class ForkedKernel:
    """A kernel's process, with what jupyter_client asks of a `subprocess.Popen`.

    ``returncode`` is 0 once it has ended: how it ended is known to the server alone.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, life: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._life = life

    def poll(self) -> int | None:
        """Return None while the kernel runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return once the kernel has ended."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"kernel {self.pid}", timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the kernel."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            life = select.poll()
            life.register(self._life, select.POLLIN)
            if life.poll(None if timeout is None else 1000 * timeout):
                os.close(self._life)
                self.returncode = 0
        return self.returncode


class KernelServer:
    """The running server; see `kernel_server` for what is said over its socket.

    ``stopped`` says that it was ended on purpose: nobody is to start kernels without it.
    """

    def __init__(self) -> None:
        self.made_for = _surroundings()
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair()
        with theirs:
            command = ["-P", "-m", "smsroi_models.report.kernel_server", str(theirs.fileno())]
            self._process = subprocess.Popen(
                [sys.executable, *command],
                stdin=subprocess.DEVNULL,
                env={**os.environ, **ONE_THREAD},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._socket = ours
        self._socket.settimeout(_PATIENCE)
        self._forked = False
        self.stopped = False
        atexit.register(self.close)

    def fork(self, argv: Sequence[str], cwd: str, env: Mapping[str, str]) -> ForkedKernel:
        """Return a kernel that was started with these arguments.

        Raises
        ------
        OSError
            The server is gone.
        """
        request = json.dumps({"argv": list(argv), "cwd": cwd, "env": dict(env)})
        with self._lock:
            self._socket.sendall(request.encode() + b"\n")
            answer, descriptors, _, _ = socket.recv_fds(self._socket, _ANSWER_BYTES, 1)
            self._forked |= bool(descriptors)
        if not descriptors:
            raise OSError("the server of kernels has ended")
        return ForkedKernel(json.loads(answer)["pid"], descriptors[0])

    def remember(self, checked: Mapping[str, Any]) -> None:
        """Let every later kernel know what `store.checked.as_message` found.

        Raises
        ------
        OSError
            The server is gone.
        """
        with self._lock:
            self._socket.sendall(json.dumps({"checked": dict(checked)}).encode() + b"\n")

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def wait(self) -> None:
        """Return once the server has ended."""
        self._process.wait()

    def close(self) -> None:
        """End the server and every kernel that is still alive."""
        atexit.unregister(self.close)
        with contextlib.suppress(OSError):  # who waits for an answer would not see it closed
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if not self._forked:  # it may still be importing, for nobody
            self._process.terminate()
        try:
            self._process.wait(_PATIENCE_AT_END)
        except subprocess.TimeoutExpired:  # stopped, or stuck: its kernels end without it
            self._process.kill()
            self.wait()


_server: KernelServer | None = None
_starting = threading.Lock()


def kernel_server() -> KernelServer | None:
    """Return this process's server, started on first use; None where it cannot be had.

    A server whose imports would be others by now (the package's files or the environment have
    changed) is replaced.
    """
    global _server
    if not (hasattr(os, "fork") and hasattr(socket, "recv_fds")):
        return None
    with _starting:
        if _server is not None and _server.made_for != _surroundings():
            _server.close()
            _server = None
        if _server is None:
            try:
                _server = KernelServer()
            except OSError:
                return None
        return _server


def forget(server: KernelServer) -> None:
    """Close a server that does not answer, so that the next report starts another."""
    global _server
    with _starting:
        server.close()
        if _server is server:
            _server = None


def stop_kernels() -> None:
    """End every forked kernel of this process, if there are any; who waits for one gets none."""
    server = _server
    if server is not None:
        server.stopped = True
        forget(server)


def _surroundings() -> tuple[object, ...]:
    read = sorted(item for item in os.environ.items() if _READ_AT_IMPORT.match(item[0]))
    files = sorted((path.name, path.stat().st_mtime_ns) for path in _PACKAGE.rglob("*.py"))
    # A child of this process that was forked has our variables, but not our server.
    return os.getpid(), tuple(read), tuple(files)
