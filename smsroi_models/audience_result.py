"""The record of everything that the report on the audience's health shows."""

from dataclasses import dataclass
from datetime import date, datetime

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.audience.control_chart import ControlChart
from smsroi_models.audience.counts import AskedToStop, CampaignCounts
from smsroi_models.audience.fatigue_records import Fatigue
from smsroi_models.audience.list_growth import ListGrowth
from smsroi_models.audience.rates import Rate
from smsroi_models.audience.survival import LogRank, SurvivalCurve
from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class CampaignRates(Record):
    """What a campaign's texts were followed by, as rates.

    Attributes
    ----------
    counts : CampaignCounts
    opt_outs_per_text : Rate
        Opt-outs within seven days of a delivered text, per delivered text; Wilson's interval.
    opt_outs_per_subscriber : Rate or None
        The same opt-outs over the subscribers at the campaign's start; None where that is not
        known.
    opt_ins_per_text, opt_ins_per_subscriber : Rate or None
        Opt-ins that name the campaign; they are no part of texts or subscribers, so that the
        interval is that of a count (Garwood's).
    caused : Lift or None
        Difference in the share who opted out within the outcome window, texted less held out; None
        without a holdout, before the windows are over, or where an arm lost nobody.
    why_not : str
        Why ``caused`` is None; empty where it is not.
    opt_outs_caused : Estimate or None
        Customers who opted out because of it; also where one arm lost nobody, by Agresti and
        Caffo's interval. None where neither did, and without a comparison.
    """

    counts: CampaignCounts
    opt_outs_per_text: Rate
    opt_outs_per_subscriber: Rate | None
    opt_ins_per_text: Rate
    opt_ins_per_subscriber: Rate | None
    caused: Lift | None
    why_not: str
    opt_outs_caused: Estimate | None


@dataclass(frozen=True, slots=True)
class CohortSurvival(Record):
    """How long those stayed who opted in in one quarter; ``starts`` is its first day."""

    starts: date
    survival: SurvivalCurve


@dataclass(frozen=True, slots=True, eq=False)
class AudienceResult(Record):
    """Who joined and who left the list, how long subscribers stay, and what the texts did to it.

    Attributes
    ----------
    as_of : datetime
        UTC. Records up to it count.
    records_start : datetime or None
        UTC; when opt-outs began to be recorded, where that was said.
    confidence_level : float
        Of every interval.
    asked : AskedToStop or None
        Those who asked to stop and may still be texted; None without a table ``replies``.
    growth : ListGrowth or None
        None where no opt-in is known.
    survival : SurvivalCurve or None
        Of all spells; None where too few were followed.
    by_source : dict of str to SurvivalCurve
        The largest source first; sources with too few spells are left out.
    by_cohort : tuple of CohortSurvival
        By quarter of opt-in, oldest first.
    sources_differ : LogRank or None
        Whether the sources leave at the same pace; None where that cannot be tested.
    campaigns : tuple of CampaignRates
        In the order in which they started.
    chart : ControlChart or None
    fatigue : Fatigue or None
        What frequent texts do; None where holdouts do not tell.
    currency : str
        Of the store; empty where it has no campaign.
    not_told : dict of str to str
        By the name of a field that is None or empty, why.
    checks : tuple of Check
        Failed ones first.
    missing : dict of str to str
        Tables that the store lacks, with what the report therefore cannot say.
    store_fingerprint : str
    locale : str
        In which reports write money, numbers and dates.
    """

    as_of: datetime
    records_start: datetime | None
    confidence_level: float
    asked: AskedToStop | None
    growth: ListGrowth | None
    survival: SurvivalCurve | None
    by_source: dict[str, SurvivalCurve]
    by_cohort: tuple[CohortSurvival, ...]
    sources_differ: LogRank | None
    campaigns: tuple[CampaignRates, ...]
    chart: ControlChart | None
    fatigue: Fatigue | None
    currency: str
    not_told: dict[str, str]
    checks: tuple[Check, ...]
    missing: dict[str, str]
    store_fingerprint: str
    locale: str = DEFAULT_LOCALE

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status == "failed")
