"""A campaign beyond its window: what was seen, what a year would come to, and whom it recruited.

One purchase model stands behind every prediction, fitted on the histories of the whole shop up to
the day before the first assignment, so that nothing that the campaign did is in it.
"""

from datetime import datetime

from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.pull_forward import PullForward
from smsroi_models.clv.against_seen import model_knows_the_shop, orders_as_habit
from smsroi_models.clv.carried_on import SHORTEST_DAYS, returned
from smsroi_models.clv.long_term_records import LongTerm, Return
from smsroi_models.clv.retention_counts import read_anybody_bought
from smsroi_models.errors import NotEstimableError
from smsroi_models.lost_subscribers import read_lost_subscriptions
from smsroi_models.predicted_arms import YEAR_WEEKS, PredictedArms, read_predicted_arms
from smsroi_models.recruited import read_recruits
from smsroi_models.retained import read_retention
from smsroi_models.roi import Roi
from smsroi_models.shop_model import fit_shop
from smsroi_models.store.connect import Store

DISCOUNT_RATE = 0.10  # of a year


def read_long_term(
    store: Store,
    campaign: Campaign,
    readiness: Readiness,
    as_of: datetime,
    follow_up: PullForward,
    roi: Roi,
    *,
    pre_days: int,
    discount_rate: float = DISCOUNT_RATE,
    window_arms: tuple[Moments, Moments] | None = None,
    covariates: tuple[str, ...] = (),
    margin_per_text: float | None = None,
) -> LongTerm:
    """Read what the campaign comes to beyond its window; a part that cannot be told says why.

    Parameters
    ----------
    store : Store
    campaign : Campaign
        Whose windows are over.
    readiness : Readiness
    as_of : datetime
        UTC.
    follow_up : PullForward
        What was seen after the window.
    roi : Roi
        Of the window.
    pre_days : int
    discount_rate : float
        Of a year, at least 0.
    window_arms : pair of Moments, optional
        Of the window, treatment first; without them no opt-outs are told.
    covariates : tuple of str
        That the window's money is adjusted for.
    margin_per_text : float, optional
        What a text earns, store currency; by default pooled over the other campaigns.
    """
    level = roi.confidence_level
    last = follow_up.horizons[-1] if follow_up.horizons else None
    days = last.days if last and last.days >= SHORTEST_DAYS else None
    fitted, no_fit = fit_shop(store, campaign, readiness)
    model, fit = fitted or (None, None)
    arms, reason = None, no_fit
    if model and days:
        try:
            arms = read_predicted_arms(
                store, campaign, as_of, follow_up, model, roi, days, pre_days, discount_rate
            )
        except NotEstimableError as error:
            reason = str(error)
    if days is None:
        reason = _unseen(store, campaign, as_of, follow_up)
    elif arms:
        reason = _no_year(follow_up, arms)
    recruits, no_recruits = read_recruits(
        store,
        campaign,
        as_of,
        model,
        no_fit,
        YEAR_WEEKS[-1],
        discount_rate=discount_rate,
        confidence_level=level,
    )
    lost, no_lost = None, "What was seen in the window is not known here."
    if window_arms:
        lost, no_lost = read_lost_subscriptions(
            store,
            campaign,
            as_of,
            window_arms,
            roi,
            covariates=covariates,
            margin_per_text=margin_per_text,
            discount_rate=discount_rate,
            pre_days=pre_days,
        )
    return LongTerm(
        discount_rate=discount_rate,
        in_window=Return(roi.incremental_margin, roi.profit, roi.roi, roi.probability_of_profit),
        seen_days=last.days if last else None,
        seen=returned(last.incremental_total, roi.cost, last.total.degrees_of_freedom)
        if last
        else None,
        fit=fit,
        held_out=arms.held_out if arms else None,
        forecasts=arms.forecasts if arms else (),
        year=arms.year if arms and not reason else None,
        no_year=reason,
        recruits=recruits,
        no_recruits=no_recruits,
        retention=read_retention(store, campaign, readiness, as_of, confidence_level=level),
        checks=_checks(arms) if arms else (),
        lost=lost,
        no_lost=no_lost,
    )


def _checks(arms: PredictedArms) -> tuple[Check, Check]:
    return model_knows_the_shop(arms.held_out), orders_as_habit(arms.forecasts[-1])


def _unseen(store: Store, campaign: Campaign, as_of: datetime, follow_up: PullForward) -> str:
    """Say why no month after the window was seen: too early, or nothing to compare in it."""
    later = {h: at for h, at in follow_up.too_early.items() if h >= SHORTEST_DAYS}
    if later:
        when = later[min(later)]
        return f"It can be told from {when:%Y-%m-%d} on, when {min(later)} days have been seen."
    days, why = max(follow_up.not_estimable.items())
    window = campaign.window_days
    if not read_anybody_bought(store, campaign, as_of, window, window + days):
        return f"In the {days} days after the window nobody in either arm bought."
    return f"What was bought in the {days} days after the window cannot be compared: {why}."


def _no_year(follow_up: PullForward, arms: PredictedArms) -> str:
    """Say why no year is told; empty where it is."""
    if _gave_back(follow_up):
        return (
            "Part of the window's gain was lost again, clearly: orders that were moved earlier are "
            "missing once, not all year, so that nothing is carried on."
        )
    check = model_knows_the_shop(arms.held_out)
    return check.text if check.status == "failed" else ""


def _gave_back(follow_up: PullForward) -> bool:
    """Whether a clear gain was followed by a clear loss; a loss alone is no order moved earlier."""
    window, last = follow_up.in_window, follow_up.horizons[-1]
    return window is not None and window.ci_lower > 0 and last.change.ci_upper < 0
