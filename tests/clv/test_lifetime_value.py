"""Lifetime value: derivatives, sums, coefficients for the engine, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.discounting import Discounting
from smsroi_models.clv.future_purchases import future_purchases
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.mbg_nbd import MbgNbd
from smsroi_models.clv.pareto_nbd import ParetoNbd
from smsroi_models.clv.purchase_history import PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.value import LifetimeValue, lifetime_value, parameter_covariance
from smsroi_models.clv.valued import Margin, value_coefficients
from smsroi_models.errors import DataError, NotEstimableError, ParameterError

C4 = np.diag([1e-4, 1e-2, 1e-3, 1e-2]) + 1e-5
C3 = np.diag([1e-2, 1e-3, 1e-1]) + 1e-4
MODELS: tuple[PurchaseModel, ...] = (
    BgNbd(0.243, 4.414, 0.793, 2.426, 0.0, C4, 0, 1.0),
    MbgNbd(0.525, 6.183, 0.891, 1.614, 0.0, C4, 0, 1.0),
    ParetoNbd(0.553, 10.578, 0.606, 11.669, 0.0, C4, 0, 1.0),
)
SPEND = GammaGamma(6.25, 3.74, 15.44, 0.0, C3, 0, 1.0, 0.0, 0.0)
ROWS = [0, 2, 26, 0], [0.0, 30.43, 30.86, 0.0], [38.86, 38.86, 31.0, 0.0]
MEANS = np.array([0.0, 22.35, 40.0, 0.0])
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)


def _value(model: PurchaseModel, spend: GammaGamma = SPEND, **options: object) -> LifetimeValue:
    given = {
        "horizon": 52.0,
        "discount_rate_per_unit": 0.002,
        "margin_rate": 0.4,
        "margin_rate_error": 0.01,
        **options,
    }
    return lifetime_value(model, spend, *ROWS, MEANS, **given)  # type: ignore[arg-type]


@each_model
def test_gradient_against_differences(model: PurchaseModel) -> None:
    """Central differences of step 1e-5 of the parameter: errors of 1e-10 and rounding of 1e-10."""
    found = _value(model)
    parameters = [*model.parameters, *SPEND.parameters, 0.4]
    names = [*model.PARAMETERS, *SPEND.PARAMETERS, "margin_rate"]
    for k, (name, at) in enumerate(zip(names, parameters, strict=True)):
        step = 1e-5 * at

        def moved(value: float, name: str = name, k: int = k) -> np.ndarray:
            if name == "margin_rate":
                return _value(model, margin_rate=value).value
            if k < 4:
                return _value(replace(model, **{name: value})).value
            return _value(model, replace(SPEND, **{name: value})).value

        slope = (moved(at + step) - moved(at - step)) / (2 * step)
        np.testing.assert_allclose(found.gradient[:, k], slope, rtol=2e-6, atol=1e-9)


@each_model
def test_errors_are_the_delta_methods(model: PurchaseModel) -> None:
    found = _value(model)
    blocks = found.covariance
    assert (blocks[:4, :4] == C4).all() and (blocks[4:7, 4:7] == C3).all()
    assert blocks[7, 7] == pytest.approx(1e-4) and not blocks[:4, 4:].any()
    by_hand = [g @ blocks @ g for g in found.gradient]
    np.testing.assert_allclose(found.standard_error**2, by_hand)
    assert (found.ci_lower > 0).all()
    np.testing.assert_allclose(found.ci_lower * found.ci_upper, found.value**2)
    total = found.total_of([1, 0, 2, 0])
    sum_gradient = found.gradient[0] + 2 * found.gradient[2]
    assert total.expected_value.standard_error == pytest.approx(
        np.sqrt(sum_gradient @ blocks @ sum_gradient)
    )
    by_chance = found.predictive_deviation[0] ** 2 + 2 * found.predictive_deviation[2] ** 2
    assert total.predicted_value is not None
    assert total.predicted_value.standard_error == pytest.approx(
        np.sqrt(total.expected_value.standard_error**2 + by_chance)
    )


@each_model
def test_discounting_against_adaptive_quadrature(model: PurchaseModel) -> None:
    """The integral of v^s dY by scipy's adaptive rule on central differences would lose digits;
    by parts it needs Y alone: rtol 1e-8 is what is stated."""
    history = PurchaseHistory.of(*ROWS)
    horizon, rate = 104.0, 0.004
    found = future_purchases(model, history, Discounting(horizon, rate))
    v, d = 1 / (1 + rate), np.log1p(rate)
    for row in range(len(MEANS)):
        customer = [column[row] for column in ROWS]

        def y(s: float, customer: list[float] = customer) -> float:
            return float(model.expected_purchases(s, *customer))

        def weighted(s: float) -> float:
            return v**s * y(s)

        integral, _ = quad(weighted, 0, horizon, epsabs=0, epsrel=1e-11, limit=200)
        assert found.discounted[row] == pytest.approx(v**horizon * y(horizon) + d * integral)
        assert found.discounted[row] == pytest.approx(
            v**horizon * y(horizon) + d * integral, rel=1e-8
        )


def test_history_much_shorter_than_the_horizon() -> None:
    """A customer of a day, alpha of a hundredth of a week, ten years ahead: 1e-7 at worst."""
    model = BgNbd(0.25, 0.01, 0.8, 2.4, 0.0, C4, 0, 1.0)
    history = PurchaseHistory.of([0, 1], [0.0, 0.1], [0.0, 0.14])
    horizon, rate = 520.0, 0.002
    found = future_purchases(model, history, Discounting(horizon, rate))
    v, d = 1 / (1 + rate), np.log1p(rate)

    def weighted(u: float) -> float:
        s = horizon * u**6  # smooth at 0, where Y is not
        return float(v**s * model.expected_purchases(s, 1, 0.1, 0.14) * 6 * horizon * u**5)

    integral, _ = quad(weighted, 0, 1, epsabs=0, epsrel=1e-11, limit=200)
    y = float(model.expected_purchases(horizon, 1, 0.1, 0.14))
    assert found.discounted[1] == pytest.approx(v**horizon * y + d * integral, rel=1e-7)


def test_periods_count_at_their_ends() -> None:
    """Two and a half periods: what falls into the half is discounted to the horizon."""
    model, rate = MODELS[0], 0.01
    y = [float(model.expected_purchases(t, 2, 30.43, 38.86)) for t in (0, 4, 8, 10)]
    expected = sum((y[k] - y[k - 1]) * 1.01**-t for k, t in zip((1, 2, 3), (4, 8, 10), strict=True))
    history = PurchaseHistory.of([2], [30.43], [38.86])
    found = future_purchases(model, history, Discounting(10.0, rate, period=4.0))
    assert found.discounted[0] == pytest.approx(expected, rel=1e-12)
    whole = future_purchases(model, history, Discounting(12.0, rate, period=4.0))
    assert len(Discounting(12.0, rate, period=4.0).purchases()[0]) == 3
    assert whole.discounted[0] > found.discounted[0]


def test_short_periods_come_to_continuous_discounting() -> None:
    """Half a period's discount apart: 0.01 / 20 of the value at ten periods a unit."""
    history = PurchaseHistory.of(*ROWS)
    model = MODELS[2]
    moment = future_purchases(model, history, Discounting(20.0, 0.01))
    period = future_purchases(model, history, Discounting(20.0, 0.01, period=0.1))
    for name in ("discounted", "squared", "pairs"):
        close = getattr(period, name) / getattr(moment, name)
        assert close == pytest.approx(1.0, abs=0.0015)
        assert (close < 1).all()


@each_model
def test_customers_alike_are_one_row(model: PurchaseModel) -> None:
    """Value is linear in mean spend: the row's mean and variance give the sums over customers."""
    spent = np.array([10.0, 35.0, 90.0])
    options = {"horizon": 52.0, "margin_rate": 0.5, "discount_rate_per_unit": 0.002}
    apart = lifetime_value(model, SPEND, [3] * 3, [20.0] * 3, [30.0] * 3, spent, **options)
    row = lifetime_value(
        model,
        SPEND,
        *([3], [20.0], [30.0], [spent.mean()]),
        monetary_variance=[spent.var()],
        weights=[3],
        **options,
    )
    for name in ("expected_value", "predicted_value", "predicted_purchases"):
        one, other = getattr(apart.total, name), getattr(row.total, name)
        assert one.estimate == pytest.approx(other.estimate)
        assert one.standard_error == pytest.approx(other.standard_error)


@each_model
def test_coefficients_give_each_customer_the_own_value(model: PurchaseModel) -> None:
    margin = Margin(0.4, 0.01)
    history = PurchaseHistory.of(*ROWS)
    discounting = Discounting(52.0, 0.002)
    future = future_purchases(model, history, discounting)
    covariance = parameter_covariance(model, SPEND, margin)
    k = value_coefficients(future, SPEND, history.frequency, margin, covariance)
    found = _value(model)
    m = MEANS
    np.testing.assert_allclose(k["value_0"] + k["value_1"] * m, found.value, rtol=1e-9)
    for name, deviation in (
        ("variance", found.standard_error),
        ("predictive", found.predictive_deviation),
    ):
        square = k[f"{name}_0"] + k[f"{name}_1"] * m + k[f"{name}_2"] * m**2
        np.testing.assert_allclose(np.sqrt(square), deviation, rtol=1e-8)


def test_one_time_buyers_are_expected_to_spend_the_mean_of_all() -> None:
    found = _value(MODELS[0], discount_rate_per_unit=0.0)
    mean = SPEND.expected_average_value_of_new_customers()
    purchases = MODELS[0].expected_purchases(52.0, 0, 0, 38.86)
    assert found.value[0] == pytest.approx(0.4 * mean * purchases)


def test_spend_without_a_mean_has_no_value() -> None:
    """At q of 1 or less lifetimes gives such customers a negative value."""
    for q in (0.4, 1.0):
        with pytest.raises(NotEstimableError, match="infinite"):
            _value(MODELS[0], replace(SPEND, q=q))
    # Who came back has a mean all the same.
    known = lifetime_value(
        MODELS[0], replace(SPEND, q=0.4), [2], [30.0], [38.0], [20.0], horizon=9.0, margin_rate=1.0
    )
    assert known.value[0] > 0


def test_spend_without_a_variance_has_no_range() -> None:
    found = _value(MODELS[0], replace(SPEND, q=1.7))
    assert np.isinf(found.predictive_deviation[[0, 3]]).all()
    assert np.isfinite(found.predictive_deviation[[1, 2]]).all()
    assert found.total.predicted_value is None
    assert found.total_of([0, 1, 1, 0]).predicted_value is not None
    assert found.total.predicted_purchases.ci_upper < np.inf
    assert (found.value > 0).all()


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("horizon", 0.0, "horizon is 0.0"),
        ("horizon", float("nan"), "horizon is nan"),
        ("discount_rate_per_unit", -0.1, "discount_rate_per_unit is -0.1"),
        ("period", 0.0, "period is 0.0"),
        ("period", 0.01, "more than 1200"),
        ("margin_rate", 0.0, "margin_rate is 0.0"),
        ("margin_rate", -0.2, "bring a loss"),
        ("margin_rate_error", -1.0, "margin_rate_error is -1.0"),
        ("confidence_level", 1.0, "confidence_level is 1.0"),
        ("horizon", "52", "horizon is '52'"),
        ("horizon", True, "horizon is True"),
        ("margin_rate", "0.5", "margin_rate is '0.5'"),
        ("margin_rate", 58, "for 58 % write 0.58"),
        ("margin_rate_error", "0", "margin_rate_error is '0'"),
        ("confidence_level", "0.95", "confidence_level is '0.95'"),
    ],
)
def test_options_out_of_range(option: str, value: object, text: str) -> None:
    with pytest.raises(ParameterError, match=text):
        _value(MODELS[0], **{option: value})


def test_numbers_of_numpy_are_numbers() -> None:
    plain = _value(MODELS[0], horizon=52.0, margin_rate=0.5)
    found = _value(MODELS[0], horizon=np.int64(52), margin_rate=np.float32(0.5))
    np.testing.assert_array_equal(found.value, plain.value)


def test_rows_that_cannot_be() -> None:
    with pytest.raises(DataError, match="row 1: recency"):
        lifetime_value(
            MODELS[0], SPEND, [1, 0], [2, 3], [5, 5], [9, 0], horizon=9.0, margin_rate=1.0
        )
    with pytest.raises(DataError, match="row 0: monetary_value"):
        lifetime_value(MODELS[0], SPEND, [1], [2], [5], [0], horizon=9.0, margin_rate=1.0)
    with pytest.raises(DataError, match="monetary_variance"):
        _value(MODELS[0], monetary_variance=[0, -1, 0, 0])
    found = _value(MODELS[0])
    with pytest.raises(DataError, match="4 rows"):
        found.total_of([1, 2])
    with pytest.raises(DataError, match="no customer"):
        found.total_of([0, 0, 0, 0])


def test_a_customer_of_today_has_a_value() -> None:
    """No time has passed since the first purchase: neither rates nor pairs divide by it."""
    for model in MODELS:
        found = _value(model)
        assert np.isfinite(found.predictive_deviation[3]) and found.value[3] > found.value[0]
