"""Laws of `compare`: what an honest comparison of two arms may not depend on."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments

LAWS = settings(max_examples=40)
COLUMNS = ("spend", "pre_spend")
METHODS = pytest.mark.parametrize("covariates", [(), ("pre_spend",)], ids=["plain", "adjusted"])


@dataclass(frozen=True)
class Arms:
    treatment: NDArray[np.float64]
    holdout: NDArray[np.float64]


@st.composite
def arms(draw: st.DrawFn) -> Arms:
    """Two arms of 4 to 40 customers with money in cents and a spread of at least 0.1 %."""
    value = st.integers(0, 1_000_000)

    def arm() -> NDArray[np.float64]:
        rows = draw(st.lists(st.tuples(value, value), min_size=4, max_size=40))
        return np.array(rows, dtype=np.float64) / 100

    found = Arms(arm(), arm())
    for rows in (found.treatment, found.holdout):
        spread = rows.std(axis=0)
        assume((spread > 1e-3 * (rows.max(axis=0) + 1)).all())
        assume(abs(np.corrcoef(rows.T)[0, 1]) < 0.999)
    return found


def _lift(found: Arms, covariates: tuple[str, ...], **options: object) -> Lift:
    return compare(
        Moments.from_rows(found.treatment, COLUMNS),
        Moments.from_rows(found.holdout, COLUMNS),
        covariates=covariates,
        **options,  # type: ignore[arg-type]
    )


def _close(a: float, b: float, size: float = 1.0) -> None:
    assert a == pytest.approx(b, rel=1e-8, abs=1e-8 * size)


@METHODS
@LAWS
@given(found=arms(), confidence_level=st.floats(0.5, 0.999))
def test_bounds_hold(found: Arms, confidence_level: float, covariates: tuple[str, ...]) -> None:
    lift = _lift(found, covariates, confidence_level=confidence_level)
    assert 0 <= lift.p_value <= 1
    assert lift.standard_error > 0
    assert lift.ci_lower < lift.absolute_lift < lift.ci_upper
    most = lift.n_treatment + lift.n_holdout - 2
    assert 0 < lift.degrees_of_freedom <= most * (1 + 1e-12)
    if lift.relative_lift is not None:
        assert lift.mean_holdout > 0
        assert lift.relative_ci_lower <= lift.relative_lift <= lift.relative_ci_upper


@METHODS
@LAWS
@given(found=arms())
def test_interval_excludes_zero_exactly_when_p_is_small(
    found: Arms, covariates: tuple[str, ...]
) -> None:
    lift = _lift(found, covariates)
    assume(abs(lift.p_value - 0.05) > 1e-9)
    assert (lift.p_value < 0.05) == (lift.ci_lower > 0 or lift.ci_upper < 0)


@METHODS
@LAWS
@given(found=arms())
def test_swapping_the_arms_flips_the_sign(found: Arms, covariates: tuple[str, ...]) -> None:
    there = _lift(found, covariates)
    back = _lift(Arms(found.holdout, found.treatment), covariates)
    size = found.treatment.max() + found.holdout.max()
    _close(back.absolute_lift, -there.absolute_lift, size)
    _close(back.ci_lower, -there.ci_upper, size)
    _close(back.standard_error, there.standard_error)
    _close(back.p_value, there.p_value)


@METHODS
@LAWS
@given(found=arms())
def test_one_sided_tests_complement_each_other(found: Arms, covariates: tuple[str, ...]) -> None:
    both = _lift(found, covariates)
    greater = _lift(found, covariates, alternative="greater")
    less = _lift(found, covariates, alternative="less")
    _close(greater.p_value + less.p_value, 1.0)
    _close(2 * min(greater.p_value, less.p_value), both.p_value)
    assert greater.ci_lower > both.ci_lower
    assert less.ci_upper < both.ci_upper
    assert (greater.ci_upper, less.ci_lower) == (np.inf, -np.inf)


@METHODS
@LAWS
@given(found=arms(), rate=st.sampled_from([0.01, 0.37, 7.1, 151.0, 1e6]))
def test_the_currency_does_not_matter(
    found: Arms, rate: float, covariates: tuple[str, ...]
) -> None:
    here = _lift(found, covariates)
    abroad = _lift(Arms(found.treatment * rate, found.holdout * rate), covariates)
    size = found.treatment.max() + found.holdout.max()
    for name in ("absolute_lift", "standard_error", "ci_lower", "ci_upper"):
        _close(getattr(abroad, name), rate * getattr(here, name), rate * size)
    _close(abroad.p_value, here.p_value)
    _close(abroad.degrees_of_freedom, here.degrees_of_freedom)
    for name in ("relative_lift", "relative_ci_lower", "relative_ci_upper"):
        one, other = getattr(here, name), getattr(abroad, name)
        assert (one is None) == (other is None)
        if one is not None:
            _close(other, one)


@LAWS
@given(found=arms(), rate=st.sampled_from([1e-6, 0.5, 1e6]), shift=st.integers(0, 10**6))
def test_the_covariates_unit_does_not_matter(found: Arms, rate: float, shift: int) -> None:
    here = _lift(found, ("pre_spend",))
    unit, origin = np.array([1.0, rate]), np.array([0.0, shift * rate])
    there = _lift(
        Arms(found.treatment * unit + origin, found.holdout * unit + origin), ("pre_spend",)
    )
    # The shift is up to 100 times the values and takes two of their digits.
    assert there.absolute_lift == pytest.approx(here.absolute_lift, rel=1e-6, abs=1e-4)
    assert there.standard_error == pytest.approx(here.standard_error, rel=1e-6)


@METHODS
@LAWS
@given(found=arms(), gift=st.integers(-10_000, 10_000))
def test_the_same_gift_to_everybody_changes_no_lift(
    found: Arms, gift: int, covariates: tuple[str, ...]
) -> None:
    added = np.array([gift, 0.0])
    before = _lift(found, covariates)
    after = _lift(Arms(found.treatment + added, found.holdout + added), covariates)
    for name in ("absolute_lift", "standard_error", "ci_lower", "ci_upper"):
        _close(getattr(after, name), getattr(before, name), 1e4)
    assert after.p_value == pytest.approx(before.p_value, rel=1e-6, abs=1e-9)


@METHODS
@LAWS
@given(found=arms(), gift=st.integers(-10_000, 10_000))
def test_a_gift_to_the_treated_adds_to_the_lift(
    found: Arms, gift: int, covariates: tuple[str, ...]
) -> None:
    before = _lift(found, covariates)
    after = _lift(Arms(found.treatment + np.array([gift, 0.0]), found.holdout), covariates)
    _close(after.absolute_lift, before.absolute_lift + gift, 1e4)
    _close(after.standard_error, before.standard_error)


@METHODS
@LAWS
@given(found=arms())
def test_spend_near_a_thousand_million_keeps_its_lift(
    found: Arms, covariates: tuple[str, ...]
) -> None:
    near = _lift(found, covariates)
    offset = np.array([1e9, 0.0])
    far = _lift(Arms(found.treatment + offset, found.holdout + offset), covariates)
    # 1e9 leaves values 2**-23 of resolution; slopes magnify it by at most 1 / (1 - 0.999**2).
    slack = 2.0**-23 * 500
    assert far.absolute_lift == pytest.approx(near.absolute_lift, abs=slack * 10)
    assert far.standard_error == pytest.approx(near.standard_error, rel=1e-3, abs=slack)


@METHODS
@LAWS
@given(found=arms())
def test_four_times_the_customers_halve_the_error(found: Arms, covariates: tuple[str, ...]) -> None:
    once = _lift(found, covariates)
    again = _lift(
        Arms(np.tile(found.treatment, (4, 1)), np.tile(found.holdout, (4, 1))), covariates
    )
    _close(again.absolute_lift, once.absolute_lift, 1e4)
    # n - 1 - k against 4 n - 1 - k is all that keeps the ratio from 2; n is 4 at least.
    lost = 1 + len(covariates)
    assert again.standard_error < once.standard_error / 2 * (1 + 1e-9)
    smallest = min(len(found.treatment), len(found.holdout))
    if smallest > 2 * lost:
        floor = np.sqrt((smallest - lost) / (smallest - lost / 4))
        assert again.standard_error > once.standard_error / 2 * floor * (1 - 1e-9)


@LAWS
@given(buyers=st.tuples(st.integers(1, 49), st.integers(1, 49)))
def test_a_proportion_is_a_mean_of_zeros_and_ones(buyers: tuple[int, int]) -> None:
    rows = [np.repeat([[1.0], [0.0]], [b, 50 - b], axis=0) for b in buyers]
    treatment, holdout = (Moments.from_rows(r, ["bought"]) for r in rows)
    share = compare(treatment, holdout, proportion=True)
    mean = compare(treatment, holdout)
    assert share.absolute_lift == mean.absolute_lift
    # p (1 - p) / n against s^2 / n: the sample variance divides by n - 1.
    _close(share.standard_error, mean.standard_error * np.sqrt(49 / 50))
