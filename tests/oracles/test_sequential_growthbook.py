"""Confidence sequences against GrowthBook's printed ones and the authors' own formulas.

Sources: growthbook/growthbook, packages/stats/tests/frequentist/test_tests.py, class
TestSequentialTTest (relative effects by the delta method on the linear scale; tuning 5000 is its
default); WannabeSmith/drconfseq, R/asymptotic_confseq.R, `std_conjmix_margin` and
`best_rho2_approx`, written out below in their own variables (t observations of unit variance).
Tolerance of printed figures: one unit of their last digit.
"""

import math

import pytest

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.sequential import (
    always_valid_p_value,
    confidence_sequence,
    multiple,
)

N = 3000 + 3461


def test_relative_revenue() -> None:
    a = Moments.from_sums("revenue", 3000, 1396.87, 52377.9767)
    b = Moments.from_sums("revenue", 3461, 2422.7, 134698.29)
    lift = compare(b, a, relative_scale="linear")
    assert lift.relative_lift is not None and lift.relative_standard_error is not None
    found = confidence_sequence(lift.relative_lift, lift.relative_standard_error, N / 1000)
    assert found.estimate == pytest.approx(0.50336, abs=1e-5)
    assert found.standard_error == pytest.approx(0.33341, abs=1e-5)
    assert (found.ci_lower, found.ci_upper) == pytest.approx((-0.55844, 1.56516), abs=1e-5)
    p_value = always_valid_p_value(found.estimate, found.standard_error, N / 1000)
    assert p_value == 1.0


def test_relative_conversion() -> None:
    lift = compare(
        Moments.from_sums("bought", 3461, 2422, 2422),
        Moments.from_sums("bought", 3000, 1396, 1396),
        proportion=True,
        relative_scale="linear",
    )
    assert lift.relative_lift is not None and lift.relative_standard_error is not None
    found = confidence_sequence(lift.relative_lift, lift.relative_standard_error, N / 5000)
    assert found.estimate == pytest.approx(0.50386, abs=1e-5)
    assert found.standard_error == pytest.approx(0.03386, abs=1e-5)
    assert (found.ci_lower, found.ci_upper) == pytest.approx((0.40098, 0.60675), abs=1e-5)
    p_value = always_valid_p_value(found.estimate, found.standard_error, N / 5000)
    assert p_value == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
@pytest.mark.parametrize(("t", "planned"), [(10, 1000), (1000, 1000), (50_000, 1000)])
def test_the_margin_is_the_authors_own(alpha: float, t: int, planned: int) -> None:
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / planned
    margin = math.sqrt(
        2 * (t * rho2 + 1) * math.log(math.sqrt(t * rho2 + 1) / alpha) / (t**2 * rho2)
    )
    # The mean of t observations of unit variance has standard error 1 / sqrt(t).
    assert multiple(t / planned, 1 - alpha) / math.sqrt(t) == pytest.approx(margin, rel=1e-12)


def test_the_tuning_is_close_to_the_best() -> None:
    """The narrowest at the planned time over all rho, by search, is 0.1 % narrower at most."""
    rhos = [math.exp(step / 100) for step in range(-200, 600)]
    best = min(math.sqrt((1 + 1 / r) * math.log((1 + r) / 0.05**2)) for r in rhos)
    assert best <= multiple(1.0) < 1.001 * best
