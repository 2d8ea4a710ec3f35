"""The customers whom a campaign recruited: counted in the store, their future predicted."""

from collections.abc import Sequence
from datetime import datetime

from smsroi_models.attribution.campaigns import Campaign
from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.long_term_records import Recruits
from smsroi_models.clv.prospects import ValueModel
from smsroi_models.clv.recruit_value import value_ahead
from smsroi_models.clv.recruits import (
    collect_recruit_kinds,
    collect_recruit_totals,
    collect_recruits,
)
from smsroi_models.errors import NotEstimableError
from smsroi_models.store.connect import Store


def read_recruits(
    store: Store,
    campaign: Campaign,
    as_of: datetime,
    model: ValueModel | None,
    no_model: str,
    cuts: Sequence[float],
    *,
    discount_rate: float,
    confidence_level: float,
) -> tuple[Recruits | None, str]:
    """Return whom the campaign recruited, or why that is not known.

    Parameters
    ----------
    model : ValueModel or None
        None where none could be fitted, for the reason ``no_model``.
    cuts : sequence of float
        Weeks ahead, as in `value_ahead`.
    """
    if "customers" not in store:
        return None, "The store has no table of customers, which would say whom it recruited."
    how = collect_recruits(store, campaign, as_of)
    if not how:
        return Recruits(0, 0, 0, 0.0, 0.0, 0, None, ""), ""
    totals = collect_recruit_totals(store, campaign, as_of, how)
    ahead: Estimate | None = None
    reason = no_model
    if model and sum(totals.customers):
        kinds = collect_recruit_kinds(store, campaign, as_of, how)
        try:
            ahead = value_ahead(
                model,
                (kinds.frequency, kinds.recency, kinds.T),
                kinds.customers.sum(axis=1),
                kinds.spend.sum(axis=1),
                cuts,
                discount_rate=discount_rate,
                confidence_level=confidence_level,
            )
        except NotEstimableError as error:
            reason = str(error)
    return Recruits(
        recruited=totals.customers[0],
        referred=totals.customers[1],
        buyers=sum(totals.buyers),
        margin_recruited=totals.margin[0],
        margin_referred=totals.margin[1],
        assigned=totals.assigned,
        ahead=ahead,
        reason=reason if ahead is None else "",
    ), ""
