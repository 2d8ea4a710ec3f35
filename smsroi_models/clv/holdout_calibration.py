"""Whether purchases made follow purchases foretold: in sum, and from customer to customer."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from smsroi_models.clv.discounting import finite_number
from smsroi_models.clv.validation import HoldoutPurchases
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class HoldoutCalibration(Record):
    """Whether purchases foretold agree with purchases made, customer by customer.

    Attributes
    ----------
    actual, expected : float
        Purchases of all customers in the holdout period.
    slope : float
        Of purchases made on purchases foretold, by least squares: 1 where differences between
        customers are foretold in their true size, below 1 where they are exaggerated.
    slope_standard_error, slope_ci_lower, slope_ci_upper : float
        Robust to customers who scatter unequally (HC0). It does not hold what the parameters'
        own error adds.
    mean_absolute_error : float
        Purchases per customer.
    n_customers : float
    confidence_level : float
    """

    actual: float
    expected: float
    slope: float
    slope_standard_error: float
    slope_ci_lower: float
    slope_ci_upper: float
    mean_absolute_error: float
    n_customers: float
    confidence_level: float


def holdout_calibration(
    purchases: HoldoutPurchases, *, confidence_level: float = 0.95
) -> HoldoutCalibration:
    """Return how purchases made follow purchases foretold.

    Raises
    ------
    NotEstimableError
        If all customers were told the same.
    ParameterError
        If the confidence level lies outside (0, 1).

    References
    ----------
    Cox (1958), Biometrika 45, on the slope of outcomes on predictions. White (1980).
    """
    if not (finite_number(confidence_level) and 0 < confidence_level < 1):
        raise ParameterError(f"confidence_level is {confidence_level!r}: it lies between 0 and 1")
    w, told, made = purchases.weights, purchases.expected, purchases.actual
    n = float(w.sum())
    off = told - w @ told / n
    squares = float(w @ off**2)
    if squares <= 1e-24 * float(w @ told**2):
        raise NotEstimableError("all customers were foretold the same: nothing can be compared")
    slope = float(w @ (off * made)) / squares
    residual = made - w @ made / n - slope * off
    error = math.sqrt(float(w @ (off * residual) ** 2)) / squares
    reach = float(stats.norm.isf((1 - confidence_level) / 2)) * error
    return HoldoutCalibration(
        actual=float(w @ made),
        expected=float(w @ told),
        slope=slope,
        slope_standard_error=error,
        slope_ci_lower=slope - reach,
        slope_ci_upper=slope + reach,
        mean_absolute_error=float(w @ np.abs(made - told)) / n,
        n_customers=n,
        confidence_level=confidence_level,
    )
