"""What was seen, carried on for a year; and the model held against what was seen."""

from dataclasses import replace

import numpy as np
import pytest

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.clv.against_seen import (
    forecast,
    held_out,
    model_knows_the_shop,
    orders_as_habit,
)
from smsroi_models.clv.carried_on import carried_on, returned
from smsroi_models.clv.long_term_records import Forecast, HeldOut
from smsroi_models.errors import NotEstimableError

NAMES = ("margin", "after_30", "pre", "forecast_30", "ahead_30")


def _rows(n: int, rng: np.random.Generator, shift: tuple[float, float, float]) -> np.ndarray:
    loyal = rng.gamma(2.0, 1.0, n)
    window, after, claimed = shift
    return np.column_stack(
        [
            loyal * rng.gamma(1.0, 1.0, n) + window,
            2 * loyal * rng.gamma(1.0, 1.0, n) + after,
            loyal * rng.gamma(1.0, 1.0, n),
            2 * loyal + claimed + rng.normal(0, 0.1, n),
            2 * loyal,
        ]
    )


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    return _rows(900, rng, (1.0, 0.5, 0.3)), _rows(300, rng, (0.0, 0.0, 0.0))


@pytest.fixture(scope="module")
def arms(rows: tuple[np.ndarray, np.ndarray]) -> tuple[Moments, Moments]:
    return Moments.from_rows(rows[0], NAMES), Moments.from_rows(rows[1], NAMES)


def test_the_year_is_the_lift_of_a_weighted_sum_of_rows(
    rows: tuple[np.ndarray, np.ndarray], arms: tuple[Moments, Moments]
) -> None:
    """The window and the time after it belong to the same customers: their covariance counts."""
    found = carried_on(*arms, 30, 4.0, 0.0, covariates=["pre"])
    sums = [
        Moments.from_rows(np.column_stack([arm[:, 0] + 4 * arm[:, 1], arm[:, 2]]), ["total", "pre"])
        for arm in rows
    ]
    lift = compare(*sums, "total", covariates=["pre"])
    assert found.total.margin.estimate == pytest.approx(900 * lift.absolute_lift, rel=1e-9)
    assert found.total.margin.standard_error == pytest.approx(900 * lift.standard_error, rel=1e-9)
    assert found.total.margin.ci_lower == pytest.approx(900 * lift.ci_lower, rel=1e-9)


def test_the_factors_error_widens_by_what_was_seen(arms: tuple[Moments, Moments]) -> None:
    sure, unsure = (carried_on(*arms, 30, 4.0, error) for error in (0.0, 0.5))
    change = compare(*(arm.select(["after_30"]) for arm in arms)).absolute_lift
    extra = (900 * change * 0.5) ** 2
    for one, other in ((sure.after, unsure.after), (sure.total.margin, unsure.total.margin)):
        assert other.estimate == one.estimate
        assert other.standard_error**2 == pytest.approx(one.standard_error**2 + extra)


def test_a_factor_of_one_is_what_was_seen(arms: tuple[Moments, Moments]) -> None:
    found = carried_on(*arms, 30, 1.0, 0.0, cost=100.0)
    seen = compare(*(arm.combine({"t": {"margin": 1.0, "after_30": 1.0}}) for arm in arms))
    assert found.total.margin.estimate == pytest.approx(900 * seen.absolute_lift)
    assert found.total.profit is not None
    assert found.total.profit.estimate == pytest.approx(found.total.margin.estimate - 100)
    assert found.total.roi is not None
    assert found.total.roi.ci_upper == pytest.approx(found.total.profit.ci_upper / 100)


def test_money_without_a_known_cost_or_with_none() -> None:
    margin = Estimate(10.0, 2.0, 6.0, 14.0)
    unknown, free = returned(margin, None, 1e9), returned(margin, 0.0, 1e9)
    assert (unknown.profit, unknown.roi, unknown.probability_of_profit) == (None, None, None)
    assert free.profit == margin and free.roi is None
    assert free.probability_of_profit == pytest.approx(1.0, abs=1e-6)  # five standard errors


def test_the_held_outs_ratio_is_that_of_a_ratio_of_means(
    rows: tuple[np.ndarray, np.ndarray], arms: tuple[Moments, Moments]
) -> None:
    """Deng, Knoblich and Lu (2018), eq. 3, on the rows."""
    found = held_out(arms[1], 30, 0.2, 0.95)
    seen, ahead = rows[1][:, 1], rows[1][:, 4]
    assert found.ratio.estimate == pytest.approx(seen.mean() / ahead.mean())
    covariance = np.cov(seen, ahead)
    off = found.ratio.estimate
    sampling = (covariance[0, 0] - 2 * off * covariance[0, 1] + off**2 * covariance[1, 1]) / 300
    of_parameters = (seen.mean() * 0.2 / ahead.mean()) ** 2
    variance = (sampling + of_parameters) / ahead.mean() ** 2
    assert found.ratio.standard_error == pytest.approx(np.sqrt(variance))


@pytest.mark.parametrize("column", ["after_30", "ahead_30"])
def test_nothing_to_hold_a_model_against(column: str, arms: tuple[Moments, Moments]) -> None:
    nothing = {name: {name: 1.0} for name in ("after_30", "ahead_30")} | {column: {"pre": 0.0}}
    with pytest.raises(NotEstimableError, match="too few to hold a model against"):
        held_out(arms[1].combine(nothing), 30, 0.0, 0.95)


@pytest.mark.parametrize(
    ("estimate", "half", "status"),
    [
        (1.05, 0.10, "passed"),
        (1.30, 0.35, "passed"),  # far, and not clear
        (1.00, 0.90, "informational"),  # anything would pass
        (0.85, 0.05, "informational"),  # clearly off, by less than a fifth
        (0.70, 0.05, "failed"),
        (1.40, 0.15, "failed"),
    ],
)
def test_the_stated_rule_for_the_model(estimate: float, half: float, status: str) -> None:
    ratio = Estimate(estimate, half / 2, estimate - half, estimate + half)
    check = model_knows_the_shop(HeldOut(90, 1.0, estimate, ratio))
    assert check.status == status
    assert ("not supported by what was seen" in check.text) == (status == "failed")


def test_a_forecast_compares_customer_by_customer(arms: tuple[Moments, Moments]) -> None:
    seen = Estimate(450.0, 90.0, 270.0, 630.0)
    found = forecast(*arms, 30, 0.0, seen, ["ahead_30"], 0.95)
    # Noise of 0.1 is all that the prediction at assignment leaves of the forecast.
    assert found.predicted.estimate == pytest.approx(900 * 0.3, abs=900 * 0.03)
    assert found.predicted.standard_error == pytest.approx(
        900 * 0.1 * np.sqrt(1 / 900 + 1 / 300), rel=0.1
    )
    assert found.seen is seen
    wider = forecast(*arms, 30, 0.05, seen, ["ahead_30"], 0.95)
    for name in ("predicted", "gap"):
        one, other = getattr(found, name), getattr(wider, name)
        assert other.standard_error**2 == pytest.approx(one.standard_error**2 + (900 * 0.05) ** 2)


CLEAR, UNCLEAR = Estimate(10.0, 2.0, 6.0, 14.0), Estimate(1.0, 2.0, -3.0, 5.0)


@pytest.mark.parametrize(
    ("predicted", "seen", "gap", "supported", "status"),
    [
        (CLEAR, CLEAR, UNCLEAR, True, "passed"),
        (CLEAR, UNCLEAR, UNCLEAR, None, "informational"),
        (UNCLEAR, CLEAR, UNCLEAR, None, "informational"),  # it claims nothing
        (CLEAR, UNCLEAR, CLEAR, False, "failed"),
        (CLEAR, CLEAR, CLEAR, False, "failed"),
    ],
)
def test_the_stated_rule_for_the_forecast(
    predicted: Estimate, seen: Estimate, gap: Estimate, supported: bool | None, status: str
) -> None:
    found = Forecast(90, predicted, seen, gap)
    assert found.supported is supported
    check = orders_as_habit(found)
    assert check.status == status
    assert ("not supported by what was seen" in check.text) == (status == "failed")
    less = replace(found, gap=Estimate(-10.0, 2.0, -14.0, -6.0))
    assert "clearly less" in orders_as_habit(less).text
