"""Cohorts of customers who joined a programme at the same time, each compared with itself.

Those who joined early count for longer and bought more; if the holdout share changed over time, the
arms hold different parts of them, and a difference of plain means is biased (Simpson's paradox).
Cohorts are therefore compared one by one and weighted by the treatment arm (post-stratification).
A cohort too small for a mean of its own is pooled with the next ones.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy import special

from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.estimates import usable_covariates
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.strata import post_stratified
from smsroi_models.attribution.student import interval
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record

# With fewer in an arm, its variance says too little of its mean's error.
LEAST_IN_ARM = 30
# Arms drawn at random leave one arm of a cohort empty less often than this: then it is no chance.
IMPLAUSIBLE = 0.001

Arms = tuple[Moments | None, Moments | None]
BothArms = tuple[Moments, Moments]


@dataclass(frozen=True, slots=True)
class Cohort(Record):
    """Customers who were there at the start, or who joined in one calendar month (UTC).

    Attributes
    ----------
    joined : str
        ``at the start``, or a month such as ``2025-03``.
    n_treatment, n_holdout : int
        Customers assigned.
    compared : bool
        False where one arm is empty in a way that chance hardly explains: then nobody of the cohort
        can be compared, and it is left out.
    """

    joined: str
    n_treatment: int
    n_holdout: int
    compared: bool

    @property
    def holdout_share(self) -> float:
        """The part held out, in [0, 1]."""
        return self.n_holdout / (self.n_treatment + self.n_holdout)


def comparable(sizes: Mapping[int, tuple[int, int]]) -> set[int]:
    """Return the cohorts that have both arms, or lack one by chance.

    Parameters
    ----------
    sizes : mapping of cohort to pair of int
        Customers in treatment and holdout.

    Examples
    --------
    Of 3 joiners none held out is chance at a tenth; of 300 it is not:

    >>> comparable({0: (900, 100), 1: (3, 0), 2: (300, 0)})
    {0, 1}
    """
    whole = [arms for arms in sizes.values() if all(arms)]
    held = sum(arms[1] for arms in whole) / max(sum(map(sum, whole)), 1)
    return {
        cohort
        for cohort, (treatment, holdout) in sizes.items()
        if (holdout or (1 - held) ** treatment > IMPLAUSIBLE)
        and (treatment or held**holdout > IMPLAUSIBLE)
    }


def pooled(cohorts: Mapping[int, Arms], least: int = LEAST_IN_ARM) -> dict[int, BothArms]:
    """Return strata of adjacent cohorts, each with at least ``least`` customers in both arms.

    Named by their first cohort. What is left over at the end joins the last stratum; if no stratum
    is large enough all are one, or none where an arm is empty throughout.

    Examples
    --------
    >>> def arm(n):
    ...     return Moments.from_rows([[float(i)] for i in range(n)], ["spend"])
    >>> strata = pooled({0: (arm(50), arm(5)), 1: (arm(9), None), 2: (arm(9), arm(4))}, least=4)
    >>> {first: (t.n, h.n) for first, (t, h) in strata.items()}
    {0: (50, 5), 1: (18, 4)}
    """
    strata: dict[int, BothArms] = {}
    nobody: Arms = (None, None)
    first, gathered = None, nobody
    for cohort in sorted(cohorts):
        first = cohort if first is None else first
        gathered = _merged(gathered, cohorts[cohort])
        treatment, holdout = gathered
        if treatment and holdout and min(treatment.n, holdout.n) >= least:
            strata[first] = treatment, holdout
            first, gathered = None, nobody
    if first is None:
        return strata
    name = max(strata, default=first)
    treatment, holdout = _merged(strata.get(name, nobody), gathered)
    return strata | {name: (treatment, holdout)} if treatment and holdout else strata


def cohort_lift(
    strata: Mapping[int, BothArms],
    outcome: str,
    candidates: Sequence[str] = (),
    confidence_level: float = 0.95,
) -> Lift:
    """Return the effect on the treated, estimated within each stratum of cohorts.

    `post_stratified`, adjusted for those of the candidates that vary in the largest stratum:
    joiners have no past that could.

    Parameters
    ----------
    strata : mapping of cohort to pair of Moments
        From `pooled`.
    outcome : str
    candidates : sequence of str
        Columns measured before assignment.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If there is no stratum, or nothing varies in an arm.

    Examples
    --------
    Lifts of 1 and 4, of 3 and of 1 part of the treated: (3 x 1 + 4) / 4.

    >>> def arm(n, low):
    ...     return Moments.from_rows([[low], [low + 2.0]] * n, ["spend"])
    >>> strata = {0: (arm(30, 1.0), arm(10, 0.0)), 1: (arm(10, 4.0), arm(30, 0.0))}
    >>> cohort_lift(strata, "spend").absolute_lift
    1.75
    """
    if not strata:
        raise NotEstimableError(
            "no time of joining has customers in both arms: record the assignments of both"
        )
    largest = max(strata.values(), key=lambda arms: min(arm.n for arm in arms))
    covariates = usable_covariates(*largest, candidates)
    return post_stratified(
        strata, outcome, covariates=covariates, confidence_level=confidence_level
    )


def constant_share_p_value(sizes: Sequence[tuple[int, int]]) -> float:
    """Return how often arms drawn in one share would differ as much between cohorts, in [0, 1].

    Pearson's chi-squared test of homogeneity. 1 where there is one cohort only.

    Examples
    --------
    >>> constant_share_p_value([(90, 10), (900, 100)])
    1.0
    >>> constant_share_p_value([(90, 10), (50, 50)]) < 1e-6
    True
    """
    total = sum(map(sum, sizes))
    held = sum(holdout for _, holdout in sizes) / total
    expected = [(sum(arms) * (1 - held), sum(arms) * held) for arms in sizes]
    statistic = math.fsum(
        (n - mean) ** 2 / mean
        for arms, means in zip(sizes, expected, strict=True)
        for n, mean in zip(arms, means, strict=True)
        if mean > 0
    )
    return float(special.chdtrc(len(sizes) - 1, statistic)) if len(sizes) > 1 else 1.0


def sum_of_independent(
    figures: Sequence[tuple[Estimate, float]], confidence_level: float, shared: float = 1.0
) -> Estimate | None:
    """Return the sum of independent figures, each with its degrees of freedom; None of none.

    Variances add; degrees of freedom by Satterthwaite (1946). ``shared`` times their sum is the
    variance where the figures are not quite independent: see `collect_shared_draws`.

    Examples
    --------
    >>> one = (Estimate(10.0, 3.0, 4.1, 15.9), 1e9)
    >>> other = (Estimate(-2.0, 4.0, -9.8, 5.8), 1e9)
    >>> total = sum_of_independent([one, other], 0.95)
    >>> total.estimate, total.standard_error, round(total.ci_lower, 1)
    (8.0, 5.0, -1.8)
    """
    if not figures:
        return None
    total = math.fsum(figure.estimate for figure, _ in figures)
    alone = math.sqrt(math.fsum(figure.standard_error**2 for figure, _ in figures))
    error = alone * math.sqrt(shared)
    shares = [(figure.standard_error / alone) ** 2 for figure, _ in figures]
    df = 1 / math.fsum(s**2 / df for s, (_, df) in zip(shares, figures, strict=True))
    low, high = interval(total, error, df, confidence_level, "two-sided")
    return Estimate(total, error, low, high)


def _merged(one: Arms, other: Arms) -> Arms:
    treatment, holdout = (
        a.merge(b) if a and b else a or b for a, b in zip(one, other, strict=True)
    )
    return treatment, holdout
