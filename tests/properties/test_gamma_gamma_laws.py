"""Laws of the Gamma-Gamma model: currency, order, copies, bounds, and independence's symmetry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.clv.gamma_gamma import GammaGamma, fit_gamma_gamma
from smsroi_models.clv.spend_independence import spend_correlation

few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)
shapes = st.floats(0.3, 30)


def _buyers(seed: int, n: int = 800) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = 1.0 + rng.negative_binomial(0.8, 0.2, n)
    return x, rng.gamma(4.0 * x, 1 / (rng.gamma(3.0, 1 / 20.0, n) * x))


@few
@given(seeds, st.floats(1e-4, 1e4))
def test_currency(seed: int, factor: float) -> None:
    x, m = _buyers(seed)
    one, other = fit_gamma_gamma(x, m), fit_gamma_gamma(x, factor * m)
    assert other.p == pytest.approx(one.p, rel=1e-4)
    assert other.q == pytest.approx(one.q, rel=1e-4)
    assert other.v == pytest.approx(factor * one.v, rel=1e-4)
    assert other.log_likelihood == pytest.approx(
        one.log_likelihood - len(x) * np.log(factor), abs=1e-6
    )
    mean = one.expected_average_value_of_new_customers()
    scaled = other.expected_average_value_of_new_customers()
    assert scaled == pytest.approx(factor * mean, rel=1e-4)


@few
@given(seeds)
def test_order_and_copies(seed: int) -> None:
    """Twice the customers: the same parameters, twice the likelihood, half the variance."""
    x, m = _buyers(seed)
    order = np.random.default_rng(seed).permutation(len(x))
    one = fit_gamma_gamma(x, m)
    two = fit_gamma_gamma(np.tile(x[order], 2), np.tile(m[order], 2))
    np.testing.assert_allclose(two.parameters, one.parameters, rtol=1e-4)
    assert two.log_likelihood == pytest.approx(2 * one.log_likelihood, rel=1e-10)
    np.testing.assert_allclose(two.covariance, one.covariance / 2, rtol=1e-3)


@few
@given(shapes, st.floats(1.05, 30), st.floats(0.01, 1e6), st.integers(1, 500), st.floats(0.01, 1e6))
def test_expectation_lies_between_own_mean_and_that_of_all(
    p: float, q: float, v: float, x: int, m: float
) -> None:
    model = GammaGamma(p, q, v, 0.0, np.eye(3), 0, 1.0, 0.0, 0.0)
    everybody = model.expected_average_value_of_new_customers()
    told, more = model.expected_average_value([x, 2 * x], [m, m])
    low, high = sorted([m, everybody])
    assert low * (1 - 1e-12) <= told <= high * (1 + 1e-12)
    assert abs(more - m) <= abs(told - m) + 1e-9 * high


@few
@given(seeds, st.floats(1e-3, 1e3))
def test_correlation_knows_no_currency(seed: int, factor: float) -> None:
    x, m = _buyers(seed, 50)
    one, other = spend_correlation(x, m), spend_correlation(x, factor * m)
    assert one.to_dict() == pytest.approx(other.to_dict(), rel=1e-9, abs=1e-12)
    assert -1 <= one.ci_lower <= one.correlation <= one.ci_upper <= 1
