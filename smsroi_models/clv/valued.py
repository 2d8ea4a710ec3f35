"""From expected purchases and expected spend to value, its gradient and its predictive variance.

With nu the customer's own parameter of spend, a purchase has mean p / nu and variance p / nu^2. For
the sum S of discounted spend (A and the sum of squares B as in `future_purchases`)

    E(S^2) = E(p^2 / nu^2) E(A^2) + E(p / nu^2) E(B)
    E(1 / nu^2) = (v + x m)^2 / ((c - 1)(c - 2))

with c = p x + q, since nu given the data is Gamma(c, v + x m) (Fader and Hardie 2013, section 2).
Value is linear in a customer's mean spend m, and its variances are quadratic in it: coefficients
for a kind of customers are enough to value each of them, wherever the customers are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from smsroi_models.clv.discounting import finite_number
from smsroi_models.clv.future_purchases import FuturePurchases
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.purchase_history import Floats
from smsroi_models.errors import DataError, ParameterError


@dataclass(frozen=True, slots=True)
class Margin:
    """Margin per unit of spend, and its standard error.

    Raises
    ------
    ParameterError
        If the rate is not above 0 and at most 1, or the error is below 0.
    """

    rate: float
    error: float = 0.0

    def __post_init__(self) -> None:
        if not (finite_number(self.rate) and 0 < self.rate <= 1):
            raise ParameterError(
                f"margin_rate is {self.rate!r}: it is a share of revenue, above 0 (customers who "
                "bring a loss have no value to discount) and at most 1; for 58 % write 0.58"
            )
        if not (finite_number(self.error) and self.error >= 0):
            raise ParameterError(f"margin_rate_error is {self.error!r}: it must be at least 0")
        object.__setattr__(self, "rate", float(self.rate))
        object.__setattr__(self, "error", float(self.error))


@dataclass(frozen=True, slots=True, eq=False)
class Valued:
    """Value of customers; arrays of shape (n_rows,).

    Attributes
    ----------
    value
        Expected discounted margin.
    gradient : ndarray of shape (n_rows, 8)
        In the parameters of the purchase model, of the spend model, and the margin rate.
    predictive_variance
        Of one customer's actual discounted margin, parameters given; infinite where that of spend
        is.
    """

    value: Floats
    gradient: Floats
    predictive_variance: Floats


def valued(
    future: FuturePurchases,
    spend_model: GammaGamma,
    frequency: Floats,
    monetary_value: Floats,
    margin: Margin,
    monetary_variance: ArrayLike = 0.0,
) -> Valued:
    """Put expected purchases and expected spend together.

    Raises
    ------
    DataError, NotEstimableError
        As `GammaGamma.expected_average_value`; or if a variance is below 0 or not finite.
    """
    x = frequency
    spend = spend_model.expected_average_value(x, monetary_value)
    spend_gradient = spend_model.expected_average_value_gradient(x, monetary_value)
    purchases = future.discounted
    value = margin.rate * purchases * spend
    gradient = np.column_stack(
        [
            margin.rate * spend[:, None] * future.discounted_gradient,
            margin.rate * purchases[:, None] * spend_gradient,
            purchases * spend,
        ]
    )
    within = _variances(monetary_variance, x)
    by_spend = spend_model.p * x / (spend_model.p * x + spend_model.q - 1)
    squared = spend**2 + by_spend**2 * within
    spread = spend_model.p * x + spend_model.q
    p = spend_model.p
    with np.errstate(divide="ignore"):
        # E(p^2 / nu^2) over E(p / nu)^2; infinite where the tail of spend is too long.
        ratio = np.where(spread > 2, (spread - 1) / np.maximum(spread - 2, 0.0), np.inf)
    pairs, single = future.pairs + future.squared, future.squared / p
    variance = squared * (ratio * (pairs + single) - purchases**2)
    return Valued(value, gradient, margin.rate**2 * np.maximum(variance, 0.0))


def value_coefficients(
    future: FuturePurchases,
    spend_model: GammaGamma,
    frequency: Floats,
    margin: Margin,
    covariance: Floats,
) -> dict[str, Floats]:
    """Return coefficients that give each customer's value from the own mean spend m.

    Returns
    -------
    dict of str to ndarray of shape (n_rows,)
        ``value_0 + value_1 m`` is the value, ``variance_0 + variance_1 m + variance_2 m^2`` the
        square of its standard error, and the same with ``predictive_`` the square of the predictive
        deviation (infinite coefficients: the deviation is).

    Raises
    ------
    NotEstimableError
        As `valued`.
    """
    # Polynomials through three points; any would do, these are of the size of spend.
    scale = spend_model.v / spend_model.p
    points = scale * np.array([1.0, 2.0, 3.0])
    at = [
        valued(future, spend_model, frequency, np.full(len(frequency), m), margin) for m in points
    ]
    errors = [np.einsum("ij,jk,ik->i", rows.gradient, covariance, rows.gradient) for rows in at]
    repeat = frequency > 0
    found: dict[str, Floats] = {}
    for name, values in (
        ("value", [rows.value for rows in at]),
        ("variance", errors),
        ("predictive", [rows.predictive_variance for rows in at]),
    ):
        finite = np.isfinite(values[0])
        first, second, third = (np.where(finite, value, 0.0) for value in values)
        curve = (third - 2 * second + first) / 2 / scale**2
        slope = (second - first) / scale - 3 * scale * curve
        base = first - slope * scale - curve * scale**2
        degrees = (base, slope) if name == "value" else (base, slope, curve)
        for degree, part in enumerate(degrees):
            # Of who bought once no spend is known: rounding must not make some of it.
            kept = first if degree == 0 else np.zeros_like(first)
            part = np.where(repeat, part, kept)
            found[f"{name}_{degree}"] = np.where(finite, part, np.inf if degree == 0 else 0.0)
    return found


def _variances(values: ArrayLike, x: Floats) -> Floats:
    try:
        within = np.broadcast_to(np.asarray(values, dtype=np.float64), x.shape)
    except (TypeError, ValueError) as error:
        raise DataError(f"monetary_variance must be one number for each row: {error}") from error
    wrong = (x > 0) & ~(np.isfinite(within) & (within >= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"row {row}: monetary_variance is {within[row]:g}: it is at least 0")
    return np.where(x > 0, within, 0.0)
