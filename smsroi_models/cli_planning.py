"""Commands for a campaign that is still to come: `smsroi plan` and what follows it."""

from typing import Annotated

import typer

planning = typer.Typer()

StoreOption = Annotated[
    str, typer.Option("--store", help="A DuckDB file, or a folder of Parquet or CSV.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
