"""The command for how the audience fares: `smsroi audience`."""

from pathlib import Path
from typing import Annotated

import typer

from smsroi_models.cli_options import ConfidenceOption, JsonOption, ReportOption, StoreOption
from smsroi_models.cli_page import Beside, render_page
from smsroi_models.paths import find_store

audiences = typer.Typer()


@audiences.command()
def audience(
    store: StoreOption = "data/demo",
    reports: ReportOption = Path("reports"),
    as_of: Annotated[
        str, typer.Option(help="ISO date or time, UTC; by default the last full day of records.")
    ] = "",
    records_start: Annotated[
        str,
        typer.Option(help="ISO date from which on opt-outs were recorded, if not from the first."),
    ] = "",
    confidence_level: ConfidenceOption = 0.95,
    as_json: JsonOption = False,
) -> None:
    """Report who joined and left the list, and write who asked to stop and may still be texted."""
    from smsroi_models.report.suppression import write_suppression
    from smsroi_models.soundness import check_parameters, parse_past

    check_parameters(confidence_level, 0)
    for moment in filter(None, (as_of, records_start)):
        parse_past(moment)
    url = find_store(store)
    values = {
        "store_url": url,
        "as_of": as_of,
        "records_start": records_start,
        "confidence_level": confidence_level,
    }
    suppress = Beside(
        "asked_to_stop",
        "Asked to stop and may still be texted",
        lambda results: write_suppression(url, results),
    )
    render_page("audience_health.ipynb", values, reports, as_json, suppress)
