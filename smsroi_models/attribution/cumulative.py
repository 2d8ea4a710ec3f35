"""Moments of a running total, day by day, from what each day added."""

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.moments import Moments


def cumulative_moments(
    added: NDArray[np.float64], covariates: Moments, outcome: str
) -> list[Moments]:
    """Return, for each day, the moments of the running outcome and the covariates in one arm.

    Parameters
    ----------
    added : ndarray of shape (window_days, 2 + n_covariates)
        From `collect_daily`.
    covariates : Moments
        Of the arm's covariates; with none, only its ``n`` is used.

    Examples
    --------
    Two customers; one spends 3 on the first day and 1 more on the second:

    >>> arm = Moments.from_rows([[0.0], [1.0]], ["pre"])
    >>> added = np.array([[3.0, 9.0, 3.0], [1.0, 7.0, 1.0]])  # the buyer's pre is 1
    >>> second = cumulative_moments(added, arm, "spend")[1]
    >>> second.mean, second.covariance
    (array([2. , 0.5]), array([[8. , 2. ], [2. , 0.5]]))
    """
    n = covariates.n
    sums = np.cumsum(added, axis=0)
    return [_moments_of_day(row, n, covariates, outcome) for row in sums]


def _moments_of_day(
    sums: NDArray[np.float64], n: int, covariates: Moments, outcome: str
) -> Moments:
    mean = sums[0] / n
    variance = max(sums[1] - n * mean**2, 0.0) / max(n - 1, 1)
    products = (sums[2:] - n * mean * covariates.mean) / max(n - 1, 1)
    covariance = np.block(
        [[np.array([[variance]]), products[None, :]], [products[:, None], covariates.covariance]]
    )
    columns = (outcome, *covariates.columns)
    return Moments(columns, n, np.concatenate([[mean], covariates.mean]), covariance)
