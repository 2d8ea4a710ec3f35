"""What every fitted purchase model offers, so that lifetime value can stand on any of them."""

import math
from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.clv.prediction_rows import checked, checked_alive, distinct, shaped
from smsroi_models.clv.purchase_history import Floats
from smsroi_models.records import Record


class PurchaseModel(Record):
    """A model of how often customers buy and when they leave, fitted by maximum likelihood.

    Time has the unit of the recency and T that it was fitted on. Arrays may be of any shapes that
    broadcast together (a column of horizons against a row of customers, say); results have the
    shape that comes of it, and a last axis of length 4 where they are gradients.
    """

    __slots__ = ()

    PARAMETERS: ClassVar[tuple[str, ...]]
    log_likelihood: float
    covariance: NDArray[np.float64]
    iterations: int
    n_customers: float

    @property
    def parameters(self) -> Floats:
        """Array of shape (4,), in the order of ``covariance``."""
        return np.array([getattr(self, name) for name in self.PARAMETERS])

    @property
    def standard_errors(self) -> Floats:
        """Array of shape (4,): roots of the covariance's diagonal."""
        errors: Floats = np.sqrt(np.diag(self.covariance))
        return errors

    def probability_alive(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the chance that a customer has not left at T, in [0, 1].

        Raises
        ------
        DataError
            If the values are no purchase histories (see `PurchaseHistory.of`).
        """
        _, (x, t, end), shape = checked(0.0, frequency, recency, T)
        return shaped(self._alive(x, t, end), shape)

    def probability_alive_gradient(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> NDArray[np.float64]:
        """Return its exact derivatives in the parameters, of shape (..., 4).

        Raises
        ------
        DataError
            As `probability_alive`.
        """
        _, (x, t, end), shape = checked(0.0, frequency, recency, T)
        return shaped(self._alive_gradient(x, t, end)[1], (*shape, 4))

    def expected_purchases(
        self, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the expected number of purchases in (T, T + horizon], alive or not being unknown.

        Parameters
        ----------
        horizon : array_like
            At least 0, in the unit of T; parts of a unit count in full.

        Raises
        ------
        DataError
            As `probability_alive`, or if a horizon is below 0 or not finite.
        """
        ahead, (x, t, end), shape = checked(horizon, frequency, recency, T)
        rows, back = distinct(ahead, x, end)
        purchases = self._while_alive(*rows)[back]
        return shaped(self._alive(x, t, end) * purchases, shape)

    def expected_purchases_gradient(
        self, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> NDArray[np.float64]:
        """Return its exact derivatives in the parameters, of shape (..., 4).

        With ``covariance`` they give the delta method's variance: gradient' covariance gradient.

        Raises
        ------
        DataError
            As `expected_purchases`.
        """
        ahead, (x, t, end), shape = checked(horizon, frequency, recency, T)
        rows, back = distinct(ahead, x, end)
        purchases, in_parameters = (found[back] for found in self._while_alive_gradient(*rows))
        alive, alive_in_parameters = self._alive_gradient(x, t, end)
        gradient = alive[:, None] * in_parameters + purchases[:, None] * alive_in_parameters
        return shaped(gradient, (*shape, 4))

    def expected_purchases_while_alive(
        self, horizon: ArrayLike, frequency: ArrayLike, T: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the expected purchases in (T, T + horizon] of customers known to be alive at T.

        Times the chance to be alive it is `expected_purchases`. Recency is not in it, so that sums
        over many horizons need it once for each frequency and T only.

        Raises
        ------
        DataError
            As `expected_purchases`.
        """
        ahead, (x, _, end), shape = checked_alive(horizon, frequency, T)
        rows, back = distinct(ahead, x, end)
        return shaped(self._while_alive(*rows)[back], shape)

    def expected_purchases_while_alive_gradient(
        self, horizon: ArrayLike, frequency: ArrayLike, T: ArrayLike
    ) -> NDArray[np.float64]:
        """Return its exact derivatives in the parameters, of shape (..., 4).

        Raises
        ------
        DataError
            As `expected_purchases`.
        """
        ahead, (x, _, end), shape = checked_alive(horizon, frequency, T)
        rows, back = distinct(ahead, x, end)
        return shaped(self._while_alive_gradient(*rows)[1][back], (*shape, 4))

    def expected_purchases_of_new_customers(self, horizon: ArrayLike) -> NDArray[np.float64]:
        """Return the expected repeat purchases within the horizon of the first purchase.

        Raises
        ------
        DataError
            If a horizon is below 0 or not finite.
        """
        return self.expected_purchases(horizon, 0, 0, 0)

    def probability_of_no_purchase(
        self, horizon: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the chance of no purchase in (T, T + horizon], in [0, 1].

        At frequency, recency and T of 0 it is that of a new customer never to buy again.

        Raises
        ------
        DataError
            As `expected_purchases`.
        """
        ahead, (x, t, end), shape = checked(horizon, frequency, recency, T)
        # Who has left buys nothing; in BG/NBD nobody has left who never came back.
        none = 1 - self._alive(x, t, end) * self._any_while_alive(ahead, x, end)
        return shaped(none, shape)

    def log_likelihood_of(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the log-likelihood of each customer; the weighted sum of it was maximised.

        Raises
        ------
        DataError
            As `probability_alive`.
        """
        _, (x, t, end), shape = checked(0.0, frequency, recency, T)
        return shaped(self._log_likelihoods(x, t, end), shape)

    @property
    def aic(self) -> float:
        """Akaike's criterion, lower is better: 2 x parameters - 2 log-likelihood."""
        return 2 * len(self.PARAMETERS) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, lower is better: log(n_customers) x parameters - 2 log L."""
        return math.log(self.n_customers) * len(self.PARAMETERS) - 2 * self.log_likelihood

    @abstractmethod
    def _alive(self, x: Floats, t: Floats, T: Floats) -> Floats:
        """Return P(alive)."""

    @abstractmethod
    def _alive_gradient(self, x: Floats, t: Floats, T: Floats) -> tuple[Floats, Floats]:
        """Return P(alive) and its gradient of shape (n_rows, 4)."""

    @abstractmethod
    def _while_alive(self, horizon: Floats, x: Floats, T: Floats) -> Floats:
        """Return the expected purchases of who is alive at T."""

    @abstractmethod
    def _while_alive_gradient(self, horizon: Floats, x: Floats, T: Floats) -> tuple[Floats, Floats]:
        """Return the same and its gradient of shape (n_rows, 4)."""

    @abstractmethod
    def _any_while_alive(self, horizon: Floats, x: Floats, T: Floats) -> Floats:
        """Return the chance that who is alive at T buys within the horizon."""

    @abstractmethod
    def _log_likelihoods(self, x: Floats, t: Floats, T: Floats) -> Floats:
        """Return the log-likelihood of each row."""
