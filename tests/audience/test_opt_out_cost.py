"""What a campaign's opt-outs cost: from moments, and from a simulated programme."""

import math

import numpy as np
import pytest
from scipy import stats

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.audience.opt_out_cost import lost_subscriptions
from smsroi_models.audience.products import product_estimate
from smsroi_models.audience.subscription_value import (
    MarginPerText,
    SubscriptionValue,
    expected_texts,
    given_margin,
    margin_per_text,
    subscription_value,
)
from smsroi_models.errors import DataError, NotEstimableError, ParameterError
from smsroi_models.planning.prior import PastLift

NAMES = ["margin", "opted_out"]


def _arm(n: int, left: int, margin: float, seed: int = 1) -> Moments:
    rng = np.random.default_rng(seed)
    out = (np.arange(n) < left).astype(float)
    return Moments.from_rows(np.column_stack([margin + rng.normal(size=n), out]), NAMES)


def _worth(value: float, error: float) -> SubscriptionValue:
    margin = MarginPerText(Estimate(value, error, value, value), math.inf, 5, 0.0)
    return subscription_value(margin, 0.0, 1.0, 0, 9.0, horizon_weeks=1, discount_rate=0.0)


def test_the_cost_is_opt_outs_times_value() -> None:
    treated, held = _arm(2_000, 60, 1.5), _arm(1_000, 10, 1.0)
    found = lost_subscriptions(treated, held, _worth(10.0, 2.0), cost=100.0)
    lift = compare(treated, held, "opted_out")
    assert found.opt_outs == lift.scaled(2_000)
    assert found.cost is not None
    assert found.cost.estimate == pytest.approx(2_000 * (0.03 - 0.01) * 10)
    assert found.cost.ci_lower > 0
    assert found.after is not None
    gain = compare(treated, held, "margin").absolute_lift
    assert found.after.margin.estimate == pytest.approx(2_000 * gain - found.cost.estimate)
    assert found.after.profit is not None
    assert found.after.profit.estimate == pytest.approx(found.after.margin.estimate - 100)


def test_the_error_of_the_net_holds_all_three_parts() -> None:
    """Of the arms' rows with the value held fixed, and of the value: by the formula."""
    treated, held = _arm(2_000, 60, 1.5), _arm(1_000, 10, 1.0)
    found = lost_subscriptions(treated, held, _worth(10.0, 2.0))
    weights = {"net": {"margin": 1.0, "opted_out": -10.0}}
    net = compare(treated.combine(weights), held.combine(weights), "net")
    lift = compare(treated, held, "opted_out")
    of_value = (lift.absolute_lift**2 + lift.standard_error**2) * 2.0**2
    assert found.after is not None
    assert found.after.margin.standard_error == pytest.approx(
        2_000 * math.sqrt(net.standard_error**2 + of_value)
    )
    assert found.after.profit is None


def test_a_value_that_may_be_zero_shows_in_the_interval() -> None:
    value = _worth(1.0, 5.0)
    assert not value.clear
    found = lost_subscriptions(_arm(2_000, 60, 1.5), _arm(1_000, 10, 1.0), value)
    assert found.cost is not None
    assert found.cost.ci_lower < 0 < found.cost.ci_upper


def test_a_holdout_that_nobody_left_is_no_proof_of_none() -> None:
    """Agresti and Caffo (2000): one of each kind more in each arm."""
    found = lost_subscriptions(_arm(1_000, 30, 1.0), _arm(200, 0, 1.0), None, reason="why")
    p, q = 31 / 1_002, 1 / 202
    error = math.sqrt(p * (1 - p) / 1_002 + q * (1 - q) / 202)
    assert found.opt_outs.estimate == pytest.approx(30)
    assert found.opt_outs.standard_error == pytest.approx(1_000 * error)
    assert found.opt_outs.ci_upper == pytest.approx(1_000 * (p - q + stats.norm.ppf(0.975) * error))
    assert (found.cost, found.after, found.reason) == (None, None, "why")


def test_no_opt_out_at_all_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="nobody opted out in either arm"):
        lost_subscriptions(_arm(100, 0, 1.0), _arm(100, 0, 1.0), _worth(1.0, 0.1))


def test_covariates_adjust_both_lines() -> None:
    rng = np.random.default_rng(2)

    def arm(n: int, effect: float) -> Moments:
        before = rng.gamma(2.0, 5.0, n)
        left = (rng.random(n) < 0.05).astype(float)
        rows = np.column_stack([effect + before + rng.normal(size=n), left, before])
        return Moments.from_rows(rows, [*NAMES, "pre_revenue"])

    treated, held = arm(900, 1.0), arm(600, 0.0)
    plain = lost_subscriptions(treated, held, _worth(1.0, 0.1))
    adjusted = lost_subscriptions(treated, held, _worth(1.0, 0.1), covariates=["pre_revenue"])
    assert plain.after is not None
    assert adjusted.after is not None
    assert adjusted.after.margin.standard_error < 0.5 * plain.after.margin.standard_error


@pytest.mark.parametrize("df", [math.inf, 5.0])
@pytest.mark.parametrize(("a", "b"), [(4.0, 1.0), (0.5, 3.0), (0.0, 0.0), (-3.0, 0.2)])
def test_products_have_the_quantiles_of_draws(a: float, b: float, df: float) -> None:
    """200,000 draws: a quantile of theirs is off by about 0.02 standard errors."""
    rng = np.random.default_rng(7)
    n = 200_000
    t = rng.standard_normal(n) if math.isinf(df) else rng.standard_t(df, n)
    draws = (a + 0.8 * rng.standard_normal(n)) * (b + 1.3 * t)
    found = product_estimate(
        Estimate(a, 0.8, a, a),
        Estimate(b, 1.3, b, b),
        degrees_of_freedom=df,
        confidence_level=0.9,
    )
    low, high = np.quantile(draws, [0.05, 0.95])
    spread = draws.std()
    assert found.ci_lower == pytest.approx(low, abs=0.03 * spread)
    assert found.ci_upper == pytest.approx(high, abs=0.03 * spread)


def test_known_factors_have_no_error() -> None:
    two, three = Estimate(2.0, 0.0, 2.0, 2.0), Estimate(3.0, 0.0, 3.0, 3.0)
    assert product_estimate(two, three, confidence_level=0.95) == Estimate(6.0, 0.0, 6.0, 6.0)
    with pytest.raises(DataError, match="no factor"):
        product_estimate(two, Estimate(math.nan, 0.0, 0.0, 0.0), confidence_level=0.95)


def test_expected_texts_are_the_sum_over_weeks() -> None:
    """A week at a time: a text each, to those still there, discounted. Finer steps agree better."""
    found = expected_texts(2.0, 200, 10_000, horizon_weeks=52, discount_rate=0.1)
    steps = (np.arange(52_000) + 0.5) / 1_000
    there = np.exp(-0.02 * steps) * 1.1 ** (-steps * 7 / 365.25)
    assert found.estimate == pytest.approx(2.0 * there.sum() / 1_000, rel=1e-6)
    # The error by a small step of the count of opt-outs, whose own is its root.
    up = expected_texts(2.0, 201, 10_000, horizon_weeks=52, discount_rate=0.1).estimate
    slope = found.estimate - up
    assert found.standard_error == pytest.approx(slope * math.sqrt(200), rel=0.01)


def test_values_outside_their_range_are_refused() -> None:
    with pytest.raises(DataError, match="none of them may be negative"):
        expected_texts(-1.0, 0, 1.0)
    with pytest.raises(NotEstimableError, match="nobody was subscribed"):
        expected_texts(1.0, 0, 0.0)
    with pytest.raises(DataError, match="price of a text"):
        subscription_value(given_margin(1.0), -0.1, 1.0, 0, 1.0)
    for wrong in (math.nan, True, "1"):
        with pytest.raises(ParameterError, match="margin_per_text"):
            given_margin(wrong)  # type: ignore[arg-type]
    with pytest.raises(NotEstimableError, match="2 measured campaigns"):
        margin_per_text([PastLift("a", 1.0, 1.0), PastLift("b", 2.0, 1.0)])


def test_the_value_has_the_errors_of_margin_and_of_staying() -> None:
    lifts = [PastLift(name, lift, 0.2) for name, lift in zip("abcd", (1, 2, 3, 4), strict=True)]
    per_text = margin_per_text(lifts)
    found = subscription_value(per_text, 0.1, 1.0, 100, 5_000)
    texts = found.expected_texts
    assert found.value.estimate == pytest.approx(texts.estimate * (2.5 - 0.1))
    parts = (texts.estimate * per_text.margin.standard_error, 2.4 * texts.standard_error)
    assert found.value.standard_error == pytest.approx(math.hypot(*parts))
    assert per_text.degrees_of_freedom == 3 <= found.degrees_of_freedom
    assert per_text.between_campaigns > 1
