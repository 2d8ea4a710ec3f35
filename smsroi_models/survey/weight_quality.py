"""What weighting cost and what it mended: design effect, effective sample, balance.

    design effect = n sum w^2 / (sum w)^2,      effective sample size = n / design effect

(Kish 1965, eq. 11.7.6): by how much unequal weights inflate the variance of a mean of answers that
have nothing to do with them. Where they have, the interval of a score knows better.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from smsroi_models.errors import DataError
from smsroi_models.records import Record
from smsroi_models.survey.answers import Floats
from smsroi_models.survey.margins import Columns, Margin, base_of, read_margins
from smsroi_models.survey.weighted_means import kish_effective_size


@dataclass(frozen=True, slots=True)
class Balance(Record):
    """How one category is represented among those who answered.

    Attributes
    ----------
    variable : str
    category : str
    n : int
        Respondents.
    population_share, unweighted_share, weighted_share : float
        In [0, 1].
    difference_before, difference_after : float
        Standardised: share less the population's, in standard deviations of the population.
    """

    variable: str
    category: str
    n: int
    population_share: float
    unweighted_share: float
    weighted_share: float
    difference_before: float
    difference_after: float


def effective_sample_size(weights: ArrayLike) -> float:
    """Return how many equally weighted answers would be as precise, from 1 to n.

    Parameters
    ----------
    weights : array_like of shape (n,)
        Positive.

    Raises
    ------
    DataError
        If there are none, or one is not positive.

    Examples
    --------
    >>> effective_sample_size([1, 1, 1, 1]), effective_sample_size([3, 1])  # 16 / 10
    (4.0, 1.6)
    """
    return kish_effective_size(_checked(weights))


def design_effect(weights: ArrayLike) -> float:
    """Return by how much unequal weights inflate a variance, from 1 on.

    Parameters
    ----------
    weights : array_like of shape (n,)
        Positive.

    Raises
    ------
    DataError
        If there are none, or one is not positive.

    References
    ----------
    Kish (1965), Survey Sampling, eq. 11.7.6; (1992), Journal of Official Statistics 8(2).

    Examples
    --------
    >>> design_effect([3, 1])  # 2 x 10 / 16
    1.25
    """
    found = _checked(weights)
    return len(found) / kish_effective_size(found)


def balance_table(
    frame: Columns, margins: Mapping[str, Mapping[Any, float]], weights: ArrayLike
) -> tuple[Balance, ...]:
    """Return how each category is represented, before and after weighting.

    Parameters
    ----------
    frame, margins
        As `rake` has them; the variables need not be those that were raked to.
    weights : array_like of shape (n_respondents,)

    Raises
    ------
    DataError
        As `rake`.

    References
    ----------
    Austin (2009), Communications in Statistics - Simulation 38(6), for standardised differences
    of shares; the denominator here is the population's alone, so that both columns compare.

    Examples
    --------
    >>> people, totals = {"region": ["n", "n", "s"]}, {"region": {"n": 50, "s": 50}}
    >>> row = balance_table(people, totals, [1.0, 1.0, 2.0])[0]
    >>> round(row.difference_before, 3), row.difference_after  # (2/3 - 1/2) / (1/2)
    (0.333, 0.0)
    """
    read = read_margins(frame, margins)
    found = base_of(weights, len(read[0].code))
    return tuple(row for margin in read for row in _rows(margin, found))


def _rows(margin: Margin, weights: Floats) -> list[Balance]:
    size = len(margin.totals)
    counts = np.bincount(margin.code, minlength=size)
    sums = np.bincount(margin.code, weights=weights, minlength=size) / weights.sum()
    population = margin.totals / margin.totals.sum()
    rows = []
    for place, category in enumerate(margin.categories):
        share = float(population[place])
        # A category that is everybody cannot be missed.
        deviation = math.sqrt(share * (1 - share)) or math.inf
        before, after = counts[place] / counts.sum(), float(sums[place])
        rows.append(
            Balance(
                variable=margin.name,
                category=str(category),
                n=int(counts[place]),
                population_share=share,
                unweighted_share=float(before),
                weighted_share=after,
                difference_before=float(before - share) / deviation,
                difference_after=(after - share) / deviation,
            )
        )
    return rows


def _checked(weights: ArrayLike) -> Floats:
    found = np.asarray(weights)
    if not found.size:
        raise DataError("no weights: there is nobody whose weight could be told")
    return base_of(found, found.size)
