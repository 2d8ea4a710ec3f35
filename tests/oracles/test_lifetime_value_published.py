"""Lifetime value against lifetimes' printed and live figures, and Pareto/NBD's closed form.

Sources: lifetimes, quickstart ("the customer lifetime value", twelve months at 1 % a month); Fader,
Hardie and Lee (2005), RFM and CLV, Journal of Marketing Research 42(4), eq. 4, whose discounted
expected residual transactions need Tricomi's function (scipy's ``hyperu``).
"""

import numpy as np
import pandas as pd
import pytest
from peer import lifetimes
from scipy.special import hyperu

from smsroi_models.clv.bg_nbd import BgNbd, fit_bg_nbd
from smsroi_models.clv.discounting import Discounting
from smsroi_models.clv.future_purchases import discounted_purchases, future_purchases
from smsroi_models.clv.gamma_gamma import GammaGamma, fit_gamma_gamma
from smsroi_models.clv.lifetimes_bridge import as_lifetimes, spend_as_lifetimes
from smsroi_models.clv.pareto_nbd import ParetoNbd
from smsroi_models.clv.purchase_history import PurchaseHistory
from smsroi_models.clv.value import lifetime_value

NAMES = ("frequency", "recency", "T", "monetary_value")


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return lifetimes.datasets.load_cdnow_summary_data_with_monetary_value()


@pytest.fixture(scope="module")
def models(customers: pd.DataFrame) -> tuple[BgNbd, GammaGamma]:
    purchases = fit_bg_nbd(*(customers[name] for name in NAMES[:3]))
    return purchases, fit_gamma_gamma(customers["frequency"], customers["monetary_value"])


def test_the_quickstarts_values(customers: pd.DataFrame, models: tuple[BgNbd, GammaGamma]) -> None:
    """Its data are in weeks, but it is not told so and takes a month for 30 units of time.

    Six decimals are printed, from parameters that its optimiser left 1e-7 from the maximum.
    """
    months, length = 12, 30.0
    found = lifetime_value(
        *models,
        *(customers[name] for name in NAMES),
        horizon=months * length,
        margin_rate=1.0,
        discount_rate_per_unit=1.01 ** (1 / length) - 1,
        period=length,
    )
    expected = [140.096211, 18.943467, 38.180574, 38.180574]
    assert found.value[:4] == pytest.approx(expected, rel=5e-7)


def test_lifetimes_steps_by_months_of_weeks(
    customers: pd.DataFrame, models: tuple[BgNbd, GammaGamma]
) -> None:
    """The same parameters, its arithmetic: months of 4.345 weeks, each discounted at its end.

    Predictions agree to ten digits where both have one.
    """
    purchases, spend = models
    columns = [customers[name] for name in NAMES]
    theirs = spend_as_lifetimes(spend, columns[0], columns[3]).customer_lifetime_value(
        as_lifetimes(purchases, *columns[:3]), *columns, time=12, discount_rate=0.01, freq="W"
    )
    ours = lifetime_value(
        purchases,
        spend,
        *columns,
        horizon=12 * 4.345,
        margin_rate=1.0,
        discount_rate_per_unit=1.01 ** (1 / 4.345) - 1,
        period=4.345,
    )
    np.testing.assert_allclose(ours.value, theirs, rtol=1e-9)


@pytest.mark.parametrize("customer", [(0, 0.0, 38.86), (2, 30.43, 38.86), (26, 30.86, 31.0)])
def test_pareto_nbd_without_end(customer: tuple[float, float, float]) -> None:
    """With no horizon the discounted residual transactions have a closed form.

    Ours end where what follows is worth e^-25 of today, 1e-11; the rest is quadrature.
    """
    r, alpha, s, beta, rate = 0.553, 10.578, 0.606, 11.669, np.log(1.15) / 52
    model = ParetoNbd(r, alpha, s, beta, 0.0, np.zeros((4, 4)), 0, 1.0)
    x, _, T = customer
    alive = model.probability_alive(*customer)
    end = beta + T
    closed = alive * (r + x) / (alpha + T) * end**s * rate ** (s - 1) * hyperu(s, s, rate * end)
    history = PurchaseHistory.of(*([value] for value in customer))
    found = discounted_purchases(model, history, Discounting(25 / rate, np.expm1(rate)))
    assert found[0] == pytest.approx(closed, rel=1e-6)


@pytest.mark.parametrize("x", [0, 3])
def test_counts_of_who_never_leaves_are_negative_binomial(x: int) -> None:
    """Without dropout a customer's purchases are a Gamma mixture of Poisson counts.

    Mean m = (r + x) h / (alpha + T), variance m + m^2 / (r + x): any textbook on the NBD. The
    chance to leave here is 1e-12 a purchase.
    """
    model = BgNbd(0.6, 5.0, 1e-12, 1.0, 0.0, np.zeros((4, 4)), 0, 1.0)
    history = PurchaseHistory.of([x], [20.0 * (x > 0)], [30.0])
    found = future_purchases(model, history, Discounting(52.0, 0.0))
    mean = (0.6 + x) * 52 / 35
    assert found.expected[0] == pytest.approx(mean, rel=1e-9)
    assert found.purchase_variance[0] == pytest.approx(mean + mean**2 / (0.6 + x), rel=1e-9)
