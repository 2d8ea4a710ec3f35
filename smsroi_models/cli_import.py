"""The command that brings vendors' exports into a store: `smsroi import`."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smsroi_models.cli_options import JsonOption
from smsroi_models.cli_watching import watching
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.paths import find_store

if TYPE_CHECKING:
    from smsroi_models.store.vendors.context import Context
    from smsroi_models.store.vendors.importing import ImportSummary

importing = typer.Typer()

_LETTERS_OF_A_COUNTRY, _LETTERS_OF_A_CURRENCY = 2, 3


@importing.command(name="import")
def import_(
    vendor: Annotated[str, typer.Argument(help="twilio, shopify ..., csv with --mapping, or all.")],
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="The exports; of all, a folder with imports.toml."),
    ],
    store: Annotated[
        str, typer.Option("--store", help="A folder or a DuckDB file; made if it is not there.")
    ],
    campaign: Annotated[str, typer.Option(help="The campaign of every record.")] = "",
    mapping: Annotated[
        Path | None, typer.Option(help="TOML: rules for campaigns, columns; docs/importing.md.")
    ] = None,
    time_zone: Annotated[
        str, typer.Option(help="Of times that do not say theirs, like Europe/Berlin.")
    ] = "",
    time_format: Annotated[
        str, typer.Option(help="Of times not in ISO 8601 or RFC 2822, like '%m/%d/%Y %H:%M'.")
    ] = "",
    region: Annotated[
        str, typer.Option(help="Country of telephone numbers that do not say theirs, like US.")
    ] = "",
    currency: Annotated[
        str, typer.Option(help="Of the store, as long as it has no campaigns; like USD.")
    ] = "",
    exported_at: Annotated[
        str, typer.Option(help="ISO date or time, UTC, at which files without times were made.")
    ] = "",
    dropped: Annotated[
        Path | None, typer.Option(help="Where dropped records are listed; by default beside it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a vendor's export into a store: all of it or nothing; twice changes nothing."""
    options = {
        "campaign": campaign,
        "time_zone": time_zone,
        "time_format": time_format,
        "region": region,
        "currency": currency,
        "exported_at": exported_at,
    }
    if vendor == "all":
        if mapping or dropped or any(options.values()):
            raise ParameterError("options of `import all` stand in the folder's imports.toml")
        summaries = _import_all(files, store, as_json)
    else:
        summaries = [_import_one(vendor, files, store, mapping, options, dropped, as_json)]
    if as_json:
        told = [summary.to_dict() for summary in summaries]
        print(json.dumps(told if vendor == "all" else told[0], indent=2))
    for summary in summaries:
        if summary.dropped and not summary.kept:
            raise DataError(
                f"none of {summary.read:,} records of {summary.vendor} could be kept: mend what "
                "the reasons above name, and import again"
            )


def _import_all(folders: list[Path], store: str, as_json: bool) -> "list[ImportSummary]":
    from smsroi_models.store.vendors.folders import read_imports

    # All lists are read before the first import, and so are found wrong in time.
    listed = [one for folder in folders for one in read_imports(folder)]
    summaries = []
    for number, one in enumerate(listed, start=1):
        if not as_json:
            print(f"\n{number} of {len(listed)}: {one.vendor}")
        files, options = list(one.files), dict(one.options)
        summaries.append(_import_one(one.vendor, files, store, one.mapping, options, None, as_json))
    return summaries


def _import_one(
    vendor: str,
    files: list[Path],
    store: str,
    mapping: Path | None,
    options: dict[str, str],
    dropped: Path | None,
    as_json: bool,
) -> "ImportSummary":
    from smsroi_models.store.vendors.importing import import_files
    from smsroi_models.store.vendors.registry import vendor_called

    context = _context(mapping, **options)
    chosen = vendor_called(vendor, context)
    if "://" in store:
        raise ParameterError(f"--store is {store!r}: an import writes to a folder or a DuckDB file")
    with watching(not as_json) as watch:
        summary = import_files(chosen, files, find_store(store), context, dropped, watch)
    if not as_json:
        _tell(summary)
    return summary


def _context(
    mapping: Path | None,
    campaign: str = "",
    time_zone: str = "",
    time_format: str = "",
    region: str = "",
    currency: str = "",
    exported_at: str = "",
) -> "Context":
    from smsroi_models.soundness import parse_as_of
    from smsroi_models.store.pseudonyms import Pseudonyms, read_secret
    from smsroi_models.store.vendors.context import Context
    from smsroi_models.store.vendors.mapping import read_mapping
    from smsroi_models.store.vendors.zones import Clock, checked_format, zone_called

    _check_letters("--region", region, _LETTERS_OF_A_COUNTRY, "two letters of a country, like US")
    _check_letters("--currency", currency, _LETTERS_OF_A_CURRENCY, "an ISO 4217 code, like USD")
    rules, settings = ((), {}) if mapping is None else read_mapping(mapping)
    exported: datetime | None = parse_as_of(exported_at) if exported_at else None
    return Context(
        pseudonyms=Pseudonyms(read_secret()),
        campaign_id=campaign or None,
        rules=rules,
        clock=Clock(
            zone_called(time_zone),
            checked_format(time_format, "--time-format") if time_format else None,
        ),
        region=region.upper() or None,
        currency=currency.upper() or None,
        exported_at=exported,
        settings=settings,
    )


def _check_letters(option: str, text: str, length: int, rule: str) -> None:
    if text and not (len(text) == length and text.isascii() and text.isalpha()):
        raise ParameterError(f"{option} is {text!r}: it must be {rule}")


def _tell(summary: "ImportSummary") -> None:
    dropped, left_out = sum(summary.dropped.values()), sum(summary.left_out.values())
    print(
        f"Read {summary.read:,} records of {summary.vendor}: kept {summary.kept:,}, dropped "
        f"{dropped:,}, left out {left_out:,}"
    )
    for reason, count in summary.dropped.items():
        print(f"  dropped {count:,}: {reason}")
    for reason, count in summary.left_out.items():
        print(f"  left out {count:,}: {reason}")
    for name, change in summary.tables.items():
        print(
            f"  {name}: {change.added:,} added, {change.changed:,} changed, "
            f"{change.removed:,} removed"
        )
    for name, count in summary.moved.items():
        print(f"  {name}: {count:,} rows MOVED to another campaign than they were of before")
    if summary.linked:
        print(f"  {summary.linked:,} addresses turned out to be the person of a number")
    if summary.kept_apart:
        print(
            f"  {summary.kept_apart:,} people have two ids that were assigned in one campaign: "
            "they stay two"
        )
    if summary.dropped_file:
        print(f"The dropped records are listed in {summary.dropped_file}")
    print(f"Wrote {summary.store}" if summary.written else "Nothing new: nothing was written")
