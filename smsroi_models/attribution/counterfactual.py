"""What the daily series would have been without the campaign, and so what the campaign added.

The model (`structural`) learns from the days before the campaign alone and forecasts the days of
the window jointly; effect = actual - forecast. The errors of a forecast are not independent from
day to day, because level, drift, week and the controls' coefficients are shared: a total's variance
is the sum over their whole covariance matrix.

References
----------
Harvey (1989), chapter 7 (intervention analysis); Brodersen et al. (2015), section 2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.mixture import StudentMixture
from smsroi_models.attribution.structural import WEEK, Structural, Vector, filter_series
from smsroi_models.attribution.student import quantile
from smsroi_models.errors import DataError, NotEstimableError, ParameterError
from smsroi_models.records import Record

LEAST_DAYS = 8 * WEEK
# Of models that describe the series, one in a thousand is refused by chance.
PATTERN_P_VALUE = 0.001
# From here on the level moves in a day by two thirds of the noise or more: it is not a level.
MOST_RESTLESS = 2 / 3


@dataclass(frozen=True, slots=True)
class Counterfactual(Record):
    """A campaign's effect on one daily series.

    Arrays run over all days, the pre-period first; ``pre_days`` of them lie before the campaign.

    Attributes
    ----------
    pre_days, window_days : int
    actual : ndarray of shape (n_days,)
        In the series' unit; NaN on days of the pre-period that were left out.
    expected, lower, upper : ndarray of shape (n_days,)
        Each day's forecast and its interval: in the pre-period from the days before it, in the
        window from the pre-period alone. NaN while the model is learning.
    by_day : tuple of Estimate
        Effect gathered up to the end of each day of the window.
    total : StudentMixture
        Distribution of the effect over the whole window.
    expected_total : float
        What the window would have brought without the campaign.
    learnt_days : int
        Days of the pre-period that were learnt from.
    ratio : float
        The level's daily move over the daily noise, in [0, 1].
    pattern_p_value : float
        Ljung and Box's, of no pattern left in the one-step errors of two weeks.
    confidence_level : float
    """

    pre_days: int
    window_days: int
    actual: Vector
    expected: Vector
    lower: Vector
    upper: Vector
    by_day: tuple[Estimate, ...]
    total: StudentMixture
    expected_total: float
    learnt_days: int
    ratio: float
    pattern_p_value: float
    confidence_level: float

    @property
    def effect(self) -> Estimate:
        """The effect over the whole window."""
        return self.total.estimate(self.confidence_level)


def counterfactual(
    series: Vector,
    window_days: int,
    controls: Vector | None = None,
    left_out: NDArray[np.bool_] | None = None,
    confidence_level: float = 0.95,
) -> tuple[Counterfactual, Structural]:
    """Estimate what the last ``window_days`` of a series would have been, from the days before.

    The effect is what no control and no habit of the series explains: a holiday, a price change or
    a competitor of those very days is in it as well.

    Parameters
    ----------
    series : ndarray of shape (n_days,)
        One number for each whole day, the window last.
    window_days : int
        At least 1.
    controls : ndarray of shape (n_days, n_controls), optional
        Series that the campaign did not touch.
    left_out : ndarray of bool of shape (n_days,), optional
        Days of the pre-period that are not to be learnt from.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    pair of Counterfactual and Structural
        The second is the filtered model, for `placebo`.

    Raises
    ------
    DataError
        If shapes do not match or a number is not finite.
    ParameterError
        If ``window_days`` or the confidence level lies outside its range.
    NotEstimableError
        If the pre-period has fewer than `LEAST_DAYS` days or three windows' length to learn from,
        or a pattern is left in its one-step errors, or its level wanders as much as it is noisy.

    Examples
    --------
    Weeks of 10 a day and 20 on the seventh day, and a little noise; then 5 more on each of 3 days:

    >>> noise = 0.01 * np.cos(np.arange(94.0) ** 2)
    >>> sales = 10.0 + 10.0 * (np.arange(94) % 7 == 6) + noise
    >>> sales[91:] += 5.0
    >>> found, _ = counterfactual(sales, 3)
    >>> round(found.effect.estimate), round(found.expected_total)
    (15, 30)
    """
    days = np.asarray(series, dtype=np.float64)
    others = np.empty((len(days), 0)) if controls is None else np.asarray(controls, np.float64)
    skipped = np.zeros(len(days), bool) if left_out is None else np.asarray(left_out, bool)
    _check(days, window_days, others, skipped, confidence_level)
    pre_days = len(days) - window_days
    known = np.where(skipped, np.nan, days)
    learnt = _require_days(known[:pre_days], window_days)
    model = filter_series(np.where(np.arange(len(days)) < pre_days, known, np.nan), others)
    found = _compare(known, model, pre_days, learnt, confidence_level)
    _require_fit(found)
    return found, model


def _compare(
    actual: Vector, model: Structural, pre_days: int, learnt: int, confidence_level: float
) -> Counterfactual:
    window = actual[pre_days:]
    days = len(window)
    ahead = model.forecast(pre_days, days)
    expected, lower, upper = _bands(model, confidence_level)
    single = [ahead.sum_of(row).estimate(confidence_level) for row in np.eye(days)]
    expected[pre_days:] = [day.estimate for day in single]
    lower[pre_days:] = [day.ci_lower for day in single]
    upper[pre_days:] = [day.ci_upper for day in single]
    # effect = actual - forecast: the forecast's distribution, turned round and moved
    gathered = [
        ahead.sum_of(row).moved(-1.0, float(row @ window)) for row in np.tri(days, dtype=float)
    ]
    return Counterfactual(
        pre_days=pre_days,
        window_days=days,
        actual=actual,
        expected=expected,
        lower=lower,
        upper=upper,
        by_day=tuple(day.estimate(confidence_level) for day in gathered),
        total=gathered[-1],
        expected_total=float(window.sum()) - gathered[-1].mean,
        learnt_days=learnt,
        ratio=model.ratio,
        pattern_p_value=_pattern_p_value(model.residuals),
        confidence_level=confidence_level,
    )


def _bands(model: Structural, confidence_level: float) -> tuple[Vector, Vector, Vector]:
    reach = quantile((1 + confidence_level) / 2, model.degrees_of_freedom) * model.one_step_scale
    return model.one_step.copy(), model.one_step - reach, model.one_step + reach


def _pattern_p_value(residuals: Vector, lags: int = 2 * WEEK) -> float:
    """Return Ljung and Box's p-value (1978, Biometrika 65, equation 1.3)."""
    n, errors = len(residuals), residuals - residuals.mean()
    r = np.array([errors[k:] @ errors[: n - k] for k in range(1, lags + 1)]) / (errors @ errors)
    statistic = n * (n + 2) * np.sum(r**2 / (n - np.arange(1, lags + 1)))
    return float(special.chdtrc(lags, statistic))


def _check(
    days: Vector,
    window_days: int,
    controls: Vector,
    left_out: NDArray[np.bool_],
    confidence_level: float,
) -> None:
    if not 0 < confidence_level < 1:
        raise ParameterError(
            f"confidence_level is {confidence_level!r}: it must lie between 0 and 1, such as 0.95"
        )
    if not 1 <= window_days <= len(days):
        raise ParameterError(
            f"window_days is {window_days!r}: it must lie between 1 and the {len(days)} days given"
        )
    if controls.ndim != 2 or len(controls) != len(days) or len(left_out) != len(days):
        raise DataError(
            f"the series has {len(days)} days, its controls {controls.shape}, the days left out "
            f"{left_out.shape}: hand over one row for each day"
        )
    if not (np.isfinite(days).all() and np.isfinite(controls).all()):
        raise DataError("a day's number is null or infinite: a day without orders counts as 0")
    if left_out[-window_days:].any():
        raise DataError("a day of the window is left out: every day of it must count")


def _require_days(pre_period: Vector, window_days: int) -> int:
    learnt, least = int((~np.isnan(pre_period)).sum()), max(LEAST_DAYS, 3 * window_days)
    if learnt < least:
        raise NotEstimableError(
            f"the pre-period has {learnt} days to learn from, fewer than the {least} (eight weeks, "
            f"and three times the window) that a window of {window_days} days needs: read more "
            "days before the campaign (pre_days), or hold out a part of the next campaign"
        )
    return learnt


def _require_fit(found: Counterfactual) -> None:
    remedy = (
        "read another pre-period (pre_days), without the break or the sale that the model does not "
        "know of, or hold out a part of the next campaign"
    )
    if found.pattern_p_value < PATTERN_P_VALUE:
        raise NotEstimableError(
            "the model of level, drift and week fits the pre-period badly: its daily errors follow "
            f"a pattern (Ljung-Box p = {found.pattern_p_value:.2g}, below {PATTERN_P_VALUE}); "
            f"{remedy}"
        )
    if found.ratio > MOST_RESTLESS:
        raise NotEstimableError(
            "the model of level, drift and week fits the pre-period badly: its level moves from "
            f"one day to the next by {found.ratio:.0%} of the daily noise, above "
            f"{MOST_RESTLESS:.0%}; {remedy}"
        )
