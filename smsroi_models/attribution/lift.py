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
import sys
from collections.abc import Sequence

from smsroi_models.attribution.arm_means import ArmMean, adjusted_mean, plain_mean
from smsroi_models.attribution.effects import Estimate, Lift, Scale
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.student import Alternative, interval, p_value, quantile
from smsroi_models.errors import NotEstimableError, ParameterError

_LARGEST_LOG = math.log(sys.float_info.max)


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
    DataError
        If the outcome is said to be a proportion, and its moments cannot be those of 0 and 1.
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
    check_options(confidence_level, alternative, relative_scale)
    outcome = outcome or treatment.columns[0]
    check_covariates(covariates, outcome)
    if covariates:
        treated, held = adjusted_means(treatment, holdout, outcome, tuple(covariates))
    else:
        treated = plain_mean(treatment, outcome, "treatment", proportion)
        held = plain_mean(holdout, outcome, "holdout", proportion)
    return lift_between(
        treated,
        held,
        outcome=outcome,
        method="regression-adjusted" if covariates else "difference in means",
        covariates=tuple(covariates),
        sizes=(treatment.n, holdout.n),
        confidence_level=confidence_level,
        alternative=alternative,
        relative_scale=relative_scale,
    )


def lift_between(
    treated: ArmMean,
    held: ArmMean,
    *,
    outcome: str,
    method: str,
    covariates: tuple[str, ...],
    sizes: tuple[int, int],
    confidence_level: float,
    alternative: Alternative = "two-sided",
    relative_scale: Scale = "log",
    covariance: float = 0.0,
    most_df: float = math.inf,
) -> Lift:
    """Return the difference of two means as a lift, with the relative one.

    ``covariance`` is that of the two means, which clusters that straddle the arms have; together
    they then have ``most_df`` degrees of freedom, not the sum of both.
    """
    difference = treated.value - held.value
    variance = treated.variance + held.variance - 2 * covariance
    if variance <= 1e-12 * (treated.variance + held.variance):
        raise NotEstimableError(
            f"the difference in {outcome} is the same in every cluster: its sampling error cannot "
            "be estimated"
        )
    standard_error = math.sqrt(variance)
    df = min(satterthwaite(treated, held), most_df)
    low, high = interval(difference, standard_error, df, confidence_level, alternative)
    relative = _relative(
        treated, held, covariance, most_df, confidence_level, alternative, relative_scale
    )
    return Lift(
        outcome=outcome,
        method=method,
        covariates=covariates,
        n_treatment=sizes[0],
        n_holdout=sizes[1],
        mean_treatment=treated.value,
        mean_holdout=held.value,
        absolute_lift=difference,
        standard_error=standard_error,
        ci_lower=low,
        ci_upper=high,
        p_value=p_value(difference / standard_error, df, alternative),
        degrees_of_freedom=df,
        relative_lift=relative.estimate if relative else None,
        relative_standard_error=relative.standard_error if relative else None,
        relative_ci_lower=relative.ci_lower if relative else None,
        relative_ci_upper=relative.ci_upper if relative else None,
        confidence_level=confidence_level,
        alternative=alternative,
    )


def check_options(confidence_level: float, alternative: str, relative_scale: str) -> None:
    """Raise `ParameterError` if an option of a comparison lies outside its range."""
    if not (isinstance(confidence_level, float) and 0 < confidence_level < 1):
        raise ParameterError(
            f"confidence_level is {confidence_level!r}: it must lie between 0 and 1, such as 0.95"
        )
    if alternative not in ("two-sided", "greater", "less"):
        raise ParameterError(f"alternative is {alternative!r}: use two-sided, greater or less")
    if relative_scale not in ("linear", "log"):
        raise ParameterError(f"relative_scale is {relative_scale!r}: use linear or log")


def check_covariates(covariates: Sequence[str], *outcomes: str) -> None:
    """Raise `ParameterError` if a covariate stands twice, or is an outcome."""
    names = list(covariates)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ParameterError(f"covariates is {names}: {twice[0]!r} stands in it twice; drop one")
    for name in outcomes:
        if name in names:
            raise ParameterError(
                f"covariates is {names}: {name!r} is what is compared; a covariate is measured "
                "before assignment"
            )


def adjusted_means(
    treatment: Moments, holdout: Moments, outcome: str, covariates: tuple[str, ...]
) -> tuple[ArmMean, ArmMean]:
    """Return both arms' means at the covariates' common mean."""
    common = treatment.select(covariates).merge(holdout.select(covariates)).mean
    return (
        adjusted_mean(treatment, outcome, covariates, common, "treatment"),
        adjusted_mean(holdout, outcome, covariates, common, "holdout"),
    )


def satterthwaite(a: ArmMean, b: ArmMean) -> float:
    """Return the degrees of freedom of the difference of two means (Welch 1947)."""
    # As shares of the whole variance: its square would leave float64 in very small or large units.
    share = a.variance / (a.variance + b.variance)
    df = 1 / (share**2 / a.degrees_of_freedom + (1 - share) ** 2 / b.degrees_of_freedom)
    return min(df, a.degrees_of_freedom + b.degrees_of_freedom)  # rounding may pass the bound


def _relative(
    treated: ArmMean,
    held: ArmMean,
    covariance: float,
    most_df: float,
    confidence_level: float,
    alternative: Alternative,
    scale: Scale,
) -> Estimate | None:
    # A ratio to a mean that may be zero or negative has no bounded interval (Fieller 1954).
    reach = quantile((1 + confidence_level) / 2, held.degrees_of_freedom)
    if held.value <= reach * math.sqrt(held.variance):
        return None
    ratio = treated.value / held.value
    scaled = ArmMean(ratio, ratio**2 * held.variance, held.degrees_of_freedom)
    variance = treated.variance + scaled.variance - 2 * ratio * covariance
    error = math.sqrt(max(variance, 0.0)) / held.value
    if scale == "linear":
        df = min(satterthwaite(treated, held), most_df)
        low, high = interval(ratio - 1, error, df, confidence_level, alternative)
        return Estimate(ratio - 1, error, low, high)
    if ratio <= 0:
        return None
    df = min(satterthwaite(treated, scaled), most_df)
    low, high = interval(math.log(ratio), error / ratio, df, confidence_level, alternative)
    if _LARGEST_LOG < high < math.inf:  # the treatment's mean may as well be zero
        return None
    return Estimate(ratio - 1, error, math.exp(low) - 1, math.exp(high) - 1)
