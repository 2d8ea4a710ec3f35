"""The difference between two scores, from the interval of each.

    d - sqrt((m_t - l_t)^2 + (u_h - m_h)^2)  to  d + sqrt((u_t - m_t)^2 + (m_h - l_h)^2)

(Zou and Donner 2008, eq. 2; for shares with Wilson's intervals it is method 10 of Newcombe 1998).
What makes each interval hold - ends that are not symmetric, a width where all answers are alike -
is carried over. The two must be independent, as different people's answers are.
"""

import math

from smsroi_models.attribution.effects import Estimate


def difference_of(first: Estimate, second: Estimate) -> Estimate:
    """Return the first figure less the second, with its interval at the same confidence.

    Parameters
    ----------
    first, second : Estimate
        Of different people, in the same unit, at the same confidence level.

    References
    ----------
    Zou and Donner (2008), Statistics in Medicine 27(10), eq. 2. Newcombe (1998), Statistics in
    Medicine 17(8), method 10.

    Examples
    --------
    >>> found = difference_of(Estimate(7.0, 1.0, 4.0, 9.0), Estimate(2.0, 1.0, -1.0, 6.0))
    >>> found.estimate, found.ci_lower  # 5 - sqrt(3^2 + 4^2)
    (5.0, 0.0)
    """
    difference = first.estimate - second.estimate
    below = math.hypot(first.estimate - first.ci_lower, second.ci_upper - second.estimate)
    above = math.hypot(first.ci_upper - first.estimate, second.estimate - second.ci_lower)
    error = math.hypot(first.standard_error, second.standard_error)
    return Estimate(difference, error, difference - below, difference + above)
