"""Two mints at once take nothing twice, and one that is killed leaves a whole store and no litter.

Each mint is a process of its own: the package is loaded once here and forked.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from minting_shop import write_shop

import smsroi_models as smsroi
from in_process import run_smsroi
from smsroi_models.planning import minted_files
from smsroi_models.scratch import scratch_beside

POOL = "+1 202 555 0101,+1 202 555 0102"
SHORT = 0.4  # seconds: a mint that nothing holds up takes about half of it


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSROI_SECRET", "the secret of the tests")


def _numbers(store: Path, campaign: str, out: Path) -> None:
    run = run_smsroi("plan", "numbers", campaign, "--store", store, "--pool", POOL,
                     "--rest-days", 365, "--register", "--out", out)  # fmt: skip
    assert run.returncode == 0, run.stderr


def _links(store: Path, out: Path) -> None:
    run = run_smsroi("plan", "links", "SUMMER", "--target", "https://shop.example/sale",
                     "--base-url", "https://go.example", "--per-recipient", "--store", store,
                     "--register", "--out", out)  # fmt: skip
    assert run.returncode == 0, run.stderr


def _forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


@pytest.mark.parametrize("name", ["shop", "shop.duckdb"])
def test_the_second_mint_waits_and_sees_what_the_first_took(tmp_path, monkeypatch, name):
    store = write_shop(tmp_path / name)
    ready, began = os.pipe()
    go, pushed = os.pipe()
    write = minted_files.write_minted

    def slow(*arguments, **options):
        os.write(began, b"r")  # numbers are chosen
        os.read(go, 1)
        return write(*arguments, **options)

    monkeypatch.setattr(minted_files, "write_minted", slow)
    first = _forked(lambda: _numbers(store, "SPRING", tmp_path / "one"))
    os.read(ready, 1)
    monkeypatch.undo()
    monkeypatch.setenv("SMSROI_SECRET", "the secret of the tests")
    second = _forked(lambda: _numbers(store, "SUMMER", tmp_path / "two"))
    time.sleep(SHORT)
    assert os.waitpid(second, os.WNOHANG) == (0, 0)  # it waits
    assert not (tmp_path / "two").exists()
    os.write(pushed, b"g")
    assert [os.waitpid(child, 0)[1] for child in (first, second)] == [0, 0]
    lines = [(tmp_path / out / "allocation.csv").read_text() for out in ("one", "two")]
    assert ",1,***01," in lines[0] and ",2,***02," in lines[1]
    with smsroi.open_store(store) as opened:
        assert len(opened["numbers"].number_id.to_pyarrow().unique()) == 2
    for end in (ready, began, go, pushed):
        os.close(end)


def _killed_at(limit: int) -> None:
    """Kill this process at its so manieth change of a name: of the store, of the new folder."""
    taken = 0

    def counted(function):
        def counting(*arguments):
            nonlocal taken
            taken += 1
            if taken == limit:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments)

        return counting

    Path.rename, Path.replace = counted(Path.rename), counted(Path.replace)  # type: ignore[method-assign]


def _killed_mint(store: Path, out: Path, limit: int) -> bool:
    def work() -> None:
        _killed_at(limit)
        _links(store, out)

    return os.waitpid(_forked(work), 0)[1] == signal.SIGKILL


def test_a_mint_that_is_killed_leaves_a_whole_store_and_the_next_one_no_litter(tmp_path):
    had = set()
    for limit in range(2, 9):  # at the first, the scratch folder has no owner: see below
        home = tmp_path / str(limit)
        home.mkdir()
        store, out = write_shop(home / "shop"), home / "links"
        if not _killed_mint(store, out, limit):
            break
        with smsroi.open_store(store) as opened:
            registered = "links" in opened.names
            assert not [f for f in smsroi.check_store(opened) if f.severity == "error" and f.count]
            before = set(opened["links"].link_id.to_pyarrow().to_pylist()) if registered else set()
        assert len(before) in (0, 3) and not out.exists()
        had.add(bool(before))
        assert list(home.glob(".smsroi-new-*"))
        _links(store, out)
        left = {path.name for path in home.iterdir()} - {".shop.lock"}
        assert left == {"shop", "links"}
        with smsroi.open_store(store) as opened:
            after = set(opened["links"].link_id.to_pyarrow().to_pylist())
        assert len(after) == 3 and before <= after
    assert limit > 4  # killed at the store's two renames and at the folder's one
    assert had == {False, True}


def test_a_scratch_folder_in_use_is_left_alone(tmp_path):
    with scratch_beside(tmp_path / "one") as one:
        with scratch_beside(tmp_path / "two") as two:
            assert one.is_dir() and two.is_dir() and one != two
        assert one.is_dir() and not two.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_scratch_folder_that_nobody_owns_yet_is_cleared_only_when_it_is_old(tmp_path):
    young, old = tmp_path / ".smsroi-new-young", tmp_path / ".smsroi-new-old"
    for folder in (young, old):
        folder.mkdir()
    os.utime(old, (0, 0))
    with scratch_beside(tmp_path / "one"):
        assert young.is_dir() and not old.exists()


def test_no_store_is_held_that_is_not_there(tmp_path):
    with minted_files.held_store(tmp_path / "typo"):
        assert list(tmp_path.iterdir()) == []
