"""Which purchase model a customer base is valued by: likelihood first, then purchases not seen.

Likelihood asks which model describes the customers best; where Vuong's test cannot tell the best
from another, the one decides that foretold a holdout period better. A model may describe the past
well and carry on badly, so both are shown for every model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.discounting import Discounting
from smsroi_models.clv.future_purchases import future_purchases
from smsroi_models.clv.holdout_calibration import HoldoutCalibration, holdout_calibration
from smsroi_models.clv.intervals import errors_of, estimate
from smsroi_models.clv.model_choice import FITS, ModelChoice
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.validation import (
    HoldoutGroups,
    HoldoutPurchases,
)
from smsroi_models.errors import ConvergenceError, NotEstimableError
from smsroi_models.records import Record

TOLD_APART_P_VALUE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class HoldoutTrial(Record):
    """How one model, fitted on the time before, foretold a holdout period.

    Attributes
    ----------
    model : str
    by_frequency : HoldoutGroups
    predicted : Estimate
        Purchases of all customers in the holdout period, uncertain by parameters and by chance.
    actual : float
    misplaced_share : float
        Purchases foretold of customers with another calibration frequency than those who made them,
        or of nobody, as a share of those made: the sum of the groups' absolute errors.
    calibration : HoldoutCalibration or None
        None where all customers were foretold the same.
    """

    model: str
    by_frequency: HoldoutGroups
    predicted: Estimate
    actual: float
    misplaced_share: float
    calibration: HoldoutCalibration | None


@dataclass(frozen=True, slots=True, eq=False)
class HoldoutPeriod(Record):
    """A stretch of the past that the models were tried on.

    Attributes
    ----------
    calibration_end, holdout_end : date
        Last day of either period, counted in full.
    duration : float
        Of the holdout period, in the time unit of the fit.
    n_customers : float
        Customers who had bought by the end of calibration.
    trials : dict of str to HoldoutTrial
        By model; those that could be fitted on the time before, maybe none.
    not_fitted : dict of str to str
        Why the others could not.
    """

    calibration_end: date
    holdout_end: date
    duration: float
    n_customers: float
    trials: dict[str, HoldoutTrial]
    not_fitted: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class TriedModels:
    """Models fitted on a calibration period, how they did after it, and why others could not."""

    fitted: dict[str, PurchaseModel]
    trials: dict[str, HoldoutTrial]
    not_fitted: dict[str, str]


def try_models(
    names: tuple[str, ...],
    history: PurchaseHistory,
    frequency_holdout: Floats,
    duration: float,
    confidence_level: float,
) -> TriedModels:
    """Fit models on the calibration period and hold them against the holdout period.

    Parameters
    ----------
    names : tuple of str
        Of `FITS`.
    history : PurchaseHistory
        At the end of calibration.
    frequency_holdout : ndarray of shape (n_rows,)
        Purchases made after it.
    duration : float
        Of the holdout period, in the unit of T.
    confidence_level : float
    """
    tried = TriedModels({}, {}, {})
    for name in names:
        try:
            model = FITS[name](history)
        except ConvergenceError as reason:
            tried.not_fitted[name] = str(reason)
            continue
        tried.fitted[name] = model
        tried.trials[name] = _trial(
            name, model, history, frequency_holdout, duration, confidence_level
        )
    return tried


def predicted_purchases(
    model: PurchaseModel, history: PurchaseHistory, horizon: float, confidence_level: float
) -> Estimate:
    """Return what all customers together will buy, uncertain by parameters and by chance."""
    future = future_purchases(model, history, Discounting(horizon, 0.0))
    gradient = history.weights @ future.expected_gradient
    by_parameters = errors_of(gradient[None, :], model.covariance)[0]
    by_chance = np.sqrt(history.weights @ future.purchase_variance)
    total = float(history.weights @ future.expected)
    return estimate(total, float(np.hypot(by_parameters, by_chance)), confidence_level)


def rivals_of(choice: ModelChoice) -> list[str]:
    """Return the best model by likelihood and those that Vuong's test does not tell from it."""
    return [
        score.model
        for score in choice.scores
        if score.reason is None
        if score.model == choice.best
        or score.vuong_p_value is None
        or score.vuong_p_value > TOLD_APART_P_VALUE
    ]


def best_model(choice: ModelChoice, trials: Mapping[str, HoldoutTrial]) -> tuple[str, str]:
    """Return the model to value by, and why.

    Examples
    --------
    >>> from smsroi_models.clv.model_choice import ModelScore
    >>> scores = (
    ...     ModelScore("bg_nbd", -10.0, 28.0, 30.0, None, None, None),
    ...     ModelScore("pareto_nbd", -10.1, 28.2, 30.2, 0.4, 0.69, None),
    ... )
    >>> best_model(ModelChoice("bg_nbd", scores, {}), {})
    ('bg_nbd', 'the likelihood is highest, but not clearly; there is no holdout period to decide')
    """
    rivals = rivals_of(choice)
    if len(rivals) == 1:
        alone = sum(score.reason is None for score in choice.scores) == 1
        why = "it alone could be fitted" if alone else "the likelihood is clearly highest"
        return choice.best, why
    tried = [name for name in rivals if name in trials]
    if not tried:
        return choice.best, (
            "the likelihood is highest, but not clearly; there is no holdout period to decide"
        )
    best = min(tried, key=lambda name: trials[name].misplaced_share)
    return best, "the likelihoods hardly differ, and it foretold the holdout period best"


def _trial(
    name: str,
    model: PurchaseModel,
    history: PurchaseHistory,
    frequency_holdout: Floats,
    duration: float,
    confidence_level: float,
) -> HoldoutTrial:
    rows = (history.frequency, history.recency, history.T)
    purchases = HoldoutPurchases.of(model, *rows, frequency_holdout, duration, history.weights)
    groups = purchases.by_frequency()
    actual = float(groups.customers @ groups.actual_mean)
    missed = float(groups.customers @ np.abs(groups.actual_mean - groups.expected_mean))
    try:
        calibration = holdout_calibration(purchases, confidence_level=confidence_level)
    except NotEstimableError:
        calibration = None
    return HoldoutTrial(
        model=name,
        by_frequency=groups,
        predicted=predicted_purchases(model, history, duration, confidence_level),
        actual=actual,
        misplaced_share=missed / actual if actual else float("inf"),
        calibration=calibration,
    )
