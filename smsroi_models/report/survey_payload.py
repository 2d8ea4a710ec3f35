"""The figures of the report on a survey for machines: what becomes ``results.json``."""

from typing import Any

from smsroi_models.report import survey_words as words
from smsroi_models.report.payload import Results
from smsroi_models.report.results import SURVEYED
from smsroi_models.survey_result import SurveyResult


def results(result: SurveyResult, campaign_id: str) -> Results:
    """Return the figures for ``results.json``; the id is that of the report's folder."""
    return Results(
        {
            "campaign_id": campaign_id,
            "name": f"Survey {result.survey.survey_id}",
            "title": words.TITLE,
            "currency": result.currency,
            "as_of": _iso(result),
            "verdict": words.verdict(result),
            "outcome": SURVEYED,
            "evidence": "answers",
            "store_fingerprint": result.store_fingerprint,
            "figures": figures(result),
            "checks": [check.to_dict() for check in result.checks],
        }
    )


def figures(result: SurveyResult) -> dict[str, Any]:
    """Return every figure of a survey as plain values."""
    return {
        "survey": result.survey.to_dict(),
        "confidence_level": result.confidence_level,
        "boxes": result.boxes,
        "counts": result.counts.to_dict(),
        "distribution": {f"{answer:g}": count for answer, count in result.distribution.items()},
        "everybody": result.everybody.to_dict(),
        "arms": {arm.arm or "asked": arm.to_dict() for arm in result.arms},
        "difference": result.difference.to_dict() if result.difference else None,
        "rates": [rate.to_dict() for rate in result.rates],
        "followed": result.followed.to_dict() if result.followed else None,
    }


def _iso(result: SurveyResult) -> str:
    moment = result.as_of
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H%M%SZ}"
