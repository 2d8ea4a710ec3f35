"""A ranking that says what cannot be told apart: letters shared by figures that do not differ.

Every pair of figures is compared with both errors, and the p-values are corrected by Holm (1979)
for the number of pairs, so that the chance of telling any two alike ones apart stays below alpha.
Two figures share a letter exactly where they could not be told apart (Piepho 2004, insert and
absorb).
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.multiplicity import adjust
from smsroi_models.attribution.student import p_value

Pair = frozenset[str]


def told_apart(
    figures: Mapping[str, tuple[Estimate, float]], confidence_level: float = 0.95
) -> set[Pair]:
    """Return the pairs of figures that differ, after correction for the number of pairs.

    Parameters
    ----------
    figures : mapping of str to pair of Estimate and float
        Independent figures with their degrees of freedom.
    confidence_level : float
        In (0, 1), of all pairs together.

    Examples
    --------
    >>> alike, far = (Estimate(1.0, 0.5, 0, 2), 1e6), (Estimate(9.0, 0.5, 8, 10), 1e6)
    >>> sorted(map(sorted, told_apart({"a": alike, "b": alike, "c": far})))
    [['a', 'c'], ['b', 'c']]
    """
    pairs = list(combinations(figures, 2))
    if not pairs:
        return set()
    chances = [_chance(*figures[one], *figures[other]) for one, other in pairs]
    adjusted = adjust(chances, "holm")
    return {
        frozenset(pair)
        for pair, chance in zip(pairs, adjusted, strict=True)
        if chance < 1 - confidence_level
    }


def compact_letters(names: Sequence[str], differ: set[Pair]) -> dict[str, tuple[str, ...]]:
    """Return each name's letters: two names share one exactly where they do not differ.

    Letters run from the first name on; past ``z`` come ``aa``, ``ab`` and so on.

    References
    ----------
    Piepho (2004), Journal of Computational and Graphical Statistics 13(2).

    Examples
    --------
    The best differs from the worst, and the middle from neither:

    >>> compact_letters(["best", "middle", "worst"], {frozenset(["best", "worst"])})
    {'best': ('a',), 'middle': ('a', 'b'), 'worst': ('b',)}
    """
    groups = [frozenset(names)] if names else []
    for one, other in combinations(names, 2):
        if frozenset((one, other)) in differ:
            split = [
                part
                for group in groups
                for part in ([group - {one}, group - {other}] if {one, other} <= group else [group])
            ]
            groups = _absorbed(split)
    places = {name: place for place, name in enumerate(names)}
    groups.sort(key=lambda group: sorted(places[name] for name in group))
    return {
        name: tuple(_letter(i) for i, group in enumerate(groups) if name in group) for name in names
    }


def _chance(one: Estimate, df: float, other: Estimate, other_df: float) -> float:
    """Return how often alike figures differ as much; degrees of freedom by Satterthwaite."""
    first, second = one.standard_error**2, other.standard_error**2
    variance = first + second
    pooled_df = variance**2 / (first**2 / df + second**2 / other_df)
    return p_value((one.estimate - other.estimate) / math.sqrt(variance), pooled_df, "two-sided")


def _absorbed(groups: list[Pair]) -> list[Pair]:
    """Return the groups that no other one holds."""
    kept: list[Pair] = []
    for group in sorted(groups, key=len, reverse=True):
        if not any(group <= other for other in kept):
            kept.append(group)
    return kept


def _letter(place: int) -> str:
    before, last = divmod(place, 26)
    return (chr(96 + before) if before else "") + chr(97 + last)
