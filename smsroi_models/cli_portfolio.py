"""The command for all campaigns on one page: `smsroi portfolio`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from smsroi_models.paths import NOTEBOOKS, find_store

portfolios = typer.Typer()


@portfolios.command()
def portfolio(
    store: Annotated[
        str, typer.Option("--store", help="A DuckDB file, or a folder of Parquet or CSV.")
    ] = "data/demo",
    reports: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("reports"),
    as_of: Annotated[
        str, typer.Option(help="ISO date or time, UTC; by default the last full day of orders.")
    ] = "",
    confidence_level: Annotated[float, typer.Option(help="Of every interval.")] = 0.95,
    pre_days: Annotated[int, typer.Option(help="History used to sharpen figures, days.")] = 90,
    factors: Annotated[
        bool, typer.Option(help="Read how far tracking can be trusted: some seconds a campaign.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Report all campaigns on one page: what they earned together, and which can be told apart."""
    from smsroi_models.report.index import write_index
    from smsroi_models.report.runner import render
    from smsroi_models.soundness import check_parameters, parse_past

    check_parameters(confidence_level, pre_days)
    if as_of:
        parse_past(as_of)
    values = {
        "store_url": find_store(store),
        "as_of": as_of,
        "confidence_level": confidence_level,
        "pre_days": pre_days,
        "with_factors": factors,
    }
    reports.mkdir(parents=True, exist_ok=True)  # a folder that cannot be written fails here
    done = render(NOTEBOOKS / "portfolio.ipynb", values, reports)
    index = write_index(reports)
    if as_json:
        told = {"report": str(done.report), "results": str(done.results), "verdict": done.verdict}
        print(json.dumps(told, indent=2))
        return
    print(done.verdict)
    print(f"\nOpen {done.report}\nAll reports: {index}")
