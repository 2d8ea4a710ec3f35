"""The figures of the report on the audience for machines: what becomes ``results.json``."""

from typing import Any

from smsroi_models.audience_result import AudienceResult
from smsroi_models.report import audience_words as words
from smsroi_models.report.payload import Results
from smsroi_models.report.results import AUDIENCE

_TOLD_APART = ("as_of", "checks", "missing", "store_fingerprint", "locale")


def results(result: AudienceResult, campaign_id: str) -> Results:
    """Return the figures for ``results.json``; the id is that of the report's folder."""
    figures = {name: value for name, value in result.to_dict().items() if name not in _TOLD_APART}
    return Results(
        {
            "campaign_id": campaign_id,
            "name": "The audience",
            "title": words.TITLE,
            "as_of": _moment(result),
            "headline": words.headline(result),
            "locale": result.locale,
            "verdict": words.verdict(result),
            "outcome": AUDIENCE,
            "evidence": "description",
            "store_fingerprint": result.store_fingerprint,
            "figures": _plain(figures),
            "checks": [check.to_dict() for check in result.checks],
        }
    )


def _moment(result: AudienceResult) -> str:
    as_of = result.as_of
    if as_of.hour or as_of.minute or as_of.second:
        return as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{as_of:%Y-%m-%d}"


def _plain(value: Any) -> Any:
    """Return values that JSON knows: moments and days as ISO text."""
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
