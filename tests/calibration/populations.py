"""Populations of customers with a known effect, and the size of error that theory allows.

An interval from means and variances is off by what the skewness and kurtosis of spend make of it.
For the studentised mean, Hall (1992), The Bootstrap and Edgeworth Expansion, section 2.6, gives
with standardised skewness g and excess kurtosis k of the estimate, and normal quantile z,

    P(interval above the truth) = 2.5 % - g (2 z^2 + 1) phi(z) / 6 + O(g^2),
    P(interval covers)          = 95 % - g^2 z (z^4 + 2 z^2 - 3) phi(z) / 9
                                       + k z (z^2 - 3) phi(z) / 6 + smaller terms.

g of a difference in means is (m3_t / n_t^2 - m3_h / n_h^2) / SE^3: arms of equal size cancel it, a
small holdout makes it negative, so that intervals miss on the upper side and an idle campaign
looks as if it had worked.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError
from smsroi_models.simulate import simulate_program

COLUMNS = ("spend", "converted", "pre_spend", "pre_orders")
COVARIATES = ("pre_spend", "pre_orders")
EXTRA_ORDER_SHARE = 0.02
SIZE = 200_000
Z = float(stats.norm.ppf(0.975))
PHI = float(stats.norm.pdf(Z))

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """Rows of `COLUMNS` without the text and with it; samples are drawn with replacement."""

    untouched: Rows
    texted: Rows

    @property
    def conversion(self) -> float:
        return float(self.untouched[:, 1].mean())

    def effect(self, outcome: str) -> float:
        """Return the exact effect: a difference of population means."""
        column = COLUMNS.index(outcome)
        return float(self.texted[:, column].mean() - self.untouched[:, column].mean())


@dataclass(frozen=True)
class Design:
    """Arm sizes that give the holdout ``buyers`` buyers in expectation."""

    buyers: int
    holdout_share: float

    def sizes(self, conversion: float) -> tuple[int, int]:
        n_holdout = round(self.buyers / conversion)
        return round(n_holdout * (1 - self.holdout_share) / self.holdout_share), n_holdout


@dataclass(frozen=True)
class Coverage:
    """What happened over the replications that could be estimated."""

    replications: int
    covered: float
    above: float
    below: float
    mean_variance: float
    variance_of_lifts: float

    @property
    def slack(self) -> float:
        """Four binomial standard errors of a share near 95 %: 1 in 16,000 by chance."""
        return 4 * math.sqrt(0.95 * 0.05 / self.replications)


@cache
def simulated_spend() -> Population:
    """The simulator's shop: 3.4 % buy in two weeks; their spend varies by a factor of 0.9."""
    rng = np.random.default_rng(41)
    idle = {"conversion_effects": [0.0], "spend_effects": [0.0]}
    tables = simulate_program(SIZE, 1, rng, detail="core", **idle).tables  # type: ignore[arg-type]
    orders, customers = tables["orders"], pd.Index(tables["assignments"]["customer_id"])
    age = orders["ordered_at"] - tables["campaigns"]["starts_at"].iloc[0]
    inside = (age >= pd.Timedelta(0)) & (age < pd.Timedelta(days=14))
    before = (age < pd.Timedelta(0)) & (age >= pd.Timedelta(days=-90))
    who, revenue = orders["customer_id"], orders["revenue"]
    figures = {
        "spend": revenue.where(inside, 0.0).groupby(who).sum(),
        "converted": inside.groupby(who).max().astype(float),
        "pre_spend": revenue.where(before, 0.0).groupby(who).sum(),
        "pre_orders": before.groupby(who).sum().astype(float),
    }
    return _with_effect(pd.DataFrame(figures).reindex(customers).to_numpy(), rng)


@cache
def lognormal_spend() -> Population:
    """A shop with a far heavier tail: 3.4 % buy; the log of their spend has deviation 1.5."""
    rng = np.random.default_rng(42)
    half = 1.5 / math.sqrt(2)  # half of the variance lies between customers
    level, rate = rng.normal(0, half, SIZE), rng.gamma(1.0, 1.0, SIZE)
    buys = rng.random(SIZE) < -np.expm1(-0.035 * rate)
    pre_orders = rng.poisson(0.4 * rate)
    spend, pre_spend = (
        many * np.exp(level + rng.normal(0, half, SIZE)) * 20.0 for many in (buys, pre_orders)
    )
    return _with_effect(np.column_stack([spend, buys, pre_spend, pre_orders]), rng)


POPULATIONS = {"simulated": simulated_spend, "lognormal": lognormal_spend}


def _with_effect(untouched: Rows, rng: np.random.Generator) -> Population:
    """Give some customers one more order, as large as some buyer's spend."""
    texted = untouched.copy()
    extra = rng.random(len(texted)) < EXTRA_ORDER_SHARE
    buyers = untouched[untouched[:, 1] == 1, 0]
    texted[extra, 0] += rng.choice(buyers, int(extra.sum()))
    texted[extra, 1] = 1.0
    return Population(untouched, texted)


@dataclass(frozen=True)
class Shape:
    """Standardised skewness and excess kurtosis of a difference in means."""

    skewness: float
    kurtosis: float

    @property
    def above(self) -> float:
        """Share of intervals that lie wholly above the truth, to first order."""
        return 0.025 - self.skewness * (2 * Z**2 + 1) * PHI / 6

    @property
    def lost(self) -> float:
        """Coverage that skewness takes away."""
        return self.skewness**2 * Z * (Z**4 + 2 * Z**2 - 3) * PHI / 9

    @property
    def gained(self) -> float:
        """Coverage that kurtosis adds."""
        return self.kurtosis * Z * (Z**2 - 3) * PHI / 6


def shape(treated: Rows, held: Rows, n_treatment: int, n_holdout: int, outcome: str) -> Shape:
    """Return the shape of the difference in means of samples of these sizes."""
    column = COLUMNS.index(outcome)
    variance, third, fourth = 0.0, 0.0, 0.0
    for rows, n, sign in ((treated, n_treatment, 1), (held, n_holdout, -1)):
        centred = rows[:, column] - rows[:, column].mean()
        square = float((centred**2).mean())
        variance += square / n
        third += sign * float((centred**3).mean()) / n**2
        fourth += (float((centred**4).mean()) - 3 * square**2) / n**3
    return Shape(third / variance**1.5, fourth / variance**2)


Estimator = tuple[str, str]  # outcome, "difference" or "adjusted"


def replicate(
    population: Population,
    treated_rows: Rows,
    design: Design,
    replications: int,
    rng: np.random.Generator,
) -> dict[Estimator, Coverage]:
    """Draw experiments and see where each 95 % interval lies from the true effect."""
    n_treatment, n_holdout = design.sizes(population.conversion)
    idle = treated_rows is population.untouched
    lifts: dict[Estimator, list[Lift]] = {
        (outcome, kind): []
        for outcome in ("spend", "converted")
        for kind in ("difference", "adjusted")
    }
    for _ in range(replications):
        arms = [
            Moments.from_rows(rows[rng.integers(0, len(rows), n)], COLUMNS)
            for rows, n in ((treated_rows, n_treatment), (population.untouched, n_holdout))
        ]
        for outcome, kind in lifts:
            covariates = COVARIATES if kind == "adjusted" else ()
            proportion = outcome == "converted" and not covariates
            try:
                lift = compare(*arms, outcome, covariates=covariates, proportion=proportion)
            except NotEstimableError:  # nobody bought in an arm: no interval is claimed
                continue
            lifts[outcome, kind].append(lift)
    return {
        key: _coverage(found, 0.0 if idle else population.effect(key[0]))
        for key, found in lifts.items()
    }


def _coverage(lifts: list[Lift], truth: float) -> Coverage:
    above = np.array([lift.ci_lower > truth for lift in lifts])
    below = np.array([lift.ci_upper < truth for lift in lifts])
    return Coverage(
        replications=len(lifts),
        covered=float(1 - above.mean() - below.mean()),
        above=float(above.mean()),
        below=float(below.mean()),
        mean_variance=float(np.mean([lift.standard_error**2 for lift in lifts])),
        variance_of_lifts=float(np.var([lift.absolute_lift for lift in lifts], ddof=1)),
    )
