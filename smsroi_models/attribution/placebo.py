"""The method tried where nothing happened: quiet stretches of the pre-period as long as the window.

Each stretch is forecast from the days before it, with the variances learnt from the whole
pre-period. Its true effect is zero, so that the apparent one is the method's error. Stretches do
not overlap; the last one ends where the campaign begins.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from smsroi_models.attribution.counterfactual import Counterfactual
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.structural import WEEK, Structural
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record

LEAST_STRETCHES = 3
# Of intervals that keep what they state, one series in a hundred is refused by chance.
MISSED_P_VALUE = 0.01
# Mean error of the quiet stretches' totals, as a share of their totals.
MOST_ERROR_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Stretch(Record):
    """One quiet stretch.

    Attributes
    ----------
    first_day : int
        Days before the campaign's start, as a negative number.
    actual, expected : float
        Totals, in the series' unit.
    effect : Estimate
        Apparent effect, ``actual - expected``; the true one is zero.
    """

    first_day: int
    actual: float
    expected: float
    effect: Estimate

    @property
    def covers_zero(self) -> bool:
        """Whether the interval holds the true effect."""
        return self.effect.ci_lower <= 0 <= self.effect.ci_upper


@dataclass(frozen=True, slots=True)
class Placebo(Record):
    """The quiet stretches, earliest first, and what they say of the method.

    Attributes
    ----------
    stretches : tuple of Stretch
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("stretches",)

    stretches: tuple[Stretch, ...]

    @property
    def covered(self) -> int:
        """Stretches whose interval holds zero."""
        return sum(stretch.covers_zero for stretch in self.stretches)

    @property
    def largest(self) -> float:
        """The largest apparent effect, whatever its sign, in the series' unit."""
        return max(abs(stretch.effect.estimate) for stretch in self.stretches)

    @property
    def error_share(self) -> float:
        """Mean apparent effect, whatever its sign, as a share of the mean actual total."""
        errors = sum(abs(stretch.effect.estimate) for stretch in self.stretches)
        total = sum(stretch.actual for stretch in self.stretches)
        return errors / total if total > 0 else float("inf")


def placebo(found: Counterfactual, model: Structural) -> Placebo:
    """Return the quiet stretches of a pre-period.

    A stretch counts where all of its days were learnt from and as many days as the window has, and
    at least four weeks, lie before it.

    Raises
    ------
    NotEstimableError
        If there are fewer than `LEAST_STRETCHES`; if more of their intervals miss zero than the
        confidence level allows (binomial, p < `MISSED_P_VALUE`); if they are off by more than
        `MOST_ERROR_SHARE` on average.
    """
    days, stretches = found.window_days, []
    start = found.pre_days - days
    while start >= max(model.first_day, 4 * WEEK, days):
        if np.isnan(found.actual[start : start + days]).any():
            start -= 1
            continue
        stretches.append(_stretch(found, model, start))
        start -= days
    result = Placebo(tuple(reversed(stretches)))
    _require_sound(result, days, found.confidence_level)
    return result


def _stretch(found: Counterfactual, model: Structural, start: int) -> Stretch:
    days = found.window_days
    actual = float(found.actual[start : start + days].sum())
    total = model.forecast(start, days).sum_of(np.ones(days)).moved(-1.0, actual)
    effect = total.estimate(found.confidence_level)
    return Stretch(start - found.pre_days, actual, actual - effect.estimate, effect)


def _require_sound(result: Placebo, days: int, confidence_level: float) -> None:
    count = len(result.stretches)
    if count < LEAST_STRETCHES:
        raise NotEstimableError(
            f"the pre-period holds {count} quiet stretches of {days} days to try the method on, "
            f"fewer than {LEAST_STRETCHES}: read more days before the campaign (pre_days), or hold "
            "out a part of the next campaign"
        )
    missed = count - result.covered
    if missed and special.bdtrc(missed - 1, count, 1 - confidence_level) < MISSED_P_VALUE:
        raise NotEstimableError(
            f"tried on {count} quiet stretches of the pre-period, the method claims an effect on "
            f"{missed} of them, where nothing happened: its intervals cannot be trusted here; "
            "read another pre-period (pre_days), or hold out a part of the next campaign"
        )
    if result.error_share > MOST_ERROR_SHARE:
        raise NotEstimableError(
            f"tried on {count} quiet stretches of the pre-period, the method is off by "
            f"{result.error_share:.0%} of their total on average, more than "
            f"{MOST_ERROR_SHARE:.0%}: the series is too noisy; hold out a part of the next campaign"
        )
