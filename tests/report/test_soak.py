"""Reports in a row leave nothing behind: no memory, descriptor, thread, process or file."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOAK = Path(__file__).with_name("soak.py")
# Blocks differ by 1 MB from each other (200 reports, CPython 3.11); of 195 reports that leave
# 50 kB each, a notebook and its page, 10 MB would stay.
_TOLERANCE_KB = 8_000

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")


def _blocks(folder: Path, number: int) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(SOAK), str(folder), str(number)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=60 * number + 120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def _check_flat(blocks: list[dict[str, Any]], first: int) -> None:
    begun, ended = blocks[first], blocks[-1]
    assert ended["server_pid"] == blocks[0]["server_pid"]  # or its memory would tell nothing
    for name in ("threads", "files", "temporary"):
        assert ended[name] == begun[name], name
    assert ended["temporary"] == 0
    assert ended["kernels"] <= 1  # the last one, of whose end the server hears with the next
    for process in ("runner", "server"):
        then, now = begun[process], ended[process]
        assert now["descriptors"] == then["descriptors"], process
        assert now["Threads"] == then["Threads"], process
        assert now["VmRSS"] - then["VmRSS"] < _TOLERANCE_KB, process


def test_ten_reports_leave_nothing_behind(tmp_path: Path) -> None:
    _check_flat(_blocks(tmp_path, 2), first=0)


@pytest.mark.slow
def test_two_hundred_reports_leave_nothing_behind(tmp_path: Path) -> None:
    blocks = _blocks(tmp_path, 40)
    assert blocks[-1]["reports"] == 200
    # The first block pays for what is imported and kept once.
    _check_flat(blocks, first=1)
