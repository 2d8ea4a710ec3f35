"""The record of everything that a campaign's report shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.estimates import DayLift, OutcomeLift, payback_day
from smsroi_models.attribution.spending import Texts
from smsroi_models.records import Record
from smsroi_models.roi import Outcome, Roi


@dataclass(frozen=True, slots=True)
class CampaignResult(Record):
    """Everything that a campaign's report shows.

    Attributes
    ----------
    campaign : Campaign
    as_of : datetime
        UTC; only customers whose window is over by then are counted.
    pre_days : int
    readiness : Readiness
    texts : Texts or None
        None where the store has no messages.
    lift : dict of str to OutcomeLift
        By outcome, per assigned customer: ``revenue``, ``margin``, ``orders``, ``converted`` and,
        where known, ``opted_out``.
    not_estimable : dict of str to str
        Outcomes that cannot be estimated, with the reason.
    roi : Roi
    daily : tuple of DayLift
        Days on which the lift could be estimated.
    checks : tuple of Check
    missing : dict of str to str
        Tables that the store lacks, with what the report therefore cannot say.
    store_fingerprint : str
    """

    campaign: Campaign
    as_of: datetime
    pre_days: int
    readiness: Readiness
    texts: Texts | None
    lift: dict[str, OutcomeLift]
    not_estimable: dict[str, str]
    roi: Roi
    daily: tuple[DayLift, ...]
    checks: tuple[Check, ...]
    missing: dict[str, str]
    store_fingerprint: str

    @property
    def outcome(self) -> Outcome | Literal["invalid"]:
        """``invalid`` where a failed check leaves nothing to compare; otherwise the ROI's."""
        return "invalid" if self.invalidated_by else self.roi.outcome

    @property
    def invalidated_by(self) -> Check | None:
        """The first failed check that no verdict can be given against; None if there is none."""
        return next((check for check in self.checks if check.invalidates), None)

    @property
    def covariates(self) -> tuple[str, ...]:
        """The pre-period columns that the headline figures are adjusted for."""
        return self.lift["margin"].headline.covariates

    @property
    def confidence_level(self) -> float:
        """The confidence level of every interval of the record."""
        return self.roi.confidence_level

    @property
    def extra_orders(self) -> Estimate | None:
        """Orders that the campaign caused: lift per assigned customer times those assigned."""
        if "orders" not in self.lift:
            return None
        return self.lift["orders"].headline.scaled(self.roi.n_treatment)

    @property
    def payback_day(self) -> int | None:
        """The day from which the interval of the margin stays above the cost; None if none."""
        if self.roi.cost is None:
            return None
        return payback_day(self.daily, self.roi.cost)
