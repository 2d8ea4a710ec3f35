"""The check on extremes leaves campaigns alone whose spend is the simulator's, and sees one giant.

The break-even lies at no, one, two and three standard errors below the effect: where the interval
passes over the cost, small moves change its answer, and a check would fail most easily. The bound
is 2 % of campaigns and four binomial standard errors; with a heavy tail, where a few customers do
carry the result, it may fail in many more (docs/methods.md).
"""

import math

import numpy as np
import pytest
from populations import Design, simulated_spend

from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outliers import outliers

RUNS = [200, pytest.param(2_000, marks=pytest.mark.slow)]
Spend = np.ndarray


def _cap(spend: Spend) -> float:
    return float(np.quantile(spend[spend != 0], 0.99, method="inverted_cdf"))


def _lift(treated: Spend, held: Spend) -> Lift:
    return compare(*(Moments.from_rows(rows[:, None], ["margin"]) for rows in (treated, held)))


def _fails(treated: Spend, held: Spend, errors_above_cost: float, effect: float) -> bool:
    cap = _cap(np.concatenate([treated, held]))
    whole, capped = _lift(treated, held), _lift(np.minimum(treated, cap), np.minimum(held, cap))
    check = outliers(
        whole,
        capped,
        cost=(effect - errors_above_cost * whole.standard_error) * len(treated),
        margin_cap=cap,
        margin_floor=0.0,
        n_capped=int((treated > cap).sum() + (held > cap).sum()),
        currency="USD",
    )
    return check.status == "failed"


def _draw(rng: np.random.Generator, buyers: int) -> tuple[Spend, Spend]:
    population = simulated_spend()
    sizes = Design(buyers, 0.2).sizes(population.conversion)
    arms = population.texted, population.untouched
    treated, held = (
        rows[rng.integers(0, len(rows), n), 0] for rows, n in zip(arms, sizes, strict=True)
    )
    return treated, held


@pytest.mark.parametrize("replications", RUNS)
@pytest.mark.parametrize("errors", [0.0, 1.0, 1.96, 3.0])
def test_ordinary_spend_seldom_fails(errors: float, replications: int) -> None:
    rng = np.random.default_rng([74, round(100 * errors)])
    effect = simulated_spend().effect("spend")
    failed = sum(_fails(*_draw(rng, 100), errors, effect) for _ in range(replications))
    assert failed / replications < 0.02 + 4 * math.sqrt(0.02 * 0.98 / replications)


def test_a_resellers_order_in_the_holdout_is_seen() -> None:
    """It hides a gain that is clear without it: the effect of 400 buyers, at no cost."""
    rng = np.random.default_rng(75)
    for _ in range(20):
        treated, held = _draw(rng, 400)
        assert not _fails(treated, held, 0.0, 0.0)
        held[0] += 8 * _lift(treated, held).standard_error * len(held)
        assert _fails(treated, held, 0.0, 0.0)
