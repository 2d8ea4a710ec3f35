"""Whether campaigns' figures rise or fall with time: random-effects regression on when they were.

    y_i = alpha + beta x_i + u_i + e_i,    u_i ~ N(0, tau^2),    e_i ~ N(0, s_i^2)

x_i is 0 for the first campaign and 1 for the last. Given tau the coefficients are those of weighted
least squares with the weights ``1 / (s_i^2 + tau^2)``, and their inverse information is their
variance; tau is integrated under a flat prior, as in `pooled_factors`, so that a trend is not found
because tau was taken for 0.
"""

import math
from collections.abc import Sequence

import numpy as np

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.mixture import StudentMixture
from smsroi_models.attribution.pooled_factors import parts_of_tau, read, weighted_fit
from smsroi_models.errors import NotEstimableError

FEWEST_FOR_TREND = 4


def trend(
    figures: Sequence[Estimate], at: Sequence[float], confidence_level: float = 0.95
) -> Estimate:
    """Return by how much the figures rose from first to last, in their unit; below 0 for a fall.

    A slope over campaigns that each were different says how they came out in time, not that time
    was the cause.

    Parameters
    ----------
    figures : sequence of Estimate
        With standard errors above 0.
    at : sequence of float
        When each one was, in any unit of time.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If there are fewer than 4 campaigns, or they were all at the same time.

    References
    ----------
    Berkey et al. (1995), Statistics in Medicine 14(4). Gelman et al. (2013), Bayesian Data
    Analysis, 3rd edition, section 15.

    Examples
    --------
    Half a unit more each time, four times:

    >>> figures = [Estimate(0.5 * step, 0.1, 0.0, 0.0) for step in range(5)]
    >>> round(trend(figures, range(5)).estimate, 9)
    2.0
    """
    if len(figures) < FEWEST_FOR_TREND:
        raise NotEstimableError(
            f"{len(figures)} campaigns: at least {FEWEST_FOR_TREND} are needed to tell a trend"
        )
    when = np.asarray(at, dtype=np.float64)
    span = float(np.ptp(when))
    if not span > 0:
        raise NotEstimableError("all campaigns were at the same time: there is no trend to tell")
    value = np.array([figure.estimate for figure in figures])
    variance = np.array([figure.standard_error for figure in figures]) ** 2
    terms = np.column_stack([np.ones(len(when)), (when - when.mean()) / span])
    tau, likely, _ = parts_of_tau(value, variance, terms)
    _, coefficients, information = weighted_fit(value, variance, tau, terms)
    errors = np.sqrt(np.linalg.inv(information)[:, 1, 1])
    return read(StudentMixture(likely, coefficients[:, 1], errors, math.inf), confidence_level)
