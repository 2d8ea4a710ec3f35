"""The tables of a survey, lazily: whom the answers stand for, each latest answer, what followed.

A person who answered more than once counts with the latest answer (by time, then by id). An answer
without a customer is anonymous: it can be in no arm and have no weight, and is kept apart.
"""

from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, days, instant
from smsroi_models.attribution.segmented import NO_SEGMENT
from smsroi_models.survey.questions import Survey

# How long before assignment a purchase makes somebody a recent buyer.
BEFORE_DAYS = 90
BOUGHT_BEFORE = {True: "bought", False: "did not"}


def population(
    store: Tables, survey: Survey, campaign: Campaign | None, as_of: datetime
) -> ibis.Table:
    """Return, lazily, whom the answers shall stand for, a row a person.

    Everyone assigned in the campaign by then, in either arm; without a campaign, everyone invited.

    Returns
    -------
    ibis.Table
        ``customer_id, arm, invited`` (0 or 1) and, as far as known, ``segment``, ``region`` and,
        of the assigned, ``bought_before``. ``arm`` is empty without a campaign.
    """
    if campaign is not None:
        people = (
            store["assignments"]
            .filter(_.campaign_id == campaign.campaign_id, _.assigned_at < instant(as_of))
            .select("customer_id", "arm", "assigned_at")
        )
        if "orders" in store:
            people = _with_bought_before(store, people)
        people = people.drop("assigned_at")
    elif "invitations" in store:
        people = _invited(store, survey, as_of).mutate(arm=ibis.literal(""))
    else:
        people = (
            latest_answers(store, survey, as_of).select("customer_id").mutate(arm=ibis.literal(""))
        )
    return _with_invited(store, survey, _with_customers(store, people), as_of)


def latest_answers(store: Tables, survey: Survey, as_of: datetime) -> ibis.Table:
    """Return, lazily, each known person's latest answer: ``customer_id, score, responded_at,
    response_id, comment``.
    """  # noqa: D205 - the columns are the sentence
    latest = ibis.row_number().over(
        group_by="customer_id",
        order_by=[ibis.desc("responded_at"), ibis.desc("response_id")],
    )
    return (
        _answers(store, survey, as_of)
        .filter(_.customer_id.notnull())
        .mutate(place=latest)
        .filter(_.place == 0)
        .select("customer_id", "score", "responded_at", "response_id", "comment")
    )


def anonymous_answers(store: Tables, survey: Survey, as_of: datetime) -> ibis.Table:
    """Return, lazily, the answers without a customer."""
    return _answers(store, survey, as_of).filter(_.customer_id.isnull())


def answered_people(
    store: Tables,
    answers: ibis.Table,
    everybody: ibis.Table,
    as_of: datetime,
    follow_days: int,
) -> ibis.Table:
    """Return, lazily, the latest answers with the person's arm, groups and later spend.

    Returns
    -------
    ibis.Table
        The columns of both, ``spend`` (revenue in the days after the answer) and ``over`` (whether
        those days are). Who is not in the population has the arm ``""``.
    """
    known = [name for name in everybody.columns if name != "customer_id"]
    texts = [name for name in known if name != "invited"]
    rows = answers.left_join(everybody, "customer_id").select(
        *answers.columns, **{name: _[name] for name in known}
    )
    rows = rows.mutate(
        **{name: _[name].coalesce("" if name == "arm" else NO_SEGMENT) for name in texts},
        over=_.responded_at + days(follow_days) <= instant(as_of),
    )
    if "orders" not in store:
        return rows.mutate(spend=ibis.literal(0.0), over=ibis.literal(False))
    return _with_spend(store, rows, as_of, follow_days)


def _answers(store: Tables, survey: Survey, as_of: datetime) -> ibis.Table:
    of_survey = store["responses"].filter(_.survey_id == survey.survey_id)
    return of_survey.filter(_.responded_at < instant(as_of))


def answers_counted(store: Tables, survey: Survey, as_of: datetime) -> ibis.Table:
    """Return, lazily, one row: answers ``counted`` by then, ``known`` ones, and ``later`` ones."""
    of_survey = store["responses"].filter(_.survey_id == survey.survey_id)
    counted = _.responded_at < instant(as_of)
    return of_survey.aggregate(
        counted=counted.sum().coalesce(0),
        known=(counted & _.customer_id.notnull()).sum().coalesce(0),
        later=(~counted).sum().coalesce(0),
    )


def cells(everybody: ibis.Table, answers: ibis.Table, by: list[str]) -> ibis.Table:
    """Return, lazily, the population by cell: ``arm``, groups, ``n``, ``invited``, ``answered``,
    and of those who answered the ``uninvited``.
    """  # noqa: D205 - the columns are the sentence
    said = answers.select("customer_id").mutate(answered=ibis.literal(1))
    rows = everybody.left_join(said, "customer_id").select(
        *everybody.columns, answered=_.answered.coalesce(0)
    )
    counted = rows.group_by("arm", *by).aggregate(
        n=_.count(),
        invited=_.invited.sum(),
        answered=_.answered.sum(),
        uninvited=(_.answered * (1 - _.invited)).sum(),
    )
    return counted.order_by("arm", *by)


def _invited(store: Tables, survey: Survey, as_of: datetime) -> ibis.Table:
    return (
        store["invitations"]
        .filter(_.survey_id == survey.survey_id, _.invited_at < instant(as_of))
        .select("customer_id")
        .distinct()
    )


def _with_invited(store: Tables, survey: Survey, people: ibis.Table, as_of: datetime) -> ibis.Table:
    if "invitations" not in store:
        return people.mutate(invited=ibis.literal(0))
    asked = _invited(store, survey, as_of).mutate(invited=ibis.literal(1))
    return people.left_join(asked, "customer_id").select(
        *people.columns, invited=_.invited.coalesce(0)
    )


def _with_customers(store: Tables, people: ibis.Table) -> ibis.Table:
    if "customers" not in store:
        return people
    known = store["customers"].select(
        "customer_id", **{name: _[name].strip().nullif("") for name in ("segment", "region")}
    )
    return people.left_join(known, "customer_id").select(
        *people.columns, **{name: _[name].coalesce(NO_SEGMENT) for name in ("segment", "region")}
    )


def _with_bought_before(store: Tables, people: ibis.Table) -> ibis.Table:
    """Add whether each bought within `BEFORE_DAYS` before assignment: no text changed that."""
    span = people.aggregate(first=_.assigned_at.min(), last=_.assigned_at.max())
    before = days(BEFORE_DAYS)
    near = store["orders"].filter(
        _.ordered_at >= span.first.as_scalar() - before, _.ordered_at < span.last.as_scalar()
    )
    buyers = (
        near.select("customer_id", "ordered_at")
        .join(people.select("customer_id", "assigned_at"), "customer_id")
        .filter(_.ordered_at < _.assigned_at, _.ordered_at >= _.assigned_at - before)
        .select("customer_id")
        .distinct()
        .mutate(bought_before=ibis.literal(BOUGHT_BEFORE[True]))
    )
    return people.left_join(buyers, "customer_id").select(
        *people.columns, bought_before=_.bought_before.coalesce(BOUGHT_BEFORE[False])
    )


def _with_spend(store: Tables, rows: ibis.Table, as_of: datetime, follow_days: int) -> ibis.Table:
    orders = store["orders"].filter(_.ordered_at < instant(as_of))
    after = (
        orders.select("customer_id", "ordered_at", "revenue")
        .join(rows.select("customer_id", "responded_at"), "customer_id")
        .filter(_.ordered_at >= _.responded_at, _.ordered_at < _.responded_at + days(follow_days))
        .group_by("customer_id")
        .aggregate(spend=_.revenue.sum())
    )
    return rows.left_join(after, "customer_id").select(*rows.columns, spend=_.spend.coalesce(0.0))
