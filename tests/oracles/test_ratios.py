"""Ratios of means against tea-tasting, live, and by hand.

tea-tasting's `RatioOfMeans` (without covariates, variances unequal, Student's t) is the same delta
method, on the linear scale for the relative effect: equal to the last digits.
"""

import math

import pandas as pd
import pytest
import tea_tasting as tt

from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.ratios import compare_ratios
from smsroi_models.errors import NotEstimableError
from smsroi_models.holdout import ratio_lift


@pytest.fixture(scope="module")
def users() -> pd.DataFrame:
    return tt.make_users_data(rng=42, return_type="pandas")


@pytest.mark.parametrize("metric", [("orders", "sessions"), ("revenue", "orders")])
def test_tea_tasting_live(users: pd.DataFrame, metric: tuple[str, str]) -> None:
    theirs = tt.Experiment(ratio=tt.RatioOfMeans(*metric)).analyze(users)["ratio"]
    arms = collect_moments(users, list(metric), arm="variant", treatment=1, holdout=0)
    lift = compare_ratios(*arms, *metric, relative_scale="linear")
    for ours, name in (
        (lift.mean_treatment, "treatment"),
        (lift.mean_holdout, "control"),
        (lift.absolute_lift, "effect_size"),
        (lift.ci_lower, "effect_size_ci_lower"),
        (lift.ci_upper, "effect_size_ci_upper"),
        (lift.p_value, "pvalue"),
        (lift.relative_lift, "rel_effect_size"),
    ):
        assert ours == pytest.approx(getattr(theirs, name), rel=1e-9), name


def test_by_hand() -> None:
    # Ratio 30 / 3; rests 9 - 10 and 21 - 20, twice: variance 4 / 3; over mean(z)^2 n = 2.25 x 4.
    arm = Moments.from_rows([[9.0, 1.0], [21.0, 2.0]] * 2, ["revenue", "orders"])
    lift = compare_ratios(arm, arm, "revenue", "orders")
    assert lift.standard_error == pytest.approx(math.sqrt(2 * 4 / 3 / 9))
    assert lift.absolute_lift == 0.0 and lift.p_value == 1.0


def test_a_denominator_near_zero_is_refused() -> None:
    rows = pd.DataFrame({"arm": ["treatment", "holdout"] * 20, "revenue": 1.0, "orders": 0.0})
    rows.loc[:1, "orders"] = 1.0
    with pytest.raises(NotEstimableError, match="not clearly above zero"):
        ratio_lift(rows, "revenue", "orders")
    with pytest.raises(NotEstimableError, match="is 1 for every customer"):
        ratio_lift(rows.assign(orders=1.0), "revenue", "orders")
