"""A folder to write in beside what is to be: gone at the end, or cleared away by who comes next.

The operating system drops the lock on the folder's ``.owner`` when its process ends, however that
ends. Whoever makes a folder at the same place then removes it.
"""

import fcntl
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = ".smsroi-new-"
_OWNER = ".owner"
_HOUR = 3600.0


@contextmanager
def scratch_beside(target: Path) -> Iterator[Path]:
    """Yield a new folder in the folder of ``target``; those that killed processes left there go."""
    for left in target.parent.glob(f"{_PREFIX}*"):
        if _is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = target.parent / f"{_PREFIX}{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    try:
        with (folder / ".taking").open("w") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX)
            # Under this name it is locked from the first moment on.
            (folder / ".taking").rename(folder / _OWNER)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Tell whether nobody works in the folder: its lock is free, or was never taken in an hour."""
    try:
        with (folder / _OWNER).open("r+") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return _age(folder) > _HOUR
    except OSError:  # held, or somebody else's
        return False
    return True


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except FileNotFoundError:
        return 0.0
