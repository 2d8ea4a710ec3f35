"""What a subscription is worth to this shop: its pace, its campaigns' own holdouts, its prices."""

from collections.abc import Sequence
from datetime import datetime

from smsroi_models.attribution.all_campaigns import collect_all_moments
from smsroi_models.attribution.programmes import read_programmes
from smsroi_models.audience.pace import Pace, collect_pace
from smsroi_models.audience.subscription_value import (
    HORIZON_WEEKS,
    MarginPerText,
    SubscriptionValue,
    given_margin,
    margin_per_text,
    subscription_value,
)
from smsroi_models.errors import NotEstimableError
from smsroi_models.planning.prior import past_lifts
from smsroi_models.store.connect import Store

_NEEDED = ("subscriptions", "messages", "orders", "assignments", "campaigns")


def read_subscription_value(
    store: Store,
    as_of: datetime,
    *,
    without: str | None = None,
    margin: float | None = None,
    discount_rate: float = 0.10,
    horizon_weeks: float = HORIZON_WEEKS,
    pre_days: int = 90,
    confidence_level: float = 0.95,
) -> SubscriptionValue:
    """Read what one more subscriber is worth.

    Parameters
    ----------
    store : Store
    as_of : datetime
        UTC.
    without : str, optional
        A campaign whose own holdout is not asked: the one whose lost subscriptions are valued, so
        that the two are independent.
    margin : float, optional
        Margin per text that the user states, store currency; by default that of the campaigns.
    discount_rate : float
        Of a year, at least 0.
    horizon_weeks : float
    pre_days : int
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If a table is missing, nobody was subscribed, no text has a price, or fewer than 3 campaigns
        have been measured and no margin is given.
    ParameterError
        If the margin is not finite.
    """
    missing = [name for name in _NEEDED if name not in store]
    if missing:
        raise NotEstimableError(f"the store has no {' and no '.join(missing)}")
    programmes = sorted(read_programmes(store))
    pace = collect_pace(store, as_of, programmes)
    if pace is None or not pace.texts:
        raise NotEstimableError("nobody had been assigned to be texted by then")
    if pace.price_per_text is None:
        raise NotEstimableError("no text has a price: put it into messages.price")
    left_out = [*programmes, *([without] if without else [])]
    per_text = (
        _of_campaigns(store, as_of, left_out, pre_days, confidence_level)
        if margin is None
        else given_margin(margin)
    )
    return _valued(
        pace, pace.price_per_text, per_text, discount_rate, horizon_weeks, confidence_level
    )


def _of_campaigns(
    store: Store, as_of: datetime, left_out: Sequence[str], pre_days: int, confidence_level: float
) -> MarginPerText:
    columns = ("margin", "pre_revenue", "pre_orders")
    arms = collect_all_moments(store, as_of, columns, pre_days=pre_days)
    lifts = past_lifts(
        {name: pair for name, pair in arms.items() if name not in left_out}, confidence_level
    )
    try:
        return margin_per_text(lifts, confidence_level)
    except NotEstimableError as reason:
        raise NotEstimableError(
            f"what a text earns is known from {len(lifts)} other campaigns with a holdout, and at "
            "least 3 are needed; until then it can be stated (margin_per_text)"
        ) from reason


def _valued(
    pace: Pace,
    price: float,
    per_text: MarginPerText,
    discount_rate: float,
    horizon_weeks: float,
    confidence_level: float,
) -> SubscriptionValue:
    return subscription_value(
        per_text,
        price,
        pace.texts_per_week,
        pace.opt_outs,
        pace.subscriber_weeks,
        horizon_weeks=horizon_weeks,
        discount_rate=discount_rate,
        confidence_level=confidence_level,
    )
