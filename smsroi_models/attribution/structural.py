r"""A daily series as level, week and controls: the structural model, filtered over a pre-period.

    y_t = mu_t + gamma_t + beta' x_t + e_t,       e_t ~ N(0, s^2)
    mu_t = mu_(t-1) + delta + u_t,                u_t ~ N(0, q^2 s^2)

``gamma`` is a fixed pattern of seven days, ``delta`` a fixed drift, ``x`` the controls. Level,
drift, week and ``beta`` are states with an exact diffuse start, so that a forecast carries their
uncertainty; ``s^2`` is integrated out, which makes a forecast Student t; the standard deviations'
ratio ``q`` is integrated over a grid with a uniform prior.

References
----------
Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter, chapters 2 and 7.
Durbin and Koopman (2012), Time Series Analysis by State Space Methods: missing days, chapter 4;
exact diffuse start, chapter 5; diffuse likelihood, section 7.2. Brodersen et al. (2015), Annals of
Applied Statistics 9(1), section 2.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.mixture import StudentMixture
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record

WEEK = 7
Vector = NDArray[np.float64]

# Ratios of the level's daily move to the daily noise; dense near zero, where most shops are.
_RATIOS = np.linspace(0.0, 1.0, 13) ** 2


@dataclass(frozen=True, slots=True)
class Forecast(Record):
    """What a stretch of days was expected to bring, jointly.

    Attributes
    ----------
    weights : ndarray of shape (n_ratios,)
        Posterior weight of each ratio of the variances.
    mean : ndarray of shape (n_ratios, n_days)
    covariance : ndarray of shape (n_ratios, n_days, n_days)
        Scale matrices of multivariate t distributions.
    degrees_of_freedom : float
    """

    weights: Vector
    mean: Vector
    covariance: Vector
    degrees_of_freedom: float

    def sum_of(self, counted: Vector) -> StudentMixture:
        """Return the distribution of a weighted sum of the days."""
        variance = np.einsum("i,gij,j->g", counted, self.covariance, counted)
        return StudentMixture(
            self.weights, self.mean @ counted, np.sqrt(variance), self.degrees_of_freedom
        )


@dataclass(frozen=True, slots=True)
class Structural:
    """The model, filtered with each ratio of its variances.

    Attributes
    ----------
    weights : ndarray of shape (n_ratios,)
        Posterior weight of each ratio.
    variances : ndarray of shape (n_ratios,)
        Estimated ``s^2`` at each ratio, in the series' unit squared.
    unit : float
        What the series was divided by before it was filtered.
    degrees_of_freedom : float
        Days observed less the states that had to be learnt.
    one_step, one_step_scale : ndarray of shape (n_days,)
        Each day's forecast from the days before it, and its scale, at the ratio of most weight;
        NaN while the states are being learnt.
    residuals : ndarray
        One-step errors over their scales, days without a value left out.
    first_day : int
        The first day that can be forecast.
    """

    weights: Vector
    variances: Vector
    unit: float
    degrees_of_freedom: float
    one_step: Vector
    one_step_scale: Vector
    residuals: Vector
    first_day: int
    _filters: tuple[Any, ...]

    def forecast(self, start: int, days: int) -> Forecast:
        """Return the joint forecast of ``days`` days made before day ``start``."""
        parts = [_forecast(found, start, days) for found in self._filters]
        mean = self.unit * np.stack([mean for mean, _ in parts])
        scaled = [s * covariance for s, (_, covariance) in zip(self.variances, parts, strict=True)]
        return Forecast(self.weights, mean, np.stack(scaled), self.degrees_of_freedom)

    @property
    def ratio(self) -> float:
        """Posterior mean of the level's daily move over the daily noise, in [0, 1]."""
        return float(self.weights @ _RATIOS)


def filter_series(series: Vector, controls: Vector) -> Structural:
    """Filter a daily series with the model.

    Parameters
    ----------
    series : ndarray of shape (n_days,)
        NaN on days that are to be forecast, or are not to be learnt from.
    controls : ndarray of shape (n_days, n_controls)
        Known on every day; no columns for none.

    Raises
    ------
    NotEstimableError
        If nothing varies, or there are too few days for the states.
    """
    observed = ~np.isnan(series)
    unit = float(np.std(series[observed])) if observed.any() else 0.0
    if not unit > 0:
        raise NotEstimableError(
            "the daily series does not vary before the campaign: there is nothing to learn from; "
            "read a longer pre-period, or hold out a part of the next campaign"
        )
    model = _model(series / unit, _standardised(controls, observed))
    filters = [_filtered(model, ratio) for ratio in _RATIOS]
    parts = [_likelihood(found, observed) for found in filters]
    df = float(parts[0][2])
    if df < 10:
        raise NotEstimableError(
            f"{int(observed.sum())} days are too few to learn level, drift and week from: read a "
            "longer pre-period"
        )
    weights = _posterior(np.array([log for log, _, _ in parts]))
    squares = np.array([square for _, square, _ in parts])
    best = int(np.argmax(weights))
    learning = _learning(filters[best])
    first_day = int(np.flatnonzero(learning)[-1]) + 1
    variances = unit**2 * squares / df
    one_step, scale, residuals = _one_step(filters[best], unit, variances[best], first_day)
    return Structural(
        weights, variances, unit, df, one_step, scale, residuals, first_day, tuple(filters)
    )


def _standardised(controls: Vector, observed: NDArray[np.bool_]) -> Vector:
    known = controls[observed]
    deviation = known.std(axis=0)
    if not (deviation > 0).all():
        raise NotEstimableError("a control series does not vary before the campaign: leave it out")
    return np.asarray((controls - known.mean(axis=0)) / deviation)


def _model(series: Vector, controls: Vector) -> Any:
    # Half a second to import, which every command and report would wait for.
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    return UnobservedComponents(
        series,
        level="lldtrend",
        seasonal=WEEK,
        stochastic_seasonal=False,
        exog=controls if controls.shape[1] else None,
        mle_regression=False,
        use_exact_diffuse=True,
    )


def _filtered(model: Any, ratio: float) -> Any:
    model.update(np.array([1.0, ratio**2]))
    return model.ssm.filter()


def _learning(found: Any) -> NDArray[np.bool_]:
    """Return the days that went into the diffuse states, not into the fit."""
    return np.asarray(found.forecasts_error_diffuse_cov[0, 0] > 1e-8)


def _likelihood(found: Any, observed: NDArray[np.bool_]) -> tuple[float, float, int]:
    """Return the log likelihood with ``s^2`` integrated out, the squares and their number.

    Durbin and Koopman (2012), section 7.2: the diffuse likelihood, times the prior ``1 / s^2``.
    """
    learning = _learning(found) & observed
    known = observed & ~learning
    error, variance = found.forecasts_error[0, known], found.forecasts_error_cov[0, 0, known]
    squares = float(np.sum(error**2 / variance))
    logs = np.log(variance).sum()
    logs += np.log(found.forecasts_error_diffuse_cov[0, 0, learning]).sum()
    return -0.5 * (float(logs) + known.sum() * np.log(squares)), squares, int(known.sum())


def _posterior(log_likelihood: Vector) -> Vector:
    # Trapezoids: the prior is uniform in the ratio, whose grid is not.
    steps = np.gradient(_RATIOS)
    steps[[0, -1]] /= 2
    weights = np.exp(log_likelihood - log_likelihood.max()) * steps
    return np.asarray(weights / weights.sum())


def _one_step(
    found: Any, unit: float, variance: float, first_day: int
) -> tuple[Vector, Vector, Vector]:
    expected = unit * found.forecasts[0].copy()
    scale = np.sqrt(variance * _one_step_variances(found))
    expected[:first_day] = scale[:first_day] = np.nan
    residuals = unit * found.forecasts_error[0] / scale
    return expected, scale, residuals[~np.isnan(residuals)]


def _one_step_variances(found: Any) -> Vector:
    # Worked out from the states: the filter gives none for days without a value.
    design, states = _design(found), found.predicted_state_cov[:, :, :-1]
    return np.asarray(np.einsum("it,ijt,jt->t", design, states, design) + found.obs_cov[0, 0, 0])


def _design(found: Any) -> Vector:
    # Without controls the filter holds one column for all days.
    states, days = found.predicted_state.shape
    return np.broadcast_to(found.design[0], (states, days - 1))


def _forecast(found: Any, start: int, days: int) -> tuple[Vector, Vector]:
    """Return mean and covariance, over ``s^2``, of the days from ``start``, not seeing them."""
    transition = found.transition[:, :, 0]
    moved = found.selection[:, :, 0] @ found.state_cov[:, :, 0] @ found.selection[:, :, 0].T
    design = _design(found)[:, start : start + days]
    state, spread = found.predicted_state[:, start], found.predicted_state_cov[:, :, start]
    mean, covariance = np.empty(days), np.empty((days, days))
    for day in range(days):
        mean[day] = design[:, day] @ state
        ahead = spread @ design[:, day]
        covariance[day, day] = design[:, day] @ ahead + found.obs_cov[0, 0, 0]
        for later in range(day + 1, days):
            ahead = transition @ ahead
            covariance[day, later] = covariance[later, day] = design[:, later] @ ahead
        state = transition @ state
        spread = transition @ spread @ transition.T + moved
    return mean, covariance
