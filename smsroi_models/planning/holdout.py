"""How many customers to hold out: what each share costs, shows and is worth.

A held-out customer forgoes what a text earns, or is spared what it loses. In return the test tells
whether to go on with campaigns like this one (`planning.value`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from smsroi_models.attribution.checks import FEW_BUYERS
from smsroi_models.attribution.design_checks import POWER, WEAK_ROI
from smsroi_models.attribution.effects import Estimate
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.planning.design import Design
from smsroi_models.planning.power import Detectable, detectable_return
from smsroi_models.planning.prior import Prior
from smsroi_models.planning.value import cost_of_holding_out, value_of_knowing
from smsroi_models.records import Record

SHARES = tuple(
    round(share, 3)
    for start, stop, step in ((1, 10, 1), (10, 50, 5), (50, 501, 10))
    for share in (mille / 1000 for mille in range(start, stop, step))
)
"""Holdout shares that are tried, 0.1 % to a half: beyond a half, what is held out is not a test."""

Basis = Literal["given", "value", "power"]


@dataclass(frozen=True, slots=True)
class Stakes(Record):
    """What a campaign and its repetitions cost, and are expected to earn.

    Attributes
    ----------
    n_customers : int
        Customers of the audience, all arms.
    cost_per_text : float
        Per customer assigned to be texted, store currency.
    fixed_cost : float
        Of the campaign, whoever is texted, store currency.
    future_campaigns : int
        Campaigns to the same audience at the same cost that the result decides about.
    margin : Prior or None
        Of the incremental margin per customer assigned to be texted; None where nothing is
        expected.

    Raises
    ------
    ParameterError
        If a value lies outside its range.
    """

    n_customers: int
    cost_per_text: float
    fixed_cost: float
    future_campaigns: int
    margin: Prior | None

    def __post_init__(self) -> None:
        for name in ("cost_per_text", "fixed_cost"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ParameterError(f"{name} is {value}: it must be finite and not negative")
        if self.n_customers < 1 or self.future_campaigns < 0:
            raise ParameterError(
                f"n_customers is {self.n_customers} and future_campaigns {self.future_campaigns}: "
                "at least 1 and at least 0"
            )

    @property
    def profit_per_text(self) -> Prior | None:
        """Prior of the profit per text when all are texted: after the text and fixed costs."""
        fixed_share = self.fixed_cost / self.n_customers
        return self.margin.less(self.cost_per_text + fixed_share) if self.margin else None

    @property
    def contribution_per_text(self) -> Prior | None:
        """Prior of what one more text earns: after its own cost, fixed costs being spent anyway."""
        return self.margin.less(self.cost_per_text) if self.margin else None

    @property
    def future_texts(self) -> int:
        """Texts that the result decides about."""
        return self.future_campaigns * self.n_customers


@dataclass(frozen=True, slots=True)
class HoldoutOption(Record):
    """What holding out one share means.

    Attributes
    ----------
    holdout_share : float
    n_treatment, n_holdout : int
    standard_error : float
        Of the margin lift per assigned customer, store currency.
    detectable : Detectable
    buyers_held_out : float
        Held-out customers expected to buy.
    cost : Estimate or None
        What holding them out is expected to cost, store currency; below 0 where texts are expected
        to lose money. None without a prior.
    value : float or None
        Expected value of knowing, store currency; None without a prior, or where it leaves
        nothing to learn.
    """

    holdout_share: float
    n_treatment: int
    n_holdout: int
    standard_error: float
    detectable: Detectable
    buyers_held_out: float
    cost: Estimate | None
    value: float | None

    @property
    def net_value(self) -> float | None:
        """Value of knowing less the expected cost of holding out, store currency."""
        if self.cost is None or self.value is None:
            return None
        return self.value - self.cost.estimate


def holdout_option(
    holdout_share: float, spread: Design, conversion: float, stakes: Stakes, power: float = POWER
) -> HoldoutOption:
    """Return what holding out one share of the audience means.

    Parameters
    ----------
    holdout_share : float
        In (0, 1).
    spread : Design
        Any design with the variances of the margin per customer; its sizes do not matter.
    conversion : float
        Share of customers who buy in the window untexted, in [0, 1].
    stakes : Stakes
    power : float

    Raises
    ------
    NotEstimableError
        If an arm would be too small.
    """
    n_holdout = round(holdout_share * stakes.n_customers)
    n_treatment = stakes.n_customers - n_holdout
    design = spread.resized(n_treatment, n_holdout)
    return HoldoutOption(
        holdout_share=holdout_share,
        n_treatment=n_treatment,
        n_holdout=n_holdout,
        standard_error=design.standard_error,
        detectable=detectable_return(design, stakes.cost_per_text, stakes.fixed_cost, power),
        buyers_held_out=n_holdout * conversion,
        cost=_cost(n_holdout, stakes, spread.confidence_level),
        value=_value(design, stakes),
    )


def recommended(options: Sequence[HoldoutOption]) -> tuple[HoldoutOption, Basis]:
    """Return the option to take, and on what ground.

    Among those with `FEW_BUYERS` expected buyers in the holdout (all, where none has): the one
    whose value of knowing exceeds its cost most; without a value, the smallest that shows an ROI of
    `WEAK_ROI` or else the most precise.

    Parameters
    ----------
    options : sequence of HoldoutOption
        By rising share, at least one.

    Raises
    ------
    NotEstimableError
        If there is no option.
    """
    if not options:
        raise NotEstimableError("the audience is too small for any test: plan a larger one")
    enough = [option for option in options if option.buyers_held_out >= FEW_BUYERS] or options
    valued = [(option.net_value, option) for option in enough if option.net_value is not None]
    if valued:
        return max(valued, key=lambda pair: pair[0])[1], "value"
    for option in enough:
        roi = option.detectable.roi
        if roi is not None and roi <= WEAK_ROI:
            return option, "power"
    return min(enough, key=lambda option: option.standard_error), "power"


def _cost(n_holdout: int, stakes: Stakes, confidence_level: float) -> Estimate | None:
    contribution = stakes.contribution_per_text
    if contribution is None:
        return None
    return cost_of_holding_out(n_holdout, contribution, confidence_level)


def _value(design: Design, stakes: Stakes) -> float | None:
    profit = stakes.profit_per_text
    if profit is None or profit.standard_deviation == 0:
        return None
    return value_of_knowing(profit, design.standard_error, stakes.future_texts)
