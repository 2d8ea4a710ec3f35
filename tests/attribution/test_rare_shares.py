"""A share of nobody: its difference is kept in sums, so that these are not chosen by outcome."""

import numpy as np
import pytest

from smsroi_models.attribution.cohorts import sum_of_independent
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.rare_shares import rare_lift
from smsroi_models.errors import DataError


def _arm(n: int, count: int) -> Moments:
    return Moments.from_sums("left", n, count, count)


def test_the_difference_is_as_counted_and_both_arms_have_an_error() -> None:
    """30 of 9,000 and none of 1,000; errors by hand: 31 of 9,002 and 1 of 1,002."""
    found = rare_lift(_arm(9_000, 30), _arm(1_000, 0), "left")
    assert found.absolute_lift == pytest.approx(30 / 9_000)
    texted, held = 31 / 9_002, 1 / 1_002
    variance = texted * (1 - texted) / 9_002 + held * (1 - held) / 1_002
    assert found.standard_error == pytest.approx(variance**0.5)
    back = rare_lift(_arm(1_000, 0), _arm(9_000, 30), "left")
    assert (back.ci_lower, back.ci_upper) == pytest.approx((-found.ci_upper, -found.ci_lower))


def test_what_is_no_share_is_refused() -> None:
    with pytest.raises(DataError, match="0 and 1"):
        rare_lift(_arm(10, 0), Moments.from_rows([[0.5], [0.0]] * 5, ["left"]), "left")


def test_a_sum_of_rare_events_has_no_bias_and_covers() -> None:
    """Five campaigns of 3,000 against 300, 400 portfolios: mostly nobody held out leaves.

    Without those campaigns the sum is 85 too small, of 105. The mean of 400 sums has an error of
    about 0.8 (sd 16); coverage is at least 0.95 less four standard errors.
    """
    rng, sums, held, truth = np.random.default_rng(3), [], 0, 5 * 3_000 * 0.007
    for _ in range(400):
        figures = []
        for _campaign in range(5):
            arms = (
                _arm(3_000, int(rng.binomial(3_000, 0.008))),
                _arm(300, int(rng.binomial(300, 0.001))),
            )
            rare = arms[1].mean_of("left") == 0
            lift = rare_lift(*arms, "left") if rare else compare(*arms, "left", proportion=True)
            figures.append((lift.scaled(3_000), lift.degrees_of_freedom))
        total = sum_of_independent(figures, 0.95)
        assert total is not None
        sums.append(total.estimate)
        held += total.ci_lower <= truth <= total.ci_upper
    assert np.mean(sums) == pytest.approx(truth, abs=4 * np.std(sums) / 400**0.5)
    assert held / 400 >= 0.95 - 4 * (0.95 * 0.05 / 400) ** 0.5
