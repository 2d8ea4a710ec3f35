"""A customer base by groups: what each is worth, and how many of it are still customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.intervals import errors_of, part_of
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.value import LifetimeTotal, LifetimeValue
from smsroi_models.records import Record

# A table by months is read at a glance up to so many rows, and by quarters likewise.
MOST_MONTHS, MOST_QUARTERS = 15, 16


@dataclass(frozen=True, slots=True)
class GroupValue(Record):
    """One group of customers.

    Attributes
    ----------
    name : str
    n_customers, n_repeat_buyers : int
        Customers, and those of them who have bought on more than one day.
    alive, alive_repeat_buyers : Estimate
        Those of either who have not left for good, uncertain by the parameters. BG/NBD takes
        everybody who never came back to be there: the second says more.
    total : LifetimeTotal
    """

    name: str
    n_customers: int
    n_repeat_buyers: int
    alive: Estimate
    alive_repeat_buyers: Estimate
    total: LifetimeTotal

    @property
    def alive_share(self) -> float | None:
        """Share of the repeat buyers who have not left, in [0, 1]; None where there are none."""
        if not self.n_repeat_buyers:
            return None
        return self.alive_repeat_buyers.estimate / self.n_repeat_buyers

    @property
    def value_per_customer(self) -> float:
        """Expected value of a customer of the group, in the currency."""
        return self.total.expected_value.estimate / self.n_customers


@dataclass(frozen=True, slots=True)
class AliveByActivity(Record):
    """Customers by how often and how lately they bought; tuples of tuples, rows of columns.

    Attributes
    ----------
    repeat_purchases : tuple of int
        Least number of each row; a row ends before the next, the last has no end.
    weeks_since : tuple of int
        Least number of weeks since the last purchase of each column, likewise.
    customers : tuple of tuple of float
    probability_alive : tuple of tuple of float or None
        Mean over the customers of the cell; None where there is none.
    """

    repeat_purchases: tuple[int, ...]
    weeks_since: tuple[int, ...]
    customers: tuple[tuple[float, ...], ...]
    probability_alive: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Alive:
    """Customers' chances to be alive: ``probability`` and its gradient, (n_rows,) and (n_rows, 4).

    ``repeat_buyer`` says who has bought on more than one day; ``covariance`` is that of the
    purchase model's parameters.
    """

    repeat_buyer: NDArray[np.bool_]
    probability: Floats
    gradient: Floats
    covariance: Floats
    confidence_level: float

    @classmethod
    def of(cls, model: PurchaseModel, history: PurchaseHistory, confidence_level: float) -> "Alive":
        """Ask the model about each row."""
        rows = (history.frequency, history.recency, history.T)
        return cls(
            history.frequency > 0,
            model.probability_alive(*rows),
            model.probability_alive_gradient(*rows),
            model.covariance,
            confidence_level,
        )

    def count(self, weights: Floats) -> Estimate:
        """Return how many of so many customers a row have not left."""
        error = errors_of((weights @ self.gradient)[None, :], self.covariance)[0]
        here = float(weights @ self.probability)
        return part_of(float(weights.sum()), here, float(error), self.confidence_level)


def groups_of(
    values: LifetimeValue, alive: Alive, labels: NDArray[np.str_]
) -> tuple[GroupValue, ...]:
    """Return the groups of the rows, in the order of their names.

    Parameters
    ----------
    values : LifetimeValue
    alive : Alive
    labels : ndarray of shape (n_rows,)
        Name of the row's group.
    """
    names, places = np.unique(labels, return_inverse=True)
    found = []
    for place, name in enumerate(names):
        weights = np.where(places == place, values.weights, 0.0)
        total = values.total_of(weights)
        repeat = weights * alive.repeat_buyer
        found.append(
            GroupValue(
                name=str(name),
                n_customers=round(total.n_customers),
                n_repeat_buyers=round(repeat.sum()),
                alive=alive.count(weights),
                alive_repeat_buyers=alive.count(repeat),
                total=total,
            )
        )
    return tuple(found)


def cohort_labels(T_days: NDArray[np.int64], observation_end: date) -> NDArray[np.str_]:
    """Return the month, quarter or year of each row's first purchase, by how far they reach back.

    Examples
    --------
    >>> [str(name) for name in cohort_labels(np.array([0, 31, 40]), date(2025, 3, 3))]
    ['2025-03', '2025-01', '2025-01']
    """
    ages, back = np.unique(T_days, return_inverse=True)
    first = [observation_end - timedelta(days=int(age)) for age in ages]
    months = (first[0].year - first[-1].year) * 12 + first[0].month - first[-1].month + 1
    return np.array([_cohort(day, months) for day in first])[back]


def alive_by_activity(
    frequency: Floats, weeks_since: Floats, weights: Floats, probability: Floats
) -> AliveByActivity:
    """Return the mean chance to be alive by frequency and time since the last purchase.

    Parameters
    ----------
    frequency, weeks_since, weights, probability : ndarray of shape (n_rows,)
        Repeat purchases, weeks since the last purchase, customers and P(alive) of each row.

    Examples
    --------
    >>> found = alive_by_activity(
    ...     np.array([0.0, 0.0]), np.array([1.0, 3.0]), np.array([3.0, 1.0]), np.array([1.0, 0.6])
    ... )
    >>> found.customers[0][0], round(found.probability_alive[0][0], 9)
    (4.0, 0.9)
    """
    rows = (0, 1, 2, 3, 4, 6, 10)
    columns = _week_steps(float(weeks_since.max()))
    edges = [*rows, np.inf], [*columns, np.inf]
    counts = np.histogram2d(frequency, weeks_since, edges, weights=weights)[0]
    sums = np.histogram2d(frequency, weeks_since, edges, weights=weights * probability)[0]
    return AliveByActivity(
        rows,
        columns,
        tuple(tuple(float(n) for n in line) for line in counts),
        tuple(
            tuple(float(s / n) if n else None for s, n in zip(*pair, strict=True))
            for pair in zip(sums, counts, strict=True)
        ),
    )


def by_value(groups: Sequence[GroupValue]) -> tuple[GroupValue, ...]:
    """Return the groups, those that are worth most first."""
    return tuple(sorted(groups, key=lambda g: (-g.total.expected_value.estimate, g.name)))


def _week_steps(longest: float) -> tuple[int, ...]:
    """Return the first week of each column: 0, 4, 8, 13, 26 and then every half year."""
    steps = [0, 4, 8, 13, 26, 39, 52, 78, 104, 156, 208]
    return tuple(step for step in steps if step <= longest)


def _cohort(day: date, months: int) -> str:
    if months <= MOST_MONTHS:
        return f"{day:%Y-%m}"
    if months <= 3 * MOST_QUARTERS:
        return f"{day.year} Q{(day.month + 2) // 3}"
    return f"{day.year}"
