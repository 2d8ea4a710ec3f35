"""Intervals that may be looked at every day: asymptotic confidence sequences.

A fixed 95 % interval misses once in twenty looks; looked at daily, it misses far more often. A
confidence sequence misses in at most 5 % of campaigns over all looks together. For a running sum S
with variance V (its own clock) the mixture boundary (Robbins 1970; Waudby-Smith and others 2024,
theorem 2.2, there per observation) is

    |S - truth| <= sqrt((V + 1 / rho^2) log((V rho^2 + 1) / alpha^2)).

With z = S / sqrt(V) and r = V rho^2 that is |z| <= sqrt((1 + 1 / r) log((1 + r) / alpha^2)): only
r matters. It is tightest at a planned V when there, to a close approximation (the authors' package
drconfseq, ``best_rho2_approx``; Waudby-Smith and others, appendix on the choice of rho)

    r = -2 log alpha + log(1 - 2 log alpha).

``information`` is V as a share of the planned one. For customers who arrive over time V grows with
their number, and information is ``n / planned n``. For one campaign, where everybody is assigned at
once and outcomes accrue, V_d is the squared standard error of the margin gathered by day d.

Why it holds there. The boundary is for a sum whose increments are independent, with correlation
sqrt(V_s / V_d) between days s < d. Those who bought early are those who buy often: increments
within a customer are not negatively correlated, cov(S_s, S_d) >= V_s, and the standardised paths
are at least as correlated as the boundary takes them to be. By Slepian's inequality (1962) paths so
correlated cross on either side at most as often; both sides together miss at most alpha, but for
the few paths that cross both. Where buying on one day keeps customers from buying on the next, the
argument fails; but a few dozen looks use up a fraction of alpha, and the boundary holds all the
same (tests/calibration: one order each, whatever share places it). It is asymptotic: with a handful
of buyers skewness counts, against which the wide multiple of the early days protects.
"""

import math
from dataclasses import replace

from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError, ParameterError


def multiple(information: float, confidence_level: float = 0.95) -> float:
    """Return how many standard errors a confidence sequence reaches on either side.

    Parameters
    ----------
    information : float
        Variance gathered as a share of the one planned for, above 0; may pass 1.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    ParameterError
        If a parameter lies outside its range.

    Examples
    --------
    Where it was planned for, 1.55 times as wide as a single look's 1.96:

    >>> [round(multiple(share), 2) for share in (0.1, 0.5, 1.0, 2.0)]
    [3.86, 3.08, 3.04, 3.06]
    """
    r = _tuned(information, confidence_level)
    return math.sqrt((1 + 1 / r) * (math.log1p(r) - 2 * math.log1p(-confidence_level)))


def confidence_sequence(
    estimate: float, standard_error: float, information: float, confidence_level: float = 0.95
) -> Estimate:
    """Return an estimate with the interval of its confidence sequence.

    The intervals of different days do not intersect into one: what the campaign has earned by day
    3 is another quantity than what it has earned by day 9.

    Parameters
    ----------
    estimate, standard_error : float
        In one unit; the standard error is above 0.
    information : float
        As in `multiple`; of customers arriving over time, their number as a share of the planned.
    confidence_level : float

    Raises
    ------
    NotEstimableError
        If the standard error is not positive and finite.
    ParameterError
        If another parameter lies outside its range.

    Examples
    --------
    Shares of 1396 in 3000 and 2422 in 3461, relative, planned for 5000 customers (GrowthBook):

    >>> found = confidence_sequence(0.50386, 0.03386, 6461 / 5000)
    >>> round(found.ci_lower, 3), round(found.ci_upper, 3)
    (0.401, 0.607)
    """
    _require_error(standard_error)
    reach = multiple(information, confidence_level) * standard_error
    return Estimate(estimate, standard_error, estimate - reach, estimate + reach)


def always_valid_p_value(
    estimate: float, standard_error: float, information: float, confidence_level: float = 0.95
) -> float:
    """Return the p-value of no effect that may be looked at every day, in (0, 1].

    The smallest alpha whose sequence excludes zero, rho staying as tuned for ``confidence_level``:
    it falls below 1 - confidence_level just where the sequence excludes zero.

    Parameters and errors are those of `confidence_sequence`.

    References
    ----------
    Johari, Koomen, Pekelis and Walsh (2022), Operations Research 70(3), section 4: the inverse of
    the mixture likelihood ratio, sqrt(1 + r) exp(-z^2 r / (2 (1 + r))).

    Examples
    --------
    >>> always_valid_p_value(0.0, 1.0, 1.0)
    1.0
    >>> round(always_valid_p_value(multiple(1.0), 1.0, 1.0), 6)
    0.05
    """
    _require_error(standard_error)
    r = _tuned(information, confidence_level)
    z = estimate / standard_error
    return math.exp(min(0.0, math.log1p(r) / 2 - z * z * r / (2 * (1 + r))))


def sequential_lift(lift: Lift, information: float) -> Lift:
    """Return a two-sided lift with the intervals and p-value of its confidence sequence.

    Parameters
    ----------
    lift : Lift
        Its relative interval, if any, becomes one on the log scale.
    information : float
        As in `multiple`.

    Raises
    ------
    ParameterError
        If the lift is one-sided, or the information is not above 0.
    """
    if lift.alternative != "two-sided":
        raise ParameterError(f"a lift tested {lift.alternative!r}: sequences here are two-sided")
    level = lift.confidence_level
    absolute = confidence_sequence(lift.absolute_lift, lift.standard_error, information, level)
    low, high = _relative(lift, information)
    return replace(
        lift,
        method=f"{lift.method}, sequential",
        ci_lower=absolute.ci_lower,
        ci_upper=absolute.ci_upper,
        p_value=always_valid_p_value(lift.absolute_lift, lift.standard_error, information, level),
        relative_ci_lower=low,
        relative_ci_upper=high,
    )


def planned_variance(
    treatment: Moments, holdout: Moments, column: str, factor: float
) -> float | None:
    """Return the variance to expect of a lift at the end of its window, from the days before it.

    It tunes where the sequence is tightest and must not depend on the outcome; a poor guess costs
    width, never coverage.

    Parameters
    ----------
    treatment, holdout : Moments
    column : str
        Of the pre-period, such as ``pre_revenue``.
    factor : float
        Turns its variance into the outcome's: ``margin_rate^2 x window_days / pre_days``.

    Returns
    -------
    float or None
        Per assigned customer, squared; None where nothing varies before assignment.

    Examples
    --------
    >>> arm = Moments.from_rows([[0.0], [2.0]] * 50, ["pre_revenue"])
    >>> round(planned_variance(arm, arm, "pre_revenue", 0.25), 4)  # 0.25 x 200 / 199 x 2 / 100
    0.005
    """
    everybody = treatment.select([column]).merge(holdout.select([column]))
    planned = factor * everybody.variance_of(column) * (1 / treatment.n + 1 / holdout.n)
    return planned if planned > 0 else None


def _tuned(information: float, confidence_level: float) -> float:
    """Return r = V rho^2, rho being best where the information is 1."""
    if not (isinstance(confidence_level, float) and 0 < confidence_level < 1):
        raise ParameterError(
            f"confidence_level is {confidence_level!r}: it must lie between 0 and 1, such as 0.95"
        )
    if not (math.isfinite(information) and information > 0):
        raise ParameterError(
            f"information is {information}: it is the share of the planned variance, above 0"
        )
    doubled = -2 * math.log1p(-confidence_level)
    return information * (doubled + math.log1p(doubled))


def _require_error(standard_error: float) -> None:
    if not (math.isfinite(standard_error) and standard_error > 0):
        raise NotEstimableError(
            f"a standard error of {standard_error}: a sequence needs one above 0; wait for orders "
            "in both arms"
        )


def _relative(lift: Lift, information: float) -> tuple[float | None, float | None]:
    error = lift.relative_standard_error
    if lift.relative_lift is None or error is None or lift.relative_lift <= -1:
        return None, None
    ratio = 1 + lift.relative_lift
    reach = multiple(information, lift.confidence_level) * error / ratio
    return ratio * math.exp(-reach) - 1, ratio * math.exp(reach) - 1
