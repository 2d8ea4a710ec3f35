"""Maximum likelihood for BG/NBD and MBG/NBD."""

import numpy as np

from smsroi_models.clv.bg_likelihood import BgSums
from smsroi_models.clv.fitting import Family, fit_family, mean_age, purchase_rate
from smsroi_models.clv.newton import Maximum
from smsroi_models.clv.purchase_history import PurchaseHistory

NAMES = ("r", "alpha", "a", "b")
MORE = "use more customers or a longer time"
ONE_RATE = (
    "all customers buy at one rate, which leaves no spread of rates to estimate; look whether the "
    f"rows were averaged, or {MORE}"
)
NOBODY_LEAVES = (
    "nobody seems to leave: the long silences that show it are missing; use a longer time, or a "
    "model without dropout"
)
ONE_DROPOUT = (
    "nobody seems to leave, or all customers alike, which leaves no spread to estimate; use a "
    "longer time, more customers or a model without dropout"
)
RATES = {
    "r": (
        "a few customers make all purchases and the rest none, which leaves the purchase rates "
        f"without a distribution; look for test accounts or resellers, or {MORE}",
        ONE_RATE,
    ),
    "alpha": (
        "purchases follow each other at once; give recency and T in the unit of the purchases",
        ONE_RATE,
    ),
}
DROPOUT = {
    "a": (
        NOBODY_LEAVES,
        "all customers leave with one probability after a purchase, which leaves no spread to "
        f"estimate; {MORE}",
    ),
    "b": (
        "customers leave at the first chance or never, which leaves no distribution between; "
        f"{MORE}",
        ONE_DROPOUT,
    ),
}


def fit_rows(history: PurchaseHistory, first_coin: bool) -> Maximum:
    """Return the maximum in the logarithms of r, alpha, a, b.

    It is looked for from the best of a few shapes whose mean purchase rate is that of the data.

    Raises
    ------
    ConvergenceError
        If nobody bought twice, or the likelihood has no maximum at finite parameters above zero.
    """
    family = Family(NAMES, lambda rows: BgSums.of(rows, first_coin).in_logarithms, RATES | DROPOUT)
    rate = max(purchase_rate(history), 1e-300)
    starts = [
        np.log([r, r / (rate * faster), a, b])
        for r in (0.2, 1.0, 5.0)
        for faster, a, b in ((1.5, 0.8, 3.0), (1.1, 1.0, 20.0), (4.0, 1.0, 1.0), (4.0, 0.1, 0.1))
    ]
    return fit_family(family, history, starts, np.array([0.0, np.log(mean_age(history)), 0.0, 0.0]))
