"""Laws of lifetime value."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.mbg_nbd import MbgNbd
from smsroi_models.clv.pareto_nbd import ParetoNbd
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.value import LifetimeValue, lifetime_value

SIZES = st.floats(0.1, 20.0)
FLAT = 0.0, np.diag([1e-4] * 4), 0, 1.0
MODELS = st.builds(
    lambda kind, values: kind(*values, *FLAT),
    st.sampled_from([BgNbd, MbgNbd, ParetoNbd]),
    st.tuples(SIZES, SIZES, SIZES, SIZES),
)
SPEND = GammaGamma(6.25, 3.74, 15.44, 0.0, np.diag([1e-3] * 3), 0, 1.0, 0.0, 0.0)
HORIZONS, RATES = st.floats(0.5, 200.0), st.floats(0.0, 0.05)


@st.composite
def customers(draw: st.DrawFn) -> tuple[float, float, float, float]:
    x, T = draw(st.integers(0, 40)), draw(st.floats(0.5, 200.0))
    recency = draw(st.floats(0.01, 1.0)) * T if x else 0.0
    return float(x), recency, T, draw(st.floats(1.0, 500.0))


def _value(
    model: PurchaseModel,
    customer: tuple[float, ...],
    horizon: float,
    rate: float,
    **options: object,
) -> LifetimeValue:
    given_options = {"margin_rate": 0.5, **options}
    return lifetime_value(
        model,
        SPEND,
        *([value] for value in customer),
        horizon=horizon,
        discount_rate_per_unit=rate,
        **given_options,  # type: ignore[arg-type]
    )


@settings(max_examples=25)
@given(MODELS, customers(), HORIZONS, RATES)
def test_bounds(
    model: PurchaseModel, customer: tuple[float, ...], horizon: float, rate: float
) -> None:
    """Discounted value lies between the undiscounted one and that at the horizon's factor."""
    found, plain = _value(model, customer, horizon, rate), _value(model, customer, horizon, 0.0)
    factor = (1 + rate) ** -horizon
    assert factor * plain.value[0] * (1 - 1e-7) <= found.value[0] <= plain.value[0] * (1 + 1e-7)
    mean = SPEND.expected_average_value([customer[0]], [customer[3]])
    np.testing.assert_allclose(plain.value, 0.5 * mean * plain.expected_purchases)
    # A count's variance is at least that of a yes or no with the same mean.
    mean_count = plain.expected_purchases[0] % 1
    assert plain.purchases_deviation[0] ** 2 >= mean_count * (1 - mean_count) - 1e-9


@settings(max_examples=25)
@given(MODELS, customers(), HORIZONS, RATES, st.floats(1.01, 3.0))
def test_more_time_is_worth_more(
    model: PurchaseModel, customer: tuple[float, ...], horizon: float, rate: float, longer: float
) -> None:
    found = _value(model, customer, horizon, rate)
    further = _value(model, customer, horizon * longer, rate)
    assert further.value[0] >= found.value[0] * (1 - 1e-7)
    assert further.expected_purchases[0] >= found.expected_purchases[0] * (1 - 1e-9)


@settings(max_examples=20)
@given(MODELS, customers(), HORIZONS, RATES)
def test_the_unit_of_time_does_not_matter(
    model: PurchaseModel, customer: tuple[float, ...], horizon: float, rate: float
) -> None:
    """Weeks or days: times by 7, alpha (and beta) by 7, the daily rate by compounding."""
    _, alpha, _, fourth = model.parameters
    days = (
        replace(model, alpha=7 * alpha, beta=7 * fourth)
        if isinstance(model, ParetoNbd)
        else replace(model, alpha=7 * alpha)
    )
    x, t, T, m = customer
    weekly = _value(model, customer, horizon, rate)
    daily = _value(days, (x, 7 * t, 7 * T, m), 7 * horizon, (1 + rate) ** (1 / 7) - 1)
    np.testing.assert_allclose(daily.value, weekly.value, rtol=1e-7)
    np.testing.assert_allclose(
        daily.predictive_deviation, weekly.predictive_deviation, rtol=1e-6, atol=1e-9
    )


@settings(max_examples=20)
@given(MODELS, customers(), HORIZONS, RATES, st.floats(0.01, 100.0))
def test_currency_scales(
    model: PurchaseModel,
    customer: tuple[float, ...],
    horizon: float,
    rate: float,
    scale: float,
) -> None:
    x, t, T, m = customer
    rows = [x], [t], [T]
    options = {"horizon": horizon, "discount_rate_per_unit": rate, "margin_rate": 0.5}
    one = lifetime_value(model, SPEND, *rows, [m], **options)
    # v is in the currency, and so is the error of v.
    scaling = np.diag([1.0, 1.0, scale])
    other_spend = replace(SPEND, v=SPEND.v * scale, covariance=scaling @ SPEND.covariance @ scaling)
    other = lifetime_value(model, other_spend, *rows, [m * scale], **options)
    for name in ("value", "standard_error", "predictive_deviation", "ci_lower"):
        np.testing.assert_allclose(getattr(other, name), scale * getattr(one, name), rtol=1e-8)


@settings(max_examples=20)
@given(MODELS, st.lists(customers(), min_size=2, max_size=5), HORIZONS)
def test_totals_add_up_whatever_the_order(
    model: PurchaseModel, rows: list[tuple[float, ...]], horizon: float
) -> None:
    columns = np.array(rows).T
    options = {"horizon": horizon, "margin_rate": 0.5, "discount_rate_per_unit": 0.002}
    found = lifetime_value(model, SPEND, *columns, **options)
    turned = lifetime_value(model, SPEND, *columns[:, ::-1], **options)
    np.testing.assert_allclose(found.value, turned.value[::-1], rtol=1e-12)
    total = found.total.expected_value
    np.testing.assert_allclose(total.estimate, found.value.sum())
    # Errors of the parameters are shared: they add up, they do not cancel.
    assert total.standard_error <= found.standard_error.sum() * (1 + 1e-9)
    doubled = found.total_of(2 * found.weights)
    np.testing.assert_allclose(doubled.expected_value.estimate, 2 * total.estimate)
    np.testing.assert_allclose(doubled.expected_value.standard_error, 2 * total.standard_error)
