"""How often is too often: from the store to the record of fatigue."""

from datetime import UTC, date, datetime, time

import numpy as np

from smsroi_models.attribution.campaigns import read_last_order_at
from smsroi_models.attribution.programmes import read_programmes
from smsroi_models.audience.decision_points import (
    collect_cells,
    collect_score_products,
    decision_points,
)
from smsroi_models.audience.fatigue import frequency_curve, recent_ratios
from smsroi_models.audience.fatigue_records import Fatigue
from smsroi_models.audience.frequency_effects import MONTH_WEEKS
from smsroi_models.audience.hazard import clustered_covariance, fit_hazard
from smsroi_models.audience.subscription_value import SubscriptionValue
from smsroi_models.audience.terms import OUTCOMES
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
from smsroi_models.store.connect import Store
from smsroi_models.subscription_worth import read_subscription_value

_NEEDED = ("subscriptions", "customers", "orders", "assignments", "campaigns")
FOLLOW_DAYS = 7


def analyze_fatigue(
    store: Store,
    as_of: datetime | date | str | None = None,
    *,
    follow_days: int = FOLLOW_DAYS,
    margin_per_text: float | None = None,
    discount_rate: float = 0.10,
    confidence_level: float = 0.95,
) -> Fatigue:
    """Tell what the number of recent texts does to opting out and buying, and when it is too many.

    It rests on the holdouts: each campaign's draw decides who is texted, and so the draws before it
    decide how many texts a customer had. Only that part of the number is used. Who has opted out
    is in no later draw, so that the figures are of the subscribers who are left.

    Parameters
    ----------
    store : Store
    as_of : datetime, date or str, optional
        As in `analyze_campaign`.
    follow_days : int
        Days after a draw in which an opt-out and a purchase count, 1 to 30.
    margin_per_text : float, optional
        What a text earns, store currency; by default pooled over the campaigns' own holdouts.
    discount_rate : float
        Of a year, at least 0.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    StoreError
        If the store breaks its contract.
    NotEstimableError
        If a table is missing, the number of recent texts did not vary, or events are too few.
    ParameterError
        If a parameter lies outside its range.
    """
    check_parameters(confidence_level, 0)
    if isinstance(follow_days, bool) or follow_days not in range(1, 31):
        raise ParameterError(f"follow_days is {follow_days!r}: a whole number of 1 to 30 days")
    require_sound(store, "what frequent texts do")
    return read_fatigue(
        store,
        parse_as_of(as_of) if as_of is not None else None,
        follow_days=follow_days,
        margin_per_text=margin_per_text,
        discount_rate=discount_rate,
        confidence_level=confidence_level,
    )


def read_fatigue(
    store: Store,
    as_of: datetime | None = None,
    *,
    follow_days: int = FOLLOW_DAYS,
    margin_per_text: float | None = None,
    discount_rate: float = 0.10,
    confidence_level: float = 0.95,
) -> Fatigue:
    """Read the same from a store that has been found sound, with parameters that were checked.

    Nothing after the midnight that begins the last day with an order counts: purchases must have
    had their time to come in.

    Raises
    ------
    NotEstimableError
        As `analyze_fatigue`.
    """
    missing = [name for name in _NEEDED if name not in store]
    if missing:
        raise NotEstimableError(f"the store has no {' and no '.join(missing)}")
    last = read_last_order_at(store)
    moment = horizon(last) if as_of is None else min(as_of, datetime.combine(last, time(), UTC))
    points = decision_points(
        store, moment, follow_days=follow_days, left_out=sorted(read_programmes(store))
    )
    cells = collect_cells(points)
    if not len(cells["n"]):
        raise NotEstimableError(
            f"no campaign with a holdout is {follow_days} days past by then: nothing can be told"
        )
    models = fit_hazard(cells, OUTCOMES[0]), fit_hazard(cells, OUTCOMES[1])
    scores = collect_score_products(points, [model.fitted for model in models])
    covariance = clustered_covariance(models, scores)
    value, reason = _value(store, moment, margin_per_text, discount_rate, confidence_level)
    per_buyer = float(cells["margin"].sum() / cells["bought"].sum())
    curve, paying = frequency_curve(models, covariance, cells, value, per_buyer, confidence_level)
    rows = cells["n"].sum()
    return Fatigue(
        as_of=moment,
        follow_days=follow_days,
        rows=int(rows),
        customers=scores.customers,
        opt_outs=models[0].events,
        buyers=models[1].events,
        usual_weekly=float(np.average(cells["texts_30"], weights=cells["n"]) / MONTH_WEEKS),
        recent=recent_ratios(models, covariance, confidence_level),
        curve=curve,
        value=value,
        no_value=reason,
        margin_per_buyer=per_buyer,
        paying=paying,
        left_out=tuple(f"{m.outcome}: {name}" for m in models for name in m.left_out),
        confidence_level=confidence_level,
    )


def _value(
    store: Store,
    moment: datetime,
    margin_per_text: float | None,
    discount_rate: float,
    confidence_level: float,
) -> tuple[SubscriptionValue | None, str]:
    try:
        found = read_subscription_value(
            store,
            moment,
            margin=margin_per_text,
            discount_rate=discount_rate,
            confidence_level=confidence_level,
        )
    except NotEstimableError as reason:
        return None, str(reason)
    return found, ""
