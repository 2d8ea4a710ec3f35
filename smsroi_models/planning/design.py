"""The sizes of a test, and the spread of what it measures: how precise it will be.

With arms of variances v, and covariates that explain the share R^2 of them, the standard error s of
the lift (`attribution.lift.compare`) is expected to be

    s^2 = (1 - R^2) [ v_t / n_t + v_h / n_h ]

each arm's part times (n - 1) / (n - 1 - k) for k covariates; the sampling error of the covariates'
means, of order 1 / n^2, is left out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class Design(Record):
    """The sizes of a test and the spread of what it measures.

    Attributes
    ----------
    n_treatment, n_holdout : int
        Customers assigned to each arm; at least ``n_covariates + 3``.
    variance_treatment, variance_holdout : float
        Of the outcome per customer, in its unit squared; above 0.
    r_squared : float
        Share of the variance that the covariates explain, in [0, 1).
    n_covariates : int
    confidence_level : float
        Of the two-sided interval, in (0, 1).

    Raises
    ------
    NotEstimableError
        If an arm is too small, or the outcome does not vary.
    ParameterError
        If a share lies outside its range.

    Examples
    --------
    >>> Design(300, 100, 12.0, 4.0, r_squared=0.25).standard_error ** 2  # 0.75 x (0.04 + 0.04)
    0.06
    """

    n_treatment: int
    n_holdout: int
    variance_treatment: float
    variance_holdout: float
    r_squared: float = 0.0
    n_covariates: int = 0
    confidence_level: float = 0.95

    def __post_init__(self) -> None:
        least = self.n_covariates + 3
        if min(self.n_treatment, self.n_holdout) < least:
            raise NotEstimableError(
                f"arms of {self.n_treatment} and {self.n_holdout} customers: each needs at least "
                f"{least}; take a larger audience, or another share"
            )
        variances = self.variance_treatment, self.variance_holdout
        if not (min(variances) > 0 and math.isfinite(sum(variances))):
            raise NotEstimableError(
                f"variances of {variances[0]:g} and {variances[1]:g}: nothing can be planned "
                "where the outcome does not vary; look at the orders of the audience"
            )
        check_share("confidence_level", self.confidence_level)
        if not 0 <= self.r_squared < 1:
            raise ParameterError(f"r_squared is {self.r_squared}: it must lie in [0, 1)")

    def resized(self, n_treatment: int, n_holdout: int) -> "Design":
        """Return the design with other sizes."""
        return replace(self, n_treatment=n_treatment, n_holdout=n_holdout)

    @property
    def standard_error(self) -> float:
        """Standard error of the difference, in the outcome's unit per assigned customer."""
        return math.sqrt(sum(self._arm_variances()))

    @property
    def degrees_of_freedom(self) -> float:
        """Welch-Satterthwaite degrees of freedom."""
        treated, held = self._arm_variances()
        share, lost = treated / (treated + held), 1 + self.n_covariates
        return 1 / (
            share**2 / (self.n_treatment - lost) + (1 - share) ** 2 / (self.n_holdout - lost)
        )

    def _arm_variances(self) -> tuple[float, float]:
        """Return the squared standard error of each arm's mean, treatment first."""
        return (
            self.variance_treatment * self._inflation(self.n_treatment),
            self.variance_holdout * self._inflation(self.n_holdout),
        )

    def _inflation(self, n: int) -> float:
        return (1 - self.r_squared) * (n - 1) / (n - 1 - self.n_covariates) / n


def proportion_design(
    n_treatment: int,
    n_holdout: int,
    share: float,
    effect: float = 0.0,
    confidence_level: float = 0.95,
) -> Design:
    """Return the design for a share of customers: variances p (1 - p), by the effect itself.

    Parameters
    ----------
    n_treatment, n_holdout : int
    share : float
        Of the held-out customers, such as those who buy; in (0, 1).
    effect : float
        Difference of the shares; ``share + effect`` lies in (0, 1).
    confidence_level : float

    Examples
    --------
    >>> proportion_design(300, 100, 0.5, 0.25).variance_treatment  # 0.75 x 0.25
    0.1875
    """
    check_share("share", share)
    check_share("share + effect", share + effect)
    treated = share + effect
    return Design(
        n_treatment,
        n_holdout,
        treated * (1 - treated),
        share * (1 - share),
        confidence_level=confidence_level,
    )


def explained_share(moments: Moments, outcome: str, covariates: Sequence[str]) -> float:
    """Return the share of the outcome's variance that the covariates explain, in [0, 1).

    Adjusted for the number of covariates, so that noise explains nothing on average.

    Examples
    --------
    With one covariate and four customers, 1 - (1 - 0.9) x 3 / 2:

    >>> rows = [[0.0, 0.0], [2.0, 1.0], [1.0, 1.0], [3.0, 2.0]]  # r^2 = 3^2 / (5 x 2)
    >>> round(explained_share(Moments.from_rows(rows, ["spend", "before"]), "spend", ["before"]), 9)
    0.85
    """
    k, n = len(covariates), moments.n
    if not k or n < k + 3:
        return 0.0
    found = moments.select((outcome, *covariates))
    scale = np.sqrt(np.diag(found.covariance))
    if not scale.all():
        return 0.0
    correlation = found.covariance / np.outer(scale, scale)
    explained = float(correlation[0, 1:] @ np.linalg.solve(correlation[1:, 1:], correlation[1:, 0]))
    return min(max(1 - (1 - explained) * (n - 1) / (n - 1 - k), 0.0), 1 - 1e-12)


def check_share(name: str, value: float) -> None:
    """Raise `ParameterError` unless the value is a share in (0, 1)."""
    if not (isinstance(value, float) and 0 < value < 1):
        raise ParameterError(f"{name} is {value}: it must lie between 0 and 1")
