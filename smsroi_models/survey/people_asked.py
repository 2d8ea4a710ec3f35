"""What leaves the engine for a survey: who was asked, and what each person said last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.campaigns import Campaign, Tables
from smsroi_models.survey.answer_tables import (
    anonymous_answers,
    answered_people,
    answers_counted,
    cells,
    latest_answers,
    population,
)
from smsroi_models.survey.questions import Survey

Floats = NDArray[np.float64]
Labels = NDArray[np.object_]


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
    """People of the population alike in arm and groups: how many, asked, and answering.

    ``uninvited`` are those of ``answered`` who are not recorded as asked.
    """

    arm: str
    groups: dict[str, str]
    n: int
    invited: int
    answered: int
    uninvited: int


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
    counted_cells = cells(everybody, answers, by).to_pyarrow().to_pylist()
    counts = answers_counted(store, survey, as_of).to_pyarrow().to_pylist()[0]
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
        cells=tuple(_cell(row, by) for row in counted_cells),
        anonymous=_floats(nobody["score"]),
        n_responses=int(counts["counted"]),
        n_replaced=int(counts["known"]) - len(rows),
        n_later=int(counts["later"]),
    )


def _cell(row: dict[str, Any], by: list[str]) -> Cell:
    groups = {name: str(row[name]) for name in by}
    counts = (int(row[name]) for name in ("n", "invited", "answered", "uninvited"))
    return Cell(str(row["arm"]), groups, *counts)


def _floats(column: Any) -> Floats:
    return np.asarray(column.to_pylist(), dtype=np.float64)


def _labels(column: Any) -> Labels:
    return np.asarray(column.to_pylist(), dtype=object)
