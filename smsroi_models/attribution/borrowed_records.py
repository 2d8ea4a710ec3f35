"""What a campaign without a holdout would have brought, were it as incremental as others were."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.factor_records import Ages
from smsroi_models.attribution.mixture import StudentMixture
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class Borrowed(Record):
    """Tracked revenue times the factor of other campaigns; money in the store's currency.

    Attributes
    ----------
    evidence : str
        Always ``"borrowed"``: no customer of this campaign was held out.
    touch, label : str
        What was tracked, as in `rules.rules_by_touch`.
    campaigns : tuple of str
        Those with a holdout that the factor comes from.
    ages : Ages
        Of their evidence, at the start of this campaign.
    tracked_orders : float
    tracked_revenue : Estimate
        Of all assigned customers; its interval is that of the customers' own differences.
    factor : Estimate
        Incremental revenue / tracked revenue of one more campaign: a prediction interval.
    between_deviation : float
        How much the factor differs between campaigns beyond sampling error.
    incremental_revenue, incremental_margin : Estimate
        Prediction intervals.
    cost : float or None
        Of all assigned customers; None where nothing is known of it.
    profit, roi : Estimate or None
        ROI is a ratio; None where the cost is zero or not known.
    confidence_level : float
    """

    evidence: Literal["borrowed"]
    touch: str
    label: str
    campaigns: tuple[str, ...]
    ages: Ages
    tracked_orders: float
    tracked_revenue: Estimate
    factor: Estimate
    between_deviation: float
    incremental_revenue: Estimate
    incremental_margin: Estimate
    cost: float | None
    profit: Estimate | None
    roi: Estimate | None
    confidence_level: float


@dataclass(frozen=True, slots=True)
class BorrowedByTouch(Record):
    """The same by kind of touch; the one that leads was chosen before any figure was seen.

    Attributes
    ----------
    touch : str
        The one that leads.
    found : dict of str to Borrowed
        By kind of touch, where it could be told.
    refused : dict of str to str
        By kind of touch: why it could not.
    left_out : dict of str to str
        By campaign: why it is no evidence.
    clicks : dict of str to int
        This campaign's clicks under each of `rules.BOT_RULES`; empty where the store has none.
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("found",)

    touch: str
    found: dict[str, Borrowed]
    refused: dict[str, str]
    left_out: dict[str, str]
    clicks: dict[str, int]

    @property
    def leading(self) -> Borrowed | None:
        """The figure of the leading touch; None where it was refused."""
        return self.found.get(self.touch)


def times(factor: StudentMixture, figure: Estimate) -> StudentMixture:
    """Return the product of a factor and an independent figure, part by part of the mixture.

    Each part is taken for normal, with the variance of a product of independent variables (Goodman
    1960): ``m^2 V + V_m y^2 + V_m V``.

    Examples
    --------
    A factor of 0.5 known to 0.1, and a figure of 100 known exactly:

    >>> one = StudentMixture(np.array([1.0]), np.array([0.5]), np.array([0.1]), math.inf)
    >>> found = times(one, Estimate(100.0, 0.0, 100.0, 100.0))
    >>> float(found.centres[0]), float(found.scales[0])
    (50.0, 10.0)
    """
    value, variance = figure.estimate, figure.standard_error**2
    spread = factor.scales**2
    scales = np.sqrt(factor.centres**2 * variance + spread * value**2 + spread * variance)
    return StudentMixture(factor.weights, factor.centres * value, scales, math.inf)
