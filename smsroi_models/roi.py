"""From effects and costs to profit and return on investment, with the uncertainty carried along.

Definitions: incremental money = lift per assigned customer x customers assigned to treatment;
profit = incremental margin - cost; ROI = profit / cost. The cost is known, not sampled, so that
every interval here is the margin lift's interval, moved and scaled.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.student import cumulative
from smsroi_models.errors import DataError
from smsroi_models.records import Record

Outcome = Literal["paid", "lost", "unclear", "unknown"]


@dataclass(frozen=True, slots=True)
class CostLine(Record):
    """One line of the cost ledger, in the store's currency.

    Attributes
    ----------
    label : str
    amount : float
        What was paid.
    counted : float
        The part that belongs to the customers who are counted; equal to ``amount`` once every
        outcome window is over.
    """

    label: str
    amount: float
    counted: float


@dataclass(frozen=True, slots=True)
class Roi(Record):
    """What a campaign earned, in the store's currency.

    Attributes
    ----------
    n_treatment : int
        Customers assigned to treatment and counted.
    incremental_revenue, incremental_margin, profit : Estimate
        ``profit`` is None where the cost is not known.
    cost : float or None
    ledger : tuple of CostLine
        Its ``counted`` amounts sum to ``cost``.
    roi : Estimate or None
        Profit per unit of cost, a ratio (0.5 is 50 %); None where the cost is zero or not known.
    break_even_lift : float or None
        Margin per assigned customer at which profit is zero. Exact: the cost is known.
    probability_of_profit : float or None
        Probability that profit exceeds zero, in [0, 1], under a flat prior.
    degrees_of_freedom : float
    confidence_level : float
    """

    n_treatment: int
    incremental_revenue: Estimate
    incremental_margin: Estimate
    cost: float | None
    ledger: tuple[CostLine, ...]
    profit: Estimate | None
    roi: Estimate | None
    break_even_lift: float | None
    probability_of_profit: float | None
    degrees_of_freedom: float
    confidence_level: float

    @property
    def outcome(self) -> Outcome:
        """Whether the interval of profit lies above zero, below it, or around it.

        Without a known cost: ``lost`` where even the margin fell, otherwise ``unknown``.
        """
        if self.profit is None:
            # Whatever the cost, it is not negative.
            return "lost" if self.incremental_margin.ci_upper < 0 else "unknown"
        if self.profit.ci_lower > 0:
            return "paid"
        return "lost" if self.profit.ci_upper < 0 else "unclear"


def return_on_investment(
    revenue: Lift,
    margin: Lift,
    ledger: Sequence[CostLine] | None,
) -> Roi:
    """Turn the lifts of revenue and margin, and the ledger, into profit and ROI.

    Parameters
    ----------
    revenue, margin : Lift
        Per assigned customer, in the store's currency, two-sided.
    ledger : sequence of CostLine or None
        None where the cost is not known: profit and ROI are then None. An empty ledger is a
        campaign that cost nothing: its ROI is None.

    Raises
    ------
    DataError
        If a cost is negative or not finite, or counts for more than it was; if a lift is
        one-sided, or the two have different confidence levels or count different customers.

    Examples
    --------
    A lift of 2 in margin on 100 customers, for a cost of 50:

    >>> from smsroi_models.attribution.lift import compare
    >>> from smsroi_models.attribution.moments import Moments
    >>> held = Moments.from_rows([[10.0], [14.0]] * 50, ["margin"])
    >>> texted = Moments.from_rows([[12.0], [16.0]] * 50, ["margin"])
    >>> lift = compare(texted, held)
    >>> result = return_on_investment(lift, lift, [CostLine("texts", 50.0, 50.0)])
    >>> result.profit.estimate, result.roi.estimate, result.break_even_lift, result.outcome
    (150.0, 3.0, 0.5, 'paid')
    """
    _check(revenue, margin, ledger or ())
    n = margin.n_treatment
    cost = None if ledger is None else math.fsum(line.counted for line in ledger)
    profit = None if cost is None else margin.scaled(n, -cost)
    return Roi(
        n_treatment=n,
        incremental_revenue=revenue.scaled(n),
        incremental_margin=margin.scaled(n),
        cost=cost,
        ledger=tuple(ledger or ()),
        profit=profit,
        roi=margin.scaled(n / cost, -1.0) if cost else None,
        break_even_lift=None if cost is None else cost / n,
        probability_of_profit=_probability_positive(profit, margin.degrees_of_freedom),
        degrees_of_freedom=margin.degrees_of_freedom,
        confidence_level=margin.confidence_level,
    )


def _check(revenue: Lift, margin: Lift, ledger: Sequence[CostLine]) -> None:
    for line in ledger:
        if not (math.isfinite(line.amount) and 0 <= line.counted <= line.amount):
            raise DataError(
                f"the cost {line.label!r} is {line.amount}, of which {line.counted} is counted: "
                "costs are finite and not negative, and no more is counted than was paid; book a "
                "rebate as a smaller cost"
            )
    if (revenue.alternative, margin.alternative) != ("two-sided", "two-sided"):
        raise DataError("the lifts of revenue and of margin must be two-sided")
    if revenue.confidence_level != margin.confidence_level:
        raise DataError("the lifts of revenue and of margin have different confidence levels")
    if (revenue.n_treatment, revenue.n_holdout) != (margin.n_treatment, margin.n_holdout):
        raise DataError("the lifts of revenue and of margin count different customers")


def _probability_positive(figure: Estimate | None, degrees_of_freedom: float) -> float | None:
    if figure is None:
        return None
    return cumulative(figure.estimate / figure.standard_error, degrees_of_freedom)
