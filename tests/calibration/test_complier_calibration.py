"""Do 95 % intervals of the complier effect and of a ratio of means cover 95 %?

Tolerance: four binomial standard errors of the replications, 1.95 points for 2,000. None is added
for skewness: some hundreds of customers of mildly skewed spend leave it no room.
"""

import math

import numpy as np
import pytest

from smsroi_models.attribution.compliance import ComplierLift, compare_compliers
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.ratios import compare_ratios

REPLICATIONS = 2_000
SLACK = 4 * math.sqrt(0.95 * 0.05 / REPLICATIONS)


def _arm(rng: np.random.Generator, n: int, texted: bool, effect: float) -> Moments:
    """Draw an arm whose compliers, half of it, gain ``effect`` on average.

    A tenth receives the text in either arm and gains 7; the rest never does. The three spend
    differently untexted, so that comparing who received it with who did not would mislead.
    """
    kind = rng.random(n)
    anyway, complier = kind < 0.1, (kind >= 0.1) & (kind < 0.6)
    received = anyway | (complier & texted)
    pre = rng.gamma(2.0, 5.0, n)
    untexted = 0.6 * pre + rng.gamma(1.0, 8.0, n) + 9.0 * anyway + 4.0 * complier
    # Some gain, some do not: their spend varies more in the treatment arm.
    gain = np.where(anyway, 7.0, effect * rng.gamma(1.0, 1.0, n))
    return Moments.from_rows(
        np.column_stack([untexted + gain * received, received, pre]), ("spend", "received", "pre")
    )


def _lifts(
    seed: int, effect: float, covariates: tuple[str, ...], replications: int
) -> list[ComplierLift]:
    rng = np.random.default_rng([seed, len(covariates)])
    return [
        compare_compliers(
            _arm(rng, 900, True, effect),
            _arm(rng, 400, False, effect),
            "spend",
            "received",
            covariates=covariates,
        )
        for _ in range(replications)
    ]


@pytest.mark.parametrize(
    ("covariates", "effect"), [((), 0.0), ((), 2.0), (("pre",), 2.0)], ids=["A/A", "effect", "pre"]
)
def test_the_complier_interval_covers(covariates: tuple[str, ...], effect: float) -> None:
    lifts = _lifts(31, effect, covariates, REPLICATIONS)
    covered = np.mean([lift.ci_lower <= effect <= lift.ci_upper for lift in lifts])
    assert covered == pytest.approx(0.95, abs=SLACK)
    found = np.array([lift.absolute_lift for lift in lifts])
    # It leans to the naive comparison by about 1 / F of the distance to it (Staiger and Stock
    # 1997): F is about 500 here, and the distance below 15.
    spread = float(found.std(ddof=1))
    assert found.mean() == pytest.approx(effect, abs=4 * spread / math.sqrt(REPLICATIONS) + 0.03)
    errors = np.mean([lift.standard_error**2 for lift in lifts])
    # A variance from R draws has relative error sqrt(2 / R); tails of a ratio a little more.
    assert errors / spread**2 == pytest.approx(1.0, abs=4 * math.sqrt(3 / REPLICATIONS))


def test_adjusting_narrows_the_interval() -> None:
    plain, adjusted = (
        np.mean([lift.standard_error for lift in _lifts(7, 2.0, covariates, 200)])
        for covariates in ((), ("pre",))
    )
    assert adjusted < plain


@pytest.mark.parametrize("difference", [0.0, 1.0], ids=["A/A", "effect"])
def test_the_ratio_interval_covers(difference: float) -> None:
    """Revenue per order, with none, one or several orders of a gamma size a customer."""
    rng = np.random.default_rng(17)
    covered = 0
    for _ in range(REPLICATIONS):
        arms = []
        for n, size in ((800, 10.0 + difference), (300, 10.0)):
            orders = rng.poisson(1.5, n)
            revenue = rng.gamma(np.maximum(orders, 1e-9) * 2.0, size / 2.0)
            arms.append(Moments.from_rows(np.column_stack([revenue, orders]), ["y", "z"]))
        lift = compare_ratios(arms[0], arms[1], "y", "z")
        covered += lift.ci_lower <= difference <= lift.ci_upper
    assert covered / REPLICATIONS == pytest.approx(0.95, abs=SLACK)
