"""The records of a campaign's long-term value."""

from dataclasses import dataclass
from datetime import date

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Estimate
from smsroi_models.audience.subscription_value import SubscriptionValue
from smsroi_models.clv.retention import Retention
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class Return(Record):
    """A campaign's money over some time, in the store's currency.

    Attributes
    ----------
    margin : Estimate
        Margin that the campaign brought to all customers of treatment.
    profit, roi : Estimate or None
        As in `Roi`: None where the cost is not known (and ``roi`` where it is zero).
    probability_of_profit : float or None
        In [0, 1], under a flat prior.
    """

    margin: Estimate
    profit: Estimate | None
    roi: Estimate | None
    probability_of_profit: float | None


@dataclass(frozen=True, slots=True)
class ModelFit(Record):
    """The purchase model behind the factor, and how it stands to what was seen.

    Attributes
    ----------
    fitted_until : date
        Last day of the histories that it was fitted on: the day before the first assignment.
    n_customers : int
        Customers of the whole shop in those histories.
    parameters : dict of str to float
        ``r, alpha, a, b`` of BG/NBD (weeks) and ``p, q, v`` of Gamma-Gamma.
    margin_rate : float
        Margin per unit of revenue of all orders before the first assignment.
    """

    fitted_until: date
    n_customers: int
    parameters: dict[str, float]
    margin_rate: float


@dataclass(frozen=True, slots=True)
class HeldOut(Record):
    """What the held-out bought after the window, predicted at assignment and seen.

    Attributes
    ----------
    days : int
        After the window's end.
    predicted, seen : float
        Margin per held-out customer in those days.
    ratio : Estimate
        Seen by predicted; its interval holds the sampling error of the customers and that of the
        parameters.
    """

    days: int
    predicted: float
    seen: float
    ratio: Estimate


@dataclass(frozen=True, slots=True)
class Forecast(Record):
    """What the model would forecast if the window's orders were signs of a habit.

    Attributes
    ----------
    days : int
        After the window's end.
    predicted, seen, gap : Estimate
        Margin of all customers of treatment in those days: forecast from histories that end with
        the window, seen, and the one less the other customer by customer. Forecast and gap are
        adjusted for the model's prediction at assignment as well.
    """

    days: int
    predicted: Estimate
    seen: Estimate
    gap: Estimate

    @property
    def supported(self) -> bool | None:
        """Whether what was seen bears the forecast out.

        False where the gap is clear; True where it is not and a change is clear; None where the
        customers are too few to tell, or the forecast claims no change.
        """
        if self.gap.ci_lower > 0 or self.gap.ci_upper < 0:
            return False
        clear = self.seen.ci_lower > 0 or self.seen.ci_upper < 0
        claims = self.predicted.ci_lower > 0 or self.predicted.ci_upper < 0
        return True if clear and claims else None


@dataclass(frozen=True, slots=True)
class CarriedOn(Record):
    """What the change seen after the window comes to, were it to go on for a year.

    Attributes
    ----------
    days : int
        After the window's end, in which it was seen.
    factor, factor_standard_error : float
        By which a year is more than those days.
    after : Estimate
        Margin of all customers of treatment in the year after the window's end, discounted to it;
        the days seen included.
    total : Return
        From assignment to the end of that year.
    """

    days: int
    factor: float
    factor_standard_error: float
    after: Estimate
    total: Return


@dataclass(frozen=True, slots=True)
class Recruits(Record):
    """Customers whom the campaign recruited, and those whom these referred in turn.

    Attributes
    ----------
    recruited, referred : int
        Customers; ``referred`` at any number of steps.
    buyers : int
        Of both, those with an order since they were acquired.
    margin_recruited, margin_referred : float
        Of their orders from acquisition on, so far, in the store's currency.
    assigned : int
        Customers left out because they are in an arm of the campaign: their orders are in the lift.
    acquired_earlier : int
        Customers left out because they were acquired before the campaign started, though the store
        names it as what acquired them.
    elsewhere : int
        Of both, those who were in an arm of another campaign: its lift holds part of their margin.
    ahead : Estimate or None
        Margin of all of them in the year to come, discounted; its interval is for what they truly
        will bring. None where it cannot be predicted.
    reason : str
        Why not; empty where it is.
    """

    recruited: int
    referred: int
    buyers: int
    margin_recruited: float
    margin_referred: float
    assigned: int
    acquired_earlier: int
    elsewhere: int
    ahead: Estimate | None
    reason: str

    @property
    def margin_so_far(self) -> float:
        """Of both, in the store's currency."""
        return self.margin_recruited + self.margin_referred


@dataclass(frozen=True, slots=True)
class LostSubscriptions(Record):
    """The subscriptions that a campaign lost, and what they come to.

    Attributes
    ----------
    opt_outs : Estimate
        Customers who opted out in the window because of the campaign; below zero where fewer of
        the texted left than of the held-out.
    value : SubscriptionValue or None
        Of one subscription.
    cost : Estimate or None
        Of all of them, store currency; below zero is a gain.
    after : Return or None
        The window's money less ``cost``.
    reason : str
        Why there is no value; empty where there is.
    """

    opt_outs: Estimate
    value: SubscriptionValue | None
    cost: Estimate | None
    after: Return | None
    reason: str


@dataclass(frozen=True, slots=True)
class LongTerm(Record):
    """A campaign beyond its window: each line with its own assumption.

    Attributes
    ----------
    discount_rate : float
        Of a year.
    in_window : Return
        As in the result's `Roi`: randomised, no model.
    seen_days : int or None
        The longest time after the window that was read.
    seen : Return or None
        From assignment to the end of those days: randomised, no model.
    fit : ModelFit or None
        None where no purchase model could be fitted.
    held_out : HeldOut or None
        Whether the model knows the shop.
    forecasts : tuple of Forecast
        What would be forecast from the window's orders, beside what was seen. Counted nowhere.
    year : CarriedOn or None
        What was seen, carried on for a year.
    no_year : str
        Why there is none; empty where there is.
    recruits : Recruits or None
        Not randomised, and in no other line.
    no_recruits : str
        Why there are none.
    retention : Retention
    checks : tuple of Check
        Of the predictions against what was seen. They decide over this record's lines alone: the
        window's answer rests on no prediction.
    lost : LostSubscriptions or None
        Counted against the window alone: the longer views hold part of the loss already.
    no_lost : str
        Why there are none; empty where there are.
    """

    discount_rate: float
    in_window: Return
    seen_days: int | None
    seen: Return | None
    fit: ModelFit | None
    held_out: HeldOut | None
    forecasts: tuple[Forecast, ...]
    year: CarriedOn | None
    no_year: str
    recruits: Recruits | None
    no_recruits: str
    retention: Retention
    checks: tuple[Check, ...]
    lost: LostSubscriptions | None = None
    no_lost: str = ""
