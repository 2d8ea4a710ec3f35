"""Every figure of a survey as plain values, for its own results and its campaign's."""

from typing import Any

from smsroi_models.survey_result import SurveyResult


def survey_values(result: SurveyResult) -> dict[str, Any]:
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
        "comments": result.comments.to_dict() if result.comments else None,
        "followed": result.followed.to_dict() if result.followed else None,
    }
