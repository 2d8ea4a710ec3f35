"""Weights that let the answers of an arm stand for everyone in it, from whatever is known of them.

A category with fewer than `FEWEST` answers cannot carry weights: those that are too small are put
together, and a variable of which one category is left is not weighted by. No weight is more than
`BOUNDS` allows, so that no single answer speaks for a crowd. Where no weights meet all variables
within it, the last one is given up, and the result says so.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smsroi_models.errors import ConvergenceError
from smsroi_models.records import Record
from smsroi_models.survey.answers import Floats
from smsroi_models.survey.weight_quality import (
    Balance,
    balance_table,
    design_effect,
    effective_sample_size,
)
from smsroi_models.survey.weights import rake

FEWEST = 5
BOUNDS = (0.1, 5.0)
TOGETHER = "(others)"
Labels = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Representation(Record):
    """How the answers of an arm were weighted.

    Attributes
    ----------
    variables : tuple of str
        What was weighted by; empty where nothing could be.
    put_together : dict of str to tuple of str
        By variable, the categories with too few answers that became one.
    given_up : tuple of str
        Variables that could not be weighted by.
    design_effect : float
        Of the weights, at least 1.
    effective_sample_size : float
    largest_weight : float
        In mean weights.
    balance : tuple of Balance
        Every category before and after.
    """

    variables: tuple[str, ...]
    put_together: dict[str, tuple[str, ...]]
    given_up: tuple[str, ...]
    design_effect: float
    effective_sample_size: float
    largest_weight: float
    balance: tuple[Balance, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Weighting:
    """Weights of shape (n_answers,), the groups they were raked to, and how they came about."""

    weights: Floats
    groups: tuple[Labels, ...]
    told: Representation


def represent(
    groups: Mapping[str, Labels], totals: Mapping[str, Mapping[str, float]]
) -> Weighting | None:
    """Return weights of the answers by everything that can be weighted by; None if nothing can.

    Parameters
    ----------
    groups : mapping of str to ndarray of shape (n_answers,)
        By variable, each answer's category.
    totals : mapping of str to mapping
        By variable, the population's count of each category; every category of an answer is there.

    Examples
    --------
    >>> answers = {"region": np.array(["n"] * 8 + ["s"] * 6 + ["e"], dtype=object)}
    >>> found = represent(answers, {"region": {"n": 40, "s": 50, "e": 10}})
    >>> found.told.put_together  # one answer cannot stand for ten; with the smallest other it can
    {'region': ('e', 's')}
    >>> found.weights[[0, 8, 14]].round(3).tolist()  # 40 / 8 and 60 / 7
    [5.0, 8.571, 8.571]
    """
    frame: dict[str, Labels] = {}
    margins: dict[str, dict[str, float]] = {}
    together: dict[str, tuple[str, ...]] = {}
    given_up: list[str] = []
    for name, labels in groups.items():
        joined = _joined(labels, totals[name])
        present = [category for category in totals[name] if totals[name][category] > 0]
        kept = {joined.get(category, category) for category in present}
        if len(kept) < 2:
            given_up.append(name)
            continue
        frame[name] = np.array([joined.get(label, label) for label in labels], dtype=object)
        margins[name] = _sums(totals[name], joined)
        if joined:
            together[name] = tuple(sorted(joined))
    weights = _raked(frame, margins, given_up)
    if weights is None:
        return None
    names = tuple(margins)
    return Weighting(
        weights,
        tuple(frame[name] for name in names),
        Representation(
            variables=names,
            put_together={name: together[name] for name in names if name in together},
            given_up=tuple(given_up),
            design_effect=design_effect(weights),
            effective_sample_size=effective_sample_size(weights),
            largest_weight=float(weights.max() / weights.mean()),
            balance=balance_table(frame, margins, weights),
        ),
    )


def _raked(
    frame: dict[str, Labels], margins: dict[str, dict[str, float]], given_up: list[str]
) -> Floats | None:
    """Rake to as many of the variables as can be met, the first ones first."""
    while margins:
        try:
            return rake(frame, margins, bounds=BOUNDS)
        except ConvergenceError:
            last = list(margins)[-1]
            given_up.append(last)
            del margins[last]
    return None


def _joined(labels: Labels, totals: Mapping[str, float]) -> dict[str, str]:
    """Return the categories that are put together, the smallest first, until they carry weight."""
    counts: Counter[Any] = Counter({name: 0 for name, total in totals.items() if total > 0})
    counts.update(labels.tolist())
    order = sorted(counts, key=lambda name: (counts[name], str(name)))
    joined: list[str] = []
    carried = 0
    for name in order:
        if counts[name] >= FEWEST and (carried >= FEWEST or not joined):
            break
        joined.append(name)
        carried += counts[name]
    return dict.fromkeys(joined, TOGETHER)


def _sums(totals: Mapping[str, float], joined: Mapping[str, str]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for name, total in totals.items():
        known = joined.get(name, name)
        sums[known] = sums.get(known, 0.0) + total
    return sums
