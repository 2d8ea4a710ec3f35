"""The written parts of a programme's report.

Campaign names and labels come from outside: every value passes Jinja's autoescape.
"""

from datetime import datetime
from typing import Any

from smsroi_models.programme_result import CampaignPart, ProgrammeResult
from smsroi_models.report import programme_words as words
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import in_store_locale, written_day
from smsroi_models.report.numbers import (
    Money,
    percent,
    plain,
    probability,
    shortened,
    step_for,
    tally,
    with_interval,
)
from smsroi_models.report.payload import Results
from smsroi_models.report.results import versions
from smsroi_models.report.retold import retold
from smsroi_models.report.words import confidence
from smsroi_models.roi import CostLine


@in_store_locale
def verdict(result: ProgrammeResult) -> Html:
    """Return the answer: a headline, a sentence with the interval in words, and any caution."""
    failed = [c for c in result.checks if c.status == "failed" and c is not result.invalidated_by]
    return fragment(
        "programme_verdict.html",
        shown_name=shortened(result.campaign.name, 200),
        campaign_id=shortened(result.campaign.campaign_id),
        as_of=result.as_of,
        outcome=result.outcome,
        headline=words.HEADLINES[result.outcome],
        sentence=words.sentence(result),
        cautions=failed,
    )


@in_store_locale
def key_figures(result: ProgrammeResult) -> Html:
    """Return the handful of figures that a reader takes away; none where they mean nothing."""
    if result.outcome == "invalid":
        return Html("<p>All that follows is how the two groups differ, whatever the reason.</p>")
    roi, money = result.roi, Money(result.campaign.currency)
    tiles = []
    if roi.profit is not None and roi.probability_of_profit is not None:
        chance = probability(roi.probability_of_profit, short=True)
        tiles.append(("Profit", *with_interval(roi.profit, money, 0.01)))
        tiles.append(("Probability of a profit", chance, "given these data"))
    if roi.roi is not None:
        tiles.append(("Return on cost (ROI)", *with_interval(roi.roi, percent, 0.01)))
    lift = result.lift["margin"].headline.scaled(1.0)
    per_customer = with_interval(lift, money, 0.01)
    tiles.append(("Extra margin per customer", *per_customer))
    held = sum(cohort.n_holdout for cohort in result.cohorts)
    tiles.append(("Kept out of every campaign", tally(held), _of_all(result, held)))
    if roi.cost is not None:
        cost = money.booked(roi.cost)
        tiles.append(("Cost", cost, f"of {len(result.campaigns)} campaigns, as booked"))
    return fragment("key_figures.html", tiles=tiles)


@in_store_locale
def ledger(result: ProgrammeResult) -> Html:
    """Return the ledger, from extra revenue to profit and ROI, with intervals."""
    roi, money = result.roi, Money(result.campaign.currency)
    goods = roi.incremental_margin.estimate - roi.incremental_revenue.estimate
    step = step_for(roi.incremental_margin, 0.01)
    rows: list[tuple[str, str, str, str]] = [
        ("Extra revenue", *with_interval(roi.incremental_revenue, money, 0.01), "total"),
        ("Cost of goods behind it", money(goods, step), "", ""),
        ("Extra margin", *with_interval(roi.incremental_margin, money, 0.01), "total"),
        *((_cost_label(line), _amount(-line.counted, money), "", "") for line in roi.ledger),
    ]
    if roi.profit is not None:
        rows.append(("Profit", *with_interval(roi.profit, money, 0.01), "grand"))
    if roi.roi is not None:
        rows.append(("Return on cost (ROI)", *with_interval(roi.roi, percent, 0.01), "total"))
    return fragment(
        "ledger.html", sentence="", rows=rows, confidence=confidence(roi.confidence_level)
    )


@in_store_locale
def campaigns(result: ProgrammeResult) -> Html:
    """Return campaign by campaign what was sent and paid, and what its own holdout says."""
    money = Money(result.campaign.currency)
    total = result.sum_of_campaigns
    read = [part for part in result.campaigns if part.profit is not None]
    return fragment(
        "programme_campaigns.html",
        rows=[_campaign_row(part, money) for part in result.campaigns],
        all_read=len(read) == len(result.campaigns),
        sent=tally(sum(part.spending.sent for part in read)),
        cost=_amount(sum(part.spending.cost for part in read), money),
        total=with_interval(total, money, 0.01) if total else ("", ""),
        programme=with_interval(result.roi.profit, money, 0.01) if result.roi.profit else None,
        programme_cost=_amount(result.roi.cost, money) if result.roi.cost is not None else "",
        sentence=words.side_by_side(result),
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def cohorts(result: ProgrammeResult) -> Html:
    """Return how many joined in each month, and how many of them are kept out."""
    return fragment(
        "programme_cohorts.html",
        cohorts=result.cohorts,
        shares=[percent(cohort.holdout_share, 0.001) for cohort in result.cohorts],
        days=plain(result.exposure_days, 1.0),
    )


@in_store_locale
def checks(result: ProgrammeResult) -> Html:
    """Return what was checked before any figure was trusted."""
    return fragment("checks.html", checks=result.checks)


@in_store_locale
def limits(result: ProgrammeResult) -> Html:
    """Return what the report does not show, and what absent tables keep it from saying."""
    return fragment("programme_limits.html", result=result, missing=result.missing)


@in_store_locale
def method(result: ProgrammeResult) -> Html:
    """Return how the figures were made and from what: enough to make them again."""
    return fragment(
        "programme_method.html",
        result=result,
        method=words.method(result),
        sent=sum(part.spending.sent for part in result.campaigns),
        delivered=sum(part.spending.delivered for part in result.campaigns),
        segments=sum(part.spending.segments for part in result.campaigns),
        versions=versions(),
    )


def results(result: ProgrammeResult) -> Results:
    """Return the figures for ``results.json``."""
    roi, margin = result.roi, result.lift["margin"].headline
    figures: dict[str, Any] = {
        "confidence_level": roi.confidence_level,
        "cost": roi.cost,
        "probability_of_profit": roi.probability_of_profit,
        "break_even_lift": roi.break_even_lift,
        "n_treatment": margin.n_treatment,
        "n_holdout": margin.n_holdout,
        "exposure_days": result.exposure_days,
        "incremental_revenue": roi.incremental_revenue.to_dict(),
        "incremental_margin": roi.incremental_margin.to_dict(),
        "profit": roi.profit.to_dict() if roi.profit else None,
        "roi": roi.roi.to_dict() if roi.roi else None,
        "sum_of_campaigns": result.sum_of_campaigns.to_dict() if result.sum_of_campaigns else None,
        "campaigns": [_campaign_figures(part) for part in result.campaigns],
        "months": [
            {"ends_at": _iso(m.ends_at), "margin": m.margin.to_dict(), "cost": m.cost}
            for m in result.months
        ],
        "cohorts": [cohort.to_dict() for cohort in result.cohorts],
        "lift": {name: pair.headline.to_dict() for name, pair in result.lift.items()},
        "unadjusted_lift": {name: pair.unadjusted.to_dict() for name, pair in result.lift.items()},
    }
    return Results(
        {
            "campaign_id": result.campaign.campaign_id,
            "name": result.campaign.name,
            "currency": result.campaign.currency,
            "locale": result.campaign.locale,
            "as_of": _iso(result.as_of),
            "starts_at": f"{result.campaign.starts_at:%Y-%m-%d}",
            "headline": words.HEADLINES[result.outcome],
            "verdict": words.verdict(result),
            "outcome": result.outcome,
            "store_fingerprint": result.store_fingerprint,
            "figures": figures,
            "checks": [check.to_dict() for check in result.checks],
        }
    )


def _of_all(result: ProgrammeResult, held: int) -> str:
    everybody = held + sum(cohort.n_treatment for cohort in result.cohorts)
    return f"{percent(held / everybody, 0.001)} of {tally(everybody)} customers"


def _campaign_row(part: CampaignPart, money: Money) -> dict[str, str]:
    spent = part.spending
    profit, interval = with_interval(part.profit, money, 0.01) if part.profit else ("", "")
    return {
        "name": shortened(spent.name),
        "campaign_id": shortened(spent.campaign_id),
        "started": written_day(spent.starts_at),
        "sent": tally(spent.sent),
        "cost": _amount(spent.cost, money),
        "profit": profit,
        "interval": interval,
        "reason": retold(part.reason),
    }


def _campaign_figures(part: CampaignPart) -> dict[str, Any]:
    return {
        "campaign_id": part.spending.campaign_id,
        "sent": part.spending.sent,
        "cost": part.spending.cost,
        "profit": part.profit.to_dict() if part.profit else None,
    }


def _cost_label(line: CostLine) -> str:
    if abs(line.counted - line.amount) < 0.005:
        return f"Cost: {line.label}"
    return f"Cost: {line.label}, part of the time counted"


def _amount(amount: float, money: Money) -> str:
    return money(amount, 0.01 if abs(amount) < 100 else 1.0)


def _iso(moment: datetime) -> str:
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H%M%SZ}"
