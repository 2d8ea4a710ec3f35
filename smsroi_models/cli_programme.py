"""The command for a whole texting programme: `smsroi programme`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from smsroi_models.errors import ParameterError
from smsroi_models.paths import NOTEBOOKS, find_store

programmes = typer.Typer()


@programmes.command()
def programme(
    programme_id: Annotated[str, typer.Argument(help="The programme's id among the campaigns.")],
    store: Annotated[
        str, typer.Option("--store", help="A DuckDB file, or a folder of Parquet or CSV.")
    ] = "data/demo",
    reports: Annotated[Path, typer.Option(help="Where reports go.")] = Path("reports"),
    as_of: Annotated[
        str, typer.Option(help="ISO date or time, UTC; by default the last full day of orders.")
    ] = "",
    confidence_level: Annotated[float, typer.Option(help="Of every interval.")] = 0.95,
    pre_days: Annotated[int, typer.Option(help="History used to sharpen figures, days.")] = 90,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Report what all campaigns earned, against customers kept out of every one."""
    from smsroi_models.report.batch import render_campaigns
    from smsroi_models.soundness import check_parameters, parse_as_of

    check_parameters(confidence_level, pre_days)
    if as_of and parse_as_of(as_of) > datetime.now(UTC):
        raise ParameterError(f"as_of is {as_of}, which is still to come: name a moment in the past")
    url = find_store(store)
    _require_known(url, programme_id)
    values = {
        "store_url": url,
        "as_of": as_of,
        "confidence_level": confidence_level,
        "pre_days": pre_days,
    }
    reports.mkdir(parents=True, exist_ok=True)  # a folder that cannot be written fails here
    batch = render_campaigns(
        NOTEBOOKS / "programme_roi.ipynb",
        [programme_id],
        values,
        reports,
        say=None if as_json else print,
    )
    print(json.dumps(batch.to_dict(), indent=2) if as_json else f"\nOpen {batch.index}")
    if batch.failed or batch.waiting:
        raise typer.Exit(1)


def _require_known(url: str, programme_id: str) -> None:
    """Refuse an unknown id before a kernel starts."""
    from smsroi_models.attribution.campaigns import read_campaign
    from smsroi_models.errors import DataError
    from smsroi_models.store.connect import open_store

    with open_store(url) as opened:
        try:
            read_campaign(opened, programme_id)
        except DataError as error:
            raise ParameterError(str(error)) from error
