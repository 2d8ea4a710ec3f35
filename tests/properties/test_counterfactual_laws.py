"""Laws of the counterfactual: what a change of units, level, sign or effect does to it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.attribution.counterfactual import counterfactual

WINDOW = 7
BASE = np.random.default_rng(30).normal(50.0, 5.0, 84 + WINDOW)
CONTROL = 0.5 * BASE[:, None] + np.random.default_rng(31).normal(0.0, 5.0, (84 + WINDOW, 1))
FOUND = counterfactual(BASE, WINDOW, CONTROL)[0]


def _figures(found):
    effect = found.effect
    return np.array([effect.estimate, effect.standard_error, effect.ci_lower, effect.ci_upper])


@settings(max_examples=10)
@given(st.floats(1e-3, 1e6))
def test_currency_scales_everything(rate):
    other, _ = counterfactual(rate * BASE, WINDOW, CONTROL)
    np.testing.assert_allclose(_figures(other), rate * _figures(FOUND), rtol=1e-6)
    np.testing.assert_allclose(other.pattern_p_value, FOUND.pattern_p_value, rtol=1e-6)


@settings(max_examples=10)
@given(st.floats(-100, 100), st.floats(-5, 5), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_level_drift_and_the_controls_unit_do_not_matter(level, drift, unit, zero):
    series = BASE + level + drift * np.arange(len(BASE))
    other, _ = counterfactual(series, WINDOW, unit * CONTROL + zero)
    np.testing.assert_allclose(_figures(other), _figures(FOUND), rtol=1e-5, atol=1e-5)


@settings(max_examples=10)
@given(st.lists(st.floats(-100, 100), min_size=WINDOW, max_size=WINDOW))
def test_what_is_added_in_the_window_is_found_to_the_last_digit(added):
    series = BASE.copy()
    series[-WINDOW:] += added
    other, _ = counterfactual(series, WINDOW, CONTROL)
    assert np.isclose(other.effect.estimate, FOUND.effect.estimate + sum(added), atol=1e-8)
    assert np.isclose(other.effect.standard_error, FOUND.effect.standard_error)
    assert np.isclose(other.expected_total, FOUND.expected_total)


def test_the_mirrored_series_has_the_mirrored_effect():
    other, _ = counterfactual(-BASE, WINDOW, CONTROL)
    estimate, error, low, high = _figures(FOUND)
    np.testing.assert_allclose(_figures(other), [-estimate, error, -high, -low], rtol=1e-6)


def test_the_order_of_controls_does_not_matter():
    pair = np.column_stack([CONTROL, np.random.default_rng(32).normal(size=len(BASE))])
    one, other = (counterfactual(BASE, WINDOW, pair[:, order])[0] for order in ([0, 1], [1, 0]))
    np.testing.assert_allclose(_figures(one), _figures(other), rtol=1e-6)
