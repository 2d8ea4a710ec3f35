"""Commands for a campaign that is still to come: `smsroi plan` and what follows it."""

import json
import secrets
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from smsroi_models.errors import ParameterError
from smsroi_models.paths import find_store

planning = typer.Typer()

StoreOption = Annotated[
    str, typer.Option("--store", help="A DuckDB file, or a folder of Parquet or CSV.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]


@planning.command()
def assign(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="As recorded by smsroi plan.")],
    customers: Annotated[
        Path, typer.Argument(metavar="CUSTOMERS", help="CSV or Parquet with customer_id.")
    ],
    out: Annotated[Path, typer.Option(help="A new folder for assignments, plans and plan.json.")],
    store: Annotated[
        str, typer.Option(help="Refuse opt-outs, unknown customers and assigned campaigns of it.")
    ] = "",
    seed: Annotated[
        int | None, typer.Option(min=0, help="By default the plan's, or else a fresh one.")
    ] = None,
    assigned_at: Annotated[str, typer.Option(help="ISO date or time, UTC; by default now.")] = "",
    file_format: Annotated[
        Literal["parquet", "csv"], typer.Option("--format", help="Of the tables.")
    ] = "parquet",
    drop_opted_out: Annotated[
        bool, typer.Option("--drop-opted-out", help="Leave out who opted out before.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Draw who is texted and who is held out, by a recorded plan, and write it down."""
    from smsroi_models.planning.assign import assign_customers, write_assignment
    from smsroi_models.planning.record import read_plan
    from smsroi_models.store.connect import open_store

    planned = read_plan(plan)
    if seed is None and planned.seed is None:
        seed = secrets.randbits(32)
    moment = _moment("assigned_at", assigned_at) if assigned_at else datetime.now(UTC)
    with open_store(find_store(store)) if store else nullcontext() as opened:
        drawn = assign_customers(
            planned,
            customers,
            opened,
            assigned_at=moment,
            seed=seed,
            drop_opted_out=drop_opted_out,
        )
    written = write_assignment(drawn, out, file_format=file_format)
    told = {
        "folder": str(written),
        "campaign_id": drawn.plan.campaign_id,
        "n_treatment": drawn.plan.n_treatment,
        "n_holdout": drawn.plan.n_holdout,
        "strata": drawn.table["stratum"].nunique(),
        "opted_out": drawn.opted_out,
        "seed": drawn.plan.seed,
        "sha256": drawn.plan.sha256,
    }
    if as_json:
        print(json.dumps(told, indent=2))
        return
    print(
        f"Drew {len(drawn.table):,} customers for {drawn.plan.campaign_id}: "
        f"{drawn.plan.n_treatment:,} to be texted, {drawn.plan.n_holdout:,} held out"
    )
    if drawn.opted_out:
        print(f"Left out {drawn.opted_out:,} who had opted out")
    print(f"Seed {drawn.plan.seed}; plan {drawn.plan.sha256[:12]}")
    print(f"Wrote {written}: text nobody whose arm is holdout, and add both tables to the store")


def _moment(name: str, text: str) -> datetime:
    from smsroi_models.analysis import parse_as_of

    try:
        return parse_as_of(text)
    except ParameterError as error:
        raise ParameterError(str(error).replace("as_of", name, 1)) from error
