"""An import that is killed leaves the store as it was or as it would be, and is done again.

One process loads the package and forks an import for each kill, so that many moments cost little.
Some imports kill themselves at a certain step, a statement of SQL or a change of a file; others are
killed from outside while they write, wherever they are then.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from exports import BEN, campaigns_store, click_event, context, logged, write_csv, write_lines

from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import open_store
from smsroi_models.store.vendors.importing import import_files
from smsroi_models.store.vendors.twilio import TWILIO

SPRING = context(campaign_id="SPRING")
FEW = (1, 3, 2)
MANY = (8, 8, 8)
# Kills at a step spread over the whole import, at one of its last steps, and while it writes.
# Its arguments: the store, how many kills of each kind, and the files of the import.
_SCRIPT = """
import os, shutil, signal, sys, time
from pathlib import Path
from exports import context
from smsroi_models.store.vendors import landing, staging
from smsroi_models.store.vendors.importing import import_files
from smsroi_models.store.vendors.twilio import TWILIO

store, (steps, at_the_end, while_writing) = Path(sys.argv[1]), map(int, sys.argv[2:5])
home, kept = store.parent, store.parent.with_name("kept")
taken = 0

def counted(function, limit):
    def counting(*arguments, **options):
        global taken
        taken += 1
        if taken == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return counting

def imported(limit, told):
    staging.Staging.run = counted(staging.Staging.run, limit)
    Path.rename = counted(Path.rename, limit)
    shutil.rmtree = counted(shutil.rmtree, limit)
    write = landing._write
    def telling(*arguments):
        os.write(told, b"w")
        write(*arguments)
        os.write(told, b"d")
    landing._write = telling
    import_files(TWILIO, sys.argv[5:], store, context(campaign_id="SPRING"))
    os.write(told, f" {taken}".encode())

def forked(limit=0, share=None, writing=0.0):
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        try:
            imported(limit, told)
        finally:
            os._exit(0)
    os.close(told)
    said, times = b"", []
    while part := os.read(heard, 100):
        said += part
        times.append(time.monotonic())
        if share is not None and said == b"w":
            time.sleep(share * writing)
            os.kill(child, signal.SIGKILL)
    os.close(heard)
    killed = os.waitpid(child, 0)[1] == signal.SIGKILL
    return killed, said, times

def put_aside(name):
    shutil.copytree(home, kept / name, symlinks=True)
    shutil.rmtree(home)
    shutil.copytree(kept / "before", home)

shutil.copytree(home, kept / "before")
killed, said, times = forked()
assert not killed, said
steps_in_all, writing = int(said.split()[1]), times[1] - times[0]
put_aside("after")
limits = {1 + i * steps_in_all // steps for i in range(steps)}
limits |= {steps_in_all - i for i in range(at_the_end)}
for limit in sorted(limits):
    killed, said, times = forked(limit)
    assert killed, (limit, said)
    put_aside(f"step-{limit}")
for i in range(while_writing):
    killed, said, times = forked(share=(i + 0.5) / while_writing, writing=writing)
    put_aside(f"writing-{i}-{killed}")
"""


def _texts(folder: Path, name: str, changes: dict[str, str], first: int) -> Path:
    rows = (
        logged(f"SM{i}", To=f"+1202555{100 + i % 100:04d}", **changes)
        for i in range(first, first + 600)
    )
    return write_csv(folder / name, rows)


def _content(store: Path) -> dict[str, str]:
    with open_store(store) as opened:  # which puts back what lies between two renames
        return {
            name: opened[name].to_pandas().sort_values(list(opened[name].columns)).to_csv()
            for name in opened.names
        }


@pytest.mark.parametrize("kills", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["store", "store.duckdb"])
def test_a_killed_import_leaves_the_store_as_it_was_or_done(tmp_path, name, kills):
    home = tmp_path / "home"
    home.mkdir()
    store = campaigns_store(home / name)
    first = _texts(tmp_path, "first.csv", {"Status": "sent"}, 0)
    # Half of the texts are known, and are delivered by now.
    files = [
        _texts(tmp_path, "second.csv", {"Status": "delivered"}, 300),
        write_lines(tmp_path / "clicks.jsonl", [click_event("E1"), click_event("E2", to=BEN)]),
    ]
    import_files(TWILIO, [first], store, SPRING)
    numbers = map(str, kills)
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(store), *numbers, *map(str, files)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    kept = tmp_path / "kept"
    before, after = _content(kept / "before" / name), _content(kept / "after" / name)
    assert len(before) < len(after)
    states = sorted(p.name for p in kept.iterdir() if p.name.startswith(("step", "writing")))
    assert len(states) >= sum(kills) - 1  # a step may be of both kinds
    outcomes = set()
    for state in states:
        shutil.rmtree(home)
        shutil.copytree(kept / state, home)
        found = _content(store)
        assert found in (before, after), state
        outcomes.add(found == after)
        import_files(TWILIO, files, store, SPRING)
        assert _content(store) == after, state
        left = {p.name for p in home.iterdir()} - {name, f".{name}.lock"}
        assert left == set(), state
    assert False in outcomes
    with open_store(store) as opened:
        assert [f for f in check_store(opened) if f.severity == "error" and f.count] == []
