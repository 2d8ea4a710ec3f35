"""MBG/NBD: as BG/NBD, but the first purchase may be the last.

Batislam, Denizel and Filiztekin (2007), Empirical validation and comparison of models for customer
base analysis, International Journal of Research in Marketing 24(3).
"""

from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import ArrayLike

from smsroi_models.clv.bg_model import BgModel
from smsroi_models.clv.purchase_history import PurchaseHistory


@dataclass(frozen=True, slots=True, eq=False)
class MbgNbd(BgModel):
    """A fitted MBG/NBD model; its methods are those of `PurchaseModel`.

    Attributes
    ----------
    r, alpha : float
        Purchase rates are Gamma(r, alpha): mean r / alpha per unit of time.
    a, b : float
        Chances to leave after a purchase, the first included, are Beta(a, b): mean a / (a + b).
    log_likelihood : float
        At the maximum.
    covariance : ndarray of shape (4, 4)
        Of r, alpha, a, b: inverse of the observed information.
    iterations : int
        Evaluations of the likelihood over all rows.
    n_customers : float
        Sum of the weights.
    """

    FIRST_COIN: ClassVar[bool] = True


def fit_mbg_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
) -> MbgNbd:
    """Fit the MBG/NBD model by maximum likelihood.

    Unlike in BG/NBD, a customer who bought once only may have left: the longer the silence, the
    likelier.

    Parameters
    ----------
    frequency, recency, T, weights : array_like of shape (n_rows,)
        As `fit_bg_nbd` takes them.

    Raises
    ------
    DataError, ConvergenceError
        As `fit_bg_nbd`.

    References
    ----------
    Batislam, Denizel and Filiztekin (2007). Hoppe and Wagner (2007), Marketing: Journal of
    Research and Management 3(2), name it CBG/NBD.

    Examples
    --------
    >>> model = fit_mbg_nbd(
    ...     [2, 6, 0, 1, 15], [9, 36, 0, 2, 38], [38] * 5, weights=[9, 5, 50, 9, 2]
    ... )
    >>> bool(model.probability_alive(0, 0, 5) < 1)
    True
    >>> bool(model.probability_alive(0, 0, 38) < model.probability_alive(0, 0, 5))
    True
    """
    return MbgNbd.fit(PurchaseHistory.of(frequency, recency, T, weights))
