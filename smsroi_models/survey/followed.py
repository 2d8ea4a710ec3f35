"""What people did after they answered, by what they had said.

It is the same people before and after: who says that he will buy may be one who buys anyway. What
a text changed is read from the arms, not from here.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.shares import share_of
from smsroi_models.attribution.student import interval
from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.records import Record
from smsroi_models.survey.answers import Floats, Scale, check_confidence, read_answers
from smsroi_models.survey.differences import difference_of
from smsroi_models.survey.metrics import Metric, customary_boxes
from smsroi_models.survey.rank_correlation import rank_correlation
from smsroi_models.survey.scores import promoter_signs

# A scale with more answers than this is cut into three kinds of answers.
_MOST_STEPS = 7
PROMOTER_KINDS = ("detractors", "passives", "promoters")


@dataclass(frozen=True, slots=True)
class AnswerGroup(Record):
    """People who answered alike, and what they bought in the days after.

    Attributes
    ----------
    name : str
        ``"promoters"`` and so on, or the answer or answers.
    lowest, highest : float
        Answers of the group.
    n, n_bought : int
    conversion : Estimate
        Share who bought, in [0, 1]; Wilson's interval.
    spend : Estimate or None
        Revenue per person; None where nobody bought or one person is there.
    """

    name: str
    lowest: float
    highest: float
    n: int
    n_bought: int
    conversion: Estimate
    spend: Estimate | None


@dataclass(frozen=True, slots=True)
class StatedAndDone(Record):
    """Of those who said that they would, how many did.

    Attributes
    ----------
    boxes : int
        How many of the highest answers count as having said so.
    n_said, n_said_and_did, n_others, n_others_who_did : int
    said : Estimate
        Share of all who said so.
    did_of_said, did_of_others : Estimate or None
        Shares who did; None where nobody is of that kind.
    difference : Estimate or None
    """

    boxes: int
    n_said: int
    n_said_and_did: int
    n_others: int
    n_others_who_did: int
    said: Estimate
    did_of_said: Estimate | None
    did_of_others: Estimate | None
    difference: Estimate | None


@dataclass(frozen=True, slots=True)
class Followed(Record):
    """What people bought in the days after their answer.

    Attributes
    ----------
    days : int
    n : int
        People whose days are over.
    n_waiting : int
        People whose days are not over yet; they are not counted.
    groups : tuple of AnswerGroup
        From the lowest answer to the highest.
    correlation : Estimate or None
        Spearman's, of the answer with the spend; None where it cannot be told.
    not_correlated : str
        Why; empty where it can.
    stated : StatedAndDone
    confidence_level : float
    """

    days: int
    n: int
    n_waiting: int
    groups: tuple[AnswerGroup, ...]
    correlation: Estimate | None
    not_correlated: str
    stated: StatedAndDone
    confidence_level: float


def what_followed(
    score: ArrayLike,
    spend: ArrayLike,
    metric: Metric,
    scale: Scale,
    *,
    days: int,
    n_waiting: int = 0,
    boxes: int | None = None,
    confidence_level: float = 0.95,
) -> Followed:
    """Return what people bought after they answered, by their answer.

    Parameters
    ----------
    score : array_like of shape (n,)
        One answer a person, on the scale, none null.
    spend : array_like of shape (n,)
        Revenue in the days after the answer; who bought nothing has 0, who bought has more.
    metric : {"nps", "csat", "ces", "intent"}
        Of ``"nps"`` the groups are detractors, passives and promoters.
    scale : Scale
    days : int
    n_waiting : int
        People left out because their days are not over.
    boxes : int, optional
        Of the highest answers, those that count as "I will"; promoters of a net promoter score.
    confidence_level : float

    Raises
    ------
    DataError
        If the shapes differ, or a value is null or off the scale.
    NotEstimableError
        If nobody is there.

    Examples
    --------
    >>> found = what_followed([1, 1, 5, 5], [0, 9, 20, 30], "intent", Scale(1, 5), days=30)
    >>> [(group.name, group.n_bought, group.n) for group in found.groups]
    [('1', 1, 2), ('5', 2, 2)]
    >>> found.stated.n_said_and_did, found.stated.n_said
    (2, 2)
    """
    check_confidence(confidence_level)
    answers = read_answers(score, None, scale)
    money = np.asarray(spend, dtype=np.float64)
    if answers.n_missing or money.shape != answers.score.shape or not np.isfinite(money).all():
        raise DataError(
            f"{answers.n + answers.n_missing} answers ({answers.n_missing} null) and spend of "
            f"shape {money.shape}: each person needs an answer and a finite amount"
        )
    bought = money > 0
    kind = promoter_signs(answers) if metric == "nps" else None
    said = kind == 1 if kind is not None else _top(answers.score, scale, boxes)
    correlation, why = _correlation(answers.score, money, confidence_level)
    return Followed(
        days=days,
        n=answers.n,
        n_waiting=n_waiting,
        groups=tuple(
            _group(name, answers.score[inside], money[inside], confidence_level)
            for name, inside in _kinds(answers.score, kind, scale)
            if inside.any()
        ),
        correlation=correlation,
        not_correlated=why,
        stated=_stated(said, bought, boxes or customary_boxes(scale), confidence_level),
        confidence_level=confidence_level,
    )


def _top(score: Floats, scale: Scale, boxes: int | None) -> NDArray[np.bool_]:
    top: NDArray[np.bool_] = score > scale.scale_max - (boxes or customary_boxes(scale))
    return top


def _kinds(score: Floats, kind: Floats | None, scale: Scale) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return each group's name and who is in it, from the lowest answers to the highest."""
    if kind is not None:
        return [(name, kind == sign) for sign, name in zip((-1, 0, 1), PROMOTER_KINDS, strict=True)]
    answers = np.unique(score)
    if len(answers) <= _MOST_STEPS:
        return [(f"{answer:g}", score == answer) for answer in answers]
    third = np.minimum((3 * scale.place_of(score)).astype(np.int64), 2)
    parts = [(place, score[third == place]) for place in range(3) if (third == place).any()]
    return [(f"{part.min():g} to {part.max():g}", third == place) for place, part in parts]


def _group(name: str, score: Floats, spend: Floats, confidence_level: float) -> AnswerGroup:
    n, bought = len(score), int((spend > 0).sum())
    money = None
    if n > 1 and spend.min() < spend.max():
        mean, error = float(spend.mean()), float(spend.std(ddof=1)) / math.sqrt(n)
        ends = interval(mean, error, n - 1, confidence_level, "two-sided")
        # Nobody's spend is negative: the interval of a mean of few may say so all the same.
        low = max(0.0, ends[0]) if spend.min() >= 0 else ends[0]
        money = Estimate(mean, error, low, ends[1])
    return AnswerGroup(
        name=name,
        lowest=float(score.min()),
        highest=float(score.max()),
        n=n,
        n_bought=bought,
        conversion=share_of(bought, n, confidence_level),
        spend=money,
    )


def _stated(
    said: NDArray[np.bool_], bought: NDArray[np.bool_], boxes: int, confidence_level: float
) -> StatedAndDone:
    n_said, did = int(said.sum()), int((said & bought).sum())
    n_others, others_did = int((~said).sum()), int((~said & bought).sum())
    of_said = share_of(did, n_said, confidence_level) if n_said else None
    of_others = share_of(others_did, n_others, confidence_level) if n_others else None
    return StatedAndDone(
        boxes=boxes,
        n_said=n_said,
        n_said_and_did=did,
        n_others=n_others,
        n_others_who_did=others_did,
        said=share_of(n_said, n_said + n_others, confidence_level),
        did_of_said=of_said,
        did_of_others=of_others,
        difference=difference_of(of_said, of_others) if of_said and of_others else None,
    )


def _correlation(
    score: Floats, spend: Floats, confidence_level: float
) -> tuple[Estimate | None, str]:
    try:
        return rank_correlation(score, spend, confidence_level=confidence_level), ""
    except NotEstimableError as reason:
        return None, str(reason)
