"""From a store to one record of what the answers to a survey say.

Tables meet numbers here: the people asked and what each said last, then scores, weights, the
difference between the arms, and what people bought afterwards.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import cast

import numpy as np
from ibis import _

from smsroi_models.attribution.campaigns import (
    Campaign,
    assigned_customers,
    read_campaign,
    read_last_order_at,
    read_locale,
)
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.gates import ranked
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.masking import masked_contacts
from smsroi_models.soundness import check_parameters, horizon, parse_past, require_sound
from smsroi_models.store.absent import missing_tables
from smsroi_models.store.connect import Store
from smsroi_models.survey.answers import Scale, read_answers, refuse_off_scale
from smsroi_models.survey.arm_answers import difference_of_arms
from smsroi_models.survey.followed import Followed, what_followed
from smsroi_models.survey.metrics import METRICS, Metric, score_by_metric
from smsroi_models.survey.people_asked import Asked, collect_asked
from smsroi_models.survey.questions import Survey, read_survey, read_survey_ids
from smsroi_models.survey_arms import count_answers, read_arms, survey_checks
from smsroi_models.survey_comments import read_comments
from smsroi_models.survey_result import SurveyResult

NEEDED = ("surveys", "responses")
_WEIGHT_BY = ("segment", "region", "bought_before")


def analyze_survey(
    store: Store,
    survey_id: str,
    as_of: datetime | date | str | None = None,
    *,
    follow_days: int = 30,
    boxes: int | None = None,
    weight_by: Sequence[str] = _WEIGHT_BY,
    confidence_level: float = 0.95,
) -> SurveyResult:
    """Score a survey: of everybody who answered, of each arm, and what people did afterwards.

    Each person counts with the latest answer. The answers of an arm are weighted to everyone
    assigned to it; a survey without a campaign is weighted to everyone invited.

    Parameters
    ----------
    store : Store
        With ``surveys`` and ``responses``.
    survey_id : str
    as_of : datetime, date or str, optional
        Up to when answers and orders count; by default the midnight that begins the last day with
        an order, or, without orders, the one after the last answer.
    follow_days : int
        Days after an answer in which purchases count, 1 to 365.
    boxes : int, optional
        Of the highest answers, how many count as satisfied or as willing; by default two, on a
        scale of fewer than five answers one.
    weight_by : sequence of str
        Of ``segment``, ``region`` and ``bought_before`` (in the 90 days before assignment); empty
        for no weights.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    StoreError
        If there are no surveys or responses, or the store breaks its contract.
    DataError
        If there is no such survey, or a score is off the survey's scale.
    NotEstimableError
        If nobody has answered by then.
    ParameterError
        If a parameter lies outside its range.

    References
    ----------
    docs/surveys.md.
    """
    check_parameters(confidence_level, 0)
    check_options(follow_days, boxes, weight_by)
    findings = require_sound(store, "what customers said", needed=NEEDED)
    survey = read_survey(store, survey_id)
    moment = _last_moment(store, survey) if as_of is None else parse_past(as_of)
    found = read_survey_result(
        store,
        survey,
        moment,
        follow_days=follow_days,
        boxes=boxes,
        weight_by=weight_by,
        confidence_level=confidence_level,
        with_comments=True,
    )
    told = [Check(f"Table {f.table}", "informational", f.message, f.remedy) for f in findings]
    return replace(found, checks=ranked([*found.checks, *told]))


def read_campaign_survey(
    store: Store, campaign: Campaign, moment: datetime, *, confidence_level: float
) -> tuple[SurveyResult | None, str]:
    """Return a campaign's survey as its report has it, or why there is none.

    Of several, the first that asks for a net promoter score, else for satisfaction, effort, intent.
    """
    if any(name not in store for name in NEEDED):
        return None, "The store has no surveys."
    found = [read_survey(store, name) for name in read_survey_ids(store, campaign.campaign_id)]
    if not found:
        return None, "No survey belongs to this campaign."
    first = min(found, key=lambda one: METRICS.index(cast(Metric, one.metric)))
    try:
        return read_survey_result(store, first, moment, confidence_level=confidence_level), ""
    except NotEstimableError:
        return None, f"Nobody has answered its survey as of {moment:%Y-%m-%d}."
    except ParameterError as reason:  # a scale on which no highest answers can be told
        return None, f"Its survey cannot be scored: {reason}."


def read_survey_result(
    store: Store,
    survey: Survey,
    moment: datetime,
    *,
    follow_days: int = 30,
    boxes: int | None = None,
    weight_by: Sequence[str] = _WEIGHT_BY,
    confidence_level: float = 0.95,
    with_comments: bool = False,
) -> SurveyResult:
    """Return what `analyze_survey` does, of a store and parameters that are checked already.

    Raises
    ------
    DataError, NotEstimableError
        As `analyze_survey`.
    """
    scale, metric = Scale(survey.scale_min, survey.scale_max), cast(Metric, survey.metric)
    campaign = _campaign(store, survey)
    asked = collect_asked(
        store, survey, campaign, moment, follow_days=follow_days, weight_by=tuple(weight_by)
    )
    given = np.concatenate([asked.people.score, asked.anonymous])
    if not len(given):
        raise NotEstimableError(
            f"nobody has answered survey {survey.survey_id!r} as of {moment:%Y-%m-%d %H:%M} UTC: "
            "read it once there are answers"
        )
    refuse_off_scale(given, scale)
    arms, rates = (
        read_arms(asked, metric, scale, boxes, confidence_level, "invitations" in store)
        if len(asked.people.score)  # where nobody who answered is known, nobody is in an arm
        else ((), ())
    )
    difference = difference_of_arms(*arms) if len(arms) == 2 else None
    counts = count_answers(asked, arms)
    followed = _followed(asked, metric, scale, follow_days, boxes, confidence_level)
    comments = (
        read_comments(asked.people, metric, scale, boxes=boxes, confidence_level=confidence_level)
        if with_comments
        else None
    )
    checks = survey_checks(arms, difference, counts)
    values, numbers = np.unique(given, return_counts=True)
    return SurveyResult(
        survey=replace(survey, question=masked_contacts(survey.question)),
        campaign_name=campaign.name if campaign else "",
        as_of=moment,
        confidence_level=confidence_level,
        boxes=boxes,
        currency=campaign.currency if campaign else "",
        counts=counts,
        distribution=dict(zip(values.tolist(), numbers.tolist(), strict=True)),
        everybody=score_by_metric(
            read_answers(given, None, scale), metric, boxes, confidence_level
        ),
        arms=arms,
        difference=difference,
        rates=rates,
        followed=followed,
        comments=comments,
        checks=ranked(checks),
        missing=missing_tables(store),
        store_fingerprint=store.fingerprint_as_read(),
        locale=read_locale(store),
    )


def check_options(
    follow_days: int, boxes: int | None, weight_by: Sequence[str] = _WEIGHT_BY
) -> None:
    """Raise `ParameterError` if an option of `analyze_survey` lies outside its range."""
    whole = isinstance(follow_days, int) and not isinstance(follow_days, bool)
    if not (whole and 1 <= follow_days <= 365):
        raise ParameterError(f"follow_days is {follow_days!r}: a whole number from 1 to 365 days")
    if boxes is not None and (not isinstance(boxes, int) or isinstance(boxes, bool) or boxes < 1):
        raise ParameterError(f"boxes is {boxes!r}: a whole number from 1 on, or None")
    unknown = [name for name in weight_by if name not in _WEIGHT_BY]
    if isinstance(weight_by, str) or unknown:
        raise ParameterError(f"weight_by is {weight_by!r}: some of {', '.join(_WEIGHT_BY)}")


def _last_moment(store: Store, survey: Survey) -> datetime:
    """Return up to when the data reach: the orders' horizon, or the midnight after all answers."""
    try:
        return horizon(read_last_order_at(store)) if "orders" in store else _after(store, survey)
    except NotEstimableError:  # a table of orders without one
        return _after(store, survey)


def _after(store: Store, survey: Survey) -> datetime:
    answers = store["responses"].filter(_.survey_id == survey.survey_id)
    last = answers.responded_at.max().as_scalar().to_pyarrow().as_py()
    if last is None:
        raise NotEstimableError(
            f"nobody has answered survey {survey.survey_id!r}: read it once there are answers"
        )
    return datetime.combine(last.date() + timedelta(days=1), time(), UTC)


def _campaign(store: Store, survey: Survey) -> Campaign | None:
    """Return the campaign whose customers were assigned; None where there is no such thing."""
    if survey.campaign_id is None or not {"campaigns", "assignments"} <= set(store.names):
        return None
    campaign = read_campaign(store, survey.campaign_id)
    # One that everybody was sent without being assigned has nobody to stand for.
    anybody = assigned_customers(store, campaign).limit(1).count().to_pyarrow().as_py()
    return campaign if anybody else None


def _followed(
    asked: Asked,
    metric: Metric,
    scale: Scale,
    follow_days: int,
    boxes: int | None,
    confidence_level: float,
) -> Followed | None:
    over = asked.people.over
    if not over.any():
        return None
    return what_followed(
        asked.people.score[over],
        asked.people.spend[over],
        metric,
        scale,
        days=follow_days,
        n_waiting=int((~over).sum()),
        boxes=boxes,
        confidence_level=confidence_level,
    )
