"""What the commands of one report each have in common: render it, list it, say where it is."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from smsroi_models.paths import NOTEBOOKS


@dataclass(frozen=True, slots=True)
class Beside:
    """A file that a command writes beside its report.

    ``name`` is its key in JSON, ``label`` what a person reads; ``write`` takes the path of the
    report's results and returns where the file is, None where there is none.
    """

    name: str
    label: str
    write: Callable[[Path], Path | None]


def render_page(
    notebook: str,
    values: Mapping[str, object],
    reports: Path,
    as_json: bool,
    beside: Beside | None = None,
) -> None:
    """Render one notebook of the kit, list its report, and print the verdict and the places."""
    from smsroi_models.report.index import require_index, write_index
    from smsroi_models.report.retold import retold_in
    from smsroi_models.report.runner import render

    reports.mkdir(parents=True, exist_ok=True)  # a folder that cannot be written fails here
    require_index(reports)
    done = render(NOTEBOOKS / notebook, values, reports)
    index = write_index(reports)
    written = beside.write(done.results) if beside else None
    if as_json:
        told: dict[str, str | None] = {
            "report": str(done.report),
            "results": str(done.results),
            "verdict": done.verdict,
        }
        if beside:
            told[beside.name] = str(written) if written else None
        print(json.dumps(told, indent=2))
        return
    print(retold_in(done.locale, done.verdict))
    print(f"\nOpen {done.report}\nAll reports: {index}")
    if beside and written:
        print(f"{beside.label}: {written}")
