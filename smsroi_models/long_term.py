"""A campaign beyond its window: what was seen, what a year would come to, and whom it recruited.

One purchase model stands behind every prediction, fitted on the histories of the whole shop up to
the day before the first assignment, so that nothing that the campaign did is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import numpy as np
from ibis import _
from numpy.typing import NDArray

from smsroi_models.attribution.after_window import after_window
from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.estimates import usable_covariates
from smsroi_models.attribution.pull_forward import PullForward
from smsroi_models.clv.against_seen import (
    forecast,
    held_out,
    model_knows_the_shop,
    orders_as_habit,
)
from smsroi_models.clv.assigned_histories import (
    Kinds,
    assigned_histories,
    collect_kinds,
    with_values,
)
from smsroi_models.clv.bg_nbd import fit_bg_nbd
from smsroi_models.clv.carried_on import SHORTEST_DAYS, carried_on, returned
from smsroi_models.clv.gamma_gamma import fit_gamma_gamma
from smsroi_models.clv.long_term_records import (
    CarriedOn,
    Forecast,
    HeldOut,
    LongTerm,
    ModelFit,
    Return,
)
from smsroi_models.clv.margins import collect_margin_share
from smsroi_models.clv.prospects import (
    Figure,
    Prospect,
    ValueModel,
    purchases_between,
    ratio,
    total_value,
    value_line,
)
from smsroi_models.clv.rfm import rfm_summary
from smsroi_models.errors import NotEstimableError
from smsroi_models.recruited import read_recruits
from smsroi_models.retained import read_retention
from smsroi_models.roi import Roi
from smsroi_models.store.connect import Store

DISCOUNT_RATE = 0.10  # of a year
# Discounted from the middle of quarters: within a tenth of a percent of day by day.
YEAR_WEEKS = (0.0, 13.0, 26.0, 39.0, 52.0)


@dataclass(frozen=True, slots=True)
class _Arms:
    """What the model predicted, held against what was seen, and the year that follows."""

    held_out: HeldOut
    forecasts: tuple[Forecast, ...]
    year: CarriedOn


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
    """
    level = roi.confidence_level
    last = follow_up.horizons[-1] if follow_up.horizons else None
    days = last.days if last and last.days >= SHORTEST_DAYS else None
    fitted, no_fit = _fitted(store, campaign, readiness)
    model, fit = fitted or (None, None)
    arms, reason = None, no_fit
    if model and days:
        try:
            arms = _arms(
                store, campaign, as_of, follow_up, model, roi, days, pre_days, discount_rate
            )
        except NotEstimableError as error:
            reason = str(error)
    reason = _no_year(follow_up, days, arms, reason)
    recruits, no_recruits = read_recruits(
        store,
        campaign,
        as_of,
        model,
        no_fit,
        YEAR_WEEKS,
        discount_rate=discount_rate,
        confidence_level=level,
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
    )


def _checks(arms: _Arms) -> tuple[Check, Check]:
    return model_knows_the_shop(arms.held_out), orders_as_habit(arms.forecasts[-1])


def _fitted(
    store: Store, campaign: Campaign, readiness: Readiness
) -> tuple[tuple[ValueModel, ModelFit] | None, str]:
    """Fit the models on the shop before the first assignment, or say why they cannot be."""
    assert readiness.first_ready_at is not None
    first = readiness.first_ready_at - timedelta(days=campaign.window_days)
    until = first.date() - timedelta(days=1)
    try:
        base = rfm_summary(store["orders"], observation_end=until).mutate(arm=ibis.literal("all"))
        kinds = collect_kinds(base, groups=("all",), alike_in_spend=True)
        n, spent = kinds.customers[:, 0], kinds.spend[:, 0]
        _require_history(n)
        purchases = fit_bg_nbd(kinds.frequency, kinds.recency, kinds.T, n)
        spend = fit_gamma_gamma(kinds.frequency, spent / n, n)
        spend.expected_average_value_of_new_customers()  # infinite in a shop of too long a tail
        share = collect_margin_share(store, campaign, first)
    except NotEstimableError as reason:
        return None, f"No purchase model fits the shop's orders up to {until:%Y-%m-%d}: {reason}"
    names = (*purchases.PARAMETERS, *spend.PARAMETERS)
    values = (*purchases.parameters.tolist(), *spend.parameters.tolist())
    fit = ModelFit(until, int(n.sum()), dict(zip(names, values, strict=True)), share)
    return (ValueModel(purchases, spend, share), fit), ""


def _require_history(customers: NDArray[np.float64]) -> None:
    if not len(customers):
        raise NotEstimableError("nobody had bought by then")


def _arms(
    store: Store,
    campaign: Campaign,
    as_of: datetime,
    follow_up: PullForward,
    model: ValueModel,
    roi: Roi,
    days: int,
    pre_days: int,
    discount_rate: float,
) -> _Arms:
    """Predict for both arms, at assignment and at the window's end, and compare with the seen."""
    assert follow_up.in_window is not None
    covariates, level = follow_up.in_window.covariates, roi.confidence_level
    over = [h.days for h in follow_up.horizons if h.days >= SHORTEST_DAYS]
    window = campaign.window_days / 7
    before = assigned_histories(store, campaign, as_of, 0)
    after = assigned_histories(store, campaign, as_of, campaign.window_days)
    at_start, at_end = collect_kinds(before), collect_kinds(after)
    ahead = _purchases(model, at_start, (window, window + days / 7))
    a_year = _purchases(model, at_start, [window + week for week in YEAR_WEEKS], discount_rate)
    forecasts = {h: _purchases(model, at_end, (0.0, h / 7)) for h in over}

    rows = after_window(store, campaign, as_of, over, pre_days=pre_days)
    values = {f"ahead_{days}": value_line(ahead, model, at_start.frequency)}
    rows = _with(rows, with_values(before, at_start, values))
    values = {f"forecast_{h}": value_line(forecasts[h], model, at_end.frequency) for h in over}
    rows = _with(rows, with_values(after, at_end, values))
    treated, held = collect_moments(
        rows, [name for name in rows.columns if name not in ("customer_id", "arm")]
    )

    factor = ratio(_all(a_year, model, at_start), _all(ahead, model, at_start))
    alike = usable_covariates(treated, held, (*covariates, f"ahead_{days}"))
    held_error = _each(ahead, model, at_start, 1, held.n).standard_error(model.covariance)
    return _Arms(
        held_out=held_out(held, days, held_error, level),
        forecasts=tuple(
            forecast(
                treated,
                held,
                h.days,
                _difference(forecasts[h.days], model, at_end, treated.n, held.n),
                h.incremental_change,
                alike,
                level,
            )
            for h in follow_up.horizons
            if h.days in over
        ),
        year=carried_on(
            treated,
            held,
            days,
            factor.value,
            factor.standard_error(model.covariance),
            covariates=covariates,
            cost=roi.cost,
            confidence_level=level,
        ),
    )


def _no_year(follow_up: PullForward, days: int | None, arms: _Arms | None, reason: str) -> str:
    """Say why no year is told; empty where it is."""
    if days is None:
        later = {h: at for h, at in follow_up.too_early.items() if h >= SHORTEST_DAYS}
        if not later:
            return "What was bought after the window could not be read."
        when = later[min(later)]
        return f"It can be told from {when:%Y-%m-%d} on, when {min(later)} days have been seen."
    if arms is None:
        return reason
    if follow_up.verdict in ("moved earlier", "partly moved earlier"):
        return (
            "Less was bought after the window, clearly: orders that were moved earlier are missing "
            "once, not all year, so that nothing is carried on."
        )
    check = model_knows_the_shop(arms.held_out)
    return check.text if check.status == "failed" else ""


def _with(rows: ibis.Table, values: ibis.Table) -> ibis.Table:
    names = [name for name in values.columns if name != "customer_id"]
    joined = rows.left_join(values, "customer_id")
    # Who had not bought by then has no history, and nothing is predicted for them.
    return joined.select(*rows.columns, **{name: _[name].coalesce(0.0) for name in names})


def _purchases(
    model: ValueModel, kinds: Kinds, cuts: Sequence[float], discount_rate: float = 0.0
) -> Prospect:
    times = kinds.frequency, kinds.recency, kinds.T
    return purchases_between(model.purchases, times, cuts, discount_rate)


def _all(prospect: Prospect, model: ValueModel, kinds: Kinds) -> Figure:
    both = kinds.customers.sum(axis=1), kinds.spend.sum(axis=1)
    return total_value(prospect, model, kinds.frequency, *both)


def _each(prospect: Prospect, model: ValueModel, kinds: Kinds, arm: int, n: int) -> Figure:
    """Return the figure a customer of an arm, those without history included."""
    columns = kinds.customers[:, arm], kinds.spend[:, arm]
    total = total_value(prospect, model, kinds.frequency, *columns)
    return Figure(total.value / n, total.gradient / n)


def _difference(
    prospect: Prospect, model: ValueModel, kinds: Kinds, n_treatment: int, n_holdout: int
) -> float:
    """Return the parameters' error in the difference of the arms' mean forecasts."""
    texted = _each(prospect, model, kinds, 0, n_treatment)
    held = _each(prospect, model, kinds, 1, n_holdout)
    step = Figure(texted.value - held.value, texted.gradient - held.gradient)
    return step.standard_error(model.covariance)
