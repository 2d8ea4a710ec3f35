"""What kinds of customers are expected to bring: sums, discounts and derivatives."""

from dataclasses import replace

import numpy as np
import pytest

from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.prospects import (
    WEEKS_A_YEAR,
    Figure,
    ValueModel,
    purchases_between,
    ratio,
    total_value,
    value_line,
)
from smsroi_models.errors import ParameterError

# As published for CDNOW: Fader, Hardie and Lee (2005); Fader and Hardie (2013).
PURCHASES = BgNbd(0.243, 4.414, 0.793, 2.426, 0.0, np.diag([1e-4, 1e-1, 3e-2, 5e-1]), 0, 1.0)
SPEND = GammaGamma(6.25, 3.74, 15.44, 0.0, np.diag([1.0, 0.1, 4.0]), 0, 1.0, 0.0, 0.0)
MODEL = ValueModel(PURCHASES, SPEND, 0.6)
X = np.array([0.0, 2.0, 7.0])
KINDS = X, np.array([0.0, 30.43, 12.0]), np.array([20.0, 38.86, 30.0])
CUSTOMERS, SUM_OF_SPEND = np.array([5.0, 2.0, 1.0]), np.array([0.0, 50.0, 9.0])
CUTS = (2.0, 10.0, 30.0)


def test_purchases_between_two_moments_are_a_difference() -> None:
    found = purchases_between(PURCHASES, KINDS, (2.0, 30.0)).purchases
    later, earlier = (PURCHASES.expected_purchases(h, *KINDS) for h in (30.0, 2.0))
    assert found == pytest.approx(later - earlier, rel=1e-12)
    assert purchases_between(PURCHASES, KINDS, CUTS).purchases == pytest.approx(found, rel=1e-12)
    assert purchases_between(PURCHASES, KINDS, (0.0, 39.0)).purchases[1] == pytest.approx(
        1.226,
        abs=0.001,  # CET(39 | 2, 30.43, 38.86), published to three decimals
    )


def test_each_stretch_is_discounted_from_its_middle() -> None:
    found = purchases_between(PURCHASES, KINDS, CUTS, 0.21).purchases
    parts = [purchases_between(PURCHASES, KINDS, pair).purchases for pair in ((2, 10), (10, 30))]
    # To the first cut, 2: middles 6 and 20 are 4 and 18 weeks later.
    factors = [1.21 ** (-weeks / WEEKS_A_YEAR) for weeks in (4.0, 18.0)]
    assert found == pytest.approx(factors[0] * parts[0] + factors[1] * parts[1], rel=1e-12)


def test_quarters_are_as_good_as_days() -> None:
    """The rate hardly changes within a quarter, and so does the discount."""
    quarters = purchases_between(PURCHASES, KINDS, np.linspace(0, 52, 5), 0.10).purchases
    days = purchases_between(PURCHASES, KINDS, np.linspace(0, 52, 365), 0.10).purchases
    assert quarters == pytest.approx(days, rel=1e-3)


def test_a_total_is_the_sum_over_customers() -> None:
    prospect = purchases_between(PURCHASES, KINDS, CUTS)
    total = total_value(prospect, MODEL, X, CUSTOMERS, SUM_OF_SPEND)
    spend = [0.0, 10.0, 40.0, 9.0]  # two customers of the second kind
    kind = np.array([0, 1, 1, 2])
    each = prospect.purchases[kind] * SPEND.expected_average_value(X[kind], spend) * 0.6
    assert total.value == pytest.approx(5 * each[0] + each[1:].sum(), rel=1e-12)
    level, slope = value_line(prospect, MODEL, X)
    assert level[kind] + slope[kind] * spend == pytest.approx(each, rel=1e-12)


def test_kinds_without_customers_count_nothing() -> None:
    prospect = purchases_between(PURCHASES, KINDS, CUTS)
    some = total_value(prospect, MODEL, X, CUSTOMERS * [1, 0, 1], SUM_OF_SPEND * [1, 0, 1])
    few = tuple(values[[0, 2]] for values in KINDS)
    prospect = purchases_between(PURCHASES, few, CUTS)
    alone = total_value(prospect, MODEL, few[0], CUSTOMERS[[0, 2]], SUM_OF_SPEND[[0, 2]])
    assert some.value == pytest.approx(alone.value, rel=1e-12)
    assert some.gradient == pytest.approx(alone.gradient, rel=1e-12)


@pytest.mark.parametrize("name", ["r", "alpha", "a", "b", "p", "q", "v"])
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    def at(step: float) -> tuple[float, float]:
        part = "purchases" if name in PURCHASES.PARAMETERS else "spend"
        fitted = getattr(MODEL, part)
        moved = replace(fitted, **{name: getattr(fitted, name) * (1 + step)})
        model = replace(MODEL, **{part: moved})
        figures = [_total(model, cuts, rate) for cuts, rate in ((CUTS, 0.1), ((2.0, 10.0), 0.0))]
        return figures[0].value, ratio(*figures).value

    place = ["r", "alpha", "a", "b", "p", "q", "v"].index(name)
    figures = [_total(MODEL, cuts, rate) for cuts, rate in ((CUTS, 0.1), ((2.0, 10.0), 0.0))]
    exact = figures[0].gradient[place], ratio(*figures).gradient[place]
    value = getattr(PURCHASES, name, None) or getattr(SPEND, name)
    # Central differences are exact to the square of the step; the rest is rounding.
    numeric = [(up - down) / (2e-4 * value) for up, down in zip(at(1e-4), at(-1e-4), strict=True)]
    assert exact == pytest.approx(numeric, rel=1e-5, abs=1e-9)


def _total(model: ValueModel, cuts: tuple[float, ...], rate: float) -> Figure:
    prospect = purchases_between(model.purchases, KINDS, cuts, rate)
    return total_value(prospect, model, X, CUSTOMERS, SUM_OF_SPEND)


def test_the_error_of_the_parameters_by_the_delta_method() -> None:
    figure = Figure(1.0, np.array([1.0, 2.0, 0.0, 0.0, 3.0, 0.0, 1.0]))
    # 1e-4 + 4 x 0.1 + 9 x 1 + 1 x 4
    assert figure.standard_error(MODEL.covariance) == pytest.approx(np.sqrt(13.4001))


def test_a_negative_discount_or_a_single_cut_is_refused() -> None:
    with pytest.raises(ParameterError, match="at least 0"):
        purchases_between(PURCHASES, KINDS, CUTS, -0.1)
    with pytest.raises(ParameterError, match="two cuts"):
        purchases_between(PURCHASES, KINDS, (3.0,))
