"""The mean of one outcome in one arm, and the variance of that mean, from moments alone.

With covariates x, the arm's own regression read at a value m of x (Lin 2013, eq. 3):

    mean = mean(y) + b'(m - mean(x)),    b = S_xx^-1 S_xy
    variance = s^2 (1 - R^2) (n - 1) / (n - 1 - k) x [1 / n + d' ((n - 1) S_xx)^-1 d]

with d = m - mean(x). Other estimates are differences, or ratios, of such means.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError, NotEstimableError

# Correlation matrices of covariates worse conditioned than this lose half of a float64's digits.
_MAX_CONDITION = 1e8
# From here on, differences of 1 fall below what `require_variation` tells from rounding.
_WIDE = 1e12
# Of an outcome's variance, what rounding alone may leave unexplained.
_NO_REST = 1e-12


@dataclass(frozen=True, slots=True)
class ArmMean:
    """The mean of an arm, the variance of that mean, and its degrees of freedom."""

    value: float
    variance: float
    degrees_of_freedom: float


@dataclass(frozen=True, slots=True)
class Regression:
    """An outcome regressed on covariates, in units of their standard deviations.

    Attributes
    ----------
    scale : ndarray of shape (1 + n_covariates,)
        Standard deviations; the outcome's first.
    standard_slopes : ndarray of shape (n_covariates,)
    inverse : ndarray of shape (n_covariates, n_covariates)
        Of the covariates' correlations.
    unexplained : float
        ``1 - R^2``, in (0, 1].
    """

    scale: NDArray[np.float64]
    standard_slopes: NDArray[np.float64]
    inverse: NDArray[np.float64]
    unexplained: float

    @property
    def slopes(self) -> NDArray[np.float64]:
        """Of shape (n_covariates,), in the outcome's unit per covariate's unit."""
        return np.asarray(self.scale[0] * self.standard_slopes / self.scale[1:])

    @property
    def residual_variance(self) -> float:
        """In the outcome's unit squared, with the denominator of the covariance regressed."""
        return float(self.scale[0] ** 2 * self.unexplained)

    def rise(self, step: NDArray[np.float64]) -> float:
        """Return what the outcome gains where the covariates move by ``step``."""
        return float(self.scale[0] * float(self.standard_slopes @ (step / self.scale[1:])))

    def pull(self, step: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``S_xx^-1 step``, of shape (n_covariates,): times a step, the leverage x n."""
        return np.asarray(self.inverse @ (step / self.scale[1:]) / self.scale[1:])

    def distance(self, step: NDArray[np.float64]) -> float:
        """Return ``step' S_xx^-1 step``, Mahalanobis' squared distance."""
        standard = step / self.scale[1:]
        return float(standard @ self.inverse @ standard)


def plain_mean(arm: Moments, outcome: str, name: str, proportion: bool = False) -> ArmMean:
    """Return the arm's mean; the variance of a proportion is p (1 - p) / n."""
    require_variation(arm, outcome, name, minimum=2)
    mean, variance = arm.mean_of(outcome), arm.variance_of(outcome)
    if proportion:
        require_binary(arm, outcome, name, "a proportion is 0 or 1 a row")
        variance = mean * (1 - mean)
    return ArmMean(mean, variance / arm.n, arm.n - 1)


def adjusted_mean(
    arm: Moments, outcome: str, covariates: tuple[str, ...], at: NDArray[np.float64], name: str
) -> ArmMean:
    """Read the arm's own regression at the covariate values ``at``."""
    moments = arm.select((outcome, *covariates))
    found = arm_regression(arm, outcome, covariates, name)
    step = at - moments.mean[1:]
    df = arm.n - 1 - len(covariates)
    residual_variance = found.residual_variance * (arm.n - 1) / df
    leverage = 1 / arm.n + found.distance(step) / (arm.n - 1)
    value = float(moments.mean[0] + found.rise(step))
    return ArmMean(value, float(residual_variance * leverage), df)


def arm_regression(
    arm: Moments, outcome: str, covariates: tuple[str, ...], name: str
) -> Regression:
    """Regress the outcome on the covariates within an arm."""
    for column in (outcome, *covariates):
        require_variation(arm, column, name, minimum=len(covariates) + 3)
    return regress(arm.select((outcome, *covariates)).covariance, (outcome, *covariates), name)


def regress(covariance: NDArray[np.float64], columns: tuple[str, ...], name: str) -> Regression:
    """Regress the first column on the others, from their covariance, or a multiple of it.

    Raises
    ------
    NotEstimableError
        If the others are collinear, or explain the first without rest.
    """
    outcome, covariates = columns[0], ", ".join(columns[1:])
    # Scaled to correlations: revenue in the hundreds beside shares must not look collinear.
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    if np.linalg.cond(correlation[1:, 1:]) > _MAX_CONDITION:
        raise NotEstimableError(
            f"the covariates {covariates} are collinear in the {name} arm: drop one"
        )
    inverse = np.linalg.inv(correlation[1:, 1:])
    slopes = inverse @ correlation[1:, 0]
    unexplained = 1.0 - float(slopes @ correlation[1:, 0])
    if unexplained < _NO_REST:
        raise NotEstimableError(
            f"the covariates explain {outcome} of the {name} arm without rest: they are not "
            "measured before assignment, or one of them is the outcome"
        )
    return Regression(scale, slopes, inverse, unexplained)


def require_binary(arm: Moments, column: str, name: str, remedy: str) -> None:
    """Raise `DataError` where a column's moments cannot be those of 0 and 1."""
    share, variance = arm.mean_of(column), arm.variance_of(column)
    binary = share * (1 - share) * arm.n / max(arm.n - 1, 1)
    if not (0 <= share <= 1 and abs(variance - binary) <= 1e-9):
        raise DataError(
            f"{column} has mean {share:g} and variance {variance:g} in the {name} arm, which 0 "
            f"and 1 cannot have: {remedy}"
        )


def require_variation(arm: Moments, column: str, name: str, minimum: int) -> None:
    """Raise `NotEstimableError` where an arm is too small, or a column the same for all of it."""
    if arm.n < minimum:
        raise NotEstimableError(
            f"the {name} arm has {arm.n} customers: at least {minimum} are needed; "
            "assign more customers or wait for more windows to end"
        )
    mean, variance = arm.mean_of(column), arm.variance_of(column)
    if variance <= 1e-24 * mean**2:
        if abs(mean) >= _WIDE:
            raise NotEstimableError(
                f"{column} is about {mean:g} for each of the {arm.n} customers of the {name} arm: "
                "float64 cannot tell the values apart, if they differ at all; subtract the same "
                "amount from all of them"
            )
        raise NotEstimableError(
            f"{column} is {mean:g} for every one of the {arm.n} customers of the {name} arm: its "
            "sampling error cannot be estimated; wait for more orders or assign more customers"
        )
