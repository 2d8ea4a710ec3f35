"""Commands that mint the traces of a text to come: `smsroi plan links`, `coupons`, `numbers`."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from smsroi_models.cli_options import JsonOption
from smsroi_models.cli_traces import (
    Campaign,
    Customers,
    NameLength,
    check_out,
    held_store,
    minted_values,
    needed_store,
    opened_store,
    placeholders,
    tell_minted,
    write_minted,
)
from smsroi_models.errors import ParameterError

tracking = typer.Typer()

StoreOption = Annotated[
    str, typer.Option("--store", help="Its treatment arm is texted; tokens and codes in it stay.")
]
Out = Annotated[Path, typer.Option(help="A new folder for what is minted.")]
Register = Annotated[bool, typer.Option("--register", help="Put them into the store at once.")]
Length = Annotated[
    int, typer.Option(min=0, help="Random characters; 0 for the fewest that nobody can guess.")
]
_A_DAY = len("2025-03-01")


@tracking.command()
def links(
    campaign: Campaign,
    target: Annotated[str, typer.Option(help="Where the links lead; it is tagged for GA4.")],
    out: Out,
    store: StoreOption = "",
    customers: Customers = None,
    per_recipient: Annotated[
        bool, typer.Option("--per-recipient", help="A link each: only these tell who clicked.")
    ] = False,
    base_url: Annotated[
        str, typer.Option(help="Your shortener, like https://go.example; else the target itself.")
    ] = "",
    utm_source: Annotated[str, typer.Option(help="By default sms.")] = "",
    utm_medium: Annotated[str, typer.Option(help="By default sms, as GA4 wants it.")] = "",
    utm_campaign: Annotated[str, typer.Option(help="By default the campaign's id.")] = "",
    message: Annotated[str, typer.Option(help="The text with {link}, to count its segments.")] = "",
    code_length: Annotated[int, typer.Option(min=0, help="Characters of a {code}.")] = 0,
    name_length: NameLength = 0,
    length: Length = 0,
    register: Register = False,
    as_json: JsonOption = False,
) -> None:
    """Mint tracking links: one for the campaign, or one for everybody who is texted."""
    from smsroi_models.planning.links import mint_links
    from smsroi_models.planning.text_fields import count_fielded
    from smsroi_models.report.tracking_words import links_told, segments_told

    check_out(out, store, register)
    with held_store(store, register):
        with opened_store(store) as opened:
            values = minted_values(opened, campaign) if message and opened else {}
            minted = mint_links(
                opened,
                campaign,
                target,
                per_recipient=per_recipient or customers is not None,
                customers=customers,
                base_url=base_url or None,
                source=utm_source or None,
                medium=utm_medium or None,
                campaign=utm_campaign or None,
                length=length or None,
            )
        told = list(links_told(minted, campaign))
        values |= {"link": minted.table.url.tolist(), **placeholders(0, code_length, name_length)}
        counted = count_fielded(message, values) if message else None
        told += segments_told(counted) if counted else ()
        redirects = minted.table[["url", "target_url"]] if base_url else minted.table[["url"]]
        write_minted(out, "links", minted.table, {"redirects": redirects}, store, register)
    facts = {
        "campaign_id": campaign,
        "links": len(minted.table),
        "new": minted.n_new,
        "bits": minted.bits,
        "target_url": minted.target.url,
        "channel": minted.target.channel,
        "segments": counted.to_dict() if counted else None,
    }
    tell_minted(told, facts, minted.warnings, out, "links", register, as_json)


@tracking.command()
def coupons(
    campaign: Campaign,
    kind: Annotated[
        Literal["unique", "shared"], typer.Option(help="A code a person, or one for all.")
    ],
    out: Out,
    store: StoreOption = "",
    customers: Customers = None,
    count: Annotated[
        int, typer.Option(min=0, help="So many codes of nobody's; 0 for one a recipient.")
    ] = 0,
    discount: Annotated[
        float, typer.Option(help="Share of the list price, like 0.2; negative: not stated.")
    ] = -1.0,
    expires: Annotated[
        str, typer.Option(help="ISO date (to its end) or time, UTC; by default never.")
    ] = "",
    prefix: Annotated[str, typer.Option(help="What the codes begin with, A-Z and 0-9.")] = "",
    length: Length = 0,
    register: Register = False,
    as_json: JsonOption = False,
) -> None:
    """Mint coupon codes that can be read out, and that find every mistyped character."""
    from smsroi_models.planning.coupons import mint_coupons
    from smsroi_models.report.tracking_words import coupons_told

    check_out(out, store, register)
    with held_store(store, register):
        with opened_store(store) as opened:
            minted = mint_coupons(
                opened,
                campaign,
                kind,
                customers=customers,
                count=count or None,
                discount=None if discount < 0 else discount,
                expires_at=_end_of(expires) if expires else None,
                prefix=prefix,
                length=length or None,
            )
        listed = minted.table.drop(columns=["campaign_id", "customer_id"])
        write_minted(out, "coupons", minted.table, {"codes": listed}, store, register)
    facts = {
        "campaign_id": campaign,
        "codes": len(minted.table),
        "new": minted.n_new,
        "bits": minted.bits,
    }
    told = coupons_told(minted, campaign)
    tell_minted(told, facts, minted.warnings, out, "coupons", register, as_json)


@tracking.command()
def numbers(
    campaign: Campaign,
    store: Annotated[str, typer.Option("--store", help="Knows the campaigns and their numbers.")],
    pool: Annotated[str, typer.Option(help="File with a number a line, or numbers with commas.")],
    out: Out,
    count: Annotated[int, typer.Option(min=1, help="Numbers that the campaign needs.")] = 1,
    rest_days: Annotated[
        int, typer.Option(help="Days a number rests after a campaign's window: late callers.")
    ] = 30,
    region: Annotated[
        str, typer.Option(help="Country of numbers that do not say theirs, like US.")
    ] = "",
    register: Register = False,
    as_json: JsonOption = False,
) -> None:
    """Allocate tracking numbers on which no other campaign's calls come in meanwhile."""
    from smsroi_models.planning.tracking_numbers import allocate_numbers
    from smsroi_models.report.tracking_words import numbers_told

    check_out(out, store, register)
    with held_store(store, register):
        with needed_store(store) as opened:
            allocated = allocate_numbers(
                opened,
                campaign,
                _pool(pool),
                count=count,
                rest_days=rest_days,
                region=region.upper() or None,
            )
        listed = allocated.table.assign(
            pool_line=allocated.places,
            number=allocated.endings,
            starts_at=allocated.window.starts_at.isoformat(),
            ends_at=allocated.window.ends_at.isoformat(),
        )
        write_minted(out, "numbers", allocated.table, {"allocation": listed}, store, register)
    facts = {
        "campaign_id": campaign,
        "pool_lines": list(allocated.places),
        "number_ids": allocated.table.number_id.tolist(),
        "new": allocated.n_new,
        "starts_at": allocated.window.starts_at.isoformat(),
        "ends_at": allocated.window.ends_at.isoformat(),
    }
    tell_minted(numbers_told(allocated, campaign), facts, (), out, "numbers", register, as_json)


def _end_of(expires: str) -> datetime:
    """Return the moment, or the last second of the day where a day is named."""
    from smsroi_models.soundness import parse_as_of

    try:
        moment = parse_as_of(expires)
    except ParameterError as error:
        raise ParameterError(str(error).replace("as_of", "--expires", 1)) from error
    return moment + timedelta(days=1, seconds=-1) if len(expires) == _A_DAY else moment


def _pool(pool: str) -> list[str]:
    """Return the numbers of a file, a line each, or of the text itself."""
    path = Path(pool).expanduser()
    if path.is_file():
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        return [line.strip() for line in lines if line.strip()]
    if path.suffix.lower() in (".txt", ".csv"):
        raise ParameterError(f"there is no file {pool!r}: name one with a number a line")
    return [part.strip() for part in pool.split(",") if part.strip()]
