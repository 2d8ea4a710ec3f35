"""What the commands for the traces of a text share: options, the store, and how they speak."""

import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smsroi_models.errors import ParameterError
from smsroi_models.paths import find_store

if TYPE_CHECKING:
    import pandas as pd

    from smsroi_models.store.connect import Store

Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Id of the campaign.")]
Customers = Annotated[
    Path | None,
    typer.Option(help="CSV or Parquet with customer_id; by default the store's treatment arm."),
]
NameLength = Annotated[int, typer.Option(min=0, help="Characters of the longest {name}.")]


def opened_store(store: str) -> "AbstractContextManager[Store | None]":
    """Open the store, or none where none is named."""
    from smsroi_models.store.connect import open_store

    return open_store(find_store(store)) if store else nullcontext()


def needed_store(store: str) -> "Store":
    """Open the store that a command cannot do without."""
    from smsroi_models.store.connect import open_store

    return open_store(find_store(store))


def held_store(store: str, register: bool) -> "AbstractContextManager[None]":
    """Hold the store where something is registered: to read it and to write to it are one step."""
    from smsroi_models.planning import minted_files

    return minted_files.held_store(find_store(store)) if register else nullcontext()


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


def minted_values(store: "Store", campaign_id: str) -> dict[str, list[str]]:
    """Return the links and the codes that the store has for a campaign it knows, where any."""
    from smsroi_models.planning.minted import read_coupons, read_links
    from smsroi_models.planning.recipients import check_known

    check_known(store, campaign_id)
    found = {
        "link": [row["url"] for row in read_links(store, campaign_id)],
        "code": [row["code"] for row in read_coupons(store, campaign_id)],
    }
    return {field: values for field, values in found.items() if values}


def check_out(out: Path, store: str, register: bool) -> None:
    """Refuse what cannot be written before anything is minted."""
    from smsroi_models.planning.minted_files import refuse_to_replace

    refuse_to_replace(out.expanduser())
    if register and not store:
        raise ParameterError("--register puts them into a store: name it with --store")
    if register and "://" in store:
        raise ParameterError(f"--store is {store!r}: only a folder or a DuckDB file is written to")


def write_minted(
    out: Path,
    name: str,
    table: "pd.DataFrame",
    lists: "Mapping[str, pd.DataFrame]",
    store: str,
    register: bool,
) -> None:
    """Write what is minted, and register it where that is asked for."""
    from smsroi_models.planning import minted_files
    from smsroi_models.store.pseudonyms import Pseudonyms, read_secret

    if register:
        ids = Pseudonyms(read_secret())
        minted_files.write_minted(out, name, table, lists, store=find_store(store), pseudonyms=ids)
    else:
        minted_files.write_minted(out, name, table, lists)


def tell_minted(
    told: Iterable[str],
    facts: dict[str, Any],
    warnings: Iterable[str],
    out: Path,
    name: str,
    register: bool,
    as_json: bool,
) -> None:
    """Say what was minted, where it is, and whether the store knows it."""
    print_warnings(warnings)
    if as_json:
        print(json.dumps({"folder": str(out), **facts, "registered": register}, indent=2))
        return
    print_lines(told)
    print(f"Wrote {out}")
    if register:
        print("The store knows them: clicks, orders and calls that come in later will find them")
    else:
        file = out / f"{name}.parquet"
        print(f"Not in the store yet: `smsroi import smsroi {file} --store ...` before you text")
