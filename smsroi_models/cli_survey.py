"""The command for what customers said: `smsroi survey`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from smsroi_models.errors import DataError, ParameterError, StoreError
from smsroi_models.paths import NOTEBOOKS, find_store

surveys = typer.Typer()


@surveys.command()
def survey(
    survey_id: Annotated[str, typer.Argument(help="The survey's id.")],
    store: Annotated[
        str, typer.Option("--store", help="A DuckDB file, or a folder of Parquet or CSV.")
    ] = "data/demo",
    reports: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("reports"),
    as_of: Annotated[
        str, typer.Option(help="ISO date or time, UTC; by default the last full day of orders.")
    ] = "",
    follow_days: Annotated[
        int, typer.Option(help="Days after an answer in which purchases count.")
    ] = 30,
    boxes: Annotated[
        int, typer.Option(help="Highest answers that count; 0 for the customary number.")
    ] = 0,
    confidence_level: Annotated[float, typer.Option(help="Of every interval.")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Report what customers said, in either arm, and what they bought afterwards."""
    from smsroi_models.report.index import write_index
    from smsroi_models.report.runner import render
    from smsroi_models.soundness import check_parameters, parse_past
    from smsroi_models.surveys import check_options

    check_parameters(confidence_level, 0)
    check_options(follow_days, boxes or None)
    if as_of:
        parse_past(as_of)
    url = find_store(store)
    _require_known(url, survey_id)
    reports.mkdir(parents=True, exist_ok=True)  # a folder that cannot be written fails here
    values = {
        "store_url": url,
        "campaign_id": f"survey-{survey_id}",
        "survey_id": survey_id,
        "as_of": as_of,
        "follow_days": follow_days,
        "boxes": boxes,
        "confidence_level": confidence_level,
    }
    done = render(NOTEBOOKS / "survey.ipynb", values, reports)
    index = write_index(reports)
    if as_json:
        told = {"report": str(done.report), "results": str(done.results), "verdict": done.verdict}
        print(json.dumps(told, indent=2))
        return
    print(done.verdict)
    print(f"\nOpen {done.report}\nAll reports: {index}")


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
