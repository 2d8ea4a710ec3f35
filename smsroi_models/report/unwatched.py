"""What a run that nobody watches must bear: that nobody reads it, and that it is told to end."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from smsroi_models.report.run_log import Logged

# timeout(1) sends it to the process and again to its group.
_ONE_SIGNAL = 2.0


class Terminated(KeyboardInterrupt):
    """SIGTERM came: everything is given back, as after Ctrl-C."""


def say_at_once(line: str) -> None:
    """Print a line at once; where nobody can read it, it and what follows are lost, not the work.

    ``| head`` ends the pipe, and a full disk takes no more: neither is a reason to leave reports
    unmade.
    """
    try:
        print(line, flush=True)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def hold_standard_streams() -> None:
    """Open what the caller closed (``>&-``): else the next file opened would take its place.

    What a terminal cannot show is then written as an escape, instead of stopping the command.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # The lowest number that is free is this one, as those below it are taken.
            opened = os.open(os.devnull, os.O_RDWR)
            if opened == number:
                os.set_inheritable(opened, True)
            setattr(sys, name, os.fdopen(opened, "r" if number == 0 else "w"))
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


@contextmanager
def ending_in_order(log: Logged) -> Iterator[None]:
    """Log a run that does not come to its end, and unwind it where it is told to end.

    SIGTERM, as systemd and timeout(1) send it, gives back kernels and work folders first; then the
    process dies of it, as the sender expects. One that comes later ends it at once.
    """
    main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _Unwinding()) if main_thread else None
    try:
        yield
    except Terminated:
        log("stopped", why="SIGTERM")
        _die()
    except BaseException as error:
        log("stopped", why=type(error).__name__)
        raise
    finally:
        if main_thread:
            signal.signal(signal.SIGTERM, before)


class _Unwinding:
    """What is done at SIGTERM."""

    def __init__(self) -> None:
        self._first: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now
            raise Terminated
        if now - self._first > _ONE_SIGNAL:
            _die()


def _die() -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)
    raise Terminated
