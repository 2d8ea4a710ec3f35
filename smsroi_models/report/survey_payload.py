"""The figures of the report on a survey for machines: what becomes ``results.json``."""

from smsroi_models.report import survey_words as words
from smsroi_models.report.payload import Results
from smsroi_models.report.results import SURVEYED
from smsroi_models.report.survey_values import survey_values
from smsroi_models.survey_result import SurveyResult


def results(result: SurveyResult, campaign_id: str) -> Results:
    """Return the figures for ``results.json``; the id is that of the report's folder."""
    return Results(
        {
            "campaign_id": campaign_id,
            "name": _name(result),
            "title": words.TITLE,
            "currency": result.currency,
            "locale": result.locale,
            "as_of": _iso(result),
            "headline": words.headline(result),
            "verdict": words.verdict(result),
            "outcome": SURVEYED,
            "evidence": "answers",
            "store_fingerprint": result.store_fingerprint,
            "figures": survey_values(result),
            "checks": [check.to_dict() for check in result.checks],
        }
    )


def _name(result: SurveyResult) -> str:
    """Return the id after the campaign's name: one campaign may have several surveys."""
    survey = result.survey.survey_id
    return f"{result.campaign_name} ({survey})" if result.campaign_name else f"Survey {survey}"


def _iso(result: SurveyResult) -> str:
    moment = result.as_of
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H%M%SZ}"
