"""The purchase model of a whole shop, as it was before a campaign."""

from datetime import timedelta

import ibis
import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.clv.assigned_histories import collect_kinds
from smsroi_models.clv.base_margin import collect_margin
from smsroi_models.clv.bg_nbd import fit_bg_nbd
from smsroi_models.clv.gamma_gamma import fit_gamma_gamma
from smsroi_models.clv.long_term_records import ModelFit
from smsroi_models.clv.prospects import ValueModel
from smsroi_models.clv.rfm import rfm_summary
from smsroi_models.errors import NotEstimableError
from smsroi_models.store.connect import Store


def fit_shop(
    store: Store, campaign: Campaign, readiness: Readiness
) -> tuple[tuple[ValueModel, ModelFit] | None, str]:
    """Fit BG/NBD and Gamma-Gamma on every customer's history up to the first assignment.

    Nothing that the campaign did is in them. Where they cannot be fitted the text says why.

    Parameters
    ----------
    store : Store
    campaign : Campaign
    readiness : Readiness
        With an assignment.
    """
    assert readiness.first_ready_at is not None
    first = readiness.first_ready_at - timedelta(days=campaign.window_days)
    until = first.date() - timedelta(days=1)
    try:
        base = rfm_summary(store["orders"], observation_end=until).mutate(arm=ibis.literal("all"))
        kinds = collect_kinds(base, groups=("all",), alike_in_spend=True)
        n, spent = kinds.customers[:, 0], kinds.spend[:, 0]
        _require_history(n)
        purchases = fit_bg_nbd(kinds.frequency, kinds.recency, kinds.T, n)
        spend = fit_gamma_gamma(kinds.frequency, spent / n, n)
        spend.expected_average_value_of_new_customers()  # infinite in a shop of too long a tail
        margin = collect_margin(store, first, campaign.margin_rate)
    except NotEstimableError as reason:
        return None, f"No purchase model fits the shop's orders up to {until:%Y-%m-%d}: {reason}"
    names = (*purchases.PARAMETERS, *spend.PARAMETERS)
    values = (*purchases.parameters.tolist(), *spend.parameters.tolist())
    fit = ModelFit(until, int(n.sum()), dict(zip(names, values, strict=True)), margin.rate)
    return (ValueModel(purchases, spend, margin.rate, margin.standard_error), fit), ""


def _require_history(customers: NDArray[np.float64]) -> None:
    if not len(customers):
        raise NotEstimableError("nobody had bought by then")
