"""Reports of a whole shop, side by side with plain papermill: prints ratios of time.

One run on one machine, the same simulated store and the same notebook for everybody:

- *papermill*: its command line, one report after the other; it makes the executed notebook only;
- *papermill, two workers*: the same, two at a time;
- *smsroi*: ``smsroi report --all``, which also makes each page, its results and the index;
- *smsroi, two workers*: the same with ``--jobs 2``;
- *smsroi, nothing changed*: the same again.

Campaigns of the demo all held customers out, so that all are rendered by the one notebook.

    .venv/bin/python benchmarks/reports.py             # 20 campaigns, 40,000 customers
    .venv/bin/python benchmarks/reports.py --reports 4 --customers 5000
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "campaign_roi.ipynb"
BIN = Path(sys.executable).parent


def run(*command: str | Path) -> None:
    """Run a command of this environment; what it prints is shown only where it fails."""
    done = subprocess.run(
        [str(BIN / command[0]), *map(str, command[1:])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        # Both contestants' sums are those of one thread: kernels beside each other share two cores.
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def papermill(store: Path, campaigns: list[str], out: Path, workers: int) -> None:
    """Execute the notebook for each campaign with papermill's own command line."""
    out.mkdir(parents=True)

    def one(campaign_id: str) -> None:
        named = ["-p", "store_url", str(store), "-p", "campaign_id", campaign_id]
        quiet = ["--no-progress-bar", "-k", "python3"]
        run("papermill", NOTEBOOK, out / f"{campaign_id}.ipynb", *named, *quiet)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, campaigns))


def smsroi(store: Path, campaigns: list[str], reports: Path, workers: int) -> None:
    """Render the campaigns' reports and the index."""
    where = ["--store", store, "--reports", reports]
    run("smsroi", "report", "--all", "--only", "campaigns", *where, "--jobs", str(workers))


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Return seconds by the clock, and seconds of processor time of all child processes."""

    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    began, before = time.perf_counter(), used()
    work()
    return time.perf_counter() - began, used() - before


def main() -> None:
    """Simulate, run every contestant once, print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--reports", type=int, default=20, help="campaigns, at most 24")
    asked.add_argument("--customers", type=int, default=40_000)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        store = there / "store"
        size = ["--customers", str(options.customers), "--campaigns", str(options.reports)]
        run("smsroi", "demo", "--store", store, *size)
        names = [f"camp-{i:02d}" for i in range(1, options.reports + 1)]
        contestants = {
            "papermill": lambda: papermill(store, names, there / "p1", 1),
            "papermill, two workers": lambda: papermill(store, names, there / "p2", 2),
            "smsroi": lambda: smsroi(store, names, there / "s1", 1),
            "smsroi, two workers": lambda: smsroi(store, names, there / "s2", 2),
            "smsroi, nothing changed": lambda: smsroi(store, names, there / "s2", 2),
        }
        first = 0.0
        print(f"{options.reports} reports, {options.customers:,} customers")
        for name, work in contestants.items():
            seconds, processor = timed(work)
            first = first or seconds
            print(f"{name:26}{seconds:8.1f} s {processor:8.1f} s of CPU {first / seconds:8.1f} x")


if __name__ == "__main__":
    main()
