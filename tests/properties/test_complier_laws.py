"""Laws of the complier effect, and coverage of its interval."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsroi_models.attribution.compliance import compare_compliers
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError, NotEstimableError

COLUMNS = ("spend", "received", "pre")


def _arm(
    rng: np.random.Generator, n: int, reached: float, effect: float = 2.0, shift: float = 5.0
) -> Moments:
    """Reachable customers spend ``shift`` more, texted or not: comparing the reached would lie."""
    reachable = rng.random(n) < 0.6
    received = reachable & (rng.random(n) < reached)
    pre = rng.gamma(2.0, 5.0, n)
    spend = pre + rng.gamma(1.0, 8.0, n) + shift * reachable + effect * received
    return Moments.from_rows(np.column_stack([spend, received, pre]), COLUMNS)


def _arms(seed: int) -> tuple[Moments, Moments]:
    rng = np.random.default_rng(seed)
    return _arm(rng, 400, 1.0), _arm(rng, 150, 0.1)


@given(st.integers(0, 10_000), st.sampled_from([(), ("pre",)]))
def test_swapping_the_arms_changes_nothing(seed: int, covariates: tuple[str, ...]) -> None:
    """Both differences turn their signs."""
    treated, held = _arms(seed)
    here = compare_compliers(treated, held, "spend", "received", covariates=covariates)
    there = compare_compliers(held, treated, "spend", "received", covariates=covariates)
    assert there.first_stage == pytest.approx(-here.first_stage)
    assert there.absolute_lift == pytest.approx(here.absolute_lift)
    assert there.standard_error == pytest.approx(here.standard_error)


@given(st.integers(0, 10_000), st.floats(1e-6, 1e6))
def test_the_currency_does_not_matter(seed: int, rate: float) -> None:
    weights = {"spend": {"spend": rate}, "received": {"received": 1.0}, "pre": {"pre": rate}}
    arms = _arms(seed)
    here = compare_compliers(*arms, "spend", "received", covariates=["pre"])
    changed = [arm.combine(weights) for arm in arms]
    there = compare_compliers(*changed, "spend", "received", covariates=["pre"])
    assert there.absolute_lift == pytest.approx(rate * here.absolute_lift, rel=1e-6)
    assert there.p_value == pytest.approx(here.p_value, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("covariates", [(), ("pre",)])
def test_where_everybody_complies_it_is_the_intention_to_treat(covariates: tuple[str, ...]) -> None:
    rng = np.random.default_rng(2)
    spend = rng.gamma(1.0, 9.0, (2, 300))
    treated, held = (
        Moments.from_rows(
            np.column_stack([row, np.full(300, got), rng.gamma(1.0, 3.0, 300)]), COLUMNS
        )
        for row, got in zip(spend, (1.0, 0.0), strict=True)
    )
    lift = compare_compliers(treated, held, "spend", "received", covariates=covariates)
    plain = compare(treated, held, "spend", covariates=covariates)
    assert lift.first_stage_f == math.inf
    for name in ("absolute_lift", "standard_error", "ci_lower", "ci_upper", "p_value"):
        assert getattr(lift, name) == pytest.approx(getattr(plain, name), rel=1e-9), name


def test_a_weak_first_stage_is_refused() -> None:
    rng = np.random.default_rng(4)
    with pytest.raises(NotEstimableError, match="assignment hardly changed who received"):
        compare_compliers(_arm(rng, 400, 0.5), _arm(rng, 400, 0.5), "spend", "received")
    nobody = _arm(rng, 50, 0.0)
    with pytest.raises(NotEstimableError, match="F = 0"):
        compare_compliers(nobody, nobody, "spend", "received")
    with pytest.raises(DataError, match="write 1 for received"):
        compare_compliers(*_arms(1), "spend", "pre")


@pytest.mark.parametrize("covariates", [(), ("pre",)])
def test_the_interval_covers(covariates: tuple[str, ...]) -> None:
    """2,000 replications: four binomial standard errors of 95 % are 1.95 points."""
    rng = np.random.default_rng(31)
    lifts = [
        compare_compliers(
            _arm(rng, 900, 0.9), _arm(rng, 400, 0.05), "spend", "received", covariates=covariates
        )
        for _ in range(2_000)
    ]
    covered = np.mean([lift.ci_lower <= 2.0 <= lift.ci_upper for lift in lifts])
    assert covered == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 2_000))
    assert np.mean([lift.absolute_lift for lift in lifts]) == pytest.approx(2.0, abs=0.1)
