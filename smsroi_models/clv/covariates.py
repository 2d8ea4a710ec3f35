"""BG/NBD with covariates that do not change: who buys more often, and who leaves sooner.

    alpha_i = alpha exp(-gamma' z_i),    a_i = a exp(delta_a' z_i),    b_i = b exp(delta_b' z_i)

(Fader and Hardie 2007, note 019.) exp(gamma) is the factor on the purchase rate for one unit more
of z. The mean chance to leave, a_i / (a_i + b_i), moves with delta_a - delta_b. CLVTools has one
delta for both; then the mean does not move at all, only how far customers differ
(``dropout="shared"``).
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from smsroi_models.clv.bg_fit import DROPOUT, NAMES, RATES, fit_rows
from smsroi_models.clv.bg_rows import row_terms
from smsroi_models.clv.covariate_bg_nbd import CovariateBgNbd
from smsroi_models.clv.covariate_design import Covariates, jacobian
from smsroi_models.clv.fitting import BOUND, mean_age
from smsroi_models.clv.newton import Maximum, maximise
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.errors import ParameterError

# Rows treated at a time: their Jacobians would not fit in memory together.
BLOCK = 4_096

Terms = tuple[float, Floats, Floats]


def fit_bg_nbd_covariates(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    *,
    purchase_covariates: Mapping[str, ArrayLike] | None = None,
    dropout_covariates: Mapping[str, ArrayLike] | None = None,
    dropout: Literal["separate", "shared"] = "separate",
    weights: ArrayLike | None = None,
) -> CovariateBgNbd:
    """Fit the BG/NBD model with covariates by maximum likelihood, and test it against none.

    The covariates must have been known at the first purchase. A coefficient is no effect of a
    campaign: customers who were texted, say, may differ from others in more than the text.

    Parameters
    ----------
    frequency, recency, T, weights : array_like of shape (n_rows,)
        As `fit_bg_nbd` takes them.
    purchase_covariates, dropout_covariates : mapping of str to array_like of shape (n_rows,),
    optional
        Numbers; groups as 0 and 1, with one group left out.
    dropout : str
        ``"separate"``: coefficients of their own for a and b. ``"shared"``: one for both, as
        CLVTools has it; it leaves the mean chance to leave alone.

    Raises
    ------
    DataError
        If the arrays are no purchase histories, or a covariate is missing, constant or follows from
        the others.
    ParameterError
        If there is no covariate, or ``dropout`` is another word.
    ConvergenceError
        As `fit_bg_nbd`, or if customers with one value of a covariate all behave as no others do.

    References
    ----------
    Fader and Hardie (2007), Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD
    models, note 019 on brucehardie.com.

    Examples
    --------
    >>> rows = [2, 6, 0, 1, 4, 0], [9, 36, 0, 2, 30, 0], [38] * 6
    >>> found = fit_bg_nbd_covariates(
    ...     *rows, purchase_covariates={"vip": [0, 0, 0, 0, 1, 1]}, weights=[9, 5, 50, 9, 10, 10]
    ... )
    >>> found.coefficients["purchase.vip"] > 0, found.degrees_of_freedom
    (True, 1)
    """
    history = PurchaseHistory.of(frequency, recency, T, weights)
    purchase = Covariates.of(purchase_covariates, len(history.T))
    leaving = Covariates.of(dropout_covariates, len(history.T))
    if not (purchase.names or leaving.names):
        raise ParameterError("no covariates: name at least one, or use fit_bg_nbd")
    if dropout not in ("separate", "shared"):
        raise ParameterError(f"dropout is {dropout!r}: it must be 'separate' or 'shared'")
    plain = fit_rows(history, first_coin=False)
    shared = dropout == "shared"
    names = _coefficient_names(purchase, leaving, shared)
    top, back = _maximum(history, purchase, leaving, shared, plain.point, names)
    parameters = back @ top.point
    covariance = back @ top.covariance @ back.T
    r, alpha, a, b = (float(value) for value in np.exp(parameters[:4]))
    scale = np.concatenate([[r, alpha, a, b], np.ones(len(names))])
    covariance = scale[:, None] * covariance * scale
    errors = np.sqrt(np.diag(covariance))
    ratio = max(2 * (top.value - plain.value), 0.0)
    return CovariateBgNbd(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        coefficients={n: float(v) for n, v in zip(names, parameters[4:], strict=True)},
        standard_errors={n: float(v) for n, v in zip((*NAMES, *names), errors, strict=True)},
        covariance=covariance,
        log_likelihood=top.value,
        log_likelihood_without=plain.value,
        likelihood_ratio=ratio,
        degrees_of_freedom=len(names),
        p_value=float(chi2.sf(ratio, len(names))),
        dropout=dropout,
        iterations=top.iterations,
        n_customers=history.n_customers,
    )


def _coefficient_names(purchase: Covariates, leaving: Covariates, shared: bool) -> list[str]:
    parts = ("dropout",) if shared else ("a", "b")
    names = [f"purchase.{name}" for name in purchase.names]
    return names + [f"{part}.{name}" for part in parts for name in leaving.names]


def _maximum(
    history: PurchaseHistory,
    purchase: Covariates,
    leaving: Covariates,
    shared: bool,
    plain: Floats,
    names: list[str],
) -> tuple[Maximum, Floats]:
    """Maximise over standardised covariates; return also the map to the covariates' own units."""
    z, mean, spread = purchase.standardised(history.weights)
    w, w_mean, w_spread = leaving.standardised(history.weights)
    reference = np.concatenate([[0.0, np.log(mean_age(history)), 0.0, 0.0], np.zeros(len(names))])
    edges = (
        RATES
        | DROPOUT
        | dict.fromkeys(
            names,
            ("those with one value of it behave as no others do: leave it out, or merge groups",)
            * 2,
        )
    )
    top = maximise(
        lambda point: _sum(history, z, w, shared, point),
        np.concatenate([plain, np.zeros(len(names))]),
        (*NAMES, *names),
        reference - BOUND,
        reference + BOUND,
        edges=edges,
    )
    back = np.diag(np.concatenate([np.ones(4), 1 / spread, *([1 / w_spread] * (2 - shared))]))
    # The four logarithms are those at the covariates' means; ours are those at zero.
    centre = jacobian((-mean)[None, :], (-w_mean)[None, :], shared)[0]
    back[:4] = centre @ back
    return top, back


def _sum(history: PurchaseHistory, z: Floats, w: Floats, shared: bool, point: Floats) -> Terms:
    value, gradient = 0.0, np.zeros(len(point))
    hessian = np.zeros((len(point), len(point)))
    for begin in range(0, len(history.T), BLOCK):
        rows = slice(begin, begin + BLOCK)
        moves = jacobian(z[rows], w[rows], shared)
        r, alpha, a, b = np.exp(moves @ point).T
        x, n = history.frequency[rows], history.weights[rows]
        terms = row_terms((r, alpha, a, b), x, x, history.recency[rows], history.T[rows])
        value += float(n @ terms.value)
        gradient += np.einsum("n,ni,nik->k", n, terms.gradient, moves, optimize=True)
        hessian += np.einsum("n,nik,nij,njl->kl", n, moves, terms.hessian, moves, optimize=True)
    return value, gradient, hessian
