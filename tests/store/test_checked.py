"""What one process found in a store, another takes only for the very same store."""

import json
from pathlib import Path

import pandas as pd
import pytest

from smsroi_models.store import checked
from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import open_store
from smsroi_models.store.write import write_store

Frames = dict[str, pd.DataFrame]


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked, "_known", {})


@pytest.fixture
def folder(frames: Frames, tmp_path: Path) -> Path:
    """A store with a fault, so that there is something to find."""
    broken = frames | {"orders": frames["orders"].assign(discount=-1.0)}
    write_store(broken, tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def told(folder: Path) -> None:
    with open_store(folder) as store:
        message = json.loads(json.dumps(checked.as_message(store)))
    checked.remember(message)


def test_who_was_told_does_not_look(
    folder: Path, told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(folder) as store:
        found = check_store(store)
        monkeypatch.setattr(checked, "check_store", lambda _store: pytest.fail("it looked"))
        assert checked.checked(store) == found
    assert [finding.rule for finding in found] == ["negative money"]


def test_other_bytes_are_looked_at(folder: Path, told: None, frames: Frames) -> None:
    mended = frames | {"orders": frames["orders"].assign(discount=1.0)}
    write_store(mended, folder.with_name("other"))
    with open_store(folder.with_name("other")) as store:
        assert checked.checked(store) == ()


def test_a_name_that_is_remarked_on_is_looked_at(folder: Path, told: None) -> None:
    (folder / "oders.parquet").write_bytes(b"")
    with open_store(folder) as store:
        assert [found.rule for found in checked.checked(store)] == [
            "unknown table",
            "negative money",
        ]


def test_who_was_told_nothing_looks(folder: Path) -> None:
    with open_store(folder) as store:
        assert checked.checked(store) == check_store(store) != ()
