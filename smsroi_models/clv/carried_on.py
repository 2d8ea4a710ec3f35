"""What a campaign's gain comes to in a year, from what was seen after its window.

A purchase model reads an order that a text brought as a sign of a habit, and forecasts orders that
nobody has seen. So nothing here is forecast from the window's orders. What was seen in the h days
after the window is carried on in the proportion in which customers go on buying anyway:

    after_year = factor x change_h,   factor = E[margin of the year] / E[margin of the h days],

both expectations after the window's end, discounted to it in the numerator, for all customers
counted, from histories that end at assignment and so know nothing of the campaign. The campaign
in all is the lift of ``margin + factor x after_h``, so that the covariance of the window with the
time after it is in its error; to its variance the error of the factor adds change_h^2 Var(factor).

The assumption, which no data of h days can prove: what changed goes on as long as the customers do.
An effect that fades gives less, and orders moved earlier are missing once: where a clear gain was
followed by a clear loss, nothing is carried on.
"""

import math
from collections.abc import Sequence

from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.student import cumulative, interval
from smsroi_models.clv.long_term_records import CarriedOn, Return

# A month at least: a factor on the days just after the window would blow up whatever was in them.
SHORTEST_DAYS = 30


def carried_on(
    treatment: Moments,
    holdout: Moments,
    days: int,
    factor: float,
    factor_standard_error: float,
    *,
    covariates: Sequence[str] = (),
    cost: float | None = None,
    confidence_level: float = 0.95,
) -> CarriedOn:
    """Carry the change of some days after the window on to a year.

    Parameters
    ----------
    treatment, holdout : Moments
        Of ``margin``, ``after_<days>`` and the covariates.
    days : int
    factor, factor_standard_error : float
        From histories that end at assignment.
    covariates : sequence of str
    cost : float, optional
        Of the campaign, in the store's currency; None where it is not known.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If a lift cannot be estimated.

    Examples
    --------
    The texted bring 2 more in the window and 1 more in the 30 days after it; a year is worth five
    times as much as those days:

    >>> names = ["margin", "after_30"]
    >>> texted = Moments.from_rows([[2.0, 1.0], [4.0, 2.0], [3.0, 3.0]] * 40, names)
    >>> held = Moments.from_rows([[0.0, 0.0], [2.0, 1.0], [1.0, 2.0]] * 40, names)
    >>> found = carried_on(texted, held, 30, 5.0, 0.1, cost=340.0)
    >>> round(found.after.estimate, 9), round(found.total.margin.estimate, 9)  # x 120 customers
    (600.0, 840.0)
    >>> round(found.total.profit.estimate, 9)
    500.0
    """
    after = f"after_{days}"
    sums = {
        "change": {after: 1.0},
        "after_year": {after: factor},
        "total": {"margin": 1.0, after: factor},
    } | {name: {name: 1.0} for name in covariates}
    arms = treatment.combine(sums), holdout.combine(sums)
    change, year, total = (
        compare(*arms, name, covariates=covariates, confidence_level=confidence_level)
        for name in ("change", "after_year", "total")
    )
    of_factor = change.absolute_lift * factor_standard_error
    n = treatment.n
    margin = widened(total, of_factor, n)
    return CarriedOn(
        days=days,
        factor=factor,
        factor_standard_error=factor_standard_error,
        after=widened(year, of_factor, n),
        total=returned(margin, cost, total.degrees_of_freedom),
    )


def widened(lift: Lift, of_parameters: float, n: int) -> Estimate:
    """Return a lift times n customers, its error holding that of the parameters, too.

    The two errors are independent: which customers fell into which arm, and which histories the
    model was fitted on.
    """
    error = math.hypot(lift.standard_error, of_parameters)
    low, high = interval(
        lift.absolute_lift, error, lift.degrees_of_freedom, lift.confidence_level, "two-sided"
    )
    return Estimate(n * lift.absolute_lift, n * error, n * low, n * high)


def returned(margin: Estimate, cost: float | None, degrees_of_freedom: float) -> Return:
    """Return margin, profit and ROI of the same uncertainty: the cost is known.

    >>> returned(Estimate(150.0, 16.0, 118.0, 182.0), 64.0, 1e9).profit
    Estimate(estimate=86.0, standard_error=16.0, ci_lower=54.0, ci_upper=118.0)
    """
    if cost is None:
        return Return(margin, None, None, None)
    profit = margin.scaled(1.0, -cost)
    roi = profit.scaled(1 / cost) if cost else None
    chance = cumulative(profit.estimate / profit.standard_error, degrees_of_freedom)
    return Return(margin, profit, roi, chance)
