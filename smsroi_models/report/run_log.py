"""What a run did, as JSON lines for machines: one event a line, appended and flushed at once."""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from smsroi_models.errors import ParameterError

Logged = Callable[..., None]


def open_log(path: Path | None) -> Logged:
    """Return a function that appends an event with its fields and the time in UTC.

    ::

        {"at": "2025-06-30T04:00:01.250Z", "event": "rendered", "campaign_id": "SPRING24", ...}

    A line is written in one piece, so that a run that is killed leaves whole lines; what a full
    disk has cut off stays a line of its own. A line that cannot be written is lost, which is said
    once, and the run goes on. Without a path nothing is written.

    Raises
    ------
    ParameterError
        The file cannot be written; nothing was started.
    """
    if path is None:
        return lambda event, **fields: None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write("\n" if _is_cut_off(path) else "")
    except OSError as error:
        raise ParameterError(
            f"the log {path} cannot be written ({error.strerror}): name another file"
        ) from error
    lost: list[str] = []

    def write(event: str, **fields: object) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"at": at, "event": event, **fields}, ensure_ascii=False)
        try:
            # A path may hold half a character: as an escape it is JSON all the same.
            with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(line + "\n")
        except OSError as error:
            if not lost:
                print(f"warning: the log {path} takes no more ({error.strerror})", file=sys.stderr)
            lost.append(event)

    return write


def _is_cut_off(path: Path) -> bool:
    """Tell whether a file ends within a line; a pipe or a terminal has no end to look at."""
    if not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
