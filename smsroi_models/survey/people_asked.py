"""Who was asked and what each said last: the tables of a survey, lazily, and one collector.

A person who answered more than once counts with the latest answer (by time, then by id). An answer
without a customer is anonymous: it can be in no arm and have no weight, and is kept apart.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import numpy as np
from ibis import _
from numpy.typing import NDArray

from smsroi_models.attribution.campaigns import Campaign, Tables, days, instant
from smsroi_models.attribution.segmented import NO_SEGMENT
from smsroi_models.survey.questions import Survey

Floats = NDArray[np.float64]
Labels = NDArray[np.object_]
# How long before assignment a purchase makes somebody a recent buyer.
BEFORE_DAYS = 90
BOUGHT_BEFORE = {True: "bought", False: "did not"}


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Those who answered and are known: one row a person, her latest answer.

    Attributes
    ----------
    score, spend : ndarray of shape (n,)
        The answer, and the revenue in the days after it.
    over : ndarray of bool, shape (n,)
        Whether those days are over.
    arm : ndarray of str, shape (n,)
        ``"treatment"``, ``"holdout"``, or ``""`` for who is not among the assigned.
    groups : dict of str to ndarray of str
        Segment, region and whether the person bought before, as far as the store knows them.
    comment : tuple of str or None, of length n
        Hostile text, as it stands in the store.
    """

    score: Floats
    spend: Floats
    over: NDArray[np.bool_]
    arm: Labels
    groups: dict[str, Labels]
    comment: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """People of the population alike in arm and groups: how many, asked, and answering."""

    arm: str
    groups: dict[str, str]
    n: int
    invited: int
    answered: int


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Everything that leaves the engine for one survey.

    Attributes
    ----------
    people : People
    cells : tuple of Cell
        The population: everyone assigned in the survey's campaign; without one, everyone invited.
    anonymous : ndarray of shape (n,)
        Answers without a customer.
    n_responses : int
        Answers up to ``as_of``, all of them.
    n_replaced : int
        Answers that a later one of the same person replaced.
    n_later : int
        Answers at or after ``as_of``, left out.
    """

    people: People
    cells: tuple[Cell, ...]
    anonymous: Floats
    n_responses: int
    n_replaced: int
    n_later: int


def collect_asked(
    store: Tables,
    survey: Survey,
    campaign: Campaign | None,
    as_of: datetime,
    *,
    follow_days: int,
    weight_by: tuple[str, ...] = ("segment", "region", "bought_before"),
) -> Asked:
    """Collect a survey: the population by cell, the latest answers, the anonymous ones.

    Parameters
    ----------
    store : Tables
        With ``surveys`` and ``responses``; ``assignments``, ``invitations``, ``customers`` and
        ``orders`` as far as there are.
    survey : Survey
    campaign : Campaign or None
        Of the survey, where its customers were assigned.
    as_of : datetime
        UTC; answers and orders before it count.
    follow_days : int
        Days after the answer in which orders count.
    weight_by : tuple of str
        Columns of `population` to group by; those that the store does not know are left out.
    """
    everybody = population(store, survey, campaign, as_of)
    by = [name for name in weight_by if name in everybody.columns]
    answers = latest_answers(store, survey, as_of)
    known = answered_people(store, answers, everybody, as_of, follow_days)
    columns = ("score", "spend", "over", "arm", "comment", *by)
    # In a fixed order: what is summed or drawn from the rows is then the same in every run.
    rows = known.order_by("customer_id").select(*columns).to_pyarrow()
    cells = _cells(everybody, answers, by).to_pyarrow().to_pylist()
    counts = _counts(store, survey, as_of).to_pyarrow().to_pylist()[0]
    nobody = anonymous_answers(store, survey, as_of).select("score").to_pyarrow()
    return Asked(
        people=People(
            score=_floats(rows["score"]),
            spend=_floats(rows["spend"]),
            over=np.asarray(rows["over"].to_pylist(), dtype=np.bool_),
            arm=_labels(rows["arm"]),
            groups={name: _labels(rows[name]) for name in by},
            comment=tuple(rows["comment"].to_pylist()),
        ),
        cells=tuple(_cell(row, by) for row in cells),
        anonymous=_floats(nobody["score"]),
        n_responses=int(counts["counted"]),
        n_replaced=int(counts["known"]) - len(rows),
        n_later=int(counts["later"]),
    )


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


def _counts(store: Tables, survey: Survey, as_of: datetime) -> ibis.Table:
    of_survey = store["responses"].filter(_.survey_id == survey.survey_id)
    counted = _.responded_at < instant(as_of)
    return of_survey.aggregate(
        counted=counted.sum().coalesce(0),
        known=(counted & _.customer_id.notnull()).sum().coalesce(0),
        later=(~counted).sum().coalesce(0),
    )


def _cells(everybody: ibis.Table, answers: ibis.Table, by: list[str]) -> ibis.Table:
    said = answers.select("customer_id").mutate(answered=ibis.literal(1))
    rows = everybody.left_join(said, "customer_id").select(
        *everybody.columns, answered=_.answered.coalesce(0)
    )
    cells = rows.group_by("arm", *by).aggregate(
        n=_.count(), invited=_.invited.sum(), answered=_.answered.sum()
    )
    return cells.order_by("arm", *by)


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


def _cell(row: dict[str, Any], by: list[str]) -> Cell:
    groups = {name: str(row[name]) for name in by}
    return Cell(str(row["arm"]), groups, int(row["n"]), int(row["invited"]), int(row["answered"]))


def _floats(column: Any) -> Floats:
    return np.asarray(column.to_pylist(), dtype=np.float64)


def _labels(column: Any) -> Labels:
    return np.asarray(column.to_pylist(), dtype=object)
