"""Maximum likelihood for BG/NBD and MBG/NBD: where to start, and what can go wrong."""

import contextlib

import numpy as np

from smsroi_models.clv.bg_likelihood import BgSums
from smsroi_models.clv.newton import Maximum, maximise
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.errors import ConvergenceError

NAMES = ("r", "alpha", "a", "b")
# Beyond e^13 (440,000) or below e^-13 no data tell a parameter from infinity or zero.
BOUND = 13.0
# Starting from a sixteenth of the rows leaves four standard errors to go: two or three steps.
THINNING = 16
ENOUGH_ROWS = 4_000
MORE = "use more customers or a longer time"
EDGES = {
    "r": (
        "a few customers make all purchases and the rest none, which leaves the purchase rates "
        f"without a distribution; look for test accounts or resellers, or {MORE}",
        "all customers buy at one rate, which leaves no spread of rates to estimate; "
        f"look whether the rows were averaged, or {MORE}",
    ),
    "alpha": (
        "purchases follow each other at once; give recency and T in the unit of the purchases",
        f"all customers buy at one rate, which leaves no spread of rates to estimate; {MORE}",
    ),
    "a": (
        "nobody seems to leave: the long silences that show it are missing; "
        "use a longer time, or a model without dropout",
        "all customers leave with one probability after a purchase, which leaves no spread to "
        f"estimate; {MORE}",
    ),
    "b": (
        "every customer seems to leave at the first chance or never; use a longer time, or look "
        "whether repeat purchases are missing",
        "nobody seems to leave: the long silences that show it are missing; "
        "use a longer time, or a model without dropout",
    ),
}


def fit_rows(history: PurchaseHistory, first_coin: bool) -> Maximum:
    """Return the maximum in the logarithms of r, alpha, a, b.

    Raises
    ------
    ConvergenceError
        If nobody bought twice, or the likelihood has no maximum at finite parameters above zero.
    """
    check_repeats(history)
    rows = history.collapsed()
    reference = np.array([0.0, np.log(mean_age(history)), 0.0, 0.0])
    start = _start(rows, first_coin, reference)
    return _refined(rows, first_coin, reference, start)


def check_repeats(history: PurchaseHistory) -> None:
    """Refuse customers of whom nobody bought again.

    Raises
    ------
    ConvergenceError
    """
    if not history.frequency.any():
        raise ConvergenceError(
            f"frequency is 0 for all {history.n_customers:g} customers: nobody bought twice, so "
            "that neither rates nor dropout can be seen; use a longer time"
        )


def mean_age(history: PurchaseHistory) -> float:
    """Return the mean of T, the scale that alpha is held against."""
    return float(history.weights @ history.T / history.weights.sum())


def _refined(rows: PurchaseHistory, first_coin: bool, reference: Floats, start: Floats) -> Maximum:
    """Maximise from the maximum of a sixteenth of the rows, and that from a sixteenth of it."""
    if len(rows.T) > THINNING * ENOUGH_ROWS:
        with contextlib.suppress(ConvergenceError):  # too few rows to say; all of them may
            start = _refined(rows.thinned(1 / THINNING), first_coin, reference, start).point
    sums = BgSums.of(rows, first_coin)
    return maximise(
        sums.in_logarithms, start, NAMES, reference - BOUND, reference + BOUND, edges=EDGES
    )


def _start(rows: PurchaseHistory, first_coin: bool, reference: Floats) -> Floats:
    """Return the best of a few shapes on some rows; their mean purchase rate is the rows'."""
    few = rows if len(rows.T) <= ENOUGH_ROWS else rows.thinned(ENOUGH_ROWS / len(rows.T))
    if not few.frequency.any():
        few = rows
    sums = BgSums.of(few, first_coin)
    rate = float(few.weights @ few.frequency) / max(float(few.weights @ few.T), 1e-300)
    starts = [
        np.log([r, r / (rate * faster), a, b])
        for r in (0.2, 1.0, 5.0)
        for faster, a, b in ((1.5, 0.8, 3.0), (1.1, 1.0, 20.0), (4.0, 1.0, 1.0), (4.0, 0.1, 0.1))
    ]
    inside = [np.clip(s, reference - BOUND + 1, reference + BOUND - 1) for s in starts]
    return max(inside, key=lambda s: sums.log_likelihood(np.exp(s))[0])
