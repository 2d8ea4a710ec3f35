"""Which score a question gets: by what it measures, whatever its scale."""

from typing import Literal, get_args

from smsroi_models.errors import ParameterError
from smsroi_models.survey.answers import Answers, Scale
from smsroi_models.survey.scores import NetPromoterScore, score_promoters
from smsroi_models.survey.shares_and_means import AnswerScore, score_mean, score_top_boxes

Metric = Literal["nps", "csat", "ces", "intent"]
Score = NetPromoterScore | AnswerScore
METRICS: tuple[Metric, ...] = get_args(Metric)
# From five answers on the two highest are the customary ones; of fewer, the highest.
_STEPS_FOR_TWO = 4.0


def score_by_metric(
    answers: Answers, metric: Metric, boxes: int | None, confidence_level: float
) -> Score:
    """Return the score of the answers to a question.

    Parameters
    ----------
    answers : Answers
    metric : {"nps", "csat", "ces", "intent"}
        Net promoter score; share of the highest answers for satisfaction and intent; mean for
        effort.
    boxes : int or None
        How many of the highest answers count; None for the customary number.
    confidence_level : float

    Raises
    ------
    ParameterError
        If the metric is none of these, or ``boxes`` takes in the whole scale.

    Examples
    --------
    >>> from smsroi_models.survey.answers import read_answers
    >>> answers = read_answers([5, 4, 3, 1], None, Scale(1, 5))
    >>> score_by_metric(answers, "csat", None, 0.95).score
    0.5
    >>> score_by_metric(answers, "ces", None, 0.95).score
    3.25
    """
    if metric not in METRICS:
        raise ParameterError(f"metric is {metric!r}: one of {', '.join(METRICS)}")
    if metric == "nps":
        return score_promoters(answers, confidence_level)
    if metric == "ces":
        return score_mean(answers, confidence_level)
    return score_top_boxes(answers, boxes or customary_boxes(answers.scale), confidence_level)


def customary_boxes(scale: Scale) -> int:
    """Return how many of the highest answers count: two, on a short scale one.

    >>> customary_boxes(Scale(1, 5)), customary_boxes(Scale(0, 1))
    (2, 1)
    """
    return 2 if scale.scale_max - scale.scale_min >= _STEPS_FOR_TWO else 1
