"""From a store to one record of everything that a campaign's report shows.

Here tables meet numbers: one collecting query each for customers, days and costs, then arithmetic
on what they return.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from ibis import _

from smsroi_models.attribution.campaigns import (
    Campaign,
    Readiness,
    read_campaign,
    read_last_order_at,
    read_readiness,
)
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.daily import collect_daily
from smsroi_models.attribution.design_checks import enough_power, held_out_alike, other_campaigns
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.estimates import (
    OutcomeLift,
    campaign_lifts,
    daily_lift,
    usable_covariates,
)
from smsroi_models.attribution.gates import campaign_checks, ranked
from smsroi_models.attribution.lasting import gain_kept
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import (
    PRE_PERIOD_COLUMNS,
    orders_in_reach,
    outcomes,
    ready_customers,
)
from smsroi_models.attribution.overlap import collect_overlap, collect_strata
from smsroi_models.attribution.reached import with_received
from smsroi_models.attribution.running import (
    cut_window,
    read_so_far,
    sequential_lifts,
    with_still_running,
)
from smsroi_models.attribution.segment_records import Segments
from smsroi_models.attribution.segmented import check_segments_by
from smsroi_models.attribution.sequential import planned_variance
from smsroi_models.attribution.spending import Texts, collect_costs, collect_texts
from smsroi_models.attribution.winsorised import collect_caps, with_capped
from smsroi_models.beside import follow_up, outlier_checks, reached_lift
from smsroi_models.decision import DecisionRule
from smsroi_models.errors import NotEstimableError, NotReadyError
from smsroi_models.left_after import read_campaign_audience
from smsroi_models.long_term import read_long_term
from smsroi_models.planning.reading import plan_checks
from smsroi_models.planning.recorded import collect_plan
from smsroi_models.result import CampaignResult
from smsroi_models.roi import CostLine, Roi, return_on_investment
from smsroi_models.segments import read_segments
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
from smsroi_models.store.absent import missing_tables
from smsroi_models.store.connect import Store
from smsroi_models.surveys import read_campaign_survey
from smsroi_models.systems import read_systems
from smsroi_models.tracked import read_comparison


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
    rule = rule or (plan.rule if plan else DecisionRule())
    planned = campaign, readiness
    running = read_so_far(campaign, readiness, moment) if so_far else None
    if running:
        campaign = cut_window(campaign, running)
        readiness = read_readiness(store, campaign, moment)
    _require_ready(campaign, readiness, moment)

    customers = outcomes(store, campaign, moment, pre_days=pre_days)
    caps = collect_caps(customers)
    if caps:
        customers = with_capped(customers, caps)
    if "messages" in store:
        customers = with_received(store, campaign, customers)
    measured = [n for n in customers.columns if n not in ("customer_id", "arm", "assigned_at")]
    checked = {"margin_cubed": _.margin**3, "assigned_day": _.assigned_at.epoch_seconds() / 86_400}
    treated, held = collect_moments(customers.mutate(**checked), [*measured, *checked])
    covariates = usable_covariates(treated, held, PRE_PERIOD_COLUMNS if pre_days else ())
    targets = [name for name in measured if name not in (*PRE_PERIOD_COLUMNS, "received")]
    lift, reasons = campaign_lifts(treated, held, targets, covariates, confidence_level)
    _require_money(lift, reasons)

    in_window = orders_in_reach(store, campaign, ready_customers(store, campaign, moment), 0)
    added = collect_daily(in_window, customers, "margin", covariates, campaign.window_days)
    planned_days = running.window_days if running else campaign.window_days
    daily = daily_lift(
        added,
        treated,
        held,
        covariates,
        confidence_level,
        planned_variance=_planned_variance(treated, held, campaign, planned_days, pre_days),
        planned_days=planned_days,
    )
    if running:
        lift = sequential_lifts(lift, daily[-1].information)
    texts = collect_texts(store, campaign, moment) if "messages" in store else None
    costs = collect_costs(store, campaign) if "costs" in store else {}
    margin = lift["margin"].headline
    roi = return_on_investment(lift["revenue"].headline, margin, _ledger(texts, costs, readiness))
    segments, not_compared = _segments(
        store, campaign, moment, None if running else segments_by, confidence_level, pre_days
    )
    later = (
        None
        if running
        else follow_up(
            store,
            campaign,
            readiness,
            moment,
            pre_days=pre_days,
            confidence_level=confidence_level,
        )
    )
    tracked = read_comparison(
        store,
        campaign,
        moment,
        (treated, held),
        lift["revenue"].headline,
        pre_days=pre_days,
        running=running is not None,
    )
    long_term = (
        read_long_term(
            store,
            campaign,
            readiness,
            moment,
            later,
            roi,
            pre_days=pre_days,
            window_arms=(treated, held),
            covariates=margin.covariates,
            margin_per_text=margin_per_text,
        )
        if later
        else None
    )
    said, not_said = (
        (None, "It is told once the campaign is over.")
        if running
        else read_campaign_survey(store, campaign, moment, confidence_level=confidence_level)
    )
    checks: Sequence[Check] = [
        *campaign_checks(
            campaign,
            readiness,
            moment,
            last_order_at,
            (treated, held),
            texts,
            bool(costs),
            warnings,
            confidence_level,
        ),
        *plan_checks(
            plan,
            *planned,
            pre_days=pre_days,
            covariates=margin.covariates,
            confidence_level=confidence_level,
            rule=rule,
        ),
        *_design_checks(store, campaign, moment, margin),
        *outlier_checks(lift, caps, roi.cost, campaign.currency),
        *([gain_kept(later, roi.cost)] if later else []),
        # Before the last day no test is as precise as it was planned to be.
        *([] if running else _power_checks(roi, margin)),
    ]
    if running:
        checks = with_still_running(checks, running, readiness)
        # Under a flat prior it would pass any level on some day, were it read every day.
        roi = replace(roi, probability_of_profit=None)
    return CampaignResult(
        campaign=campaign,
        as_of=moment,
        pre_days=pre_days,
        readiness=readiness,
        texts=texts,
        lift=lift,
        not_estimable=reasons,
        roi=roi,
        daily=daily,
        checks=ranked(checks),
        missing=missing_tables(store),
        store_fingerprint=store.fingerprint_as_read(),
        so_far=running,
        plan=plan,
        rule=rule,
        caps=caps,
        after_window=later,
        segments=segments,
        not_compared=not_compared,
        tracked=tracked,
        systems=read_systems(store, campaign, moment, confidence_level),
        reached=None if running else reached_lift(treated, held, covariates, confidence_level),
        long_term=long_term,
        said=said,
        not_said=not_said,
        audience=(
            None
            if running
            else read_campaign_audience(store, campaign, readiness, moment, confidence_level)
        ),
    )


def _segments(
    store: Store,
    campaign: Campaign,
    as_of: datetime,
    by: str | None,
    confidence_level: float,
    pre_days: int,
) -> tuple[Segments | None, str]:
    """Return the lifts of segments, or why there are none."""
    if by is None:
        return None, "Segments are compared at the end of a campaign, where they are asked for."
    if "customers" not in store:
        return None, "The store has no table of customers, so no segments."
    try:
        found = read_segments(
            store, campaign, as_of, by, confidence_level=confidence_level, pre_days=pre_days
        )
    except NotEstimableError as reason:
        return None, f"Segments cannot be compared: {reason}."
    if len(found.segments) + len(found.not_tested) < 2:
        return None, f"All customers counted have the same {by}."
    return found, ""


def _design_checks(store: Store, campaign: Campaign, as_of: datetime, margin: Lift) -> list[Check]:
    alike = held_out_alike(collect_strata(store, campaign))
    checks = [alike] if alike else []
    if "messages" in store:
        counted = margin.n_treatment, margin.n_holdout
        checks.append(other_campaigns(collect_overlap(store, campaign, as_of), counted))
    return checks


def _power_checks(roi: Roi, margin: Lift) -> list[Check]:
    power = enough_power(roi, margin)
    return [power] if power else []


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


def _planned_variance(
    treated: Moments, held: Moments, campaign: Campaign, planned_days: int, pre_days: int
) -> float | None:
    """Return the variance of the margin lift to expect, from the days before assignment."""
    if not pre_days:
        return None
    factor = campaign.margin_rate**2 * planned_days / pre_days
    return planned_variance(treated, held, "pre_revenue", factor)


def _require_money(lift: dict[str, OutcomeLift], reasons: dict[str, str]) -> None:
    for name in ("revenue", "margin"):
        if name not in lift:
            raise NotEstimableError(
                f"{name} is not estimable: {reasons[name]}. Where it should differ between "
                "customers, look at orders.revenue, cost_of_goods and the campaign's margin_rate"
            )


def _ledger(
    texts: Texts | None, costs: dict[str, float], readiness: Readiness
) -> list[CostLine] | None:
    """Return the ledger, or None where nothing at all is known of the cost."""
    share = readiness.ready["treatment"] / readiness.assigned["treatment"]
    lines = [CostLine(name, amount, amount * share) for name, amount in costs.items()]
    if texts is not None and texts.priced:
        lines.insert(0, CostLine("texts", texts.amount, texts.amount))
    return lines or None
