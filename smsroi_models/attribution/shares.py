"""A share with an interval that stays in [0, 1] and has no zero width at either end.

    (p + q^2 / 2n -+ q sqrt(p (1 - p) / n + q^2 / 4n^2)) / (1 + q^2 / n)

Wilson (1927), Journal of the American Statistical Association 22(158); q is the normal quantile.
"""

import math

from scipy import special

from smsroi_models.attribution.effects import Estimate
from smsroi_models.errors import NotEstimableError


def share_of(count: float, total: float, confidence_level: float = 0.95) -> Estimate:
    """Return a share in [0, 1] with Wilson's interval.

    Parameters
    ----------
    count, total : float
        ``0 <= count <= total``; an effective size of weighted data need not be whole.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If ``total`` is 0.

    Examples
    --------
    None in ten is not known to be none at all:

    >>> found = share_of(0, 10)
    >>> found.estimate, found.ci_lower, round(found.ci_upper, 3)
    (0.0, 0.0, 0.278)
    """
    if total < 1:
        raise NotEstimableError("a share of nothing has no value: there is nothing to count")
    p, reach = count / total, float(special.ndtri((1 + confidence_level) / 2))
    ratio = reach**2 / total
    centre, spread = p + ratio / 2, p * (1 - p) / total
    half = reach * math.sqrt(spread + ratio / (4 * total))
    low, high = (centre - half) / (1 + ratio), (centre + half) / (1 + ratio)
    return Estimate(
        p,
        math.sqrt(spread),
        0.0 if count == 0 else low,
        1.0 if count == total else high,
    )
