"""From a store to a proposal for the next campaign: how many to hold out, and what that shows."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from smsroi_models.attribution.campaigns import read_locale
from smsroi_models.attribution.design_checks import POWER
from smsroi_models.attribution.estimates import usable_covariates
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.planning import plan_checks
from smsroi_models.planning.design import Design, explained_share
from smsroi_models.planning.grounds import read_grounds
from smsroi_models.planning.history import audience, collect_past, collect_spending
from smsroi_models.planning.holdout import (
    SHARES,
    HoldoutOption,
    Stakes,
    holdout_option,
    recommended,
)
from smsroi_models.planning.power import chance_of_gain
from smsroi_models.planning.prior import (
    FEWEST_CAMPAIGNS,
    PastLift,
    Prior,
    past_lifts,
    pooled_prior,
)
from smsroi_models.planning.proposed import PowerCurve, Proposal, Spending
from smsroi_models.store.connect import Store

_CURVE_SHARES = (0.05, 0.2, 0.5)
_CURVE_POINTS = 41


def propose_campaign(
    store: Store,
    *,
    window_days: int,
    holdout_share: float | None = None,
    segment: str | None = None,
    as_of: datetime | date | str | None = None,
    cost_per_text: float | None = None,
    fixed_cost: float | None = None,
    profit_per_text: float | None = None,
    profit_deviation: float | None = None,
    future_campaigns: int = 3,
    pre_days: int = 90,
    confidence_level: float = 0.95,
    power: float = POWER,
) -> Proposal:
    """Propose how many customers to hold out of a campaign to come.

    Parameters
    ----------
    store : Store
    window_days : int
        Length of the outcome window, days, 1 to 3650.
    holdout_share : float, optional
        In (0, 1); the recommended share by default.
    segment : str, optional
        Value of ``customers.segment`` that is to be texted; everybody by default.
    as_of : datetime, date or str, optional
        As `analyze_campaign`; by default the midnight that begins the day of the last order.
    cost_per_text : float, optional
        Per customer assigned to be texted, store currency; by default the mean price of a text of
        the latest campaign with prices.
    fixed_cost : float, optional
        Whoever is texted, store currency; by default what the latest campaign with costs booked.
    profit_per_text, profit_deviation : float, optional
        What is expected of the profit per text, all texted and all costs paid, and the standard
        deviation of that expectation, store currency; both or neither. By default pooled from past
        campaigns of any window, if three or more have a sound holdout.
    future_campaigns : int
        Campaigns like this one that the result decides about, 0 or more.
    pre_days : int
        Length of the pre-period, days; 0 for no adjustment.
    confidence_level, power : float
        In (0, 1).

    Raises
    ------
    StoreError
        If the store breaks its contract, or lacks campaigns, customers, assignments or orders.
    DataError
        If nobody can be texted.
    NotEstimableError
        If nothing that the audience did can be measured, or it is too small.
    ParameterError
        If a parameter lies outside its range, or a cost is neither given nor in the store.
    """
    grounds = read_grounds(
        store,
        window_days=window_days,
        holdout_share=holdout_share,
        segment=segment,
        as_of=as_of,
        cost_per_text=cost_per_text,
        fixed_cost=fixed_cost,
        pre_days=pre_days,
        confidence_level=confidence_level,
        power=power,
    )
    moment, terms, n_customers = grounds.moment, grounds.terms, grounds.n_customers
    people = audience(store, moment, segment)
    measured = collect_spending(store, people, moment, window_days, pre_days, terms.margin_rate)
    spending = _spending(measured, pre_days)
    past = past_lifts(collect_past(store, moment, pre_days), confidence_level)
    stakes = _stakes(
        n_customers,
        grounds.cost_per_text,
        grounds.fixed_cost,
        future_campaigns,
        (profit_per_text, profit_deviation),
        past,
    )
    spread = _spread(measured, spending, confidence_level)
    options = _options(spread, spending.conversion, stakes, power)
    best, basis = recommended(options)
    chosen = (
        best
        if holdout_share is None
        else holdout_option(holdout_share, spread, spending.conversion, stakes, power)
    )
    costs_known = fixed_cost is not None or terms.fixed_cost is not None
    checks = [
        plan_checks.sight(chosen, options),
        plan_checks.buyers_expected(chosen, spending.conversion, n_customers),
        *plan_checks.expectation(stakes, len(past)),
        *plan_checks.worth_knowing(chosen),
        plan_checks.opted_in("subscriptions" in store, n_customers, measured.n),
        plan_checks.reach(terms.first_order_at, moment - timedelta(days=window_days + pre_days)),
        *plan_checks.fixed_costs_known(costs_known),
        *plan_checks.tables([(f.table, f.message, f.remedy) for f in grounds.findings]),
    ]
    return Proposal(
        as_of=moment,
        window_days=window_days,
        pre_days=pre_days,
        segment=segment,
        currency=terms.currency,
        confidence_level=confidence_level,
        power=power,
        spending=spending,
        stakes=stakes,
        cost_per_text_of=terms.cost_per_text_of if cost_per_text is None else "",
        fixed_cost_of=terms.fixed_cost_of if fixed_cost is None else "",
        past=past,
        options=options,
        recommended=best,
        chosen=chosen,
        basis=basis if holdout_share is None else "given",
        curves=_curves(chosen, spread, stakes),
        checks=plan_checks.failed_first(checks),
        store_fingerprint=store.fingerprint_as_read(),
        locale=read_locale(store),
    )


def _spending(measured: Moments, pre_days: int) -> Spending:
    candidates = PRE_PERIOD_COLUMNS if pre_days else ()
    covariates = usable_covariates(measured, measured, candidates)
    return Spending(
        n_customers=measured.n,
        mean_margin=measured.mean_of("margin"),
        deviation_of_margin=measured.variance_of("margin") ** 0.5,
        conversion=measured.mean_of("converted"),
        covariates=covariates,
        r_squared=explained_share(measured, "margin", covariates),
    )


def _spread(measured: Moments, spending: Spending, confidence_level: float) -> Design:
    """Return a design with the variance that both arms are expected to have."""
    variance, k = measured.variance_of("margin"), len(spending.covariates)
    return Design(
        *(max(measured.n, k + 3),) * 2,
        variance_treatment=variance,
        variance_holdout=variance,
        r_squared=spending.r_squared,
        n_covariates=k,
        confidence_level=confidence_level,
    )


def _stakes(
    n_customers: int,
    cost_per_text: float,
    fixed_cost: float,
    future_campaigns: int,
    profit: tuple[float | None, float | None],
    past: Sequence[PastLift],
) -> Stakes:
    mean, deviation = profit
    if (mean is None) != (deviation is None):
        raise ParameterError(
            f"profit_per_text is {mean} and profit_deviation {deviation}: give both, or neither"
        )
    if mean is not None and deviation is not None:
        margin: Prior | None = Prior(mean + cost_per_text + fixed_cost / n_customers, deviation)
    elif len(past) >= FEWEST_CAMPAIGNS:
        margin = pooled_prior(
            [lift.margin_lift for lift in past], [lift.standard_error for lift in past]
        )
    else:
        margin = None
    return Stakes(n_customers, cost_per_text, fixed_cost, future_campaigns, margin)


def _options(
    spread: Design, conversion: float, stakes: Stakes, power: float
) -> tuple[HoldoutOption, ...]:
    """Return what each share means, leaving out those that leave an arm next to nobody."""
    found = []
    for share in SHARES:
        try:
            found.append(holdout_option(share, spread, conversion, stakes, power))
        except NotEstimableError:
            continue
    return tuple(found)


def _curves(chosen: HoldoutOption, spread: Design, stakes: Stakes) -> tuple[PowerCurve, ...]:
    """Return the curve of the chosen share, and of some that differ from it by a quarter."""
    others = [
        share
        for share in _CURVE_SHARES
        if not 0.75 < share / chosen.holdout_share < 4 / 3
        and round(share * stakes.n_customers) >= spread.n_covariates + 3
    ]
    seen = chosen.detectable.roi
    assert seen is not None  # a campaign without any cost is refused
    roi = tuple(2 * seen * step / (_CURVE_POINTS - 1) for step in range(_CURVE_POINTS))
    return tuple(_curve(share, roi, spread, stakes) for share in (chosen.holdout_share, *others))


def _curve(share: float, roi: tuple[float, ...], spread: Design, stakes: Stakes) -> PowerCurve:
    n_holdout = round(share * stakes.n_customers)
    design = spread.resized(stakes.n_customers - n_holdout, n_holdout)
    cost = stakes.cost_per_text + stakes.fixed_cost / design.n_treatment
    return PowerCurve(share, roi, tuple(chance_of_gain(design, ratio * cost) for ratio in roi))
