"""What each customer, and each cluster of customers, adds to the error of an arm's mean.

The seam for errors that means and covariances do not hold: numbers say how a customer's row becomes
a score, the engine sums scores within clusters, numbers turn sums of squares into an error.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smsroi_models.records import Record


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """How far a customer's row z moves the mean of an arm, read at given covariate values.

        score = residual . (z - centre) x (1 / n + leverage . (z - centre))

    Attributes
    ----------
    columns : tuple of str
        Outcome, then covariates.
    n : int
        Customers of the arm.
    centre, residual, leverage : ndarray of shape (1 + n_covariates,)
        Means; 1 and the slopes turned round; 0 and what a covariate's unit adds to the weight.
    """

    columns: tuple[str, ...]
    n: int
    centre: NDArray[np.float64]
    residual: NDArray[np.float64]
    leverage: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ArmClusters(Record):
    """The clusters with customers in one arm, and what they add to the error of its mean.

    Attributes
    ----------
    clusters : int
    effective : float
        Clusters of equal size that would tell as much: (sum n^2)^2 / sum n^4 of their customers.
    squares : float
        Sum of the squared sums of scores, in the outcome's unit squared.
    """

    clusters: int
    effective: float
    squares: float


@dataclass(frozen=True, slots=True)
class ClusterScores(Record):
    """Sums over clusters of what they add to the errors of both arms' means.

    Attributes
    ----------
    clusters : int
        In all; one that straddles the arms counts once here and once in each arm.
    treatment, holdout : ArmClusters
    products : float
        Sum of the products of a cluster's two scores, in the outcome's unit squared.
    """

    clusters: int
    treatment: ArmClusters
    holdout: ArmClusters
    products: float
