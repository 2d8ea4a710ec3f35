"""Where a store lies while it is written: one import at a time, the old store whole until the end.

A folder is written anew beside the old one, files that stay are linked, and the two are renamed.
Between the two renames the old store lies under another name; whoever comes next puts it back. A
DuckDB file is changed in one transaction of DuckDB's; what was committed beside the file when an
import was killed is taken into it by the next one.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import duckdb

from smsroi_models.errors import StoreError

_DUCKDB_SUFFIXES = (".duckdb", ".db")
_LENT: ContextVar[frozenset[Path]] = ContextVar("lent", default=frozenset())


def is_file_store(root: Path) -> bool:
    """Tell whether the store is, or would be, a DuckDB file."""
    return root.is_file() or (not root.exists() and root.suffix.lower() in _DUCKDB_SUFFIXES)


@contextmanager
def locked(root: Path, *, wait: bool = False, lend: bool = False) -> Iterator[None]:
    """Hold the store for one writer, and put back what a killed one left.

    With ``lend``, an import that is made meanwhile by who holds it writes under the same lock.

    Raises
    ------
    StoreError
        If another import holds it. The lock ends with the process, however that ends.
    """
    lent = _LENT.get()
    if root in lent:
        yield
        return
    root.parent.mkdir(parents=True, exist_ok=True)
    with _beside(root, "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise StoreError(
                f"another import is writing to {str(root)!r}: wait until it is done"
            ) from error
        _restore(root)
        _settle(root)
        token = _LENT.set(lent | {root} if lend else lent)
        try:
            yield
        finally:
            _LENT.reset(token)


def is_there(root: Path) -> bool:
    """Tell whether there is a store, perhaps between the two renames of an import."""
    return root.exists() or _beside(root, "before-import").exists()


def restore_interrupted(root: Path) -> None:
    """Put the old store back where an import was killed between its two renames."""
    if not root.exists() and _beside(root, "before-import").exists():
        with locked(root, wait=True):
            pass


def scratch_of(root: Path) -> Path:
    """Return an empty folder beside the store; what a killed import left in it is removed."""
    scratch = _beside(root, "importing")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    return scratch


def put_folder(root: Path, fresh: Path, replaced: frozenset[str]) -> None:
    """Make ``fresh`` the store: with all files of the old one but ``replaced``."""
    if root.exists():
        for entry in root.iterdir():
            if entry.name not in replaced and not (fresh / entry.name).exists():
                _link(entry, fresh / entry.name)
        shutil.copymode(root, fresh)
    _swap(root, fresh, _beside(root, "before-import"))


def _swap(root: Path, fresh: Path, old: Path) -> None:
    if root.exists():
        root.rename(old)
    try:
        fresh.rename(root)
    except OSError:
        _restore(root)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _restore(root: Path) -> None:
    old = _beside(root, "before-import")
    if not old.exists():
        return
    if root.exists():
        shutil.rmtree(old, ignore_errors=True)
    else:
        old.rename(root)


def _settle(root: Path) -> None:
    """Take into the file what a killed import had committed beside it: the file alone is whole."""
    if root.is_file() and root.with_name(f"{root.name}.wal").exists():
        try:
            duckdb.connect(root).close()
        except duckdb.Error as error:
            raise StoreError(
                f"what lies in {root.name}.wal beside {str(root)!r} cannot be taken into it "
                f"({error}): restore both from a copy"
            ) from error


def _beside(root: Path, purpose: str) -> Path:
    return root.with_name(f".{root.name}.{purpose}")


def _link(source: Path, target: Path) -> None:
    """Link a file or a folder of files: nothing is copied where the disk can link."""
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True, copy_function=_link_file)
    else:
        _link_file(str(source), str(target))


def _link_file(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
