"""Runs that nobody watches: output that nobody reads, a full log, an order to end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from smsroi_models.report.run_log import open_log

RUN = """
import sys, time
from pathlib import Path
from smsroi_models.report.run_log import open_log
from smsroi_models.report.unwatched import *
hold_standard_streams()
with ending_in_order(open_log(Path(sys.argv[1]))):
    say_at_once("begun")
    {body}
    say_at_once("\\udcff done")
Path(sys.argv[1]).with_name("done").touch()
"""


def _run(log: Path, body: str = "pass", **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", RUN.replace("{body}", body), str(log)]
    return subprocess.Popen(command, **options)  # type: ignore[call-overload, no-any-return]


def _events(log: Path) -> list[tuple[str, str]]:
    lines = map(json.loads, log.read_text().splitlines())
    return [(line["event"], line.get("why", "")) for line in lines]


@pytest.mark.parametrize("output", ["closed", "full", "left"])
def test_work_goes_on_where_nobody_reads(tmp_path: Path, output: str) -> None:
    if output == "full" and not Path("/dev/full").exists():
        pytest.skip("the system has no full device")
    log = tmp_path / "runs.jsonl"
    if output == "closed":
        run = _run(log, stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    elif output == "full":
        with Path("/dev/full").open("w") as full:
            run = _run(log, stdout=full, stderr=subprocess.PIPE)
    else:
        reading, writing = os.pipe()
        os.close(reading)
        run = _run(log, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
    assert run.communicate(timeout=60) == (None, b"")
    assert run.returncode == 0
    assert (tmp_path / "done").exists()


def test_what_the_output_cannot_show_is_escaped(tmp_path: Path) -> None:
    run = _run(tmp_path / "log", stdout=subprocess.PIPE)
    assert run.communicate(timeout=60)[0] == b"begun\n\\udcff done\n"


def test_told_to_end_it_unwinds_logs_and_dies_of_the_signal(tmp_path: Path) -> None:
    log = tmp_path / "runs.jsonl"
    body = """
    try:
        time.sleep(60)
    finally:
        time.sleep(0.2)
        Path(sys.argv[1]).with_name("given back").touch()
"""
    run = _run(log, body, stdout=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stdout.readline() == b"begun\n"
    time.sleep(0.2)
    for _ in range(2):  # as timeout(1) does: to the process and to its group
        run.send_signal(signal.SIGTERM)
        time.sleep(0.05)
    run.communicate(timeout=60)
    assert run.returncode == -signal.SIGTERM
    assert (tmp_path / "given back").exists()
    assert _events(log) == [("stopped", "SIGTERM")]


def test_an_error_ends_the_log_too(tmp_path: Path) -> None:
    log = tmp_path / "runs.jsonl"
    run = _run(log, "1 / 0", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert run.wait(60) == 1
    assert _events(log) == [("stopped", "ZeroDivisionError")]


def test_a_torn_line_spoils_no_other(tmp_path: Path) -> None:
    log = tmp_path / "runs.jsonl"
    log.write_text('{"event": "fin')
    open_log(log)("started", index="\udcff")
    torn, whole = log.read_text(encoding="utf-8").splitlines()
    assert torn == '{"event": "fin'
    assert json.loads(whole)["index"] == "\udcff"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_log_is_said_once_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    write = open_log(Path("/dev/full"))
    write("started")
    write("finished")
    assert capsys.readouterr().err.count("takes no more (No space left on device)") == 1
