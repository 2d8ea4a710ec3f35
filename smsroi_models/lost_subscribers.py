"""A campaign's opt-outs and what they cost, from the store."""

from datetime import datetime

from smsroi_models.attribution.campaigns import Campaign
from smsroi_models.attribution.moments import Moments
from smsroi_models.audience.opt_out_cost import lost_subscriptions
from smsroi_models.audience.subscription_value import SubscriptionValue
from smsroi_models.clv.long_term_records import LostSubscriptions
from smsroi_models.errors import NotEstimableError
from smsroi_models.roi import Roi
from smsroi_models.store.connect import Store
from smsroi_models.subscription_worth import read_subscription_value


def read_lost_subscriptions(
    store: Store,
    campaign: Campaign,
    as_of: datetime,
    arms: tuple[Moments, Moments],
    roi: Roi,
    *,
    covariates: tuple[str, ...] = (),
    margin_per_text: float | None = None,
    discount_rate: float = 0.10,
    pre_days: int = 90,
) -> tuple[LostSubscriptions | None, str]:
    """Return the subscriptions that the campaign lost, and why there are none where none are told.

    Parameters
    ----------
    store : Store
    campaign : Campaign
    as_of : datetime
        UTC.
    arms : pair of Moments
        Treatment first: ``margin``, the covariates, ``opted_out`` where the store knows it.
    roi : Roi
        Of the window.
    covariates : tuple of str
        That the window's money is adjusted for.
    margin_per_text : float, optional
        What a text earns, store currency, where the user states it.
    discount_rate : float
        Of a year.
    pre_days : int
    """
    if "opted_out" not in arms[0].columns:
        return None, "The store has no subscriptions, so that opt-outs are not known."
    value: SubscriptionValue | None = None
    reason = ""
    try:
        value = read_subscription_value(
            store,
            as_of,
            without=campaign.campaign_id,
            margin=margin_per_text,
            discount_rate=discount_rate,
            pre_days=pre_days,
            confidence_level=roi.confidence_level,
        )
    except NotEstimableError as error:
        reason = str(error)
    try:
        found = lost_subscriptions(
            *arms,
            value,
            reason=reason,
            covariates=covariates,
            cost=roi.cost,
            confidence_level=roi.confidence_level,
        )
    except NotEstimableError as error:
        return None, f"What it changed in opt-outs cannot be told: {error}."
    return found, ""
