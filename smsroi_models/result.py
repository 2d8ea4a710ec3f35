"""The record of everything that a campaign's report shows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.compliance import ComplierLift
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.estimates import (
    DayLift,
    OutcomeLift,
    first_clear_day,
    payback_day,
)
from smsroi_models.attribution.lasting import lost_again
from smsroi_models.attribution.outliers import OUTLIERS
from smsroi_models.attribution.pull_forward import PullForward
from smsroi_models.attribution.running import SoFar
from smsroi_models.attribution.segment_records import Segments
from smsroi_models.attribution.spending import Texts
from smsroi_models.attribution.tracked_records import RuleComparison
from smsroi_models.attribution.winsorised import Caps
from smsroi_models.audience.campaign_audience import CampaignAudience
from smsroi_models.clv.long_term_records import LongTerm
from smsroi_models.decision import Decision, DecisionRule, decide
from smsroi_models.planning.record import Plan
from smsroi_models.records import Record
from smsroi_models.roi import Outcome, Roi
from smsroi_models.survey_result import SurveyResult
from smsroi_models.systems import Systems


@dataclass(frozen=True, slots=True)
class CampaignResult(Record):
    """Everything that a campaign's report shows.

    Attributes
    ----------
    campaign : Campaign
        Read so far, its ``window_days`` are the days counted.
    as_of : datetime
        UTC; only customers whose window is over by then are counted.
    pre_days : int
    readiness : Readiness
    texts : Texts or None
        None where the store has no messages.
    lift : dict of str to OutcomeLift
        By outcome, per assigned customer: ``revenue``, ``margin``, ``orders``, ``converted``,
        where anybody bought ``revenue_capped`` and ``margin_capped``, and, where known,
        ``opted_out``.
    not_estimable : dict of str to str
        Outcomes that cannot be estimated, with the reason.
    roi : Roi
    daily : tuple of DayLift
        Days on which the lift could be estimated.
    checks : tuple of Check
    missing : dict of str to str
        Tables that the store lacks, with what the report therefore cannot say.
    store_fingerprint : str
    so_far : SoFar or None
        Of a campaign read while it is running: every interval of ``lift`` and ``roi`` is then one
        of a confidence sequence, which may be read every day. None for the final reading.
    plan : Plan or None
        As recorded before the campaign; None where the store has none.
    rule : DecisionRule
        What ``decision`` follows.
    caps : Caps or None
        Where spend was cut for the capped outcomes; None where nobody bought.
    after_window : PullForward or None
        What became of the gain after the window; None while the campaign runs.
    segments : Segments or None
        The margin's lift by segment; None where segments were not compared.
    not_compared : str
        Why not; empty where they were.
    tracked : RuleComparison or None
        What platforms would credit the campaign with; None where the store has no touches.
    systems : Systems or None
        What links, coupons, calls and events show up to ``as_of``.
    reached : ComplierLift or None
        The margin's lift per customer whom the text reached; None where the store does not tell
        who was, or assignment hardly changed it.
    long_term : LongTerm or None
        What the campaign comes to beyond its window; None while it runs.
    said : SurveyResult or None
        What customers answered to the campaign's survey; None while it runs, or without answers.
    not_said : str
        Why not; empty where they did.
    audience : CampaignAudience or None
        Who left the list; None while it runs and where the store has no subscriptions.
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
    so_far: SoFar | None = None
    plan: Plan | None = None
    rule: DecisionRule = field(default_factory=DecisionRule)
    caps: Caps | None = None
    after_window: PullForward | None = None
    segments: Segments | None = None
    not_compared: str = ""
    tracked: RuleComparison | None = None
    systems: Systems | None = None
    reached: ComplierLift | None = None
    long_term: LongTerm | None = None
    said: SurveyResult | None = None
    not_said: str = ""
    audience: CampaignAudience | None = None

    @property
    def outcome(self) -> Outcome | Literal["invalid"]:
        """``invalid`` where a failed check leaves nothing to compare; otherwise the ROI's.

        A running campaign that has not earned its cost so far is ``unclear``, because the days
        left may earn it; it is ``lost`` only where even the margin fell.
        """
        if self.invalidated_by:
            return "invalid"
        behind = self.roi.outcome == "lost" and self.roi.incremental_margin.ci_upper >= 0
        return "unclear" if self.so_far and behind else self.roi.outcome

    @property
    def invalidated_by(self) -> Check | None:
        """The first failed check that no verdict can be given against; None if there is none."""
        return next((check for check in self.checks if check.invalidates), None)

    @property
    def decision(self) -> Decision:
        """What to do next, by ``rule``.

        A campaign whose gain was lost again after the window is not repeated but changed. Where few
        customers carry the answer, their orders are looked at first.
        A running campaign is never stopped or changed by it before its last day, unless even the
        margin fell: until then the days left may earn the cost.
        """
        comparable = self.invalidated_by is None
        found = decide(self.roi, self.lift["margin"].headline, self.rule, comparable=comparable)
        if self.so_far and self.outcome == "unclear":
            return Decision("wait", None)
        if self.carried_by_few:
            return Decision("mend first", None)
        if found.action == "repeat" and self.lost_again:
            return Decision("change", None)
        return found

    @property
    def carried_by_few(self) -> Check | None:
        """The failed check on extremes; None where the answer hangs on no few customers."""
        found = (check for check in self.checks if check.name == OUTLIERS)
        return next((check for check in found if check.status == "failed"), None)

    @property
    def lost_again(self) -> bool:
        """Whether the window's gain was clearly lost again, so that its profit does not stand."""
        return self.after_window is not None and lost_again(self.after_window, self.roi.cost)

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
        """The day from which the sequence of the margin stays above the cost; None if none."""
        if self.roi.cost is None:
            return None
        return payback_day(self.daily, self.roi.cost)

    @property
    def clear_of_zero(self) -> DayLift | None:
        """The first day on which a daily reader could tell that the margin changed."""
        return first_clear_day(self.daily)

    @property
    def above_cost(self) -> DayLift | None:
        """The first day on which a daily reader could tell that the cost was earned."""
        if self.roi.cost is None:
            return None
        return first_clear_day(self.daily, self.roi.cost, above_only=True)
