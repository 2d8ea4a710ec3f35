"""The window's lift: customers' sums of both arms, and what the estimators make of them.

Here tables meet numbers: one collecting query each for customers, caps and days.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
from ibis import _

from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.daily import collect_daily
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.estimates import (
    DayLift,
    OutcomeLift,
    campaign_lifts,
    daily_lift,
    usable_covariates,
)
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import (
    PRE_PERIOD_COLUMNS,
    orders_in_reach,
    outcomes,
    ready_customers,
)
from smsroi_models.attribution.reached import with_received
from smsroi_models.attribution.running import sequential_lifts
from smsroi_models.attribution.sequential import planned_variance
from smsroi_models.attribution.winsorised import Caps, collect_caps, with_capped
from smsroi_models.errors import NotEstimableError
from smsroi_models.setting import Setting

# Of no outcome: they show whether the arms are alike, and how skewed the margin is.
_CHECKED = {"margin_cubed": _.margin**3, "assigned_day": _.assigned_at.epoch_seconds() / 86_400}
_KEYS = ("customer_id", "arm", "assigned_at")


@dataclass(frozen=True, slots=True)
class Window:
    """What the customers of both arms did in the window.

    Attributes
    ----------
    arms : pair of Moments
        Treatment first: outcomes, the pre-period's columns and those for checks.
    covariates : tuple of str
        That figures are adjusted for.
    lift : dict of str to OutcomeLift
        Per assigned customer; of a running campaign with intervals for daily reading.
    not_estimable : dict of str to str
        Outcomes that cannot be estimated, with the reason.
    daily : tuple of DayLift
        Of the margin.
    caps : Caps or None
        Where anybody bought.
    """

    arms: tuple[Moments, Moments]
    covariates: tuple[str, ...]
    lift: dict[str, OutcomeLift]
    not_estimable: dict[str, str]
    daily: tuple[DayLift, ...]
    caps: Caps | None

    @property
    def revenue(self) -> Lift:
        """The headline lift of revenue."""
        return self.lift["revenue"].headline

    @property
    def margin(self) -> Lift:
        """The headline lift of the margin."""
        return self.lift["margin"].headline


def read_window(setting: Setting) -> Window:
    """Return the lift of every outcome, and of the margin by day.

    Raises
    ------
    NotEstimableError
        If revenue or margin cannot be estimated.
    """
    customers, caps = _customers(setting)
    measured = [name for name in customers.columns if name not in _KEYS]
    arms = collect_moments(customers.mutate(**_CHECKED), [*measured, *_CHECKED])
    covariates = usable_covariates(*arms, PRE_PERIOD_COLUMNS if setting.pre_days else ())
    targets = [name for name in measured if name not in (*PRE_PERIOD_COLUMNS, "received")]
    lift, reasons = campaign_lifts(*arms, targets, covariates, setting.confidence_level)
    _require_money(lift, reasons)
    daily = _daily(setting, customers, arms, covariates)
    if setting.running:
        lift = sequential_lifts(lift, daily[-1].information)
    return Window(arms, covariates, lift, reasons, daily, caps)


def _customers(setting: Setting) -> tuple[ibis.Table, Caps | None]:
    """Return, lazily, what each counted customer did; money also capped where anybody bought."""
    store, campaign, moment = setting.store, setting.campaign, setting.as_of
    customers = outcomes(store, campaign, moment, pre_days=setting.pre_days)
    caps = collect_caps(customers)
    if caps:
        customers = with_capped(customers, caps)
    if "messages" in store:
        customers = with_received(store, campaign, customers)
    return customers, caps


def _daily(
    setting: Setting,
    customers: ibis.Table,
    arms: tuple[Moments, Moments],
    covariates: Sequence[str],
) -> tuple[DayLift, ...]:
    store, campaign = setting.store, setting.campaign
    in_window = orders_in_reach(store, campaign, ready_customers(store, campaign, setting.as_of), 0)
    added = collect_daily(in_window, customers, "margin", covariates, campaign.window_days)
    return daily_lift(
        added,
        *arms,
        covariates,
        setting.confidence_level,
        planned_variance=_planned_variance(setting, arms),
        planned_days=setting.planned_days,
    )


def _planned_variance(setting: Setting, arms: tuple[Moments, Moments]) -> float | None:
    """Return the variance of the margin lift to expect, from the days before assignment."""
    if not setting.pre_days:
        return None
    factor = setting.campaign.margin_rate**2 * setting.planned_days / setting.pre_days
    return planned_variance(*arms, "pre_revenue", factor)


def _require_money(lift: dict[str, OutcomeLift], reasons: dict[str, str]) -> None:
    for name in ("revenue", "margin"):
        if name not in lift:
            raise NotEstimableError(
                f"{name} is not estimable: {reasons[name]}. Where it should differ between "
                "customers, look at orders.revenue, cost_of_goods and the campaign's margin_rate"
            )
