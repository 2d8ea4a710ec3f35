"""Many segments of one campaign: each one's lift, corrected for looking at all of them.

Of eight segments that a campaign did nothing to, one shows p < 0.05 in a third of campaigns. Here
each p-value stands with its corrections: Holm (1979) keeps the chance of any false finding below
alpha, Benjamini and Hochberg (1995) the expected share of false ones among those found. Intervals
have the Bonferroni level 1 - alpha / m, so that all m hold the truth together with the stated
confidence, and an interval excludes zero exactly where Holm's first step rejects.

Whether segments differ at all is one test over all of them, Cochran's (1954)

    Q = sum_i w_i (lift_i - lift)^2,    w_i = 1 / SE_i^2,    lift = sum_i w_i lift_i / sum_i w_i,

chi-square with m - 1 degrees of freedom where no segment responds otherwise than the rest.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Literal

import numpy as np
from scipy import special
from statsmodels.stats.multitest import multipletests

from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.estimates import PROPORTIONS, usable_covariates
from smsroi_models.attribution.lift import check_options, compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.segment_records import (
    AdjustedPValues,
    Heterogeneity,
    SegmentLift,
    Segments,
)
from smsroi_models.attribution.skewness import share_above_truth, skewness_of_difference
from smsroi_models.errors import NotEstimableError, ParameterError

# More are no longer read one by one, and the interval of each becomes too wide to say anything.
MOST_SEGMENTS = 20
# Fewer expected in the smaller arm, and spend's skewness makes intervals that have to hold for many
# segments at once miss in every fifth idle campaign or more. Measured: docs/methods.md.
LEAST_BUYERS = 50

Arms = tuple[Moments | None, Moments | None]


def compare_segments(
    groups: Mapping[str, Arms],
    outcome: str,
    *,
    by: str = "segment",
    candidates: Sequence[str] = (),
    break_even: float | None = None,
    confidence_level: float = 0.95,
) -> Segments:
    """Return each segment's lift, corrected for the number of segments, and whether they differ.

    Segments are read at the campaign's end, and once. A column looked at because its segments seem
    to differ, or a second column, is a search that no correction here knows of.

    Parameters
    ----------
    groups : mapping of str to pair of Moments or None
        Treatment and holdout of each segment: of the outcome, of ``converted``, of the candidates
        and of the outcome's cube as ``<outcome>_cubed``.
    outcome : str
    by : str
        What the segments are of, for the reader.
    candidates : sequence of str
        Columns measured before assignment; in each segment those that are usable adjust its lift.
    break_even : float, optional
        Outcome per assigned customer at which a text is paid for, in the outcome's unit.
    confidence_level : float
        In (0, 1); of all intervals together.

    Raises
    ------
    ParameterError
        If an option lies outside its range.
    NotEstimableError
        If there are more than `MOST_SEGMENTS` segments, or no segment can be compared, or the
        whole arms cannot.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6. Benjamini and Hochberg (1995), JRSS B 57(1).
    Cochran (1954), Biometrics 10(1), p. 101-129.

    Examples
    --------
    >>> def arm(low, high):
    ...     rows = [[x, x**3, 1.0] for x in (low, high) * 50]
    ...     return Moments.from_rows(rows, ["margin", "margin_cubed", "converted"])
    >>> groups = {"gold": (arm(4.0, 8.0), arm(1.0, 5.0)), "new": (arm(1.0, 5.0), arm(1.0, 5.0))}
    >>> found = compare_segments(groups, "margin")
    >>> [(s.segment, s.absolute_lift, round(s.p_values.holm, 3)) for s in found.segments]
    [('gold', 3.0, 0.0), ('new', 0.0, 1.0)]
    >>> round(found.heterogeneity.statistic, 2), found.responded_more  # 3^2 / (2 x 2 x 4 / 99)
    (55.69, ('gold',))
    """
    check_options(confidence_level, "two-sided", "log")
    _require_few(groups, by)
    whole = _whole(groups)
    overall = _lift(whole, outcome, candidates, confidence_level)
    tested, reasons = _testable(groups, whole, outcome, candidates)
    if not tested:
        told = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise NotEstimableError(
            f"no {by} can be compared ({told}): merge segments, or read the campaign as a whole"
        )
    level = 1 - (1 - confidence_level) / len(tested)
    lifts = {name: _lift(arms, outcome, candidates, level) for name, arms in tested.items()}
    return Segments(
        by=by,
        outcome=outcome,
        segments=_corrected(lifts),
        not_tested=reasons,
        overall=overall,
        heterogeneity=heterogeneity(
            [lift.absolute_lift for lift in lifts.values()],
            [lift.standard_error for lift in lifts.values()],
        )
        if len(lifts) > 1
        else None,
        false_finding_share=_false_findings(tested, outcome, level),
        break_even=break_even,
        confidence_level=confidence_level,
    )


def adjust(p_values: Sequence[float], method: Literal["holm", "fdr_bh"]) -> list[float]:
    """Return p-values corrected for their number, each at most 1.

    Parameters
    ----------
    p_values : sequence of float
        In [0, 1].
    method : {"holm", "fdr_bh"}
        Holm (1979), or Benjamini and Hochberg (1995).

    Examples
    --------
    3 x 0.01, then 2 x 0.02, and what follows is never smaller:

    >>> [round(p, 3) for p in adjust([0.02, 0.01, 0.03], "holm")]
    [0.04, 0.03, 0.04]
    >>> [round(p, 3) for p in adjust([0.02, 0.01, 0.03], "fdr_bh")]
    [0.03, 0.03, 0.03]
    """
    adjusted = multipletests(np.asarray(p_values, dtype=np.float64), method=method)[1]
    return [float(p) for p in adjusted]


def heterogeneity(lifts: Sequence[float], standard_errors: Sequence[float]) -> Heterogeneity:
    """Test whether independent effects differ by more than their errors (Cochran 1954).

    Parameters
    ----------
    lifts, standard_errors : sequence of float
        At least two; errors are above 0.

    Raises
    ------
    ParameterError
        If there are fewer than two, or an error is not above 0.

    Examples
    --------
    Half a unit on either side of the mean, with errors of a half:

    >>> heterogeneity([1.0, 2.0], [0.5, 0.5]).statistic
    2.0
    """
    effect, error = (np.asarray(x, dtype=np.float64) for x in (lifts, standard_errors))
    if len(effect) < 2 or not (error > 0).all():
        raise ParameterError(
            f"{len(effect)} effects with errors {list(standard_errors)}: at least two effects, "
            "each with an error above 0, can be held against each other"
        )
    weight = 1 / error**2
    mean = float(weight @ effect / weight.sum())
    statistic = float(weight @ (effect - mean) ** 2)
    df = len(effect) - 1
    return Heterogeneity(statistic, df, float(special.chdtrc(df, statistic)), mean)


def _require_few(groups: Mapping[str, Arms], by: str) -> None:
    if len(groups) > MOST_SEGMENTS:
        raise NotEstimableError(
            f"{by} has {len(groups)} values: at most {MOST_SEGMENTS} segments can be told apart. "
            f"Merge them into fewer (the smallest into one) before the analysis"
        )


def _whole(groups: Mapping[str, Arms]) -> tuple[Moments, Moments]:
    """Return the moments of all segments together."""
    arms = []
    for i, name in enumerate(("treatment", "holdout")):
        parts = [arm for pair in groups.values() if (arm := pair[i]) is not None]
        if not parts:
            raise NotEstimableError(
                f"nobody is in the {name} arm: both arms need customers; record the assignments"
            )
        arms.append(reduce(Moments.merge, parts))
    return arms[0], arms[1]


def _lift(
    arms: tuple[Moments, Moments], outcome: str, candidates: Sequence[str], level: float
) -> Lift:
    covariates = usable_covariates(*arms, candidates)
    share = outcome in PROPORTIONS
    return compare(*arms, outcome, covariates=covariates, proportion=share, confidence_level=level)


def _testable(
    groups: Mapping[str, Arms],
    whole: tuple[Moments, Moments],
    outcome: str,
    candidates: Sequence[str],
) -> tuple[dict[str, tuple[Moments, Moments]], dict[str, str]]:
    """Return the segments that can be compared, and why the others cannot.

    How many bought is counted over both arms together: a rule that looked at one arm's buyers would
    choose segments by their outcome.
    """
    smaller = min(arm.n for arm in whole) / sum(arm.n for arm in whole)
    tested: dict[str, tuple[Moments, Moments]] = {}
    reasons: dict[str, str] = {}
    for name, (treatment, holdout) in groups.items():
        if treatment is None or holdout is None:
            reasons[name] = f"nobody of it was {'held out' if treatment else 'to be texted'}"
            continue
        bought = treatment.merge(holdout).mean_of("converted") * (treatment.n + holdout.n)
        if round(bought) * smaller < LEAST_BUYERS:
            reasons[name] = f"only {round(bought):,} of its customers bought"
            continue
        try:
            _lift((treatment, holdout), outcome, candidates, 0.5)
        except NotEstimableError as reason:
            reasons[name] = str(reason)
        else:
            tested[name] = treatment, holdout
    return tested, reasons


def _corrected(lifts: Mapping[str, Lift]) -> tuple[SegmentLift, ...]:
    p_values = [lift.p_value for lift in lifts.values()]
    holm, benjamini_hochberg = adjust(p_values, "holm"), adjust(p_values, "fdr_bh")
    rest = _against_the_rest(list(lifts.values()))
    return tuple(
        SegmentLift(
            segment=name,
            n_treatment=lift.n_treatment,
            n_holdout=lift.n_holdout,
            mean_treatment=lift.mean_treatment,
            mean_holdout=lift.mean_holdout,
            absolute_lift=lift.absolute_lift,
            standard_error=lift.standard_error,
            ci_lower=lift.ci_lower,
            ci_upper=lift.ci_upper,
            p_values=AdjustedPValues(lift.p_value, holm[i], benjamini_hochberg[i]),
            incremental=lift.scaled(lift.n_treatment),
            above_rest=rest[i][0] if rest else None,
            above_rest_p_value=rest[i][1] if rest else None,
            covariates=lift.covariates,
        )
        for i, (name, lift) in enumerate(lifts.items())
    )


def _against_the_rest(lifts: Sequence[Lift]) -> list[tuple[float, float]]:
    """Return how far each lift lies above the others' mean, and the p-value by Holm."""
    if len(lifts) < 2:
        return []
    effect = np.array([lift.absolute_lift for lift in lifts])
    variance = np.array([lift.standard_error for lift in lifts]) ** 2
    weight = 1 / variance
    others = weight.sum() - weight
    difference = effect - (weight @ effect - weight * effect) / others
    chance = 2 * special.ndtr(-np.abs(difference) / np.sqrt(variance + 1 / others))
    # The two differences between two segments are one question.
    adjusted = adjust(list(chance), "holm") if len(lifts) > 2 else list(chance)
    return [(float(d), float(p)) for d, p in zip(difference, adjusted, strict=True)]


def _false_findings(
    tested: Mapping[str, tuple[Moments, Moments]], outcome: str, level: float
) -> float:
    """Return how often an idle campaign would show a gain in some segment, by skewness."""
    cubed = f"{outcome}_cubed"
    none = 1.0
    for arms in tested.values():
        if cubed not in arms[0].columns:
            return (1 - level) * len(tested) / 2
        none *= 1 - share_above_truth(skewness_of_difference(*arms, outcome, cubed), level)
    return 1 - none
