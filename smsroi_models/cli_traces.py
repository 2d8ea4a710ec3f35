"""What the commands for the traces of a text share: options, the store, and how they speak."""

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smsroi_models.paths import find_store

if TYPE_CHECKING:
    from smsroi_models.store.connect import Store

Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Id of the campaign.")]
Customers = Annotated[
    Path | None,
    typer.Option(help="CSV or Parquet with customer_id; by default the store's treatment arm."),
]
NameLength = Annotated[int, typer.Option(min=0, help="Characters of the longest {name}.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]


def opened_store(store: str) -> "AbstractContextManager[Store | None]":
    """Open the store, or none where none is named."""
    from smsroi_models.store.connect import open_store

    return open_store(find_store(store)) if store else nullcontext()


def print_warnings(warnings: Iterable[str]) -> None:
    """Print warnings where they do not mix with what is piped on."""
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)


def print_lines(lines: Iterable[str]) -> None:
    """Print a line for each sentence."""
    for line in lines:
        print(line)


def placeholders(link: int, code: int, name: int) -> dict[str, list[str]]:
    """Return a value of each length that is known; a name may be as short as one letter."""
    lengths = {"link": [link], "code": [code], "name": [1, name] if name else [0]}
    return {field: ["x" * n for n in sizes] for field, sizes in lengths.items() if sizes[-1]}
