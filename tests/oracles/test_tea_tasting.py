"""tea-tasting 1.14, printed and live, on its simulated users (seed 42, 4,000 users).

Printed: the user guide's results table, and the table with covariates (CUPED).
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt

from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.holdout import holdout_lift

VALUES = ("sessions", "orders", "revenue")


@pytest.fixture(scope="module")
def users() -> pd.DataFrame:
    frame: pd.DataFrame = tt.make_users_data(rng=42, covariates=True).to_pandas()
    return frame


@pytest.fixture(scope="module")
def arms(users: pd.DataFrame) -> tuple[Moments, Moments]:
    columns = [*VALUES, *(f"{name}_covariate" for name in VALUES)]
    return collect_moments(users, columns, arm="variant", treatment=1, holdout=0)


def _adjusted(arms: tuple[Moments, Moments], name: str) -> Lift:
    return compare(*arms, name, covariates=[f"{name}_covariate"], relative_scale="log")


def test_orders_per_user_to_the_printed_digits(arms: tuple[Moments, Moments]) -> None:
    lift = compare(*arms, "orders", relative_scale="log")
    figures = (
        (lift.mean_holdout, 0.5304003955),
        (lift.mean_treatment, 0.5730905412),
        (lift.absolute_lift, 0.0426901458),
        (lift.ci_lower, -0.0108002016),
        (lift.ci_upper, 0.0961804932),
        (lift.relative_lift, 0.0804866402),
        (lift.relative_ci_lower, -0.0195152940),
        (lift.relative_ci_upper, 0.1906880062),
        (lift.absolute_lift / lift.standard_error, 1.5647028840),
        (lift.p_value, 0.1177317800),
    )
    for ours, printed in figures:
        assert ours == pytest.approx(printed, abs=1e-10)  # one unit of the last digit


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("confidence_level", [0.8, 0.95])
def test_difference_in_means_equals_tea_tasting(
    users: pd.DataFrame,
    arms: tuple[Moments, Moments],
    name: str,
    alternative: str,
    confidence_level: float,
) -> None:
    lift = compare(
        *arms,
        name,
        alternative=alternative,  # type: ignore[arg-type]
        confidence_level=confidence_level,
        relative_scale="log",
    )
    metric = tt.Mean(name, alternative=alternative, confidence_level=confidence_level)
    peer = tt.Experiment(one=metric).analyze(users)["one"]
    assert lift.p_value == pytest.approx(peer.pvalue, rel=1e-9)
    assert (lift.ci_lower, lift.ci_upper) == pytest.approx(
        (peer.effect_size_ci_lower, peer.effect_size_ci_upper), rel=1e-9, abs=1e-12
    )
    lowest = -1.0 if alternative == "less" else peer.rel_effect_size_ci_lower  # a ratio is not < 0
    assert (lift.relative_ci_lower, lift.relative_ci_upper) == pytest.approx(
        (lowest, peer.rel_effect_size_ci_upper), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("name", VALUES)
def test_adjusted_effect_equals_cuped_but_for_the_pooled_slope(
    users: pd.DataFrame, arms: tuple[Moments, Moments], name: str
) -> None:
    """Both effects are dy - slope * dx; only the slope differs, by an amount that is known.

    CUPED's slope is the regression on all users together; with separate slopes the effective one
    is each arm's slope weighted by the share of users in the other arm.
    """
    treated, held = arms
    covariate = f"{name}_covariate"
    own = [arm.select([covariate, name]).covariance for arm in arms]
    slopes = [matrix[0, 1] / matrix[0, 0] for matrix in own]
    share = treated.n / (treated.n + held.n)
    effective = slopes[0] * (1 - share) + slopes[1] * share
    everybody = np.cov(users[covariate], users[name])
    pooled = everybody[0, 1] / everybody[0, 0]
    imbalance = treated.mean_of(covariate) - held.mean_of(covariate)

    lift = _adjusted(arms, name)
    peer = tt.Experiment(one=tt.Mean(name, covariate)).analyze(users)["one"]
    assert lift.absolute_lift == pytest.approx(
        peer.effect_size + (pooled - effective) * imbalance, abs=1e-12
    )
    # Within an arm the arm's own slope leaves the least variance, (pooled - own)^2 var(x) less;
    # against that the regression loses a degree of freedom and pays for the covariates' gap.
    width = (peer.effect_size_ci_upper - peer.effect_size_ci_lower) / 2
    assert (lift.ci_upper - lift.ci_lower) / 2 < width * (1 + 2 / held.n)


@pytest.mark.parametrize(
    ("name", "effect", "low", "high"),
    [
        ("sessions", -0.0068, -0.032, 0.019),
        ("orders", 0.11, 0.029, 0.20),
        ("revenue", 0.14, 0.038, 0.26),
    ],
)
def test_adjusted_relative_effects_to_two_printed_digits(
    arms: tuple[Moments, Moments], name: str, effect: float, low: float, high: float
) -> None:
    lift = _adjusted(arms, name)
    for ours, printed in (
        (lift.relative_lift, effect),
        (lift.relative_ci_lower, low),
        (lift.relative_ci_upper, high),
    ):
        assert float(f"{ours:.2g}") == pytest.approx(printed, rel=0.06)


def test_holdout_lift_reads_an_arrow_table_the_same(arms: tuple[Moments, Moments]) -> None:
    table = tt.make_users_data(rng=42, covariates=True)
    lift = holdout_lift(
        table, "variant", "revenue", treatment=1, holdout=0, covariates=["revenue_covariate"]
    )
    peer = compare(*arms, "revenue", covariates=["revenue_covariate"])
    assert dataclasses.astuple(lift)[3:] == pytest.approx(dataclasses.astuple(peer)[3:])
