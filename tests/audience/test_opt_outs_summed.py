"""Sums of rare opt-outs: campaigns of which nobody held out left are part of them."""

import numpy as np
import pytest

from smsroi_models.attribution.cohorts import sum_of_independent
from smsroi_models.attribution.moments import Moments
from smsroi_models.audience.opt_out_cost import opt_outs_caused


def _arm(n: int, count: int) -> Moments:
    return Moments.from_sums("opted_out", n, count, count)


def test_a_sum_of_rare_opt_outs_has_no_bias_and_covers() -> None:
    """Five campaigns of 3,000 against 300, 400 portfolios: mostly nobody held out leaves.

    Without those campaigns the sum is 85 too small, of 105. The bound of the mean is four of its
    own standard errors; coverage is at least 0.95 less four standard errors.
    """
    rng, sums, held, truth = np.random.default_rng(3), [], 0, 5 * 3_000 * 0.007
    for _ in range(400):
        figures = []
        for _campaign in range(5):
            texted = _arm(3_000, int(rng.binomial(3_000, 0.008)))
            kept = _arm(300, int(rng.binomial(300, 0.001)))
            figures.append((opt_outs_caused(texted, kept), 298.0))
        total = sum_of_independent(figures, 0.95)
        assert total is not None
        sums.append(total.estimate)
        held += total.ci_lower <= truth <= total.ci_upper
    assert np.mean(sums) == pytest.approx(truth, abs=4 * np.std(sums) / 400**0.5)
    assert held / 400 >= 0.95 - 4 * (0.95 * 0.05 / 400) ** 0.5
