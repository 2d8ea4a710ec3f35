"""Commands for a campaign that is still to come: `smsroi plan` and what follows it."""

import json
import secrets
import shlex
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from smsroi_models.cli_options import (
    AsOfOption,
    ConfidenceOption,
    JsonOption,
    ReportsOption,
    StoreOption,
)
from smsroi_models.cli_plan_group import PLAN, CampaignFirst
from smsroi_models.cli_sending import sending
from smsroi_models.cli_tracking import tracking
from smsroi_models.errors import ParameterError
from smsroi_models.paths import NOTEBOOKS, find_store

if TYPE_CHECKING:
    from smsroi_models.planning.record import Plan

planning = typer.Typer()
plans = typer.Typer(
    cls=CampaignFirst,
    no_args_is_help=True,
    help="Plan a campaign: `smsroi plan SUMMER25 --window-days 14` proposes how many customers to "
    "hold out (its options: `smsroi plan campaign --help`). Before its texts are sent, the other "
    "commands mint their links, codes and numbers, and count the text.",
)
planning.add_typer(plans, name="plan")


@plans.command(name=PLAN)
def plan(
    campaign: Annotated[str, typer.Argument(metavar="NEW_CAMPAIGN", help="Id of the campaign.")],
    window_days: Annotated[int, typer.Option(help="How long orders will count, days.")],
    store: StoreOption = "data/demo",
    name: Annotated[str, typer.Option(help="What people call it; by default its id.")] = "",
    holdout_share: Annotated[
        float, typer.Option(help="Customers not texted, a share; 0 for the recommended.")
    ] = 0.0,
    audience_segment: Annotated[
        str, typer.Option(help="Text one segment; by default everybody opted in.")
    ] = "",
    cost_per_text: Annotated[
        float, typer.Option(help="Store currency; negative for the latest paid.")
    ] = -1.0,
    fixed_cost: Annotated[
        float, typer.Option(help="All other costs; negative for the latest paid.")
    ] = -1.0,
    profit_per_text: Annotated[float, typer.Option(help="Expected, all costs paid.")] = 0.0,
    profit_deviation: Annotated[
        float, typer.Option(min=0, help="Of that expectation; 0 to pool past campaigns.")
    ] = 0.0,
    future_campaigns: Annotated[
        int, typer.Option(min=0, help="Campaigns like it that the result decides.")
    ] = 3,
    as_of: AsOfOption = "",
    confidence_level: ConfidenceOption = 0.95,
    power: Annotated[float, typer.Option(help="How often a return is to be seen.")] = 0.8,
    pre_days: Annotated[int, typer.Option(help="History that sharpens the figures, days.")] = 90,
    stratify_by: Annotated[
        list[str] | None,
        typer.Option(help="Column of the customers' list to draw within; may be repeated."),
    ] = None,
    minimum_profit: Annotated[
        float, typer.Option(help="Profit that makes it worth repeating, store currency.")
    ] = 0.0,
    reports: ReportsOption = Path("reports"),
    plan_file: Annotated[
        Path | None, typer.Option(help="Where the plan is recorded; by default plans/ID.json.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Propose how many customers to hold out of a campaign to come, and record the plan."""
    from smsroi_models.planning.record import write_plan
    from smsroi_models.report.folders import folder_name
    from smsroi_models.report.index import write_index
    from smsroi_models.report.retold import retold_in
    from smsroi_models.report.runner import render

    target = plan_file or Path("plans") / f"{folder_name(campaign)}.json"
    url = find_store(store)
    _refuse_known(url, campaign, target)
    values = {
        "store_url": url,
        "campaign_id": campaign,
        "name": name,
        "window_days": window_days,
        "holdout_share": holdout_share,
        "segment": audience_segment,
        "cost_per_text": cost_per_text,
        "fixed_cost": fixed_cost,
        "profit_per_text": profit_per_text,
        "profit_deviation": profit_deviation,
        "future_campaigns": future_campaigns,
        "as_of": as_of,
        "confidence_level": confidence_level,
        "power": power,
        "pre_days": pre_days,
    }
    rules = {"strata": tuple(stratify_by or ()), "minimum_profit": minimum_profit}
    _check_plan(url, values | rules)
    reports.mkdir(parents=True, exist_ok=True)  # a folder that cannot be written fails here
    done = render(NOTEBOOKS / "plan_campaign.ipynb", values, reports)
    results = json.loads(done.results.read_text(encoding="utf-8"))
    recorded = write_plan(_plan_of(results, rules), target)
    index = write_index(reports).absolute()
    if as_json:
        told = {"plan": str(recorded), "page": str(done.report), "index": str(index)}
        print(json.dumps(told | {key: results[key] for key in ("verdict", "figures")}, indent=2))
        return
    print(retold_in(done.locale, done.verdict))
    print(f"Recorded {recorded}: draw the arms with `smsroi assign {recorded} CUSTOMERS --out ...`")
    print(f"Open {done.report}")


plans.add_typer(tracking)
plans.add_typer(sending)


@planning.command()
def assign(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="As recorded by smsroi plan.")],
    customers: Annotated[
        Path, typer.Argument(metavar="CUSTOMERS", help="CSV or Parquet with customer_id.")
    ],
    out: Annotated[Path, typer.Option(help="A new folder for assignments, plans and plan.json.")],
    store: Annotated[
        str, typer.Option(help="Refuse opt-outs, unknown customers and assigned campaigns of it.")
    ] = "",
    seed: Annotated[
        int | None, typer.Option(min=0, help="By default the plan's, or else a fresh one.")
    ] = None,
    assigned_at: Annotated[str, typer.Option(help="ISO date or time, UTC; by default now.")] = "",
    file_format: Annotated[
        Literal["parquet", "csv"], typer.Option("--format", help="Of the tables.")
    ] = "parquet",
    drop_opted_out: Annotated[
        bool, typer.Option("--drop-opted-out", help="Leave out who opted out before.")
    ] = False,
    any_size: Annotated[
        bool, typer.Option("--any-size", help="Take a list of less than half the planned size.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Draw who is texted and who is held out, by a recorded plan, and write it down."""
    from smsroi_models.planning.assign import assign_customers, write_assignment
    from smsroi_models.planning.record import read_plan
    from smsroi_models.store.connect import open_store

    planned = read_plan(plan)
    if seed is None and planned.seed is None:
        seed = secrets.randbits(32)
    moment = _moment("assigned_at", assigned_at) if assigned_at else datetime.now(UTC)
    with open_store(find_store(store)) if store else nullcontext() as opened:
        drawn = assign_customers(
            planned,
            customers,
            opened,
            assigned_at=moment,
            seed=seed,
            drop_opted_out=drop_opted_out,
            any_size=any_size,
        )
    written = write_assignment(drawn, out, file_format=file_format)
    told = {
        "folder": str(written),
        "campaign_id": drawn.plan.campaign_id,
        "n_treatment": drawn.plan.n_treatment,
        "n_holdout": drawn.plan.n_holdout,
        "strata": drawn.table["stratum"].nunique(),
        "opted_out": drawn.opted_out,
        "seed": drawn.plan.seed,
        "sha256": drawn.plan.sha256,
        "warnings": drawn.warnings,
    }
    for warning in drawn.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if as_json:
        print(json.dumps(told, indent=2))
        return
    print(
        f"Drew {len(drawn.table):,} customers for {drawn.plan.campaign_id}: "
        f"{drawn.plan.n_treatment:,} to be texted, {drawn.plan.n_holdout:,} held out"
    )
    if drawn.opted_out:
        print(f"Left out {drawn.opted_out:,} who had opted out")
    print(f"Seed {drawn.plan.seed}; plan {drawn.plan.sha256[:12]}")
    tables = [str(written / f"{name}.{file_format}") for name in ("assignments", "plans")]
    adding = ["smsroi", "import", "smsroi", *tables, "--store", store or "STORE"]
    print(f"Wrote {written}: text nobody whose arm is holdout. Once the store has the campaign:")
    print(shlex.join(adding))


def _moment(name: str, text: str) -> datetime:
    from smsroi_models.soundness import parse_as_of

    try:
        return parse_as_of(text)
    except ParameterError as error:
        raise ParameterError(str(error).replace("as_of", name, 1)) from error


def _refuse_known(store: str, campaign_id: str, target: Path) -> None:
    """Refuse a campaign that has begun, and a plan that is recorded, before any work is done."""
    from smsroi_models.attribution.campaigns import read_campaign_ids
    from smsroi_models.store.connect import open_store

    if target.expanduser().exists():
        raise ParameterError(
            f"{target} is there already: a recorded plan is not replaced. Name another --plan-file"
        )
    with open_store(store) as opened:
        if "campaigns" in opened and campaign_id in read_campaign_ids(opened):
            raise ParameterError(
                f"campaign {campaign_id!r} is in the store already: a plan is made before a "
                "campaign begins; give the new one its own id"
            )


def _check_plan(store: str, values: dict[str, Any]) -> None:
    """Raise for what the record of the plan or its page would refuse, before any work."""
    from smsroi_models.planning.grounds import read_grounds
    from smsroi_models.report.folders import as_of_folder
    from smsroi_models.store.connect import open_store

    share = values["holdout_share"] or 0.5
    _record(values["campaign_id"], values["name"], values | {"holdout_share": share})
    if values["as_of"]:
        as_of_folder(values["as_of"])
    asked = ("window_days", "pre_days", "confidence_level", "power")
    costs = {name: values[name] for name in ("cost_per_text", "fixed_cost") if values[name] >= 0}
    with open_store(store) as opened:
        read_grounds(
            opened,
            holdout_share=values["holdout_share"] or None,
            segment=values["segment"] or None,
            as_of=values["as_of"] or None,
            **{name: values[name] for name in asked},
            **costs,
        )


def _plan_of(results: dict[str, Any], rules: dict[str, Any]) -> "Plan":
    figures = results["figures"] | rules
    share = figures["chosen"]["holdout_share"]
    return _record(results["campaign_id"], results["name"], figures | {"holdout_share": share})


def _record(campaign_id: str, name: str, settings: dict[str, Any]) -> "Plan":
    from smsroi_models.decision import DecisionRule
    from smsroi_models.planning.record import Plan

    return Plan(
        campaign_id,
        name or campaign_id,
        datetime.now(UTC),
        settings["window_days"],
        settings["holdout_share"],
        strata=settings["strata"],
        pre_days=settings["pre_days"],
        covariates=tuple(settings.get("covariates", ())),
        confidence_level=settings["confidence_level"],
        rule=DecisionRule(settings["minimum_profit"], settings["power"]),
        n_audience=settings.get("stakes", {}).get("n_customers"),
    )
