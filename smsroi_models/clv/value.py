"""Lifetime value: what customers will bring, discounted, with two kinds of uncertainty kept apart.

    value = margin_rate E(M) D

with E(M) a customer's expected value a purchase and D the expected discounted number of purchases
(Fader, Hardie and Lee 2005, "RFM and CLV", eq. 3). The first purchase is history: all value here is
residual, of what comes after T.

*Expected value* is uncertain because parameters are estimated: standard errors and intervals by the
delta method. The likelihoods of purchases and of spend share no parameter, so that the covariance
of all parameters is block diagonal. *Actual value* varies besides, because customers do as they do
even where the parameters are known: its variance follows in closed form from the second moments of
`future_purchases` and of the posterior of spend. What a group will bring is uncertain by both.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import block_diag

from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.discounting import Discounting, finite_number
from smsroi_models.clv.future_purchases import future_purchases
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.intervals import errors_of, estimate, positive_interval
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.valued import Margin, valued
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class LifetimeTotal(Record):
    """What a group of customers will buy and bring up to the horizon.

    Attributes
    ----------
    n_customers : float
        Sum of the weights.
    expected_purchases, expected_value : Estimate
        Uncertain by the estimated parameters alone: what many groups like it bring on average.
    predicted_purchases, predicted_value : Estimate or None
        The same figures with the uncertainty of what this group will actually do: by the
        parameters and by chance. Normal on the log scale: sound for a group, not for a handful of
        customers. None where the spread of spend is infinite.
    """

    n_customers: float
    expected_purchases: Estimate
    expected_value: Estimate
    predicted_purchases: Estimate
    predicted_value: Estimate | None


@dataclass(frozen=True, slots=True, eq=False)
class LifetimeValue(Record):
    """Customers' expected lifetime value; arrays of shape (n_rows,), each figure per customer.

    Attributes
    ----------
    value : ndarray
        Expected discounted margin in (T, T + horizon], in the currency; at least 0.
    standard_error, ci_lower, ci_upper : ndarray
        Of ``value``, by the uncertainty of the parameters alone; the interval is symmetric in the
        logarithm, so that it stays above 0.
    predictive_deviation : ndarray
        Standard deviation of what one such customer will actually bring, parameters given; many
        times ``value`` for most. Infinite where the variance of spend is (p x frequency + q at
        most 2).
    expected_purchases, purchases_deviation : ndarray
        Expected number of purchases, undiscounted, and the standard deviation of a customer's
        actual number.
    weights : ndarray
        Customers of the row.
    gradient : ndarray of shape (n_rows, 8)
        Derivatives of ``value`` in the purchase model's parameters, the spend model's and the
        margin rate, in this order.
    purchases_gradient : ndarray of shape (n_rows, 8)
        The same of ``expected_purchases``.
    covariance : ndarray of shape (8, 8)
        Of those parameters; block diagonal.
    horizon, discount_rate_per_unit : float
    confidence_level : float
    """

    MEMBERS: ClassVar[tuple[str, ...]] = (
        "value",
        "standard_error",
        "ci_lower",
        "ci_upper",
        "predictive_deviation",
        "expected_purchases",
        "purchases_deviation",
        "weights",
    )

    value: Floats
    standard_error: Floats
    ci_lower: Floats
    ci_upper: Floats
    predictive_deviation: Floats
    expected_purchases: Floats
    purchases_deviation: Floats
    weights: Floats
    gradient: Floats
    purchases_gradient: Floats
    covariance: Floats
    horizon: float
    discount_rate_per_unit: float
    confidence_level: float

    @property
    def total(self) -> LifetimeTotal:
        """The total of all rows."""
        return _total(self, self.weights)

    def total_of(self, weights: ArrayLike) -> LifetimeTotal:
        """Return the total of a group: ``weights`` of the rows are its customers, at least 0.

        Raises
        ------
        DataError
            If there is not one weight of at least 0 for each row, or none is above 0.
        """
        counts = np.asarray(weights, dtype=np.float64)
        if counts.shape != self.value.shape or not (np.isfinite(counts) & (counts >= 0)).all():
            raise DataError(
                f"weights have shape {counts.shape}: one finite number of customers of at least 0 "
                f"is needed for each of the {len(self.value)} rows"
            )
        if not counts.any():
            raise DataError("weights are 0 for every row: the group has no customer")
        return _total(self, counts)


def lifetime_value(
    purchase_model: PurchaseModel,
    spend_model: GammaGamma,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    monetary_value: ArrayLike,
    *,
    horizon: float,
    margin_rate: float,
    discount_rate_per_unit: float = 0.0,
    period: float | None = None,
    margin_rate_error: float = 0.0,
    monetary_variance: ArrayLike = 0.0,
    weights: ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> LifetimeValue:
    """Return customers' expected discounted margin of the purchases in (T, T + horizon].

    It is residual value, of what is still to come, and no prediction of one customer: most bring
    nothing and a few bring much (``predictive_deviation``).

    Parameters
    ----------
    purchase_model : BgNbd, MbgNbd or ParetoNbd
    spend_model : GammaGamma
    frequency, recency, T : array_like of shape (n_rows,)
        As the purchase model was fitted on, in its unit of time.
    monetary_value : array_like of shape (n_rows,)
        Mean value of the repeat purchases, in the currency; not looked at where frequency is 0, of
        whom the mean of all customers is expected.
    horizon : float
        Above 0, in the unit of T; fractions of it count in full.
    margin_rate : float
        Margin per unit of value, above 0; 1 where values are margins already.
    discount_rate_per_unit : float
        Per unit of T, effective: what is due one unit later is worth 1 / (1 + rate) of it. A year's
        rate R is (1 + R)^(7 / 365.25) - 1 a week.
    period : float, optional
        Count purchases at the end of their period of that length, as bookkeeping and lifetimes do,
        instead of at their moment.
    margin_rate_error : float
        Standard error of the margin rate, at least 0.
    monetary_variance : array_like of shape (n_rows,) or float
        Variance of ``monetary_value`` among the customers of a row that stands for several; value
        is linear in it, so that their mean gives their total, but the predictive spread is not.
    weights : array_like of shape (n_rows,), optional
        Customers that a row stands for; 1 each where it is left out. Null is refused everywhere.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If the rows are no purchase histories, or a value is missing or out of range.
    NotEstimableError
        If the mean spend of a customer is infinite (q at most 1 for who bought once).
    ParameterError
        If an option lies outside its range.

    References
    ----------
    Fader, Hardie and Lee (2005), RFM and CLV, Journal of Marketing Research 42(4), eq. 3. Fader and
    Hardie (2013), note 025, eq. 5. Oehlert (1992), A note on the delta method, American
    Statistician 46(1).

    Examples
    --------
    Mean spend 6 x 15 / 3 = 30, half of it margin, one purchase expected in four units at a rate of
    1 / 4: a customer is worth 15.

    >>> from smsroi_models.clv.bg_nbd import BgNbd
    >>> buys = BgNbd(1.0, 4.0, 1e-9, 1.0, 0.0, 1e-4 * np.eye(4), 0, 1.0)  # nobody leaves
    >>> spends = GammaGamma(6.0, 4.0, 15.0, 0.0, 1e-4 * np.eye(3), 0, 1.0, 0.0, 0.0)
    >>> found = lifetime_value(buys, spends, [0], [0], [0], [0], horizon=4.0, margin_rate=0.5)
    >>> found.value.round(6), found.expected_purchases.round(6)
    (array([15.]), array([1.]))
    """
    discounting = Discounting(horizon, discount_rate_per_unit, period)
    if not (finite_number(confidence_level) and 0 < confidence_level < 1):
        raise ParameterError(f"confidence_level is {confidence_level!r}: it must lie in (0, 1)")
    margin = Margin(margin_rate, margin_rate_error)
    history = PurchaseHistory.of(frequency, recency, T, weights)
    future = future_purchases(purchase_model, history, discounting)
    x = history.frequency
    spend = np.broadcast_to(np.asarray(monetary_value, dtype=np.float64), x.shape)
    rows = valued(future, spend_model, x, spend, margin, monetary_variance)
    covariance = parameter_covariance(purchase_model, spend_model, margin)
    error = errors_of(rows.gradient, covariance)
    low, high = positive_interval(rows.value, error, confidence_level)
    purchases_gradient = np.zeros_like(rows.gradient)
    purchases_gradient[:, : future.expected_gradient.shape[1]] = future.expected_gradient
    return LifetimeValue(
        value=rows.value,
        standard_error=error,
        ci_lower=low,
        ci_upper=high,
        predictive_deviation=np.sqrt(rows.predictive_variance),
        expected_purchases=future.expected,
        purchases_deviation=np.sqrt(future.purchase_variance),
        weights=history.weights,
        gradient=rows.gradient,
        purchases_gradient=purchases_gradient,
        covariance=covariance,
        horizon=discounting.horizon,
        discount_rate_per_unit=discounting.rate,
        confidence_level=confidence_level,
    )


def parameter_covariance(
    purchase_model: PurchaseModel, spend_model: GammaGamma, margin: Margin
) -> Floats:
    """Return the covariance of all parameters, block diagonal, of shape (8, 8)."""
    found: Floats = block_diag(purchase_model.covariance, spend_model.covariance, margin.error**2)
    return found


def _total(found: LifetimeValue, weights: Floats) -> LifetimeTotal:
    level = found.confidence_level
    purchases, value = float(weights @ found.expected_purchases), float(weights @ found.value)
    gradients = np.vstack([weights @ found.purchases_gradient, weights @ found.gradient])
    by_parameters = errors_of(gradients, found.covariance)
    # Customers are independent of each other once the parameters are given.
    by_chance = [
        float(np.sqrt(weights[weights > 0] @ deviation[weights > 0] ** 2))
        for deviation in (found.purchases_deviation, found.predictive_deviation)
    ]
    together = np.hypot(by_parameters, by_chance)
    return LifetimeTotal(
        n_customers=float(weights.sum()),
        expected_purchases=estimate(purchases, float(by_parameters[0]), level),
        expected_value=estimate(value, float(by_parameters[1]), level),
        predicted_purchases=estimate(purchases, float(together[0]), level),
        predicted_value=(
            estimate(value, float(together[1]), level) if np.isfinite(together[1]) else None
        ),
    )
