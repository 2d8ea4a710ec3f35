"""The record and the methods that BG/NBD and MBG/NBD share."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from smsroi_models.clv import bg_predictions
from smsroi_models.clv.bg_fit import NAMES, fit_rows
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel


@dataclass(frozen=True, slots=True, eq=False)
class BgModel(PurchaseModel):
    """A fitted model with dropout after purchases; see `BgNbd` and `MbgNbd`."""

    PARAMETERS: ClassVar[tuple[str, ...]] = NAMES
    FIRST_COIN: ClassVar[bool]

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    covariance: NDArray[np.float64]
    iterations: int
    n_customers: float

    @classmethod
    def fit(cls, history: PurchaseHistory) -> Self:
        """Fit the model to checked rows."""
        top = fit_rows(history, cls.FIRST_COIN)
        r, alpha, a, b = (float(value) for value in np.exp(top.point))
        # The gradient is zero: this is the inverse of the information in the parameters themselves.
        scale = np.diag(np.exp(top.point))
        covariance = scale @ top.covariance @ scale
        return cls(r, alpha, a, b, top.value, covariance, top.iterations, history.n_customers)

    def _alive(self, x: Floats, t: Floats, T: Floats) -> Floats:
        return bg_predictions.alive(self._values(), x, x + self.FIRST_COIN, t, T)

    def _alive_gradient(self, x: Floats, t: Floats, T: Floats) -> tuple[Floats, Floats]:
        return bg_predictions.alive_gradient(self._values(), x, x + self.FIRST_COIN, t, T)

    def _while_alive(self, horizon: Floats, x: Floats, T: Floats) -> Floats:
        return bg_predictions.while_alive(self._values(), horizon, x, x + self.FIRST_COIN, T)

    def _while_alive_gradient(self, horizon: Floats, x: Floats, T: Floats) -> tuple[Floats, Floats]:
        return bg_predictions.while_alive_gradient(
            self._values(), horizon, x, x + self.FIRST_COIN, T
        )

    def _any_while_alive(self, horizon: Floats, x: Floats, T: Floats) -> Floats:
        return bg_predictions.any_while_alive(self._values(), horizon, x, T)

    def _log_likelihoods(self, x: Floats, t: Floats, T: Floats) -> Floats:
        return bg_predictions.log_likelihoods(self._values(), x, x + self.FIRST_COIN, t, T)

    def _values(self) -> bg_predictions.Parameters:
        r, alpha, a, b = (np.asarray(value) for value in self.parameters)
        return r, alpha, a, b
