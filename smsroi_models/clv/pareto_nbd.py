"""Pareto/NBD: customers buy and leave at rates of their own, and may leave at any time.

Schmittlein, Morrison and Colombo (1987), Counting your customers: who are they and what will they
do next? Management Science 33(1).
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.clv import pareto_predictions
from smsroi_models.clv.bg_fit import MORE, NOBODY_LEAVES, ONE_DROPOUT, RATES
from smsroi_models.clv.fitting import Family, fit_family, mean_age, purchase_rate
from smsroi_models.clv.pareto_integral import Numbers
from smsroi_models.clv.pareto_likelihood import in_logarithms, log_likelihoods
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel

EDGES = RATES | {
    "s": (
        NOBODY_LEAVES,
        f"all customers leave at one rate, which leaves no spread of rates to estimate; {MORE}",
    ),
    "beta": (
        f"customers leave at once or never, which leaves no distribution between; {MORE}",
        ONE_DROPOUT,
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class ParetoNbd(PurchaseModel):
    """A fitted Pareto/NBD model; its methods are those of `PurchaseModel`.

    Attributes
    ----------
    r, alpha : float
        Purchase rates are Gamma(r, alpha): mean r / alpha per unit of time.
    s, beta : float
        Rates of leaving are Gamma(s, beta): mean s / beta per unit of time.
    log_likelihood : float
        At the maximum.
    covariance : ndarray of shape (4, 4)
        Of r, alpha, s, beta: inverse of the observed information.
    iterations : int
        Evaluations of the likelihood over all rows.
    n_customers : float
        Sum of the weights.
    """

    PARAMETERS: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float
    covariance: NDArray[np.float64]
    iterations: int
    n_customers: float

    @classmethod
    def fit(cls, history: PurchaseHistory) -> Self:
        """Fit the model to checked rows."""
        family = Family(cls.PARAMETERS, in_logarithms, EDGES)
        rate, age = max(purchase_rate(history), 1e-300), max(mean_age(history), 1e-300)
        starts = [
            np.log([r, r / (rate * faster), s, s * age * lasting])
            for r in (0.2, 1.0, 5.0)
            for faster, s, lasting in ((1.5, 0.6, 0.5), (1.1, 1.0, 5.0), (3.0, 0.5, 0.1))
        ]
        reference = np.array([0.0, np.log(age), 0.0, np.log(age)])
        top = fit_family(family, history, starts, reference)
        r, alpha, s, beta = (float(value) for value in np.exp(top.point))
        scale = np.diag(np.exp(top.point))
        covariance = scale @ top.covariance @ scale
        return cls(r, alpha, s, beta, top.value, covariance, top.iterations, history.n_customers)

    def _alive(self, x: Floats, t: Floats, T: Floats) -> Floats:
        return pareto_predictions.alive(self._numbers(), x, t, T)

    def _alive_gradient(self, x: Floats, t: Floats, T: Floats) -> tuple[Floats, Floats]:
        return pareto_predictions.alive_gradient(self._numbers(), x, t, T)

    def _while_alive(self, horizon: Floats, x: Floats, T: Floats) -> Floats:
        return pareto_predictions.while_alive(self._numbers(), horizon, x, T)

    def _while_alive_gradient(self, horizon: Floats, x: Floats, T: Floats) -> tuple[Floats, Floats]:
        return pareto_predictions.while_alive_gradient(self._numbers(), horizon, x, T)

    def _any_while_alive(self, horizon: Floats, x: Floats, T: Floats) -> Floats:
        return pareto_predictions.any_while_alive(self._numbers(), horizon, x, T)

    def _log_likelihoods(self, x: Floats, t: Floats, T: Floats) -> Floats:
        return log_likelihoods(self._numbers(), x, t, T)

    def _numbers(self) -> Numbers:
        return self.r, self.alpha, self.s, self.beta


def fit_pareto_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
) -> ParetoNbd:
    """Fit the Pareto/NBD model by maximum likelihood.

    Customers may leave at any time, not only after a purchase: also one who bought once may have
    left.

    Parameters
    ----------
    frequency, recency, T, weights : array_like of shape (n_rows,)
        As `fit_bg_nbd` takes them.

    Raises
    ------
    DataError, ConvergenceError
        As `fit_bg_nbd`.

    References
    ----------
    Schmittlein, Morrison and Colombo (1987). Fader and Hardie (2005), note 009 on brucehardie.com.

    Examples
    --------
    >>> model = fit_pareto_nbd(
    ...     [2, 6, 0, 1, 15], [9, 36, 0, 2, 38], [39] * 5, weights=[9, 5, 50, 9, 2]
    ... )
    >>> float(model.probability_alive(6, 39, 39))  # seen at the very end
    1.0
    >>> bool(model.probability_alive(0, 0, 38) < model.probability_alive(0, 0, 5) < 1)
    True
    """
    return ParetoNbd.fit(PurchaseHistory.of(frequency, recency, T, weights))
