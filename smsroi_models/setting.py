"""What is asked of a campaign's holdout, and what its store can answer: read before any figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from smsroi_models.attribution.campaigns import (
    Campaign,
    Readiness,
    read_campaign,
    read_last_order_at,
    read_readiness,
)
from smsroi_models.attribution.running import SoFar, cut_window, read_so_far
from smsroi_models.attribution.segmented import check_segments_by
from smsroi_models.decision import DecisionRule
from smsroi_models.errors import NotEstimableError, NotReadyError
from smsroi_models.planning.record import Plan
from smsroi_models.planning.recorded import collect_plan
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
from smsroi_models.store.checks import Finding
from smsroi_models.store.connect import Store


@dataclass(frozen=True, slots=True)
class Setting:
    """A campaign whose holdout can be read.

    Attributes
    ----------
    store : Store
    campaign : Campaign
        Of a campaign read so far its window is cut to the days counted.
    readiness : Readiness
        Of that window.
    planned : pair of Campaign and Readiness
        With the window as planned.
    as_of, last_order_at : datetime
        UTC.
    confidence_level : float
    pre_days : int
    segments_by : str or None
    plan : Plan or None
    rule : DecisionRule
        What the decision follows: the one asked for, the plan's, or a profit above zero.
    running : SoFar or None
        How far it is, where it still runs.
    warnings : tuple of Finding
        What the store's check remarks on.
    """

    store: Store
    campaign: Campaign
    readiness: Readiness
    planned: tuple[Campaign, Readiness]
    as_of: datetime
    last_order_at: datetime
    confidence_level: float
    pre_days: int
    segments_by: str | None
    plan: Plan | None
    rule: DecisionRule
    running: SoFar | None
    warnings: Sequence[Finding]

    @property
    def planned_days(self) -> int:
        """Days of the window as planned."""
        return self.planned[0].window_days


def read_setting(
    store: Store,
    campaign_id: str,
    as_of: datetime | date | str | None,
    *,
    confidence_level: float,
    pre_days: int,
    so_far: bool,
    segments_by: str | None,
    rule: DecisionRule | None,
) -> Setting:
    """Return the setting of `analyze_campaign`, whose parameters these are.

    Raises
    ------
    StoreError, DataError, NotReadyError, NotEstimableError, ParameterError
        As `analyze_campaign`.
    """
    check_parameters(confidence_level, pre_days, so_far)
    warnings = require_sound(store, "a campaign's lift")
    if segments_by is not None and "customers" in store:
        check_segments_by(store, segments_by)
    campaign = read_campaign(store, campaign_id)
    last_order_at = read_last_order_at(store)
    moment = parse_as_of(as_of) if as_of is not None else horizon(last_order_at)
    readiness = read_readiness(store, campaign, moment)
    _require_arms(campaign, readiness)
    plan = collect_plan(store, campaign_id) if "plans" in store else None
    planned = campaign, readiness
    running = read_so_far(campaign, readiness, moment) if so_far else None
    if running:
        campaign = cut_window(campaign, running)
        readiness = read_readiness(store, campaign, moment)
    _require_ready(campaign, readiness, moment)
    return Setting(
        store=store,
        campaign=campaign,
        readiness=readiness,
        planned=planned,
        as_of=moment,
        last_order_at=last_order_at,
        confidence_level=confidence_level,
        pre_days=pre_days,
        segments_by=segments_by,
        plan=plan,
        rule=rule or (plan.rule if plan else DecisionRule()),
        running=running,
        warnings=warnings,
    )


def _require_arms(campaign: Campaign, readiness: Readiness) -> None:
    empty = [arm for arm, count in readiness.assigned.items() if not count]
    if empty:
        raise NotEstimableError(
            f"campaign {campaign.campaign_id!r} has nobody in {' and '.join(empty)}: what it "
            "caused can only be read against a randomised holdout; record the assignments of both "
            "arms"
        )


def _require_ready(campaign: Campaign, readiness: Readiness, as_of: datetime) -> None:
    waiting = [arm for arm, count in readiness.ready.items() if not count]
    if not waiting:
        return
    assert readiness.first_ready_at is not None
    begins = readiness.first_ready_at - timedelta(days=campaign.window_days)
    if as_of < begins:
        raise NotReadyError(
            f"campaign {campaign.campaign_id!r} has not begun as of {as_of:%Y-%m-%d %H:%M} UTC: "
            f"its first customer is assigned {begins:%Y-%m-%d %H:%M} UTC; the first window ends "
            f"{readiness.first_ready_at:%Y-%m-%d %H:%M} UTC, the last "
            f"{readiness.last_ready_at:%Y-%m-%d %H:%M} UTC: read it then"
        )
    raise NotReadyError(
        f"campaign {campaign.campaign_id!r} cannot be read as of {as_of:%Y-%m-%d %H:%M} UTC: no "
        f"{campaign.window_days}-day window is over in {' and '.join(waiting)}. The first window "
        f"ends {readiness.first_ready_at:%Y-%m-%d %H:%M} UTC, the last "
        f"{readiness.last_ready_at:%Y-%m-%d %H:%M} UTC: read it then, or, where the orders reach "
        "that far already, pass as_of. What it earned up to now, it tells with so_far=True "
        "(smsroi report --so-far)"
    )
