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


@given(st.integers(0, 10_000))
def test_one_stratum_is_the_difference_in_means(seed: int) -> None:
    treated, held = _strata(seed)["b"]
    lift, plain = post_stratified({"b": (treated, held)}, "spend"), compare(treated, held, "spend")
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


def test_nothing_that_varies_within_strata_is_refused() -> None:
    arm = Moments.from_rows([[1.0, 1.0], [1.0, 2.0]], COLUMNS)
    with pytest.raises(NotEstimableError, match="does not vary within any stratum"):
        post_stratified({"a": (arm, arm)}, "spend")
    with pytest.raises(ParameterError, match="target is 'all'"):
        post_stratified({"a": (arm, arm)}, "pre", target="all")  # type: ignore[arg-type]
