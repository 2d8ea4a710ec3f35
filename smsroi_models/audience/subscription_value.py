"""What a subscription is worth: the texts to come, each at what a text earns beyond its price.

    value = expected texts x (margin per text - price per text)
    expected texts = pace x (1 - exp(-k H)) / k
    k = opt-outs per subscriber-week + log(1 + d) / weeks of a year

with the programme's own pace (texts per subscriber-week), a constant hazard of opting out, the
discount rate d of a year and a horizon of H weeks. The margin per text comes from the programme's
own holdouts, pooled over campaigns by random effects.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.student import interval
from smsroi_models.errors import DataError, NotEstimableError, ParameterError
from smsroi_models.planning.prior import PastLift, pooled_prior
from smsroi_models.records import Record

WEEKS_A_YEAR = 365.25 / 7
HORIZON_WEEKS = 52.0


@dataclass(frozen=True, slots=True)
class MarginPerText(Record):
    """What a text earns before its price.

    Attributes
    ----------
    margin : Estimate
        Incremental margin per customer assigned to be texted, store currency.
    degrees_of_freedom : float
        Campaigns less one; infinite where it was given.
    n_campaigns : int
        Campaigns with a holdout that it was pooled over; 0 where it was given.
    between_campaigns : float
        Deviation by which campaigns truly differ (tau), store currency.
    """

    margin: Estimate
    degrees_of_freedom: float
    n_campaigns: int
    between_campaigns: float


@dataclass(frozen=True, slots=True)
class SubscriptionValue(Record):
    """What one more subscriber is worth.

    Attributes
    ----------
    per_text : MarginPerText
    price_per_text : float
        Store currency.
    texts_per_week : float
        Per subscriber.
    opt_outs_per_week : float
        Per subscriber, whatever the cause.
    horizon_weeks, discount_rate : float
    expected_texts : Estimate
        In the horizon, discounted.
    value : Estimate
        Store currency.
    degrees_of_freedom : float
        Of ``value``.
    """

    per_text: MarginPerText
    price_per_text: float
    texts_per_week: float
    opt_outs_per_week: float
    horizon_weeks: float
    discount_rate: float
    expected_texts: Estimate
    value: Estimate
    degrees_of_freedom: float

    @property
    def clear(self) -> bool:
        """Whether the value is distinguishable from zero."""
        return self.value.ci_lower > 0 or self.value.ci_upper < 0


def margin_per_text(lifts: Sequence[PastLift], confidence_level: float = 0.95) -> MarginPerText:
    """Return the mean over campaigns of what a text earns, from their own holdouts.

    Raises
    ------
    NotEstimableError
        With fewer than 3 measured campaigns.

    References
    ----------
    DerSimonian and Laird (1986), Controlled Clinical Trials 7(3), eq. 8.

    Examples
    --------
    Three campaigns that differ by chance alone: the mean, at a third of a campaign's variance.

    >>> lifts = [PastLift(name, 2.0, 3**0.5) for name in "abc"]
    >>> found = margin_per_text(lifts)
    >>> round(found.margin.estimate, 9), round(found.margin.standard_error, 9)
    (2.0, 1.0)
    """
    prior = pooled_prior(
        [lift.margin_lift for lift in lifts], [lift.standard_error for lift in lifts]
    )
    between = prior.between_campaigns or 0.0
    error = math.sqrt(max(prior.standard_deviation**2 - between**2, 0.0))
    df = float(len(lifts) - 1)
    ends = interval(prior.mean, error, df, confidence_level, "two-sided")
    return MarginPerText(Estimate(prior.mean, error, *ends), df, len(lifts), between)


def given_margin(margin: float) -> MarginPerText:
    """Return a margin per text that the user states, taken as known.

    Raises
    ------
    ParameterError
        If it is not finite.
    """
    if isinstance(margin, bool) or not isinstance(margin, int | float) or not math.isfinite(margin):
        raise ParameterError(f"margin_per_text is {margin!r}: an amount of money is needed")
    value = float(margin)
    return MarginPerText(Estimate(value, 0.0, value, value), math.inf, 0, 0.0)


def expected_texts(
    texts_per_week: float,
    opt_outs: float,
    subscriber_weeks: float,
    *,
    horizon_weeks: float = HORIZON_WEEKS,
    discount_rate: float = 0.10,
    confidence_level: float = 0.95,
) -> Estimate:
    """Return the texts that a subscriber of today can be sent within the horizon, discounted.

    The error is that of the opt-outs counted (Poisson); the pace is taken as it was.

    Parameters
    ----------
    texts_per_week : float
        Per subscriber, at least 0.
    opt_outs : float
    subscriber_weeks : float
        In which the opt-outs were counted; above 0.
    horizon_weeks : float
    discount_rate : float
        Of a year, at least 0.
    confidence_level : float

    Raises
    ------
    DataError
        If a figure is negative or not finite.
    NotEstimableError
        If nobody was subscribed.

    Examples
    --------
    Nobody leaves and nothing is discounted: a text a week for a year.

    >>> expected_texts(1.0, 0, 100.0, discount_rate=0.0).estimate
    52.0
    """
    given = (texts_per_week, opt_outs, subscriber_weeks, horizon_weeks, discount_rate)
    if not all(math.isfinite(value) and value >= 0 for value in given):
        raise DataError(
            f"pace, opt-outs, weeks, horizon and discount rate are {given}: none of "
            "them may be negative"
        )
    if subscriber_weeks == 0:
        raise NotEstimableError("nobody was subscribed: how long subscribers stay is not known")
    hazard = opt_outs / subscriber_weeks
    k = hazard + math.log1p(discount_rate) / WEEKS_A_YEAR
    h = horizon_weeks
    weeks = -math.expm1(-k * h) / k if k * h > 1e-8 else h * (1 - k * h / 2)
    slope = (h * math.exp(-k * h) - weeks) / k if k * h > 1e-8 else -(h**2) / 2
    error = texts_per_week * abs(slope) * math.sqrt(opt_outs) / subscriber_weeks
    value = texts_per_week * weeks
    ends = interval(value, error, math.inf, confidence_level, "two-sided")
    return Estimate(value, error, *ends)


def subscription_value(
    per_text: MarginPerText,
    price_per_text: float,
    texts_per_week: float,
    opt_outs: float,
    subscriber_weeks: float,
    *,
    horizon_weeks: float = HORIZON_WEEKS,
    discount_rate: float = 0.10,
    confidence_level: float = 0.95,
) -> SubscriptionValue:
    """Return what one more subscriber is worth, with the errors of margin and of staying.

    Parameters
    ----------
    per_text : MarginPerText
    price_per_text : float
        Store currency, at least 0.
    texts_per_week, opt_outs, subscriber_weeks, horizon_weeks, discount_rate, confidence_level
        As `expected_texts`.

    Raises
    ------
    DataError, NotEstimableError
        As `expected_texts`.

    Examples
    --------
    52 texts at 0.50 less 0.10:

    >>> found = subscription_value(given_margin(0.5), 0.1, 1.0, 0, 100.0, discount_rate=0.0)
    >>> round(found.value.estimate, 9)
    20.8
    """
    if not (math.isfinite(price_per_text) and price_per_text >= 0):
        raise DataError(f"the price of a text is {price_per_text}: it cannot be negative")
    texts = expected_texts(
        texts_per_week,
        opt_outs,
        subscriber_weeks,
        horizon_weeks=horizon_weeks,
        discount_rate=discount_rate,
        confidence_level=confidence_level,
    )
    margin = per_text.margin
    net = margin.estimate - price_per_text
    of_margin, of_texts = texts.estimate * margin.standard_error, net * texts.standard_error
    value, error = texts.estimate * net, math.hypot(of_margin, of_texts)
    # The count of opt-outs is known far better than the margin: its share lengthens the tails less.
    df = per_text.degrees_of_freedom
    if of_margin and of_texts:
        df = df * (error / of_margin) ** 4
    return SubscriptionValue(
        per_text=per_text,
        price_per_text=price_per_text,
        texts_per_week=texts_per_week,
        opt_outs_per_week=opt_outs / subscriber_weeks,
        horizon_weeks=horizon_weeks,
        discount_rate=discount_rate,
        expected_texts=texts,
        value=Estimate(value, error, *interval(value, error, df, confidence_level, "two-sided")),
        degrees_of_freedom=df,
    )
