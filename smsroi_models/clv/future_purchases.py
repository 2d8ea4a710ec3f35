"""What customers will buy up to a horizon, discounted: its mean, and what its variance is made of.

With N purchases at times s_1, ..., s_N after T and discount factors v^s, let A be the sum of v^s_i.
The second moment of A is the mean of the sum of v^(2 s_i) and of the sum of v^(s_i + s_j) over
ordered pairs of different purchases. Given the rate and the chance to leave, a pair's density
depends on its later time alone, so that the earlier one may be moved to T, where it makes the
customer one with x + 1 purchases, the last of them now (Slivnyak's theorem; Daley and Vere-Jones
2008, section 13.2):

    mean of pairs = 2 P(alive) rate integral of f(s) dY'(s),    Y'(s) = E(purchases | x + 1, T, T)

with the rate of who is alive, (r + x) / (alpha + T) in every model here, and f of `discounting`. No
model needs a second moment of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smsroi_models.clv.discounting import Discounting
from smsroi_models.clv.purchase_history import Floats, PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel

# Frequency and T of customers who, given alive, buy alike: a complex number is a pair that sorts.
Kinds = NDArray[np.complex128]
# Times and kinds that go through a model at once.
BLOCK = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class FuturePurchases:
    """Purchases in (T, T + horizon]; arrays of shape (n_rows,), gradients (n_rows, 4).

    Attributes
    ----------
    expected, expected_gradient
        Mean number of purchases, and its derivatives in the purchase model's parameters.
    expected_pairs
        Mean number of ordered pairs of different purchases.
    discounted, discounted_gradient
        Mean of the sum of the discount factors.
    squared
        Mean of the sum of their squares.
    pairs
        Mean of the sum of their products over ordered pairs of different purchases.
    """

    expected: Floats
    expected_gradient: Floats
    expected_pairs: Floats
    discounted: Floats
    discounted_gradient: Floats
    squared: Floats
    pairs: Floats

    @property
    def purchase_variance(self) -> Floats:
        """Variance of one customer's number of purchases, parameters given; (n_rows,)."""
        # The quadrature may leave a negative digit of a variance of zero.
        found: Floats = np.maximum(self.expected + self.expected_pairs - self.expected**2, 0.0)
        return found


def future_purchases(
    model: PurchaseModel, history: PurchaseHistory, discounting: Discounting
) -> FuturePurchases:
    """Return the mean and second moments of customers' purchases up to a horizon.

    Examples
    --------
    Without dropout to speak of, who has r = 2 and alpha = 4 buys 2 / 4 a unit; over one unit the
    count is negative binomial with variance 1 / 2 + 2 / 4^2:

    >>> from smsroi_models.clv.bg_nbd import BgNbd
    >>> model = BgNbd(2.0, 4.0, 1e-9, 1.0, 0.0, np.eye(4), 0, 1.0)
    >>> found = future_purchases(model, PurchaseHistory.of([0], [0], [0]), Discounting(1.0, 0.0))
    >>> found.expected.round(6), found.purchase_variance.round(6)
    (array([0.5]), array([0.625]))
    """
    x, t, T = history.frequency, history.recency, history.T
    kinds, back = np.unique(x + 1j * T, return_inverse=True)
    alive = model.probability_alive(x, t, T)
    by_alive = model.probability_alive_gradient(x, t, T)

    times, weights = discounting.purchases()
    means = _summed(model.expected_purchases_while_alive, times, weights, kinds)[back]
    slopes = _summed(model.expected_purchases_while_alive_gradient, times, weights[:, :2], kinds)[
        back
    ]
    pairs = _pairs(model, kinds, discounting)[back] * alive[:, None]
    # Of the product with P(alive), for the undiscounted and the discounted sum.
    gradients = alive[:, None, None] * slopes + means[:, :2, None] * by_alive[:, None, :]
    return FuturePurchases(
        expected=alive * means[:, 0],
        expected_gradient=gradients[:, 0],
        expected_pairs=pairs[:, 0],
        discounted=alive * means[:, 1],
        discounted_gradient=gradients[:, 1],
        squared=alive * means[:, 2],
        pairs=pairs[:, 1],
    )


def discounted_purchases(
    model: PurchaseModel, history: PurchaseHistory, discounting: Discounting
) -> Floats:
    """Return the expected discounted purchases alone, without what their uncertainty needs."""
    kinds, back = np.unique(history.frequency + 1j * history.T, return_inverse=True)
    alive = model.probability_alive(history.frequency, history.recency, history.T)
    times, weights = discounting.purchases()
    means = _summed(model.expected_purchases_while_alive, times, weights[:, 1:2], kinds)
    found: Floats = alive * means[back, 0]
    return found


def _pairs(model: PurchaseModel, kinds: Kinds, discounting: Discounting) -> Floats:
    """Return the pairs of purchases of who is alive, undiscounted and discounted: (n_kinds, 2)."""
    r, alpha = model.parameters[:2]
    times, weights = discounting.pairs()
    x, T = kinds.real, kinds.imag
    # A second purchase on the first day of all would have had no time to come in.
    age = np.maximum(T, 1e-9 * discounting.horizon)
    after = x + 1 + 1j * age
    # Of the earlier purchase: that it comes, and that the customer stays after it.
    first = (r + x) / (alpha + T) * model.probability_alive(x + 1, age, age)
    counted = _summed(model.expected_purchases_while_alive, times, weights, after)
    pairs: Floats = 2 * first[:, None] * counted
    return pairs


def _summed(
    function: Callable[[Floats, Floats, Floats], Floats],
    times: Floats,
    weights: Floats,
    kinds: Kinds,
) -> Floats:
    """Return weighted sums over times of a function of (time, x, T), (n_kinds, n_sums, ...).

    Kinds go through in blocks, so that memory does not grow with times.
    """
    block = max(1, BLOCK // len(times))
    parts = []
    for begin in range(0, len(kinds), block):
        some = kinds[begin : begin + block]
        values = function(times[:, None], some.real, some.imag)
        parts.append(np.moveaxis(np.tensordot(weights, values, axes=(0, 0)), 0, 1))
    return np.concatenate(parts)
