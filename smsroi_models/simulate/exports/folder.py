"""A folder of exports: every system's files, and the list of their imports."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd

from smsroi_models.errors import ParameterError
from smsroi_models.simulate.exports.attentive import write_attentive
from smsroi_models.simulate.exports.callrail import write_callrail
from smsroi_models.simulate.exports.delighted import write_delighted
from smsroi_models.simulate.exports.files import Step
from smsroi_models.simulate.exports.ga4 import write_ga4
from smsroi_models.simulate.exports.own import AFTER_SHOPIFY, FIRST, write_own, write_plans
from smsroi_models.simulate.exports.people import People, meet
from smsroi_models.simulate.exports.shopify import write_shopify
from smsroi_models.simulate.exports.twilio import write_twilio
from smsroi_models.store.tables import TABLES

_TITLE = "Exports of a simulated shop: nobody in them is real."
_ABOUT = f"""{_TITLE}

Telephone numbers are 555-0100 to 555-0199 of North American area codes, which are kept for fiction;
addresses are at example.com. Whoever never agreed to be texted has no number.

  own/        the shop's own tables, each with a mapping: campaigns, customers, assignments ...
  shopify/    orders, discount codes, customers
  twilio/     texts and replies: the console's log, message resources, daily bulk exports; clicks
  callrail/   calls
  attentive/  opt-ins and opt-outs
  delighted/  answers to surveys
  ga4/        conversion events

`smsroi import all FOLDER --store STORE` runs the imports that imports.toml lists, in their order.
Some records are there to be dropped or left out, as in life: orders that were cancelled or never
paid, page views, a call that the shop made.
"""


def is_exports(folder: Path) -> bool:
    """Tell whether the folder holds exports that `write_exports` made."""
    about = folder / "README.txt"
    said = about.read_text(encoding="utf-8", errors="replace") if about.is_file() else ""
    return said.startswith(f"{_TITLE}\n")


def write_exports(tables: Mapping[str, pd.DataFrame], folder: str | Path) -> tuple[Step, ...]:
    """Write a simulated programme as the files that real systems would export.

    The same tables make the same bytes. A folder that is there is replaced if it holds earlier
    exports, or nothing.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Of `simulate_program` in full detail.
    folder : str or Path

    Returns
    -------
    tuple of Step
        The imports that make a store of the files, in their order.

    Raises
    ------
    ParameterError
        If a table is absent, there are more people than fictional numbers, or the folder holds
        something else.
    """
    target = Path(folder).expanduser()
    missing = [name for name in TABLES if name not in tables]
    if missing:
        raise ParameterError(
            f"exports are made of every table, and {', '.join(missing)} is absent: simulate in "
            "full detail"
        )
    if target.exists() and not (target.is_dir() and (_empty(target) or is_exports(target))):
        raise ParameterError(
            f"{target} holds something else than exports of a demo, and is not replaced: name "
            "another folder, or remove it"
        )
    people = meet(tables)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        steps = tuple(_write(dict(tables), people, fresh))
        (fresh / "README.txt").write_text(_ABOUT, encoding="utf-8")
        listing = "\n".join(step.section() for step in steps)
        (fresh / "imports.toml").write_text(listing, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    return steps


def _empty(folder: Path) -> bool:
    return not any(folder.iterdir())


def _write(tables: dict[str, pd.DataFrame], people: People, folder: Path) -> Iterator[Step]:
    """Write the files in the order of their import: what is referred to comes first."""
    for file in FIRST:
        yield from _known(write_own(file, tables, people, folder))
    yield write_shopify(tables, people, folder, _last_moment(tables))
    for file in AFTER_SHOPIFY:
        yield from _known(write_own(file, tables, people, folder))
    yield write_plans(tables, folder)
    yield write_twilio(tables, people, folder)
    yield write_callrail(tables, people, folder)
    yield write_attentive(tables, people, folder)
    yield from write_delighted(tables, people, folder)
    yield write_ga4(tables, people, folder)


def _known(step: Step | None) -> Iterator[Step]:
    if step is not None:
        yield step


def _last_moment(tables: Mapping[str, pd.DataFrame]) -> datetime:
    last: datetime = max(tables["orders"].ordered_at.max(), tables["customers"].acquired_at.max())
    return last
