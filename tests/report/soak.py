"""Many small reports in one process, as a service would make them, and what they leave behind.

``python soak.py FOLDER BLOCKS`` makes blocks of five reports, three side by side, one alone and one
that fails, and prints after each block, as a line of JSON, what this process and the server of
kernels hold.
"""

import json
import os
import re
import sys
import threading
import time
from pathlib import Path

from smsroi_models.report import forked
from smsroi_models.report.batch import render_campaigns

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SAYS, FAILS = (NOTEBOOKS / f"{name}.ipynb" for name in ("says_everything", "fails_as_told"))


def held(pid: int | str) -> dict[str, int]:
    """Return memory (kB), open descriptors and threads of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = {name: int(re.findall(rf"{name}:\s+(\d+)", status)[0]) for name in ("VmRSS", "Threads")}
    return {**found, "descriptors": len(list(Path(f"/proc/{pid}/fd").iterdir()))}


def children(pid: int) -> int:
    """Return how many processes a process has started that are still there."""
    return sum(
        len((task / "children").read_text().split())
        for task in Path(f"/proc/{pid}/task").iterdir()
        if (task / "children").exists()
    )


def block(reports: Path, number: int) -> None:
    """Make five reports, each of which replaces the same one of the block before."""
    values = {"name": f"Block {number}"}
    made = render_campaigns(SAYS, ["A", "B", "C"], values, reports, jobs=2)
    alone = render_campaigns(SAYS, ["D"], values, reports)
    bad = render_campaigns(FAILS, ["E"], {}, reports)
    assert len(made.rendered) == 3, made
    assert len(alone.rendered) == len(bad.failed) == 1, (alone, bad)


def main(folder: Path, blocks: int) -> None:
    """Print what is held after each block."""
    temporary = folder / "temporary"
    temporary.mkdir(parents=True)
    os.environ["TMPDIR"] = str(temporary)
    began = time.monotonic()
    for number in range(blocks):
        block(folder / "reports", number)
        server = forked.kernel_server()
        assert server is not None
        line = {
            "reports": 5 * (number + 1),
            "seconds": round(time.monotonic() - began, 1),
            "runner": held("self"),
            "server": held(server.pid),
            "server_pid": server.pid,
            "kernels": children(server.pid),
            "threads": threading.active_count(),
            "files": sum(path.is_file() for path in (folder / "reports").rglob("*")),
            "temporary": len(list(temporary.rglob("*"))),
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
