"""The record of a BG/NBD model with covariates, and what it says of customers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.clv import bg_predictions
from smsroi_models.clv.covariate_design import Covariates, jacobian
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.errors import DataError
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True, eq=False)
class CovariateBgNbd(Record):
    """A fitted BG/NBD model whose parameters depend on covariates.

    Attributes
    ----------
    r, alpha, a, b : float
        As `BgNbd` has them, for a customer whose covariates are all 0.
    coefficients : dict of str to float
        ``purchase.NAME`` multiplies the purchase rate by exp(coefficient x NAME); ``a.NAME`` and
        ``b.NAME`` (or ``dropout.NAME``, shared) do the same to a and b.
    standard_errors : dict of str to float
        Of r, alpha, a, b and the coefficients.
    covariance : ndarray of shape (n_parameters, n_parameters)
        In the order of ``standard_errors``.
    log_likelihood : float
    log_likelihood_without : float
        Of the model without covariates, on the same customers.
    likelihood_ratio, degrees_of_freedom, p_value : float, int, float
        Twice the difference; the number of coefficients; the chance of a ratio as large if none of
        them mattered (chi-squared).
    dropout : str
        ``"separate"`` or ``"shared"``.
    iterations : int
    n_customers : float
    """

    r: float
    alpha: float
    a: float
    b: float
    coefficients: dict[str, float]
    standard_errors: dict[str, float]
    covariance: NDArray[np.float64]
    log_likelihood: float
    log_likelihood_without: float
    likelihood_ratio: float
    degrees_of_freedom: int
    p_value: float
    dropout: str
    iterations: int
    n_customers: float

    def probability_alive(
        self,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        covariates: Mapping[str, ArrayLike],
    ) -> NDArray[np.float64]:
        """Return the chance that each customer has not left, in [0, 1]; shape (n_rows,).

        Parameters
        ----------
        frequency, recency, T : array_like of shape (n_rows,)
        covariates : mapping of str to array_like of shape (n_rows,)
            Each covariate that the model was fitted on, by its name.

        Raises
        ------
        DataError
            If the rows are no purchase histories, or a covariate is missing.
        """
        history = PurchaseHistory.of(frequency, recency, T)
        parameters, _ = self._of_rows(covariates, len(history.T))
        x = history.frequency
        return bg_predictions.alive(parameters, x, x, history.recency, history.T)

    def expected_purchases(
        self,
        horizon: float,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        covariates: Mapping[str, ArrayLike],
    ) -> NDArray[np.float64]:
        """Return the expected purchases of each customer in (T, T + horizon]; shape (n_rows,).

        Raises
        ------
        DataError
            As `probability_alive`, or if the horizon is below 0.
        """
        return self._expected(horizon, frequency, recency, T, covariates)[0]

    def expected_purchases_gradient(
        self,
        horizon: float,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        covariates: Mapping[str, ArrayLike],
    ) -> NDArray[np.float64]:
        """Return its exact derivatives in the parameters of ``covariance``: (n_rows, n_parameters).

        Raises
        ------
        DataError
            As `expected_purchases`.
        """
        return self._expected(horizon, frequency, recency, T, covariates)[1]

    def _expected(
        self,
        horizon: float,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        covariates: Mapping[str, ArrayLike],
    ) -> tuple[Floats, Floats]:
        history = PurchaseHistory.of(frequency, recency, T)
        if not (np.isfinite(horizon) and horizon >= 0):
            raise DataError(f"horizon is {horizon!r}: a finite time of at least 0 is needed")
        x, t, end = history.frequency, history.recency, history.T
        parameters, moves = self._of_rows(covariates, len(x))
        alive, alive_slopes = bg_predictions.alive_gradient(parameters, x, x, t, end)
        ahead = np.full(len(x), float(horizon))
        bought, slopes = bg_predictions.while_alive_gradient(parameters, ahead, x, x, end)
        in_rows = alive[:, None] * slopes + bought[:, None] * alive_slopes
        # From a row's parameters to their logarithms, to ours, and back from the logarithms.
        in_logs = in_rows * np.stack(parameters, axis=1)
        gradient = np.einsum("ni,nik->nk", in_logs, moves)
        gradient[:, :4] /= [self.r, self.alpha, self.a, self.b]
        return alive * bought, gradient

    def _of_rows(
        self, covariates: Mapping[str, ArrayLike], n_rows: int
    ) -> tuple[bg_predictions.Parameters, Floats]:
        """Return each row's parameters and how their logarithms move with ours."""
        first = "dropout" if self.dropout == "shared" else "a"
        purchase, dropout = (
            self._columns(covariates, part, n_rows).values for part in ("purchase", first)
        )
        moves = jacobian(purchase, dropout, self.dropout == "shared")
        ours = [*np.log([self.r, self.alpha, self.a, self.b]), *self.coefficients.values()]
        r, alpha, a, b = np.exp(moves @ np.array(ours)).T
        return (r, alpha, a, b), moves

    def _columns(self, covariates: Mapping[str, ArrayLike], part: str, n_rows: int) -> Covariates:
        names = [n.removeprefix(f"{part}.") for n in self.coefficients if n.startswith(f"{part}.")]
        missing = [name for name in names if name not in covariates]
        if missing:
            raise DataError(f"no covariate {missing}: the model was fitted with {names}")
        return Covariates.of({name: covariates[name] for name in names}, n_rows)
