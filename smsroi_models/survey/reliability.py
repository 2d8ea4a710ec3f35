"""Cronbach's alpha: how far several questions measure one thing.

    alpha = k / (k - 1) (1 - sum of the items' variances / variance of the total)

(Cronbach 1951, eq. 2). (1 - true alpha) / (1 - alpha) follows F with n - 1 and (n - 1)(k - 1)
degrees of freedom (Feldt 1965), which gives the interval of Feldt, Woodruff and Salih (1987),
eqs. 6 and 7.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.records import Record
from smsroi_models.survey.answers import check_confidence

FEWEST_PEOPLE = 3
# Below it what the questions do not share is rounding, and Feldt's interval would have no width.
_LEAST_RESIDUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Reliability(Record):
    """Cronbach's alpha with Feldt's interval.

    Attributes
    ----------
    alpha, ci_lower, ci_upper : float
        At most 1; below 0 where the questions contradict each other.
    n, n_incomplete : int
        People who answered every question, and those left out because they did not.
    n_items : int
    confidence_level : float
    """

    alpha: float
    ci_lower: float
    ci_upper: float
    n: int
    n_incomplete: int
    n_items: int
    confidence_level: float


def cronbach_alpha(items: ArrayLike, *, confidence_level: float = 0.95) -> Reliability:
    """Return Cronbach's alpha of several questions, at most 1.

    It says how alike the answers run, not that they measure what they are meant to, and it rises
    with the number of questions alone.

    Parameters
    ----------
    items : array_like of shape (n, n_items)
        Answers, all in the same direction; a person with a null is left out whole, and counted.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If it is no table of numbers, or a value is infinite.
    NotEstimableError
        If there are fewer than two questions or `FEWEST_PEOPLE` people, everybody has the same
        total, or every question is the same but for a constant.

    References
    ----------
    Cronbach (1951), Psychometrika 16(3), eq. 2. Feldt (1965), Psychometrika 30(3). Feldt, Woodruff
    and Salih (1987), Applied Psychological Measurement 11(1), eqs. 6 and 7.

    Examples
    --------
    Variances 1 and 1, of the total 3: 2 (1 - 2/3):

    >>> round(cronbach_alpha([[1, 1], [2, 3], [3, 2]]).alpha, 4)
    0.6667
    """
    check_confidence(confidence_level)
    try:
        table = np.asarray(items, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"the items hold something else than numbers ({error})") from error
    if table.ndim != 2 or np.isinf(table).any():
        raise DataError(
            f"items have the shape {table.shape}: a row a person and a column a question, finite"
        )
    whole = table[~np.isnan(table).any(axis=1)]
    n, k = whole.shape
    if n < FEWEST_PEOPLE or k < 2:
        raise NotEstimableError(
            f"alpha of {k} questions that {n} people answered whole: two questions and "
            f"{FEWEST_PEOPLE} people are needed at least"
        )
    total = float(whole.sum(axis=1).var(ddof=1))
    parts = float(whole.var(axis=0, ddof=1).sum())
    if total <= 1e-12 * max(parts, 1e-300) or parts == 0:
        raise NotEstimableError("everybody has the same total: nothing tells people apart")
    alpha = k / (k - 1) * (1 - parts / total)
    if 1 - alpha < _LEAST_RESIDUAL:
        raise NotEstimableError(
            f"all {k} questions were answered the same but for a constant: alpha would be 1 with "
            "no uncertainty, which answers of different questions do not show; look whether a "
            "column stands there twice"
        )
    low, high = feldt_interval(alpha, n, k, confidence_level)
    return Reliability(
        alpha=alpha,
        ci_lower=low,
        ci_upper=high,
        n=n,
        n_incomplete=len(table) - n,
        n_items=k,
        confidence_level=confidence_level,
    )


def feldt_interval(
    alpha: float, n: int, n_items: int, confidence_level: float = 0.95
) -> tuple[float, float]:
    """Return Feldt's interval of an alpha that n people and so many questions gave.

    Examples
    --------
    Feldt, Woodruff and Salih (1987), page 95, with F to more than their two decimals:

    >>> low, high = feldt_interval(0.790, 41, 26, 0.90)
    >>> round(low, 3), round(high, 3)
    (0.705, 0.862)
    """
    tail, df = (1 - confidence_level) / 2, (n - 1, (n - 1) * (n_items - 1))
    low, high = (
        1 - (1 - alpha) * float(special.fdtri(*df, probability)) for probability in (1 - tail, tail)
    )
    return low, high
