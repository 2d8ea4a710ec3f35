"""BG/NBD: customers buy at rates of their own and leave, if at all, after a repeat purchase.

Fader, Hardie and Lee (2005), "Counting your customers" the easy way: an alternative to the
Pareto/NBD model, Marketing Science 24(2).
"""

from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import ArrayLike

from smsroi_models.clv.bg_model import BgModel
from smsroi_models.clv.purchase_history import PurchaseHistory


@dataclass(frozen=True, slots=True, eq=False)
class BgNbd(BgModel):
    """A fitted BG/NBD model; its methods are those of `PurchaseModel`.

    Attributes
    ----------
    r, alpha : float
        Purchase rates are Gamma(r, alpha): mean r / alpha per unit of time.
    a, b : float
        Chances to leave after a repeat purchase are Beta(a, b): mean a / (a + b).
    log_likelihood : float
        At the maximum.
    covariance : ndarray of shape (4, 4)
        Of r, alpha, a, b: inverse of the observed information.
    iterations : int
        Evaluations of the likelihood over all rows.
    n_customers : float
        Sum of the weights.
    """

    FIRST_COIN: ClassVar[bool] = False


def fit_bg_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
) -> BgNbd:
    """Fit the BG/NBD model by maximum likelihood.

    A customer who has not bought again is alive for certain in this model: dropout happens after
    repeat purchases only. Where that is unreasonable, `fit_mbg_nbd` lets the first purchase be the
    last.

    Parameters
    ----------
    frequency : array_like of shape (n_rows,)
        Repeat purchases: periods with a purchase after the first one; whole, at least 0.
    recency : array_like of shape (n_rows,)
        Time from the first purchase to the last, in any unit; 0 where frequency is 0.
    T : array_like of shape (n_rows,)
        Time from the first purchase to the end of the data, in the same unit.
    weights : array_like of shape (n_rows,), optional
        Customers that a row stands for; 1 each where it is left out. Null is refused everywhere.

    Raises
    ------
    DataError
        If the arrays are no purchase histories; the text names the row and the value.
    ConvergenceError
        If nobody bought twice, or the likelihood rises towards a parameter of zero or infinity: all
        customers alike, or no sign of dropout. The text says which, and what to do.

    References
    ----------
    Fader, Hardie and Lee (2005), eq. 6. Fader and Hardie (2013), note 027 on brucehardie.com.

    Examples
    --------
    Three kinds of customers: gone after some purchases, still buying, and never back.

    >>> model = fit_bg_nbd([2, 6, 0, 1], [9, 36, 0, 2], [38, 38, 38, 38], weights=[9, 5, 50, 9])
    >>> model.n_customers, model.covariance.shape
    (73.0, (4, 4))
    >>> float(model.probability_alive(0, 0, 38))  # who never came back cannot have left
    1.0
    >>> bool(model.probability_alive(6, 36, 38) > model.probability_alive(6, 20, 38))
    True
    """
    return BgNbd.fit(PurchaseHistory.of(frequency, recency, T, weights))
