"""How much of tracked revenue was caused, over every campaign that held customers out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from ibis import _

from smsroi_models.attribution.campaigns import (
    Campaign,
    Readiness,
    Tables,
    read_campaign,
    read_campaign_ids,
    read_last_order_at,
    read_readiness,
)
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.credit_totals import Arms, collect_credited
from smsroi_models.attribution.design_checks import held_out_alike
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.estimates import campaign_lifts, usable_covariates
from smsroi_models.attribution.factor_records import (
    Evidence,
    IncrementalityFactors,
    TouchFactors,
)
from smsroi_models.attribution.gates import campaign_checks
from smsroi_models.attribution.incrementality import (
    Incrementality,
    incrementality,
    without_tracked,
)
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS, outcomes
from smsroi_models.attribution.overlap import collect_strata
from smsroi_models.attribution.pooled_factors import pooled_factors
from smsroi_models.attribution.programmes import read_programmes
from smsroi_models.attribution.rules import rules_by_touch
from smsroi_models.attribution.shared_draws import Draw, collect_shared_draws
from smsroi_models.attribution.spending import collect_texts
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
from smsroi_models.store.connect import Store

# A design or data that fails one of these does not tell what was caused. "Enough buyers" is not
# among them: a campaign with few has a wide factor and little weight, and leaving it out would be
# choosing by outcome.
DISQUALIFYING = (
    "Orders reach to the end",
    "Arms alike before",
    "Same clock",
    "Held out alike",
    "Holdout left alone",
    "Texts delivered",
)
HELD_OUT_AGAIN = (
    "the same customers were held out of several of these campaigns, more often than chance does: "
    "what their factors have in common by that would pass for what campaigns cause. Draw each "
    "holdout anew"
)
TOUCHES = tuple(rules_by_touch(1))
_MEASURED = ("revenue", "margin", "orders", "converted", *PRE_PERIOD_COLUMNS)


def incrementality_factors(
    store: Store,
    as_of: datetime | date | str | None = None,
    *,
    touches: Sequence[str] = TOUCHES,
    confidence_level: float = 0.95,
    pre_days: int = 90,
) -> IncrementalityFactors:
    """Return incremental / tracked by kind of touch: each campaign's, pooled, and the next one's.

    Every campaign with a holdout whose windows are all over is evidence, whatever came of it; those
    whose design or data failed a check are left out, with the reason. Where the same customers were
    held out again and again, factors are not pooled, and ``not_pooled`` says so.

    Tracked is the revenue of the texted alone after the touch, in their outcome window: a campaign
    that held nobody out has no other.

    Parameters
    ----------
    store : Store
    as_of : datetime, date or str, optional
        As for `analyze_campaign`.
    touches : sequence of str
        Among those of `attribution.rules.rules_by_touch`.
    confidence_level : float
        In (0, 1).
    pre_days : int
        Length of the pre-period that the incremental figure is adjusted for, days.

    Raises
    ------
    StoreError
        If the store breaks its contract.
    ParameterError
        If a parameter lies outside its range, or there is no such touch.
    DataError
        If ``as_of`` is not given and an order lies in the future.
    """
    check_parameters(confidence_level, pre_days)
    _check_touches(touches)
    require_sound(store, "how much of tracked revenue was caused")
    moment = parse_as_of(as_of) if as_of is not None else horizon(read_last_order_at(store))
    return read_factors(store, moment, touches, confidence_level, pre_days)


def read_factors(
    store: Tables,
    as_of: datetime,
    touches: Sequence[str],
    confidence_level: float,
    pre_days: int,
    fewest: int = 0,
) -> IncrementalityFactors:
    """Return the same for a store that is sound and parameters that were checked.

    Where fewer than ``fewest`` campaigns had a holdout and are over, none of them is read.
    """
    found: dict[str, list[Evidence]] = {name: [] for name in touches}
    silent: dict[str, dict[str, str]] = {name: {} for name in touches}
    candidates, left_out = _candidates(store, as_of)
    sizes: dict[str, tuple[int, int]] = {}
    last_order_at = read_last_order_at(store)
    for campaign, readiness in candidates if len(candidates) >= fewest else ():
        campaign_id = campaign.campaign_id
        try:
            arms, lifts = _read_arms(
                store, campaign, readiness, as_of, last_order_at, confidence_level, pre_days
            )
        except NotEstimableError as reason:
            left_out[campaign_id] = str(reason)
            continue
        ends_at = readiness.last_ready_at
        assert ends_at is not None
        sizes[campaign_id] = readiness.assigned["treatment"], readiness.assigned["holdout"]
        rules = {n: r for n, r in rules_by_touch(campaign.window_days).items() if n in touches}
        credited = collect_credited(store, campaign, as_of, rules, arms, pre_days)
        for name in touches:
            try:
                revenue, margin = (_of_the_texted(credited[name].arms, lift) for lift in lifts)
            except NotEstimableError as reason:
                silent[name][campaign_id] = str(reason)
            else:
                found[name].append(Evidence(campaign_id, ends_at, revenue, margin))
    return IncrementalityFactors(
        as_of,
        tuple(
            _drawn_anew(store, sizes, _pooled(name, found[name], silent[name], confidence_level))
            for name in touches
        ),
        left_out,
        confidence_level,
    )


def _candidates(
    store: Tables, as_of: datetime
) -> tuple[list[tuple[Campaign, Readiness]], dict[str, str]]:
    """Return the campaigns with a holdout that are over, and why the others are not among them."""
    found: list[tuple[Campaign, Readiness]] = []
    left_out: dict[str, str] = {}
    programmes = read_programmes(store)
    for campaign_id in read_campaign_ids(store):
        if campaign_id in programmes:
            left_out[campaign_id] = "a programme: its holdout is of all campaigns together"
            continue
        campaign = read_campaign(store, campaign_id)
        try:
            found.append((campaign, _require_over(store, campaign, as_of)))
        except NotEstimableError as reason:
            left_out[campaign_id] = str(reason)
    return found, left_out


def _check_touches(touches: Sequence[str]) -> None:
    unknown = [name for name in touches if name not in TOUCHES]
    if unknown or not touches or isinstance(touches, str):
        raise ParameterError(f"touches is {touches!r}: name some of {', '.join(TOUCHES)}")


def _require_over(store: Tables, campaign: Campaign, as_of: datetime) -> Readiness:
    readiness = read_readiness(store, campaign, as_of)
    if not readiness.assigned["holdout"]:
        raise NotEstimableError("nobody was held out")
    if not readiness.assigned["treatment"]:
        raise NotEstimableError("nobody was texted")
    if readiness.waiting:
        raise NotEstimableError("its windows are not over")
    return readiness


def _read_arms(
    store: Tables,
    campaign: Campaign,
    readiness: Readiness,
    as_of: datetime,
    last_order_at: datetime,
    confidence_level: float,
    pre_days: int,
) -> tuple[Arms, tuple[Lift, Lift]]:
    """Return the arms' moments and the lifts of revenue and margin, or say why there are none."""
    customers = outcomes(store, campaign, as_of, pre_days=pre_days)
    checked = {"margin_cubed": _.margin**3, "assigned_day": _.assigned_at.epoch_seconds() / 86_400}
    arms = collect_moments(customers.mutate(**checked), [*_MEASURED, *checked])
    covariates = usable_covariates(*arms, PRE_PERIOD_COLUMNS if pre_days else ())
    lifts, reasons = campaign_lifts(*arms, ["revenue", "margin"], covariates, confidence_level)
    if reasons:
        raise NotEstimableError(next(iter(reasons.values())))
    texts = collect_texts(store, campaign, as_of) if "messages" in store else None
    checks = [
        *campaign_checks(
            campaign,
            readiness,
            as_of,
            last_order_at,
            arms,
            texts,
            True,
            (),
            confidence_level,
        ),
        held_out_alike(collect_strata(store, campaign)),
    ]
    failed = [
        check.name
        for check in checks
        if check and check.status == "failed" and (check.invalidates or check.name in DISQUALIFYING)
    ]
    if failed:
        raise NotEstimableError(f"failed: {', '.join(failed)}")
    kept = tuple(arm.select(("revenue", "margin", *covariates)) for arm in arms)
    return (kept[0], kept[1]), (lifts["revenue"].headline, lifts["margin"].headline)


def _of_the_texted(arms: Arms, lift: Lift) -> Incrementality:
    """Return incremental / tracked, of what was tracked of the texted alone."""
    return incrementality(arms[0], without_tracked(arms[1]), lift)


def _pooled(
    touch: str,
    evidence: Sequence[Evidence],
    left_out: Mapping[str, str],
    confidence_level: float,
) -> TouchFactors:
    revenue = margin = None
    reason = ""
    try:
        revenue, margin = (
            pooled_factors(
                {each.campaign_id: getattr(each, name).factor for each in evidence},
                confidence_level,
            )
            for name in ("revenue", "margin")
        )
    except NotEstimableError as refusal:
        reason = str(refusal)
    label = rules_by_touch(1)[touch].label
    return TouchFactors(touch, label, tuple(evidence), dict(left_out), revenue, margin, reason)


def _drawn_anew(
    store: Tables, sizes: Mapping[str, tuple[int, int]], found: TouchFactors
) -> TouchFactors:
    """Return the factors, not pooled where campaigns share their holdouts: `shared_draws`."""
    if found.revenue is None:
        return found
    weights = found.revenue.weights
    draws = {
        each.campaign_id: Draw(
            weights[each.campaign_id] * each.revenue.factor.standard_error,
            *sizes[each.campaign_id],
        )
        for each in found.evidence
    }
    if collect_shared_draws(store, draws) == 1:
        return found
    return replace(found, revenue=None, margin=None, not_pooled=HELD_OUT_AGAIN)
