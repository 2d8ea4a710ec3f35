"""Typeform, SurveyMonkey and Delighted: answers to one question, under a survey of the store.

Typeform's and SurveyMonkey's CSV are seen in third-party code, Delighted's JSON is documented by
Delighted. Which question counts, what it measures and on which scale no export says: the section
``[survey]`` of the mapping file does. A comment is kept only if its column is named, and then
without addresses and numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from smsroi_models.errors import ParameterError
from smsroi_models.store.conform import similar_column
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import DroppedRecord, Layout, Row, Values, Vendor
from smsroi_models.store.vendors.mapping import key_needed
from smsroi_models.store.vendors.values import from_epoch, moment_needed, needed, number, text

_METRICS = ("nps", "csat", "ces", "intent")
_NPS_SCALE = (0.0, 10.0)


@dataclass(frozen=True, slots=True)
class Survey:
    """A question: its id, what it measures, its scale and its words."""

    survey_id: str
    metric: str
    scale_min: float
    scale_max: float
    question: str

    def row(self, context: Context) -> Row:
        """Return the row of ``surveys``."""
        return Row(
            "surveys",
            {
                "survey_id": self.survey_id,
                "campaign_id": context.campaign_id,
                "metric": self.metric,
                "scale_min": self.scale_min,
                "scale_max": self.scale_max,
                "question": self.question,
            },
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as an export has it, before it is held against the question's scale."""

    response_id: str
    at: datetime
    score: float | None
    customer_id: str | None
    comment: str | None


def _survey(context: Context, metric: str | None = None) -> Survey:
    section = context.section("survey")
    named = str(section.get("metric") or metric or key_needed(section, "metric", "[survey]"))
    if named not in _METRICS:
        raise ParameterError(f"metric of [survey] is {named!r}: one of {', '.join(_METRICS)}")
    low, high = section.get("scale_min"), section.get("scale_max")
    if named == "nps":
        low, high = _NPS_SCALE if low is None and high is None else (low, high)
    if not all(isinstance(end, (int, float)) for end in (low, high)) or low >= high:  # type: ignore[operator]
        raise ParameterError(
            f"[survey] must say scale_min and scale_max of a question that measures {named}"
        )
    question = " ".join(str(key_needed(section, "question", "[survey]")).split())
    survey_id = str(key_needed(section, "id", "[survey]"))
    return Survey(survey_id, named, float(low), float(high), question)  # type: ignore[arg-type]


def _prepare(context: Context) -> None:
    _survey(context)


def _rows(survey: Survey, answer: Answer, context: Context) -> Iterator[Row]:
    if answer.score is None:
        raise DroppedRecord("the question was not answered")
    if not survey.scale_min <= answer.score <= survey.scale_max:
        raise DroppedRecord("the answer is off the question's scale")
    yield survey.row(context)
    yield Row(
        "responses",
        {
            "response_id": f"{survey.survey_id} {answer.response_id}",
            "survey_id": survey.survey_id,
            "customer_id": answer.customer_id,
            "responded_at": answer.at,
            "score": answer.score,
            "comment": answer.comment,
        },
    )


def _column(context: Context, key: str) -> str:
    return " ".join(str(context.section("survey").get(key, "")).split())


def _said(record: Values, context: Context, key: str, default: str) -> str | None:
    """Return what stands in the column that ``[survey]`` names; a misspelt one is refused."""
    column = _column(context, key)
    if column and column not in record:
        near = similar_column(column, list(record))
        hint = f"is {near!r} meant?" if near else f"it has {', '.join(sorted(record))}"
        raise ParameterError(f"{key} of [survey] is {column!r}, no column of the file: {hint}")
    return text(record, column or default)


def _asked(record: Values, survey: Survey, context: Context) -> str:
    """Return the column of the question: named, or the one whose title are its words."""
    column = _column(context, "score") or survey.question
    if column not in record:
        raise ParameterError(
            f"the file has no column {column!r}: name it as score in [survey] of the mapping file"
        )
    return column


def _read_sheet(
    record: Values, context: Context, response_id: str, at: datetime, address: str
) -> Iterator[Row]:
    survey = _survey(context)
    score = number(record, _asked(record, survey, context))
    who = context.person(
        _said(record, context, "phone", ""), _said(record, context, "email", address)
    )
    comment = _said(record, context, "comment", "")
    yield from _rows(survey, Answer(response_id, at, score, who, comment), context)


def _read_typeform(record: Values, context: Context) -> Iterator[Row]:
    # The column's name says the zone.
    clock = replace(context.clock, zone=UTC)
    at = moment_needed(record, "Submit Date (UTC)", clock)
    yield from _read_sheet(record, context, needed(record, "#"), at, "")


def _read_surveymonkey(record: Values, context: Context) -> Iterator[Row]:
    at = moment_needed(record, "End Date", context.clock)
    respondent = needed(record, "Respondent ID")
    yield from _read_sheet(record, context, respondent, at, "Email Address")


def _prepare_delighted(context: Context) -> None:
    _survey(context, "nps")
    if _column(context, "comment") not in ("", "comment"):
        raise ParameterError(
            f"comment of [survey] is {_column(context, 'comment')!r}: Delighted's answers hold "
            'theirs in comment = "comment"'
        )


def _read_delighted(record: Values, context: Context) -> Iterator[Row]:
    kind = (text(record, "survey_type") or "nps").lower()
    survey = _survey(context, "nps")
    if kind != survey.metric:
        raise DroppedRecord("measures something else than [survey] says", listed=False)
    person = record.get("person")
    named: Values = person if isinstance(person, dict) else {}
    who = context.person(text(named, "phone_number", "phone"), text(named, "email"), context.region)
    comment = text(record, "comment") if _column(context, "comment") == "comment" else None
    at = from_epoch(record, "created_at", 1)
    answer = Answer(needed(record, "id"), at, number(record, "score"), who, comment)
    yield from _rows(survey, answer, context)


TYPEFORM = Vendor(
    "typeform",
    (Layout("responses (CSV)", ("#", "Submit Date (UTC)"), _read_typeform, "#", _prepare),),
)
SURVEYMONKEY = Vendor(
    "surveymonkey",
    (
        Layout(
            "all responses (CSV with two header rows)",
            ("Respondent ID", "Collector ID", "Start Date", "End Date"),
            _read_surveymonkey,
            "Respondent ID",
            _prepare,
            header_rows=2,
        ),
    ),
)
DELIGHTED = Vendor(
    "delighted",
    (
        Layout(
            "survey responses (JSON)",
            ("id", "person", "score", "created_at"),
            _read_delighted,
            "id",
            _prepare_delighted,
        ),
    ),
)
