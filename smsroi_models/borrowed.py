"""A campaign without a holdout, corrected by what campaigns with one say of tracked revenue.

    incremental revenue = tracked revenue x (incremental / tracked of one more campaign)

Borrowed evidence: nobody of this campaign was held out, and nothing in it can show that the factor
of others holds for it too.
"""

from collections.abc import Sequence
from datetime import date, datetime

from smsroi_models.attribution import links
from smsroi_models.attribution.borrowed_records import Borrowed, BorrowedByTouch, times
from smsroi_models.attribution.campaigns import (
    Campaign,
    Readiness,
    Tables,
    read_campaign,
    read_last_order_at,
    read_readiness,
)
from smsroi_models.attribution.credit_totals import TextedCredit, collect_texted_credit
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.factor_records import IncrementalityFactors, TouchFactors
from smsroi_models.attribution.pooled_factors import FEWEST, read
from smsroi_models.attribution.rules import BOT_RULES, rules_by_touch
from smsroi_models.attribution.spending import read_booked
from smsroi_models.attribution.student import interval
from smsroi_models.errors import DataError, NotEstimableError, NotReadyError, ParameterError
from smsroi_models.factors import TOUCHES, read_factors
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
from smsroi_models.store.connect import Store

LEADING = "click"
"""The touch that leads: what platforms report. Chosen here, not by what a campaign's data give."""


def borrowed_roi(
    store: Store,
    campaign_id: str,
    as_of: datetime | date | str | None = None,
    *,
    touch: str = LEADING,
    confidence_level: float = 0.95,
    pre_days: int = 90,
) -> Borrowed:
    """Return what a campaign without a holdout brought, were it as incremental as others were.

    Borrowed evidence, for a campaign that `counterfactual_roi` refuses or to hold beside it. The
    intervals are prediction intervals: they hold the sampling error of the factors, how much
    campaigns differ, and the sampling error of this campaign's tracked revenue; not that this
    campaign may be of another kind.

    Parameters
    ----------
    store : Store
    campaign_id : str
        One that held nobody out.
    as_of : datetime, date or str, optional
        As for `analyze_campaign`. Campaigns whose windows end later are no evidence.
    touch : str
        Among those of `attribution.rules.rules_by_touch`; to be chosen before the figures are seen.
    confidence_level : float
        In (0, 1).
    pre_days : int
        Length of the pre-period that the evidence is adjusted for, days.

    Raises
    ------
    StoreError
        If the store breaks its contract.
    DataError
        If there is no such campaign, or somebody was held out (use `analyze_campaign`).
    NotReadyError
        If a window is not over yet.
    NotEstimableError
        If fewer than three campaigns have a factor, or nothing was tracked of this one.
    ParameterError
        If a parameter lies outside its range, or there is no such touch.
    """
    check_parameters(confidence_level, pre_days)
    if touch not in TOUCHES:
        raise ParameterError(f"touch is {touch!r}: choose among {', '.join(TOUCHES)}")
    require_sound(store, "what a campaign earned")
    campaign = read_campaign(store, campaign_id)
    moment = parse_as_of(as_of) if as_of is not None else horizon(read_last_order_at(store))
    readiness = read_readiness(store, campaign, moment)
    _require_none_held_out(campaign, readiness)
    _require_over(campaign, readiness, moment)
    factors = read_factors(store, moment, [touch], confidence_level, pre_days, FEWEST)
    assigned = readiness.assigned["treatment"]
    found = borrowed_by_touch(store, campaign, assigned, moment, factors, touch)
    if found.leading is None:
        raise NotEstimableError(found.refused[touch])
    return found.leading


def read_borrowed(
    store: Tables,
    campaign: Campaign,
    assigned: int,
    as_of: datetime,
    confidence_level: float,
    *,
    touches: Sequence[str] = TOUCHES,
    pre_days: int = 90,
) -> BorrowedByTouch:
    """Return the same by every kind of touch, for a campaign that was read already."""
    factors = read_factors(store, as_of, touches, confidence_level, pre_days, FEWEST)
    return borrowed_by_touch(store, campaign, assigned, as_of, factors)


def borrowed_by_touch(
    store: Tables,
    campaign: Campaign,
    assigned: int,
    as_of: datetime,
    factors: IncrementalityFactors,
    leading: str = LEADING,
) -> BorrowedByTouch:
    """Return what each kind of touch says, by factors that were read already.

    Parameters
    ----------
    store, campaign, as_of
        As for `touches.ledger`.
    assigned : int
        Customers in treatment; all their windows are over.
    factors : IncrementalityFactors
    leading : str
        The touch that leads.
    """
    pooled = {each.touch: each for each in factors.touches if each.revenue}
    refused = {each.touch: each.not_pooled for each in factors.touches if not each.revenue}
    found: dict[str, Borrowed] = {}
    if pooled:
        rules = {n: r for n, r in rules_by_touch(campaign.window_days).items() if n in pooled}
        credited = collect_texted_credit(store, campaign, as_of, rules)
        cost = read_booked(store, campaign, as_of)
        for name, touch in pooled.items():
            if assigned < 2 or name not in credited or credited[name].revenue <= 0:
                refused[name] = f"no revenue of this campaign was tracked by: {touch.label}"
                continue
            found[name] = _borrowed(
                campaign, touch, credited[name], assigned, cost, factors.confidence_level
            )
    return BorrowedByTouch(
        leading, found, refused, factors.left_out, _clicks(store, campaign, as_of)
    )


def _clicks(store: Tables, campaign: Campaign, as_of: datetime) -> dict[str, int]:
    if not all(name in store for name in links.NEEDED):
        return {}
    found = links.collect_links(store, campaign, as_of)
    return {name: found.clicks_under(name) for name in BOT_RULES} if found.clicks else {}


def _borrowed(
    campaign: Campaign,
    touch: TouchFactors,
    credited: TextedCredit,
    assigned: int,
    cost: float | None,
    confidence_level: float,
) -> Borrowed:
    assert touch.revenue is not None and touch.margin is not None
    tracked = _tracked(credited, assigned, confidence_level)
    margin = times(touch.margin.new, tracked)
    profit = None if cost is None else margin.moved(1.0, -cost)
    roi = margin.moved(1 / cost, -1.0) if cost else None
    return Borrowed(
        evidence="borrowed",
        touch=touch.touch,
        label=touch.label,
        campaigns=tuple(each.campaign_id for each in touch.evidence),
        ages=touch.ages(campaign.starts_at),
        tracked_orders=credited.orders,
        tracked_revenue=tracked,
        factor=touch.revenue.prediction,
        between_deviation=touch.revenue.between_deviation,
        incremental_revenue=read(times(touch.revenue.new, tracked), confidence_level),
        incremental_margin=read(margin, confidence_level),
        cost=cost,
        profit=read(profit, confidence_level) if profit else None,
        roi=read(roi, confidence_level) if roi else None,
        confidence_level=confidence_level,
    )


def _tracked(credited: TextedCredit, assigned: int, confidence_level: float) -> Estimate:
    """Return the tracked revenue with the error of a sum over customers drawn alike."""
    total, n = credited.revenue, assigned
    # n times the variance of a customer, of whom most have 0.
    error = (n * max(credited.squares - total**2 / n, 0.0) / (n - 1)) ** 0.5
    return Estimate(total, error, *interval(total, error, n - 1, confidence_level, "two-sided"))


def _require_none_held_out(campaign: Campaign, readiness: Readiness) -> None:
    if readiness.assigned["holdout"]:
        raise DataError(
            f"campaign {campaign.campaign_id!r} held {readiness.assigned['holdout']:,} customers "
            "out: analyze_campaign compares with them, and needs no evidence of others"
        )
    if not readiness.assigned["treatment"]:
        raise NotEstimableError(
            f"campaign {campaign.campaign_id!r} has nobody assigned: record who was texted in the "
            "table assignments"
        )


def _require_over(campaign: Campaign, readiness: Readiness, moment: datetime) -> None:
    if readiness.waiting:
        raise NotReadyError(
            f"campaign {campaign.campaign_id!r} cannot be read as of {moment:%Y-%m-%d %H:%M} UTC: "
            f"its last window ends {readiness.last_ready_at:%Y-%m-%d %H:%M} UTC"
        )
