"""The command for how the audience fares: `smsroi audience`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from smsroi_models.paths import NOTEBOOKS, find_store

audiences = typer.Typer()


@audiences.command()
def audience(
    store: Annotated[
        str, typer.Option("--store", help="A DuckDB file, or a folder of Parquet or CSV.")
    ] = "data/demo",
    reports: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("reports"),
    as_of: Annotated[
        str, typer.Option(help="ISO date or time, UTC; by default the last full day of records.")
    ] = "",
    records_start: Annotated[
        str,
        typer.Option(help="ISO date from which on opt-outs were recorded, if not from the first."),
    ] = "",
    confidence_level: Annotated[float, typer.Option(help="Of every interval.")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Report who joined and left the list, and write who asked to stop and may still be texted."""
    from smsroi_models.report.index import write_index
    from smsroi_models.report.runner import render
    from smsroi_models.soundness import check_parameters, parse_past

    check_parameters(confidence_level, 0)
    for moment in filter(None, (as_of, records_start)):
        parse_past(moment)
    url = find_store(store)
    reports.mkdir(parents=True, exist_ok=True)  # a folder that cannot be written fails here
    values = {
        "store_url": url,
        "as_of": as_of,
        "records_start": records_start,
        "confidence_level": confidence_level,
    }
    done = render(NOTEBOOKS / "audience_health.ipynb", values, reports)
    index = write_index(reports)
    suppress = _write_suppression(url, done.results)
    if as_json:
        told = {"report": str(done.report), "results": str(done.results), "verdict": done.verdict}
        print(json.dumps(told | {"asked_to_stop": suppress and str(suppress)}, indent=2))
        return
    print(done.verdict)
    print(f"\nOpen {done.report}\nAll reports: {index}")
    if suppress:
        print(f"Asked to stop and may still be texted: {suppress}")


def _write_suppression(url: str, results: Path) -> Path | None:
    """Write the customers to suppress beside the report, as of its moment; None without replies."""
    from smsroi_models.audience_health import write_asked_to_stop
    from smsroi_models.report.audience_words import SUPPRESSION_FILE
    from smsroi_models.soundness import parse_as_of
    from smsroi_models.store.connect import open_store

    report = json.loads(results.read_text(encoding="utf-8"))
    with open_store(url) as opened:
        if "replies" not in opened:
            return None
        return write_asked_to_stop(
            opened,
            parse_as_of(report["as_of"]),
            report["store_fingerprint"],
            results.parent / SUPPRESSION_FILE,
        )
