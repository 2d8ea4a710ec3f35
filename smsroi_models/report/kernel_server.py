"""The process that notebooks' kernels are forked from: all imports done, nothing else.

``python -P -m smsroi_models.report.kernel_server FD`` speaks with the runner over the socket FD,
one line of JSON a request::

    {"argv": [...], "cwd": "...", "env": {...}}   ->   {"pid": 4711} and the reading end of a pipe
    {"checked": {...}}                            ->   nothing; later kernels know of it

The pipe ends when the kernel does; what was checked is of `store.checked`. The server never opens a
store, starts no thread of Python's and no ZeroMQ context before it forks, so that each kernel
begins as a fresh interpreter would, only later. (Arrow's allocator and DuckDB start a thread each
when they are imported, and provide for a fork.) Where the socket ends the runner is gone: kernels
still alive are killed, and the server ends.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator
from typing import Any

# What a report imports sooner or later; a name that is absent only makes the kernel slower.
PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython.core.completer",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "seaborn",
    "pyarrow.dataset",
    "ibis.backends.duckdb",
    "ibis.backends.sql.compilers.duckdb",
    "scipy.stats",
    "scipy.optimize",
    "scipy.special",
    "statsmodels.stats.meta_analysis",
    "statsmodels.stats.multitest",
    "statsmodels.tsa.statespace.structural",
    "smsroi_models",
    "smsroi_models.report.counterfactual_page",
    "smsroi_models.report.figures",
    "smsroi_models.report.lifetime_page",
    "smsroi_models.report.page",
    "smsroi_models.report.payload",
    "smsroi_models.report.programme_page",
)


def main(descriptor: int) -> None:
    """Import, then fork a kernel for each request until the runner is gone."""
    runner = socket.socket(fileno=descriptor)
    runner.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the runner, which ends us
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a collection in a kernel would copy every page that it shares with us
    alive: set[int] = set()
    for line in _lines(runner):
        alive -= _ended(alive)
        request = json.loads(line)
        if "checked" in request:
            importlib.import_module("smsroi_models.store.checked").remember(request["checked"])
            continue
        pid, told = _fork(runner, request)
        alive.add(pid)
        if not told:
            break
    for pid in alive - _ended(alive):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _lines(runner: socket.socket) -> Iterator[bytes]:
    with contextlib.suppress(ConnectionError), runner.makefile("rb") as requests:
        yield from requests


def _fork(runner: socket.socket, request: dict[str, Any]) -> tuple[int, bool]:
    """Return the kernel's process, and whether the runner was still there to be told of it."""
    server = os.getpid()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        runner.close()
        os.close(reading)
        _become_kernel(request, writing, server)
    os.close(writing)
    # Both sides set it: whoever signals the group next must find it there.
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    try:
        socket.send_fds(runner, [json.dumps({"pid": pid}).encode()], [reading])
    except ConnectionError:  # it was killed while we imported
        return pid, False
    finally:
        os.close(reading)
    return pid, True


def _ended(pids: set[int]) -> set[int]:
    return {pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0] == pid}


def _become_kernel(request: dict[str, Any], life: int, server: int) -> None:
    """Turn the fork into a kernel, as its command line would have; never returns."""
    code = 1
    try:
        os.set_inheritable(life, False)
        with contextlib.suppress(OSError):
            os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = list(request["argv"])
        from ipykernel.kernelapp import IPKernelApp

        # The kernel watches over its parent, this server. Were it gone by now, the parent that is
        # found here would be another process, which does not end.
        watched = f"--IPKernelApp.parent_handle={server}"
        IPKernelApp.launch_instance(argv=[*request["argv"], watched])
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]))
