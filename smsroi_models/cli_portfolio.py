"""The command for all campaigns on one page: `smsroi portfolio`."""

from pathlib import Path
from typing import Annotated

import typer

from smsroi_models.cli_options import (
    AsOfOption,
    ConfidenceOption,
    JsonOption,
    PreDaysOption,
    ReportOption,
    StoreOption,
)
from smsroi_models.cli_page import render_page
from smsroi_models.paths import find_store

portfolios = typer.Typer()


@portfolios.command()
def portfolio(
    store: StoreOption = "data/demo",
    reports: ReportOption = Path("reports"),
    as_of: AsOfOption = "",
    confidence_level: ConfidenceOption = 0.95,
    pre_days: PreDaysOption = 90,
    factors: Annotated[
        bool, typer.Option(help="Read how far tracking can be trusted: some seconds a campaign.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Report all campaigns on one page: what they earned together, and which can be told apart."""
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
    render_page("portfolio.ipynb", values, reports, as_json)
