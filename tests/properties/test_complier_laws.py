"""Laws of the complier effect."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsroi_models.attribution.compliance import compare_compliers
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError, NotEstimableError, ParameterError

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
    names = ["absolute_lift", "standard_error", "ci_lower", "ci_upper", "p_value"]
    names += ["relative_lift", "relative_ci_lower", "relative_ci_upper"]
    for name in names if covariates else [*names, "mean_treatment", "mean_holdout"]:
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


def test_counts_of_texts_are_refused() -> None:
    rows = np.random.default_rng(5).gamma(1.0, 9.0, (60, 2))
    rows[:, 1] = np.arange(60) % 20 == 0
    held = Moments.from_rows(rows, ("spend", "received"))
    rows[:, 1] = 2.0 * (np.arange(60) % 2)
    with pytest.raises(DataError, match="which 0 and 1 cannot have"):
        compare_compliers(Moments.from_rows(rows, held.columns), held, "spend", "received")


def test_an_outcome_that_follows_from_delivery_is_refused() -> None:
    rng = np.random.default_rng(8)
    treated, held = (
        Moments.from_rows(np.column_stack([3.3 * d + 7.1 * (1 - d), d]), ("spend", "received"))
        for d in (rng.random(500) < 0.7, rng.random(300) < 0.1)
    )
    with pytest.raises(NotEstimableError, match="sampling error cannot be estimated"):
        compare_compliers(treated, held, "spend", "received")
    with pytest.raises(ParameterError, match="name two columns"):
        compare_compliers(treated, held, "received", "received")


def test_a_covariate_may_have_any_name() -> None:
    """Also one that a calculation might have used for a column of its own."""
    weights = {"spend": {"spend": 1.0}, "received": {"received": 1.0}, "left": {"pre": 1.0}}
    arms = _arms(3)
    here = compare_compliers(*arms, "spend", "received", covariates=["pre"])
    renamed = [arm.combine(weights) for arm in arms]
    there = compare_compliers(*renamed, "spend", "received", covariates=["left"])
    assert there.standard_error == pytest.approx(here.standard_error, rel=1e-9)
