"""The figures of the report on lifetime value for machines: what becomes ``results.json``."""

import math
from typing import Any

from smsroi_models.lifetime_result import LifetimeResult
from smsroi_models.report import lifetime_words as words
from smsroi_models.report.payload import Results
from smsroi_models.report.results import VALUED


def results(result: LifetimeResult, campaign_id: str) -> Results:
    """Return the figures for ``results.json``; the id is that of the report's folder."""
    total = result.total
    figures: dict[str, Any] = {
        "confidence_level": result.terms.confidence_level,
        "terms": result.terms.to_dict(),
        "n_customers": result.n_customers,
        "n_repeat_buyers": result.n_repeat_buyers,
        "n_without_orders": result.n_without_orders,
        "total": total.to_dict(),
        "alive": result.alive.to_dict(),
        "alive_repeat_buyers": result.alive_repeat_buyers.to_dict(),
        "margin": result.margin.to_dict(),
        "model": result.model,
        "model_reason": result.model_reason,
        "value_by_model": result.value_by_model,
        "purchase_model": result.purchase_model.to_dict(),
        "spend_model": result.spend_model.to_dict(),
        "choice": {
            "best": result.choice.best,
            "scores": [score.to_dict() for score in result.choice.scores],
        },
        "holdout": _holdout_figures(result),
        "spend_correlation": result.correlation.to_dict() if result.correlation else None,
        "groups": {by: [group.to_dict() for group in found] for by, found in result.groups.items()},
        "activity": result.activity.to_dict(),
    }
    return Results(
        {
            "campaign_id": campaign_id,
            "name": "Customers' lifetime value",
            "title": words.TITLE,
            "currency": result.currency,
            "locale": result.locale,
            "as_of": f"{result.as_of:%Y-%m-%d}",
            "headline": words.headline(result),
            "verdict": words.verdict(result),
            "outcome": VALUED,
            "evidence": "forecast",
            "store_fingerprint": result.store_fingerprint,
            "figures": figures,
            "checks": [check.to_dict() for check in result.checks],
        }
    )


def _holdout_figures(result: LifetimeResult) -> dict[str, Any] | None:
    """Return the holdout period; null for the end of a group that has none."""
    if result.holdout is None:
        return None
    figures = result.holdout.to_dict()
    for end in ("calibration_end", "holdout_end"):
        figures[end] = figures[end].isoformat()
    for trial in figures["trials"].values():
        ends = trial["by_frequency"]["most"]
        trial["by_frequency"]["most"] = [end if math.isfinite(end) else None for end in ends]
        if not math.isfinite(trial["misplaced_share"]):
            trial["misplaced_share"] = None
    return figures
