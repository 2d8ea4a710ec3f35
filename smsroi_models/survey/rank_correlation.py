"""Whether those who answered higher did more: Spearman's rank correlation, ties and all.

With F and G the mid-distribution functions (half of what is equal counts as below),

    rho = C / sqrt(V_F V_G),   C = mean (F(x) - 1/2)(G(y) - 1/2),   V = (1 - sum p^3) / 12,

p the shares of tied values. Its sampling error is that of the mean of its influence function

    dC = (F - 1/2)(G - 1/2) - C + (A - C) + (B - C),    dV = -(p^2 - sum p^3) / 4,

A of a row being the mean over all of [its x below the other's x] (G - 1/2), B the same with x and
y exchanged (Hampel 1974; the ranks are estimated too, which A and B carry). Answers have few
values and most people buy nothing: formulas for data without ties miss there.

The interval is taken on Fisher's scale atanh(rho), by the larger of that error over 1 - rho^2 and
``sqrt((1 + rho^2 / 2) / (n - 3))`` (Bonett and Wright 2000, eq. 2): of few people the first is too
small. It is never too narrow, and too wide by a quarter where many tie (docs/surveys.md).
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.student import quantile
from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.survey.answers import Floats, check_confidence


def rank_correlation(x: ArrayLike, y: ArrayLike, *, confidence_level: float = 0.95) -> Estimate:
    """Return Spearman's rank correlation in [-1, 1], with its interval.

    It says that the two go together, not that one makes the other.

    Parameters
    ----------
    x, y : array_like of shape (n,)
        Finite; of the same people.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If the shapes differ or a value is not finite.
    NotEstimableError
        With fewer than four people, where nothing varies, or where the order is the same in both
        to the last person, so that chance cannot be told.

    References
    ----------
    Spearman (1904), American Journal of Psychology 15(1). Hampel (1974), JASA 69(346). Bonett and
    Wright (2000), Psychometrika 65(1), eq. 2.

    Examples
    --------
    >>> round(rank_correlation([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]).estimate, 9)  # 1 - 6 x 4 / 120
    0.8
    """
    check_confidence(confidence_level)
    first, second = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise DataError(f"x and y have the shapes {first.shape} and {second.shape}: one each")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise DataError("x or y is not finite: leave out people of whom one is not known")
    n = len(first)
    if n < 4 or first.min() == first.max() or second.min() == second.max():
        raise NotEstimableError(
            f"a rank correlation of {n} people: at least 4 are needed, not all alike in either"
        )
    rho, influence = _influence(_Ranked(first), _Ranked(second))
    error = float(influence.std(ddof=1)) / math.sqrt(n)
    if abs(rho) > 1 - 1e-12 or error < 1e-12:
        raise NotEstimableError(
            f"the order of {n} people is the same in both: how far chance made it so cannot be told"
        )
    plain = math.sqrt((1 + rho**2 / 2) / (n - 3))
    reach = quantile((1 + confidence_level) / 2, math.inf) * max(error / (1 - rho**2), plain)
    centre = math.atanh(rho)
    return Estimate(rho, error, math.tanh(centre - reach), math.tanh(centre + reach))


class _Ranked:
    """Values by rank: where each stands among the sorted different ones, and their shares."""

    def __init__(self, values: Floats) -> None:
        _, self.code, counts = np.unique(values, return_inverse=True, return_counts=True)
        self.share: Floats = counts / len(values)
        # A half of what is equal counts as below.
        self.centred: Floats = (np.cumsum(self.share) - self.share / 2 - 0.5)[self.code]
        self.variance = float(1 - (self.share**3).sum()) / 12

    def above(self, other: Floats) -> Floats:
        """Return the mean of ``other`` over who stands above each row, half of its equals."""
        sums = np.bincount(self.code, weights=other, minlength=len(self.share)) / len(other)
        mean: Floats = (sums.sum() - np.cumsum(sums) + sums / 2)[self.code]
        return mean

    def variance_influence(self) -> Floats:
        share: Floats = self.share[self.code] ** 2 - (self.share**3).sum()
        return -share / 4


def _influence(x: _Ranked, y: _Ranked) -> tuple[float, NDArray[np.float64]]:
    product = x.centred * y.centred
    c, root = float(product.mean()), math.sqrt(x.variance * y.variance)
    rho = c / root
    moved = product + x.above(y.centred) + y.above(x.centred) - 3 * c
    lost = x.variance_influence() / x.variance + y.variance_influence() / y.variance
    return rho, moved / root - rho / 2 * lost
