"""What is expected of a campaign before it runs, pooled from campaigns that were measured.

Random effects (DerSimonian and Laird 1986): campaign i's measured lift y_i, of standard error s_i,
varies around its own truth, which varies around mu with deviation tau. With w_i = 1 / s_i^2 and
y_bar their weighted mean,

    tau^2 = max(0, [sum w_i (y_i - y_bar)^2 - (k - 1)] / [sum w_i - sum w_i^2 / sum w_i])
    mu    = sum w*_i y_i / sum w*_i,    w*_i = 1 / (s_i^2 + tau^2)

The truth of a new campaign has mean mu and variance tau^2 + 1 / sum w*_i.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from smsroi_models.attribution.checks import balanced
from smsroi_models.attribution.estimates import usable_covariates
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError, NotEstimableError, ParameterError
from smsroi_models.records import Record

FEWEST_CAMPAIGNS = 3
_COVARIATES = ("pre_revenue", "pre_orders")


@dataclass(frozen=True, slots=True)
class PastLift(Record):
    """What a measured campaign earned: margin per assigned customer, store currency."""

    campaign_id: str
    margin_lift: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Prior(Record):
    """What is expected of the true effect of a campaign to come: a normal distribution.

    Attributes
    ----------
    mean : float
        Per customer assigned to be texted, store currency.
    standard_deviation : float
        Of the truth around the mean, same unit, 0 or more. 0 says that the effect is known.
    between_campaigns : float or None
        The part of the deviation by which campaigns differ (tau), same unit; None where the prior
        was not pooled from campaigns.
    n_campaigns : int
        Campaigns that it was pooled from; 0 where it was given.

    Raises
    ------
    ParameterError
        If a value is not finite, or the deviation is negative.
    """

    mean: float
    standard_deviation: float
    between_campaigns: float | None = None
    n_campaigns: int = 0

    def __post_init__(self) -> None:
        if not math.isfinite(self.mean):
            raise ParameterError(f"the prior's mean is {self.mean}: an amount of money is needed")
        if not (math.isfinite(self.standard_deviation) and self.standard_deviation >= 0):
            raise ParameterError(
                f"the prior's standard deviation is {self.standard_deviation}: it must be finite "
                "and not negative"
            )

    @property
    def degrees_of_freedom(self) -> float:
        """What its deviation is known by: campaigns less one; infinite where it was given."""
        return self.n_campaigns - 1 if self.n_campaigns else math.inf

    def less(self, cost: float) -> "Prior":
        """Return the prior of the effect after a known cost per customer."""
        return Prior(
            self.mean - cost, self.standard_deviation, self.between_campaigns, self.n_campaigns
        )


def past_lifts(
    arms: Mapping[str, tuple[Moments | None, Moments | None]], confidence_level: float = 0.95
) -> tuple[PastLift, ...]:
    """Return the margin lift of every campaign that can be trusted, as its report adjusts it.

    Left out: campaigns without a holdout, those where nothing varies in an arm, and those whose
    arms differed before assignment by more than chance explains.

    Parameters
    ----------
    arms : mapping of str to pair of Moments or None
        By campaign, treatment first: ``margin, pre_revenue, pre_orders``.
    confidence_level : float
    """
    found = []
    for campaign_id, (treated, held) in arms.items():
        if treated is None or held is None or balanced(treated, held).status == "failed":
            continue
        covariates = usable_covariates(treated, held, _COVARIATES)
        try:
            lift = compare(
                treated, held, "margin", covariates=covariates, confidence_level=confidence_level
            )
        except NotEstimableError:
            continue
        found.append(PastLift(campaign_id, lift.absolute_lift, lift.standard_error))
    return tuple(found)


def pooled_prior(effects: Sequence[float], standard_errors: Sequence[float]) -> Prior:
    """Return what past campaigns say of the next one's true effect.

    With few campaigns tau is poorly known, and often 0: an interval takes Student's t of one degree
    of freedom less than there are campaigns.

    Parameters
    ----------
    effects, standard_errors : sequence of float of shape (n_campaigns,)
        Same unit; standard errors above 0.

    Raises
    ------
    DataError
        If a value is not finite, a standard error is not above 0, or the lengths differ.
    NotEstimableError
        With fewer than `FEWEST_CAMPAIGNS` campaigns.

    References
    ----------
    DerSimonian and Laird (1986), Controlled Clinical Trials 7, eq. 8. Higgins, Thompson and
    Spiegelhalter (2009), JRSS A 172(1), section 3.3, for the effect in a new study. Veroniki et al.
    (2019), Research Synthesis Methods 10(1), for its degrees of freedom.

    Examples
    --------
    Three campaigns as precise as each other: tau^2 = 9 - 3, and 6 + 9 / 3 in all:

    >>> prior = pooled_prior([0.0, 3.0, 6.0], [3**0.5] * 3)
    >>> round(prior.mean, 9), round(prior.standard_deviation, 9)
    (3.0, 3.0)
    """
    y, s = (np.asarray(values, dtype=np.float64) for values in (effects, standard_errors))
    if y.shape != s.shape or y.ndim != 1:
        raise DataError(f"{y.shape} effects and {s.shape} standard errors: one of each a campaign")
    if not (np.isfinite(y).all() and np.isfinite(s).all() and (s > 0).all()):
        raise DataError("an effect is not finite, or a standard error not above 0: leave it out")
    if len(y) < FEWEST_CAMPAIGNS:
        raise NotEstimableError(
            f"{len(y)} measured campaigns say too little of the next one: at least "
            f"{FEWEST_CAMPAIGNS} are needed, or give the profit that you expect and how unsure you "
            "are"
        )
    w = s**-2.0
    scatter = float(w @ (y - w @ y / w.sum()) ** 2)
    excess = (scatter - (len(y) - 1)) / float(w.sum() - w @ w / w.sum())
    between = max(0.0, excess)
    weights = 1 / (s**2 + between)
    return Prior(
        mean=float(weights @ y / weights.sum()),
        standard_deviation=math.sqrt(between + 1 / float(weights.sum())),
        between_campaigns=math.sqrt(between),
        n_campaigns=len(y),
    )
