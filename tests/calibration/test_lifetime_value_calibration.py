"""Do the intervals of lifetime value keep what they say, and how wrong are they elsewhere?

Customers are drawn one by one as the models say (and then as they do not), with purchases and
spend of a year after the data end. Two things are held against each other: the *expected* value
under the true parameters given the data, against the interval by the parameters; and what the
customers *actually* bring, against the interval of what they will bring.

Tolerance: four binomial standard errors of the replications. For the smallest group nothing is
added either: the log-normal shape is what is tested.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from buyers import Buyers, coin_tossers, leavers
from numpy.typing import NDArray
from unmodelled import draw

from smsroi_models.clv.base_groups import Alive
from smsroi_models.clv.bg_nbd import BgNbd, fit_bg_nbd
from smsroi_models.clv.gamma_gamma import GammaGamma, fit_gamma_gamma
from smsroi_models.clv.mbg_nbd import MbgNbd, fit_mbg_nbd
from smsroi_models.clv.pareto_nbd import ParetoNbd, fit_pareto_nbd
from smsroi_models.clv.purchase_history import PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.value import LifetimeValue, lifetime_value

pytestmark = pytest.mark.slow
N, HORIZON, MARGIN = 2_000, 52.0, 0.5
SMALL = 100
FLAT4 = 0.0, np.zeros((4, 4)), 0, 1.0
SPEND = GammaGamma(6.25, 3.74, 15.44, 0.0, np.zeros((3, 3)), 0, 1.0, 0.0, 0.0)


class Shop(NamedTuple):
    """Customers' histories with spend, and what they bring within the horizon."""

    buyers: Buyers
    monetary_value: NDArray[np.float64]
    brought: NDArray[np.float64]

    @property
    def rows(self) -> tuple[NDArray[np.float64], ...]:
        return (*self.buyers.history, self.monetary_value)


def with_spend(buyers: Buyers, rng: np.random.Generator) -> Shop:
    """Draw the mean of the repeat purchases and the sum of those ahead, one nu a customer."""
    x = buyers.frequency
    scale = SPEND.v / rng.gamma(SPEND.q, 1.0, len(x))
    spent = rng.gamma(SPEND.p * np.maximum(x, 1)) * scale
    ahead = buyers.purchases_ahead
    brought = np.where(ahead > 0, rng.gamma(SPEND.p * np.maximum(ahead, 1)) * scale, 0.0)
    return Shop(buyers, np.where(x > 0, spent / np.maximum(x, 1), 0.0), MARGIN * brought)


def valued(purchases: PurchaseModel, spend: GammaGamma, shop: Shop) -> LifetimeValue:
    return lifetime_value(purchases, spend, *shop.rows, horizon=HORIZON, margin_rate=MARGIN)


def _coins(first_coin: bool) -> Callable[..., Buyers]:
    return lambda *given, **ahead: coin_tossers(*given, first_coin=first_coin, **ahead)


CASES = {
    "bg_nbd": (fit_bg_nbd, BgNbd, _coins(False), (0.6, 5.0, 0.9, 2.5)),
    "mbg_nbd": (fit_mbg_nbd, MbgNbd, _coins(True), (1.2, 5.0, 0.9, 1.8)),
    "pareto_nbd": (fit_pareto_nbd, ParetoNbd, leavers, (1.2, 8.0, 0.8, 12.0)),
}


@pytest.mark.parametrize("case", CASES)
def test_intervals_cover(case: str) -> None:
    """Of all customers, of a hundred of them, and of one customer's expectation."""
    fit, kind, draw, truth = CASES[case]
    true_model = kind(*truth, *FLAT4)  # type: ignore[arg-type]
    rng = np.random.default_rng(51)
    replications, within = 240, []
    for _ in range(replications):
        T = rng.uniform(20, 100, N)
        shop = with_spend(draw(rng, truth, T, horizon=HORIZON), rng)
        spend = fit_gamma_gamma(shop.buyers.frequency, shop.monetary_value)
        found = valued(fit(*shop.buyers.history), spend, shop)
        known = valued(true_model, SPEND, shop)
        group = np.arange(N) < SMALL
        total, small = found.total, found.total_of(group.astype(float))
        assert total.predicted_value is not None and small.predicted_value is not None
        bought = shop.buyers.purchases_ahead
        within.append(
            [
                _holds(total.expected_value, known.value.sum()),
                _holds(total.predicted_value, shop.brought.sum()),
                _holds(total.predicted_purchases, bought.sum()),
                _holds(small.predicted_value, shop.brought[group].sum()),
                _holds(small.predicted_purchases, bought[group].sum()),
                found.ci_lower[0] <= known.value[0] <= found.ci_upper[0],
            ]
        )
    coverage = np.mean(within, axis=0)
    slack = 4 * math.sqrt(0.95 * 0.05 / replications)
    print(case, coverage.round(3))
    assert coverage == pytest.approx(np.full(6, 0.95), abs=slack), coverage


@pytest.mark.parametrize("case", CASES)
def test_the_number_still_here_is_covered(case: str) -> None:
    """Of repeat buyers, against what the true parameters say of the same customers."""
    fit, kind, draw_buyers, truth = CASES[case]
    true_model = kind(*truth, *FLAT4)  # type: ignore[arg-type]
    rng = np.random.default_rng(52)
    replications, within = 150, 0
    for _ in range(replications):
        rows = draw_buyers(rng, truth, rng.uniform(20, 100, N)).history
        history = PurchaseHistory.of(*rows)
        repeat = history.weights * (history.frequency > 0)
        found = Alive.of(fit(*rows), history, 0.95).count(repeat)
        within += _holds(found, repeat @ true_model.probability_alive(*rows))
    print(case, within / replications)
    slack = 4 * math.sqrt(0.95 * 0.05 / replications)
    assert within / replications == pytest.approx(0.95, abs=slack)


def _holds(figure, value: float) -> bool:
    return bool(figure.ci_lower <= value <= figure.ci_upper)


# Foretold over made in the next 13 and 52 weeks, as docs/lifetime_value.md prints them.
WRONG = {
    "the model itself": ({}, 1.01, 1.01),
    "like clockwork (shape 4)": ({"regularity": 4.0}, 1.07, 1.10),
    "a season of 30 %, high ahead": ({"season": 0.3}, 0.75, 0.87),
    "a season of 30 %, low ahead": ({"season": 0.3, "peak_at_end": False}, 1.35, 1.11),
    "a season of 60 %, high ahead": ({"season": 0.6}, 0.56, 0.74),
    "a season of 60 %, low ahead": ({"season": 0.6, "peak_at_end": False}, 1.95, 1.24),
}


@pytest.mark.parametrize("case", WRONG)
def test_how_wrong_where_the_model_is_not_true(case: str) -> None:
    """BG/NBD on three lists of 6,000; the lists' means scatter by 0.02 at most, hence 0.08.

    The model itself is met within four standard errors; the others are as far off as the
    documentation says, no more and no less.
    """
    options, quarter, year = WRONG[case]
    rng = np.random.default_rng(53)
    ratios = []
    for _ in range(3):
        shop = draw(rng, 6_000, (13.0, 52.0), **options)  # type: ignore[arg-type]
        model = fit_bg_nbd(*shop.history)
        told = [model.expected_purchases(h, *shop.history).sum() for h in (13.0, 52.0)]
        ratios.append(np.array(told) / shop.ahead.sum(axis=0))
    print(case, np.mean(ratios, axis=0).round(2))
    assert np.mean(ratios, axis=0) == pytest.approx([quarter, year], abs=0.08)


def test_the_wrong_family_misses_by_a_few_percent() -> None:
    """Customers of BG/NBD valued by Pareto/NBD and by MBG/NBD, a year ahead: 3 to 8 % too low."""
    rng = np.random.default_rng(54)
    for fit in (fit_mbg_nbd, fit_pareto_nbd):
        shop = draw(rng, 12_000, (52.0,))
        model = fit(*shop.history)
        ratio = model.expected_purchases(52.0, *shop.history).sum() / shop.ahead.sum()
        assert 0.9 < ratio < 0.99
