"""Which purchase model describes the customers best, by likelihood."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.mbg_nbd import MbgNbd
from smsroi_models.clv.pareto_nbd import ParetoNbd
from smsroi_models.clv.purchase_history import PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.errors import ConvergenceError, ParameterError
from smsroi_models.records import Record

FITS: dict[str, Callable[[PurchaseHistory], PurchaseModel]] = {
    "bg_nbd": BgNbd.fit,
    "mbg_nbd": MbgNbd.fit,
    "pareto_nbd": ParetoNbd.fit,
}


@dataclass(frozen=True, slots=True)
class ModelScore(Record):
    """How well one model describes the customers.

    Attributes
    ----------
    model : str
    log_likelihood, aic, bic : float or None
        None where the model cannot be fitted.
    vuong_z, vuong_p_value : float or None
        Against the best model, above 0 in its favour; two-sided. None for the best itself, and
        where the two say the same of every customer.
    reason : str or None
        Why the model cannot be fitted.
    """

    model: str
    log_likelihood: float | None
    aic: float | None
    bic: float | None
    vuong_z: float | None
    vuong_p_value: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ModelChoice(Record):
    """Models by their fit.

    Attributes
    ----------
    best : str
        Name of the model with the lowest AIC.
    scores : tuple of ModelScore
        Best first; those that cannot be fitted last.
    fitted : dict of str to PurchaseModel
        Models that could be fitted.
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("scores",)

    best: str
    scores: tuple[ModelScore, ...]
    fitted: dict[str, PurchaseModel]


def compare_purchase_models(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    models: Sequence[str] = ("bg_nbd", "mbg_nbd", "pareto_nbd"),
) -> ModelChoice:
    """Fit several purchase models and order them by AIC.

    All have four parameters, hence AIC, BIC and the likelihood agree. None contains another, so
    that a difference is judged by Vuong's test: customers' log-likelihood ratios against their own
    spread. A difference that he does not find clear is no reason to prefer a model.

    Parameters
    ----------
    frequency, recency, T, weights : array_like of shape (n_rows,)
        As `fit_bg_nbd` takes them.
    models : sequence of str
        Of ``"bg_nbd"``, ``"mbg_nbd"``, ``"pareto_nbd"``.

    Raises
    ------
    DataError
        If the arrays are no purchase histories.
    ParameterError
        If a model is unknown, or none is named.
    ConvergenceError
        If none of the models can be fitted; the text is that of the first.

    References
    ----------
    Akaike (1974), IEEE Transactions on Automatic Control 19(6). Schwarz (1978), Annals of
    Statistics 6(2). Vuong (1989), Econometrica 57(2), eq. 5.6.

    Examples
    --------
    >>> rows = [2, 6, 0, 1, 15], [9, 36, 0, 2, 38], [39] * 5
    >>> choice = compare_purchase_models(*rows, weights=[9, 5, 50, 9, 2])
    >>> choice.scores[0].model == choice.best, choice.scores[0].vuong_z is None
    (True, True)
    """
    unknown = [name for name in models if name not in FITS]
    if unknown or not models:
        raise ParameterError(f"models are {list(models)}: choose of {', '.join(FITS)}")
    history = PurchaseHistory.of(frequency, recency, T, weights)
    fitted: dict[str, PurchaseModel] = {}
    reasons: dict[str, ConvergenceError] = {}
    for name in dict.fromkeys(models):
        try:
            fitted[name] = FITS[name](history)
        except ConvergenceError as error:
            reasons[name] = error
    if not fitted:
        raise next(iter(reasons.values()))
    order = sorted(fitted, key=lambda name: fitted[name].aic)
    scores = [_score(name, fitted[name], fitted[order[0]], history) for name in order]
    scores += [
        ModelScore(name, None, None, None, None, None, str(error))
        for name, error in reasons.items()
    ]
    return ModelChoice(order[0], tuple(scores), fitted)


def _score(
    name: str, model: PurchaseModel, best: PurchaseModel, history: PurchaseHistory
) -> ModelScore:
    z = None if model is best else _vuong(best, model, history)
    p_value = None if z is None else float(2 * norm.sf(abs(z)))
    return ModelScore(name, model.log_likelihood, model.aic, model.bic, z, p_value, None)


def _vuong(best: PurchaseModel, other: PurchaseModel, history: PurchaseHistory) -> float | None:
    """Return the sum of customers' log-likelihood ratios over its standard error."""
    rows = (history.frequency, history.recency, history.T)
    ratio = best.log_likelihood_of(*rows) - other.log_likelihood_of(*rows)
    n = history.weights
    mean = float(n @ ratio / n.sum())
    variance = float(n @ (ratio - mean) ** 2 / n.sum())
    if variance <= 1e-20 * float(np.abs(best.log_likelihood_of(*rows)).max()) ** 2:
        return None
    return math.sqrt(float(n.sum())) * mean / math.sqrt(variance)
