"""Commands for runs that nobody watches: `smsroi schedule`, `smsroi campaigns`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from smsroi_models.cli_options import JsonOption, ReportsOption, StoreOption
from smsroi_models.paths import find_store

schedules = typer.Typer()


@schedules.command()
def schedule(
    kind: Annotated[
        Literal["cron", "systemd", "github", "airflow"],
        typer.Option("--print", help="For which scheduler."),
    ],
    store: StoreOption = "data/demo",
    reports: ReportsOption = Path("reports"),
    at: Annotated[str, typer.Option(help="Time of day; UTC for github and airflow.")] = "06:30",
    limit_minutes: Annotated[
        int, typer.Option(min=1, help="After which a run is killed, minutes.")
    ] = 120,
    jobs: Annotated[int, typer.Option(min=1, help="Reports rendered side by side.")] = 1,
    keep: Annotated[
        int, typer.Option(min=0, help="As of smsroi report; 0 keeps all. Not for github.")
    ] = 0,
) -> None:
    """Print units that render all reports every day; installing them is left to you."""
    from smsroi_models.report.schedules import Schedule, write_schedule

    program = Path(sys.executable).with_name("smsroi")
    wanted = Schedule(
        program=str(program if program.exists() else Path(sys.argv[0]).absolute()),
        store=_absolute(find_store(store)),
        reports=str(reports.absolute()),
        folder=str(Path.cwd()),
        at=at,
        limit_minutes=limit_minutes,
        jobs=jobs,
        keep=keep,
    )
    print(write_schedule(kind, wanted), end="")


@schedules.command()
def campaigns(
    store: StoreOption = "data/demo",
    as_json: JsonOption = False,
) -> None:
    """List the ids of a store's campaigns, one a line."""
    from smsroi_models.attribution.campaigns import read_campaign_ids
    from smsroi_models.store.connect import open_store

    with open_store(find_store(store)) as opened:
        ids = read_campaign_ids(opened)
    print(json.dumps(ids) if as_json else "\n".join(ids))


def _absolute(store: str) -> str:
    return store if "://" in store else str(Path(store).absolute())
