"""May a campaign be looked at every day? The sequence says yes; the fixed interval says no.

Campaigns with known effect are looked at on each of their days. A reading is wrong if its interval
misses the margin that the campaign truly earned by that day; a campaign is misread if any of its
readings is wrong. Whatever the number of looks, at most 5 % of campaigns may be misread by the
sequence. Tolerances are binomial: none is fitted to what came out.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from smsroi_models.attribution.estimates import DayLift, daily_lift
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.sequential import multiple, planned_variance
from smsroi_models.simulate import Program, simulate_program

COVARIATES = ("pre_revenue", "pre_orders")
PRE_DAYS = 90
ALPHA = 0.05


@dataclass(frozen=True)
class Trade:
    """How the customers of a campaign buy, texted or not.

    Rates vary between customers as a gamma of shape ``heterogeneity``, so that buyers of the first
    days buy again; amounts are lognormal of deviation ``sigma``.
    """

    days: int = 14
    n_holdout: int = 3_000
    holdout_share: float = 0.2
    orders_per_day: float = 0.004
    heterogeneity: float = 0.8
    sigma: float = 0.8
    effect: float = 0.0

    @property
    def n_treatment(self) -> int:
        return round(self.n_holdout * (1 - self.holdout_share) / self.holdout_share)

    def truth(self, day: int) -> float:
        """Return the margin that the text earned by a day: amounts have mean 1."""
        return self.n_treatment * self.effect * self.orders_per_day * day


def _campaign(trade: Trade, rng: np.random.Generator) -> tuple[DayLift, ...]:
    arms, added = [], []
    for n, effect in ((trade.n_treatment, trade.effect), (trade.n_holdout, 0.0)):
        rates = trade.orders_per_day * rng.gamma(trade.heterogeneity, 1 / trade.heterogeneity, n)
        before = rng.poisson(PRE_DAYS * rates)
        spent = np.bincount(
            np.repeat(np.arange(n), before), _amounts(trade, before.sum(), rng), minlength=n
        )
        pre = np.column_stack([spent, before.astype(float)])
        counts = rng.poisson(trade.days * (1 + effect) * rates)
        who = np.repeat(np.arange(n), counts)
        day = rng.integers(0, trade.days, len(who))
        arms.append(Moments.from_rows(pre, COVARIATES))
        added.append(_added(who, day, _amounts(trade, len(who), rng), pre, trade.days))
    factor = trade.days / PRE_DAYS
    planned = planned_variance(*arms, "pre_revenue", factor)
    return daily_lift((added[0], added[1]), *arms, COVARIATES, 1 - ALPHA, planned_variance=planned)


def _amounts(trade: Trade, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.lognormal(-(trade.sigma**2) / 2, trade.sigma, size)


def _added(
    who: NDArray[np.int64],
    day: NDArray[np.int64],
    amount: NDArray[np.float64],
    pre: NDArray[np.float64],
    days: int,
) -> NDArray[np.float64]:
    """Sum what each day adds, as `collect_daily` does, over one arm's orders."""
    order = np.lexsort((day, who))
    who, day, amount = who[order], day[order], amount[order]
    total = np.cumsum(amount)
    first = np.r_[True, who[1:] != who[:-1]]
    # What had been spent by others before a customer's first order.
    total -= np.maximum.accumulate(np.where(first, total - amount, 0.0))
    weights = (amount, amount * (2 * total - amount), *(amount * column[who] for column in pre.T))
    return np.column_stack([np.bincount(day, w, minlength=days) for w in weights])


@dataclass(frozen=True)
class Misread:
    """Shares of campaigns misread, and the price at the last day."""

    campaigns: int
    sequence: float
    fixed_daily: float
    fixed_last: float
    either: float
    width_ratio: float
    information: float

    def slack(self, share: float = ALPHA) -> float:
        """Four binomial standard errors: 1 in 30,000 by chance on one side."""
        return 4 * math.sqrt(share * (1 - share) / self.campaigns)


def _misread(trade: Trade, campaigns: int, rng: np.random.Generator) -> Misread:
    return _summary([(_campaign(trade, rng), trade.truth) for _ in range(campaigns)])


def _summary(found: list) -> Misread:
    sequence, daily, last, either, widths, information = [], [], [], [], [], []
    # Where on no day both arms had orders, no interval is claimed.
    found = [(days, truth) for days, truth in found if days]
    for days, truth in found:
        by_sequence = [_misses(d.sequence, truth(d.day)) for d in days]
        by_fixed = [_misses(d.margin, truth(d.day)) for d in days]
        sequence.append(any(by_sequence))
        daily.append(any(by_fixed))
        last.append(by_fixed[-1])
        either.append(any(by_sequence) or by_fixed[-1])
        end = days[-1]
        widths.append(_width(end.sequence) / _width(end.margin))
        information.append(end.information)
    shares = (float(np.mean(each)) for each in (sequence, daily, last, either))
    return Misread(len(found), *shares, float(np.mean(widths)), float(np.median(information)))


def _misses(figure, truth: float) -> bool:
    return not figure.ci_lower <= truth <= figure.ci_upper


def _width(figure) -> float:
    return figure.ci_upper - figure.ci_lower


long = pytest.mark.slow
CASES = [
    pytest.param(Trade(), 500, id="idle"),
    pytest.param(Trade(effect=0.3), 250, id="effect"),
    pytest.param(Trade(), 6_000, id="idle-long", marks=long),
    pytest.param(Trade(effect=0.3), 6_000, id="effect-long", marks=long),
    pytest.param(Trade(days=30), 4_000, id="idle-30-days", marks=long),
    pytest.param(Trade(heterogeneity=100.0), 4_000, id="all-alike", marks=long),
    pytest.param(Trade(heterogeneity=0.2), 4_000, id="few-loyal", marks=long),
    pytest.param(Trade(holdout_share=0.5), 4_000, id="half-held-out", marks=long),
    pytest.param(Trade(n_holdout=900), 6_000, id="50-orders", marks=long),
    pytest.param(Trade(n_holdout=180), 4_000, id="10-orders", marks=long),
    pytest.param(Trade(sigma=1.5), 4_000, id="heavy-tail", marks=long),
    pytest.param(Trade(n_holdout=360, sigma=1.5), 4_000, id="heavy-tail-20-orders", marks=long),
]


@pytest.mark.parametrize(("trade", "campaigns"), CASES)
def test_a_sequence_may_be_read_every_day_and_a_fixed_interval_may_not(
    trade: Trade, campaigns: int
) -> None:
    found = _misread(trade, campaigns, np.random.default_rng([46, campaigns, trade.days]))
    assert found.sequence < ALPHA + found.slack(), found
    assert found.fixed_daily > ALPHA + found.slack(), found
    # Who decides by the sequence and, failing that, by the one final reading.
    assert found.either < 2 * ALPHA + found.slack(2 * ALPHA), found


@pytest.mark.parametrize("share", [0.03, 0.8, 0.95])
def test_one_order_each_breaks_the_argument_and_not_the_boundary(share: float) -> None:
    """Bought by day s and by day d > s: covariance p_s (1 - p_d), less than the variance by s."""
    by_day = share * np.arange(1, 15) / 14
    covariance = np.minimum.outer(by_day, by_day) - np.outer(by_day, by_day)
    variance = np.diag(covariance)
    paths = np.random.default_rng(49).multivariate_normal(np.zeros(14), covariance, 20_000)
    reach = [multiple(v / variance[-1], 1 - ALPHA) for v in variance] * np.sqrt(variance)
    crossed = np.mean((np.abs(paths) > reach).any(axis=1))
    assert crossed < ALPHA / 2, crossed


def test_the_price_is_that_of_the_formula() -> None:
    """The planned variance comes from the days before; a guess off by half costs 2 %."""
    found = _misread(Trade(), 100, np.random.default_rng(47))
    assert 0.5 < found.information < 2.0
    normal = float(stats.norm.ppf(1 - ALPHA / 2))
    assert found.width_ratio == pytest.approx(multiple(1.0) / normal, rel=0.02)


@pytest.mark.parametrize("programmes", [4, pytest.param(120, marks=long)], ids=["quick", "long"])
def test_idle_campaigns_of_the_simulator_are_seldom_misread(programmes: int) -> None:
    rng, found = np.random.default_rng(48), []
    idle = [0.0] * 12
    for _ in range(programmes):
        program = simulate_program(
            20_000, 12, rng, conversion_effects=idle, spend_effects=idle, detail="core"
        )
        found += [(days, lambda day: 0.0) for days in _simulated_days(program)]
    misread = _summary(found)
    assert misread.sequence < ALPHA + misread.slack(), misread
    assert misread.fixed_daily > ALPHA, misread


def _simulated_days(program: Program) -> list[tuple[DayLift, ...]]:
    tables = program.tables
    orders, campaigns = tables["orders"], tables["campaigns"].set_index("campaign_id")
    rate = float(campaigns["margin_rate"].iloc[0])
    list_price = orders["revenue"] + orders["discount"]
    margin = (
        orders["revenue"] - orders["cost_of_goods"].fillna((1 - rate) * list_price)
    ).to_numpy()
    revenue = orders["revenue"].to_numpy()
    found = []
    for name, assigned in tables["assignments"].groupby("campaign_id"):
        campaign = campaigns.loc[name]
        window = int(campaign["window_days"])
        age = ((orders["ordered_at"] - campaign["starts_at"]) / pd.Timedelta(days=1)).to_numpy()
        arms, added = [], []
        for arm in ("treatment", "holdout"):
            people = pd.Index(assigned.loc[assigned["arm"] == arm, "customer_id"])
            who = people.get_indexer(orders["customer_id"])
            before = (who >= 0) & (age >= -PRE_DAYS) & (age < 0)
            inside = (who >= 0) & (age >= 0) & (age < window)
            pre = np.column_stack(
                [
                    np.bincount(who[before], weights, len(people))
                    for weights in (revenue[before], np.ones(before.sum()))
                ]
            )
            arms.append(Moments.from_rows(pre, COVARIATES))
            day = age[inside].astype(np.int64)
            added.append(_added(who[inside], day, margin[inside], pre, window))
        factor = rate**2 * window / PRE_DAYS
        planned = planned_variance(*arms, "pre_revenue", factor)
        found.append(
            daily_lift((added[0], added[1]), *arms, COVARIATES, 1 - ALPHA, planned_variance=planned)
        )
    return found
