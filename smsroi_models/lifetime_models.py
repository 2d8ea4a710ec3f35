"""The purchase models of a store's customers: fitted, tried on the latest past, and tracked."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from smsroi_models.clv.base_model import HoldoutPeriod, best_model, try_models
from smsroi_models.clv.customer_base import CustomerBase, collect_holdout
from smsroi_models.clv.daily_purchases import collect_tracking
from smsroi_models.clv.model_choice import FITS, ModelChoice, compare_purchase_models
from smsroi_models.clv.purchase_history import PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.rfm import calibration_holdout_summary
from smsroi_models.clv.tracking import PurchaseTracking, track_purchases
from smsroi_models.errors import ParameterError
from smsroi_models.lifetime_terms import LifetimeTerms
from smsroi_models.store.connect import Store

PurchaseModelName = Literal["auto", "bg_nbd", "mbg_nbd", "pareto_nbd"]
# The last part of the past is kept for trying the models, in whole weeks.
HOLDOUT_SHARE = 1 / 3
LEAST_HOLDOUT_WEEKS = 4


@dataclass(frozen=True, slots=True, eq=False)
class BaseModels:
    """The models of a customer base.

    Attributes
    ----------
    name, reason : str
        The chosen one, and why.
    choice : ModelChoice
        All that were fitted.
    period : HoldoutPeriod or None
        The last part of the past, that they were tried on; None where it is too short.
    earlier : dict of str to PurchaseModel
        The models as fitted on the time before it.
    """

    name: str
    reason: str
    choice: ModelChoice
    period: HoldoutPeriod | None
    earlier: dict[str, PurchaseModel]

    @property
    def chosen(self) -> PurchaseModel:
        """The model that customers are valued by."""
        return self.choice.fitted[self.name]


def model_names(model: str) -> tuple[str, ...]:
    """Return the purchase models to fit where this one is asked for.

    Raises
    ------
    ParameterError
        If it is none of `PurchaseModelName`.
    """
    if model not in get_args(PurchaseModelName):
        raise ParameterError(
            f"model is {model!r}: choose from {', '.join(get_args(PurchaseModelName))}"
        )
    return tuple(FITS) if model == "auto" else (model,)


def fit_models(
    store: Store, base: CustomerBase, names: tuple[str, ...], end: date, terms: LifetimeTerms
) -> BaseModels:
    """Fit the models, try them on the last part of the past and choose one.

    Raises
    ------
    ConvergenceError
        If none can be fitted.
    """
    kinds = base.counts()
    columns = kinds.frequency, kinds.recency, kinds.T, kinds.weights
    choice = compare_purchase_models(*columns, models=names)
    period, earlier = _tried(store, names, end, base.history_days, terms)
    if len(names) == 1:
        return BaseModels(names[0], "it was asked for", choice, period, earlier)
    name, reason = best_model(choice, period.trials if period else {})
    return BaseModels(name, reason, choice, period, earlier)


def track_base(
    store: Store, models: BaseModels, end: date, terms: LifetimeTerms
) -> PurchaseTracking:
    """Follow the customers of calibration by its model; without one, everybody by the final one."""
    period = models.period if models.name in models.earlier else None
    daily = collect_tracking(
        store["orders"],
        observation_end=end,
        acquired_until=period.calibration_end if period else None,
    )
    return track_purchases(
        models.earlier[models.name] if period else models.chosen,
        daily.new_customers,
        daily.repeat_purchases,
        days_a_unit=terms.days_a_unit,
    )


def _tried(
    store: Store, names: tuple[str, ...], end: date, observed_days: int, terms: LifetimeTerms
) -> tuple[HoldoutPeriod | None, dict[str, PurchaseModel]]:
    """Try the models on the last part of the past; on none where it is too short."""
    weeks = math.floor(min(observed_days / 7 * HOLDOUT_SHARE, terms.horizon_weeks))
    if weeks < LEAST_HOLDOUT_WEEKS:
        return None, {}
    calibration_end = end - timedelta(weeks=weeks)
    summary = calibration_holdout_summary(
        store["orders"],
        calibration_end=calibration_end,
        observation_end=end,
        time_unit=terms.time_unit,
    )
    rows = collect_holdout(summary)
    history = PurchaseHistory.of(rows.frequency, rows.recency, rows.T, rows.weights)
    duration = 7 * weeks / terms.days_a_unit
    tried = try_models(names, history, rows.frequency_holdout, duration, terms.confidence_level)
    n = history.n_customers
    period = HoldoutPeriod(calibration_end, end, duration, n, tried.trials, tried.not_fitted)
    return period, tried.fitted
