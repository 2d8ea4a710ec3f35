"""Does a test see what its plan says, as often; is knowing worth what it says it is?

Plans are made from a population whose spending is known, then carried out many times. How far
skewed spending may move the power from its plan follows from the first terms of its expansion; no
tolerance is fitted to what came out.
"""

import math

import numpy as np
import pytest
from populations import COLUMNS, COVARIATES, POPULATIONS, Rows, Shape, Z, shape
from populations import Design as Arms
from scipy import stats

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError
from smsroi_models.planning.design import Design, explained_share, proportion_design
from smsroi_models.planning.power import (
    minimum_detectable_effect,
    minimum_detectable_share,
    power_of,
)
from smsroi_models.planning.prior import Prior, pooled_prior
from smsroi_models.planning.value import cost_of_holding_out, value_of_knowing

POWER = 0.8
# Ordinate and abscissa of the normal where 80 % lie above.
PHI, X = float(stats.norm.pdf(stats.norm.ppf(POWER))), float(stats.norm.ppf(POWER))
CELLS = [(buyers, share) for share in (0.2, 0.5) for buyers in (10, 20, 50, 100, 200)]


def _slack(replications: int) -> float:
    """Four binomial standard errors of a share near 80 %: 1 in 16,000 by chance."""
    return 4 * math.sqrt(POWER * (1 - POWER) / replications)


def _remainder(found: Shape) -> float:
    """How far skewness g and kurtosis k of the difference D move the power, to first order.

    A gain is called where D > z S, S being the estimated standard error. Cov(D, S) = g / 2 and
    Var(S) = k / 4 change the spread of D - z S by z g / 2 + z^2 k / 8, E[S] = 1 - k / 8 its place
    by z k / 8, and D's own skewness the tail by g / 6 (x^2 - 1) (in units of the true error).
    """
    g, k = abs(found.skewness), abs(found.kurtosis)
    return PHI * (X * (Z * g / 2 + Z**2 * k / 8) + Z * k / 8 + g / 6)


def _share_seen(
    rows: Rows, effect: float, arms: tuple[int, int], covariates: tuple[str, ...], replications: int
) -> float:
    rng = np.random.default_rng([47, arms[1], len(covariates)])
    texted = rows.copy()
    texted[:, 0] += effect
    seen = 0
    for _ in range(replications):
        treated, held = (
            Moments.from_rows(who[rng.integers(0, len(who), n)], COLUMNS)
            for who, n in zip((texted, rows), arms, strict=True)
        )
        try:
            seen += compare(treated, held, "spend", covariates=covariates).ci_lower > 0
        except NotEstimableError:  # nobody in the holdout bought: nothing is seen
            continue
    return seen / replications


def _assert_seen_as_planned(buyers: int, share: float, replications: int, adjusted: bool) -> None:
    population = POPULATIONS["simulated"]()
    rows, covariates = population.untouched, COVARIATES if adjusted else ()
    arms = Arms(buyers, share).sizes(population.conversion)
    moments = Moments.from_rows(rows, COLUMNS)
    variance = moments.variance_of("spend")
    explained = explained_share(moments, "spend", covariates)
    design = Design(*arms, variance, variance, explained, len(covariates))
    effect = minimum_detectable_effect(design, POWER)
    seen = _share_seen(rows, effect, arms, covariates, replications)
    allowed = _slack(replications) + _remainder(shape(rows, rows, *arms, "spend"))
    if adjusted:
        # As if the buyers alone carried the regression; see test_lift_calibration.
        allowed += PHI * (X + Z) * len(covariates) / buyers
    assert seen == pytest.approx(POWER, abs=allowed)


@pytest.mark.parametrize("adjusted", [False, True], ids=["plain", "adjusted"])
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_skewed_spending_is_seen_nearly_as_often_as_planned(share: float, adjusted: bool) -> None:
    _assert_seen_as_planned(50, share, 400, adjusted)


@pytest.mark.slow
@pytest.mark.parametrize("adjusted", [False, True], ids=["plain", "adjusted"])
@pytest.mark.parametrize(("buyers", "share"), CELLS)
def test_power_holds_at_any_number_of_buyers(buyers: int, share: float, adjusted: bool) -> None:
    _assert_seen_as_planned(buyers, share, 2_000, adjusted)


@pytest.mark.parametrize(("n_treatment", "n_holdout"), [(12, 12), (60, 20), (200, 15)])
def test_normal_outcomes_are_seen_exactly_as_planned(n_treatment: int, n_holdout: int) -> None:
    """Unequal arms and variances; Welch's degrees of freedom are off by under a point here."""
    rng = np.random.default_rng([48, n_holdout])
    design = Design(n_treatment, n_holdout, 4.0, 9.0)
    effect = minimum_detectable_effect(design, POWER)
    replications, seen = 3_000, 0
    for _ in range(replications):
        treated, held = rng.normal(effect, 2, n_treatment), rng.normal(0, 3, n_holdout)
        arms = [Moments.from_rows(rows[:, None], ["spend"]) for rows in (treated, held)]
        seen += compare(*arms).p_value < 0.05
    assert seen / replications == pytest.approx(POWER, abs=_slack(replications) + 0.01)


def test_shares_are_seen_as_planned() -> None:
    """Drawn as counts; they move in steps of one buyer, under a tenth of the standard error."""
    n_treatment, n_holdout, share = 8_000, 2_000, 0.05
    rise = minimum_detectable_share(n_treatment, n_holdout, share, POWER)
    rng, replications, seen = np.random.default_rng(49), 3_000, 0
    for _ in range(replications):
        counts = rng.binomial((n_treatment, n_holdout), (share + rise, share))
        arms = [
            Moments.from_sums("converted", n, k, k)
            for n, k in zip((n_treatment, n_holdout), counts, strict=True)
        ]
        seen += compare(*arms, proportion=True).p_value < 0.05
    planned = power_of(proportion_design(n_treatment, n_holdout, share, rise), rise)
    assert seen / replications == pytest.approx(planned, abs=_slack(replications) + 0.1 * PHI)


@pytest.mark.parametrize("mean", [-0.2, 0.0, 0.3])
@pytest.mark.parametrize("error", [0.1, 0.5])
def test_deciding_by_the_posterior_earns_the_value_of_knowing(mean: float, error: float) -> None:
    """Draw the truth from the prior and a test from the truth; text on where the posterior pays."""
    prior, texts, draws = Prior(mean, 0.4), 1_000, 200_000
    rng = np.random.default_rng([50, round(10 * error)])
    truth = rng.normal(prior.mean, prior.standard_deviation, draws)
    seen = rng.normal(truth, error)
    weight = prior.standard_deviation**2 / (prior.standard_deviation**2 + error**2)
    posterior = weight * seen + (1 - weight) * prior.mean
    gained = texts * (np.where(posterior > 0, truth, 0.0) - max(0.0, prior.mean))
    slack = 4 * gained.std() / math.sqrt(draws)
    assert value_of_knowing(prior, error, texts) == pytest.approx(gained.mean(), abs=slack)


def _pooled_coverage(n_campaigns: int, error: float, replications: int) -> float:
    """Return how often the cost's interval holds the truth of a new campaign; tau is 0.3."""
    rng = np.random.default_rng([51, n_campaigns])
    covered = 0
    for _ in range(replications):
        errors = error * rng.uniform(0.7, 1.3, n_campaigns)
        lifts = rng.normal(0.2, 0.3, n_campaigns) + errors * rng.normal(size=n_campaigns)
        cost = cost_of_holding_out(1_000, pooled_prior(lifts, errors))
        covered += cost.ci_lower < 1_000 * rng.normal(0.2, 0.3) < cost.ci_upper
    return covered / replications


@pytest.mark.parametrize("n_campaigns", [3, 6, 20])
def test_precise_campaigns_foretell_the_next(n_campaigns: int) -> None:
    """Without errors of their own the lifts are a normal sample: Student's t is exact."""
    replications = 2_000
    slack = 4 * math.sqrt(0.05 * 0.95 / replications)
    found = _pooled_coverage(n_campaigns, 1e-6, replications)
    assert found == pytest.approx(0.95, abs=slack)


@pytest.mark.slow
@pytest.mark.parametrize(("n_campaigns", "least"), [(3, 0.90), (6, 0.90), (20, 0.925)])
def test_imprecise_campaigns_foretell_little_less(n_campaigns: int, least: float) -> None:
    """Errors half of tau: tau is now and then told as 0. The documentation quotes these bounds."""
    slack = 4 * math.sqrt(0.05 * 0.95 / 10_000)
    assert least - slack < _pooled_coverage(n_campaigns, 0.15, 10_000) < 0.95 + slack
