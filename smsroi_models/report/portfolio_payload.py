"""The figures of the report on all campaigns for machines: what becomes ``results.json``."""

from datetime import datetime
from typing import Any

from smsroi_models.portfolio_result import PortfolioResult
from smsroi_models.report import portfolio_words as words
from smsroi_models.report.payload import Results
from smsroi_models.report.results import PORTFOLIO


def results(result: PortfolioResult, campaign_id: str) -> Results:
    """Return the figures for ``results.json``; the id is that of the report's folder."""
    pooled = result.pooled
    figures: dict[str, Any] = {
        "confidence_level": result.confidence_level,
        "outcome": result.outcome,
        "total_cost": result.total_cost,
        "total_margin": result.total_margin.to_dict() if result.total_margin else None,
        "profit": result.total_profit.to_dict() if result.total_profit else None,
        "roi": result.total_roi.to_dict() if result.total_roi else None,
        "paid": result.count("paid"),
        "lost": result.count("lost"),
        "unclear": result.count("unclear"),
        "mean_roi": pooled.mean.to_dict() if pooled else None,
        "between_deviation": pooled.between_deviation if pooled else None,
        "next_roi": pooled.prediction.to_dict() if pooled else None,
        "trend": result.trend.to_dict() if result.trend else None,
        "shared_draws": result.shared_draws,
        "holdout_cost": result.holdout_cost.to_dict() if result.holdout_cost else None,
        "campaigns": [_campaign(result, index) for index in range(len(result.campaigns))],
        "aside": [_plain(each.to_dict()) for each in result.aside],
        "factors": _factors(result),
    }
    return Results(
        {
            "campaign_id": campaign_id,
            "name": "All campaigns",
            "title": words.TITLE,
            "currency": result.currency,
            "locale": result.locale,
            "as_of": _iso(result.as_of),
            "headline": words.headline(result),
            "verdict": words.verdict(result),
            "outcome": PORTFOLIO,
            "store_fingerprint": result.store_fingerprint,
            "figures": figures,
        }
    )


def _campaign(result: PortfolioResult, index: int) -> dict[str, Any]:
    each = result.campaigns[index]
    name, pooled = each.campaign_id, result.pooled
    found = result.p_values.get(name)
    drawn = pooled.drawn.get(name) if pooled else None
    return _plain(
        {
            **each.to_dict(),
            "outcome": result.outcome_of(each),
            "p_values": found.to_dict() if found else None,
            "shrunk_roi": drawn.to_dict() if drawn else None,
            "probability_best": result.best.get(name),
            "letters": list(result.letters.get(name, ())),
        }
    )


def _factors(result: PortfolioResult) -> dict[str, Any] | None:
    """Return the pooled factor of each kind of touch; null where they were not read."""
    if result.factors is None:
        return None
    return {
        each.touch: {
            "mean": each.revenue.mean.to_dict() if each.revenue else None,
            "prediction": each.revenue.prediction.to_dict() if each.revenue else None,
            "campaigns": [one.campaign_id for one in each.evidence],
            "age_days": each.ages(result.as_of).weighted_days,
        }
        for each in result.factors.touches
        if each.evidence
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _iso(value) if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _iso(moment: datetime) -> str:
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H%M%SZ}"
