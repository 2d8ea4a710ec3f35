"""Factors of several campaigns together: their mean, their spread, and each one drawn towards it.

Campaigns differ in how much of the tracked revenue they caused; a campaign's own factor adds
sampling error to that. Random effects part the two (DerSimonian and Laird 1986):

    tau^2 = max(0, (Q - (k - 1)) / c),    drawn_i = B_i mean + (1 - B_i) factor_i,
    B_i = se_i^2 / (se_i^2 + tau^2)

(Efron and Morris 1973). Where campaigns hardly differ, each is drawn all the way to the mean. The
interval of a drawn factor takes tau^2 for known, and so is too narrow with few campaigns.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.student import interval
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record

FEWEST = 3


@dataclass(frozen=True, slots=True)
class PooledFactors(Record):
    """Incremental / tracked over campaigns, under one rule.

    Attributes
    ----------
    mean : Estimate
        Of all campaigns like these.
    between_variance : float
        tau^2: how much campaigns differ beyond sampling error; 0 where they need not.
    drawn : dict of str to Estimate
        Each campaign's factor, drawn towards the mean.
    """

    mean: Estimate
    between_variance: float
    drawn: dict[str, Estimate]


def pooled_factors(
    factors: Mapping[str, Estimate], confidence_level: float = 0.95
) -> PooledFactors:
    """Return the mean of campaigns' factors, and each factor drawn towards it.

    Parameters
    ----------
    factors : mapping of str to Estimate
        By campaign, all under the same rule; from `rule_comparison`.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If there are fewer than 3 campaigns, or one has no standard error.

    References
    ----------
    DerSimonian and Laird (1986), Controlled Clinical Trials 7(3). Efron and Morris (1973), Journal
    of the American Statistical Association 68(341).

    Examples
    --------
    Campaigns that agree are one:

    >>> alike = {name: Estimate(0.5, 0.1, 0.3, 0.7) for name in "abcd"}
    >>> found = pooled_factors(alike)
    >>> found.mean.estimate, found.mean.standard_error, found.between_variance
    (0.5, 0.05, 0.0)
    """
    if len(factors) < FEWEST:
        raise NotEstimableError(
            f"{len(factors)} campaigns have a factor: at least {FEWEST} are needed to tell how "
            "much campaigns differ; read each one for itself"
        )
    value = np.array([factor.estimate for factor in factors.values()])
    variance = np.array([factor.standard_error for factor in factors.values()]) ** 2
    if not (np.isfinite(variance).all() and (variance > 0).all()):
        raise NotEstimableError("a campaign's factor has no standard error: leave it out")
    # Imported here: it takes a while, and no report needs it.
    from statsmodels.stats.meta_analysis import combine_effects

    # statsmodels leaves a negative tau^2 as it is, and takes roots of it that are not used here.
    with np.errstate(invalid="ignore", divide="ignore"):
        found = combine_effects(value, variance, method_re="chi2")
    tau2 = max(float(found.tau2), 0.0)
    weight = 1 / (variance + tau2)
    mean = float((weight * value).sum() / weight.sum())
    error = float(1 / math.sqrt(weight.sum()))
    pull = variance / (variance + tau2)
    drawn = pull * mean + (1 - pull) * value
    # The mean is itself uncertain, and each drawn factor leans on it.
    errors = np.sqrt((1 - pull) * variance + (pull * error) ** 2)
    return PooledFactors(
        _estimate(mean, error, confidence_level),
        tau2,
        {
            name: _estimate(float(d), float(e), confidence_level)
            for name, d, e in zip(factors, drawn, errors, strict=True)
        },
    )


def _estimate(value: float, error: float, confidence_level: float) -> Estimate:
    return Estimate(value, error, *interval(value, error, math.inf, confidence_level, "two-sided"))
