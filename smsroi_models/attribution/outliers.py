"""Whether a few customers' extreme spend carries the answer: the capped margin beside the margin.

The two lifts are of different quantities, so that they always differ a little. What matters is an
answer that hangs on the part above the cap: the interval of profit lies elsewhere without it, and
the estimate moves by more than half of its standard error. One order g standard errors of the rest
large moves it by g / sqrt(1 + g^2) of its own. The second condition keeps borderline results, whose
interval passes over the cost by a hair's breadth, from failing whatever their spend is like.
"""

import math
from typing import Literal

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Lift
from smsroi_models.errors import DataError

# Of simulated campaigns without extremes, 1 in 100 moves so far and across its cost; of those whose
# answer one order of three standard errors changes, all do. Measured: docs/methods.md.
FAR = 0.5
OUTLIERS = "Outliers"

_PROFIT = {"above": "a profit", "below": "a loss", "around": "unclear"}
_MARGIN = {"above": "a gain in margin", "below": "a fall in margin", "around": "unclear"}


def outliers(
    margin: Lift,
    capped: Lift,
    *,
    cost: float | None,
    margin_cap: float,
    margin_floor: float,
    n_capped: int,
    currency: str,
) -> Check:
    """Check that the answer does not hang on a few customers' extreme spend.

    Parameters
    ----------
    margin, capped : Lift
        Per assigned customer, of the margin and of ``margin_capped``; two-sided, of the same
        customers and covariates.
    cost : float or None
        Of the campaign, in the store's currency; without it the answer is about the margin alone.
    margin_cap, margin_floor : float
        Where the margin of a customer was cut, in the store's currency (`winsorised.Caps`).
    n_capped : int
        Customers cut, both arms together.
    currency : str
        ISO 4217 code.

    Raises
    ------
    DataError
        If the lifts have other confidence levels or count other customers.

    Examples
    --------
    One order of 2,000 among a hundred texted makes the best estimate, and its uncertainty:

    >>> from smsroi_models.attribution.lift import compare
    >>> from smsroi_models.attribution.moments import Moments
    >>> def arm(rows):
    ...     return Moments.from_rows([[x] for x in rows], ["margin"])
    >>> held = arm([1.0, 3.0] * 50)
    >>> with_it, without = arm([4.0, 6.0] * 49 + [5.0, 2000.0]), arm([4.0, 6.0] * 50)
    >>> check = outliers(compare(with_it, held), compare(without, held), cost=100.0,
    ...                  margin_cap=6.0, margin_floor=0.0, n_capped=1, currency="USD")
    >>> check.status, check.text.split(":")[0]
    ('failed', "Without the part of 1 customer's margin above 6.00 USD, the result would be a \
profit; with it, it is unclear")
    """
    _require_alike(margin, capped)
    name = OUTLIERS
    if not n_capped:
        return Check(name, "passed", "No customer's spend stands out from that of the others.")
    break_even = (cost or 0.0) / margin.n_treatment
    words = _MARGIN if cost is None else _PROFIT
    here, there = _side(margin, break_even), _side(capped, break_even)
    moved = abs(margin.absolute_lift - capped.absolute_lift) / margin.standard_error
    part = _part(n_capped, margin_cap, margin_floor, currency)
    if here == there or moved <= FAR:
        same = "the result is the same" if here == there else "the result is much the same"
        text = f"Without {part}, {same}: it moves by {moved:.1f} of its standard error."
        return Check(name, "passed", text)
    return Check(
        name,
        "failed",
        f"Without {part}, the result would be {words[there]}; with it, it is {words[here]}: few "
        f"customers carry it. The estimate moves by {moved:.1f} of its standard error.",
        "Look at these customers' orders. A reseller, a test or a wrong amount does not belong in "
        "the store; where the orders are real the money stands, and so does the caution.",
    )


def _require_alike(margin: Lift, capped: Lift) -> None:
    def design(lift: Lift) -> tuple[object, ...]:
        return lift.confidence_level, lift.alternative, lift.n_treatment, lift.n_holdout

    if design(margin) != design(capped):
        raise DataError(
            f"the lift of the margin is of {design(margin)}, that of the capped margin of "
            f"{design(capped)}: both need the same confidence level, alternative and customers"
        )


def _side(lift: Lift, break_even: float) -> Literal["above", "below", "around"]:
    if lift.ci_lower > break_even:
        return "above"
    return "below" if lift.ci_upper < break_even else "around"


def _part(n_capped: int, cap: float, floor: float, currency: str) -> str:
    whose = "1 customer's" if n_capped == 1 else f"{n_capped:,} customers'"
    below = f" or below {_amount(floor, currency)}" if floor < 0 else ""
    return f"the part of {whose} margin above {_amount(cap, currency)}{below}"


def _amount(amount: float, currency: str) -> str:
    digits = 0 if math.fabs(amount) >= 1_000 else 2
    return f"{amount:,.{digits}f} {currency}".replace("-", "\N{MINUS SIGN}")
