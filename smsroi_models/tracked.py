"""What a platform would credit a campaign with, always beside what the holdout says it caused."""

from collections.abc import Mapping
from datetime import date, datetime

import ibis

from smsroi_models.attribution.campaigns import Campaign, Tables, read_campaign, read_last_order_at
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.credit import with_credit
from smsroi_models.attribution.credit_totals import Credited, collect_credited
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.estimates import campaign_lifts, usable_covariates
from smsroi_models.attribution.incrementality import incrementality
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS, outcomes
from smsroi_models.attribution.rule_checks import check_names
from smsroi_models.attribution.rules import PRESETS, AttributionRule, find_rule, rules_by_touch
from smsroi_models.attribution.touches import ledger
from smsroi_models.attribution.tracked_records import Claim, RuleComparison, TrackedCredit
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
from smsroi_models.store.connect import Store

TOUCH_TABLES = ("messages", "clicks", "coupons", "calls", "replies", "events")
QUESTION = "what a platform would claim"


def tracked_credit(
    store: Store,
    campaign_id: str,
    rule: str | AttributionRule = "klaviyo_2024",
    as_of: datetime | date | str | None = None,
    *,
    confidence_level: float = 0.95,
    pre_days: int = 90,
) -> TrackedCredit:
    """Return what one attribution rule credits a campaign with, beside what it caused.

    Counted are the orders from which the incremental revenue is read: those of customers whose
    outcome window is over, in that window. A platform also claims what came later.

    Parameters
    ----------
    store : Store
    campaign_id : str
    rule : str or AttributionRule
        A preset's name, or a rule of one's own.
    as_of : datetime, date or str, optional
        As for `analyze_campaign`.
    confidence_level : float
        In (0, 1).
    pre_days : int
        Length of the pre-period that the incremental figure is adjusted for, days.

    Raises
    ------
    StoreError
        If the store breaks its contract.
    DataError
        If there is no such campaign.
    NotEstimableError
        If an arm is empty, no window is over yet, or revenue does not vary.
    ParameterError
        If there is no such rule, or a parameter lies outside its range.
    """
    rules = {"rule": find_rule(rule)}
    lift, arms, credited = _read(store, campaign_id, rules, as_of, confidence_level, pre_days)
    return TrackedCredit(
        campaign_id=campaign_id,
        claim=_claim(rules["rule"], credited["rule"], lift),
        incremental_revenue=lift.scaled(lift.n_treatment),
        total_revenue=arms[0].n * arms[0].mean_of("revenue"),
        confidence_level=confidence_level,
    )


def rule_comparison(
    store: Store,
    campaign_id: str,
    as_of: datetime | date | str | None = None,
    *,
    rules: Mapping[str, AttributionRule] = PRESETS,
    confidence_level: float = 0.95,
    pre_days: int = 90,
) -> RuleComparison:
    """Return what each platform's rule claims for the same orders, beside what was caused.

    Parameters
    ----------
    store, campaign_id, as_of, confidence_level, pre_days
        As for `tracked_credit`.
    rules : mapping of str to AttributionRule
        By default all presets; ``PRESETS | {"ours": rule}`` adds one's own.

    Raises
    ------
    StoreError, DataError, NotEstimableError, ParameterError
        As `tracked_credit`. `ParameterError` also if there is no rule, or two have one name.
    """
    days = read_campaign(store, campaign_id).window_days if isinstance(store, Store) else 1
    every = _with_touches(_own(rules), days)
    lift, arms, credited = _read(store, campaign_id, every, as_of, confidence_level, pre_days)
    return _comparison(campaign_id, every, len(rules), credited, lift, arms, confidence_level)


def touch_ledger(
    store: Store,
    campaign_id: str,
    rule: str | AttributionRule = "klaviyo_2024",
    as_of: datetime | date | str | None = None,
) -> ibis.Table:
    """Return, lazily, each order and event with every touch before it, and each touch's credit.

    Parameters
    ----------
    store, campaign_id, rule, as_of
        As for `tracked_credit`.

    Returns
    -------
    ibis.Table
        The columns of `attribution.touches.ledger`, and ``credit`` in [0, 1].

    Raises
    ------
    StoreError, DataError, ParameterError
        As `tracked_credit`.
    """
    require_sound(store, QUESTION)
    found = find_rule(rule)
    campaign, moment = read_campaign(store, campaign_id), _moment(store, as_of)
    return with_credit(ledger(store, campaign, moment, found.reach_days), found)


def read_comparison(
    store: Tables,
    campaign: Campaign,
    as_of: datetime,
    arms: tuple[Moments, Moments],
    lift: Lift,
    *,
    pre_days: int,
    running: bool = False,
) -> RuleComparison | None:
    """Return the comparison for customers and a lift of revenue that were read already.

    None where the store has no touches at all.

    Parameters
    ----------
    store, campaign, as_of
        As for `ledger`.
    arms : pair of Moments
        Of everyone counted, treatment first.
    lift : Lift
        Of their revenue.
    pre_days : int
        Length of the pre-period that it is adjusted for, days.
    running : bool
        Whether the campaign still runs: then claims stand without a comparison.
    """
    if not any(name in store for name in TOUCH_TABLES):
        return None
    every = _with_touches(PRESETS, campaign.window_days)
    kept = tuple(arm.select(("revenue", *lift.covariates)) for arm in arms)
    credited = collect_credited(store, campaign, as_of, every, (kept[0], kept[1]), pre_days)
    return _comparison(
        campaign.campaign_id,
        every,
        len(PRESETS),
        credited,
        None if running else lift,
        arms,
        lift.confidence_level,
    )


def _own(rules: Mapping[str, AttributionRule]) -> dict[str, AttributionRule]:
    """Return rules as given, each found, and all told apart by name."""
    if not isinstance(rules, Mapping):
        raise ParameterError(
            f"rules is {rules!r}: pass a mapping such as PRESETS | {{'ours': AttributionRule(...)}}"
        )
    found = {key: find_rule(rule) for key, rule in rules.items()}
    check_names({key: rule.name for key, rule in found.items()}, rules_by_touch(1).keys())
    return found


def _with_touches(
    rules: Mapping[str, AttributionRule], window_days: int
) -> dict[str, AttributionRule]:
    """Return rules by name, and behind them those of each kind of touch, whose names are others."""
    return {rule.name: rule for rule in rules.values()} | rules_by_touch(window_days)


def _read(
    store: Store,
    campaign_id: str,
    rules: Mapping[str, AttributionRule],
    as_of: datetime | date | str | None,
    confidence_level: float,
    pre_days: int,
) -> tuple[Lift, tuple[Moments, Moments], dict[str, Credited]]:
    check_parameters(confidence_level, pre_days)
    require_sound(store, QUESTION)
    campaign, moment = read_campaign(store, campaign_id), _moment(store, as_of)
    customers = outcomes(store, campaign, moment, pre_days=pre_days)
    arms = collect_moments(customers, ["revenue", *PRE_PERIOD_COLUMNS])
    covariates = usable_covariates(*arms, PRE_PERIOD_COLUMNS if pre_days else ())
    lifts, reasons = campaign_lifts(*arms, ["revenue"], covariates, confidence_level)
    if "revenue" not in lifts:
        raise NotEstimableError(f"revenue is not estimable: {reasons['revenue']}")
    lift = lifts["revenue"].headline
    kept = arms[0].select(("revenue", *covariates)), arms[1].select(("revenue", *covariates))
    return lift, arms, collect_credited(store, campaign, moment, rules, kept, pre_days)


def _moment(store: Store, as_of: datetime | date | str | None) -> datetime:
    return parse_as_of(as_of) if as_of is not None else horizon(read_last_order_at(store))


def _comparison(
    campaign_id: str,
    rules: Mapping[str, AttributionRule],
    n_named: int,
    credited: Mapping[str, Credited],
    lift: Lift | None,
    arms: tuple[Moments, Moments],
    confidence_level: float,
) -> RuleComparison:
    claims = [_claim(rule, credited[name], lift) for name, rule in rules.items()]
    return RuleComparison(
        campaign_id=campaign_id,
        claims=tuple(claims[:n_named]),
        by_touch=tuple(claims[n_named:]),
        incremental_revenue=lift.scaled(lift.n_treatment) if lift else None,
        total_revenue=arms[0].n * arms[0].mean_of("revenue"),
        confidence_level=confidence_level,
    )


def _claim(rule: AttributionRule, found: Credited, lift: Lift | None) -> Claim:
    factor, reason = None, "It is read once the campaign is over."
    if lift is not None:
        try:
            factor, reason = incrementality(*found.arms, lift).factor, ""
        except NotEstimableError as refusal:
            reason = str(refusal)
    return Claim(
        rule=rule,
        orders=found.orders,
        events=found.events,
        revenue=found.revenue,
        event_value=found.event_value,
        held_out_orders=found.held_out_orders,
        held_out_revenue=found.held_out_revenue,
        factor=factor,
        no_factor=reason,
    )
