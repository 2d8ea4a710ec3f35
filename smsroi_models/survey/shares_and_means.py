"""The share of the top answers (satisfaction, intent) and the mean answer (effort).

    share: Wilson's interval with n* answers,      mean: m +- t(n - 1) s / sqrt(n*),

n* the unweighted answers that would be as precise (`weighted_means`), n without weights. Where all
answers are alike nothing is known of the spread; of a population of which a share q answers
otherwise, n* answers are all alike with probability (1 - q)^n*, so that

    q = 1 - ((1 - confidence level) / 2)^(1 / n*)

may still do so, and the mean lies between ``a - q (a - scale_min)`` and ``a + q (scale_max - a)``
(Clopper and Pearson 1934, at the end of the scale). As many may give answers that nobody among the
n* gave where nearly all are alike, of which Student's t knows nothing: the interval of a mean is
never narrower than that.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.student import quantile
from smsroi_models.errors import ParameterError
from smsroi_models.records import Record
from smsroi_models.survey.answers import Answers, Scale, check_confidence, read_answers
from smsroi_models.survey.scores import reach_of
from smsroi_models.survey.weighted_means import weighted_mean


@dataclass(frozen=True, slots=True)
class AnswerScore(Record):
    """A score of answers with its interval.

    Attributes
    ----------
    score : float
        ``"top-box share"``: in [0, 1]. ``"mean"``: on the scale.
    standard_error : float
        0 where all answers are alike: read the interval then.
    ci_lower, ci_upper : float
        Within [0, 1], or within the scale.
    kind : str
        ``"top-box share"`` or ``"mean"``.
    boxes : int or None
        How many of the highest answers count; None for a mean.
    n, n_missing : int
        Answers, and rows without one.
    effective_sample_size : float
        The unweighted answers that would be as precise; n without weights.
    scale_min, scale_max : float
    confidence_level : float
    method : str
    """

    score: float
    standard_error: float
    ci_lower: float
    ci_upper: float
    kind: str
    boxes: int | None
    n: int
    n_missing: int
    effective_sample_size: float
    scale_min: float
    scale_max: float
    confidence_level: float
    method: str

    @property
    def estimate(self) -> Estimate:
        """The score with its interval, in its own unit."""
        return Estimate(self.score, self.standard_error, self.ci_lower, self.ci_upper)


def top_box_share(
    score: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    boxes: int = 2,
    scale_min: float = 1.0,
    scale_max: float = 5.0,
    raked_to: Sequence[ArrayLike] = (),
    confidence_level: float = 0.95,
) -> AnswerScore:
    """Return the share of answers among the highest of the scale, in [0, 1].

    On 1 to 5 the two highest make the customary satisfaction score (CSAT), the highest alone the
    customary purchase intent. A score of 80 % says nothing of how the others answered.

    Parameters
    ----------
    score : array_like of shape (n,)
        Answers on the scale, in steps of 1; NaN or None where none was given.
    weights : array_like of shape (n,), optional
        Positive, in any unit.
    boxes : int
        Of the highest answers, at least 1; fewer than the scale has.
    scale_min, scale_max : float
    raked_to : sequence of array_like of shape (n,)
        As `net_promoter_score` has it.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError, NotEstimableError
        As `net_promoter_score`.
    ParameterError
        If ``boxes`` takes in the whole scale, or a parameter is none.

    References
    ----------
    Wilson (1927), JASA 22(158). Korn and Graubard (1998), Survey Methodology 24(2), for weights.

    Examples
    --------
    None in ten is not known to be none at all:

    >>> found = top_box_share([1, 2, 3, 1, 2, 3, 1, 2, 3, 3])
    >>> found.score, round(found.ci_upper, 3)
    (0.0, 0.278)
    """
    check_confidence(confidence_level)
    answers = read_answers(score, weights, Scale(scale_min, scale_max), raked_to)
    return score_top_boxes(answers, boxes, confidence_level)


def score_top_boxes(answers: Answers, boxes: int, confidence_level: float) -> AnswerScore:
    """Return the top-box share of checked answers; see `top_box_share`."""
    scale = answers.scale
    width = scale.scale_max - scale.scale_min
    if (
        not isinstance(boxes, int | np.integer)
        or isinstance(boxes, bool)
        or not 1 <= boxes <= width
    ):
        raise ParameterError(
            f"boxes is {boxes!r}: a whole number from 1 on that leaves some of the scale from "
            f"{scale.scale_min:g} to {scale.scale_max:g} below it"
        )
    inside = (answers.score > scale.scale_max - boxes).astype(np.float64)
    mean = weighted_mean(answers, inside)
    low, high = wilson(mean.mean, mean.effective, reach_of(answers, confidence_level))
    method = "Wilson, by effective sample size" if answers.weighted else "Wilson"
    error = math.sqrt(mean.spread / mean.effective)
    return _record(
        answers, mean.mean, error, low, high, boxes, mean.effective, confidence_level, method
    )


def mean_score(
    score: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    scale_min: float = 1.0,
    scale_max: float = 7.0,
    raked_to: Sequence[ArrayLike] = (),
    confidence_level: float = 0.95,
) -> AnswerScore:
    """Return the mean answer on its scale: the customer effort score (CES), among others.

    Parameters
    ----------
    score : array_like of shape (n,)
        Answers on the scale; NaN or None where none was given.
    weights, scale_min, scale_max, raked_to, confidence_level
        As `top_box_share` has them.

    Raises
    ------
    DataError, NotEstimableError, ParameterError
        As `net_promoter_score`.

    References
    ----------
    Dixon, Freeman and Toman (2010), Harvard Business Review 88(7). Clopper and Pearson (1934),
    Biometrika 26(4), where all answers are alike.

    Examples
    --------
    >>> found = mean_score([2, 4, 6])
    >>> found.score, round(found.standard_error, 3)  # 2 / sqrt(3)
    (4.0, 1.155)

    One answer says next to nothing:

    >>> found = mean_score([5])
    >>> found.score, found.ci_lower, found.ci_upper  # 97.5 % of people may answer otherwise
    (5.0, 1.1, 6.95)
    """
    check_confidence(confidence_level)
    answers = read_answers(score, weights, Scale(scale_min, scale_max), raked_to)
    return score_mean(answers, confidence_level)


def score_mean(answers: Answers, confidence_level: float) -> AnswerScore:
    """Return the mean of checked answers; see `mean_score`."""
    mean, scale, n = weighted_mean(answers, answers.score), answers.scale, answers.n
    if n == 1 or answers.score.min() == answers.score.max():
        at = float(answers.score[0])
        low, high = _unseen(at, mean.effective, scale, confidence_level)
        method = "all alike"
        return _record(answers, at, 0.0, low, high, None, mean.effective, confidence_level, method)
    error = math.sqrt(mean.spread * n / (n - 1) / mean.effective)
    reach = quantile((1 + confidence_level) / 2, n - 1) * error
    method = "Student's t, by effective sample size" if answers.weighted else "Student's t"
    # What the margins explain makes a mean more precise, but shows no answer that nobody gave.
    low, high = _unseen(mean.mean, min(mean.effective, n), scale, confidence_level)
    low = max(scale.scale_min, min(low, mean.mean - reach))
    high = min(scale.scale_max, max(high, mean.mean + reach))
    return _record(
        answers, mean.mean, error, low, high, None, mean.effective, confidence_level, method
    )


def _unseen(at: float, n: float, scale: Scale, level: float) -> tuple[float, float]:
    """Return how far people who answer as nobody of the n did could move the mean."""
    other = 1 - ((1 - level) / 2) ** (1 / n)
    return at - other * (at - scale.scale_min), at + other * (scale.scale_max - at)


def wilson(share: float, n: float, reach: float) -> tuple[float, float]:
    """Return Wilson's interval of a share among n answers, whole or not.

    >>> low, high = wilson(0.0, 10.0, 1.959963984540054)
    >>> low, round(high, 3)
    (0.0, 0.278)
    """
    ratio = reach**2 / n
    half = reach * math.sqrt(share * (1 - share) / n + ratio / (4 * n))
    low, high = (share + ratio / 2 - half) / (1 + ratio), (share + ratio / 2 + half) / (1 + ratio)
    # At the ends the difference of equal terms may miss 0 or 1 by a rounding.
    return 0.0 if share <= 0 else max(low, 0.0), 1.0 if share >= 1 else min(high, 1.0)


def _record(
    answers: Answers,
    score: float,
    error: float,
    low: float,
    high: float,
    boxes: int | None,
    effective: float,
    confidence_level: float,
    method: str,
) -> AnswerScore:
    return AnswerScore(
        score=score,
        standard_error=error,
        ci_lower=low,
        ci_upper=high,
        kind="mean" if boxes is None else "top-box share",
        boxes=None if boxes is None else int(boxes),
        n=answers.n,
        n_missing=answers.n_missing,
        effective_sample_size=effective,
        scale_min=answers.scale.scale_min,
        scale_max=answers.scale.scale_max,
        confidence_level=confidence_level,
        method=method,
    )
