"""A customer base valued by fitted models: in all, by groups, and by every model beside the own."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.base_groups import Alive, AliveByActivity, GroupValue, alive_by_activity
from smsroi_models.clv.base_groups import groups_of as groups_of_rows
from smsroi_models.clv.discounting import Discounting
from smsroi_models.clv.future_purchases import discounted_purchases
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.value import LifetimeTotal, lifetime_value
from smsroi_models.clv.valued import Margin


@dataclass(frozen=True, slots=True, eq=False)
class BaseRows:
    """Kinds of customers with their spend; arrays of shape (n_rows,).

    Attributes
    ----------
    history : PurchaseHistory
    monetary_value, monetary_variance : ndarray
        Mean and variance of the customers' mean spend.
    weeks_since : ndarray
        Weeks since the last purchase.
    labels : dict of str to ndarray of str
        Names of the row's groups.
    """

    history: PurchaseHistory
    monetary_value: Floats
    monetary_variance: Floats
    weeks_since: Floats
    labels: Mapping[str, NDArray[np.str_]]


@dataclass(frozen=True, slots=True)
class BaseValuation:
    """What a customer base is worth; see the fields of the same names in `LifetimeResult`."""

    total: LifetimeTotal
    alive: Estimate
    alive_repeat_buyers: Estimate
    groups: dict[str, tuple[GroupValue, ...]]
    activity: AliveByActivity


def value_base(
    purchase_model: PurchaseModel,
    spend_model: GammaGamma,
    rows: BaseRows,
    discounting: Discounting,
    margin: Margin,
    confidence_level: float,
) -> BaseValuation:
    """Value the rows, their groups and all of them together.

    Raises
    ------
    NotEstimableError
        As `lifetime_value`.
    """
    history = rows.history
    values = lifetime_value(
        purchase_model,
        spend_model,
        history.frequency,
        history.recency,
        history.T,
        rows.monetary_value,
        horizon=discounting.horizon,
        discount_rate_per_unit=discounting.rate,
        margin_rate=margin.rate,
        margin_rate_error=margin.error,
        monetary_variance=rows.monetary_variance,
        weights=history.weights,
        confidence_level=confidence_level,
    )
    alive = Alive.of(purchase_model, history, confidence_level)
    return BaseValuation(
        total=values.total,
        alive=alive.count(history.weights),
        alive_repeat_buyers=alive.count(history.weights * alive.repeat_buyer),
        groups={by: groups_of_rows(values, alive, names) for by, names in rows.labels.items()},
        activity=alive_by_activity(
            history.frequency, rows.weeks_since, history.weights, alive.probability
        ),
    )


def value_by_model(
    models: Mapping[str, PurchaseModel],
    spend_model: GammaGamma,
    rows: BaseRows,
    discounting: Discounting,
    margin: Margin,
) -> dict[str, float]:
    """Return the expected value of all rows under each purchase model, in the currency."""
    history = rows.history
    spend = spend_model.expected_average_value(history.frequency, rows.monetary_value)
    worth = margin.rate * history.weights * spend
    return {
        name: float(worth @ discounted_purchases(model, history, discounting))
        for name, model in models.items()
    }
