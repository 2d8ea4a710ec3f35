"""The `smsroi` command and its options. Exit codes: 0 done, 1 failed, 2 wrong use, 3 too early."""

import json
import re
import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from smsroi_models.cli_audience import audiences
from smsroi_models.cli_exports import tell_exports
from smsroi_models.cli_import import importing
from smsroi_models.cli_lab import labs
from smsroi_models.cli_lifetime import lifetimes
from smsroi_models.cli_options import (
    AsOfOption,
    ConfidenceOption,
    JsonOption,
    PreDaysOption,
    ReportsOption,
    StoreOption,
)
from smsroi_models.cli_planning import planning
from smsroi_models.cli_portfolio import portfolios
from smsroi_models.cli_programme import programmes
from smsroi_models.cli_schedule import schedules
from smsroi_models.cli_survey import surveys
from smsroi_models.errors import DataError, ParameterError, SmsroiError, StoreError
from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.paths import NOTEBOOKS, find_store
from smsroi_models.report.unwatched import hold_standard_streams

if TYPE_CHECKING:
    from smsroi_models.report.batch import Batch

TOO_EARLY = 3

app = typer.Typer(
    help="Did this text campaign pay for itself, how sure are we, and what should we do next?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(importing)
app.add_typer(planning)
app.add_typer(programmes)
app.add_typer(portfolios)
app.add_typer(lifetimes)
app.add_typer(surveys)
app.add_typer(audiences)
app.add_typer(schedules)
app.add_typer(labs)


@app.command()
def demo(
    store: StoreOption = "data/demo",
    customers: Annotated[int, typer.Option(min=1000, help="Customers to simulate.")] = 40_000,
    campaigns: Annotated[int, typer.Option(min=1, max=24, help="Campaigns.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same shop.")] = 7,
    currency: Annotated[str, typer.Option(help="Of its money: an ISO 4217 code.")] = "USD",
    locale: Annotated[
        str, typer.Option(help="How its reports write money, numbers and dates, like de-DE.")
    ] = DEFAULT_LOCALE,
    as_exports: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write what its systems would export there; the store is the imports' to make.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a texting programme with known truth and write it as a store, or as exports."""
    import numpy as np

    from smsroi_models.report.in_locale import writing_in
    from smsroi_models.report.numbers import Money, percent
    from smsroi_models.simulate import Shop, simulate_program
    from smsroi_models.store.write import write_store

    if as_exports is None:
        _refuse_foreign_store(store)
    shop = Shop(creative_cost=1200.0, platform_cost=900.0, agency_cost=2500.0)
    rng = np.random.default_rng(seed)
    program = simulate_program(
        customers, campaigns, rng, shop=shop, currency=currency, locale=locale
    )
    truth = program.truth[["profit", "roi"]].to_dict(orient="index")
    if as_exports is not None:
        into = "data/imported" if store == "data/demo" else store
        written = tell_exports(program.tables, as_exports, into, as_json)
    else:
        path = write_store(program.tables, store)
        written = {"store": str(path)}
        rows = sum(map(len, program.tables.values()))
        if not as_json:
            print(f"Wrote {rows:,} rows of a simulated shop to {path}")
    if as_json:
        _print_json({**written, "truth": truth})
        return
    print("What its campaigns truly earned (a report has to find this out from the tables):")
    money = Money(currency, locale)
    with writing_in(locale):
        for campaign_id, row in truth.items():
            profit, roi = money(row["profit"]), percent(row["roi"])
            print(f"  {campaign_id}  profit {profit:>10}   ROI {roi:>7}")


@app.command()
def check(store: StoreOption = "data/demo", as_json: JsonOption = False) -> None:
    """Hold every table against its contract."""
    from smsroi_models.store.absent import missing_tables
    from smsroi_models.store.checks import check_store
    from smsroi_models.store.connect import open_store

    with open_store(find_store(store)) as opened:
        findings, missing, names = check_store(opened), missing_tables(opened), opened.names
    errors = [finding for finding in findings if finding.severity == "error"]
    if as_json:
        rows = [asdict(finding) for finding in findings]
        _print_json({"store": store, "tables": names, "findings": rows, "missing": missing})
    else:
        for finding in findings:
            print(f"{finding.severity}: {finding.message} {finding.remedy}")
        for name, sentence in missing.items():
            print(f"absent: {name}. {sentence}")
        print(f"{len(names)} tables, {len(errors)} errors, {len(findings) - len(errors)} warnings")
    if errors:
        raise typer.Exit(1)


@app.command()
def report(
    campaigns: Annotated[list[str] | None, typer.Argument(help="Campaign ids.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every campaign, and the pages of the whole store.")
    ] = False,
    only: Annotated[
        Literal["campaigns", "pages"] | None,
        typer.Option(help="With --all: the campaigns alone, or the pages of the whole store."),
    ] = None,
    store: StoreOption = "data/demo",
    reports: ReportsOption = Path("reports"),
    as_of: AsOfOption = "",
    confidence_level: ConfidenceOption = 0.95,
    pre_days: PreDaysOption = 90,
    so_far: Annotated[
        bool,
        typer.Option("--so-far", help="Read campaigns that are still running; may be done daily."),
    ] = False,
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", help="NAME=VALUE of the notebook, typed strictly; may be repeated."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Reports rendered side by side.")] = 1,
    anew: Annotated[
        bool, typer.Option("--anew", help="With --all: render unchanged reports, too.")
    ] = False,
    keep: Annotated[
        int,
        typer.Option(
            min=0, help="Reports kept of each campaign, and each month's last; 0 for all."
        ),
    ] = 0,
    log: Annotated[
        Path | None, typer.Option(help="File to which events are added as JSON lines.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Render the reports of some campaigns, or all that changed, and the index of reports.

    The pages of the whole store are all campaigns together, the audience, each survey and what
    customers are worth.
    """
    from smsroi_models.report.batch import render_campaigns
    from smsroi_models.report.one_run import only_run
    from smsroi_models.report.retention import remove_old_reports
    from smsroi_models.report.run_log import open_log
    from smsroi_models.report.store_pages import read_store_pages
    from smsroi_models.report.unwatched import ending_in_order, say_at_once

    notebook = NOTEBOOKS / "campaign_roi.ipynb"
    url = find_store(store)
    if only and not every:
        raise ParameterError("--only goes with --all: it says which part of all is rendered")
    ids = _chosen(url, campaigns or [], every)
    values = {
        "store_url": url,
        "as_of": as_of,
        "confidence_level": confidence_level,
        "pre_days": pre_days,
        "so_far": so_far,
        **_assigned(notebook, parameter or []),
    }
    _check_options(values)
    reports.mkdir(parents=True, exist_ok=True)  # a folder that cannot be written fails here
    write = open_log(log)
    pages = read_store_pages(NOTEBOOKS, values) if every and only != "campaigns" else None
    if not as_json:
        say_at_once(f"Reading {url}")
    # Runs over all campaigns are the scheduled ones, and the ones that could meet.
    with only_run(reports) if every else nullcontext(), ending_in_order(write):
        batch = render_campaigns(
            notebook,
            [] if only == "pages" else ids,
            values,
            reports,
            say=None if as_json else say_at_once,
            log=write,
            jobs=jobs,
            keep_unchanged=every and not anew,
            store_pages=pages,
        )
        if keep:
            remove_old_reports(reports, keep)
    if as_json:
        _print_json(batch.to_dict())
    else:
        _print_end(batch)
    if batch.failed:
        raise typer.Exit(1)
    if batch.waiting and not every:
        raise typer.Exit(TOO_EARLY)


def main() -> None:
    """Run the command; errors of smsroi are told in plain words."""
    hold_standard_streams()
    try:
        app()
    except SmsroiError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, ParameterError) else 1)
    except OSError as error:
        print(f"error: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(1)


def _refuse_foreign_store(path: str) -> None:
    """Refuse to put the demo where data of somebody's own lie."""
    from smsroi_models.attribution.campaigns import read_campaign_ids
    from smsroi_models.store.connect import open_store
    from smsroi_models.store.tables import TABLES

    if not Path(path).exists() or (Path(path).is_dir() and not any(Path(path).iterdir())):
        return
    try:
        with open_store(path) as found:
            ids = read_campaign_ids(found)
            simulated = (
                set(found.layout.format.values()) <= {"parquet", "duckdb"}
                # A demo of before has no plans.
                and set(TABLES) - set(found.names) <= {"plans"}
                and bool(ids)
                and all(re.fullmatch(r"camp-\d\d", name) for name in ids)
            )
    except SmsroiError:
        simulated = False
    if not simulated:
        raise ParameterError(
            f"{path} holds something that the demo did not make, and is not replaced: name another "
            "folder, or remove it"
        )


def _chosen(store: str, campaigns: list[str], every: bool) -> list[str]:
    """Return the ids to render; unknown ones stop the command before anything is rendered."""
    from smsroi_models.attribution.campaigns import read_campaign, read_campaign_ids
    from smsroi_models.store.connect import open_store

    if bool(campaigns) == every:
        raise ParameterError("name the campaigns to report, or say --all: one of the two")
    with open_store(store) as opened:
        if "campaigns" not in opened:
            raise StoreError(f"the store {store} has no campaigns: there is nothing to report")
        if every:
            return read_campaign_ids(opened)
        try:
            return [read_campaign(opened, name).campaign_id for name in dict.fromkeys(campaigns)]
        except DataError as error:
            raise ParameterError(str(error)) from error


def _print_end(batch: "Batch") -> None:
    from smsroi_models.report.unwatched import say_at_once

    if batch.unchanged:
        told = f"{len(batch.unchanged)} unchanged: left as they were (--anew renders them, too)"
        say_at_once(f"\n{told}")
    say_at_once(f"\nOpen {batch.index}")


def _assigned(notebook: Path, texts: list[str]) -> dict[str, object]:
    from smsroi_models.report.parameters import parse_assignment, read_parameters

    declared = read_parameters(notebook)
    values = dict(parse_assignment(text, declared) for text in texts)
    own = {"store_url": "--store", "campaign_id": "CAMPAIGN or --all"}
    for name in own.keys() & values.keys():
        raise ParameterError(f"{name} is not set with -p: use {own[name]}")
    return values


def _check_options(values: dict[str, Any]) -> None:
    from smsroi_models.soundness import check_parameters, parse_past

    as_of = values["as_of"]
    check_parameters(values["confidence_level"], values["pre_days"])
    if as_of:
        parse_past(as_of)


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2, default=str))
