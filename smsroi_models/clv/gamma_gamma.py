"""Gamma-Gamma: what customers spend a purchase, as mean and spread between and within them.

A customer's purchases are Gamma(p, nu) with mean p / nu, and nu differs between customers as
Gamma(q, v). Spend must not depend on how often a customer buys; `spend_independence` looks.

Fader and Hardie (2013), The Gamma-Gamma model of monetary value, note 025 on brucehardie.com.
"""

import contextlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.clv.fitting import BOUND
from smsroi_models.clv.gamma_gamma_likelihood import SpendLikelihood, SpendRows
from smsroi_models.clv.newton import Maximum, maximise
from smsroi_models.clv.spend_rows import checked_spend, repeat_buyers
from smsroi_models.errors import ConvergenceError, NotEstimableError
from smsroi_models.records import Record

# A start within a few standard errors is found on so many rows; the others follow in two steps.
FEW_ROWS = 20_000
NAMES = ("p", "q", "v")
_WITHIN = "purchases of a customer hardly differ, which leaves no spread within customers to tell"
_BETWEEN = "customers spend alike, which leaves no spread between them to estimate"
EDGES = {
    "p": (
        "a purchase says next to nothing of the customer's mean; look for values near 0 and "
        "refunds among them",
        f"{_WITHIN}; look whether values were averaged, or use single purchases",
    ),
    "q": (
        "a few customers spend without bound; look for test orders and for a mix of currencies",
        f"{_BETWEEN}; use their mean spend",
    ),
    "v": (f"{_WITHIN}; look whether values were averaged", f"{_BETWEEN}; use their mean spend"),
}


@dataclass(frozen=True, slots=True, eq=False)
class GammaGamma(Record):
    """A fitted Gamma-Gamma model of spend.

    Attributes
    ----------
    p : float
        Shape of a customer's purchases: their coefficient of variation is p^-1/2.
    q, v : float
        Shape and rate of the customers' nu; v is in the currency. Mean spend is finite only where
        q is above 1, its variance where it is above 2.
    log_likelihood : float
        At the maximum.
    covariance : ndarray of shape (3, 3)
        Of p, q, v: inverse of the observed information.
    iterations : int
        Evaluations of the likelihood over all rows.
    n_customers : float
        Repeat buyers whose spend the fit used.
    n_without_repeat : float
        Customers left out because they bought once: their spend is not in ``monetary_value``.
    n_without_value : float
        Repeat buyers left out because their mean spend is 0 or less.
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = NAMES

    p: float
    q: float
    v: float
    log_likelihood: float
    covariance: NDArray[np.float64]
    iterations: int
    n_customers: float
    n_without_repeat: float
    n_without_value: float

    @property
    def parameters(self) -> NDArray[np.float64]:
        """Array of shape (3,), in the order of ``covariance``."""
        return np.array([self.p, self.q, self.v])

    @property
    def standard_errors(self) -> NDArray[np.float64]:
        """Array of shape (3,): roots of the covariance's diagonal."""
        errors: NDArray[np.float64] = np.sqrt(np.diag(self.covariance))
        return errors

    def expected_average_value(
        self, frequency: ArrayLike, monetary_value: ArrayLike
    ) -> NDArray[np.float64]:
        """Return a customer's expected mean spend a purchase, in the currency, above 0.

            E(M) = p (v + x m) / (p x + q - 1)

        It lies between the customer's own mean and the mean of all, nearer to the former the more
        purchases there are. Who bought once gets the mean of all.

        Parameters
        ----------
        frequency : array_like
            Repeat purchases, at least 0.
        monetary_value : array_like
            Their mean value, above 0; not looked at where frequency is 0.

        Raises
        ------
        DataError
            If the values are not such; the text names the row.
        NotEstimableError
            If p x + q is at most 1 for a customer (for frequency 0: if q is), where the mean is
            infinite.

        References
        ----------
        Fader and Hardie (2013), eq. 5.

        Examples
        --------
        p = 6, q = 4, v = 15: the mean of all is 6 x 15 / 3 = 30; two purchases of 20 give
        6 (15 + 40) / 15 = 22:

        >>> model = GammaGamma(6.0, 4.0, 15.0, 0.0, np.eye(3), 0, 1.0, 0.0, 0.0)
        >>> model.expected_average_value([0, 2], [0, 20])
        array([30., 22.])
        """
        x, m, shape = checked_spend(frequency, monetary_value)
        value: NDArray[np.float64] = self.p * (self.v + x * m) / self._denominator(x)
        return value.reshape(shape)[()]

    def expected_average_value_gradient(
        self, frequency: ArrayLike, monetary_value: ArrayLike
    ) -> NDArray[np.float64]:
        """Return its exact derivatives in p, q, v, of shape (..., 3).

        With ``covariance`` they give the delta method's variance: gradient' covariance gradient.

        Raises
        ------
        DataError, NotEstimableError
            As `expected_average_value`.
        """
        x, m, shape = checked_spend(frequency, monetary_value)
        below = self._denominator(x)
        spend = self.v + x * m
        gradient = np.empty((len(x), 3))
        gradient[:, 0] = spend * (self.q - 1) / below**2
        gradient[:, 1] = -self.p * spend / below**2
        gradient[:, 2] = self.p / below
        return gradient.reshape((*shape, 3))

    def expected_average_value_of_new_customers(self) -> float:
        """Return the mean of all customers' mean spend, p v / (q - 1).

        Raises
        ------
        NotEstimableError
            If q is at most 1.
        """
        return float(self.expected_average_value(0, 0))

    def _denominator(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        below: NDArray[np.float64] = self.p * x + self.q - 1
        if (below <= 0).any():
            row = int(np.argmax(below <= 0))
            raise NotEstimableError(
                f"row {row}: the mean spend of a customer with frequency {x[row]:g} is infinite at "
                f"p = {self.p:.3g}, q = {self.q:.3g} (p x frequency + q is at most 1): spend has "
                "too long a tail for a mean; cap the largest orders, or look for test orders"
            )
        return below


def fit_gamma_gamma(
    frequency: ArrayLike, monetary_value: ArrayLike, weights: ArrayLike | None = None
) -> GammaGamma:
    """Fit the Gamma-Gamma model by maximum likelihood.

    Only repeat buyers with a mean spend above 0 are used; the result counts the others. A q of 1 or
    less is a fit like any other, of a tail so long that the mean of all customers is infinite: the
    methods that need it say so.

    Parameters
    ----------
    frequency : array_like of shape (n_rows,)
        Repeat purchases, as `rfm_summary` counts them: those that ``monetary_value`` is the mean
        of; at least 0.
    monetary_value : array_like of shape (n_rows,)
        Mean value of the repeat purchases, in the currency; not looked at where frequency is 0.
    weights : array_like of shape (n_rows,), optional
        Customers that a row stands for; 1 each where it is left out. Null is refused everywhere.

    Raises
    ------
    DataError
        If shapes differ, a value is missing, NaN or infinite, a frequency is not a whole number of
        at least 0, or a weight is not above 0; the text names the row.
    ConvergenceError
        If no repeat buyer has spend, or the likelihood rises towards a parameter of zero or
        infinity: all customers alike, or no spread within them. The text says which.

    References
    ----------
    Fader and Hardie (2013), eq. 1a and section 3.

    Examples
    --------
    Who bought once, and who got two purchases for nothing, are left out:

    >>> frequency = [0, 1, 2, 3, 1, 5, 2, 8, 4, 6, 2]
    >>> model = fit_gamma_gamma(frequency, [0, 9, 30, 22, 150, 90, 14, 11, 35, 60, 0])
    >>> model.n_customers, model.n_without_repeat, model.n_without_value
    (9.0, 1.0, 1.0)
    >>> shrunk = model.expected_average_value([1, 1], [9, 150])  # towards the mean of all
    >>> bool(9 < shrunk[0] < model.expected_average_value_of_new_customers() < shrunk[1] < 150)
    True
    """
    rows, without_repeat, without_value = repeat_buyers(frequency, monetary_value, weights)
    if len(rows.weights) == 0:
        raise ConvergenceError(
            f"none of the {without_repeat + without_value:g} customers bought twice for money: "
            "there is no spend to model; use a longer time"
        )
    top = _maximum(rows)
    p, q, v = (float(value) for value in np.exp(top.point))
    # The gradient is zero: this is the inverse of the information in the parameters themselves.
    scale = np.diag(np.exp(top.point))
    return GammaGamma(
        p,
        q,
        v,
        log_likelihood=top.value,
        covariance=scale @ top.covariance @ scale,
        iterations=top.iterations,
        n_customers=float(rows.weights.sum()),
        n_without_repeat=without_repeat,
        n_without_value=without_value,
    )


def _maximum(rows: SpendRows) -> Maximum:
    """Maximise from the maximum of a few rows, and that from the best of a few shapes."""
    mean = float(rows.weights @ rows.monetary_value / rows.weights.sum())
    reference = np.array([0.0, 0.0, np.log(mean)])
    few = rows.thinned(FEW_ROWS) if len(rows.weights) > FEW_ROWS else rows
    likelihood = SpendLikelihood(few)
    # Shapes whose mean is that of the data.
    shapes = [(p, q) for p in (0.5, 2.0, 8.0, 30.0) for q in (1.5, 4.0, 15.0)]
    starts = [np.log([p, q, mean * (q - 1) / p]) for p, q in shapes]
    start = max(starts, key=lambda point: likelihood(point)[0])
    bounds = reference - BOUND, reference + BOUND
    if few is not rows:
        with contextlib.suppress(ConvergenceError):  # too few rows to say; all of them may
            start = maximise(likelihood, start, NAMES, *bounds, edges=EDGES).point
        likelihood = SpendLikelihood(rows)
    return maximise(likelihood, start, NAMES, *bounds, edges=EDGES)
