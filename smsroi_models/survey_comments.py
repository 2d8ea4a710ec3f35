"""What people wrote beside their answer: the words that go with low scores, and the themes.

Comments are of known people, each person's latest answer, unweighted: who writes one is the writer
alone. None is shown whole; words are counted after everything that gives a person away is masked.
"""

import math

import numpy as np

from smsroi_models.errors import NotEstimableError
from smsroi_models.survey.answers import Floats, Scale
from smsroi_models.survey.drivers import Drivers, driver_words
from smsroi_models.survey.metrics import Metric, customary_boxes
from smsroi_models.survey.people_asked import People
from smsroi_models.survey.scores import PASSIVES_FROM, PROMOTERS_FROM
from smsroi_models.survey.themes import Themes, comment_themes
from smsroi_models.survey_result import SurveyComments

# Themes are looked for from random starts; a report of the same data is the same report.
_SEED = 20_250_106


def read_comments(
    people: People,
    metric: Metric,
    scale: Scale,
    *,
    boxes: int | None = None,
    confidence_level: float = 0.95,
) -> SurveyComments:
    """Return what the comments say, or why it cannot be told.

    Parameters
    ----------
    people : People
    metric : {"nps", "csat", "ces", "intent"}
    scale : Scale
    boxes : int, optional
        Of the highest answers, those that count as high.
    confidence_level : float
    """
    comments = list(people.comment)
    spend = np.where(people.over, people.spend, np.nan)
    low, high = ends_of(metric, scale, boxes)
    drivers, no_drivers = _drivers(comments, people, low, high, confidence_level)
    themes, no_themes = _themes(comments, people, spend, confidence_level)
    return SurveyComments(
        n_comments=sum(comment is not None and bool(comment.strip()) for comment in comments),
        drivers=drivers,
        no_drivers=no_drivers,
        themes=themes,
        no_themes=no_themes,
    )


def ends_of(metric: Metric, scale: Scale, boxes: int | None) -> tuple[float, float]:
    """Return the highest answer that is low, and the lowest that is high, in whole steps.

    Examples
    --------
    >>> ends_of("nps", Scale(0, 10), None), ends_of("csat", Scale(1, 5), None)
    ((6.0, 9.0), (2.0, 4.0))
    """
    width = scale.scale_max - scale.scale_min
    if metric == "nps":
        low = math.ceil(scale.scale_min + PASSIVES_FROM * width - 1e-9) - 1
        return float(low), float(math.ceil(scale.scale_min + PROMOTERS_FROM * width - 1e-9))
    high = scale.scale_max - (boxes or customary_boxes(scale)) + 1
    below_middle = math.ceil(scale.scale_min + width / 2 - 1e-9) - 1
    return float(min(below_middle, high - 1)), float(high)


def _drivers(
    comments: list[str | None], people: People, low: float, high: float, level: float
) -> tuple[Drivers | None, str]:
    try:
        found = driver_words(
            comments, people.score, low_at_most=low, high_at_least=high, confidence_level=level
        )
    except NotEstimableError as reason:
        return None, str(reason)
    return found, ""


def _themes(
    comments: list[str | None], people: People, spend: Floats, level: float
) -> tuple[Themes | None, str]:
    rng = np.random.default_rng(_SEED)
    try:
        found = comment_themes(comments, people.score, spend, rng=rng, confidence_level=level)
    except NotEstimableError as reason:
        return None, str(reason)
    return found, ""
