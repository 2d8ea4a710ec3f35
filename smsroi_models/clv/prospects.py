"""What customers of a kind are expected to bring after some time, with its derivatives.

Expected purchases come from a purchase model, their value from Gamma-Gamma (independent of them),
margin from revenue by one share. Money is that of expected purchases times expected spend; its
derivatives are in the seven parameters of both models, the purchase model's first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.errors import ParameterError

Floats = NDArray[np.float64]
WEEKS_A_YEAR = 365.25 / 7


@dataclass(frozen=True, slots=True, eq=False)
class ValueModel:
    """How often customers buy and what a purchase is worth.

    Attributes
    ----------
    purchases : PurchaseModel
        Fitted in weeks.
    spend : GammaGamma
        Revenue a purchase day, in the store's currency.
    margin_rate : float
        Margin per unit of revenue.
    margin_rate_error : float
        Its standard error; it cancels in every ratio, and is small beside the others elsewhere.
    """

    purchases: PurchaseModel
    spend: GammaGamma
    margin_rate: float
    margin_rate_error: float = 0.0

    @property
    def covariance(self) -> Floats:
        """Array of shape (7, 7): the two models are fitted each on its own likelihood."""
        both: Floats = block_diag(self.purchases.covariance, self.spend.covariance)
        return both


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """Expected purchases of each kind: ``purchases`` (n_kinds,), ``gradient`` (n_kinds, 4)."""

    purchases: Floats
    gradient: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A figure of all customers of a group and its gradient, of shape (7,)."""

    value: float
    gradient: Floats

    def standard_error(self, covariance: Floats) -> float:
        """Return the error that the estimated parameters leave (delta method)."""
        return float(np.sqrt(self.gradient @ covariance @ self.gradient))


def purchases_between(
    model: PurchaseModel,
    kinds: tuple[Floats, Floats, Floats],
    cuts: Sequence[float],
    discount_rate: float = 0.0,
) -> Prospect:
    """Return the expected purchases from the first cut to the last, discounted to the first.

    Parameters
    ----------
    model : PurchaseModel
    kinds : frequency, recency and T, ndarray of shape (n_kinds,)
    cuts : sequence of float
        Weeks after T, ascending; a purchase between two of them is discounted from their middle.
    discount_rate : float
        Of a year, at least 0.

    Raises
    ------
    ParameterError
        If the discount rate is below 0 or there are fewer than two cuts.

    Examples
    --------
    Money a year later is worth 1 / 1.21 at 21 %:

    >>> from smsroi_models.clv.bg_nbd import BgNbd
    >>> model = BgNbd(0.25, 4.0, 0.8, 2.5, 0.0, np.eye(4), 0, 1.0)
    >>> one = tuple(np.array([value]) for value in (2.0, 30.0, 38.0))
    >>> whole = purchases_between(model, one, [0.0, 39.0]).purchases[0]
    >>> half_year = WEEKS_A_YEAR / 2
    >>> later = purchases_between(model, one, [39.0 - half_year, 39.0 + half_year], 0.21)
    >>> plain = purchases_between(model, one, [39.0 - half_year, 39.0 + half_year])
    >>> float(round((later.purchases / plain.purchases)[0], 6)), bool(whole > 1)
    (0.909091, True)
    """
    if discount_rate < 0 or len(cuts) < 2:
        raise ParameterError(
            f"discount_rate is {discount_rate!r} and there are {len(cuts)} cuts: a rate of at "
            "least 0 and two cuts are needed"
        )
    at = np.asarray(cuts, dtype=np.float64)
    middle = (at[1:] + at[:-1]) / 2 - at[0]
    factor = (1 + discount_rate) ** (-middle / WEEKS_A_YEAR)
    weights = np.append(0.0, factor) - np.append(factor, 0.0)  # of the cumulative purchases
    used = at > 0
    arguments = at[used][:, None], *kinds
    bought = model.expected_purchases(*arguments)
    gradient = model.expected_purchases_gradient(*arguments)
    return Prospect(
        np.tensordot(weights[used], bought, 1), np.tensordot(weights[used], gradient, 1)
    )


def value_line(prospect: Prospect, model: ValueModel, frequency: Floats) -> tuple[Floats, Floats]:
    """Return level and slope, in a customer's mean spend, of the expected margin of each kind."""
    one, two = (
        model.spend.expected_average_value(frequency, np.full(len(frequency), spend))
        for spend in (1.0, 2.0)
    )
    worth = prospect.purchases * model.margin_rate
    return worth * (2 * one - two), worth * (two - one)


def total_value(
    prospect: Prospect, model: ValueModel, frequency: Floats, customers: Floats, spend: Floats
) -> Figure:
    """Return the expected margin of all customers together, and its gradient.

    Parameters
    ----------
    prospect : Prospect
    model : ValueModel
    frequency, customers, spend : ndarray of shape (n_kinds,)
        Of each kind: repeat purchases, customers (0 allowed) and the sum of their mean spend.
    """
    there = customers > 0
    x, n = frequency[there], customers[there]
    mean = model.spend.expected_average_value(x, spend[there] / n)
    mean_gradient = model.spend.expected_average_value_gradient(x, spend[there] / n)
    bought, bought_gradient = prospect.purchases[there], prospect.gradient[there]
    rate = model.margin_rate
    in_purchases = (n * mean) @ bought_gradient
    in_spend = (n * bought) @ mean_gradient
    return Figure(
        rate * float(n @ (bought * mean)), rate * np.concatenate([in_purchases, in_spend])
    )


def ratio(above: Figure, below: Figure) -> Figure:
    """Return the quotient of two figures of the same parameters.

    >>> ratio(Figure(6.0, np.array([3.0])), Figure(2.0, np.array([1.0]))).gradient  # 6 / 2 stays
    array([0.])
    """
    quotient = above.value / below.value
    return Figure(quotient, (above.gradient - quotient * below.gradient) / below.value)
