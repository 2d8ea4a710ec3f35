"""Opt-out shares and opt-in rates against published intervals and an exact sum of probabilities."""

import numpy as np
import pytest
from scipy.stats import binom, poisson

from smsroi_models.audience.rates import rate_per, share_of
from smsroi_models.errors import DataError, NotEstimableError

TEXTS = 2_000


def test_wilsons_published_example() -> None:
    """Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81 of 263, 15 of 148, 0 of 20.

    Printed to four decimals.
    """
    for count, of, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = share_of(count, of)
        assert (found.ci_lower, found.ci_upper) == pytest.approx((low, high), abs=5e-5)


def test_garwoods_published_limits() -> None:
    """Garwood (1936), 95 % limits of an expectation: 10 events 4.80 to 18.39, 0 to 3.69."""
    found = rate_per(10, 1)
    assert (found.ci_lower, found.ci_upper) == pytest.approx((4.80, 18.39), abs=0.005)
    assert rate_per(0, 1).ci_upper == pytest.approx(3.69, abs=0.005)


def test_coverage_of_shares_worked_out_exactly() -> None:
    """No simulation: the probability of every count, over shares of 0.1 % to 3 %.

    On average Wilson's interval covers 95 %; Brown, Cai and DasGupta (2001) show that it may fall
    short at single shares: here by no more than four points, where some two opt-outs are expected.
    """
    shares = np.linspace(0.001, 0.03, 300)
    counts = np.arange(150)
    ends = np.array([(f.ci_lower, f.ci_upper) for f in (share_of(int(k), TEXTS) for k in counts)])
    inside = (ends[:, :1] <= shares) & (shares <= ends[:, 1:])
    coverage = (inside * binom.pmf(counts[:, None], TEXTS, shares)).sum(axis=0)
    assert 0.945 < coverage.mean() < 0.965 and coverage.min() > 0.91


def test_coverage_of_rates_worked_out_exactly() -> None:
    """Garwood's never covers less than it says."""
    expected, counts = np.linspace(0.1, 30, 300), np.arange(120)
    ends = np.array([(f.ci_lower, f.ci_upper) for f in (rate_per(int(k), 1) for k in counts)])
    inside = (ends[:, :1] <= expected) & (expected <= ends[:, 1:])
    coverage = (inside * poisson.pmf(counts[:, None], expected)).sum(axis=0)
    assert coverage.min() >= 0.95


def test_what_is_no_rate_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="a rate of 0"):
        share_of(0, 0)
    with pytest.raises(DataError, match="3 of 2 is no share"):
        share_of(3, 2)
    with pytest.raises(DataError, match="-1 events"):
        rate_per(-1, 2)
    assert rate_per(3, 2).rate == 1.5
