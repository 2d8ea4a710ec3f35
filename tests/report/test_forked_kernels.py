"""Kernels forked from one server: clean, alike, apart from each other, and not missed when gone."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import nbformat
import pytest

from smsroi_models.report import forked, kernel, shared_check
from smsroi_models.report.forked import KernelServer, kernel_server
from smsroi_models.report.runner import render
from smsroi_models.report.shared_check import SharedCheck

SAYS = Path(__file__).parents[1] / "notebooks" / "says_everything.ipynb"
LOOKS = """
import os, sys, json, seaborn
seen = hasattr(seaborn, "left_by_another")
seaborn.left_by_another = True
print(json.dumps([seen, os.getpid(), os.getppid(), os.getcwd(), os.environ.get("SMSROI_TEST")]))
"""


@pytest.fixture
def server() -> KernelServer:
    found = kernel_server()
    assert found is not None
    return found


@pytest.fixture
def ran(tmp_path: Path) -> Callable[[str, str], object]:
    """Run a cell in a kernel of its own, in a folder of that name, and return what it printed."""

    def run(name: str, cell: str) -> object:
        folder = tmp_path / name
        folder.mkdir()
        node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])  # type: ignore[no-untyped-call]
        nbformat.write(node, folder / "in.ipynb")  # type: ignore[no-untyped-call]
        done = kernel.execute(folder / "in.ipynb", folder / "out.ipynb", {}, cwd=folder)
        return json.loads(done.cells[-1].outputs[0].text)

    return run


@pytest.fixture
def looked(ran: Callable[[str, str], object]) -> Callable[[str], list[object]]:
    """Return what a kernel saw."""
    return lambda name: cast(list[object], ran(name, LOOKS))


def test_each_kernel_is_a_clean_process_of_the_server(
    looked: Callable[[str], list[object]],
    server: KernelServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = looked("first")
    monkeypatch.setenv("SMSROI_TEST", "asked for")
    second = looked("second")
    assert first[0] is second[0] is False  # what one leaves, the next does not find
    assert first[1] != second[1]
    assert first[2] == server.pid
    assert second[3] == str(tmp_path / "second")
    assert [first[4], second[4]] == [None, "asked for"]


def test_another_environment_at_import_asks_for_another_server(
    server: KernelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kernel_server() is server
    monkeypatch.setenv("MPLBACKEND", "agg")
    other = kernel_server()
    assert other is not None
    assert other.pid != server.pid


def test_the_same_bytes_without_forking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = render(SAYS, {}, tmp_path / "quick")
    monkeypatch.setattr(kernel, "kernel_server", lambda: None)
    plain = render(SAYS, {}, tmp_path / "plain")
    assert quick.report.read_bytes() == plain.report.read_bytes()
    assert quick.results.read_bytes() == plain.results.read_bytes()


def test_a_dead_server_is_replaced_and_not_missed(
    looked: Callable[[str], list[object]], server: KernelServer
) -> None:
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    assert looked("meanwhile")[2] == os.getpid()  # started the ordinary way
    after = kernel_server()
    assert after is not None
    assert looked("after")[2] == after.pid


def test_parallel_runs_do_not_meet(looked: Callable[[str], list[object]]) -> None:
    names = [f"run-{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(looked, names))
    assert [Path(str(row[3])).name for row in seen] == names
    assert len({row[1] for row in seen}) == 4


def test_closing_the_server_ends_its_kernels(tmp_path: Path) -> None:
    own = KernelServer()
    running = own.fork(["-f", str(tmp_path / "k.json")], str(tmp_path), dict(os.environ))
    assert running.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(0.01)
    own.close()
    assert running.wait(10) == 0
    running.kill()  # of no consequence by now
    with pytest.raises(OSError):
        own.fork([], str(tmp_path), {})


def test_no_server_where_the_system_cannot_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(forked.os, "fork")
    assert kernel_server() is None


def test_a_server_that_is_stuck_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forked, "_PATIENCE_AT_END", 0.1)
    own = KernelServer()
    running = own.fork(["-f", str(tmp_path / "k.json")], str(tmp_path), dict(os.environ))
    os.kill(own.pid, signal.SIGSTOP)
    own.close()
    assert running.wait(10) == 0


def test_stopping_wakes_who_waits_and_starts_nothing_else(
    looked: Callable[[str], list[object]], server: KernelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forked, "_PATIENCE_AT_END", 0.1)
    os.kill(server.pid, signal.SIGSTOP)  # as if it were importing
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(looked, "waiting")
        while not server._lock.locked():
            time.sleep(0.01)
        forked.stop_kernels()
        with pytest.raises(RuntimeError, match="stopped"):
            waiting.result(20)


def test_a_server_whose_runner_is_gone_ends_without_a_word(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.sendall(
            json.dumps(
                {"argv": ["-f", str(tmp_path / "k.json")], "cwd": str(tmp_path), "env": {}}
            ).encode()
            + b"\n"
        )
        ours.close()  # killed while the server imports
        command = ["-P", "-m", "smsroi_models.report.kernel_server", str(theirs.fileno())]
        done = subprocess.run(
            [sys.executable, *command],
            pass_fds=[theirs.fileno()],
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_store_is_checked_once_for_all_kernels(
    server: KernelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, object]] = []
    monkeypatch.setattr(shared_check, "as_message", lambda store: {"key": store.url, "found": []})
    monkeypatch.setattr(KernelServer, "remember", lambda _self, message: told.append(message))
    monkeypatch.setattr(
        shared_check, "open_store", lambda url, threads: nullcontext(SimpleNamespace(url=url))
    )
    check = SharedCheck("the store", reports=3)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _number: check(), range(3)))
    SharedCheck("another", reports=1)()  # gains nothing
    assert told == [{"key": "the store", "found": []}]


def test_a_store_that_cannot_be_opened_is_left_to_its_reports(tmp_path: Path) -> None:
    SharedCheck(str(tmp_path / "absent"), reports=2)()


def test_kernels_know_what_the_server_was_told(
    ran: Callable[[str, str], object], server: KernelServer
) -> None:
    server.remember({"key": "bytes", "found": []})
    cell = "import json, smsroi_models.store.checked as c; print(json.dumps(c._known))"
    assert ran("told", cell) == {"bytes": []}
