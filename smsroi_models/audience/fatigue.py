"""From two hazards and the value of a text to the weekly frequency at which the next stops paying.

At f texts a week a text is worth

    profit(f) = m + w (b(f) - b) - c - o(f) n (m - c)

m: incremental margin per text; w: margin per buyer; b(f), b: buyers that a text causes at f, and on
average; c: price; o(f): opt-outs that it causes; n: expected texts of a subscription. One more text
takes from those that follow it, too, so that what it brings is the derivative of f x profit(f):

    next(f) = profit(f) + f profit'(f)

Where next is zero a subscriber's week earns most. Errors follow by the delta method from the joint
covariance of both hazards, and those of m and of n; w, c and the pace count as known.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.student import interval, quantile
from smsroi_models.audience.fatigue_records import FrequencyPoint, PayingFrequency, RecentTexts
from smsroi_models.audience.frequency_effects import (
    Caused,
    caused_as_sent,
    caused_at,
    frequencies_seen,
)
from smsroi_models.audience.hazard import Hazard
from smsroi_models.audience.subscription_value import SubscriptionValue
from smsroi_models.errors import DataError, NotEstimableError

Floats = NDArray[np.float64]
_STEP = 1e-3  # texts a week, for the slope
_POINTS = 61


@dataclass(frozen=True, slots=True, eq=False)
class Money:
    """A figure at each frequency with its error and the degrees of freedom of the error.

    Attributes
    ----------
    weekly, value, error, degrees_of_freedom : ndarray of shape (n_frequencies,)
    """

    weekly: Floats
    value: Floats
    error: Floats
    degrees_of_freedom: Floats

    def at(self, i: int, confidence_level: float) -> Estimate:
        """Return the figure at one frequency."""
        value, error = float(self.value[i]), float(self.error[i])
        df = float(self.degrees_of_freedom[i])
        return Estimate(value, error, *interval(value, error, df, confidence_level, "two-sided"))


def frequency_curve(
    models: tuple[Hazard, Hazard],
    covariance: Floats,
    cells: Mapping[str, Floats],
    value: SubscriptionValue | None,
    margin_per_buyer: float,
    confidence_level: float = 0.95,
) -> tuple[tuple[FrequencyPoint, ...], PayingFrequency | None]:
    """Return what a text does at each frequency seen, and from which on one more does not pay.

    Parameters
    ----------
    models : pair of Hazard
        Of opting out and of buying.
    covariance : ndarray of shape (n_terms, n_terms)
        Of both models' coefficients, from `clustered_covariance`.
    cells : mapping of str to ndarray of shape (n_cells,)
        From `collect_cells`.
    value : SubscriptionValue or None
        None where no value of a text is known: then there is no money in the curve.
    margin_per_buyer : float
        Store currency.
    confidence_level : float
        In (0, 1), of each frequency for itself.

    Raises
    ------
    DataError
        If the covariance is of another size.
    NotEstimableError
        If no two frequencies were seen.
    """
    size = sum(len(model.terms) for model in models)
    if covariance.shape != (size, size):
        raise DataError(f"a covariance of {covariance.shape}: {size} terms need ({size}, {size})")
    seen = frequencies_seen(models[0], cells)
    if not seen[0] < seen[1]:
        raise NotEstimableError(
            f"hardly anybody had another frequency than {seen[0]:.2g} texts a week: nothing can be "
            "said of others; vary it, by holdouts drawn anew in each campaign"
        )
    weekly = np.linspace(*seen, _POINTS)
    effects = tuple(caused_at(model, cells, weekly) for model in models)
    k = len(models[0].terms)
    parts = covariance[:k, :k], covariance[k:, k:]
    money = None
    if value:
        money = money_at(models, covariance, cells, value, margin_per_buyer, weekly)
    level = confidence_level
    curve = tuple(
        FrequencyPoint(
            weekly=float(weekly[i]),
            opting_out=_estimate(
                effects[0].texted[i], effects[0].texted_gradient[i], parts[0], level
            ),
            opt_outs_caused=_caused(effects[0], i, parts[0], level),
            buyers_caused=_caused(effects[1], i, parts[1], level),
            profit=money[0].at(i, level) if money else None,
            next_text=money[1].at(i, level) if money else None,
        )
        for i in range(_POINTS)
    )
    return curve, paying_frequency(money[1], level) if money else None


def money_at(
    models: tuple[Hazard, Hazard],
    covariance: Floats,
    cells: Mapping[str, Floats],
    value: SubscriptionValue,
    margin_per_buyer: float,
    weekly: Floats,
) -> tuple[Money, Money]:
    """Return the profit of a text at each frequency, and what one more text brings."""
    usual = caused_as_sent(models[1], cells)
    steps = [weekly, weekly + _STEP, weekly - _STEP]
    (profit, slopes), above, below = (
        _profit(
            caused_at(models[0], cells, f),
            caused_at(models[1], cells, f),
            usual,
            value,
            margin_per_buyer,
        )
        for f in steps
    )
    marginal = profit + weekly * (above[0] - below[0]) / (2 * _STEP)
    marginal_slopes = slopes + weekly[:, None] * (above[1] - below[1]) / (2 * _STEP)
    return (
        _money(weekly, profit, slopes, covariance, value),
        _money(weekly, marginal, marginal_slopes, covariance, value),
    )


def paying_frequency(next_text: Money, confidence_level: float = 0.95) -> PayingFrequency:
    """Return the first frequency from which on one more text does not pay.

    The interval holds every frequency seen at which zero is within the next text's own interval
    (Fieller 1954): no normal approximation of the crossing itself, and an end that lies beyond what
    was seen is None.

    Parameters
    ----------
    next_text : Money
        At rising frequencies.
    confidence_level : float

    References
    ----------
    Fieller (1954), JRSS B 16(2).

    Examples
    --------
    Falling from 1 to -1 between 1 and 3 texts a week:

    >>> weekly = np.array([1.0, 2.0, 3.0])
    >>> falling = Money(weekly, 2 - weekly, np.full(3, 0.1), np.full(3, np.inf))
    >>> found = paying_frequency(falling)
    >>> found.status, found.weekly, round(found.ci_lower, 3), round(found.ci_upper, 3)
    ('reached', 2.0, 1.804, 2.196)
    """
    weekly, value = next_text.weekly, next_text.value
    reach = next_text.error * np.array(
        [quantile((1 + confidence_level) / 2, float(df)) for df in next_text.degrees_of_freedom]
    )
    return PayingFrequency(
        status=(
            "never paid"
            if value[0] <= 0
            else "reached"
            if _first_below(weekly, value) is not None
            else "not reached"
        ),
        weekly=_first_below(weekly, value) if value[0] > 0 else None,
        ci_lower=_first_below(weekly, value - reach) if value[0] > reach[0] else None,
        ci_upper=_first_below(weekly, value + reach),
        lowest_seen=float(weekly[0]),
        highest_seen=float(weekly[-1]),
    )


def recent_ratios(
    models: Sequence[Hazard], covariance: Floats, confidence_level: float = 0.95
) -> tuple[RecentTexts, ...]:
    """Return by what one more recent text multiplies each hazard after a text."""
    found, start = [], 0
    for model in models:
        size = len(model.terms)
        part = covariance[start : start + size, start : start + size]
        start += size
        told_apart = any("extra_7" in term for term in model.terms)
        for days in (7, 30) if told_apart else (30,):
            # A text of the last week is one of the last month as well.
            columns = ("extra_7", "extra_30") if days == 7 else ("extra_30",)
            pick = np.array([float(any(c in term for c in columns)) for term in model.terms])
            log, error = float(pick @ model.coefficients), math.sqrt(pick @ part @ pick)
            low, high = interval(log, error, math.inf, confidence_level, "two-sided")
            ratio = Estimate(math.exp(log), math.exp(log) * error, math.exp(low), math.exp(high))
            found.append(RecentTexts(model.outcome, days, ratio))
    return tuple(found)


def _profit(
    opting_out: Caused, buying: Caused, usual: Caused, value: SubscriptionValue, per_buyer: float
) -> tuple[Floats, Floats]:
    """Return the profit at each frequency, and its slopes in all terms, in m and in n."""
    m, c = value.per_text.margin.estimate, value.price_per_text
    n = value.expected_texts.estimate
    o = opting_out.caused
    profit = m + per_buyer * (buying.caused - usual.caused) - c - o * n * (m - c)
    slopes = np.column_stack(
        [
            -n * (m - c) * opting_out.caused_gradient,
            per_buyer * (buying.caused_gradient - usual.caused_gradient),
            1 - o * n,
            -o * (m - c),
        ]
    )
    return profit, slopes


def _money(
    weekly: Floats, figure: Floats, slopes: Floats, covariance: Floats, value: SubscriptionValue
) -> Money:
    of_hazards = np.einsum("ij,jk,ik->i", slopes[:, :-2], covariance, slopes[:, :-2])
    of_margin = (slopes[:, -2] * value.per_text.margin.standard_error) ** 2
    of_texts = (slopes[:, -1] * value.expected_texts.standard_error) ** 2
    variance = of_hazards + of_margin + of_texts
    df = np.full(len(weekly), math.inf)
    known = of_margin > 0
    df[known] = value.per_text.degrees_of_freedom * (variance[known] / of_margin[known]) ** 2
    return Money(weekly, figure, np.sqrt(variance), df)


def _first_below(weekly: Floats, value: Floats) -> float | None:
    """Return where the value first falls to zero, between two points by a straight line."""
    below = np.flatnonzero(value <= 0)
    if not len(below):
        return None
    i = int(below[0])
    if i == 0:
        return float(weekly[0])
    share = value[i - 1] / (value[i - 1] - value[i])
    return float(weekly[i - 1] + share * (weekly[i] - weekly[i - 1]))


def _caused(effect: Caused, i: int, covariance: Floats, level: float) -> Estimate:
    return _estimate(effect.caused[i], effect.caused_gradient[i], covariance, level)


def _estimate(value: float, gradient: Floats, covariance: Floats, level: float) -> Estimate:
    error = math.sqrt(max(float(gradient @ covariance @ gradient), 0.0))
    ends = interval(float(value), error, math.inf, level, "two-sided")
    return Estimate(float(value), error, *ends)
