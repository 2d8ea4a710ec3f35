"""What a run did, as JSON lines for machines: one event a line, appended and flushed at once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from smsroi_models.errors import ParameterError

Logged = Callable[..., None]


def open_log(path: Path | None) -> Logged:
    """Return a function that appends an event with its fields and the time in UTC.

    ::

        {"at": "2025-06-30T04:00:01.250Z", "event": "rendered", "campaign_id": "SPRING24", ...}

    A line is written in one piece, so that a run that is killed leaves whole lines. Without a path
    nothing is written.

    Raises
    ------
    ParameterError
        The file cannot be written; nothing was started.
    """
    if path is None:
        return lambda event, **fields: None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError as error:
        raise ParameterError(
            f"the log {path} cannot be written ({error.strerror}): name another file"
        ) from error

    def write(event: str, **fields: object) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"at": at, "event": event, **fields}, ensure_ascii=False)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return write
