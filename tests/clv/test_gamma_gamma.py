"""The Gamma-Gamma likelihood's derivatives, what predictions promise, and what is refused."""

import numpy as np
import pytest
from scipy import integrate, stats

from smsroi_models.clv.gamma_gamma import GammaGamma, fit_gamma_gamma
from smsroi_models.clv.gamma_gamma_likelihood import SpendLikelihood, SpendRows
from smsroi_models.clv.spend_independence import spend_correlation, spend_independence
from smsroi_models.errors import ConvergenceError, DataError, NotEstimableError, ParameterError


def simulated(
    n: int, rng: np.random.Generator, p: float = 6.0, q: float = 4.0, v: float = 15.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency and mean spend of repeat buyers."""
    x = 1 + rng.negative_binomial(0.6, 0.2, n)
    nu = rng.gamma(q, 1 / v, n)
    return x.astype(float), rng.gamma(p * x, 1 / (nu * x))


def model(p: float, q: float, v: float) -> GammaGamma:
    return GammaGamma(p, q, v, 0.0, np.eye(3), 0, 1.0, 0.0, 0.0)


@pytest.mark.parametrize("point", [(0.0, 0.0, 0.0), (1.8, 1.3, 2.7), (-1.0, 3.0, 5.0)])
def test_derivatives_are_those_of_the_value(point: tuple[float, ...]) -> None:
    """Central differences of width h err by h^2 times the third derivative, relative to size."""
    rng = np.random.default_rng(1)
    x, m = simulated(200, rng)
    likelihood = SpendLikelihood(SpendRows(x, m, rng.integers(1, 4, 200).astype(float)))
    at, h = np.array(point), 1e-5
    _, gradient, hessian = likelihood(at)
    for i, step in enumerate(h * np.eye(3)):
        above, below = likelihood(at + step), likelihood(at - step)
        assert gradient[i] == pytest.approx((above[0] - below[0]) / (2 * h), rel=1e-6, abs=1e-4)
        slope = (above[1] - below[1]) / (2 * h)
        np.testing.assert_allclose(hessian[i], slope, rtol=1e-6, atol=1e-4)


def test_blocks_of_rows_add_up() -> None:
    """More rows than are computed at a time: the sum of two parts' value and derivatives."""
    rows = SpendRows(*simulated(20_000, np.random.default_rng(10)), np.ones(20_000))
    parts = [
        SpendRows(rows.frequency[part], rows.monetary_value[part], rows.weights[part])
        for part in (slice(None, 7_000), slice(7_000, None))
    ]
    at = np.log([5.0, 3.0, 20.0])
    whole, (one, two) = SpendLikelihood(rows)(at), (SpendLikelihood(part)(at) for part in parts)
    for total, first, second in zip(whole, one, two, strict=True):
        np.testing.assert_allclose(total, np.add(first, second), rtol=1e-10, atol=1e-6)


def test_the_likelihood_is_the_mixture_it_claims_to_be() -> None:
    """The density of a mean of x gammas, averaged over Gamma(q, v) by quadrature."""
    p, q, v, x, m = 6.0, 4.0, 15.0, 3, 22.0

    def density(nu: float) -> float:
        mean = stats.gamma.pdf(m, p * x, scale=1 / (nu * x))
        return float(mean * stats.gamma.pdf(nu, q, scale=1 / v))

    expected = integrate.quad(density, 0, 5)[0]
    rows = SpendRows(np.array([float(x)]), np.array([m]), np.ones(1))
    value = SpendLikelihood(rows)(np.log([p, q, v]))[0]
    assert np.exp(value) == pytest.approx(expected, rel=1e-9)


def test_expectation_is_the_posterior_mean() -> None:
    p, q, v, x, m = 6.0, 4.0, 15.0, 3, 22.0
    posterior = stats.gamma(p * x + q, scale=1 / (v + x * m))
    expected = posterior.expect(lambda nu: p / nu)
    assert model(p, q, v).expected_average_value(x, m) == pytest.approx(expected, rel=1e-9)


def test_shapes_broadcast() -> None:
    fitted = model(6.0, 4.0, 15.0)
    assert fitted.expected_average_value([[1], [2]], [10, 20, 30]).shape == (2, 3)
    assert fitted.expected_average_value_gradient([[1], [2]], [10, 20, 30]).shape == (2, 3, 3)
    assert isinstance(float(fitted.expected_average_value(1, 10)), float)
    assert fitted.expected_average_value(0, np.nan) == 30.0  # nothing is known of the spend


def test_gradient_is_that_of_the_expectation() -> None:
    at, x, m, h = np.array([6.0, 4.0, 15.0]), [0, 1, 7], [0, 12, 80], 1e-6
    found = model(*at).expected_average_value_gradient(x, m)
    for i, step in enumerate(h * np.eye(3)):
        above, below = (model(*(at + s)).expected_average_value(x, m) for s in (step, -step))
        np.testing.assert_allclose(found[:, i], (above - below) / (2 * h), rtol=1e-7, atol=1e-8)


def test_weights_are_customers() -> None:
    rng = np.random.default_rng(2)
    x, m = simulated(300, rng)
    w = rng.integers(1, 4, 300)
    once = fit_gamma_gamma(x, m, w)
    many = fit_gamma_gamma(np.repeat(x, w), np.repeat(m, w))
    np.testing.assert_allclose(once.parameters, many.parameters, rtol=1e-8)
    np.testing.assert_allclose(once.covariance, many.covariance, rtol=1e-6)
    assert once.n_customers == many.n_customers == w.sum()


def test_many_rows_start_from_few() -> None:
    """A start from a part of the rows leads to the same maximum as one from all."""
    x, m = simulated(60_000, np.random.default_rng(3))
    half = np.full(30_000, 2.0)
    doubled = np.concatenate([x[:30_000]] * 2), np.concatenate([m[:30_000]] * 2)
    one, two = fit_gamma_gamma(*doubled), fit_gamma_gamma(x[:30_000], m[:30_000], half)
    np.testing.assert_allclose(one.parameters, two.parameters, rtol=1e-6)


def test_who_was_left_out() -> None:
    x, m = simulated(500, np.random.default_rng(4))
    alone = fit_gamma_gamma(x, m)
    rest = fit_gamma_gamma([*x, 0, 0, 2, 3], [*m, 0, np.nan, 0, -4])
    assert (rest.n_customers, rest.n_without_repeat, rest.n_without_value) == (500, 2, 2)
    assert rest.parameters.tolist() == alone.parameters.tolist()


def test_a_tail_too_long_for_a_mean_is_told() -> None:
    """q of 0.7: the maximum is found, the population's mean is refused, never negative."""
    x, m = simulated(4_000, np.random.default_rng(5), q=0.7)
    fitted = fit_gamma_gamma(x, m)
    assert fitted.q < 1
    with pytest.raises(NotEstimableError, match="too long a tail"):
        fitted.expected_average_value_of_new_customers()
    with pytest.raises(NotEstimableError, match=r"row 1: .* frequency 0 is infinite"):
        fitted.expected_average_value([1, 0], [10, 0])
    assert fitted.expected_average_value(1, 10) > 0  # p x + q is above 1
    with pytest.raises(NotEstimableError):
        model(0.2, 0.7, 1.0).expected_average_value_gradient(1, 10)


def test_records_become_json() -> None:
    values = model(6.0, 4.0, 15.0).to_dict()
    assert values["covariance"] == np.eye(3).tolist()
    assert values["q"] == 4.0


@pytest.mark.parametrize(
    ("x", "m", "words"),
    [
        ([0, 0, 0], [0, 0, 0], "none of the 3 customers bought twice"),
        ([2, 3, 0], [0, -1, 0], "none of the 3 customers bought twice"),
        ([1, 2, 3] * 9, [7.0] * 27, "rises as"),
    ],
)
def test_no_maximum(x: list[int], m: list[float], words: str) -> None:
    with pytest.raises(ConvergenceError, match=words):
        fit_gamma_gamma(x, m)


def test_customers_alike_but_for_chance() -> None:
    """All have the mean 10: quantiles of what chance within customers makes of it."""
    x = np.repeat(np.arange(1.0, 9.0), 50)
    share = np.tile((np.arange(50) + 0.5) / 50, 8)
    with pytest.raises(ConvergenceError, match="use their mean spend"):
        fit_gamma_gamma(x, stats.gamma.ppf(share, 4 * x, scale=10 / (4 * x)))


def test_means_without_spread_within() -> None:
    """Averaged values: the mean does not scatter less with more purchases, at any p."""
    rng = np.random.default_rng(7)
    x = rng.integers(1, 40, 2_000)
    with pytest.raises(ConvergenceError, match="look whether values were averaged"):
        fit_gamma_gamma(x, 15.0 / rng.gamma(4.0, 1.0, 2_000))


@pytest.mark.parametrize(
    ("x", "m", "w", "words"),
    [
        ([1.5], [3], None, "row 0: frequency is 1.5"),
        ([-1], [3], None, "row 0: frequency is -1"),
        ([1, np.nan], [3, 3], None, "row 1: frequency is nan"),
        ([1, np.inf], [3, 3], None, "row 1: frequency is inf"),
        ([1], [np.nan], None, "row 0: monetary_value is nan"),
        ([1], [np.inf], None, "row 0: monetary_value is inf"),
        (["a"], [1], None, "frequency is not numeric"),
        ([1, 2, 3], [1, 2], None, "one value of each"),
        ([1, 2], [1, 2], [1], "one value for every row"),
        ([1, 2], [1, 2], [1, 0], "row 1: weights is 0"),
        (1, 2, None, "one value for every row"),
    ],
)
def test_refusals(x: object, m: object, w: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        fit_gamma_gamma(x, m, w)  # type: ignore[arg-type]


def test_predictions_refuse_spend_of_nothing() -> None:
    with pytest.raises(DataError, match="row 1: monetary_value is 0"):
        model(6.0, 4.0, 15.0).expected_average_value([0, 1], [0, 0])


def test_correlation_is_scipys() -> None:
    x, m = simulated(300, np.random.default_rng(8))
    found, peer = spend_correlation(x, m), stats.pearsonr(x, m)
    interval = peer.confidence_interval(0.95)
    assert found.correlation == pytest.approx(peer.statistic, rel=1e-12)
    assert (found.ci_lower, found.ci_upper) == pytest.approx(tuple(interval), rel=1e-12)
    # SciPy's p-value is exact for normal variables; Fisher's transform is near it at n = 300.
    assert found.p_value == pytest.approx(peer.pvalue, abs=2e-3)
    assert found.spend_ratio == pytest.approx((x @ m / x.sum()) / m.mean(), rel=1e-12)


def test_what_the_check_says() -> None:
    x = np.repeat([1.0, 3.0], 200)
    rng = np.random.default_rng(9)
    noise = rng.gamma(9.0, 1 / 9.0, 400)
    statuses = {}
    for slope in (0.0, 0.2, 1.0):
        check = spend_independence(spend_correlation(x, 20 * noise * (1 + slope * (x - 1))))
        statuses[slope] = check.status
        assert ("comes out too little" in check.text) == (slope > 0)
        assert not check.invalidates
    assert statuses == {0.0: "passed", 0.2: "informational", 1.0: "failed"}


def test_correlations_that_cannot_be_told() -> None:
    with pytest.raises(NotEstimableError, match="needs 4"):
        spend_correlation([1, 2, 3], [1, 2, 3])
    with pytest.raises(NotEstimableError, match="frequency is the same"):
        spend_correlation([2] * 5, [1, 2, 3, 4, 5])
    with pytest.raises(NotEstimableError, match="monetary_value is the same"):
        spend_correlation([1, 2, 3, 4, 5], [0.1] * 5)
    with pytest.raises(ParameterError, match="confidence_level"):
        spend_correlation([1, 2], [1, 2], confidence_level=95)
