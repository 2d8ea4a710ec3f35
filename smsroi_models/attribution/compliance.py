"""The effect on those whom assignment made receive the text (complier average causal effect).

    effect = (mean_t(y) - mean_h(y)) / (mean_t(d) - mean_h(d)),    d = received, 0 or 1

(Imbens and Angrist 1994; two-stage least squares with assignment as the instrument). With the
effect held fixed, y - effect x d is a column like any other: the standard error of its lift, over
the difference in d, is the robust one, with a variance of its own in each arm. It takes assignment
to work through the text alone, and nobody to refuse it only when assigned to it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.arm_means import ArmMean, adjusted_mean, require_binary
from smsroi_models.attribution.effects import Effect, Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.student import interval, p_value
from smsroi_models.errors import NotEstimableError, ParameterError

# Below it the estimate leans to the naive comparison and its interval misses (Staiger, Stock 1997).
WEAKEST_FIRST_STAGE = 10.0


@dataclass(frozen=True, slots=True)
class ComplierLift(Effect):
    """The effect of the text, per customer whom assignment made receive it.

    Attributes
    ----------
    outcome, received : str
    method : str
        ``"complier"``.
    covariates : tuple of str
    n_treatment, n_holdout : int
        Customers counted, reached or not.
    share_received_treatment, share_received_holdout : float
        In [0, 1]; with covariates, at their common mean.
    first_stage : float
        Difference of the two: the share of customers whom the effect speaks of.
    first_stage_f : float
        Square of the difference over its standard error; infinite where it is exact.
    mean_treatment, mean_holdout : float or None
        Outcome per such customer, with the text and without; their difference is the effect. They
        have no interval, and may fall outside what the outcome can be. None with covariates.
    absolute_lift, standard_error, ci_lower, ci_upper : float
        In the outcome's unit per such customer.
    p_value : float
    degrees_of_freedom : float
    relative_lift, relative_ci_lower, relative_ci_upper : float or None
        As `compare` has them where all of one arm received the text and none of the other; else
        None, because the moments do not hold the spread of ``mean_holdout``.
    confidence_level : float
    """

    outcome: str
    received: str
    method: str
    covariates: tuple[str, ...]
    n_treatment: int
    n_holdout: int
    share_received_treatment: float
    share_received_holdout: float
    first_stage: float
    first_stage_f: float
    mean_treatment: float | None
    mean_holdout: float | None
    absolute_lift: float
    standard_error: float
    ci_lower: float
    ci_upper: float
    p_value: float
    degrees_of_freedom: float
    relative_lift: float | None
    relative_ci_lower: float | None
    relative_ci_upper: float | None
    confidence_level: float


def compare_compliers(
    treatment: Moments,
    holdout: Moments,
    outcome: str,
    received: str,
    *,
    covariates: Sequence[str] = (),
    confidence_level: float = 0.95,
) -> ComplierLift:
    """Return the effect on those whom assignment made receive the text.

    It says nothing of customers who would never have received it, nor of those who got it anyway.
    Money follows from intention to treat, not from this figure.

    Parameters
    ----------
    treatment, holdout : Moments
        Of the outcome, of ``received`` (0 or 1) and of the covariates, everyone assigned included.
    outcome, received : str
    covariates : sequence of str
        Columns measured before assignment.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If ``received`` holds another value than 0 and 1.
    NotEstimableError
        If assignment hardly changed who received the text (F below 10), the outcome's lift is not
        estimable, or the outcome follows from ``received`` without rest.
    ParameterError
        If the outcome is ``received``, or an option lies outside its range.

    References
    ----------
    Imbens and Angrist (1994), Econometrica 62(2), theorem 1. Staiger and Stock (1997), Econometrica
    65(3). Imbens and Rubin (1997), Review of Economic Studies 64(4); (2015), Causal Inference,
    chapter 23.

    Examples
    --------
    Half of the texted were reached; the mean rose by 1, that of the reached by 2:

    >>> rows = [[0.0, 0.0], [4.0, 1.0]] * 100
    >>> texted = Moments.from_rows(rows, ["spend", "delivered"])
    >>> held = Moments.from_rows([[0.0, 0.0], [2.0, 0.0]] * 100, ["spend", "delivered"])
    >>> lift = compare_compliers(texted, held, "spend", "delivered")
    >>> lift.first_stage, lift.absolute_lift, lift.mean_treatment  # the reached spent 4
    (0.5, 2.0, 4.0)
    """
    if outcome == received:
        raise ParameterError(f"outcome and received are both {outcome!r}: name two columns")
    intended = compare(
        treatment, holdout, outcome, covariates=covariates, confidence_level=confidence_level
    )
    shares, first, error = _first_stage(treatment, holdout, received, tuple(covariates))
    strength = (first / error) ** 2 if error > 0 else math.inf
    if first == 0 or strength < WEAKEST_FIRST_STAGE:
        raise NotEstimableError(
            f"{received} is {shares[0]:.3g} in the treatment arm and {shares[1]:.3g} in the "
            f"holdout (F = {strength if first else 0:.3g}, at least {WEAKEST_FIRST_STAGE:g} "
            "needed): assignment hardly changed who received the text; check the delivery records, "
            "or read the intention-to-treat lift"
        )
    effect = intended.absolute_lift / first
    left = _lift_left(treatment, holdout, outcome, received, tuple(covariates), effect)
    if left.standard_error <= 1e-6 * intended.standard_error:
        raise NotEstimableError(
            f"{outcome} is {effect:g} x {received} and a constant for every customer: its sampling "
            "error cannot be estimated; the outcome must not be computed from the delivery"
        )
    standard_error = left.standard_error / abs(first)
    df = left.degrees_of_freedom
    low, high = interval(effect, standard_error, df, confidence_level, "two-sided")
    means = None if covariates else _means(treatment, holdout, outcome, received, first)
    # Exact: everyone in the treatment arm is a complier, and the two effects are one.
    relative = intended if first == 1 else None
    return ComplierLift(
        outcome=outcome,
        received=received,
        method="complier",
        covariates=tuple(covariates),
        n_treatment=treatment.n,
        n_holdout=holdout.n,
        share_received_treatment=shares[0],
        share_received_holdout=shares[1],
        first_stage=first,
        first_stage_f=strength,
        mean_treatment=means[0] if means else None,
        mean_holdout=means[1] if means else None,
        absolute_lift=effect,
        standard_error=standard_error,
        ci_lower=low,
        ci_upper=high,
        p_value=p_value(effect / standard_error, df, "two-sided"),
        degrees_of_freedom=df,
        relative_lift=relative.relative_lift if relative else None,
        relative_ci_lower=relative.relative_ci_lower if relative else None,
        relative_ci_upper=relative.relative_ci_upper if relative else None,
        confidence_level=confidence_level,
    )


def _first_stage(
    treatment: Moments, holdout: Moments, received: str, covariates: tuple[str, ...]
) -> tuple[tuple[float, float], float, float]:
    """Return the shares who received it, their difference and its standard error."""
    arms = {"treatment": treatment, "holdout": holdout}
    common = treatment.select(covariates).merge(holdout.select(covariates)).mean
    means = [_share(arm, received, covariates, common, name) for name, arm in arms.items()]
    error = math.sqrt(sum(mean.variance for mean in means))
    return (means[0].value, means[1].value), means[0].value - means[1].value, error


def _share(
    arm: Moments, received: str, covariates: tuple[str, ...], at: NDArray[np.float64], name: str
) -> ArmMean:
    require_binary(arm, received, name, "write 1 for received, else 0")
    share, variance = arm.mean_of(received), arm.variance_of(received)
    # Where nobody held out received it, as should be, the share is exact; and so on.
    if covariates and variance > 0:
        return adjusted_mean(arm, received, covariates, at, name)
    return ArmMean(share, variance / arm.n, arm.n - 1)


def _lift_left(
    treatment: Moments,
    holdout: Moments,
    outcome: str,
    received: str,
    covariates: tuple[str, ...],
    effect: float,
) -> Lift:
    """Compare the outcome less the effect where the text was received: a lift of zero."""
    name = f"{outcome} - {effect:g} x {received}"
    weights = {name: {outcome: 1.0, received: -effect}} | {c: {c: 1.0} for c in covariates}
    return compare(treatment.combine(weights), holdout.combine(weights), covariates=covariates)


def _means(
    treatment: Moments, holdout: Moments, outcome: str, received: str, first: float
) -> tuple[float, float]:
    """Return the compliers' mean outcome with the text and without (Imbens and Rubin 1997)."""
    columns = (outcome, received)
    reached, others = [], []
    for arm in (treatment.select(columns), holdout.select(columns)):
        # The mean of a product, from the covariance of its factors.
        product = arm.covariance[0, 1] * (arm.n - 1) / arm.n + arm.mean[0] * arm.mean[1]
        reached.append(float(product))
        others.append(float(arm.mean[0] - product))
    return (reached[0] - reached[1]) / first, (others[1] - others[0]) / first
