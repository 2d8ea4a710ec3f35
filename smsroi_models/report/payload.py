"""The figures of a campaign's report for machines: what becomes ``results.json``."""

import math
from datetime import datetime
from typing import Any

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.pull_forward import PullForward
from smsroi_models.attribution.tracked_records import Claim
from smsroi_models.clv.long_term_records import LongTerm
from smsroi_models.likelihood import in_words
from smsroi_models.next_steps import Step, next_steps
from smsroi_models.report import words
from smsroi_models.report.next_steps_page import advice
from smsroi_models.report.results import RESULTS_MIME
from smsroi_models.report.survey_values import survey_values
from smsroi_models.result import CampaignResult


class Results:
    """The report's figures for machines; shows nothing on the page."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self.payload = payload

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {RESULTS_MIME: self.payload}


def results(result: CampaignResult) -> Results:
    """Return the figures for ``results.json``.

    What the first half-page says in words stands in it beside its figures:

    likelihood
        ``probability`` of a profit, in [0, 1], its ``word`` on the scale of `likelihood.in_words`,
        and the page's ``sentence``; null where it is not told.
    next_steps
        At most `MOST_STEPS`, most pressing first: ``kind``, ``subject`` and ``at_stake`` as in
        `next_steps.Step`, ``text``, and ``rests_on``, the figure that it rests on.

    Parameters
    ----------
    result : CampaignResult
    """
    roi = result.roi
    return Results(
        {
            "campaign_id": result.campaign.campaign_id,
            "name": result.campaign.name,
            "currency": result.campaign.currency,
            "locale": result.campaign.locale,
            "as_of": _iso(result.as_of),
            "starts_at": f"{result.campaign.starts_at:%Y-%m-%d}",
            "headline": words.headline(result),
            "verdict": words.verdict(result),
            "outcome": result.outcome,
            "store_fingerprint": result.store_fingerprint,
            "so_far": _so_far(result),
            "decision": {
                **result.decision.to_dict(),
                "text": words.next_step(result),
                "rule": result.rule.to_dict(),
            },
            "likelihood": _likelihood(result),
            "next_steps": [_step(step, result) for step in next_steps(result)],
            "plan": {"sha256": result.plan.sha256} if result.plan else None,
            "figures": {
                "confidence_level": roi.confidence_level,
                "cost": roi.cost,
                "probability_of_profit": roi.probability_of_profit,
                "break_even_lift": roi.break_even_lift,
                "payback_day": result.payback_day,
                "clear_of_zero_day": result.clear_of_zero.day if result.clear_of_zero else None,
                "above_cost_day": result.above_cost.day if result.above_cost else None,
                "daily": [day.to_dict() for day in result.daily],
                "n_treatment": result.lift["margin"].headline.n_treatment,
                "n_holdout": result.lift["margin"].headline.n_holdout,
                "waiting": result.readiness.waiting,
                **{
                    name: figure.to_dict() if figure else None
                    for name, figure in _estimates(result).items()
                },
                "lift": {name: pair.headline.to_dict() for name, pair in result.lift.items()},
                "unadjusted_lift": {
                    name: pair.unadjusted.to_dict() for name, pair in result.lift.items()
                },
            },
            "caps": result.caps.to_dict() if result.caps else None,
            "reached": _reached(result),
            "after_window": _after_window(result.after_window),
            "long_term": _long_term(result.long_term),
            "audience": result.audience.to_dict() if result.audience else None,
            "segments": _segments(result),
            "tracked": _tracked(result),
            "systems": result.systems.to_dict() if result.systems else None,
            "said": survey_values(result.said) if result.said else None,
            "checks": [check.to_dict() for check in result.checks],
        }
    )


def _likelihood(result: CampaignResult) -> dict[str, Any] | None:
    """Return how likely a profit is, as the page says it; null where it says nothing."""
    sentence, chance = words.how_sure(result), result.roi.probability_of_profit
    if not sentence or chance is None:
        return None
    return {"probability": chance, "word": in_words(chance), "sentence": sentence}


def _step(step: Step, result: CampaignResult) -> dict[str, Any]:
    """Return a thing to do with what it rests on, as the page says it."""
    text, rests_on = advice(step, result)
    return {**step.to_dict(), "text": text, "rests_on": rests_on}


def _estimates(result: CampaignResult) -> dict[str, Estimate | None]:
    roi = result.roi
    return {
        "incremental_revenue": roi.incremental_revenue,
        "incremental_margin": roi.incremental_margin,
        "profit": roi.profit,
        "roi": roi.roi,
        "extra_orders": result.extra_orders,
    }


def _so_far(result: CampaignResult) -> dict[str, Any] | None:
    """Return how far a running campaign is; null for the final reading."""
    if result.so_far is None:
        return None
    return {
        **result.so_far.to_dict(),
        "last_assigned_at": _iso(result.so_far.last_assigned_at),
        "ends_at": _iso(result.so_far.ends_at),
    }


def _reached(result: CampaignResult) -> dict[str, Any] | None:
    """Return the effect on those reached; null where it is not told or its F has no end."""
    if result.reached is None:
        return None
    found = result.reached.to_dict()
    exact = not math.isfinite(found["first_stage_f"])
    return {**found, "first_stage_f": None if exact else found["first_stage_f"]}


def _after_window(found: PullForward | None) -> dict[str, Any] | None:
    """Return what became of the gain; null while the campaign runs."""
    if found is None:
        return None
    return {
        "verdict": found.verdict,
        "horizons": [horizon.to_dict() for horizon in found.horizons],
        "too_early": {str(days): _iso(when) for days, when in found.too_early.items()},
        "not_estimable": {str(days): reason for days, reason in found.not_estimable.items()},
    }


def _long_term(found: LongTerm | None) -> dict[str, Any] | None:
    """Return the longer views; null while the campaign runs."""
    if found is None:
        return None
    values = found.to_dict()
    if found.fit is not None:
        values["fit"]["fitted_until"] = found.fit.fitted_until.isoformat()
    for one, forecast in zip(values["forecasts"], found.forecasts, strict=True):
        one["supported"] = forecast.supported
    if found.lost is not None and found.lost.value is not None:
        # Where the margin per text was stated there are endless degrees of freedom: no JSON number.
        for part in (values["lost"]["value"], values["lost"]["value"]["per_text"]):
            finite = math.isfinite(part["degrees_of_freedom"])
            part["degrees_of_freedom"] = part["degrees_of_freedom"] if finite else None
    retention = values["retention"]
    # A share a day of either arm is what a figure needs; the fixed days say the same in numbers.
    for name in ("treatment", "holdout"):
        del retention[name]
    for one, cohort in zip(retention["cohorts"], found.retention.cohorts, strict=True):
        one["starts"] = cohort.starts.isoformat()
    return values


def _segments(result: CampaignResult) -> dict[str, Any] | None:
    """Return the segments with their corrected p-values; null where they were not compared."""
    if result.segments is None:
        return None
    found = result.segments
    return {
        **found.to_dict(),
        "differ": found.differ,
        "responded_more": list(found.responded_more),
        "responded_less": list(found.responded_less),
    }


def _tracked(result: CampaignResult) -> dict[str, Any] | None:
    """Return each rule's claim by its name; null where the store has no touches."""
    if result.tracked is None:
        return None
    found = result.tracked
    return {
        "claims": {claim.rule.name: _claim(claim) for claim in found.claims},
        "by_touch": {claim.rule.name: _claim(claim) for claim in found.by_touch},
        "total_revenue": found.total_revenue,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    record = claim.to_dict()
    rule = record.pop("rule")
    return {**record, **{name: rule[name] for name in ("label", "source", "seen_on")}}


def _iso(moment: datetime) -> str:
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H%M%SZ}"
