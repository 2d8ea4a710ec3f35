"""A weighted mean of answers and its sampling error, from which every score has its interval.

    m = sum w x / sum w,
    variance = (n - 1) / n sum (w e / (1 - h))^2 / (sum w)^2,      e = x - X b,

where X holds the columns whose totals the weights meet, b is the weighted least squares fit and h
a row's leverage in it: the linearised variance of a calibrated mean (Deville and Särndal 1992,
section 3), its residuals those of the row left out (Miller 1974, the jackknife; HC3 of regression).
Raking leaves uncertain only what its margins do not explain. Without margins e = x - m.

    n* = (n / (n - 1)) s^2 / variance,    s^2 = sum w (x - m)^2 / sum w

is how many unweighted answers would be as precise (Korn and Graubard 1998, section 2): equal
weights give n* = n, and margins that explain the answers more than n.
"""

from dataclasses import dataclass

import numpy as np

from smsroi_models.survey.answers import Answers, Floats


@dataclass(frozen=True, slots=True)
class WeightedMean:
    """A weighted mean of some value of each answer.

    Attributes
    ----------
    mean : float
    spread : float
        Weighted variance of the value among the answers, denominator n: 0 where all are alike.
    effective : float
        n*; Kish's effective sample size where all answers are alike.
    n : int
    """

    mean: float
    spread: float
    effective: float
    n: int


def weighted_mean(answers: Answers, values: Floats) -> WeightedMean:
    """Return the weighted mean of one value for each answer, with its effective sample size.

    Examples
    --------
    One answer counts for two others; left out, they would be 0 from the truth, it 1:

    >>> from smsroi_models.survey.answers import Scale, read_answers
    >>> said = read_answers([0, 1, 1], [2.0, 1.0, 1.0], Scale(0, 1))
    >>> found = weighted_mean(said, said.score)
    >>> found.mean, found.spread  # a half, and its variance
    (0.5, 0.25)
    >>> variance = 2 / 3 * ((2 * 0.5 / 0.5) ** 2 + 2 * (0.5 / 0.75) ** 2) / 16
    >>> round(found.effective, 9) == round(3 / 2 * 0.25 / variance, 9)
    True
    """
    n = answers.n
    w = answers.weights / answers.weights.mean()  # their unit cancels: no overflow
    mean = float((w * values).sum() / n)
    centred = values - mean
    spread = float((w * centred**2).sum() / n)
    kish = float(n**2 / (w**2).sum())
    if n < 2 or values.min() == values.max():
        return WeightedMean(mean, 0.0, kish, n)
    if answers.design.shape[1] == 1 and w.min() == w.max():
        return WeightedMean(mean, spread, float(n), n)
    left_out = _left_out_residuals(answers.design, w, centred)
    variance = (n - 1) / n * float(((w * left_out) ** 2).sum()) / n**2
    # The columns may explain every answer, which leaves nothing to tell the error from.
    effective = n / (n - 1) * spread / variance if variance > 1e-9 * spread / n else kish
    return WeightedMean(mean, spread, effective, n)


def kish_effective_size(weights: Floats) -> float:
    """Return ``(sum w)^2 / sum w^2``: the answers that equal weights would need.

    >>> kish_effective_size(np.array([2.0, 1.0, 1.0]))  # 16 / 6
    2.6666666666666665
    """
    scaled = weights / weights.mean()
    return float(scaled.sum() ** 2 / (scaled**2).sum())


def _left_out_residuals(design: Floats, weights: Floats, values: Floats) -> Floats:
    """Return each row's distance from the fit without it; 0 for who is alone in a column."""
    root = np.sqrt(weights)
    axes, lengths, _ = np.linalg.svd(design * root[:, None], full_matrices=False)
    axes = axes[:, lengths > 1e-10 * lengths[0]]
    residual = values - axes @ (axes.T @ (root * values)) / root
    kept = 1 - (axes**2).sum(axis=1)
    alone = kept < 1e-9
    distance: Floats = np.where(alone, 0.0, residual / np.where(alone, 1.0, kept))
    return distance
