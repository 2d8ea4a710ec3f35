"""The customers whom a campaign recruited: counted in the store, their future predicted."""

import math
from datetime import datetime

from smsroi_models.attribution.campaigns import Campaign
from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.assigned_histories import Kinds
from smsroi_models.clv.long_term_records import Recruits
from smsroi_models.clv.prospects import WEEKS_A_YEAR, ValueModel
from smsroi_models.clv.recruits import (
    collect_acquired_earlier,
    collect_recruit_kinds,
    collect_recruit_totals,
    collect_recruits,
)
from smsroi_models.clv.value import lifetime_value
from smsroi_models.errors import NotEstimableError
from smsroi_models.store.connect import Store


def read_recruits(
    store: Store,
    campaign: Campaign,
    as_of: datetime,
    model: ValueModel | None,
    no_model: str,
    horizon_weeks: float,
    *,
    discount_rate: float,
    confidence_level: float,
) -> tuple[Recruits | None, str]:
    """Return whom the campaign recruited, or why that is not known.

    Parameters
    ----------
    model : ValueModel or None
        None where none could be fitted, for the reason ``no_model``.
    horizon_weeks : float
        Ahead of ``as_of``.
    discount_rate : float
        Of a year.
    confidence_level : float
    """
    if "customers" not in store:
        return None, "The store has no table of customers, which would say whom it recruited."
    how = collect_recruits(store, campaign, as_of)
    earlier = collect_acquired_earlier(store, campaign)
    if not how:
        return Recruits(0, 0, 0, 0.0, 0.0, 0, earlier, 0, None, ""), ""
    totals = collect_recruit_totals(store, campaign, as_of, how)
    ahead, reason = None, no_model
    if model and sum(totals.customers):
        kinds = collect_recruit_kinds(store, campaign, as_of, how)
        try:
            ahead = _ahead(model, kinds, horizon_weeks, discount_rate, confidence_level)
        except NotEstimableError as error:
            reason = str(error)
    return Recruits(
        recruited=totals.customers[0],
        referred=totals.customers[1],
        buyers=sum(totals.buyers),
        margin_recruited=totals.margin[0],
        margin_referred=totals.margin[1],
        assigned=totals.assigned,
        acquired_earlier=earlier,
        elsewhere=totals.elsewhere,
        ahead=ahead,
        reason=reason if ahead is None else "",
    ), ""


def _ahead(
    model: ValueModel, kinds: Kinds, horizon_weeks: float, discount_rate: float, level: float
) -> Estimate:
    """Return what recruits will bring, its interval by the parameters and by chance."""
    if not len(kinds.T):
        raise NotEstimableError("none of them has bought: there is no history to predict from")
    customers = kinds.customers.sum(axis=1)
    total = lifetime_value(
        model.purchases,
        model.spend,
        kinds.frequency,
        kinds.recency,
        kinds.T,
        kinds.spend.sum(axis=1) / customers,
        horizon=horizon_weeks,
        margin_rate=model.margin_rate,
        margin_rate_error=model.margin_rate_error,
        discount_rate_per_unit=(1 + discount_rate) ** (1 / WEEKS_A_YEAR) - 1,
        weights=customers,
        confidence_level=level,
    ).total
    if total.predicted_value is None or not math.isfinite(total.predicted_value.ci_upper):
        raise NotEstimableError(
            "customers' mean spend has no finite variance (q + p x frequency is at most 2), or is "
            "hardly known, so that no interval can be given; look for test orders and very large "
            "ones"
        )
    return total.predicted_value
