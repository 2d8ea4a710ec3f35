"""The command run in this process: each start of Python would take as long as the import."""

import contextlib
import io
import sys
from dataclasses import dataclass

from smsroi_models.cli import main


@dataclass
class Run:
    """What a command printed, and how it exited."""

    returncode: int
    stdout: str
    stderr: str


def run_smsroi(*arguments: object) -> Run:
    """Run the command with these arguments."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    given, sys.argv = sys.argv, ["smsroi", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    finally:
        sys.argv = given
    return Run(code, out.getvalue(), err.getvalue())
