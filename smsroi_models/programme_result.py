"""The record of everything that a programme's report shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from smsroi_models.attribution.campaigns import Campaign
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.cohorts import Cohort
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.estimates import OutcomeLift
from smsroi_models.attribution.exposure import Period
from smsroi_models.attribution.programme_spending import Spending
from smsroi_models.records import Record
from smsroi_models.roi import Outcome, Roi


@dataclass(frozen=True, slots=True)
class MonthLift(Record):
    """What a programme had brought and cost up to the end of a calendar month.

    Attributes
    ----------
    ends_at : datetime
        UTC; not counted itself. The last is the end of the period.
    margin : Estimate
        Incremental margin so far, of the treated customers assigned by then, store currency.
    cost : float
        Cost so far, store currency.
    """

    ends_at: datetime
    margin: Estimate
    cost: float


@dataclass(frozen=True, slots=True)
class CampaignPart(Record):
    """One campaign of the programme: what it cost, and what its own holdout says that it earned.

    Attributes
    ----------
    spending : Spending
    profit : Estimate or None
        Against the campaign's own holdout, over its own window; store currency.
    reason : str
        Why there is no profit; empty where there is.
    """

    spending: Spending
    profit: Estimate | None
    reason: str


@dataclass(frozen=True, slots=True)
class ProgrammeResult(Record):
    """Everything that a programme's report shows; money in the store's currency.

    Attributes
    ----------
    campaign : Campaign
        The programme's own row.
    as_of : datetime
        UTC.
    period : Period
        What is counted: from each customer's assignment to ``period.until``.
    pre_days : int
    exposure_days : float
        Mean days counted per treated customer.
    cohorts : tuple of Cohort
    n_strata : int
        Groups of cohorts that were compared, each with itself.
    lift : dict of str to OutcomeLift
        Per programme customer: ``revenue``, ``margin`` and, where it can be told, ``orders``.
        ``unadjusted`` is weighted over the strata, ``adjusted`` also for the pre-period.
    not_estimable : dict of str to str
        Outcomes that cannot be estimated, with the reason.
    roi : Roi
        Its ledger holds the costs of all campaigns in the period, by type, and the programme's own.
    months : tuple of MonthLift
        Months at whose end the lift could be estimated.
    campaigns : tuple of CampaignPart
    sum_of_campaigns : Estimate or None
        The campaigns' own profits added up; None where none can be read.
    reach : dict of str to int or None
        Texted customers by role, see `read_reach`; None where the store has no messages.
    checks : tuple of Check
    missing : dict of str to str
        Tables that the store lacks, with what the report therefore cannot say.
    store_fingerprint : str
    """

    campaign: Campaign
    as_of: datetime
    period: Period
    pre_days: int
    exposure_days: float
    cohorts: tuple[Cohort, ...]
    n_strata: int
    lift: dict[str, OutcomeLift]
    not_estimable: dict[str, str]
    roi: Roi
    months: tuple[MonthLift, ...]
    campaigns: tuple[CampaignPart, ...]
    sum_of_campaigns: Estimate | None
    reach: dict[str, int] | None
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
    def confidence_level(self) -> float:
        """The confidence level of every interval of the record."""
        return self.roi.confidence_level

    @property
    def is_over(self) -> bool:
        """Whether the whole planned period is counted."""
        return self.period.until >= self.period.ends_at
