"""What recruited customers will bring in a year, with an interval for what they truly will.

The sum over a few customers scatters around its expectation: next to the error of the parameters,
the interval holds the spread of each customer's future given the history (`future_spread`). It is
symmetric on the log scale, because the sum is positive and skewed.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.student import quantile
from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.future_spread import variance_of_spend
from smsroi_models.clv.prospects import ValueModel, purchases_between, total_value
from smsroi_models.errors import DataError, NotEstimableError

Floats = NDArray[np.float64]


def value_ahead(
    model: ValueModel,
    kinds: tuple[Floats, Floats, Floats],
    customers: Floats,
    spend: Floats,
    cuts: Sequence[float],
    *,
    discount_rate: float,
    confidence_level: float,
) -> Estimate:
    """Return the margin that customers will bring after the end of their histories.

    Parameters
    ----------
    model : ValueModel
        Of a BG/NBD model.
    kinds : frequency, recency and T, ndarray of shape (n_kinds,)
    customers, spend : ndarray of shape (n_kinds,)
        Customers of each kind, above 0, and the sum of their mean spend, in which they are alike.
    cuts : sequence of float
        Weeks ahead, from 0; discounted from the middle between two.
    discount_rate : float
        Of a year.
    confidence_level : float
        In (0, 1): of the interval for the sum that will be seen, discounted, not for its
        expectation.

    Raises
    ------
    DataError
        If the purchase model is not BG/NBD.
    NotEstimableError
        If there is no customer, or the variance of spend is infinite.
    """
    x, recency, T = kinds
    if len(x) == 0:
        raise NotEstimableError("none of them has bought: there is no history to predict from")
    if not isinstance(model.purchases, BgNbd):
        raise DataError(
            f"the purchase model is {type(model.purchases).__name__}: the spread of a customer's "
            "future is worked out for BG/NBD alone"
        )
    prospect = purchases_between(model.purchases, kinds, cuts, discount_rate)
    total = total_value(prospect, model, x, customers, spend)
    plain = purchases_between(model.purchases, kinds, (cuts[0], cuts[-1]))
    each = variance_of_spend(
        model.purchases, model.spend, (x, recency, T, spend / customers), cuts[-1] - cuts[0]
    )
    # Discounting shortens every future alike, to less than a percent.
    kept = model.margin_share * float(prospect.purchases.sum() / plain.purchases.sum())
    spread = kept * math.sqrt(float(customers @ each))
    error = math.hypot(total.standard_error(model.covariance), spread)
    reach = quantile((1 + confidence_level) / 2, math.inf) * math.sqrt(
        math.log1p((error / total.value) ** 2)
    )
    return Estimate(
        total.value, error, total.value * math.exp(-reach), total.value * math.exp(reach)
    )
