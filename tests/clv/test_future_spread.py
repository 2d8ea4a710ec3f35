"""How far a customer's future spreads: against integrals and against drawn futures."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.future_spread import pairs_while_alive, variance_of_spend
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.prospects import ValueModel
from smsroi_models.clv.recruit_value import value_ahead
from smsroi_models.errors import DataError, NotEstimableError

PURCHASES = BgNbd(0.5, 20.0, 0.8, 2.4, 0.0, np.zeros((4, 4)), 0, 1.0)
SPEND = GammaGamma(6.25, 3.74, 26.304, 0.0, np.zeros((3, 3)), 0, 1.0, 0.0, 0.0)
# frequency, recency, T (weeks) and mean spend
CUSTOMERS = [(0.0, 0.0, 4.0, 0.0), (1.0, 3.0, 12.0, 80.0), (6.0, 38.0, 40.0, 25.0)]
YEAR = 52.0


@pytest.mark.parametrize(("x", "_t", "T", "_m"), CUSTOMERS)
def test_pairs_of_purchases_by_a_plain_sum(x: float, _t: float, T: float, _m: float) -> None:
    """Midpoints of 2,000 equal shares of either posterior, by quantiles.

    The last share of the rate stands for its whole tail, which loses less than 2e-3 here.
    """
    share = (np.arange(2_000) + 0.5) / 2_000
    rate = stats.gamma(PURCHASES.r + x, scale=1 / (PURCHASES.alpha + T)).ppf(share)[:, None]
    drop = np.maximum(stats.beta(PURCHASES.a, PURCHASES.b + x).ppf(share), 1e-7)
    u = rate * drop * YEAR
    left = np.where(u < 1e-4, u**2 / 2 - u**3 / 3, 1 - np.exp(-u) * (1 + u))
    plain = float((2 * (1 - drop) * left / drop**2).mean())
    found = pairs_while_alive(PURCHASES, np.array([x]), np.array([T]), YEAR)[0]
    assert found == pytest.approx(plain, rel=2e-3)


def _futures(
    customer: tuple[float, float, float, float], n: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw n times what the customer spends in a year, from the models' own story."""
    x, t, T, m = customer
    alive = rng.random(n) < PURCHASES.probability_alive(x, t, T)
    rate = rng.gamma(PURCHASES.r + x, 1 / (PURCHASES.alpha + T), n)
    drop = rng.beta(PURCHASES.a, PURCHASES.b + x, n)
    mean = SPEND.p * (SPEND.v + x * m) / rng.gamma(SPEND.q + SPEND.p * x, 1.0, n)
    # numpy's gamma takes a scale: nu = Gamma(shape, rate v + x m) / ..., and the mean is p / nu
    spent, clock = np.zeros(n), np.zeros(n)
    there = np.flatnonzero(alive)
    while len(there):
        clock[there] += rng.exponential(1 / rate[there])
        there = there[clock[there] < YEAR]
        spent[there] += rng.gamma(SPEND.p, mean[there] / SPEND.p)
        there = there[rng.random(len(there)) >= drop[there]]
    return spent


@pytest.mark.parametrize("customer", CUSTOMERS)
def test_variance_is_that_of_drawn_futures(customer: tuple[float, float, float, float]) -> None:
    n = 200_000
    drawn = _futures(customer, n, np.random.default_rng(5))
    x, t, T, m = (np.array([value]) for value in customer)
    variance = variance_of_spend(PURCHASES, SPEND, (x, t, T, m), YEAR)[0]
    centred = (drawn - drawn.mean()) ** 2
    # The tail of spend has no fourth moment for frequency 0 (q < 4): its error is rough, so six.
    assert variance == pytest.approx(drawn.var(), abs=6 * centred.std() / math.sqrt(n))
    expected = PURCHASES.expected_purchases(YEAR, x, t, T) * SPEND.expected_average_value(
        x, np.where(x > 0, m, 1.0)
    )
    assert expected[0] == pytest.approx(drawn.mean(), abs=5 * drawn.std() / math.sqrt(n))


def test_value_ahead_adds_spread_and_the_parameters_errors() -> None:
    x, t, T, m = (np.array(column) for column in zip(*CUSTOMERS, strict=True))
    n = np.array([30.0, 5.0, 1.0])
    plain = ValueModel(PURCHASES, SPEND, 0.5)
    found = value_ahead(
        plain, (x, t, T), n, n * m, (0.0, YEAR), discount_rate=0.0, confidence_level=0.95
    )
    each = variance_of_spend(PURCHASES, SPEND, (x, t, T, m), YEAR)
    assert found.standard_error == pytest.approx(0.5 * math.sqrt(n @ each), rel=1e-9)
    assert found.ci_lower > 0
    # Symmetric on the log scale.
    assert found.estimate**2 == pytest.approx(found.ci_lower * found.ci_upper, rel=1e-9)
    unsure = BgNbd(0.5, 20.0, 0.8, 2.4, 0.0, np.diag([0.01, 1.0, 0.0, 0.0]), 0, 1.0)
    wider = value_ahead(
        ValueModel(unsure, SPEND, 0.5),
        (x, t, T),
        n,
        n * m,
        (0.0, YEAR),
        discount_rate=0.0,
        confidence_level=0.95,
    )
    assert wider.standard_error > found.standard_error
    assert wider.estimate == found.estimate


def test_what_cannot_be_told_is_refused() -> None:
    one = np.array([1.0])
    tail = GammaGamma(0.1, 1.8, 10.0, 0.0, np.zeros((3, 3)), 0, 1.0, 0.0, 0.0)
    with pytest.raises(NotEstimableError, match=r"no finite variance"):
        variance_of_spend(PURCHASES, tail, (one, one, 3 * one, 9 * one), YEAR)
    nobody = np.array([])
    with pytest.raises(NotEstimableError, match="none of them has bought"):
        value_ahead(
            ValueModel(PURCHASES, SPEND, 0.5),
            (nobody, nobody, nobody),
            nobody,
            nobody,
            (0.0, YEAR),
            discount_rate=0.1,
            confidence_level=0.95,
        )
    with pytest.raises(DataError, match="BG/NBD alone"):
        value_ahead(
            ValueModel(object(), SPEND, 0.5),  # type: ignore[arg-type]
            (one, one, one),
            one,
            one,
            (0.0, YEAR),
            discount_rate=0.1,
            confidence_level=0.95,
        )
