"""A fit of ours as a fitter of the package lifetimes, for its plots and for code written to it.

lifetimes 0.11.3 is no longer maintained; it is imported here alone, and only when a fitter is asked
for. The fitter holds our parameters, our covariance and the customers, and answers with our
predictions. What is steered around by that:

- its covariances are wrong off the diagonal (each row is scaled twice by its own parameter);
- expected purchases can be NaN for customers of frequency 0 where a + b is 1 or a little less;
- Gamma-Gamma gives a negative spend where q is below 1: ours raises;
- plots count rows and forget weights: each customer has a row here;
- for customers who cannot be (a repeat purchase at age 0, say) it invents figures: NaN here, which
  its heat maps leave blank;
- its import silences pandas and all future warnings: both are put back.

What stays broken is its own: with pandas 3 ``calibration_and_holdout_data`` without values (use
`calibration_holdout_summary`), the plot of one customer's history and the generator of
transactions; with Matplotlib 3.10 the plot of expected repeat purchases. A ``fit`` called on the
fitter is lifetimes' again in parameters, not in predictions; ``save_model`` writes a pickle, which
is not to be opened from strangers.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.mbg_nbd import MbgNbd
from smsroi_models.clv.pareto_nbd import ParetoNbd
from smsroi_models.clv.purchase_history import PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.spend_rows import repeat_buyers
from smsroi_models.errors import DataError, ParameterError

Floats = NDArray[np.float64]
# Our record, lifetimes' fitter, and the function that draws new customers from its parameters.
COUNTERPARTS: dict[type, tuple[str, str]] = {
    BgNbd: ("BetaGeoFitter", "beta_geometric_nbd_model"),
    MbgNbd: ("ModifiedBetaGeoFitter", "modified_beta_geometric_nbd_model"),
    ParetoNbd: ("ParetoNBDFitter", "pareto_nbd_model"),
}
# Parameters in the unit of time, which lifetimes rescales while it fits.
TIMES = ("alpha", "beta")


def as_lifetimes(
    model: PurchaseModel,
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
) -> Any:
    """Return a purchase model as lifetimes' fitter, with the customers that it was fitted on.

    Parameters
    ----------
    model : BgNbd, MbgNbd or ParetoNbd
    frequency, recency, T : array_like of shape (n_rows,)
        Of the customers, in the unit of time of the fit.
    weights : array_like of shape (n_rows,), optional
        Customers that a row stands for, whole numbers; the fitter holds a row for each.

    Returns
    -------
    BetaGeoFitter, ModifiedBetaGeoFitter or ParetoNBDFitter
        With ``params_``, ``variance_matrix_``, ``standard_errors_``, ``confidence_intervals_``,
        ``data`` and its methods.

    Raises
    ------
    DataError
        If the arrays are no purchase histories, or a weight is not whole.
    ParameterError
        If lifetimes has no such model.
    """
    names = COUNTERPARTS.get(type(model))
    if names is None:
        raise ParameterError(
            f"lifetimes has no fitter for {type(model).__name__}: pass a "
            f"{', '.join(kind.__name__ for kind in COUNTERPARTS)}"
        )
    history = PurchaseHistory.of(frequency, recency, T, weights)
    columns = {"recency": history.recency, "T": history.T}
    data = _customers(history.frequency.astype(np.int64), columns, history.weights)
    lifetimes = _lifetimes()
    fitter = getattr(lifetimes, names[0])()
    _hand_over(fitter, model, data)
    _rescale(fitter, model, lifetimes)
    draw, age = getattr(lifetimes.generate_data, names[1]), data["T"].to_numpy()
    fitter.generate_new_data = lambda size=1: draw(age, *model.parameters, size=size)
    _answer(fitter, model)
    return fitter


def spend_as_lifetimes(
    model: GammaGamma,
    frequency: ArrayLike,
    monetary_value: ArrayLike,
    weights: ArrayLike | None = None,
) -> Any:
    """Return a Gamma-Gamma fit as lifetimes' fitter, with the repeat buyers whom it was fitted on.

    Parameters
    ----------
    model : GammaGamma
    frequency, monetary_value, weights
        As `fit_gamma_gamma`; weights are whole numbers.

    Returns
    -------
    GammaGammaFitter

    Raises
    ------
    DataError
        As `fit_gamma_gamma`, or if a weight is not whole.
    """
    rows, _, _ = repeat_buyers(frequency, monetary_value, weights)
    data = _customers(rows.frequency, {"monetary_value": rows.monetary_value}, rows.weights)
    fitter = _lifetimes().GammaGammaFitter()
    _hand_over(fitter, model, data)
    columns = (data["frequency"].to_numpy(), data["monetary_value"].to_numpy())
    fitter._negative_log_likelihood_ = _loss(fitter, np.log(model.parameters), columns)

    def profit(frequency: Any = None, monetary_value: Any = None) -> Any:
        x = data["frequency"] if frequency is None else frequency
        m = data["monetary_value"] if monetary_value is None else monetary_value
        return _like(x, model.expected_average_value(x, m))

    fitter.conditional_expected_average_profit = profit
    return fitter


def _lifetimes() -> Any:
    """Import lifetimes, and leave warnings and pandas' options as they were."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chained = pd.get_option("mode.chained_assignment")
        import lifetimes
        import lifetimes.generate_data

        pd.set_option("mode.chained_assignment", chained)
    return lifetimes


def _customers(
    frequency: NDArray[Any], columns: dict[str, Floats], weights: Floats
) -> pd.DataFrame:
    """Return a row a customer."""
    counts = weights.astype(np.int64)
    if (counts != weights).any():
        row = int(np.argmax(counts != weights))
        raise DataError(
            f"row {row}: weights is {weights[row]:g}: lifetimes' plots count customers one by one; "
            "give whole numbers"
        )
    rows = {"frequency": frequency} | columns
    data = pd.DataFrame({name: np.repeat(values, counts) for name, values in rows.items()})
    return data.assign(weights=1)


def _hand_over(fitter: Any, model: PurchaseModel | GammaGamma, data: pd.DataFrame) -> None:
    """Give the fitter our parameters, covariance and customers under its own names."""
    names = list(model.PARAMETERS)
    fitter.data = data
    fitter.params_ = pd.Series(model.parameters, index=names)
    fitter.variance_matrix_ = pd.DataFrame(model.covariance, index=names, columns=names)
    fitter.standard_errors_ = pd.Series(model.standard_errors, index=names)
    fitter.confidence_intervals_ = fitter._compute_confidence_intervals()
    # Of the mean loss in the logarithms of the parameters: n cov(log p) is its inverse.
    scale = np.outer(model.parameters, model.parameters)
    fitter._hessian_ = np.linalg.inv(model.covariance / scale) / len(data)


def _rescale(fitter: Any, model: PurchaseModel, lifetimes: Any) -> None:
    """Set the scale of time and the loss that lifetimes would have found, in its own unit."""
    data = fitter.data
    fitter._scale = lifetimes.utils._scale_time(data["T"].to_numpy())
    units = [fitter._scale if name in TIMES else 1.0 for name in model.PARAMETERS]
    columns = (
        data["frequency"].to_numpy(),
        data["recency"].to_numpy() * fitter._scale,
        data["T"].to_numpy() * fitter._scale,
    )
    fitter._negative_log_likelihood_ = _loss(fitter, np.log(model.parameters * units), columns)


def _loss(fitter: Any, point: Floats, columns: tuple[NDArray[Any], ...]) -> float:
    with warnings.catch_warnings():  # it silences future warnings for good
        return float(
            fitter._negative_log_likelihood(point, *columns, np.ones(len(columns[0])), 0.0)
        )


def _answer(fitter: Any, model: PurchaseModel) -> None:
    """Let the fitter's methods answer with our predictions."""

    def purchases(t: Any, frequency: Any, recency: Any, T: Any) -> Any:
        return _possible(model.expected_purchases, frequency, recency, T, t)

    def alive(frequency: Any, recency: Any, T: Any) -> Any:
        return _possible(
            lambda _, x, t_x, age: model.probability_alive(x, t_x, age), frequency, recency, T, 0.0
        )

    def new(t: Any) -> Any:
        return _like(t, model.expected_purchases_of_new_customers(t))

    fitter.predict = fitter.conditional_expected_number_of_purchases_up_to_time = purchases
    fitter.conditional_probability_alive = alive
    fitter.expected_number_of_purchases_up_to_time = new


def _possible(
    answer: Callable[..., Floats], frequency: Any, recency: Any, T: Any, horizon: Any
) -> Any:
    """Return the answer for customers who can be, NaN for the others."""
    arrays = np.broadcast_arrays(
        *(np.asarray(values, dtype=np.float64) for values in (horizon, frequency, recency, T))
    )
    _, x, t, age = arrays
    can_be = (x >= 0) & (t >= 0) & (t <= age) & ((x == 0) == (t == 0))
    found = np.full(x.shape, np.nan)
    found[can_be] = answer(*(values[can_be] for values in arrays))
    return _like(frequency, found[()])


def _like(asked: Any, found: Any) -> Any:
    """Return a Series where a Series was asked with, on its index."""
    return pd.Series(found, index=asked.index) if isinstance(asked, pd.Series) else found
