"""From a store to one record of everything that a campaign's report shows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from smsroi_models.attribution.campaigns import Readiness
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.design_checks import enough_power, held_out_alike, other_campaigns
from smsroi_models.attribution.gates import campaign_checks, ranked
from smsroi_models.attribution.lasting import gain_kept
from smsroi_models.attribution.overlap import collect_overlap, collect_strata
from smsroi_models.attribution.pull_forward import PullForward
from smsroi_models.attribution.running import with_still_running
from smsroi_models.attribution.segment_records import Segments
from smsroi_models.attribution.spending import Texts, collect_costs, collect_texts
from smsroi_models.beside import follow_up, outlier_checks, reached_lift
from smsroi_models.decision import DecisionRule
from smsroi_models.errors import NotEstimableError
from smsroi_models.left_after import read_campaign_audience
from smsroi_models.long_term import read_long_term
from smsroi_models.planning.reading import plan_checks
from smsroi_models.result import CampaignResult
from smsroi_models.roi import CostLine, Roi, return_on_investment
from smsroi_models.segments import read_segments
from smsroi_models.setting import Setting, read_setting
from smsroi_models.store.absent import missing_tables
from smsroi_models.store.connect import Store
from smsroi_models.surveys import read_campaign_survey
from smsroi_models.systems import read_systems
from smsroi_models.tracked import read_comparison
from smsroi_models.window_lift import Window, read_window

_AT_THE_END = "It is told once the campaign is over."


def analyze_campaign(
    store: Store,
    campaign_id: str,
    as_of: datetime | date | str | None = None,
    *,
    confidence_level: float = 0.95,
    pre_days: int = 90,
    so_far: bool = False,
    rule: DecisionRule | None = None,
    segments_by: str | None = "segment",
    margin_per_text: float | None = None,
) -> CampaignResult:
    """Measure what a campaign earned, from the store's tables.

    Parameters
    ----------
    store : Store
    campaign_id : str
    as_of : datetime, date or str, optional
        Instant with a zone, or date (its midnight in UTC), or either as ISO text. By default the
        midnight that begins the last day with an order anywhere in the store: the data's own
        horizon, so that the same data give the same report.
    confidence_level : float
        In (0, 1).
    pre_days : int
        Length of the pre-period that the figures are adjusted for, days; 0 for no adjustment.
    so_far : bool
        Read a campaign that is still running, over the whole days that every assigned customer has
        had, against its whole cost. Its intervals are those of a confidence sequence and may be
        read every day. Once every planned window is over this changes nothing: the reading is then
        the final one, planned for that day, with the interval of a single look.
    rule : DecisionRule, optional
        What the decision follows; by default the plan's, or a profit above zero.
    segments_by : str, optional
        Text column of ``customers`` whose values are compared with each other, chosen before
        looking; None for no comparison. A running campaign has none.
    margin_per_text : float, optional
        What a text earns, store currency, before its price: by it the subscriptions are valued that
        the campaign cost. By default pooled over the other campaigns' own holdouts.

    Raises
    ------
    StoreError
        If the store breaks its contract.
    DataError
        If there is no such campaign, or ``as_of`` is not given and an order lies in the future.
    NotReadyError
        If no window is over yet, or, with ``so_far``, if not everybody has had a day; the text
        says when.
    NotEstimableError
        If an arm is empty or nobody in it bought anything.
    ParameterError
        If a parameter lies outside its range.
    """
    setting = read_setting(
        store,
        campaign_id,
        as_of,
        confidence_level=confidence_level,
        pre_days=pre_days,
        so_far=so_far,
        segments_by=segments_by,
        rule=rule,
    )
    campaign, moment, running = setting.campaign, setting.as_of, setting.running
    window = read_window(setting)
    texts = collect_texts(store, campaign, moment) if "messages" in store else None
    costs = collect_costs(store, campaign) if "costs" in store else {}
    ledger = _ledger(texts, costs, setting.readiness)
    roi = return_on_investment(window.revenue, window.margin, ledger)
    segments, not_compared = _segments(setting)
    tracked = read_comparison(
        store,
        campaign,
        moment,
        window.arms,
        window.revenue,
        pre_days=pre_days,
        running=bool(running),
    )
    later = None if running else _follow_up(setting)
    said, not_said = (
        (None, _AT_THE_END)
        if running
        else read_campaign_survey(store, campaign, moment, confidence_level=confidence_level)
    )
    return CampaignResult(
        campaign=campaign,
        as_of=moment,
        pre_days=pre_days,
        readiness=setting.readiness,
        texts=texts,
        lift=window.lift,
        not_estimable=window.not_estimable,
        # Under a flat prior it would pass any level on some day, were it read every day.
        roi=replace(roi, probability_of_profit=None) if running else roi,
        daily=window.daily,
        checks=_checks(setting, window, roi, texts, bool(costs), later),
        missing=missing_tables(store),
        store_fingerprint=store.fingerprint_as_read(),
        so_far=running,
        plan=setting.plan,
        rule=setting.rule,
        caps=window.caps,
        after_window=later,
        segments=segments,
        not_compared=not_compared,
        tracked=tracked,
        systems=read_systems(store, campaign, moment, confidence_level),
        reached=(
            None if running else reached_lift(*window.arms, window.covariates, confidence_level)
        ),
        long_term=(
            read_long_term(
                store,
                campaign,
                setting.readiness,
                moment,
                later,
                roi,
                pre_days=pre_days,
                window_arms=window.arms,
                covariates=window.margin.covariates,
                margin_per_text=margin_per_text,
            )
            if later
            else None
        ),
        said=said,
        not_said=not_said,
        audience=(
            None
            if running
            else read_campaign_audience(
                store, campaign, setting.readiness, moment, confidence_level
            )
        ),
    )


def _segments(setting: Setting) -> tuple[Segments | None, str]:
    """Return the lifts of segments, or why there are none."""
    by = setting.segments_by
    if by is None or setting.running:
        return None, "Segments are compared at the end of a campaign, where they are asked for."
    if "customers" not in setting.store:
        return None, "The store has no table of customers, so no segments."
    try:
        found = read_segments(
            setting.store,
            setting.campaign,
            setting.as_of,
            by,
            confidence_level=setting.confidence_level,
            pre_days=setting.pre_days,
        )
    except NotEstimableError as reason:
        return None, f"Segments cannot be compared: {reason}."
    if len(found.segments) + len(found.not_tested) < 2:
        return None, f"All customers counted have the same {by}."
    return found, ""


def _follow_up(setting: Setting) -> PullForward:
    return follow_up(
        setting.store,
        setting.campaign,
        setting.readiness,
        setting.as_of,
        pre_days=setting.pre_days,
        confidence_level=setting.confidence_level,
    )


def _checks(
    setting: Setting,
    window: Window,
    roi: Roi,
    texts: Texts | None,
    costs_known: bool,
    later: PullForward | None,
) -> tuple[Check, ...]:
    found: Sequence[Check] = [
        *campaign_checks(
            setting.campaign,
            setting.readiness,
            setting.as_of,
            setting.last_order_at,
            window.arms,
            texts,
            costs_known,
            setting.warnings,
            setting.confidence_level,
        ),
        *plan_checks(
            setting.plan,
            *setting.planned,
            pre_days=setting.pre_days,
            covariates=window.margin.covariates,
            confidence_level=setting.confidence_level,
            rule=setting.rule,
        ),
        *_design_checks(setting, window),
        *outlier_checks(window.lift, window.caps, roi.cost, setting.campaign.currency),
        *([gain_kept(later, roi.cost)] if later else []),
        # Before the last day no test is as precise as it was planned to be.
        *([] if setting.running else _power_checks(roi, window)),
    ]
    if setting.running:
        found = with_still_running(found, setting.running, setting.readiness)
    return ranked(found)


def _design_checks(setting: Setting, window: Window) -> list[Check]:
    alike = held_out_alike(collect_strata(setting.store, setting.campaign))
    checks = [alike] if alike else []
    if "messages" in setting.store:
        counted = window.margin.n_treatment, window.margin.n_holdout
        overlap = collect_overlap(setting.store, setting.campaign, setting.as_of)
        checks.append(other_campaigns(overlap, counted))
    return checks


def _power_checks(roi: Roi, window: Window) -> list[Check]:
    power = enough_power(roi, window.margin)
    return [power] if power else []


def _ledger(
    texts: Texts | None, costs: dict[str, float], readiness: Readiness
) -> list[CostLine] | None:
    """Return the ledger, or None where nothing at all is known of the cost."""
    share = readiness.ready["treatment"] / readiness.assigned["treatment"]
    lines = [CostLine(name, amount, amount * share) for name, amount in costs.items()]
    if texts is not None and texts.priced:
        lines.insert(0, CostLine("texts", texts.amount, texts.amount))
    return lines or None
