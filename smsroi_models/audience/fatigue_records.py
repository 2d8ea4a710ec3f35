"""The records of fatigue: what a text costs and brings by how often customers are texted."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from smsroi_models.attribution.effects import Estimate
from smsroi_models.audience.subscription_value import SubscriptionValue
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class RecentTexts(Record):
    """By what one more recent text multiplies a hazard after a text.

    Attributes
    ----------
    outcome : str
        ``opted_out`` or ``bought``.
    days : int
        7 or 30; where both are told, 30 is a text in the 8th to 30th day before, and 7 one in the
        last 7.
    ratio : Estimate
        Ratio of hazards; its interval is that of the log, the standard error on the ratio's scale.
    """

    outcome: str
    days: int
    ratio: Estimate


@dataclass(frozen=True, slots=True)
class FrequencyPoint(Record):
    """A text at a weekly frequency.

    Attributes
    ----------
    weekly : float
        Texts a week that the customer had before it.
    opting_out : Estimate
        Probability of opting out within the days followed, when texted.
    opt_outs_caused, buyers_caused : Estimate
        Per text: probability when texted less when not.
    profit : Estimate or None
        Of a text where all texts come at this frequency: margin less price and the value of the
        subscriptions that it costs, store currency.
    next_text : Estimate or None
        What one more text brings, with what it takes from the texts that follow it: profit plus
        frequency times the slope of profit. None as ``profit`` where no value of a text is known.
    """

    weekly: float
    opting_out: Estimate
    opt_outs_caused: Estimate
    buyers_caused: Estimate
    profit: Estimate | None
    next_text: Estimate | None


@dataclass(frozen=True, slots=True)
class PayingFrequency(Record):
    """The texts a week from which on one more does not pay.

    Attributes
    ----------
    status : str
        ``reached``: within the frequencies seen. ``not reached``: at the highest seen one more text
        still paid. ``never paid``: at the lowest seen it did not.
    weekly : float or None
        None unless reached.
    ci_lower, ci_upper : float or None
        Frequencies at which the next text's profit is not clear of zero; None at an end that lies
        beyond those seen.
    lowest_seen, highest_seen : float
        Texts a week; nothing is said beyond them.
    """

    status: Literal["reached", "not reached", "never paid"]
    weekly: float | None
    ci_lower: float | None
    ci_upper: float | None
    lowest_seen: float
    highest_seen: float


@dataclass(frozen=True, slots=True)
class Fatigue(Record):
    """What the number of recent texts does to opting out and to buying.

    Attributes
    ----------
    as_of : datetime
        UTC.
    follow_days : int
        In which an opt-out or a purchase after a campaign's draw counts.
    rows, customers, opt_outs, buyers : int
        Customers at campaigns, different customers, and events among the rows.
    usual_weekly : float
        Mean texts a week in the 30 days before, over the rows.
    recent : tuple of RecentTexts
    curve : tuple of FrequencyPoint
        From the lowest to the highest frequency seen.
    value : SubscriptionValue or None
    no_value : str
        Why a text's value is not known; empty where it is.
    margin_per_buyer : float
        Margin per customer who bought in the days followed, store currency.
    paying : PayingFrequency or None
        None where the value of a text is not known.
    left_out : tuple of str
        Terms of the hazards that the data cannot tell apart.
    confidence_level : float
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("curve",)

    as_of: datetime
    follow_days: int
    rows: int
    customers: int
    opt_outs: int
    buyers: int
    usual_weekly: float
    recent: tuple[RecentTexts, ...]
    curve: tuple[FrequencyPoint, ...]
    value: SubscriptionValue | None
    no_value: str
    margin_per_buyer: float
    paying: PayingFrequency | None
    left_out: tuple[str, ...]
    confidence_level: float
