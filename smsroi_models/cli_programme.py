"""The command for a whole texting programme: `smsroi programme`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from smsroi_models.cli_options import (
    AsOfOption,
    ConfidenceOption,
    JsonOption,
    PreDaysOption,
    ReportsOption,
    StoreOption,
)
from smsroi_models.errors import ParameterError
from smsroi_models.paths import NOTEBOOKS, find_store

programmes = typer.Typer()


@programmes.command()
def programme(
    programme_id: Annotated[str, typer.Argument(help="The programme's id among the campaigns.")],
    store: StoreOption = "data/demo",
    reports: ReportsOption = Path("reports"),
    as_of: AsOfOption = "",
    confidence_level: ConfidenceOption = 0.95,
    pre_days: PreDaysOption = 90,
    as_json: JsonOption = False,
) -> None:
    """Report what all campaigns earned, against customers kept out of every one."""
    from smsroi_models.report.batch import render_campaigns
    from smsroi_models.soundness import check_parameters, parse_past

    check_parameters(confidence_level, pre_days)
    if as_of:
        parse_past(as_of)
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
