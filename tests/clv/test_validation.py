"""Holdout tables, their slope and the tracking of purchases, on cases that a hand can redo."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.holdout_calibration import holdout_calibration
from smsroi_models.clv.tracking import track_purchases
from smsroi_models.clv.validation import HoldoutPurchases
from smsroi_models.errors import DataError, NotEstimableError, ParameterError

MODEL = BgNbd(0.243, 4.414, 0.793, 2.426, 0.0, np.eye(4), 0, 1.0)


def purchases(
    frequency: list[float],
    expected: list[float],
    actual: list[float],
    weights: list[float] | None = None,
) -> HoldoutPurchases:
    counts = weights or [1.0] * len(frequency)
    return HoldoutPurchases(
        *(np.asarray(v, dtype=float) for v in (frequency, expected, actual, counts))
    )


def test_groups_by_frequency() -> None:
    """Frequencies 0, 0, 2, 7, 9: no group of 1, and one of 7 and more."""
    found = purchases([0, 0, 2, 7, 9], [0.2, 0.4, 1, 3, 5], [0, 1, 2, 2, 5]).by_frequency()
    assert found.least.tolist() == [0, 2, 7]
    assert found.most.tolist() == [0, 2, math.inf]
    assert found.customers.tolist() == [2, 1, 2]
    assert found.actual_mean.tolist() == [0.5, 2, 3.5]
    assert found.expected_mean.tolist() == pytest.approx([0.3, 1, 4])
    # Of 0 and 1: deviation 0.5^1/2, over 2^1/2; of 2 and 5 three times that.
    assert found.standard_error.tolist() == pytest.approx([0.5, 0, 1.5])
    assert found.total_ratio == pytest.approx(9.6 / 10)
    assert found.to_dict()["customers"] == [2, 1, 2]


def test_groups_by_expectation() -> None:
    table = purchases([0] * 6, [1, 1, 1, 2, 3, 4], [1, 0, 2, 2, 3, 4])
    halves = table.by_expectation(2)
    assert halves.least.tolist() == [1, 2]
    assert halves.most.tolist() == [1, 4]
    assert halves.customers.tolist() == [3, 3]
    assert halves.actual_mean.tolist() == [1, 3]
    same = purchases([0] * 6, [1.0] * 6, [1, 0, 2, 2, 3, 4]).by_expectation(3)
    assert same.customers.tolist() == [6]
    assert purchases([0], [1.0], [0]).by_frequency().total_ratio == math.inf


def test_weights_are_customers() -> None:
    rng = np.random.default_rng(1)
    columns = rng.integers(0, 9, 40), rng.gamma(1.0, 1.0, 40), rng.poisson(1.0, 40)
    counts = rng.integers(1, 5, 40)
    once = purchases(*columns, weights=counts.tolist())
    many = purchases(*(np.repeat(column, counts) for column in columns))
    for name in ("by_frequency", "by_expectation"):
        one, two = getattr(once, name)().to_dict(), getattr(many, name)().to_dict()
        for column in one:
            assert one[column] == pytest.approx(two[column])
    one, two = holdout_calibration(once).to_dict(), holdout_calibration(many).to_dict()
    assert one == pytest.approx(two)


def test_the_slope_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(2)
    told = rng.gamma(1.0, 1.0, 200)
    made = rng.poisson(0.8 * told).astype(float)
    found = holdout_calibration(purchases([0] * 200, told.tolist(), made.tolist()))
    fit = sm.OLS(made, sm.add_constant(told)).fit(cov_type="HC0")
    assert found.slope == pytest.approx(fit.params[1], rel=1e-9)
    assert found.slope_standard_error == pytest.approx(fit.bse[1], rel=1e-9)
    interval = found.slope_ci_lower, found.slope_ci_upper
    assert interval == pytest.approx(tuple(fit.conf_int()[1]), rel=1e-9)
    assert found.mean_absolute_error == pytest.approx(np.abs(made - told).mean())
    assert (found.actual, found.n_customers) == (made.sum(), 200)


def test_what_is_foretold_comes_from_the_model() -> None:
    found = HoldoutPurchases.of(MODEL, [0, 2], [0, 30.43], [38.86, 38.86], [1, 0], 39)
    assert found.expected[1] == pytest.approx(1.226, abs=5e-4)  # Fader, Hardie and Lee (2005)
    assert found.weights.tolist() == [1, 1]


def test_tracking_by_hand() -> None:
    """Two customers on day 0 and one on day 3, weeks of 7 days: ages add up, day by day."""
    born, bought = np.zeros(16), np.zeros(16)
    born[[0, 3]] = 2, 1
    bought[[2, 6, 7, 13, 15]] = 1
    found = track_purchases(MODEL, born, bought)
    assert found.day.tolist() == [6, 13]  # days 14 and 15 fill no week
    assert found.actual.tolist() == [2, 2]
    assert found.cumulative_actual.tolist() == [2, 4]
    new = MODEL.expected_purchases_of_new_customers
    expected = [2 * new(6 / 7) + new(3 / 7), 2 * new(13 / 7) + new(10 / 7)]
    assert found.cumulative_expected == pytest.approx(expected)
    daily = track_purchases(MODEL, born, bought, days_a_unit=1, period_days=1)
    assert daily.expected[0] == 0
    assert daily.cumulative_expected[5] == pytest.approx(2 * new(5) + new(2))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"duration": 0}, ParameterError, "duration is 0"),
        ({"frequency_holdout": [1]}, DataError, "one value for every row"),
        ({"frequency_holdout": [1, -1]}, DataError, "row 1: frequency_holdout is -1"),
        ({"weights": [1, 0]}, DataError, "row 1: weights is 0"),
        ({"recency": [0, 0]}, DataError, "row 1: recency is 0"),
    ],
)
def test_refusals_of_a_holdout(
    changes: dict[str, object], error: type[Exception], words: str
) -> None:
    options: dict[str, object] = {
        "frequency": [0, 2],
        "recency": [0, 3],
        "T": [9, 9],
        "frequency_holdout": [0, 1],
        "duration": 39,
    }
    with pytest.raises(error, match=words):
        HoldoutPurchases.of(MODEL, **(options | changes))  # type: ignore[arg-type]


def test_other_refusals() -> None:
    table = purchases([0, 1], [1.0, 1.0], [0, 1])
    with pytest.raises(NotEstimableError, match="foretold the same"):
        holdout_calibration(table)
    with pytest.raises(ParameterError, match="confidence_level"):
        holdout_calibration(table, confidence_level=1)
    with pytest.raises(ParameterError, match="most is 0"):
        table.by_frequency(0)
    with pytest.raises(ParameterError, match="groups is 1"):
        table.by_expectation(1)
    with pytest.raises(DataError, match="one period of 7 days"):
        track_purchases(MODEL, [1] * 6, [0] * 6)
    with pytest.raises(DataError, match="row 1: new_customers is -1"):
        track_purchases(MODEL, [1, -1], [0, 0], period_days=1)
    with pytest.raises(ParameterError, match="period_days"):
        track_purchases(MODEL, [1], [0], period_days=0)
    with pytest.raises(ParameterError, match="days_a_unit"):
        track_purchases(MODEL, [1], [0], days_a_unit=0)


def test_frames(capsys: pytest.CaptureFixture[str]) -> None:
    found = purchases([0, 1], [1.0, 2.0], [0, 1]).by_frequency()
    assert isinstance(found.to_frame(), pd.DataFrame)
