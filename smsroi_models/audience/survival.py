"""How long subscribers stay: Kaplan and Meier's curve from counts, and the log-rank test.

    S(t) = prod_{d <= t} (1 - ended_d / at_risk_d)                    (Kaplan and Meier 1958)
    var log S(t) = sum_{d <= t} ended_d / (at_risk_d (at_risk_d - ended_d))         (Greenwood 1926)

The interval is symmetric on the scale of log(-log S), on which it stays within 0 and 1 (Kalbfleisch
and Prentice 2002, section 1.4.1): S^exp(+-z se / |log S|) with se^2 = var log S. Where S is still
1, or 0, that scale has no width, and Wilson's interval of nobody, or of everybody, among those at
risk stands in.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm
from statsmodels.stats.proportion import proportion_confint

from smsroi_models.audience.counts import Integers, SpellCounts
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.records import Record

Floats = NDArray[np.float64]
# Beyond the day on which fewer are still followed a curve is drawn by a handful of people.
FEWEST_AT_RISK = 10


@dataclass(frozen=True, slots=True)
class SurvivalCurve(Record):
    """Share of spells that last longer than so many days, with intervals.

    Attributes
    ----------
    n, ended : int
        Spells, and those that ended by an opt-out.
    days : tuple of int
        0, the last day before anybody left, each day on which a spell ended, and the last day
        followed.
    share, ci_lower, ci_upper : tuple of float
        Still subscribed after so many days, in [0, 1]; each day's interval is for itself.
    at_risk : tuple of int
        Spells followed at each of the days that had not ended before.
    median_days : int or None
        First day by which half have left; None where more than half stay as long as was followed.
    """

    n: int
    ended: int
    days: tuple[int, ...]
    share: tuple[float, ...]
    ci_lower: tuple[float, ...]
    ci_upper: tuple[float, ...]
    at_risk: tuple[int, ...]
    median_days: int | None

    def at(self, day: int) -> tuple[float, float, float] | None:
        """Return share, lower and upper end after a day; None beyond the last day followed."""
        if day > self.days[-1]:
            return None
        place = int(np.searchsorted(self.days, day, side="right")) - 1
        if place == 0 and day > 0:  # nobody has left yet, which is not to say that nobody will
            place = 1
        return self.share[place], self.ci_lower[place], self.ci_upper[place]


@dataclass(frozen=True, slots=True)
class LogRank(Record):
    """The log-rank test of whether groups leave at the same pace.

    Attributes
    ----------
    chi_square : float
    degrees_of_freedom : int
        Groups less one.
    p_value : float
    """

    chi_square: float
    degrees_of_freedom: int
    p_value: float


def survival_curve(
    counts: SpellCounts, confidence_level: float = 0.95, fewest_at_risk: int = FEWEST_AT_RISK
) -> SurvivalCurve:
    """Return the share of spells that last longer than t days, for all t that can be told.

    A spell that goes on, or whose last day was not over, is censored: it counts as long as it was
    followed. That takes spells to be followed for a time that has nothing to do with when they
    would end, as where everybody is followed up to the same day.

    Parameters
    ----------
    counts : SpellCounts
    confidence_level : float
        In (0, 1).
    fewest_at_risk : int
        At least 1; the curve ends on the last day with so many at risk.

    Raises
    ------
    NotEstimableError
        If no day has so many at risk.
    ParameterError
        If an option lies outside its range.

    References
    ----------
    Kaplan and Meier (1958), JASA 53(282). Greenwood (1926). Kalbfleisch and Prentice (2002), The
    Statistical Analysis of Failure Time Data, section 1.4.

    Examples
    --------
    Ten spells; on day 3 two end, and the others go on to day 5:

    >>> found = survival_curve(SpellCounts.of([3, 3] + [5] * 8, [1, 1] + [0] * 8), 0.95, 1)
    >>> found.days, found.share, found.at_risk
    ((0, 2, 3, 5), (1.0, 1.0, 0.8, 0.8), (10, 10, 10, 8))
    """
    if not 0 < confidence_level < 1 or fewest_at_risk < 1:
        raise ParameterError(
            f"confidence_level is {confidence_level!r} and fewest_at_risk {fewest_at_risk!r}: one "
            "lies in (0, 1), the other is at least 1"
        )
    at_risk = counts.at_risk
    enough = np.flatnonzero(at_risk >= fewest_at_risk)
    if not len(enough):
        raise NotEstimableError(
            f"{counts.n} spells of subscription, never {fewest_at_risk} of them followed at once: "
            "how long subscribers stay needs more"
        )
    first, last = int(enough[0]), int(enough[-1])
    at_risk = at_risk[: last + 1]
    ended = np.where(np.arange(last + 1) >= first, counts.ended[: last + 1], 0)
    stay = 1 - ended / np.maximum(at_risk, 1)
    share: Floats = np.cumprod(stay, dtype=np.float64)
    low, high = _intervals(share, ended, at_risk, confidence_level)
    gone = np.flatnonzero(ended)
    told = np.unique([0, *(gone[:1] - 1), *gone, last])
    below = np.flatnonzero(share <= 0.5)
    followed = at_risk.copy()
    followed[0] = counts.entered[0]
    return SurvivalCurve(
        n=counts.n,
        ended=int(counts.ended.sum()),
        days=tuple(int(day) for day in told),
        share=tuple(share[told].tolist()),
        ci_lower=tuple(low[told].tolist()),
        ci_upper=tuple(high[told].tolist()),
        at_risk=tuple(int(n) for n in followed[told]),
        median_days=int(below[0]) if len(below) else None,
    )


def log_rank(groups: Sequence[SpellCounts]) -> LogRank:
    """Test whether groups of spells end at the same pace, by the log-rank test.

    It is most powerful where one pace is a multiple of the other, and may miss curves that cross.

    Raises
    ------
    NotEstimableError
        If there are fewer than two groups, or no spell ended while others of another group were
        followed.

    References
    ----------
    Mantel (1966), Cancer Chemotherapy Reports 50. Kalbfleisch and Prentice (2002), eq. 1.20.
    """
    if len(groups) < 2:
        raise NotEstimableError(f"{len(groups)} group of spells: to compare takes two")
    size = max(len(group.ended) for group in groups)
    ended = np.array([_to(group.ended, size) for group in groups], np.float64)
    at_risk = np.array([_to(group.at_risk, size) for group in groups], np.float64)
    total, gone = at_risk.sum(axis=0), ended.sum(axis=0)
    some = gone > 0
    share = at_risk[:, some] / total[some]
    expected = share * gone[some]
    # The hypergeometric variance; one at risk alone adds nothing.
    spread = gone[some] * (total[some] - gone[some]) / np.maximum(total[some] - 1, 1)
    covariance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    excess = (ended[:, some] - expected).sum(axis=1)
    # One group follows from the others.
    matrix, rest = covariance[1:, 1:], excess[1:]
    if np.linalg.matrix_rank(matrix) < len(rest):
        raise NotEstimableError(
            "no spell of a group ended, or could have ended, while others were followed: whether "
            "groups differ cannot be told"
        )
    statistic = float(rest @ np.linalg.solve(matrix, rest))
    return LogRank(statistic, len(rest), float(chi2.sf(statistic, len(rest))))


def _intervals(
    share: Floats, ended: Integers, at_risk: Integers, confidence_level: float
) -> tuple[Floats, Floats]:
    left = np.maximum(at_risk - ended, 1)
    error = np.sqrt(np.cumsum(ended / (np.maximum(at_risk, 1) * left)))
    inside = (share > 0) & (share < 1)
    z = float(norm.ppf((1 + confidence_level) / 2))
    with np.errstate(divide="ignore"):  # ends that the lines below replace
        scale = np.where(inside, np.log(np.where(inside, share, 0.5)), -1.0)
    width = np.where(inside, z * error / -scale, 0.0)
    low = np.where(inside, share ** np.exp(width), share)
    high = np.where(inside, share ** np.exp(-width), share)
    edge = ~inside
    n = np.maximum(at_risk[edge], 1)
    low[edge], high[edge] = proportion_confint(
        n * share[edge], n, alpha=1 - confidence_level, method="wilson"
    )
    low[0] = high[0] = 1.0  # everybody is there at the start, by definition
    # Rounding may leave an end a digit on the wrong side.
    return np.minimum(low, share), np.minimum(np.maximum(high, share), 1.0)


def _to(counts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.concatenate([counts, np.zeros(size - len(counts), np.int64)])


def monthly_hazard(curve: SurvivalCurve, day: int) -> float | None:
    """Return the constant loss a month of 30 days that leaves as many after a day, in [0, 1].

    None where the curve does not reach that day or nobody is left.

    >>> curve = survival_curve(SpellCounts.of([60] * 19 + [61] * 81, [1] * 19 + [0] * 81))
    >>> round(monthly_hazard(curve, 60), 9)  # 0.9 x 0.9 stay for two months
    0.1
    """
    found = curve.at(day)
    if found is None or found[0] <= 0 or day < 1:
        return None
    return 1 - math.exp(30 / day * math.log(found[0]))
