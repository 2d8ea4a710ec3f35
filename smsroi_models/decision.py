"""What to do next: a stated rule on profit, fixed before the outcomes are seen.

The rule looks at the interval of profit and, where that does not settle it, says how large a fresh
test would have to be. What such a test would find is not known: the size is that at which it is
conclusive with the stated probability, given what this campaign showed (predictive power,
Spiegelhalter, Abrams and Myles 2004, Bayesian Approaches to Clinical Trials, section 6.5):

    P = Phi((d - z s) / sqrt(S^2 + s^2)) + Phi((-d - z s) / sqrt(S^2 + s^2)),

d being the estimate (profit above the minimum, per customer), S its standard error, s that of the
fresh test and z the normal quantile of the interval.
"""

import math
from dataclasses import dataclass
from typing import Literal

from scipy import optimize, special

from smsroi_models.attribution.effects import Lift
from smsroi_models.errors import ParameterError
from smsroi_models.records import Record
from smsroi_models.roi import Roi

Action = Literal["repeat", "stop", "change", "keep testing", "mend first", "wait"]
# A campaign that reaches the list reaches it again a month later: a year of that is the most that
# a shop can be told to go on with. What would take more is not settled by testing.
_TIMES_WORTH_TESTING = 12
# The search for a size ends at this many times the campaign's own.
_MOST_TIMES = 1e6


@dataclass(frozen=True, slots=True)
class DecisionRule(Record):
    """When a campaign is repeated, stopped, changed or tested further.

    Attributes
    ----------
    minimum_profit : float
        Profit a campaign has to make to be worth repeating, store currency.
    power : float
        Probability with which a further test is to be conclusive, in (0, 1).
    most_customers : int or None
        The largest further test worth running, customers; None for 12 times the campaign's own.

    Raises
    ------
    ParameterError
        If a value lies outside its range.
    """

    minimum_profit: float = 0.0
    power: float = 0.8
    most_customers: int | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.minimum_profit):
            raise ParameterError(
                f"minimum_profit is {self.minimum_profit}: it must be an amount of money"
            )
        if not 0 < self.power < 1:
            raise ParameterError(f"power is {self.power}: it must lie between 0 and 1, such as 0.8")
        if self.most_customers is not None and self.most_customers < 1:
            raise ParameterError(
                f"most_customers is {self.most_customers}: it must be at least 1, or None"
            )


@dataclass(frozen=True, slots=True)
class Decision(Record):
    """What to do next.

    Attributes
    ----------
    action : str
        ``"repeat"`` where the interval of profit lies above the minimum; where it lies below,
        ``"change"`` if the texts clearly earned margin (but too little) and ``"stop"`` if not;
        otherwise ``"keep testing"``, or ``"change"`` where that would take more customers than
        the rule allows; ``"mend first"`` where no profit can be read at all; ``"wait"`` while a
        running campaign has not settled it (never given by `decide`).
    further_customers : int or None
        Customers, of both arms in the same proportion, of a fresh test that would be conclusive
        with the rule's power; None where the question is settled or no test can settle it.
    """

    action: Action
    further_customers: int | None


def decide(roi: Roi, margin: Lift, rule: DecisionRule, *, comparable: bool = True) -> Decision:
    """Apply the rule to a campaign's profit.

    Parameters
    ----------
    roi : Roi
    margin : Lift
        The lift of the margin that the profit rests on.
    rule : DecisionRule
    comparable : bool
        False where a failed check leaves nothing to compare.

    Examples
    --------
    >>> from smsroi_models.attribution.lift import compare
    >>> from smsroi_models.attribution.moments import Moments
    >>> from smsroi_models.roi import CostLine, return_on_investment
    >>> held = Moments.from_rows([[10.0], [14.0]] * 50, ["margin"])
    >>> texted = Moments.from_rows([[12.0], [16.0]] * 50, ["margin"])
    >>> lift = compare(texted, held)  # 2, give or take 0.56, on 100 customers
    >>> for cost in (50.0, 150.0, 500.0):
    ...     roi = return_on_investment(lift, lift, [CostLine("texts", cost, cost)])
    ...     decide(roi, lift, DecisionRule()).action
    'repeat'
    'keep testing'
    'change'
    """
    if roi.profit is None or not comparable:
        stop = comparable and roi.outcome == "lost"
        return Decision("stop" if stop else "mend first", None)
    if roi.profit.ci_lower > rule.minimum_profit:
        return Decision("repeat", None)
    if roi.profit.ci_upper < rule.minimum_profit:
        return Decision("change" if roi.incremental_margin.ci_lower > 0 else "stop", None)
    n = margin.n_treatment + margin.n_holdout
    needed = customers_needed(
        roi.profit.estimate - rule.minimum_profit,
        roi.profit.standard_error,
        n,
        power=rule.power,
        confidence_level=roi.confidence_level,
    )
    if needed is None or needed > (rule.most_customers or _TIMES_WORTH_TESTING * n):
        return Decision("change", needed)
    return Decision("keep testing", needed)


def customers_needed(
    estimate: float, standard_error: float, n: int, *, power: float, confidence_level: float
) -> int | None:
    """Return the size of a fresh test that settles the sign with probability ``power``.

    Parameters
    ----------
    estimate, standard_error : float
        Of this test, in any unit.
    n : int
        Customers of this test, both arms.
    power, confidence_level : float
        In (0, 1).

    Returns
    -------
    int or None
        Customers of both arms in this test's proportion; None above a million times ``n``.

    Examples
    --------
    With nothing seen either way, 1.96 s / sqrt(S^2 + s^2) must fall to 0.2533:

    >>> customers_needed(0.0, 1.0, 1_000, power=0.8, confidence_level=0.95)
    58851
    """

    def short_of(log_times: float) -> float:
        fresh = standard_error * math.exp(-log_times / 2)
        return predictive_power(estimate, standard_error, fresh, confidence_level) - power

    low, high = math.log(1 / n), math.log(_MOST_TIMES)
    if short_of(high) < 0:
        return None
    if short_of(low) >= 0:
        return 1
    return math.ceil(n * math.exp(optimize.brentq(short_of, low, high, xtol=1e-12)))


def predictive_power(
    estimate: float, standard_error: float, fresh_error: float, confidence_level: float
) -> float:
    """Return the probability that a fresh test's interval excludes zero, in [0, 1].

    >>> round(predictive_power(0.0, 1e-12, 1.0, 0.95), 3)  # surely no effect: a false alarm
    0.05
    """
    z = float(special.ndtri((1 + confidence_level) / 2))
    spread = math.hypot(standard_error, fresh_error)
    ends = ((side * estimate - z * fresh_error) / spread for side in (1, -1))
    return math.fsum(float(special.ndtr(end)) for end in ends)
