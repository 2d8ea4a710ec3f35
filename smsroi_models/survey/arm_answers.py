"""What each arm said, standing for everyone in it, and how the arms differ.

Arms were drawn at random; those who answer were not. Weights make the answers of each arm stand for
everyone assigned to it, by what is known of them; the difference keeps the sampling error of the
weighted scores. Unweighted scores stand beside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.shares import share_of
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record
from smsroi_models.survey.answers import Floats, Scale, read_answers
from smsroi_models.survey.differences import difference_of
from smsroi_models.survey.metrics import Metric, Score, score_by_metric
from smsroi_models.survey.representation import Representation, represent

# Below it the intervals of weighted scores have not been tried.
FEWEST_ANSWERS = 10
Labels = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class ResponseRate(Record):
    """How many of a kind of people answered.

    Attributes
    ----------
    arm : str
        Empty where the survey has no arms.
    variable, category : str
        Empty for the whole arm.
    n : int
        People of the population.
    n_invited : int or None
        None where the store does not say who was asked.
    n_answered : int
        All who answered, asked or not.
    n_uninvited : int
        Those of them who are not recorded as asked; they are in no rate.
    share : Estimate or None
        Invited people who answered, of the invited; in [0, 1], Wilson's interval. None where the
        store does not say who was asked, or nobody was.
    """

    arm: str
    variable: str
    category: str
    n: int
    n_invited: int | None
    n_answered: int
    n_uninvited: int
    share: Estimate | None

    @property
    def n_of_invited(self) -> int:
        """Invited people who answered."""
        return self.n_answered - self.n_uninvited


@dataclass(frozen=True, slots=True)
class ArmAnswers(Record):
    """What the people of one arm said.

    Attributes
    ----------
    arm : str
    response : ResponseRate
    unweighted : Score or None
        Of those who answered; None where nobody did.
    weighted : Score or None
        Of everyone assigned to the arm; None with fewer than `FEWEST_ANSWERS` answers, or where
        there is nothing to weight by.
    representation : Representation or None
    """

    arm: str
    response: ResponseRate
    unweighted: Score | None
    weighted: Score | None
    representation: Representation | None

    @property
    def best(self) -> Score | None:
        """The weighted score, or where there is none the unweighted one."""
        return self.weighted or self.unweighted


@dataclass(frozen=True, slots=True)
class ArmDifference(Record):
    """What the texted said less what the held-out said.

    Attributes
    ----------
    weighted, unweighted : Estimate or None
        In points of a net promoter score, as a share, or on the scale; None where an arm has fewer
        than `FEWEST_ANSWERS` answers.
    response : Estimate or None
        Difference of the response rates, in [-1, 1].
    """

    weighted: Estimate | None
    unweighted: Estimate | None
    response: Estimate | None

    @property
    def best(self) -> Estimate | None:
        """The weighted difference, or where there is none the unweighted one."""
        return self.weighted or self.unweighted


def answers_of_arm(
    score: Floats,
    groups: Mapping[str, Labels],
    totals: Mapping[str, Mapping[str, float]],
    response: ResponseRate,
    metric: Metric,
    scale: Scale,
    *,
    boxes: int | None = None,
    confidence_level: float = 0.95,
) -> ArmAnswers:
    """Return the scores of one arm, unweighted and standing for everyone in it.

    Parameters
    ----------
    score : ndarray of shape (n_answers,)
    groups : mapping of str to ndarray of shape (n_answers,)
        By variable, each answer's category.
    totals : mapping of str to mapping
        By variable, how many of each category were assigned to the arm.
    response : ResponseRate
    metric, scale, boxes, confidence_level
        As `score_by_metric` has them.
    """
    if not len(score):
        return ArmAnswers(response.arm, response, None, None, None)
    plain = read_answers(score, None, scale)
    unweighted = score_by_metric(plain, metric, boxes, confidence_level)
    made = represent(groups, totals) if len(score) >= FEWEST_ANSWERS else None
    if made is None:
        return ArmAnswers(response.arm, response, unweighted, None, None)
    answers = read_answers(score, made.weights, scale, made.groups)
    weighted = score_by_metric(answers, metric, boxes, confidence_level)
    return ArmAnswers(response.arm, response, unweighted, weighted, made.told)


def difference_of_arms(treatment: ArmAnswers, holdout: ArmAnswers) -> ArmDifference:
    """Return how the texted differ from the held-out, weighted and unweighted."""
    enough = min(treatment.response.n_answered, holdout.response.n_answered) >= FEWEST_ANSWERS
    rates = treatment.response.share, holdout.response.share
    return ArmDifference(
        weighted=_between(treatment.weighted, holdout.weighted) if enough else None,
        unweighted=_between(treatment.unweighted, holdout.unweighted) if enough else None,
        response=difference_of(rates[0], rates[1]) if rates[0] and rates[1] else None,
    )


def response_rate(
    arm: str,
    n: int,
    n_invited: int | None,
    n_answered: int,
    n_uninvited: int,
    confidence_level: float,
    variable: str = "",
    category: str = "",
) -> ResponseRate:
    """Return a response rate with Wilson's interval: of the invited alone.

    Examples
    --------
    Of 20 invited 5 answered, and 40 others whom nobody is recorded to have asked:

    >>> response_rate("holdout", 100, 20, 45, 40, 0.95).share.estimate
    0.25
    """
    try:
        share = share_of(n_answered - n_uninvited, n_invited or 0, confidence_level)
    except NotEstimableError:
        share = None
    return ResponseRate(arm, variable, category, n, n_invited, n_answered, n_uninvited, share)


def rate_of_all(arms: Sequence[ArmAnswers]) -> ResponseRate | None:
    """Return the response rate of all arms together; None where nobody knows who was asked."""
    rates = [arm.response for arm in arms]
    if not rates or any(rate.n_invited is None for rate in rates):
        return None
    n, invited, answered, uninvited = (
        sum(getattr(rate, name) for rate in rates)
        for name in ("n", "n_invited", "n_answered", "n_uninvited")
    )
    return response_rate("", n, invited, answered, uninvited, 0.95)


def _between(treatment: Score | None, holdout: Score | None) -> Estimate | None:
    if treatment is None or holdout is None:
        return None
    return difference_of(treatment.estimate, holdout.estimate)
