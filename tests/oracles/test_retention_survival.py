"""Repeat-purchase shares against statsmodels' survival curve and its intervals of proportions.

Everybody is observed throughout, so that the Kaplan-Meier estimate of not having bought is one less
the share who have. Both are the same arithmetic in another order: 1e-12.
"""

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from smsroi_models.clv.retention import curve, differences
from smsroi_models.errors import NotEstimableError

N, DAYS = (400, 150), 60


def _first_days(n: int, rng: np.random.Generator) -> np.ndarray:
    """Day of the first purchase since assignment; `DAYS` for who has not bought."""
    return np.minimum(rng.geometric(0.02, n), DAYS)


@pytest.fixture(scope="module")
def first() -> list[np.ndarray]:
    rng = np.random.default_rng(12)
    return [_first_days(n, rng) for n in N]


def test_shares_are_the_survival_curve(first: list[np.ndarray]) -> None:
    for days, n in zip(first, N, strict=True):
        counts = np.bincount(days[days < DAYS], minlength=DAYS).cumsum()
        found = curve(counts, range(DAYS), n, 0.95)
        survival = SurvfuncRight(days, (days < DAYS).astype(int))
        at = survival.surv_times[survival.surv_times < DAYS].astype(int)
        assert np.array(found.share)[at] == pytest.approx(
            1 - survival.surv_prob[: len(at)], rel=1e-12
        )


def test_bands_are_wilsons() -> None:
    found = curve(np.array([3, 40]), [10, 20], 120, 0.9)
    for place, count in enumerate((3, 40)):
        low, high = proportion_confint(count, 120, alpha=0.1, method="wilson")
        assert (found.ci_lower[place], found.ci_upper[place]) == pytest.approx((low, high))


def test_differences_are_walds_with_the_t_quantile() -> None:
    """statsmodels takes p (1 - p) / n and the normal quantile: half-widths agree to 1e-3 here."""
    arms = [curve(np.array([count]), [30], n, 0.95) for count, n in ((1_300, 8_000), (600, 4_000))]
    lift = differences(*arms, [30], 0.95)[0].lift
    assert lift is not None
    low, high = confint_proportions_2indep(1_300, 8_000, 600, 4_000, method="wald", compare="diff")
    slack = 1e-3 * (high - low) / 2
    assert (lift.ci_lower, lift.ci_upper) == pytest.approx((low, high), abs=slack)


def test_nobody_bought_in_an_arm() -> None:
    arms = [curve(np.array([count]), [30], 50, 0.95) for count in (0, 0)]
    assert differences(*arms, [30], 0.95)[0].lift is None
    with pytest.raises(NotEstimableError, match="no customer"):
        curve(np.array([0]), [30], 0, 0.95)
