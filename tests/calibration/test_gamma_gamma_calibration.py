"""Gamma-Gamma on customers drawn from it: do its standard errors hold, and its correlation's test?

Repeat buyers of CDNOW's size and shape (p 6.25, q 3.74, v 15.44). Shares of R replications are
held to 4 binomial standard errors: 1 in 16,000 by chance, each.
"""

import math

import numpy as np
import pytest

from smsroi_models.clv.gamma_gamma import fit_gamma_gamma
from smsroi_models.clv.spend_independence import spend_correlation

TRUTH = np.array([6.25, 3.74, 15.44])
Z = 1.959963984540054
REPLICATIONS = 600


def _buyers(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    p, q, v = TRUTH
    x = 1.0 + rng.negative_binomial(0.6, 0.2, n)
    return x, rng.gamma(p * x, 1 / (rng.gamma(q, 1 / v, n) * x))


@pytest.mark.slow
def test_standard_errors_and_intervals() -> None:
    """Logarithms of the parameters, and the mean of all: standardised errors are normal.

    The deviation of R normal errors is 1 to within 4 / sqrt(2 R).
    """
    rng = np.random.default_rng(21)
    errors, covered = [], []
    population = TRUTH[0] * TRUTH[2] / (TRUTH[1] - 1)
    for _ in range(REPLICATIONS):
        fitted = fit_gamma_gamma(*_buyers(2_000, rng))
        relative = fitted.standard_errors / fitted.parameters
        z = np.log(fitted.parameters / TRUTH) / relative
        errors.append(z)
        gradient = fitted.expected_average_value_gradient(0, 0)
        mean = fitted.expected_average_value_of_new_customers()
        error = math.sqrt(gradient @ fitted.covariance @ gradient)
        covered.append([*(np.abs(z) < Z), abs(mean - population) < Z * error])
    deviation = np.std(errors, axis=0)
    np.testing.assert_allclose(deviation, 1.0, atol=4 / math.sqrt(2 * REPLICATIONS))
    slack = 4 * math.sqrt(0.95 * 0.05 / REPLICATIONS)
    np.testing.assert_allclose(np.mean(covered, axis=0), 0.95, atol=slack)


@pytest.mark.slow
def test_expected_spend_is_calibrated() -> None:
    """Customers told a mean spend of so much have it: their true means average to what was told.

    The tenths of 100,000 customers by expectation, each to 4 standard errors of its mean.
    """
    rng = np.random.default_rng(22)
    p, q, v = TRUTH
    n = 100_000
    x = 1.0 + rng.negative_binomial(0.6, 0.2, n)
    nu = rng.gamma(q, 1 / v, n)
    m = rng.gamma(p * x, 1 / (nu * x))
    told = fit_gamma_gamma(x, m).expected_average_value(x, m)
    true = p / nu
    for tenth in np.array_split(np.argsort(told), 10):
        off = true[tenth] - told[tenth]
        assert abs(off.mean()) < 4 * off.std() / math.sqrt(len(tenth))


@pytest.mark.slow
@pytest.mark.parametrize("n", [100, 1_000])
def test_correlation_where_there_is_none(n: int) -> None:
    """The test rejects 5 %, or somewhat less, as said: means scatter less with more purchases.

    Their scatter at high frequency is below average where the correlation weighs it most; the
    variance of the correlation is 0.9 of 1 / n here, and so 0.038 rejections follow.
    """
    rng = np.random.default_rng(23)
    replications = 4_000
    rejected = 0
    for _ in range(replications):
        rejected += spend_correlation(*_buyers(n, rng)).p_value < 0.05
    slack = 4 * math.sqrt(0.05 * 0.95 / replications)
    assert 0.02 < rejected / replications < 0.05 + slack
