"""What `compare` refuses, and what it says then."""

import numpy as np
import pytest

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError, NotEstimableError, ParameterError

COLUMNS = ("spend", "pre", "pre_orders")


def _arm(seed: int, n: int = 50) -> np.ndarray:
    return np.random.default_rng(seed).gamma(2.0, 10.0, (n, 3))


def _compare(treatment: np.ndarray, holdout: np.ndarray, *covariates: str) -> object:
    return compare(
        Moments.from_rows(treatment, COLUMNS),
        Moments.from_rows(holdout, COLUMNS),
        covariates=covariates,
    )


@pytest.mark.parametrize("value", [0.0, 12.34, 0.1])
def test_an_arm_without_variation_is_refused(value: float) -> None:
    """0.1 repeated has a sample variance that is not quite zero: rounding is no variation."""
    still = _arm(1)
    still[:, 0] = value
    with pytest.raises(
        NotEstimableError, match=rf"spend is {value:g} for every one of the 50 .* h"
    ):
        _compare(_arm(2), still)
    with pytest.raises(NotEstimableError, match=r"of the treatment arm.*wait for more orders"):
        _compare(still, _arm(2))


def test_a_tiny_arm_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="the holdout arm has 1 customers: at least 2"):
        _compare(_arm(1), _arm(2, 1))
    with pytest.raises(NotEstimableError, match="the holdout arm has 4 customers: at least 5"):
        _compare(_arm(1), _arm(2, 4), "pre", "pre_orders")


def test_covariates_that_cannot_adjust_are_refused() -> None:
    twin = _arm(1)
    twin[:, 2] = 3.0 * twin[:, 1] + 1.0
    with pytest.raises(NotEstimableError, match="pre, pre_orders are collinear in the holdout arm"):
        _compare(_arm(2), twin, "pre", "pre_orders")
    still = _arm(1)
    still[:, 1] = 5.0
    with pytest.raises(NotEstimableError, match="pre is 5 for every one of the 50 customers"):
        _compare(_arm(2), still, "pre")
    same = _arm(1)
    same[:, 1] = same[:, 0] * 2.0
    with pytest.raises(NotEstimableError, match="explain spend of the holdout arm without rest"):
        _compare(_arm(2), same, "pre")
    with pytest.raises(DataError, match=r"no moments of \['age'\]; there are \['spend'"):
        _compare(_arm(1), _arm(2), "age")


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0, float("nan")])
def test_a_confidence_level_outside_its_range_is_refused(level: float) -> None:
    arm = Moments.from_rows(_arm(1), COLUMNS)
    with pytest.raises(
        ParameterError, match=r"confidence_level is .*: it must lie between 0 and 1"
    ):
        compare(arm, arm, confidence_level=level)


def test_unknown_options_are_refused() -> None:
    arm = Moments.from_rows(_arm(1), COLUMNS)
    with pytest.raises(ParameterError, match="alternative is 'bigger': use two-sided"):
        compare(arm, arm, alternative="bigger")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="relative_scale is 'cubic'"):
        compare(arm, arm, relative_scale="cubic")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"spend has mean .* a proportion is 0 or 1 a row"):
        compare(arm, arm, proportion=True)


@pytest.mark.parametrize("squares", [80.0, 49.0])
def test_moments_that_0_and_1_cannot_have_are_no_proportion(squares: float) -> None:
    """Of 0 and 1 the sum of squares is the sum: here 50."""
    sound = Moments.from_sums("bought", 100, 50, 50)
    assert compare(sound, sound, proportion=True).mean_treatment == 0.5
    other = Moments.from_sums("bought", 100, 50, squares)
    for arms in ((other, sound), (sound, other)):
        with pytest.raises(DataError, match=r"bought has mean 0\.5 and variance .* cannot have"):
            compare(*arms, proportion=True)


def test_no_ratio_to_a_mean_that_may_be_zero() -> None:
    """Holdout margins around zero: a difference there is, a ratio there is not."""
    margins = np.array([[-10.0], [10.0], [-9.0], [12.0]])
    lift = compare(
        Moments.from_rows(margins + 5.0, ["margin"]), Moments.from_rows(margins, ["margin"])
    )
    assert lift.absolute_lift == pytest.approx(5.0)
    assert lift.relative_lift is None
    assert lift.relative_standard_error is None
    assert lift.relative_ci_lower is None and lift.relative_ci_upper is None


def test_no_log_ratio_of_a_negative_mean() -> None:
    treated = Moments.from_rows([[-4.0], [-6.0], [-5.0]], ["margin"])
    held = Moments.from_rows([[10.0], [10.5], [10.2]], ["margin"])
    assert compare(treated, held, relative_scale="log").relative_lift is None
    linear = compare(treated, held, relative_scale="linear")
    assert linear.relative_lift == pytest.approx(-5.0 / (30.7 / 3) - 1)


@pytest.mark.parametrize("unit", [1e-150, 1e-12, 1e12, 1e100])
def test_no_unit_of_money_is_too_small_or_too_large(unit: float) -> None:
    arms = [Moments.from_rows(unit * _arm(seed), COLUMNS) for seed in (1, 2)]
    plain = [Moments.from_rows(_arm(seed), COLUMNS) for seed in (1, 2)]
    assert compare(*arms).p_value == pytest.approx(compare(*plain).p_value)
    assert compare(*arms).degrees_of_freedom == pytest.approx(compare(*plain).degrees_of_freedom)
