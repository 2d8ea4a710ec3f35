"""One scheduled run at a time: the lock of a whole folder of reports."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smsroi_models.errors import RenderError


@contextmanager
def only_run(reports: Path) -> Iterator[None]:
    """Hold the folder for one run; the system lets go of it when the process dies, however it dies.

    Raises
    ------
    RenderError
        Another run holds it.
    """
    reports.mkdir(parents=True, exist_ok=True)
    with (reports / ".run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = f" (process {number})" if (number := lock.read(20).strip()) else ""
            raise RenderError(
                f"Another run{holder} already renders into {reports}: wait until it is done. "
                "Nothing was started."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
        lock.truncate(0)
