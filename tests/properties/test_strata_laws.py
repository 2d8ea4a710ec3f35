"""Laws of the post-stratified lift."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.strata import post_stratified
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.holdout import holdout_lift

COLUMNS = ("spend", "pre")


def _arm(rng: np.random.Generator, n: int, level: float) -> Moments:
    before = rng.gamma(1.0, level, n)
    return Moments.from_rows(np.column_stack([before + rng.gamma(1.0, level, n), before]), COLUMNS)


def _strata(seed: int) -> dict[str, tuple[Moments, Moments]]:
    rng = np.random.default_rng(seed)
    return {
        name: (_arm(rng, 40 + 20 * i, 3.0 * (i + 1)), _arm(rng, 15 + 5 * i, 3.0 * (i + 1)))
        for i, name in enumerate(("a", "b", "c"))
    }


@given(st.integers(0, 10_000), st.sampled_from([(), ("pre",)]))
def test_one_stratum_is_the_lift_of_the_arms(seed: int, covariates: tuple[str, ...]) -> None:
    treated, held = _strata(seed)["b"]
    lift = post_stratified({"b": (treated, held)}, "spend", covariates=covariates)
    plain = compare(treated, held, "spend", covariates=covariates)
    for name in ("absolute_lift", "standard_error", "ci_lower", "p_value", "relative_lift"):
        assert getattr(lift, name) == pytest.approx(getattr(plain, name), rel=1e-9), name


@given(st.integers(0, 10_000), st.sampled_from([(), ("pre",)]))
def test_swapping_the_arms_flips_the_sign(seed: int, covariates: tuple[str, ...]) -> None:
    strata = _strata(seed)
    lift = post_stratified(strata, "spend", covariates=covariates, target="assigned")
    turned = post_stratified(
        {name: (held, treated) for name, (treated, held) in strata.items()},
        "spend",
        covariates=covariates,
        target="assigned",
    )
    assert turned.absolute_lift == pytest.approx(-lift.absolute_lift)
    assert turned.ci_lower == pytest.approx(-lift.ci_upper)


@given(st.integers(0, 10_000), st.floats(1e-6, 1e6))
def test_the_currency_does_not_matter(seed: int, rate: float) -> None:
    strata = _strata(seed)
    exchanged = {
        name: tuple(arm.combine({"spend": {"spend": rate}, "pre": {"pre": rate}}) for arm in arms)
        for name, arms in strata.items()
    }
    for covariates in ((), ("pre",)):
        here = post_stratified(strata, "spend", covariates=covariates)
        there = post_stratified(exchanged, "spend", covariates=covariates)  # type: ignore[arg-type]
        assert there.absolute_lift == pytest.approx(rate * here.absolute_lift, rel=1e-6)
        assert there.p_value == pytest.approx(here.p_value, rel=1e-6, abs=1e-12)


def test_a_stratum_with_too_few_in_an_arm_is_named() -> None:
    frame = pd.DataFrame(
        {
            "arm": ["treatment", "treatment", "holdout", "holdout", "treatment", "treatment"],
            "stratum": ["north"] * 4 + [None] * 2,
            "spend": [1.0, 2.0, 3.0, 5.0, 4.0, 6.0],
        }
    )
    with pytest.raises(NotEstimableError, match="stratum None has 0 customers in the holdout"):
        holdout_lift(frame, strata="stratum")


@given(st.integers(0, 10_000))
def test_a_stratum_cut_at_random_changes_little(seed: int) -> None:
    """Its halves are alike: weighing them again moves the lift by a part of its error."""
    whole = _strata(seed)
    treated, held = whole.pop("c")
    halves = {"c1": (treated, held), "c2": (treated, held)}
    doubled = {"c": (treated.merge(treated), held.merge(held))}
    for covariates in ((), ("pre",)):
        here = post_stratified({**whole, **halves}, "spend", covariates=covariates)
        there = post_stratified({**whole, **doubled}, "spend", covariates=covariates)
        assert here.absolute_lift == pytest.approx(there.absolute_lift)
        # A half divides its sum of squares by one customer less than half of the whole's.
        assert here.standard_error == pytest.approx(there.standard_error, rel=0.05)


def test_a_misnamed_arm_is_not_taken_for_small_strata() -> None:
    frame = pd.DataFrame({"arm": ["treatment"] * 4, "s": list("aabb"), "spend": [1.0, 2, 3, 4]})
    with pytest.raises(NotEstimableError, match="nobody is in the holdout arm of any stratum"):
        holdout_lift(frame, strata="s", holdout="control")
    with pytest.raises(NotEstimableError, match="nobody is in the treatment arm"):
        post_stratified({}, "spend")


def test_an_outcome_that_is_its_covariate_is_refused() -> None:
    rng = np.random.default_rng(3)
    same = [np.repeat(rng.gamma(1.0, 5.0, (20, 1)), 2, axis=1) for _ in range(4)]
    a, b, c, d = (Moments.from_rows(rows, COLUMNS) for rows in same)
    with pytest.raises(NotEstimableError, match="without rest"):
        post_stratified({"a": (a, b), "b": (c, d)}, "spend", covariates=["pre"])
    flat = Moments.from_rows([[1.0, 5.0], [2.0, 5.0], [4.0, 5.0], [4.0, 5.0]], COLUMNS)
    with pytest.raises(NotEstimableError, match="pre does not vary within any stratum"):
        post_stratified({"a": (flat, a)}, "spend", covariates=["pre"])
    few = Moments.from_rows([[1.0, 2.0], [2.0, 5.0]], COLUMNS)
    with pytest.raises(NotEstimableError, match="2 customers in 1 strata: too few"):
        post_stratified({"a": (few, a)}, "spend", covariates=["pre"])


def test_nothing_that_varies_within_strata_is_refused() -> None:
    arm = Moments.from_rows([[1.0, 1.0], [1.0, 2.0]], COLUMNS)
    with pytest.raises(NotEstimableError, match="does not vary within any stratum"):
        post_stratified({"a": (arm, arm)}, "spend")
    with pytest.raises(ParameterError, match="target is 'all'"):
        post_stratified({"a": (arm, arm)}, "pre", target="all")  # type: ignore[arg-type]
