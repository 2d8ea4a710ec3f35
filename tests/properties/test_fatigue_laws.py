"""Laws of hazards on combinations, of products, and of the value of a subscription."""

import frequent_texts as drawn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.attribution.effects import Estimate
from smsroi_models.audience.fatigue import Money, paying_frequency
from smsroi_models.audience.hazard import clustered_covariance, fit_hazard
from smsroi_models.audience.products import product_estimate
from smsroi_models.audience.subscription_value import (
    expected_texts,
    given_margin,
    subscription_value,
)

ROWS = drawn.drawn_rows(1_500, 9, drawn.Habits(leaving=(-5.0, 1.0, 0.2)), np.random.default_rng(3))
CELLS = drawn.cells_of(ROWS)
figures = st.floats(-50, 50).map(lambda value: round(value, 3))
errors = st.floats(0.01, 20).map(lambda value: round(value, 3))


def _estimate(value: float, error: float) -> Estimate:
    return Estimate(value, error, value, value)


@settings(max_examples=5)
@given(st.integers(0, 1_000))
def test_the_order_and_the_cutting_of_combinations_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    here = fit_hazard(CELLS, "opted_out")
    cut = {name: np.concatenate([values, values]) for name, values in CELLS.items()}
    for name in ("n", "opted_out", "bought"):
        first = np.floor(CELLS[name] / 2)
        cut[name] = np.concatenate([first, CELLS[name] - first])
    kept = cut["n"] > 0
    shuffled = rng.permutation(np.flatnonzero(kept))
    there = fit_hazard({name: values[shuffled] for name, values in cut.items()}, "opted_out")
    scale = np.sqrt(np.diag(here.inverse_information))
    np.testing.assert_allclose(here.coefficients / scale, there.coefficients / scale, atol=1e-6)


def test_rows_told_twice_tell_no_more() -> None:
    """Each row twice, of the same customer: the fit and its error stay, whatever was gained."""
    twice = {name: np.concatenate([values, values]) for name, values in ROWS.items()}
    once_fitted = fit_hazard(CELLS, "bought")
    twice_fitted = fit_hazard(drawn.cells_of(twice), "bought")
    here = clustered_covariance((once_fitted,), drawn.scores_of(ROWS, (once_fitted,)))
    there = clustered_covariance((twice_fitted,), drawn.scores_of(twice, (twice_fitted,)))
    n, k = once_fitted.rows, len(once_fitted.terms)
    small_sample = (2 * n - 1) / (2 * n - k) / ((n - 1) / (n - k))
    np.testing.assert_allclose(there, here * small_sample, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(
        twice_fitted.inverse_information, once_fitted.inverse_information / 2, rtol=1e-6, atol=1e-12
    )


@given(figures, errors, figures, errors)
def test_a_product_does_not_care_for_order_or_sign(
    a: float, sa: float, b: float, sb: float
) -> None:
    x, y = _estimate(a, sa), _estimate(b, sb)
    here = product_estimate(x, y, confidence_level=0.9)
    there = product_estimate(y, x, confidence_level=0.9)
    assert here.estimate == there.estimate
    assert here.standard_error == pytest.approx(there.standard_error)
    # The slices stand for one of the two: what they leave out of its tails is far below this.
    assert here.ci_lower == pytest.approx(there.ci_lower, abs=0.01 * here.standard_error)
    turned = product_estimate(_estimate(-a, sa), y, confidence_level=0.9)
    assert turned.ci_upper == pytest.approx(-here.ci_lower, abs=1e-6 * here.standard_error)


@given(figures, errors, st.floats(0.01, 100))
def test_a_known_factor_only_scales(value: float, error: float, factor: float) -> None:
    found = product_estimate(_estimate(factor, 0.0), _estimate(value, error), confidence_level=0.95)
    reach = 1.959963984540054 * error
    assert found.ci_lower == pytest.approx(factor * (value - reach), abs=1e-6 * factor * error)
    assert found.ci_upper == pytest.approx(factor * (value + reach), abs=1e-6 * factor * error)


@given(st.floats(0.01, 5), st.integers(0, 5_000), st.floats(0, 1), st.floats(1, 200))
def test_more_leaving_and_more_discount_leave_fewer_texts(
    pace: float, opt_outs: int, rate: float, weeks: float
) -> None:
    found = expected_texts(pace, opt_outs, 1e4, horizon_weeks=weeks, discount_rate=rate)
    assert 0 < found.estimate <= pace * weeks * (1 + 1e-12)
    more = expected_texts(pace, opt_outs + 50, 1e4, horizon_weeks=weeks, discount_rate=rate)
    assert more.estimate < found.estimate
    later = expected_texts(pace, opt_outs, 1e4, horizon_weeks=weeks, discount_rate=rate + 0.1)
    assert later.estimate < found.estimate


@given(st.floats(-5, 5), st.floats(0, 1), st.floats(0.01, 1_000))
def test_the_currency_does_not_matter(margin: float, price: float, rate: float) -> None:
    here = subscription_value(given_margin(margin), price, 1.0, 30, 1e4)
    there = subscription_value(given_margin(margin * rate), price * rate, 1.0, 30, 1e4)
    assert there.value.estimate == pytest.approx(rate * here.value.estimate, abs=1e-9 * rate)
    assert there.value.ci_lower == pytest.approx(rate * here.value.ci_lower, abs=1e-9 * rate)


@given(st.floats(0.2, 2.8), st.floats(0.1, 5), st.floats(0.01, 3))
def test_the_frequency_lies_within_its_interval_and_what_was_seen(
    crossing: float, slope: float, error: float
) -> None:
    weekly = np.linspace(0.0, 3.0, 40)
    money = Money(weekly, slope * (crossing - weekly), np.full(40, error), np.full(40, np.inf))
    found = paying_frequency(money)
    assert found.status == "reached"
    assert found.weekly == pytest.approx(crossing)
    for low, high in ((found.ci_lower, crossing), (crossing, found.ci_upper)):
        assert low is None or high is None or 0 <= low <= high + 1e-9 <= 3 + 1e-9
