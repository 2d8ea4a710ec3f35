"""Holdout lift: what assignment to the campaign changed, per assigned customer.

Two estimators of the same intention-to-treat effect, both from moments alone:

- *difference in means* with unequal variances (Welch 1947);
- *regression-adjusted*: each arm's outcome is regressed on the pre-period covariates and both
  regressions are read at the covariates' common mean (Lin 2013, eq. 3 with separate slopes; CUPED,
  Deng et al. 2013, is the case of one pooled slope). Its standard error is that of the
  difference of two regression means, the homoskedastic-within-arm form of HC2.

Relative effects follow the delta method (Deng, Knoblich and Lu 2018, eq. 4).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.records import Record

Alternative = Literal["two-sided", "greater", "less"]
Scale = Literal["linear", "log"]

# Correlation matrices of covariates worse conditioned than this lose half of a float64's digits.
_MAX_CONDITION = 1e8


@dataclass(frozen=True, slots=True)
class Estimate(Record):
    """A figure with its standard error and interval, all in the figure's unit."""

    estimate: float
    standard_error: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True, slots=True)
class Lift(Record):
    """The effect of assignment on one outcome, per assigned customer, with its uncertainty.

    Attributes
    ----------
    outcome : str
    method : str
        ``"difference in means"`` or ``"regression-adjusted"``.
    covariates : tuple of str
    n_treatment, n_holdout : int
        Customers counted.
    mean_treatment, mean_holdout : float
        Outcome per customer; with covariates, at the covariates' common mean.
    absolute_lift : float
        ``mean_treatment - mean_holdout``, in the outcome's unit per assigned customer.
    standard_error, ci_lower, ci_upper : float
        Of ``absolute_lift``. One-sided alternatives have one infinite end.
    p_value : float
        Of no effect, in [0, 1].
    degrees_of_freedom : float
        Welch-Satterthwaite.
    relative_lift : float or None
        ``absolute_lift / mean_holdout``; None where the holdout's mean is not clearly above zero,
        because a ratio to it is then not estimable.
    relative_standard_error, relative_ci_lower, relative_ci_upper : float or None
    confidence_level : float
    alternative : str
    """

    outcome: str
    method: str
    covariates: tuple[str, ...]
    n_treatment: int
    n_holdout: int
    mean_treatment: float
    mean_holdout: float
    absolute_lift: float
    standard_error: float
    ci_lower: float
    ci_upper: float
    p_value: float
    degrees_of_freedom: float
    relative_lift: float | None
    relative_standard_error: float | None
    relative_ci_lower: float | None
    relative_ci_upper: float | None
    confidence_level: float
    alternative: Alternative

    def scaled(self, factor: float, shift: float = 0.0) -> Estimate:
        """Return ``factor * absolute_lift + shift`` with its interval; factor is positive."""
        return Estimate(
            factor * self.absolute_lift + shift,
            factor * self.standard_error,
            factor * self.ci_lower + shift,
            factor * self.ci_upper + shift,
        )


@dataclass(frozen=True, slots=True)
class _ArmMean:
    value: float
    variance: float
    degrees_of_freedom: float


def compare(
    treatment: Moments,
    holdout: Moments,
    outcome: str | None = None,
    *,
    covariates: Sequence[str] = (),
    proportion: bool = False,
    confidence_level: float = 0.95,
    alternative: Alternative = "two-sided",
    relative_scale: Scale = "log",
) -> Lift:
    """Compare an outcome between the arms, from their moments.

    The interval is for the effect on the customers assigned, in expectation over which of them
    fell into which arm. It says nothing of customers who were never assigned.

    Parameters
    ----------
    treatment, holdout : Moments
        Of the same columns.
    outcome : str, optional
        The column compared; the first one by default.
    covariates : sequence of str
        Columns measured before assignment. Empty for the difference in means.
    proportion : bool
        The outcome is 0 or 1: its variance is p (1 - p) / n. Ignored with covariates.
    confidence_level : float
        In (0, 1).
    alternative : {"two-sided", "greater", "less"}
    relative_scale : {"log", "linear"}
        Scale on which the interval of the relative lift is symmetric. On the log scale it never
        falls below -100 % and agrees better with the absolute interval; it needs both means to be
        above zero, and is None otherwise.

    Raises
    ------
    NotEstimableError
        If an arm has too few customers, the outcome is the same for every customer of an arm, or
        the covariates are constant or collinear within an arm.
    ParameterError
        If an option lies outside its range.

    References
    ----------
    Welch (1947); Lin (2013), Annals of Applied Statistics 7(1), eq. 3; Deng, Knoblich and Lu
    (2018), KDD, eq. 4.

    Examples
    --------
    Fourteen of 28 against 16 of 30 buyers, as in GrowthBook's tests:

    >>> a = Moments.from_sums("bought", 28, 14, 14)
    >>> b = Moments.from_sums("bought", 30, 16, 16)
    >>> lift = compare(b, a, proportion=True)
    >>> round(lift.relative_lift, 5), round(lift.relative_standard_error, 4)
    (0.06667, 0.2717)
    """
    _check_options(confidence_level, alternative, relative_scale)
    outcome = outcome or treatment.columns[0]
    if covariates:
        treated, held = _adjusted_means(treatment, holdout, outcome, tuple(covariates))
    else:
        treated = _plain_mean(treatment, outcome, "treatment", proportion)
        held = _plain_mean(holdout, outcome, "holdout", proportion)
    difference = treated.value - held.value
    standard_error = math.sqrt(treated.variance + held.variance)
    df = _satterthwaite(treated, held)
    low, high = _interval(difference, standard_error, df, confidence_level, alternative)
    relative = _relative(treated, held, confidence_level, alternative, relative_scale)
    return Lift(
        outcome=outcome,
        method="regression-adjusted" if covariates else "difference in means",
        covariates=tuple(covariates),
        n_treatment=treatment.n,
        n_holdout=holdout.n,
        mean_treatment=treated.value,
        mean_holdout=held.value,
        absolute_lift=difference,
        standard_error=standard_error,
        ci_lower=low,
        ci_upper=high,
        p_value=_p_value(difference / standard_error, df, alternative),
        degrees_of_freedom=df,
        relative_lift=relative.estimate if relative else None,
        relative_standard_error=relative.standard_error if relative else None,
        relative_ci_lower=relative.ci_lower if relative else None,
        relative_ci_upper=relative.ci_upper if relative else None,
        confidence_level=confidence_level,
        alternative=alternative,
    )


def ratio_of_means(
    moments: Moments, numerator: str, denominator: str, confidence_level: float = 0.95
) -> Estimate:
    """Estimate ``mean(numerator) / mean(denominator)`` over customers, by the delta method.

    Raises
    ------
    NotEstimableError
        If there are fewer than two customers or the denominator's mean is zero.

    References
    ----------
    Deng, Knoblich and Lu (2018), eq. 2.

    Examples
    --------
    Margin per order where every order brings 30:

    >>> m = Moments.from_rows([[0, 0], [30, 1], [60, 2]], ["margin", "orders"])
    >>> ratio_of_means(m, "margin", "orders").estimate
    30.0
    """
    pair = moments.select([numerator, denominator])
    top, bottom = pair.mean
    if pair.n < 2 or bottom == 0:
        raise NotEstimableError(
            f"{numerator} per {denominator} is not estimable: {pair.n} customers with a mean "
            f"{denominator} of {bottom:g}"
        )
    ratio = top / bottom
    gradient = np.array([1.0, -ratio]) / bottom
    variance = float(gradient @ pair.covariance @ gradient) / pair.n
    error = math.sqrt(max(variance, 0.0))
    low, high = _interval(ratio, error, pair.n - 1, confidence_level, "two-sided")
    return Estimate(float(ratio), error, float(low), float(high))


def _check_options(confidence_level: float, alternative: str, relative_scale: str) -> None:
    if not 0 < confidence_level < 1:
        raise ParameterError(
            f"confidence_level is {confidence_level}: it must lie between 0 and 1, such as 0.95"
        )
    if alternative not in ("two-sided", "greater", "less"):
        raise ParameterError(f"alternative is {alternative!r}: use two-sided, greater or less")
    if relative_scale not in ("linear", "log"):
        raise ParameterError(f"relative_scale is {relative_scale!r}: use linear or log")


def _plain_mean(arm: Moments, outcome: str, name: str, proportion: bool) -> _ArmMean:
    _require_variation(arm, outcome, name, minimum=2)
    mean, variance = arm.mean_of(outcome), arm.variance_of(outcome)
    if proportion:
        if not 0 <= mean <= 1:
            raise ParameterError(
                f"{outcome} has mean {mean:g} in the {name} arm: a proportion is 0 or 1 a row"
            )
        variance = mean * (1 - mean)
    return _ArmMean(mean, variance / arm.n, arm.n - 1)


def _adjusted_means(
    treatment: Moments, holdout: Moments, outcome: str, covariates: tuple[str, ...]
) -> tuple[_ArmMean, _ArmMean]:
    common = treatment.select(covariates).merge(holdout.select(covariates)).mean
    return (
        _adjusted_mean(treatment, outcome, covariates, common, "treatment"),
        _adjusted_mean(holdout, outcome, covariates, common, "holdout"),
    )


def _adjusted_mean(
    arm: Moments, outcome: str, covariates: tuple[str, ...], at: np.ndarray, name: str
) -> _ArmMean:
    """Read the arm's own regression at the covariate values ``at``."""
    k = len(covariates)
    _require_variation(arm, outcome, name, minimum=k + 3)
    for covariate in covariates:
        _require_variation(arm, covariate, name, minimum=k + 3)
    moments = arm.select((outcome, *covariates))
    # Scaled to correlations: revenue in the hundreds beside shares must not look collinear.
    scale = np.sqrt(np.diag(moments.covariance))
    correlation = moments.covariance / np.outer(scale, scale)
    if np.linalg.cond(correlation[1:, 1:]) > _MAX_CONDITION:
        raise NotEstimableError(
            f"the covariates {', '.join(covariates)} are collinear in the {name} arm: drop one"
        )
    inverse = np.linalg.inv(correlation[1:, 1:])
    slopes = inverse @ correlation[1:, 0]
    step = (at - moments.mean[1:]) / scale[1:]
    value = moments.mean[0] + scale[0] * float(slopes @ step)
    unexplained = 1.0 - float(slopes @ correlation[1:, 0])
    if unexplained < 1e-12:
        raise NotEstimableError(
            f"the covariates explain {outcome} of the {name} arm without rest: they are not "
            "measured before assignment, or one of them is the outcome"
        )
    df = arm.n - 1 - k
    residual_variance = scale[0] ** 2 * unexplained * (arm.n - 1) / df
    leverage = 1 / arm.n + float(step @ inverse @ step) / (arm.n - 1)
    return _ArmMean(float(value), float(residual_variance * leverage), df)


def _require_variation(arm: Moments, column: str, name: str, minimum: int) -> None:
    if arm.n < minimum:
        raise NotEstimableError(
            f"the {name} arm has {arm.n} customers: at least {minimum} are needed; "
            "assign more customers or wait for more windows to end"
        )
    mean, variance = arm.mean_of(column), arm.variance_of(column)
    if variance <= 1e-24 * mean**2:
        raise NotEstimableError(
            f"{column} is {mean:g} for every one of the {arm.n} customers of the {name} arm: its "
            "sampling error cannot be estimated; wait for more orders or assign more customers"
        )


def _satterthwaite(a: _ArmMean, b: _ArmMean) -> float:
    return (a.variance + b.variance) ** 2 / (
        a.variance**2 / a.degrees_of_freedom + b.variance**2 / b.degrees_of_freedom
    )


def _relative(
    treated: _ArmMean,
    held: _ArmMean,
    confidence_level: float,
    alternative: Alternative,
    scale: Scale,
) -> Estimate | None:
    # A ratio to a mean that may be zero or negative has no bounded interval (Fieller 1954).
    reach = special.stdtrit(held.degrees_of_freedom, (1 + confidence_level) / 2)
    if held.value <= reach * math.sqrt(held.variance):
        return None
    ratio = treated.value / held.value
    scaled = _ArmMean(ratio, ratio**2 * held.variance, held.degrees_of_freedom)
    error = math.sqrt(treated.variance + scaled.variance) / held.value
    if scale == "linear":
        df = _satterthwaite(treated, held)
        low, high = _interval(ratio - 1, error, df, confidence_level, alternative)
        return Estimate(ratio - 1, error, low, high)
    if ratio <= 0:
        return None
    df = _satterthwaite(treated, scaled)
    low, high = _interval(math.log(ratio), error / ratio, df, confidence_level, alternative)
    return Estimate(ratio - 1, error, math.exp(low) - 1, math.exp(high) - 1)


def _interval(
    centre: float, error: float, df: float, confidence_level: float, alternative: Alternative
) -> tuple[float, float]:
    if alternative == "two-sided":
        reach = float(special.stdtrit(df, (1 + confidence_level) / 2)) * error
        return centre - reach, centre + reach
    reach = float(special.stdtrit(df, confidence_level)) * error
    return (centre - reach, math.inf) if alternative == "greater" else (-math.inf, centre + reach)


def _p_value(statistic: float, df: float, alternative: Alternative) -> float:
    if alternative == "two-sided":
        return float(2 * special.stdtr(df, -abs(statistic)))
    return float(special.stdtr(df, -statistic if alternative == "greater" else statistic))
