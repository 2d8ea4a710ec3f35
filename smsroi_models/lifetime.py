"""What a store's customers are worth: tables of purchases meet the models, the models a value.

Customers stay in the engine. What leaves it are kinds of customers with their counts, and the mean
spend of each repeat buyer, which the model of spend needs one by one.
"""

from datetime import UTC, date, datetime, timedelta

import ibis

from smsroi_models.attribution.campaigns import read_last_order_at, read_locale
from smsroi_models.attribution.checks import Check
from smsroi_models.clv import base_checks, holdout_checks
from smsroi_models.clv.base_groups import cohort_labels
from smsroi_models.clv.base_margin import (
    EARLIER_DAYS,
    BasePast,
    MarginRate,
    collect_margin,
    read_base_past,
)
from smsroi_models.clv.base_model import rivals_of
from smsroi_models.clv.base_valuation import BaseRows, value_base, value_by_model
from smsroi_models.clv.customer_base import CustomerBase, collect_base
from smsroi_models.clv.gamma_gamma import fit_gamma_gamma
from smsroi_models.clv.order_pace import read_order_pace
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.clv.rfm import TimeUnit, rfm_summary
from smsroi_models.clv.rfm_counts import collect_spend
from smsroi_models.clv.spend_independence import (
    SpendCorrelation,
    spend_correlation,
    spend_independence,
)
from smsroi_models.clv.valued import Margin
from smsroi_models.errors import NotEstimableError
from smsroi_models.lifetime_models import (
    PurchaseModelName,
    fit_models,
    model_names,
    track_base,
)
from smsroi_models.lifetime_result import LifetimeResult
from smsroi_models.lifetime_terms import LifetimeTerms
from smsroi_models.soundness import horizon, parse_past, require_sound
from smsroi_models.store.absent import missing_tables
from smsroi_models.store.connect import Store


def analyze_lifetime_value(
    store: Store,
    as_of: datetime | date | str | None = None,
    *,
    horizon_weeks: float = 52.0,
    discount_rate_per_year: float = 0.1,
    margin_rate: float | None = None,
    model: PurchaseModelName = "auto",
    time_unit: TimeUnit = "week",
    confidence_level: float = 0.95,
) -> LifetimeResult:
    """Value the customers of a store: the margin that they will bring within a horizon.

    Everybody who has bought is valued, by purchase days (`rfm_summary`); purchases of customers
    still to be won do not count. The value says nothing of what caused it, a text or anything else.

    Parameters
    ----------
    store : Store
        With ``orders``; ``customers`` for segments and regions, ``campaigns`` for the currency and
        for the margin of orders without a cost of goods.
    as_of : datetime, date or str, optional
        Up to when orders count, cut to midnight UTC: days are observed whole. By default the
        midnight that begins the day of the last order.
    horizon_weeks : float
        Above 0.
    discount_rate_per_year : float
        In [0, 1], effective.
    margin_rate : float, optional
        Margin per unit of revenue, in (0, 1]; by default that of the store's own orders.
    model : str
        ``"auto"`` for the one that fits best, or a purchase model by name.
    time_unit : {"week", "day"}
        Of the models' parameters; figures do not depend on it.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    StoreError
        If there are no orders, or the store breaks its contract.
    DataError
        If it is no open store, or ``as_of`` is not given and an order lies in the future.
    NotEstimableError
        If nobody has bought, nobody twice, or the data do not tell a model's parameters.
    ParameterError
        If a parameter lies outside its range, or ``as_of`` is still to come.

    References
    ----------
    docs/lifetime_value.md.
    """
    terms = LifetimeTerms(horizon_weeks, discount_rate_per_year, time_unit, confidence_level)
    names = model_names(model)
    given = None if margin_rate is None else Margin(margin_rate)
    findings = require_sound(store, "customers' lifetime value", needed=("orders",))
    moment = horizon(read_last_order_at(store)) if as_of is None else parse_past(as_of)
    moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    end = moment.date() - timedelta(days=1)

    summary = rfm_summary(store["orders"], observation_end=end, time_unit=time_unit)
    base = collect_base(summary, _customers(store))
    past = read_base_past(store, moment)
    pace = read_order_pace(store, moment)
    margin = _margin(store, moment, past, given)
    frequency, spend = collect_spend(summary)
    spend_model = fit_gamma_gamma(frequency, spend)

    rows = _rows(base, end)
    models = fit_models(store, base, names, end, terms)
    known = Margin(margin.rate, margin.standard_error)
    valuation = value_base(
        models.chosen, spend_model, rows, terms.discounting, known, confidence_level
    )
    values = value_by_model(models.choice.fitted, spend_model, rows, terms.discounting, known)
    correlation = _correlation(frequency, spend, confidence_level)
    first_day = end - timedelta(days=int(base.T_days.max()))
    checks = [
        base_checks.orders_reach(pace.last_day, end, pace.orders_per_day),
        base_checks.enough_repeat_buyers(base.n_repeat_buyers, base.n_customers),
        base_checks.history_long_enough(base.history_days / 7, horizon_weeks),
        holdout_checks.foretold_total(models.period, models.name),
        *holdout_checks.foretold_by_frequency(models.period, models.name),
        *([spend_independence(correlation)] if correlation else []),
        *base_checks.spend_has_spread(spend_model),
        *base_checks.models_agree(values, rivals_of(models.choice), models.name),
        *base_checks.past_complete(past.earlier_share, EARLIER_DAYS),
        *(base_checks.margin_known(margin.assumed_share) if margin.source == "orders" else ()),
        *(Check(f"Table {f.table}", "informational", f.message, f.remedy) for f in findings),
    ]
    return LifetimeResult(
        as_of=moment,
        first_day=first_day,
        observation_end=end,
        terms=terms,
        margin=margin,
        currency=past.currency,
        n_customers=base.n_customers,
        n_repeat_buyers=base.n_repeat_buyers,
        n_without_orders=past.n_without_orders,
        model=models.name,
        model_reason=models.reason,
        choice=models.choice,
        purchase_model=models.chosen,
        spend_model=spend_model,
        total=valuation.total,
        alive=valuation.alive,
        alive_repeat_buyers=valuation.alive_repeat_buyers,
        value_by_model=values,
        groups=valuation.groups,
        activity=valuation.activity,
        correlation=correlation,
        holdout=models.period,
        tracking=track_base(store, models, end, terms),
        checks=base_checks.ranked(checks),
        missing=missing_tables(store),
        store_fingerprint=store.fingerprint_as_read(),
        locale=read_locale(store),
    )


def _customers(store: Store) -> ibis.Table | None:
    if "customers" not in store:
        return None
    return store["customers"]


def _margin(store: Store, moment: datetime, past: BasePast, given: Margin | None) -> MarginRate:
    if given is None:
        return collect_margin(store, moment, past.campaign_margin_rate)
    return MarginRate(given.rate, 0.0, 0.0, "given")


def _rows(base: CustomerBase, end: date) -> BaseRows:
    return BaseRows(
        history=PurchaseHistory.of(base.frequency, base.recency, base.T, base.weights),
        monetary_value=base.monetary_value,
        monetary_variance=base.monetary_variance,
        weeks_since=(base.T_days - base.recency_days) / 7,
        labels={"cohort": cohort_labels(base.T_days, end), **base.groups},
    )


def _correlation(
    frequency: Floats, spend: Floats, confidence_level: float
) -> SpendCorrelation | None:
    try:
        return spend_correlation(frequency, spend, confidence_level=confidence_level)
    except NotEstimableError:  # every repeat buyer has as many purchases as the others
        return None
