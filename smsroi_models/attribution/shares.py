"""Shares of which one may be none: their intervals have no zero width there.

    (p + q^2 / 2n -+ q sqrt(p (1 - p) / n + q^2 / 4n^2)) / (1 + q^2 / n)

Wilson (1927), Journal of the American Statistical Association 22(158); q is the normal quantile.
"""

import math

from scipy import special

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.student import interval
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


def difference_of_shares(
    treatment: Moments, holdout: Moments, outcome: str, confidence_level: float = 0.95
) -> Estimate:
    """Return the difference of two shares, texted less held out, where one of them may be none.

    The interval is that of the shares with one more of each kind in either arm.

    Parameters
    ----------
    treatment, holdout : Moments
    outcome : str
        0 or 1.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If both shares are 0.

    References
    ----------
    Agresti and Caffo (2000), The American Statistician 54(4), p. 280-288.

    Examples
    --------
    Of 98 texted 10 did, of 98 held out none: with one more of each kind 11 and 1 in 100.

    >>> arms = [Moments.from_sums("called", 98, did, did) for did in (10, 0)]
    >>> found = difference_of_shares(*arms, "called")
    >>> round(found.estimate, 3), round(found.ci_lower, 3), round(found.ci_upper, 3)
    (0.102, 0.036, 0.164)
    """
    shares = treatment.mean_of(outcome), holdout.mean_of(outcome)
    if not any(shares):
        raise NotEstimableError(f"nobody {outcome.replace('_', ' ')} in either arm")
    sizes = treatment.n + 2, holdout.n + 2
    p, q = ((s * (size - 2) + 1) / size for s, size in zip(shares, sizes, strict=True))
    error = math.sqrt(p * (1 - p) / sizes[0] + q * (1 - q) / sizes[1])
    ends = interval(p - q, error, math.inf, confidence_level, "two-sided")
    return Estimate(shares[0] - shares[1], error, *ends)
