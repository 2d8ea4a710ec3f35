"""Log-odds with a Dirichlet prior against printed numbers, fifty digits and the exact posterior.

Printed: README of the package fightin_words, after J. Hessel's script: the z-scores of two
sentences with a uniform prior of .05. That script drops two terms of the variance for rare words
(Monroe, Colaresi and Quinn 2008, eqs. 19 and 20); here they are put aside before the comparison.
"""

import math
from collections import Counter
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy import special

from smsroi_models.survey.log_odds import compare_counts

FIRST = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "pig"]
SECOND = ["the", "lazy", "purple", "pig", "jumps", "over", "the", "lazier", "donkey"]
PRIOR = 0.05
PRINTED = {
    "donkey": -0.6894227886807968,
    "lazier": -0.6894227886807968,
    "purple": -0.6894227886807968,
    "jumps": 0.0,
    "lazy": 0.0,
    "over": 0.0,
    "pig": 0.0,
    "the": 0.0,
    "brown": 0.6894227886807968,
    "fox": 0.6894227886807968,
    "quick": 0.6894227886807968,
}


def test_the_printed_z_scores_of_two_sentences() -> None:
    words = list(PRINTED)
    counts = [np.array([Counter(text)[word] for word in words], float) for text in (FIRST, SECOND)]
    prior = np.full(len(words), PRIOR)
    total = float(prior.sum())
    found = compare_counts(*counts, len(FIRST), len(SECOND), prior, total)
    rest = sum(
        1 / (len(text) + total - count - PRIOR)
        for text, count in zip((FIRST, SECOND), counts, strict=True)
    )
    z = found.log_odds_ratio / np.sqrt(found.standard_error**2 - rest)
    # Float64 against float64, of a handful of operations.
    np.testing.assert_allclose(z, list(PRINTED.values()), atol=1e-12)


@pytest.mark.parametrize(("first", "second"), [(0, 40), (7, 7), (30, 1), (200, 3)])
def test_fifty_digits_of_decimal(first: int, second: int) -> None:
    n, m, a, total = 250, 90, Decimal("1.5"), Decimal(20)
    with localcontext(prec=50):
        parts = [(first + a, n + total - first - a), (second + a, m + total - second - a)]
        ratio = (parts[0][0] / parts[0][1]).ln() - (parts[1][0] / parts[1][1]).ln()
        z = float(ratio / sum(1 / x for part in parts for x in part).sqrt())
    found = compare_counts(np.array([float(first)]), np.array([float(second)]), n, m, *_prior())
    assert found.z[0] == pytest.approx(z, rel=1e-12, abs=1e-14)
    assert found.p_value[0] == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), rel=1e-9)


def _prior() -> tuple[np.ndarray, float]:
    return np.array([1.5]), 20.0


def test_the_exact_posterior_is_near_where_counts_are_large() -> None:
    """A Beta posterior's log-odds have mean digamma(a) - digamma(b), variance trigamma(a) +
    trigamma(b). Eq. 18 has 1 / a + 1 / b: at counts of 100 and more they differ by 1 / 2a^2, below
    0.6 %; the means by 1 / 2a, below 0.01.
    """
    first, second = np.array([120.0, 300.0]), np.array([150.0, 110.0])
    found = compare_counts(first, second, 600, 900, np.array([5.0, 6.0]), 20.0)
    with_term = np.stack([first, second]) + np.array([5.0, 6.0])
    without = np.array([[600.0], [900.0]]) + 20 - with_term
    mean = np.diff((special.digamma(with_term) - special.digamma(without))[::-1], axis=0)[0]
    variance = (special.polygamma(1, with_term) + special.polygamma(1, without)).sum(axis=0)
    np.testing.assert_allclose(found.log_odds_ratio, mean, atol=0.01)
    np.testing.assert_allclose(found.standard_error**2, variance, rtol=0.006)
