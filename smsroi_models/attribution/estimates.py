"""The lifts of a campaign's outcomes, by both estimators, from the moments of its arms."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.cumulative import cumulative_moments
from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.sequential import confidence_sequence
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record

PROPORTIONS = ("converted", "opted_out")


@dataclass(frozen=True, slots=True)
class OutcomeLift(Record):
    """One outcome's lift by both estimators.

    Attributes
    ----------
    unadjusted : Lift
        Difference in means.
    adjusted : Lift or None
        Regression-adjusted; None without a pre-period to adjust for.
    """

    unadjusted: Lift
    adjusted: Lift | None

    @property
    def headline(self) -> Lift:
        """The adjusted lift wherever there is one: a rule fixed before any outcome is seen."""
        return self.adjusted or self.unadjusted


@dataclass(frozen=True, slots=True)
class DayLift(Record):
    """Incremental margin gathered up to the end of a day of the window, store currency.

    Attributes
    ----------
    day : int
        From 1; the last day's figure is the campaign's incremental margin.
    margin : Estimate
        With the interval for a reader who looks on this day alone.
    sequence : Estimate
        The same with the interval for a reader who looks every day.
    information : float
        Variance gathered, as a share of the one planned for: the clock of ``sequence``.
    """

    day: int
    margin: Estimate
    sequence: Estimate
    information: float


def usable_covariates(
    treatment: Moments, holdout: Moments, candidates: Sequence[str]
) -> tuple[str, ...]:
    """Return the candidates that vary in both arms and are not collinear with an earlier one.

    Looks at the candidates alone, never at an outcome.

    Examples
    --------
    >>> rows = [[x, 2 * x, 1.0] for x in (0.0, 1.0, 5.0, 7.0, 2.0, 3.0)]
    >>> arm = Moments.from_rows(rows, ["revenue", "doubled", "constant"])
    >>> usable_covariates(arm, arm, arm.columns)
    ('revenue',)
    """
    kept: list[str] = []
    for name in candidates:
        if all(_adds_variation(arm, [*kept, name]) for arm in (treatment, holdout)):
            kept.append(name)
    return tuple(kept)


def campaign_lifts(
    treatment: Moments,
    holdout: Moments,
    outcomes: Sequence[str],
    covariates: Sequence[str],
    confidence_level: float,
) -> tuple[dict[str, OutcomeLift], dict[str, str]]:
    """Return each outcome's lift and, for those that cannot be estimated, the reason."""
    lifts: dict[str, OutcomeLift] = {}
    reasons: dict[str, str] = {}
    for name in outcomes:
        try:
            lifts[name] = _outcome_lift(treatment, holdout, name, covariates, confidence_level)
        except NotEstimableError as reason:
            reasons[name] = str(reason)
    return lifts, reasons


def _outcome_lift(
    treatment: Moments,
    holdout: Moments,
    name: str,
    covariates: Sequence[str],
    confidence_level: float,
) -> OutcomeLift:
    plain = compare(
        treatment,
        holdout,
        name,
        proportion=name in PROPORTIONS,
        confidence_level=confidence_level,
    )
    if not covariates:
        return OutcomeLift(plain, None)
    adjusted = compare(
        treatment, holdout, name, covariates=covariates, confidence_level=confidence_level
    )
    return OutcomeLift(plain, adjusted)


def daily_lift(
    added: tuple[NDArray[np.float64], NDArray[np.float64]],
    treatment: Moments,
    holdout: Moments,
    covariates: Sequence[str],
    confidence_level: float,
    *,
    planned_variance: float | None = None,
    planned_days: int | None = None,
) -> tuple[DayLift, ...]:
    """Return the incremental margin gathered by each day on which both arms had orders.

    Parameters
    ----------
    added : pair of ndarray of shape (window_days, 2 + n_covariates)
        From `collect_daily`, treatment first.
    treatment, holdout : Moments
        Of at least the covariates.
    covariates : sequence of str
    confidence_level : float
    planned_variance : float, optional
        Of the margin lift per assigned customer at the end of the planned window, squared currency
        (`sequential.planned_variance`): where the sequence is tightest. Without it, that of the
        first day that can be estimated, in proportion to the days.
    planned_days : int, optional
        The planned window, where ``added`` holds fewer days.
    """
    lifts = _lifts_by_day(added, treatment, holdout, covariates, confidence_level)
    planned = planned_variance
    if planned is None and lifts:
        day, first = min(lifts.items())
        planned = first.standard_error**2 * (planned_days or len(added[0])) / day
    return tuple(_day_lift(day, lift, planned or math.nan) for day, lift in lifts.items())


def _lifts_by_day(
    added: tuple[NDArray[np.float64], NDArray[np.float64]],
    treatment: Moments,
    holdout: Moments,
    covariates: Sequence[str],
    confidence_level: float,
) -> dict[int, Lift]:
    lifts: dict[int, Lift] = {}
    running = [
        cumulative_moments(rows, arm.select(covariates), "margin")
        for rows, arm in zip(added, (treatment, holdout), strict=True)
    ]
    for day, (treated, held) in enumerate(zip(*running, strict=True), start=1):
        try:
            lifts[day] = compare(
                treated, held, "margin", covariates=covariates, confidence_level=confidence_level
            )
        except NotEstimableError:  # no order yet in one of the arms
            continue
    return lifts


def _day_lift(day: int, lift: Lift, planned_variance: float) -> DayLift:
    margin = lift.scaled(lift.n_treatment)
    information = lift.standard_error**2 / planned_variance
    sequence = confidence_sequence(
        margin.estimate, margin.standard_error, information, lift.confidence_level
    )
    return DayLift(day, margin, sequence, information)


def first_clear_day(
    days: Sequence[DayLift], amount: float = 0.0, *, above_only: bool = False
) -> DayLift | None:
    """Return the first day whose sequence lies wholly above or wholly below an amount.

    It answers for a day chosen after looking: over all days together the sequence misses the truth
    in at most 1 - confidence_level of campaigns.

    Parameters
    ----------
    days : sequence of DayLift
    amount : float
        0 for an effect of either sign; the cost for a profit.
    above_only : bool
        Whether only above counts: in its first days a campaign lies below its cost as a matter of
        course.

    Examples
    --------
    >>> lows = [-5.0, 2.0, 12.0]
    >>> days = [
    ...     DayLift(i, Estimate(m + 2, 1.0, m + 1, m + 3), Estimate(m + 2, 1.0, m, m + 4), 0.1 * i)
    ...     for i, m in enumerate(lows, start=1)
    ... ]
    >>> [first_clear_day(days, amount).day for amount in (0.0, 3.0, 10.0)]
    [1, 1, 1]
    >>> first_clear_day(days[1:]).day, first_clear_day(days[1:2], 4.0)
    (2, None)
    >>> first_clear_day(days, above_only=True).day
    2
    """
    for day in days:
        below = day.sequence.ci_upper < amount and not above_only
        if below or day.sequence.ci_lower > amount:
            return day
    return None


def payback_day(days: Sequence[DayLift], cost: float) -> int | None:
    """Return the first day from which the sequence of the margin stays above the cost to the end.

    The day is chosen after looking at all of them: the interval for a single look would choose it
    too early.

    >>> lows = [5.0, 12.0, 8.0, 11.0, 13.0]
    >>> days = [
    ...     DayLift(i, Estimate(m + 2, 1.0, m + 1, m + 3), Estimate(m + 2, 1.0, m, m + 4), 0.1 * i)
    ...     for i, m in enumerate(lows, start=1)
    ... ]
    >>> payback_day(days, cost=10.0), payback_day(days, cost=20.0)
    (4, None)
    """
    first = None
    for day in days:
        if day.sequence.ci_lower <= cost:
            first = None
        elif first is None:
            first = day.day
    return first


def _adds_variation(arm: Moments, columns: Sequence[str]) -> bool:
    covariance = arm.select(columns).covariance
    scale = np.sqrt(np.diag(covariance))
    if arm.n < len(columns) + 3 or (scale == 0).any():
        return False
    correlation = covariance / np.outer(scale, scale)
    # Far inside the bound at which the regression itself refuses.
    return bool(np.linalg.cond(correlation) < 1e6)
