"""GrowthBook's statistics engine: summary statistics in, printed answers out.

Source: growthbook/growthbook, packages/stats/tests/frequentist/test_tests.py. The relative
p-values printed there test the ratio, not the difference, and are not part of `Lift`.
Tolerance throughout: one unit of the last printed digit.
"""

import math

import pytest

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments

A = Moments.from_sums("revenue", 3407, 1396.87, 52377.9767)
B = Moments.from_sums("revenue", 3461, 2422.7, 134698.29)


def test_two_sided_absolute() -> None:
    lift = compare(B, A)
    assert lift.absolute_lift == pytest.approx(0.29, abs=1e-5)
    assert lift.standard_error == pytest.approx(0.12478, abs=1e-5)
    assert (lift.ci_lower, lift.ci_upper) == pytest.approx((0.04538, 0.53462), abs=1e-5)
    assert lift.p_value == pytest.approx(0.02016, abs=1e-5)


def test_two_sided_relative_by_the_delta_method() -> None:
    lift = compare(B, A, relative_scale="linear")
    assert lift.relative_lift == pytest.approx(0.70732, abs=1e-5)
    assert lift.relative_standard_error == pytest.approx(0.37879, abs=1e-5)
    assert (lift.relative_ci_lower, lift.relative_ci_upper) == pytest.approx(
        (-0.03526, 1.44989), abs=1e-5
    )


def test_proportions_relative() -> None:
    lift = compare(
        Moments.from_sums("bought", 30, 16, 16),
        Moments.from_sums("bought", 28, 14, 14),
        proportion=True,
        relative_scale="linear",
    )
    assert lift.relative_lift == pytest.approx(0.06667, abs=1e-5)
    assert lift.relative_standard_error == pytest.approx(0.2717, abs=1e-4)
    assert (lift.relative_ci_lower, lift.relative_ci_upper) == pytest.approx(
        (-0.47767, 0.61101), abs=1e-5
    )


def test_one_sided_greater() -> None:
    smaller = Moments.from_sums("revenue", 3000, 1396.87, 52377.9767)
    lift = compare(B, smaller, alternative="greater")
    assert lift.absolute_lift == pytest.approx(0.234376667, abs=1e-9)
    assert lift.standard_error == pytest.approx(0.129830813, abs=1e-9)
    assert lift.ci_lower == pytest.approx(0.020791480, abs=1e-9)
    assert lift.ci_upper == math.inf
    assert lift.p_value == pytest.approx(0.0355427249, abs=1e-10)
