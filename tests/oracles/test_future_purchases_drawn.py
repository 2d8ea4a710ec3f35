"""Means and spreads of what a customer will buy and bring, against customers drawn one by one.

The posterior of rate, dropout and spend given the history is drawn and lived through, purchase by
purchase. Tolerance: five standard errors of the draws' mean and of their standard deviation, the
latter from their own fourth moment.
"""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.mbg_nbd import MbgNbd
from smsroi_models.clv.pareto_nbd import ParetoNbd
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.value import lifetime_value

Floats = NDArray[np.float64]
FLAT = 0.0, np.zeros((4, 4)), 0, 1.0
MODELS = {
    "bg_nbd": BgNbd(0.243, 4.414, 0.793, 2.426, *FLAT),
    "mbg_nbd": MbgNbd(0.525, 6.183, 0.891, 1.614, *FLAT),
    "pareto_nbd": ParetoNbd(0.553, 10.578, 0.606, 11.669, *FLAT),
}
# A tail so short that the draws have a fourth moment.
SPEND = GammaGamma(6.25, 12.0, 60.0, 0.0, np.zeros((3, 3)), 0, 1.0, 0.0, 0.0)
DRAWS, HORIZON, RATE, MEAN = 60_000, 80.0, 0.01, 20.0


@pytest.mark.parametrize("period", [None, 13.0])
@pytest.mark.parametrize("customer", [(2, 30.43, 38.86), (0, 0.0, 38.86), (0, 0.0, 0.0)])
@pytest.mark.parametrize("name", MODELS)
def test_means_and_deviations(
    name: str, customer: tuple[float, float, float], period: float | None
) -> None:
    model = MODELS[name]
    found = lifetime_value(
        model,
        SPEND,
        *([value] for value in customer),
        [MEAN],
        horizon=HORIZON,
        margin_rate=1.0,
        discount_rate_per_unit=RATE,
        period=period,
    )
    counts, worth = _lived(model, customer, period, np.random.default_rng(3))
    for draws, mean, deviation in (
        (counts, found.expected_purchases[0], found.purchases_deviation[0]),
        (worth, found.value[0], found.predictive_deviation[0]),
    ):
        off = draws - draws.mean()
        variance = float(np.mean(off**2))
        assert mean == pytest.approx(draws.mean(), abs=5 * math.sqrt(variance / DRAWS))
        error = math.sqrt(float(np.mean(off**4)) / variance**2 - 1) / (2 * math.sqrt(DRAWS))
        assert deviation == pytest.approx(math.sqrt(variance), rel=5 * error)


def _lived(
    model: PurchaseModel,
    customer: tuple[float, float, float],
    period: float | None,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Return purchases and discounted spend of customers with this history."""
    x, _, T = customer
    r, alpha, third, fourth = model.parameters
    here = rng.random(DRAWS) < model.probability_alive(*customer)
    rate = rng.gamma(r + x, 1 / (alpha + T), DRAWS)
    coins = isinstance(model, BgNbd | MbgNbd)
    first = isinstance(model, MbgNbd)
    leaves = rng.beta(third, fourth + x + first, DRAWS) if coins else np.zeros(DRAWS)
    ends = rng.gamma(third, 1 / (fourth + T), DRAWS) if not coins else np.zeros(DRAWS)
    stay = np.full(DRAWS, np.inf) if coins else rng.exponential(1 / np.maximum(ends, 1e-300))
    nu = rng.gamma(SPEND.p * x + SPEND.q, 1 / (SPEND.v + x * MEAN), DRAWS)
    clock, counts, worth = np.zeros(DRAWS), np.zeros(DRAWS), np.zeros(DRAWS)
    while here.any():
        clock += rng.exponential(1 / np.maximum(rate, 1e-300))
        here &= (clock < HORIZON) & (clock < stay)
        due = clock if period is None else np.minimum(np.ceil(clock / period) * period, HORIZON)
        counts += here
        worth += np.where(here, (1 + RATE) ** -np.minimum(due, HORIZON), 0.0) * (
            rng.gamma(SPEND.p, 1 / nu)
        )
        here &= rng.random(DRAWS) >= leaves
    return counts, worth
