"""Who bought again, and who is still active: shares by day, with intervals.

Every share counts customers who have all been observed for as long as it says, so that nobody is
censored and the survival curve is a plain proportion (Kaplan and Meier 1958: without censoring
their estimate is one). Intervals of a share are Wilson's (1927), of a difference between the arms
those of any lift of a proportion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Curve(Record):
    """Shares of customers, each with its interval.

    Attributes
    ----------
    n : int
        Customers.
    days : tuple of int
        Days that each share is read at.
    share, ci_lower, ci_upper : tuple of float
        In [0, 1].
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("days", "share", "ci_lower", "ci_upper")

    n: int
    days: tuple[int, ...]
    share: tuple[float, ...]
    ci_lower: tuple[float, ...]
    ci_upper: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Difference(Record):
    """The difference in a share between the arms at one moment.

    Attributes
    ----------
    days : int
        From assignment on; for an active share, the end of its period.
    lift : Lift or None
        None where it cannot be estimated: nobody or everybody in an arm.
    """

    days: int
    lift: Lift | None


@dataclass(frozen=True, slots=True)
class Cohort(Record):
    """Customers who first bought in one quarter.

    Attributes
    ----------
    starts : date
        First day of the quarter.
    bought_again : Curve
        By days since the first purchase; only as far as every one of them was observed.
    """

    starts: date
    bought_again: Curve


@dataclass(frozen=True, slots=True)
class Retention(Record):
    """Repeat purchase and active shares of a campaign's arms, and of the shop's cohorts.

    Attributes
    ----------
    window_days : int
    treatment, holdout : Curve
        Share with a purchase since assignment, at the end of each day.
    bought : tuple of Difference
        Of those shares, at fixed days.
    active_treatment, active_holdout : Curve
        Share with a purchase within each period since assignment; its ``days`` are the ends.
    active : tuple of Difference
    cohorts : tuple of Cohort
        Oldest first.
    """

    window_days: int
    treatment: Curve
    holdout: Curve
    bought: tuple[Difference, ...]
    active_treatment: Curve
    active_holdout: Curve
    active: tuple[Difference, ...]
    cohorts: tuple[Cohort, ...]


def curve(counts: Integers, days: Sequence[int], n: int, confidence_level: float) -> Curve:
    """Return shares of n customers with Wilson's intervals.

    Parameters
    ----------
    counts : ndarray of shape (n_days,)
        Customers, 0 to n.
    days : sequence of int
    n : int
        At least 1.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If there is no customer.

    References
    ----------
    Wilson (1927), JASA 22, through `statsmodels`.

    Examples
    --------
    >>> found = curve(np.array([5]), [30], 10, 0.95)
    >>> found.share[0], round(found.ci_lower[0], 4), round(found.ci_upper[0], 4)
    (0.5, 0.2366, 0.7634)
    """
    if n < 1:
        raise NotEstimableError("there is no customer whose purchases could be followed")
    low, high = proportion_confint(counts, n, alpha=1 - confidence_level, method="wilson")
    shares = (np.asarray(counts) / n, np.asarray(low), np.asarray(high))
    return Curve(n, tuple(days), *(tuple(values.tolist()) for values in shares))


def differences(
    treatment: Curve, holdout: Curve, days: Sequence[int], confidence_level: float
) -> tuple[Difference, ...]:
    """Return the differences between two curves at some of their days.

    Examples
    --------
    60 of 100 against 50 of 100:

    >>> pair = [curve(np.array([count]), [30], 100, 0.95) for count in (60, 50)]
    >>> round(differences(*pair, [30], 0.95)[0].lift.absolute_lift, 9)
    0.1
    """
    found: list[Difference] = []
    for day in days:
        place = treatment.days.index(day)
        texted, held = (_moments(arm.share[place], arm.n) for arm in (treatment, holdout))
        try:
            lift = compare(texted, held, proportion=True, confidence_level=confidence_level)
        except NotEstimableError:
            found.append(Difference(day, None))
            continue
        found.append(Difference(day, lift))
    return tuple(found)


def _moments(share: float, n: int) -> Moments:
    variance = share * (1 - share) * n / max(n - 1, 1)
    return Moments(("bought",), n, np.array([share]), np.array([[variance]]))
