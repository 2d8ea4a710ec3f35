"""Every campaign of a store, read against its own holdout or set aside with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from smsroi_models.attribution.all_arms import collect_clocks
from smsroi_models.attribution.all_campaigns import collect_all_moments
from smsroi_models.attribution.campaigns import (
    Campaign,
    Readiness,
    read_campaign,
    read_campaign_ids,
    read_last_order_at,
    read_readiness,
)
from smsroi_models.attribution.checks import Check, balanced, same_clock
from smsroi_models.attribution.collect import Arms
from smsroi_models.attribution.design_checks import held_out_alike
from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.estimates import usable_covariates
from smsroi_models.attribution.gates import left_alone, mostly_delivered, orders_reach
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS
from smsroi_models.attribution.overlap import collect_strata
from smsroi_models.attribution.programmes import read_programmes
from smsroi_models.attribution.sample_ratio import sample_ratio, unequal_loss
from smsroi_models.attribution.spending import Texts, collect_costs, collect_texts
from smsroi_models.attribution.student import p_value
from smsroi_models.audience.opt_out_cost import opt_outs_caused
from smsroi_models.audience.texted import collect_arms_opted_out
from smsroi_models.errors import NotEstimableError, SmsroiError
from smsroi_models.factors import DISQUALIFYING
from smsroi_models.planning.recorded import collect_plan
from smsroi_models.portfolio_result import Aside, CampaignFigures, Reason
from smsroi_models.roi import CostLine, return_on_investment
from smsroi_models.store.connect import Store
from smsroi_models.without_holdout import counterfactual_roi

_COLUMNS = ("revenue", "margin", "orders", *PRE_PERIOD_COLUMNS)
Pair = tuple[Moments, Moments]


@dataclass(frozen=True, slots=True)
class _Together:
    """What one query each told of all campaigns."""

    as_of: datetime
    last_order_at: datetime
    moments: Mapping[str, Arms]
    clocks: Mapping[str, Arms]
    opt_outs: Mapping[str, Pair]
    confidence_level: float
    pre_days: int


def read_all(
    store: Store, as_of: datetime, confidence_level: float, pre_days: int
) -> tuple[tuple[CampaignFigures, ...], tuple[Aside, ...]]:
    """Return the campaigns that can be read against a holdout, and the others, by time."""
    programmes = read_programmes(store)
    together = _Together(
        as_of,
        read_last_order_at(store),
        collect_all_moments(store, as_of, _COLUMNS, pre_days=pre_days),
        collect_clocks(store, as_of),
        collect_arms_opted_out(store, as_of) if "subscriptions" in store else {},
        confidence_level,
        pre_days,
    )
    found: list[CampaignFigures] = []
    aside: list[Aside] = []
    for campaign_id in read_campaign_ids(store):
        campaign = read_campaign(store, campaign_id)
        read = (
            _set_aside(
                campaign,
                "programme",
                "its holdout is of all campaigns together: it has a report of its own",
            )
            if campaign_id in programmes
            else _read(store, campaign, together)
        )
        if isinstance(read, Aside):
            aside.append(read)
        else:
            found.append(read)
    return tuple(found), tuple(aside)


def _read(store: Store, campaign: Campaign, together: _Together) -> CampaignFigures | Aside:
    readiness = read_readiness(store, campaign, together.as_of)
    if not readiness.assigned["treatment"]:
        return _set_aside(campaign, "not estimable", "nobody is recorded as texted")
    if not readiness.assigned["holdout"]:
        return _without_holdout(store, campaign, readiness, together)
    if readiness.waiting:
        assert readiness.last_ready_at is not None
        reason = f"its last window ends on {readiness.last_ready_at:%Y-%m-%d}"
        return _set_aside(campaign, "running", reason)
    texts = collect_texts(store, campaign, together.as_of) if "messages" in store else None
    arms = _both(together.moments, campaign)
    failed = [
        check
        for check in _checks(store, campaign, readiness, texts, arms, together)
        if check.status == "failed"
    ]
    disqualified = [c for c in failed if c.invalidates or c.name in DISQUALIFYING]
    if disqualified:
        return _set_aside(campaign, "failed", " ".join(check.text for check in disqualified))
    try:
        return _figures(store, campaign, readiness, texts, arms, together, failed)
    except NotEstimableError as reason:
        return _set_aside(campaign, "not estimable", str(reason))


def _figures(
    store: Store,
    campaign: Campaign,
    readiness: Readiness,
    texts: Texts | None,
    arms: Pair,
    together: _Together,
    failed: list[Check],
) -> CampaignFigures:
    covariates = usable_covariates(*arms, PRE_PERIOD_COLUMNS if together.pre_days else ())
    revenue, margin = (_lift(arms, name, covariates, together) for name in ("revenue", "margin"))
    lines = [CostLine("texts", texts.amount, texts.amount)] if texts and texts.priced else []
    booked = collect_costs(store, campaign) if "costs" in store else {}
    lines += [CostLine(name, amount, amount) for name, amount in booked.items()]
    roi = return_on_investment(revenue, margin, lines or None)
    assert readiness.last_ready_at is not None
    each = texts.amount / margin.n_treatment if texts else 0.0
    profit = roi.profit
    # Whatever an unknown cost is, it is not negative: a margin that fell is a loss.
    tested = profit or roi.incremental_margin
    return CampaignFigures(
        campaign_id=campaign.campaign_id,
        name=campaign.name,
        starts_at=campaign.starts_at,
        ends_at=readiness.last_ready_at,
        n_treatment=margin.n_treatment,
        n_holdout=margin.n_holdout,
        cost=roi.cost,
        margin=roi.incremental_margin,
        profit=profit,
        roi=roi.roi,
        degrees_of_freedom=margin.degrees_of_freedom,
        probability_of_profit=roi.probability_of_profit,
        p_value=p_value(
            tested.estimate / tested.standard_error, margin.degrees_of_freedom, "two-sided"
        ),
        holdout_cost=margin.scaled(margin.n_holdout, -each * margin.n_holdout),
        delivered=texts.delivered if texts else None,
        opt_outs=_opt_outs(together, campaign),
        cautions=tuple(check.text for check in failed),
    )


def _lift(arms: Pair, outcome: str, covariates: tuple[str, ...], together: _Together) -> Lift:
    level = together.confidence_level
    return compare(*arms, outcome, covariates=covariates, confidence_level=level)


def _checks(
    store: Store,
    campaign: Campaign,
    readiness: Readiness,
    texts: Texts | None,
    arms: Pair,
    together: _Together,
) -> list[Check]:
    """Return what each report checks of the draw and of the data; its plan's sizes too."""
    orders = sum(arm.n * arm.mean_of("orders") for arm in arms) / campaign.window_days
    alike = held_out_alike(collect_strata(store, campaign))
    return [
        orders_reach(readiness, together.last_order_at, orders),
        balanced(*arms),
        same_clock(*_both(together.clocks, campaign)),
        *left_alone(texts, arms[1].n),
        *mostly_delivered(texts, arms[0].n),
        *([alike] if alike else []),
        *_planned_sizes(store, campaign, readiness),
    ]


def _planned_sizes(store: Store, campaign: Campaign, readiness: Readiness) -> list[Check]:
    plan = collect_plan(store, campaign.campaign_id) if "plans" in store else None
    if plan is None:
        return []
    counts = readiness.assigned["treatment"], readiness.assigned["holdout"]
    checks = [sample_ratio(*counts, plan.treatment_share)]
    if plan.n_treatment is not None and plan.n_holdout is not None:
        checks.append(unequal_loss((plan.n_treatment, plan.n_holdout), counts))
    return checks


def _opt_outs(together: _Together, campaign: Campaign) -> Estimate | None:
    arms = together.opt_outs.get(campaign.campaign_id)
    if arms is None:
        return None
    try:
        return opt_outs_caused(*arms, together.confidence_level)
    except NotEstimableError:  # nobody left in either arm
        return None


def _without_holdout(
    store: Store, campaign: Campaign, readiness: Readiness, together: _Together
) -> Aside:
    if readiness.waiting:
        return _set_aside(campaign, "running", "its windows are not over, and nobody was held out")
    try:
        found = counterfactual_roi(
            store,
            campaign.campaign_id,
            together.as_of,
            confidence_level=together.confidence_level,
        )
    except SmsroiError as reason:
        return _set_aside(campaign, "no holdout", f"no forecast can be made: {reason}")
    told = "" if found.profit else "; its cost is not known"
    forecast = f"a forecast from its customers' own past{told}"
    return _set_aside(campaign, "no holdout", forecast, found.profit)


def _set_aside(
    campaign: Campaign, kind: Reason, reason: str, profit: Estimate | None = None
) -> Aside:
    return Aside(campaign.campaign_id, campaign.name, campaign.starts_at, kind, reason, profit)


def _both(found: Mapping[str, Arms], campaign: Campaign) -> Pair:
    """Return both arms of a campaign whose windows are all over."""
    treatment, holdout = found[campaign.campaign_id]
    assert treatment is not None and holdout is not None
    return treatment, holdout
