"""What a test can see: its power, the smallest effect it shows, and how large it has to be.

The interval of a lift is the estimate give or take t standard errors. With true effect d, standard
error s and df degrees of freedom of Welch-Satterthwaite,

    power = P(|T| > t),    T ~ noncentral t (df, d / s)

(Cohen 1988, chapter 2; Bloom 1995 for the minimum detectable effect). How far skewed spend moves
the power was measured: docs/planning.md.
"""

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from scipy import optimize

from smsroi_models.attribution.design_checks import POWER
from smsroi_models.attribution.student import quantile
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.planning.design import Design, check_share, proportion_design
from smsroi_models.records import Record

_MOST_CUSTOMERS = 10**12


@dataclass(frozen=True, slots=True)
class Detectable(Record):
    """The smallest true effect that a test shows with the stated power.

    Attributes
    ----------
    power : float
        In (0, 1).
    effect : float
        Above no effect (or above break-even), in margin per assigned customer.
    profit : float
        ``effect`` times the customers texted, store currency: the smallest profit that would be
        called one.
    margin : float or None
        Incremental margin that makes this profit: profit + cost; None where the cost is not known.
    roi : float or None
        profit / cost, a ratio: the smallest ROI that would be called a gain; None where the cost is
        zero or not known.
    """

    power: float
    effect: float
    profit: float
    margin: float | None
    roi: float | None


def power_of(design: Design, effect: float) -> float:
    """Return the probability that the interval excludes zero, in [0, 1].

    With no effect this is what chance alone does: 1 - confidence level.

    Parameters
    ----------
    design : Design
    effect : float
        True effect per assigned customer, in the outcome's unit.

    References
    ----------
    Cohen (1988), Statistical Power Analysis, chapter 2.

    Examples
    --------
    Sixty-four in each arm see half a standard deviation in four of five cases (Cohen 1988, table
    2.4.1):

    >>> design = Design(64, 64, 1.0, 1.0)
    >>> round(power_of(design, 0.5), 3), round(power_of(design, 0.0), 3)
    (0.801, 0.05)
    """
    sides = (chance_of_gain(design, side * effect) for side in (1, -1))
    return min(math.fsum(sides), 1.0)


def chance_of_gain(design: Design, effect: float) -> float:
    """Return the probability that the interval lies wholly above zero, in [0, 1].

    With ``effect`` the profit per assigned customer, this is how often the campaign is called
    *paid*. At break-even it is half of 1 - confidence level.

    >>> round(chance_of_gain(Design(64, 64, 1.0, 1.0), 0.0), 3)
    0.025
    """
    from scipy import stats  # takes 0.3 s, which who plans nothing need not wait for

    df = design.degrees_of_freedom
    reach = quantile((1 + design.confidence_level) / 2, df)
    # scipy.special.nctdtr is NaN here and there for large effects; this never was.
    return float(stats.nct.sf(reach, df, effect / design.standard_error))


def minimum_detectable_effect(design: Design, power: float = POWER) -> float:
    """Return the smallest effect, above zero, whose power is ``power``.

    Raises
    ------
    ParameterError
        If ``power`` is not above 1 - confidence level (which chance alone reaches) and below 1.

    References
    ----------
    Bloom (1995), Minimum detectable effects, Evaluation Review 19(5).

    Examples
    --------
    In a large test, (1.96 + 0.84) standard errors:

    >>> round(minimum_detectable_effect(Design(20_000, 20_000, 1.0, 1.0)) * 100, 2)
    2.8
    """
    check_power(power, design.confidence_level)

    def short_of(errors: float) -> float:
        return power_of(design, errors * design.standard_error) - power

    start = 2 * quantile((1 + design.confidence_level) / 2, design.degrees_of_freedom)
    return design.standard_error * _crossing(short_of, start)


def detectable_return(
    design: Design,
    cost_per_text: float | None,
    fixed_cost: float = 0.0,
    power: float = POWER,
) -> Detectable:
    """Return the smallest effect on margin that the test shows, in money and as ROI.

    Parameters
    ----------
    design : Design
        Of the margin per customer, in the store's currency.
    cost_per_text : float or None
        Per customer assigned to be texted, store currency; None where it is not known.
    fixed_cost : float
        Of the whole campaign, store currency.
    power : float

    Examples
    --------
    >>> found = detectable_return(Design(20_000, 20_000, 1.0, 1.0), 0.01, 80.0)
    >>> round(found.profit), round(found.margin), round(found.roi, 1)  # a cost of 280
    (560, 840, 2.0)
    """
    effect = minimum_detectable_effect(design, power)
    profit = effect * design.n_treatment
    if cost_per_text is None:
        return Detectable(power, effect, profit, None, None)
    cost = cost_per_text * design.n_treatment + fixed_cost
    if not (math.isfinite(cost) and min(cost_per_text, fixed_cost) >= 0):
        raise ParameterError(
            f"cost_per_text is {cost_per_text} and fixed_cost {fixed_cost}: costs are finite and "
            "not negative"
        )
    return Detectable(power, effect, profit, profit + cost, profit / cost if cost else None)


def required_design(
    effect: float, holdout_share: float, spread: Design, power: float = POWER
) -> Design:
    """Return the smallest test, in this proportion, that sees ``effect`` with ``power``.

    Parameters
    ----------
    effect : float
        Per assigned customer, not 0, in the outcome's unit.
    holdout_share : float
        In (0, 1). The fewest customers are needed at ``s_h / (s_t + s_h)``, s being the arms'
        standard deviations: a half where they are alike.
    spread : Design
        Any design with the variances, covariates and confidence level that are expected; its sizes
        do not matter.
    power : float

    Raises
    ------
    NotEstimableError
        If more than 10^12 customers would be needed.
    ParameterError
        If a parameter lies outside its range.

    Examples
    --------
    >>> design = required_design(0.5, 0.5, Design(10, 10, 1.0, 1.0))
    >>> design.n_treatment, design.n_holdout
    (64, 64)
    """
    check_share("holdout_share", holdout_share)
    check_power(power, spread.confidence_level)
    if not (math.isfinite(effect) and effect):
        raise ParameterError(f"effect is {effect}: no test sees an effect of nothing")

    def sized(customers: int) -> Design:
        n_holdout = round(holdout_share * customers)
        return spread.resized(customers - n_holdout, n_holdout)

    # One more than the least: a share halfway between two numbers may be rounded down.
    least = math.ceil((spread.n_covariates + 3) / min(holdout_share, 1 - holdout_share)) + 1
    sizes = range(least, _MOST_CUSTOMERS)
    found = bisect_left(sizes, power, key=lambda size: power_of(sized(size), effect))
    if found == len(sizes):
        raise NotEstimableError(
            f"to see an effect of {effect:g} would take more than {_MOST_CUSTOMERS:,} customers: "
            "plan for a larger effect"
        )
    return sized(sizes[found])


def minimum_detectable_share(
    n_treatment: int,
    n_holdout: int,
    share: float,
    power: float = POWER,
    confidence_level: float = 0.95,
) -> float:
    """Return the smallest rise of a share that is seen with ``power``, a share in (0, 1).

    Raises
    ------
    NotEstimableError
        If no rise short of everybody would be seen.

    Examples
    --------
    >>> round(minimum_detectable_share(1_000, 1_000, 0.10), 3)
    0.041
    """
    check_power(power, confidence_level)

    def short_of(effect: float) -> float:
        design = proportion_design(n_treatment, n_holdout, share, effect, confidence_level)
        return power_of(design, effect) - power

    most = (1 - share) * (1 - 1e-9)
    if short_of(most) < 0:
        raise NotEstimableError(
            f"{n_treatment} and {n_holdout} customers see no rise from {share:.1%}: take more"
        )
    return float(optimize.brentq(short_of, 0.0, most, xtol=1e-12))


def _crossing(short_of: Callable[[float], float], high: float) -> float:
    """Return where an increasing function crosses zero, above 0."""
    while short_of(high) < 0:
        high *= 2
    return float(optimize.brentq(short_of, 0.0, high, xtol=1e-13))


def check_power(power: float, confidence_level: float) -> None:
    """Raise `ParameterError` unless a test may have such a power."""
    if not 1 - confidence_level < power < 1:
        raise ParameterError(
            f"power is {power}: it must lie below 1 and above {1 - confidence_level:.2g}, which "
            "chance alone reaches; 0.8 is usual"
        )
