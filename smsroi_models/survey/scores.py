"""Net promoter score: promoters less detractors, in points from -100 to 100, with an interval.

    score = 100 (p - d),      variance of one answer = p + d - (p - d)^2,

p and d the shares of promoters and detractors (Reichheld 2003). The interval is the adjusted Wald
interval of Rocks (2016), section 3: three answers are added, 0.75 promoters, 1.5 passives and 0.75
detractors, and the plain interval taken about what results. It keeps a width where all answers are
alike, and covers in small samples, where the plain interval does not.

Weighted answers count as the n* unweighted ones that would be as precise (`weighted_means`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.student import quantile
from smsroi_models.records import Record
from smsroi_models.survey.answers import (
    Answers,
    Floats,
    Scale,
    check_confidence,
    read_answers,
)
from smsroi_models.survey.weighted_means import WeightedMean, weighted_mean

# On 0 to 10: 9 and 10 promote, 0 to 6 detract. By place, so that 1 to 10 and 1 to 5 are cut as
# they commonly are (9 and 5 promote, 6 and 3 detract).
PROMOTERS_FROM, PASSIVES_FROM = 0.85, 0.65
# Promoters, passives, detractors that the adjusted Wald interval adds (Rocks 2016).
ADDED = (0.75, 1.5, 0.75)
POINTS = 100.0


@dataclass(frozen=True, slots=True)
class NetPromoterScore(Record):
    """A net promoter score with its interval, in points.

    Attributes
    ----------
    score : float
        In [-100, 100].
    standard_error : float
        Of ``score``, points; 0 where all answers are alike: read the interval then.
    ci_lower, ci_upper : float
        In [-100, 100].
    n, n_missing : int
        Answers, and rows without one.
    promoters, passives, detractors : int
        Answers of each kind, unweighted.
    promoter_share, passive_share, detractor_share : float
        In [0, 1], weighted.
    effective_sample_size : float
        The unweighted answers that would be as precise; n without weights.
    scale_min, scale_max : float
    confidence_level : float
    method : str
        ``"adjusted Wald"``, or the same by effective sample size.
    """

    score: float
    standard_error: float
    ci_lower: float
    ci_upper: float
    n: int
    n_missing: int
    promoters: int
    passives: int
    detractors: int
    promoter_share: float
    passive_share: float
    detractor_share: float
    effective_sample_size: float
    scale_min: float
    scale_max: float
    confidence_level: float
    method: str

    @property
    def estimate(self) -> Estimate:
        """The score with its interval, in points."""
        return Estimate(self.score, self.standard_error, self.ci_lower, self.ci_upper)


def net_promoter_score(
    score: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    scale_min: float = 0.0,
    scale_max: float = 10.0,
    raked_to: Sequence[ArrayLike] = (),
    confidence_level: float = 0.95,
) -> NetPromoterScore:
    """Return the share of promoters less that of detractors, in points from -100 to 100.

    It is no share and no mean: half promoters and half detractors give 0, as do all passives, and
    the first is far less certain. The interval tells them apart.

    Parameters
    ----------
    score : array_like of shape (n,)
        Answers on the scale; NaN or None where none was given, which is left out and counted.
    weights : array_like of shape (n,), optional
        Positive, in any unit; from `rake`, for example.
    scale_min, scale_max : float
        Of the question. Promoters answered from 0.85 of the way up, detractors below 0.65.
    raked_to : sequence of array_like of shape (n,)
        The groups that the weights were raked to, an array of labels for each variable. What they
        explain of the answers is then known, and no longer uncertain.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If a score is off the scale or no number, or a weight is not positive.
    NotEstimableError
        If nobody answered.
    ParameterError
        If the scale or the confidence level is none.

    References
    ----------
    Reichheld (2003), Harvard Business Review 81(12). Rocks (2016), The American Statistician 70(4),
    section 3. Korn and Graubard (1998), Survey Methodology 24(2), for weights.

    Examples
    --------
    Three promoters, two passives, one detractor: 100 (3 - 1) / 6, variance 4/6 - 1/9:

    >>> found = net_promoter_score([10, 9, 9, 8, 7, 6])
    >>> round(found.score, 3), round(found.standard_error, 1)
    (33.333, 30.4)

    All alike is not certain:

    >>> found = net_promoter_score([10, 10, 10])
    >>> found.score, round(found.ci_lower), found.ci_upper
    (100.0, -7, 100.0)
    """
    check_confidence(confidence_level)
    answers = read_answers(score, weights, Scale(scale_min, scale_max), raked_to)
    return score_promoters(answers, confidence_level)


def score_promoters(answers: Answers, confidence_level: float) -> NetPromoterScore:
    """Return the net promoter score of checked answers."""
    signs = promoter_signs(answers)
    mean = weighted_mean(answers, signs)
    shares = [float(answers.weights[signs == kind].sum()) for kind in (1, 0, -1)]
    total = sum(shares)
    promoters, passives, detractors = (share / total for share in shares)
    low, high = _adjusted_wald(promoters, detractors, mean, answers, confidence_level)
    counts = [int((signs == kind).sum()) for kind in (1, 0, -1)]
    return NetPromoterScore(
        score=POINTS * (promoters - detractors),
        standard_error=POINTS * math.sqrt(mean.spread / mean.effective),
        ci_lower=low,
        ci_upper=high,
        n=answers.n,
        n_missing=answers.n_missing,
        promoters=counts[0],
        passives=counts[1],
        detractors=counts[2],
        promoter_share=promoters,
        passive_share=passives,
        detractor_share=detractors,
        effective_sample_size=mean.effective,
        scale_min=answers.scale.scale_min,
        scale_max=answers.scale.scale_max,
        confidence_level=confidence_level,
        method="adjusted Wald, by effective sample size" if answers.weighted else "adjusted Wald",
    )


def promoter_signs(answers: Answers) -> Floats:
    """Return 1 for each promoter, 0 for each passive, -1 for each detractor."""
    # A place is a quotient: 8.5 of 10 must not miss its cut by a rounding.
    place = answers.scale.place_of(answers.score) + 1e-9
    signs: Floats = np.where(place >= PROMOTERS_FROM, 1.0, np.where(place < PASSIVES_FROM, -1, 0.0))
    return signs


def _adjusted_wald(
    promoters: float, detractors: float, mean: WeightedMean, answers: Answers, level: float
) -> tuple[float, float]:
    size = mean.effective + sum(ADDED)
    p = (mean.effective * promoters + ADDED[0]) / size
    d = (mean.effective * detractors + ADDED[2]) / size
    reach = reach_of(answers, level) * math.sqrt((p + d - (p - d) ** 2) / size)
    # Of one or two answers the added ones may push it past the score at the scale's end.
    low, high = (
        min(p - d - reach, promoters - detractors),
        max(p - d + reach, promoters - detractors),
    )
    return max(-POINTS, POINTS * low), min(POINTS, POINTS * high)


def reach_of(answers: Answers, confidence_level: float) -> float:
    """Return how many standard errors an interval reaches: Student's for weighted answers.

    The variance of weighted answers is estimated apart from their shares, with n - 1 degrees of
    freedom; that of unweighted ones follows from the shares, and the normal quantile is Rocks'.
    """
    df = max(answers.n - 1, 1) if answers.weighted else math.inf
    return quantile((1 + confidence_level) / 2, df)
