"""Options that several commands share, each with one name and one text."""

from pathlib import Path
from typing import Annotated

import typer

StoreOption = Annotated[
    str, typer.Option("--store", help="A DuckDB file, or a folder of Parquet or CSV.")
]
ReportsOption = Annotated[Path, typer.Option(help="Where reports go.")]
ReportOption = Annotated[Path, typer.Option(help="Where the report goes.")]
AsOfOption = Annotated[
    str, typer.Option(help="ISO date or time, UTC; by default the last full day of orders.")
]
ConfidenceOption = Annotated[float, typer.Option(help="Of every interval.")]
PreDaysOption = Annotated[int, typer.Option(help="History used to sharpen figures, days.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
