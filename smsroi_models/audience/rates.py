"""Shares of few among many, with Wilson's interval; and rates of joining, with Garwood's.

Opt-outs are rare, a few in a thousand texts. Wald's interval then reaches below 0 and covers too
little. Clopper and Pearson's never covers less than it says, and is wider than it need be; Wilson's
covers what it says on average, and stands at 0 where nobody left. A share of texts takes Wilson's
(Brown, Cai and DasGupta 2001 recommend it). People who join are no part of the texts: their number
per text is a rate, with the exact interval of a Poisson count.
"""

from dataclasses import dataclass

from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson

from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class Rate(Record):
    """How many came of how many, with the interval of what is to be expected.

    Attributes
    ----------
    count, of : int
    rate : float
        ``count / of``.
    ci_lower, ci_upper : float
    """

    count: int
    of: int
    rate: float
    ci_lower: float
    ci_upper: float


def share_of(count: int, of: int, confidence_level: float = 0.95) -> Rate:
    """Return a share in [0, 1] with Wilson's interval.

    Parameters
    ----------
    count : int
        0 to ``of``.
    of : int
        At least 1.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If the count lies outside 0 to ``of``.
    NotEstimableError
        If ``of`` is 0.

    References
    ----------
    Wilson (1927), JASA 22(158). Brown, Cai and DasGupta (2001), Statistical Science 16(2).

    Examples
    --------
    With no opt-out among n the upper end is z^2 / (n + z^2):

    >>> found = share_of(0, 1_000)
    >>> found.rate, found.ci_lower, round(found.ci_upper, 6)
    (0.0, 0.0, 0.003827)
    """
    _check(count, of)
    if count > of:
        raise DataError(f"{count} of {of} is no share: the count must be part of the whole")
    low, high = proportion_confint(count, of, alpha=1 - confidence_level, method="wilson")
    # At the ends rounding would leave the interval a digit short of the share itself.
    return Rate(count, of, count / of, min(float(low), count / of), max(float(high), count / of))


def rate_per(count: int, of: int, confidence_level: float = 0.95) -> Rate:
    """Return events per unit, 0 or more, with the exact interval of a Poisson count.

    Raises
    ------
    DataError
        If the count is negative.
    NotEstimableError
        If ``of`` is 0.

    References
    ----------
    Garwood (1936), Biometrika 28(3/4).

    Examples
    --------
    >>> found = rate_per(0, 100)  # -ln(0.025) events at most
    >>> found.ci_lower, round(100 * found.ci_upper, 4)
    (0.0, 3.6889)
    """
    _check(count, of)
    low, high = confint_poisson(count, of, method="exact-c", alpha=1 - confidence_level)
    return Rate(count, of, count / of, 0.0 if count == 0 else float(low), float(high))


def _check(count: int, of: int) -> None:
    if of < 1:
        raise NotEstimableError(f"a rate of {of}: there must be something that it is of")
    if count < 0:
        raise DataError(f"{count} events: a count is 0 or more")
