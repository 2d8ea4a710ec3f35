"""The Hillstrom e-mail experiment, against its published arm summaries.

Counts and totals: MineThatData E-Mail Analytics Challenge (2008), 64,000 customers in three arms.
Spend, men's e-mail against none: R's ``t.test`` as printed in the Causal Inference Book (cibook),
chapter 1: means 1.4226165 and 0.6527894, t 5.3001, df 42,611, p 1.163e-07, 95 % interval
[0.4851384, 1.0545160].
"""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats import proportion

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments

CUSTOMERS = {"mens": 21_307, "womens": 21_387, "none": 21_306}
COUNTS = {
    "visits": {"mens": 3_894, "womens": 3_238, "none": 2_262},
    "conversions": {"mens": 267, "womens": 189, "none": 122},
}
SPEND = {"mens": 30_311.69, "none": 13_908.33}


def _counted(outcome: str, arm: str) -> Moments:
    count = COUNTS[outcome][arm]
    return Moments.from_sums(outcome, CUSTOMERS[arm], count, count)


@pytest.mark.parametrize("outcome", ["visits", "conversions"])
@pytest.mark.parametrize("arm", ["mens", "womens"])
def test_proportions_agree_with_statsmodels(outcome: str, arm: str) -> None:
    lift = compare(_counted(outcome, arm), _counted(outcome, "none"), proportion=True)
    counts = (
        COUNTS[outcome][arm],
        CUSTOMERS[arm],
        COUNTS[outcome]["none"],
        CUSTOMERS["none"],
    )
    low, high = proportion.confint_proportions_2indep(*counts, method="wald", compare="diff")
    # statsmodels reads the same standard error against the normal distribution, we against t.
    error = (high - low) / (2 * stats.norm.ppf(0.975))
    reach = stats.t.ppf(0.975, lift.degrees_of_freedom) * error
    assert lift.absolute_lift == pytest.approx((low + high) / 2, rel=1e-12)
    assert lift.standard_error == pytest.approx(error, rel=1e-12)
    assert (lift.ci_lower, lift.ci_upper) == pytest.approx(
        (lift.absolute_lift - reach, lift.absolute_lift + reach), rel=1e-12
    )


@pytest.mark.parametrize("arm", ["mens", "womens"])
def test_p_value_of_visits_agrees_with_statsmodels(arm: str) -> None:
    lift = compare(_counted("visits", arm), _counted("visits", "none"), proportion=True)
    peer = proportion.test_proportions_2indep(
        COUNTS["visits"][arm],
        CUSTOMERS[arm],
        COUNTS["visits"]["none"],
        CUSTOMERS["none"],
        method="wald",
        compare="diff",
    )
    statistic = lift.absolute_lift / lift.standard_error
    assert statistic == pytest.approx(peer.statistic, rel=1e-12)
    # t's tail against the normal's at z: ln p differs by about z^4 / (4 df) (Abramowitz and
    # Stegun 26.7.8, leading term), which is the whole difference between the two.
    margin = statistic**4 / (4 * lift.degrees_of_freedom)
    assert math.log(lift.p_value) == pytest.approx(math.log(peer.pvalue), abs=1.5 * margin)


def test_conversion_rates_are_the_published_ones() -> None:
    lift = compare(_counted("conversions", "mens"), _counted("conversions", "none"))
    assert lift.mean_treatment == pytest.approx(0.01253109, abs=5e-9)  # 267 / 21,307
    assert lift.mean_holdout == pytest.approx(0.00572609, abs=5e-9)  # 122 / 21,306


def test_spend_agrees_with_the_published_t_test() -> None:
    """The printed interval gives the standard error; t, p, df and the centre must follow."""
    low, high = 0.4851384, 1.0545160
    n = {arm: CUSTOMERS[arm] for arm in SPEND}
    error = (high - low) / 2 / stats.t.ppf(0.975, 42_611)
    # Student pools the variances, so that giving both arms the pooled one is Welch's case too.
    variance = np.array([[error**2 / (1 / n["mens"] + 1 / n["none"])]])
    arms = {
        arm: Moments(("spend",), n[arm], np.array([total / n[arm]]), variance)
        for arm, total in SPEND.items()
    }
    lift = compare(arms["mens"], arms["none"])
    # Tolerances: half a unit of the last printed digit.
    assert lift.mean_treatment == pytest.approx(1.4226165, abs=5e-8)
    assert lift.mean_holdout == pytest.approx(0.6527894, abs=5e-8)
    assert (lift.ci_lower, lift.ci_upper) == pytest.approx((low, high), abs=1e-7)
    assert lift.absolute_lift / lift.standard_error == pytest.approx(5.3001, abs=5e-5)
    assert lift.p_value == pytest.approx(1.163e-07, abs=5e-11)
    assert lift.degrees_of_freedom == pytest.approx(42_611, abs=0.5)
