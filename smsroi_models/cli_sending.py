"""Commands for the text itself: `smsroi plan message` and `smsroi plan send-list`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smsroi_models.cli_options import JsonOption
from smsroi_models.cli_traces import (
    Campaign,
    Customers,
    NameLength,
    minted_values,
    needed_store,
    opened_store,
    placeholders,
    print_lines,
    print_warnings,
)
from smsroi_models.errors import ParameterError
from smsroi_models.locales import DEFAULT_LOCALE

if TYPE_CHECKING:
    from smsroi_models.planning.text_cost import SegmentPrice
    from smsroi_models.store.connect import Store

sending = typer.Typer()


@sending.command()
def message(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="With {link}, {code}, {name}.")],
    store: Annotated[
        str, typer.Option("--store", help="For prices, and the campaign's links and recipients.")
    ] = "",
    campaign: Annotated[str, typer.Option(help="Whose links, codes and recipients.")] = "",
    recipients: Annotated[int, typer.Option(min=0, help="How many are texted.")] = 0,
    price: Annotated[
        float, typer.Option(help="Of a segment; negative for the store's latest.")
    ] = -1.0,
    currency: Annotated[str, typer.Option(help="Of a price that is given, like EUR.")] = "",
    fixed_cost: Annotated[float, typer.Option(help="All costs beside the texts.")] = 0.0,
    link_length: Annotated[int, typer.Option(min=0, help="Characters of a {link}.")] = 0,
    code_length: Annotated[int, typer.Option(min=0, help="Characters of a {code}.")] = 0,
    name_length: NameLength = 0,
    as_json: JsonOption = False,
) -> None:
    """Count a text's segments, name what makes it dearer, and say what sending costs."""
    from smsroi_models.attribution.campaigns import read_locale
    from smsroi_models.planning.text_cost import text_cost
    from smsroi_models.planning.text_fields import count_fielded
    from smsroi_models.report.in_locale import writing_in
    from smsroi_models.report.tracking_words import cost_told, segments_told

    if campaign and not store:
        raise ParameterError("--campaign is looked up in a store: name it with --store")
    values = placeholders(link_length, code_length, name_length)
    with opened_store(store) as opened:
        if opened is not None and campaign:
            values = minted_values(opened, campaign) | values
        counted = count_fielded(text, values)
        n_recipients = recipients or (_audience(opened, campaign) if campaign else 0)
        segment = _segment_price(opened, price, currency)
        locale = DEFAULT_LOCALE if opened is None else read_locale(opened)
    cost = None
    if n_recipients and segment:
        cost = text_cost(counted, n_recipients, segment, fixed_cost)
    if as_json:
        told = {"segments": counted.to_dict(), "cost": cost.to_dict() if cost else None}
        print(json.dumps(told, indent=2))
        return
    print_lines(segments_told(counted))
    if cost:
        with writing_in(locale):
            print_lines(cost_told(cost, counted, datetime.now(UTC)))
    else:
        print(f"For the cost, say {_lacking_for_cost(n_recipients, segment)}")


@sending.command(name="send-list")
def send_list(
    campaign: Campaign,
    store: Annotated[str, typer.Option("--store", help="Has the campaign's links and codes.")],
    message: Annotated[str, typer.Option(help="The text, with {link}, {code} and {name}.")],
    out: Annotated[Path, typer.Option(help="A new CSV for the texting platform.")],
    customers: Customers = None,
    target: Annotated[
        str, typer.Option(help="Links whose target begins so, where there are several.")
    ] = "",
    name_length: NameLength = 0,
    as_json: JsonOption = False,
) -> None:
    """Write who is texted which link and which code; nobody held out is on it."""
    from smsroi_models.planning.minted_files import write_list
    from smsroi_models.planning.send_list import make_send_list
    from smsroi_models.report.tracking_words import send_list_told

    if out.expanduser().exists():
        raise ParameterError(f"{out} is there already: name a new file")
    with needed_store(store) as opened:
        made = make_send_list(
            opened,
            campaign,
            message,
            customers=customers,
            target=target or None,
            name_length=name_length or None,
        )
    written = write_list(made.table, out)
    print_warnings(made.recipients.warnings)
    if as_json:
        facts = {"recipients": len(made.table), "segments": int(made.table.segments.sum())}
        left = {"held_out": made.recipients.held_out, "opted_out": made.recipients.opted_out}
        print(json.dumps({"file": str(written), **facts, **left}, indent=2))
        return
    print_lines(send_list_told(made))
    print(f"Wrote {written}")


def _audience(store: "Store | None", campaign_id: str) -> int:
    from smsroi_models.planning.recipients import read_recipients

    return len(read_recipients(store, campaign_id, moment=datetime.now(UTC)).customer_ids)


def _segment_price(store: "Store | None", price: float, currency: str) -> "SegmentPrice | None":
    from smsroi_models.planning.minted import read_prices
    from smsroi_models.planning.text_cost import SegmentPrice

    if price >= 0:
        return SegmentPrice(price, currency.upper())
    latest = read_prices(store) if store is not None else None
    if latest is None:
        return None
    day = latest.last_sent_at.date().isoformat()
    return SegmentPrice(latest.price, latest.currency, latest.campaign_id, day)


def _lacking_for_cost(n_recipients: int, segment: object) -> str:
    lacking = [] if n_recipients else ["how many are texted (--recipients, or --campaign)"]
    lacking += [] if segment else ["the price of a segment (--price, or a --store with prices)"]
    return " and ".join(lacking)
