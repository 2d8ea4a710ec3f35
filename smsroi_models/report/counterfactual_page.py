"""The written parts of a report on a campaign that held nobody out.

Campaign names, messages and labels come from outside: every value passes Jinja's autoescape.
"""

from datetime import timedelta
from typing import Any

from smsroi_models.attribution.placebo import Stretch
from smsroi_models.report import counterfactual_words as words
from smsroi_models.report.borrowed_page import borrowed_tables
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import in_store_locale, written_day
from smsroi_models.report.numbers import (
    Money,
    percent,
    probability,
    shortened,
    step_for,
    with_interval,
)
from smsroi_models.report.payload import Results
from smsroi_models.report.results import versions
from smsroi_models.report.words import confidence
from smsroi_models.roi import CostLine
from smsroi_models.without_holdout import CounterfactualResult


@in_store_locale
def verdict(result: CounterfactualResult) -> Html:
    """Return the answer: a headline, a sentence with the interval in words, and any caution.

    It has the colour of doubt whatever it says: only a holdout earns green or red.
    """
    return fragment(
        "counterfactual_verdict.html",
        shown_name=shortened(result.campaign.name, 200),
        campaign_id=shortened(result.campaign.campaign_id),
        as_of=result.as_of,
        headline=words.HEADLINES[result.outcome],
        sentence=words.sentence(result),
        cautions=[check for check in result.checks if check.status == "failed"],
    )


@in_store_locale
def key_figures(result: CounterfactualResult) -> Html:
    """Return the handful of figures that a reader takes away."""
    money = Money(result.campaign.currency)
    tiles = []
    if result.profit is not None and result.probability_of_profit is not None:
        chance = probability(result.probability_of_profit, short=True)
        tiles.append(("Profit", *with_interval(result.profit, money, 0.01)))
        tiles.append(("Probability of a profit", chance, "if nothing else changed"))
    if result.roi is not None:
        tiles.append(("Return on cost (ROI)", *with_interval(result.roi, percent, 0.01)))
    tiles.append(("Extra margin", *with_interval(result.incremental_margin, money, 0.01)))
    expected = money(result.margin.expected_total, step_for(result.incremental_margin, 0.01))
    tiles.append(("Margin expected without it", expected, "from the days before"))
    if result.cost is not None:
        cost = money.booked(result.cost)
        tiles.append(("Cost", cost, "of the customers counted"))
    return fragment("counterfactual_key_figures.html", tiles=tiles, label=words.LABEL)


@in_store_locale
def ledger(result: CounterfactualResult) -> Html:
    """Return the ledger, from extra revenue to profit and ROI, with intervals."""
    money = Money(result.campaign.currency)
    goods = result.incremental_margin.estimate - result.incremental_revenue.estimate
    step = step_for(result.incremental_margin, 0.01)
    rows: list[tuple[str, str, str, str]] = [
        ("Extra revenue", *with_interval(result.incremental_revenue, money, 0.01), "total"),
        ("Cost of goods behind it", money(goods, step), "", ""),
        ("Extra margin", *with_interval(result.incremental_margin, money, 0.01), "total"),
        *(
            (_cost_label(line), money(-line.counted, 0.01 if line.counted < 1e5 else 1.0), "", "")
            for line in result.ledger
        ),
    ]
    if result.profit is not None:
        rows.append(("Profit", *with_interval(result.profit, money, 0.01), "grand"))
    if result.roi is not None:
        rows.append(("Return on cost (ROI)", *with_interval(result.roi, percent, 0.01), "total"))
    return fragment(
        "counterfactual_ledger.html",
        rows=rows,
        confidence=confidence(result.confidence_level),
        counted=result.series.counted,
        assigned=result.assigned,
    )


@in_store_locale
def placebo(result: CounterfactualResult) -> Html:
    """Return what came of the trials on quiet stretches."""
    money = Money(result.campaign.currency)
    return fragment(
        "counterfactual_placebo.html",
        sentence=words.placebo_sentence(result),
        rows=[_stretch_row(result, stretch, money) for stretch in result.placebo.stretches],
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def borrowed(result: CounterfactualResult) -> Html:
    """Return what evidence of campaigns with a holdout says, or why none can be borrowed."""
    return borrowed_tables(result)


@in_store_locale
def checks(result: CounterfactualResult) -> Html:
    """Return what was checked before any figure was shown."""
    return fragment("checks.html", checks=result.checks)


@in_store_locale
def limits(result: CounterfactualResult) -> Html:
    """Return what the report does not show, and how to know better next time."""
    return fragment("counterfactual_limits.html", result=result, missing=result.missing)


@in_store_locale
def method(result: CounterfactualResult) -> Html:
    """Return how the figures were made and from what: enough to make them again."""
    return fragment(
        "counterfactual_method.html",
        result=result,
        method=words.method(result),
        versions=versions(),
    )


def results(result: CounterfactualResult) -> Results:
    """Return the figures for ``results.json``."""
    margin, tried = result.margin, result.placebo
    figures: dict[str, Any] = {
        "confidence_level": result.confidence_level,
        "cost": result.cost,
        "probability_of_profit": result.probability_of_profit,
        "incremental_revenue": result.incremental_revenue.to_dict(),
        "incremental_margin": result.incremental_margin.to_dict(),
        "profit": result.profit.to_dict() if result.profit else None,
        "roi": result.roi.to_dict() if result.roi else None,
        "expected_margin": margin.expected_total,
        "n_treatment": result.series.counted,
        "n_holdout": 0,
        "n_assigned": result.assigned,
        "n_controls": result.series.controls if result.series.has_controls else 0,
        "learnt_days": margin.learnt_days,
        "placebo_stretches": len(tried.stretches),
        "placebo_covered": tried.covered,
        "placebo_largest": tried.largest,
        "borrowed": _borrowed(result),
    }
    moment = result.as_of
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return Results(
        {
            "campaign_id": result.campaign.campaign_id,
            "name": result.campaign.name,
            "currency": result.campaign.currency,
            "locale": result.campaign.locale,
            "as_of": f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H%M%SZ}",
            "starts_at": f"{result.campaign.starts_at:%Y-%m-%d}",
            "headline": words.HEADLINES[result.outcome],
            "verdict": words.verdict(result),
            "outcome": result.outcome,
            "evidence": result.evidence,
            "store_fingerprint": result.store_fingerprint,
            "figures": figures,
            "checks": [check.to_dict() for check in result.checks],
        }
    )


def _borrowed(result: CounterfactualResult) -> dict[str, Any] | None:
    """Return the leading borrowed figure, or None; it never is one of the figures above it."""
    found = result.borrowed.leading if result.borrowed else None
    return found.to_dict() if found else None


def _stretch_row(result: CounterfactualResult, stretch: Stretch, money: Money) -> dict[str, Any]:
    first = result.series.span.starts_at + timedelta(days=stretch.first_day)
    step = step_for(stretch.effect, 0.01)
    effect, interval = with_interval(stretch.effect, money, 0.01)
    return {
        "first": written_day(first),
        "actual": money(stretch.actual, step),
        "expected": money(stretch.expected, step),
        "effect": effect,
        "interval": interval,
        "covers": stretch.covers_zero,
    }


def _cost_label(line: CostLine) -> str:
    if abs(line.counted - line.amount) < 0.005:
        return f"Cost: {line.label}"
    return f"Cost: {line.label}, part of those counted"
