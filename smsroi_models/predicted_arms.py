"""What a purchase model predicts for a campaign's arms, beside what they bought afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.after_window import after_window
from smsroi_models.attribution.campaigns import Campaign
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.estimates import usable_covariates
from smsroi_models.attribution.pull_forward import PullForward
from smsroi_models.clv.against_seen import forecast, held_out
from smsroi_models.clv.assigned_histories import (
    Kinds,
    assigned_histories,
    collect_kinds,
    with_values,
)
from smsroi_models.clv.carried_on import SHORTEST_DAYS, carried_on
from smsroi_models.clv.long_term_records import CarriedOn, Forecast, HeldOut
from smsroi_models.clv.prospects import (
    Figure,
    Prospect,
    ValueModel,
    purchases_between,
    ratio,
    total_value,
    value_line,
)
from smsroi_models.errors import NotEstimableError
from smsroi_models.roi import Roi
from smsroi_models.store.connect import Store

# Discounted from the middle of quarters: within a tenth of a percent of day by day.
YEAR_WEEKS = (0.0, 13.0, 26.0, 39.0, 52.0)


@dataclass(frozen=True, slots=True)
class PredictedArms:
    """What the model predicted, held against what was seen, and the year that follows."""

    held_out: HeldOut
    forecasts: tuple[Forecast, ...]
    year: CarriedOn


@dataclass(frozen=True, slots=True)
class _Side:
    """Histories that end at one moment, and the kinds of customers among them."""

    histories: ibis.Table
    kinds: Kinds


def read_predicted_arms(
    store: Store,
    campaign: Campaign,
    as_of: datetime,
    follow_up: PullForward,
    model: ValueModel,
    roi: Roi,
    days: int,
    pre_days: int,
    discount_rate: float,
) -> PredictedArms:
    """Predict for both arms, at assignment and at the window's end, and compare with the seen.

    Parameters
    ----------
    store : Store
    campaign : Campaign
    as_of : datetime
        UTC.
    follow_up : PullForward
        With a horizon of at least `SHORTEST_DAYS`.
    model : ValueModel
        Fitted on the time before the first assignment.
    roi : Roi
        For the cost and the confidence level.
    days : int
        The longest horizon, which is carried on.
    pre_days : int
    discount_rate : float
        Of a year.

    Raises
    ------
    NotEstimableError
        If nobody of an arm had bought before assignment, nobody held out did afterwards, or a lift
        cannot be estimated.
    """
    assert follow_up.in_window is not None
    covariates, level = follow_up.in_window.covariates, roi.confidence_level
    horizons = [h for h in follow_up.horizons if h.days >= SHORTEST_DAYS]
    before = _side(store, campaign, as_of, 0)
    after = _side(store, campaign, as_of, campaign.window_days)
    _require_past(before.kinds)
    ends = campaign.window_days / 7
    ahead = _purchases(model, before.kinds, (ends, ends + days / 7))
    a_year = _purchases(model, before.kinds, [ends + week for week in YEAR_WEEKS], discount_rate)
    forecasts = {h.days: _purchases(model, after.kinds, (0.0, h.days / 7)) for h in horizons}

    rows = after_window(store, campaign, as_of, list(forecasts), pre_days=pre_days)
    rows = _with(rows, before, model, {f"ahead_{days}": ahead})
    rows = _with(rows, after, model, {f"forecast_{h}": one for h, one in forecasts.items()})
    measured = [name for name in rows.columns if name not in ("customer_id", "arm")]
    arms = treated, held = collect_moments(rows, measured)

    factor = ratio(_all(a_year, model, before.kinds), _all(ahead, model, before.kinds))
    of_held = _each(ahead, model, before.kinds, 1, held.n).standard_error(model.covariance)
    alike = usable_covariates(treated, held, (*covariates, f"ahead_{days}"))
    found = []
    for h in horizons:
        error = _difference(forecasts[h.days], model, after.kinds, treated.n, held.n)
        found.append(forecast(*arms, h.days, error, h.incremental_change, alike, level))
    return PredictedArms(
        held_out=held_out(held, days, of_held, level),
        forecasts=tuple(found),
        year=carried_on(
            *arms,
            days,
            factor.value,
            factor.standard_error(model.covariance),
            covariates=covariates,
            cost=roi.cost,
            confidence_level=level,
        ),
    )


def _require_past(kinds: Kinds) -> None:
    if not (kinds.customers.sum(axis=0) > 0).all():
        raise NotEstimableError(
            "In one of the groups nobody had bought before assignment: there is no history to say "
            "what a year is worth."
        )


def _side(store: Store, campaign: Campaign, as_of: datetime, days_after: int) -> _Side:
    histories = assigned_histories(store, campaign, as_of, days_after)
    return _Side(histories, collect_kinds(histories))


def _with(
    rows: ibis.Table, side: _Side, model: ValueModel, prospects: dict[str, Prospect]
) -> ibis.Table:
    """Return the customers with what each is expected to bring."""
    frequency = side.kinds.frequency
    lines = {name: value_line(one, model, frequency) for name, one in prospects.items()}
    joined = rows.left_join(with_values(side.histories, side.kinds, lines), "customer_id")
    # Who had not bought by then has no history, and nothing is predicted for them.
    return joined.select(*rows.columns, **{name: _[name].coalesce(0.0) for name in lines})


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
