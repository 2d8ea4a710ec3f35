"""BG/NBD, MBG/NBD and Pareto/NBD as records: fits of odd shapes, refusals, predictions."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from buyers import Buyers, by_period, coin_tossers, leavers

from smsroi_models.clv.bg_likelihood import BgSums
from smsroi_models.clv.bg_nbd import BgNbd, fit_bg_nbd
from smsroi_models.clv.mbg_nbd import MbgNbd, fit_mbg_nbd
from smsroi_models.clv.pareto_likelihood import in_logarithms
from smsroi_models.clv.pareto_nbd import ParetoNbd, fit_pareto_nbd
from smsroi_models.clv.purchase_history import PurchaseHistory
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.errors import ConvergenceError, DataError, NotEstimableError

FITS = [fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd]
EACH_FIT = pytest.mark.parametrize("fit", FITS, ids=lambda fit: fit.__name__)
FLAT = 0.0, np.zeros((4, 4)), 0, 1.0
MODELS = [
    BgNbd(0.243, 4.414, 0.793, 2.426, *FLAT),
    BgNbd(0.4, 30.0, 0.2, 0.3, *FLAT),
    MbgNbd(0.525, 6.183, 0.891, 1.614, *FLAT),
    ParetoNbd(0.553, 10.578, 0.606, 11.669, *FLAT),
    ParetoNbd(2.0, 10.0, 1.0, 30.0, *FLAT),
]
EACH_MODEL = pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
ROWS = (
    np.array([0.0, 1.0, 3.0, 12.0, 26.0, 150.0, 2.0]),
    np.array([0.0, 6.0, 38.0, 20.0, 30.9, 39.0, 9.0]),
    np.array([39.0, 20.0, 38.5, 39.0, 31.0, 40.0, 9.0]),
)

# Mean purchases a day, spread of rates, dropout; the last two: extreme dropout, a + b below 1.
SHAPES = list(
    itertools.product(
        (0.1, 0.7, 4.0), (0.02, 0.5), ((0.8, 2.4), (4.0, 1.0), (0.3, 0.4), (0.2, 0.2))
    )
)


@pytest.mark.parametrize(("r", "rate", "dropout"), SHAPES, ids=str)
@pytest.mark.parametrize("days", [90, 500])
@pytest.mark.parametrize(("fit", "first_coin"), [(fit_bg_nbd, False), (fit_mbg_nbd, True)])
def test_it_converges_on_many_shapes(
    fit: Callable[..., BgNbd | MbgNbd],
    first_coin: bool,
    r: float,
    rate: float,
    dropout: tuple[float, float],
    days: int,
) -> None:
    """No lower than at the truth, at a point whose gradient is nothing beside its errors."""
    rng = np.random.default_rng([days, int(100 * r), int(100 * rate), int(10 * dropout[0])])
    truth = (r, r / rate, *dropout)
    T = rng.uniform(days / 3, days, 1_500)
    rows = coin_tossers(rng, truth, T, first_coin=first_coin).history
    history = PurchaseHistory.of(*rows)
    objective = BgSums.of(history, first_coin).in_logarithms
    try:
        model = fit(*rows)
    except ConvergenceError as error:
        # Too few signs of one thing or another: then the edge is no lower than the truth either.
        assert error.value >= objective(np.log(truth))[0]  # type: ignore[attr-defined]
        assert rows[0].sum() < 200
        return
    value, gradient, _ = objective(np.log(model.parameters))
    assert value >= objective(np.log(truth))[0]
    scaled = gradient / model.parameters
    assert float(scaled @ model.covariance @ scaled) <= 1e-10
    assert np.linalg.eigvalsh(model.covariance)[0] > 0


@pytest.mark.parametrize("r", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("rate", [0.05, 0.5])
@pytest.mark.parametrize("leaving", [(0.3, 10.0), (1.5, 150.0)], ids=str)
def test_pareto_nbd_converges_on_many_shapes(
    r: float, rate: float, leaving: tuple[float, float]
) -> None:
    rng = np.random.default_rng([int(10 * r), int(100 * rate), int(10 * leaving[0])])
    truth = (r, r / rate, *leaving)
    rows = leavers(rng, truth, rng.uniform(60, 200, 600)).history
    objective = in_logarithms(PurchaseHistory.of(*rows))
    model = fit_pareto_nbd(*rows)
    value, gradient, _ = objective(np.log(model.parameters))
    assert value >= objective(np.log(truth))[0]
    scaled = gradient / model.parameters
    assert float(scaled @ model.covariance @ scaled) <= 1e-10


@pytest.mark.parametrize("truth", [(0.3, 0.1, 0.8, 2.4), (2.0, 0.5, 0.4, 0.5)], ids=str)
def test_500_days_of_very_frequent_buyers(truth: tuple[float, float, float, float]) -> None:
    """Up to 500 purchases in 500 days: Gamma functions of them overflow outside logarithms."""
    rng = np.random.default_rng(5)
    rows = by_period(coin_tossers(rng, truth, np.full(3_000, 500.0)))
    assert rows[0].max() == 500
    model = fit_bg_nbd(*rows)
    assert np.isfinite(model.expected_purchases(365, *rows)).all()


def test_weights_are_copies() -> None:
    rng = np.random.default_rng(6)
    rows = coin_tossers(rng, (0.5, 5.0, 0.8, 2.0), rng.uniform(10, 60, 400)).history
    n = rng.integers(1, 5, 400)
    for fit in FITS:
        counted, copied = fit(*rows, weights=n), fit(*(np.repeat(row, n) for row in rows))
        assert counted.n_customers == copied.n_customers == n.sum()
        assert counted.log_likelihood == pytest.approx(copied.log_likelihood, rel=1e-11)
        assert counted.parameters == pytest.approx(copied.parameters, rel=1e-4)
        np.testing.assert_allclose(counted.covariance, copied.covariance, rtol=1e-3)


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd])
def test_a_large_list_is_fitted_from_a_thinned_one(fit: Callable[..., PurchaseModel]) -> None:
    """The path by way of a sixteenth of the rows ends where the whole list has its maximum."""
    rng = np.random.default_rng(7)
    drawn = coin_tossers(rng, (0.4, 20.0, 0.8, 2.4), rng.uniform(50, 400, 80_000))
    model = fit(*drawn.history)
    history = PurchaseHistory.of(*drawn.history)
    first_coin = fit is fit_mbg_nbd
    gradient = BgSums.of(history, first_coin).log_likelihood(model.parameters)[1]
    assert float(gradient @ model.covariance @ gradient) <= 1e-10
    assert model.iterations <= 6


@EACH_FIT
def test_nobody_bought_twice(fit: Callable[..., PurchaseModel]) -> None:
    with pytest.raises(ConvergenceError, match="frequency is 0 for all 3 customers: nobody bought"):
        fit([0, 0, 0], [0, 0, 0], [9, 10, 11])
    assert issubclass(ConvergenceError, NotEstimableError)


@EACH_FIT
def test_nobody_left(fit: Callable[..., PurchaseModel]) -> None:
    """Everybody buys to the very end."""
    rng = np.random.default_rng(8)
    x = rng.poisson(rng.gamma(2.0, 5.0, 500)) + 5.0
    with pytest.raises(ConvergenceError, match=r"nobody seems to leave.* use a longer time"):
        fit(x, np.full(500, 51.9), np.full(500, 52.0))


@EACH_FIT
def test_all_buy_at_one_rate(fit: Callable[..., PurchaseModel]) -> None:
    rng = np.random.default_rng(9)
    T = rng.uniform(40, 60, 800)
    drawn = coin_tossers(rng, (1e6, 2e6, 0.5, 9.0), T)
    even = np.round(drawn.recency / 2) * (drawn.frequency > 0)
    x = np.where(even > 0, np.maximum(even, 1), 0)
    with pytest.raises(ConvergenceError, match="all customers buy at one rate"):
        fit(x, np.where(x > 0, drawn.recency, 0), T)


@EACH_FIT
def test_bad_rows_are_named_before_any_work(fit: Callable[..., PurchaseModel]) -> None:
    with pytest.raises(DataError, match="row 1: recency is 50 and T is 38"):
        fit([1, 2], [5, 50], [38, 38])


@EACH_MODEL
def test_gradients(model: PurchaseModel) -> None:
    """Central differences with relative steps of 1e-5: errors of 1e-10 and of rounding, 1e-8."""
    kind, values = type(model), model.parameters
    alive = model.probability_alive_gradient(*ROWS)
    bought = model.expected_purchases_gradient(30.0, *ROWS)
    assert alive.shape == bought.shape == (7, 4)
    for i, value in enumerate(values):
        move = 1e-5 * value * np.eye(4)[i]
        above, below = kind(*(values + move), *FLAT), kind(*(values - move), *FLAT)
        slope = (above.probability_alive(*ROWS) - below.probability_alive(*ROWS)) / (2e-5 * value)
        np.testing.assert_allclose(alive[:, i], slope, rtol=1e-6, atol=1e-9 / value)
        later = (above.expected_purchases(30.0, *ROWS) - below.expected_purchases(30.0, *ROWS)) / (
            2e-5 * value
        )
        np.testing.assert_allclose(bought[:, i], later, rtol=1e-6, atol=1e-7 / value)


@EACH_MODEL
def test_shapes_broadcast(model: PurchaseModel) -> None:
    horizons = np.array([[1.0], [13.5], [52.0]])
    table = model.expected_purchases(horizons, *ROWS)
    assert table.shape == (3, 7)
    for horizon, line in zip(horizons[:, 0], table, strict=True):
        np.testing.assert_allclose(model.expected_purchases(horizon, *ROWS), line, rtol=1e-12)
    assert model.expected_purchases_gradient(horizons, *ROWS).shape == (3, 7, 4)
    single = model.expected_purchases(13.5, *(row[2] for row in ROWS))
    assert isinstance(single, float)
    assert single == pytest.approx(table[1, 2], rel=1e-12)


@EACH_MODEL
def test_what_is_expected_of_the_living(model: PurchaseModel) -> None:
    """The parts of the expectation, and of its gradient by the product rule."""
    x, _, T = ROWS
    horizons = np.array([[2.0], [40.0]])
    living = model.expected_purchases_while_alive(horizons, x, T)
    alive = model.probability_alive(*ROWS)
    whole = model.expected_purchases(horizons, *ROWS)
    np.testing.assert_allclose(alive * living, whole, rtol=1e-12)
    slopes = model.expected_purchases_while_alive_gradient(horizons, x, T)
    product = alive[:, None] * slopes
    product = product + living[..., None] * model.probability_alive_gradient(*ROWS)
    gradient = model.expected_purchases_gradient(horizons, *ROWS)
    np.testing.assert_allclose(product, gradient, rtol=1e-10, atol=1e-14)
    with pytest.raises(DataError, match=r"frequency is 1\.5"):
        model.expected_purchases_while_alive(5.0, 1.5, 9.0)
    with pytest.raises(DataError, match="numbers of one shape"):
        model.expected_purchases_while_alive(5.0, [1.0, 2.0], [9.0, 9.0, 9.0])


@EACH_MODEL
def test_a_horizon_counts_its_parts(model: PurchaseModel) -> None:
    """Half a week more is more, and a sum over short horizons is no step function."""
    times = np.linspace(0, 3, 13)[:, None]
    steps = np.diff(model.expected_purchases(times, *ROWS), axis=0)
    assert (steps > 0).all()
    # The rate falls with time, smoothly.
    assert (np.diff(steps, axis=0) < 0).all()


@EACH_MODEL
def test_bad_horizons(model: PurchaseModel) -> None:
    for horizon in (-1.0, np.nan, np.inf):
        with pytest.raises(DataError, match="horizon is"):
            model.expected_purchases(horizon, 0, 0, 5)
    with pytest.raises(DataError, match="numbers of one shape"):
        model.expected_purchases([1.0, 2.0], *ROWS)


@EACH_MODEL
def test_no_purchase_against_expected_purchases(model: PurchaseModel) -> None:
    """In a short time at most one purchase: 1 - P(none) is nearly the expected number."""
    short = 1e-5
    some = 1 - model.probability_of_no_purchase(short, *ROWS)
    # A second purchase has a chance of the order of the first one's squared, below 1e-4 of it.
    assert some == pytest.approx(model.expected_purchases(short, *ROWS), rel=1e-4, abs=1e-14)
    assert model.probability_of_no_purchase(0.0, *ROWS) == pytest.approx(np.ones(7), abs=1e-15)


def _drawn(model: PurchaseModel, rng: np.random.Generator, T: np.ndarray, horizon: float) -> Buyers:
    values = tuple(model.parameters)
    if isinstance(model, ParetoNbd):
        return leavers(rng, values, T, horizon=horizon)  # type: ignore[arg-type]
    first_coin = isinstance(model, MbgNbd)
    return coin_tossers(rng, values, T, first_coin=first_coin, horizon=horizon)  # type: ignore[arg-type]


@EACH_MODEL
def test_predictions_against_customers_one_by_one(model: PurchaseModel) -> None:
    """Averages over customers drawn as the model says: four standard errors of the draw."""
    rng = np.random.default_rng(10)
    T = rng.uniform(5, 60, 60_000)
    horizon = 40.0
    drawn = _drawn(model, rng, T, horizon)
    few, back = np.unique(np.minimum(drawn.frequency, 4), return_inverse=True)
    alive = model.probability_alive(*drawn.history)
    bought = model.expected_purchases(horizon, *drawn.history)
    none = model.probability_of_no_purchase(horizon, *drawn.history)
    for kind in range(len(few)):
        rows = back == kind
        for predicted, actual in (
            (alive, drawn.alive),
            (bought, drawn.purchases_ahead),
            (none, drawn.purchases_ahead == 0),
        ):
            error = actual[rows] - predicted[rows]
            allowed = 4 * error.std() / np.sqrt(rows.sum())
            assert abs(error.mean()) <= allowed + 1e-12
    fresh = _drawn(model, rng, np.full(60_000, horizon), 0.0).frequency
    expected = model.expected_purchases_of_new_customers(horizon)
    assert fresh.mean() == pytest.approx(expected, abs=4 * fresh.std() / np.sqrt(60_000))


def test_a_record_is_plain() -> None:
    model = fit_bg_nbd([2, 6, 0, 1], [9, 36, 0, 2], [38] * 4, weights=[9, 5, 50, 9])
    values = model.to_dict()
    assert list(values)[:5] == ["r", "alpha", "a", "b", "log_likelihood"]
    assert np.array(values["covariance"]).shape == (4, 4)
    assert model.to_frame().shape == (1, 8)
    assert model.aic == pytest.approx(8 - 2 * model.log_likelihood)
    assert model.bic == pytest.approx(4 * np.log(73) - 2 * model.log_likelihood)
