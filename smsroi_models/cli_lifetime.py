"""The command for what customers are worth: `smsroi clv`."""

import json
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Any

import typer

from smsroi_models.cli_options import (
    AsOfOption,
    ConfidenceOption,
    JsonOption,
    ReportOption,
    StoreOption,
)
from smsroi_models.cli_page import Beside, render_page
from smsroi_models.errors import ParameterError
from smsroi_models.paths import find_store

lifetimes = typer.Typer()


@lifetimes.command()
def clv(
    store: StoreOption = "data/demo",
    reports: ReportOption = Path("reports"),
    as_of: AsOfOption = "",
    horizon_weeks: Annotated[float, typer.Option(help="How far ahead purchases count.")] = 52.0,
    discount_rate_per_year: Annotated[
        float, typer.Option(help="What money due in a year loses, a share.")
    ] = 0.1,
    margin_rate: Annotated[
        float, typer.Option(help="Margin of revenue, a share; 0 for that of the store's orders.")
    ] = 0.0,
    model: Annotated[str, typer.Option(help="auto, or bg_nbd, mbg_nbd, pareto_nbd.")] = "auto",
    confidence_level: ConfidenceOption = 0.95,
    out: Annotated[
        Path | None, typer.Option(help="Folder for each customer's own figures.")
    ] = None,
    out_format: Annotated[str, typer.Option("--format", help="parquet or csv.")] = "parquet",
    as_json: JsonOption = False,
) -> None:
    """Report what the customers are worth, and write each one's figures on request."""
    from smsroi_models.lifetime_terms import LifetimeTerms

    LifetimeTerms(horizon_weeks, discount_rate_per_year, "week", confidence_level)
    _check(as_of, out_format, margin_rate, model)
    url = find_store(store)
    if out:
        _prepare(out)
    values = {
        "store_url": url,
        "as_of": as_of,
        "horizon_weeks": horizon_weeks,
        "discount_rate_per_year": discount_rate_per_year,
        "margin_rate": margin_rate,
        "purchase_model": model,
        "confidence_level": confidence_level,
    }
    customers = Beside(
        "customers",
        "Customers one by one",
        lambda results: _write(out, out_format, values, results) if out else None,
    )
    render_page("customer_lifetime_value.ipynb", values, reports, as_json, customers)


def _check(as_of: str, out_format: str, margin_rate: float, model: str) -> None:
    """Refuse wrong options before a kernel starts."""
    from smsroi_models.clv.valued import Margin
    from smsroi_models.lifetime_models import model_names
    from smsroi_models.soundness import parse_past

    model_names(model)
    if margin_rate:
        Margin(margin_rate)
    if as_of:
        parse_past(as_of)
    if out_format not in ("parquet", "csv"):
        raise ParameterError(f"format is {out_format!r}: it must be parquet or csv")


def _prepare(out: Path) -> None:
    """Make the folder for each customer's figures; refuse one that takes no file."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise ParameterError(
            f"--out is {str(out)!r}: it must be a folder that takes files ({error.strerror}): "
            "name another, or leave it out"
        ) from error


def _write(out: Path, out_format: str, values: dict[str, Any], results: Path) -> Path:
    """Write each customer's figures beside those of the report, by the model that it chose."""
    from smsroi_models.lifetime import analyze_lifetime_value
    from smsroi_models.lifetime_predictions import write_customer_values
    from smsroi_models.store.connect import open_store

    report = json.loads(results.read_text(encoding="utf-8"))
    with open_store(values["store_url"]) as opened:
        result = analyze_lifetime_value(
            opened,
            report["as_of"],
            horizon_weeks=values["horizon_weeks"],
            discount_rate_per_year=values["discount_rate_per_year"],
            margin_rate=values["margin_rate"] or None,
            model=report["figures"]["model"],
            confidence_level=values["confidence_level"],
        )
        return write_customer_values(
            opened, result, out / f"customers-{report['as_of']}.{out_format}"
        )
