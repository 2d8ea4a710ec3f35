"""How much of the revenue that a platform tracks was caused: incremental / tracked.

    A = n_t lift,    B = sum of the tracked revenue of everyone counted

Both are random. Fieller (1954): the interval holds every ratio R that the data cannot tell from
A / B, those with (A - R B)^2 <= q^2 (V_A - 2 R C + R^2 V_B), where q is Student's quantile; it is
bounded only where B is clearly above zero, B^2 > q^2 V_B. The standard error is the delta
method's. C comes from how both vary over the same customers:

    C = n_t [cov_t(y - b_t'x, tracked) - cov_h(y - b_h'x, tracked)]

A factor of 1 says that the platform's figure is right on the whole; below 0 nothing was caused.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from smsroi_models.attribution.clusters import influences
from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.student import interval, quantile
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class Incrementality(Record):
    """Incremental revenue beside tracked revenue, store currency, and their ratio.

    Attributes
    ----------
    incremental, tracked : Estimate
        Of all customers counted.
    factor : Estimate
        incremental / tracked, without unit; its interval is Fieller's and not symmetric.
    """

    incremental: Estimate
    tracked: Estimate
    factor: Estimate


def incrementality(
    treatment: Moments,
    holdout: Moments,
    lift: Lift,
    *,
    tracked: str = "tracked",
) -> Incrementality:
    """Return how much of the tracked revenue was caused, with Fieller's interval.

    Parameters
    ----------
    treatment, holdout : Moments
        Of everyone counted: the lift's outcome and covariates, and the tracked revenue.
    lift : Lift
        From `compare`, of the same customers.
    tracked : str
        Column of the tracked revenue, per customer.

    Raises
    ------
    NotEstimableError
        If the tracked revenue is not clearly above zero.

    References
    ----------
    Fieller (1954), Journal of the Royal Statistical Society B 16(2).

    Examples
    --------
    Four texted spend 2, 4, 6 and 8, of which half is tracked; four held-out spend 1, 2, 3 and 2:

    >>> from smsroi_models.attribution.lift import compare
    >>> texted = Moments.from_rows([[2, 1], [4, 2], [6, 3], [8, 4]], ["spend", "tracked"])
    >>> held = Moments.from_rows([[1, 0], [2, 0], [3, 0], [2, 0]], ["spend", "tracked"])
    >>> found = incrementality(texted, held, compare(texted, held, "spend"))
    >>> found.incremental.estimate, found.tracked.estimate, found.factor.estimate
    (12.0, 10.0, 1.2)
    """
    n, level = treatment.n, lift.confidence_level
    caused = lift.scaled(n)
    total = sum(arm.n * arm.mean_of(tracked) for arm in (treatment, holdout))
    variance = sum(arm.n * arm.variance_of(tracked) for arm in (treatment, holdout))
    low, high = interval(total, variance**0.5, lift.degrees_of_freedom, level, "two-sided")
    texted, held = _with_residual(treatment, holdout, lift, tracked)
    a, b, c = caused.estimate, total, n * (texted - held)
    return Incrementality(
        caused,
        Estimate(total, variance**0.5, low, high),
        ratio_of(
            (a, caused.standard_error**2),
            (b, variance),
            c,
            quantile((1 + level) / 2, lift.degrees_of_freedom),
        ),
    )


def without_tracked(arm: Moments, tracked: str = "tracked") -> Moments:
    """Return an arm's moments as if nothing of it were tracked.

    >>> arm = Moments.from_rows([[2, 1], [4, 2]], ["spend", "tracked"])
    >>> without_tracked(arm).mean
    array([3., 0.])
    """
    at = arm.columns.index(tracked)
    mean, covariance = arm.mean.copy(), arm.covariance.copy()
    mean[at] = covariance[at] = covariance[:, at] = 0.0
    return Moments(arm.columns, arm.n, mean, covariance)


def ratio_of(
    numerator: tuple[float, float],
    denominator: tuple[float, float],
    covariance: float,
    reach: float,
) -> Estimate:
    """Return a ratio of two random figures, with Fieller's interval.

    Parameters
    ----------
    numerator, denominator : pair of float
        Estimate and variance.
    covariance : float
    reach : float
        Quantile of Student's t, such as 1.96.

    Raises
    ------
    NotEstimableError
        If the denominator is not clearly above zero.

    Examples
    --------
    Of a denominator without error the interval is the numerator's, divided:

    >>> found = ratio_of((6.0, 1.0), (2.0, 0.0), 0.0, reach=2.0)
    >>> found.estimate, found.ci_lower, found.ci_upper
    (3.0, 2.0, 4.0)
    """
    (a, v_a), (b, v_b) = numerator, denominator
    if not (b > 0 and b**2 > reach**2 * v_b):
        raise NotEstimableError(
            f"the tracked revenue is {b:,.0f} with a standard error of {math.sqrt(v_b):,.0f}, not "
            "clearly above zero: a ratio to it has no bounded interval; compare incremental "
            "revenue with zero instead"
        )
    ratio = a / b
    # In units of the denominator's square, so that no currency overflows.
    v_a, v_b, c = v_a / b**2, v_b / b**2, covariance / b**2
    error = math.sqrt(max(v_a - 2 * ratio * c + ratio**2 * v_b, 0.0))
    lead, middle, rest = 1 - reach**2 * v_b, ratio - reach**2 * c, ratio**2 - reach**2 * v_a
    half = math.sqrt(max(middle**2 - lead * rest, 0.0))
    return Estimate(ratio, error, (middle - half) / lead, (middle + half) / lead)


def _with_residual(
    treatment: Moments, holdout: Moments, lift: Lift, tracked: str
) -> Sequence[float]:
    """Return, for both arms, the covariance of the adjusted outcome with the tracked revenue."""
    found = []
    parts = influences(treatment, holdout, lift.outcome, lift.covariates)
    for arm, part in zip((treatment, holdout), parts, strict=True):
        weights = dict(zip(part.columns, map(float, part.residual), strict=True))
        both = arm.combine({"residual": weights, "tracked": {tracked: 1.0}})
        found.append(float(both.covariance[0, 1]))
    return found
