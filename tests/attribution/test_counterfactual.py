"""The counterfactual of hand-made series, and everything that it refuses."""

import math
from dataclasses import replace

import numpy as np
import pytest

from smsroi_models.attribution.counterfactual import Counterfactual, counterfactual
from smsroi_models.attribution.mixture import StudentMixture
from smsroi_models.attribution.placebo import Placebo, Stretch, placebo
from smsroi_models.errors import DataError, NotEstimableError, ParameterError

WINDOW = 14


def shop(rng: np.random.Generator, days: int = 180 + WINDOW, noise: float = 10.0) -> np.ndarray:
    week = np.resize([0.0, 5.0, 0.0, -5.0, 10.0, 30.0, -20.0], days)
    return 200.0 + week + rng.normal(0.0, noise, days)


def test_the_effect_is_what_was_added_and_the_gaps_add_up() -> None:
    series = shop(np.random.default_rng(1), noise=0.01)
    series[-WINDOW:] += 7.0
    found, _ = counterfactual(series, WINDOW)
    assert found.effect.estimate == pytest.approx(7 * WINDOW, abs=0.2)
    assert found.expected_total + found.effect.estimate == pytest.approx(series[-WINDOW:].sum())
    assert found.expected[-WINDOW:].sum() == pytest.approx(found.expected_total)
    assert found.by_day[-1] == found.effect and len(found.by_day) == WINDOW
    assert (found.pre_days, found.learnt_days) == (180, 180)


def test_left_out_days_do_not_teach() -> None:
    rng = np.random.default_rng(2)
    series = shop(rng)
    left_out = np.zeros(len(series), bool)
    left_out[100:114] = True
    spoilt = series.copy()
    spoilt[100:114] += 1e6
    clean, _ = counterfactual(series, WINDOW, left_out=left_out)
    other, model = counterfactual(spoilt, WINDOW, left_out=left_out)
    assert other.effect == clean.effect and other.learnt_days == 166
    stretches = placebo(other, model).stretches
    inside = [s for s in stretches if -80 - WINDOW < s.first_day < -80 + WINDOW]
    assert stretches and not inside


def test_a_control_takes_out_what_moves_both() -> None:
    rng = np.random.default_rng(3)
    season = rng.normal(0.0, 40.0, 194)
    season[-WINDOW:] += 100.0
    series, control = shop(rng) + season, 50.0 + 0.5 * season
    alone, _ = counterfactual(series, WINDOW)
    beside, _ = counterfactual(series, WINDOW, control[:, None])
    assert alone.effect.ci_lower > 0
    assert beside.effect.ci_lower < 0 < beside.effect.ci_upper
    assert beside.effect.standard_error < alone.effect.standard_error / 2


def test_quiet_stretches_do_not_overlap_and_are_as_long_as_the_window() -> None:
    found, model = counterfactual(shop(np.random.default_rng(4)), WINDOW)
    tried = placebo(found, model)
    firsts = [stretch.first_day for stretch in tried.stretches]
    # From day 28 of 180 on: (180 - 28) // 14 = 10 of them, the last one ending at the start.
    assert firsts == list(range(-140, 0, 14))
    errors = [abs(s.actual - s.expected) for s in tried.stretches]
    assert tried.largest == pytest.approx(max(errors))


@pytest.mark.parametrize(
    ("days", "window", "least"), [(55 + 7, 7, 56), (89 + 30, 30, 90), (30 + 28, 28, 84)]
)
def test_a_short_pre_period_is_refused(days: int, window: int, least: int) -> None:
    with pytest.raises(NotEstimableError, match=f"fewer than the {least} .*pre_days"):
        counterfactual(shop(np.random.default_rng(5), days), window)


def test_a_pattern_that_the_model_does_not_know_is_refused() -> None:
    days = np.arange(194)
    series = shop(np.random.default_rng(6)) + 25.0 * np.sin(2 * math.pi * days / 5)
    with pytest.raises(NotEstimableError, match=r"fits the pre-period badly.*Ljung-Box"):
        counterfactual(series, WINDOW)


def test_a_wandering_series_is_refused() -> None:
    rng = np.random.default_rng(7)
    series = 1_000.0 + rng.normal(0, 10.0, 194).cumsum()
    with pytest.raises(NotEstimableError, match=r"fits the pre-period badly.*level moves"):
        counterfactual(series, WINDOW)


def test_a_series_that_does_not_vary_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="does not vary"):
        counterfactual(np.zeros(194), WINDOW)
    with pytest.raises(NotEstimableError, match="control series does not vary"):
        counterfactual(shop(np.random.default_rng(8)), WINDOW, np.ones((194, 1)))


def test_a_noisy_series_is_refused_by_its_quiet_stretches() -> None:
    rng = np.random.default_rng(9)
    few = rng.poisson(0.15, 194) * rng.gamma(0.5, 100.0, 194)
    found, model = counterfactual(few, WINDOW)
    with pytest.raises(NotEstimableError, match="too noisy"):
        placebo(found, model)


def test_a_break_before_the_campaign_is_refused_by_the_quiet_stretches() -> None:
    series = shop(np.random.default_rng(10))
    # Fortnights that jump, up and down: far beyond what the last fortnights lead to expect.
    found, model = counterfactual(series, WINDOW)
    jumps = np.repeat([1.0, -1.0] * 7, WINDOW)[:194] * 40.0
    jumpy = replace(found, actual=found.actual + jumps)
    with pytest.raises(NotEstimableError, match="claims an effect on"):
        placebo(jumpy, model)


def test_too_few_quiet_stretches_are_refused() -> None:
    found, model = counterfactual(shop(np.random.default_rng(11), 60 + WINDOW), WINDOW)
    with pytest.raises(NotEstimableError, match="fewer than 3"):
        placebo(found, model)


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"window_days": 0}, ParameterError, "between 1"),
        ({"window_days": 195}, ParameterError, "between 1"),
        ({"confidence_level": 95.0}, ParameterError, "0.95"),
        ({"controls": np.ones((10, 1))}, DataError, "one row for each day"),
        ({"controls": np.full((194, 1), np.nan)}, DataError, "infinite"),
        ({"left_out": np.ones(194, bool)}, DataError, "every day of it"),
    ],
)
def test_wrong_arguments_name_the_rule(change: dict, error: type[Exception], word: str) -> None:
    arguments = {"series": shop(np.random.default_rng(12)), "window_days": WINDOW} | change
    with pytest.raises(error, match=word):
        counterfactual(**arguments)


def test_coverage_of_the_quiet_stretches_counts_intervals_that_hold_zero(
    found: Counterfactual,
) -> None:
    effect = replace(found.effect, estimate=1.0, ci_lower=-1.0, ci_upper=3.0)
    inside, outside = (
        Stretch(-14, 10.0, 9.0, effect),
        Stretch(-28, 30.0, 35.0, replace(effect, estimate=-5.0, ci_lower=-7.0, ci_upper=-3.0)),
    )
    tried = Placebo((outside, inside))
    assert (tried.covered, tried.largest) == (1, 5.0)
    assert tried.error_share == pytest.approx((1 + 5) / (10 + 30))


@pytest.fixture(scope="module")
def found() -> Counterfactual:
    return counterfactual(shop(np.random.default_rng(13)), WINDOW)[0]


def test_a_mixture_of_two_lies_between_its_parts() -> None:
    mixed = StudentMixture(np.array([0.5, 0.5]), np.array([-1.0, 1.0]), np.array([1.0, 1.0]), 8.0)
    assert mixed.mean == 0.0 and mixed.cumulative(0.0) == pytest.approx(0.5)
    # Var = 8 / 6 within, 1 between.
    assert mixed.standard_deviation == pytest.approx(math.sqrt(8 / 6 + 1))
    assert mixed.cumulative(mixed.quantile(0.9)) == pytest.approx(0.9)
    turned = mixed.moved(-2.0, 3.0)
    assert turned.quantile(0.1) == pytest.approx(3 - 2 * mixed.quantile(0.9))
