"""The command for what customers said: `smsroi survey`."""

from pathlib import Path
from typing import Annotated

import typer

from smsroi_models.cli_options import (
    AsOfOption,
    ConfidenceOption,
    JsonOption,
    ReportOption,
    StoreOption,
)
from smsroi_models.cli_page import render_page
from smsroi_models.errors import DataError, ParameterError, StoreError
from smsroi_models.paths import find_store

surveys = typer.Typer()


@surveys.command()
def survey(
    survey_id: Annotated[str, typer.Argument(help="The survey's id.")],
    store: StoreOption = "data/demo",
    reports: ReportOption = Path("reports"),
    as_of: AsOfOption = "",
    follow_days: Annotated[
        int, typer.Option(help="Days after an answer in which purchases count.")
    ] = 30,
    boxes: Annotated[
        int, typer.Option(help="Highest answers that count; 0 for the customary number.")
    ] = 0,
    confidence_level: ConfidenceOption = 0.95,
    as_json: JsonOption = False,
) -> None:
    """Report what customers said, in either arm, and what they bought afterwards."""
    from smsroi_models.soundness import check_parameters, parse_past
    from smsroi_models.surveys import check_options

    check_parameters(confidence_level, 0)
    check_options(follow_days, boxes or None)
    if as_of:
        parse_past(as_of)
    url = find_store(store)
    _require_known(url, survey_id)
    values = {
        "store_url": url,
        "campaign_id": f"survey-{survey_id}",
        "survey_id": survey_id,
        "as_of": as_of,
        "follow_days": follow_days,
        "boxes": boxes,
        "confidence_level": confidence_level,
    }
    render_page("survey.ipynb", values, reports, as_json)


def _require_known(url: str, survey_id: str) -> None:
    """Refuse an unknown id before a kernel starts."""
    from smsroi_models.store.connect import open_store
    from smsroi_models.survey.questions import read_survey

    with open_store(url) as opened:
        if "surveys" not in opened:
            raise StoreError(f"the store {url} has no surveys: there is nothing to report")
        try:
            read_survey(opened, survey_id)
        except DataError as error:
            raise ParameterError(str(error)) from error
