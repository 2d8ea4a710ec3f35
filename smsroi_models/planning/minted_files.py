"""What is minted is written down whole or not at all, and put into the store on request."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from smsroi_models.errors import ParameterError, StoreError
from smsroi_models.scratch import scratch_beside
from smsroi_models.store.place import is_there, locked
from smsroi_models.store.pseudonyms import Pseudonyms
from smsroi_models.store.sources import inert_in_csv
from smsroi_models.store.vendors.assigned import SMSROI
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.failing import told_of_places
from smsroi_models.store.vendors.importing import ImportSummary, import_files
from smsroi_models.store.write import write_tables


@contextmanager
def held_store(store: str | Path) -> Iterator[None]:
    """Hold a store from before it is read until what was minted for it is registered.

    Whoever else mints or imports meanwhile waits, or is refused, and then sees what was taken:
    nothing is taken twice. A store that is not there is left for `open_store` to refuse.

    Examples
    --------
    >>> with held_store("no-such-store"):
    ...     pass
    """
    root = Path(store).expanduser().resolve()
    if not is_there(root):
        yield
        return
    with ExitStack() as held:
        with told_of_places(root):
            held.enter_context(locked(root, wait=True, lend=True))
        yield


def write_minted(
    folder: str | Path,
    name: str,
    table: pd.DataFrame,
    lists: Mapping[str, pd.DataFrame],
    *,
    store: str | Path | None = None,
    pseudonyms: Pseudonyms | None = None,
) -> ImportSummary | None:
    """Write a table for the store and lists for people into a new folder; register the table.

    The store changes before the folder is there: if that fails, there is no folder, and if the
    folder fails, minting again finds what is registered. Who reads the store, mints and registers
    does so while it is held: `held_store`.

    Parameters
    ----------
    folder : str or Path
        New, or empty.
    name : str
        The store's table, written as ``<name>.parquet``, which ``smsroi import smsroi`` takes.
    table : pandas.DataFrame
    lists : mapping of str to pandas.DataFrame
        Written as ``<key>.csv``; what a spreadsheet would take for a formula is made inert.
    store : str or Path, optional
        Registers the table there.
    pseudonyms : Pseudonyms, optional
        Needed with a store: an import refuses another secret than the store's.

    Raises
    ------
    ParameterError
        If the folder is there and not empty.
    StoreError
        If the store cannot be written, or does not take a row.
    """
    target = Path(folder).expanduser()
    refuse_to_replace(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    summary = None
    with scratch_beside(target) as scratch:
        fresh = scratch / "fresh"
        fresh.mkdir()
        write_tables({name: table}, fresh)
        for title, frame in lists.items():
            _write_csv(frame, fresh / f"{title}.csv")
        if store is not None and pseudonyms is not None:
            summary = register([fresh / f"{name}.parquet"], store, pseudonyms)
        refuse_to_replace(target)
        fresh.replace(target)
    return summary


def register(
    files: Sequence[str | Path], store: str | Path, pseudonyms: Pseudonyms
) -> ImportSummary:
    """Merge minted tables into the store, in one transaction; twice changes nothing.

    Raises
    ------
    StoreError
        If the store does not take a row.
    """
    summary = import_files(SMSROI, files, store, Context(pseudonyms=pseudonyms))
    if summary.dropped:
        reasons = "; ".join(f"{count:,}: {reason}" for reason, count in summary.dropped.items())
        raise StoreError(
            f"the store did not take every row ({reasons}): correct that before anybody is texted"
        )
    return summary


def write_list(frame: pd.DataFrame, file: str | Path) -> Path:
    """Write a list as a new CSV file, whole or not at all.

    Raises
    ------
    ParameterError
        If the file is there.
    """
    target = Path(file).expanduser()
    if target.exists():
        raise _there(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch_beside(target) as scratch:
        _write_csv(frame, scratch / target.name)
        try:
            # Unlike a rename, a link does not replace what came meanwhile.
            os.link(scratch / target.name, target)
        except FileExistsError as error:
            raise _there(target) from error
    return target


def refuse_to_replace(target: Path) -> None:
    """Refuse a folder that holds something, and a file.

    Raises
    ------
    ParameterError
        Codes and links that were handed out are not replaced.
    """
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists():
        raise _there(target)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(frame.columns)
        for row in frame.itertuples(index=False):
            writer.writerow(map(_cell, row))


def _cell(value: Any) -> object:
    if isinstance(value, str):
        return inert_in_csv(value)
    return "" if pd.isna(value) else value


def _there(target: Path) -> ParameterError:
    return ParameterError(
        f"{target} is there already: what was handed out is not replaced. Name a new one"
    )
