"""Do the intervals of profit and ROI cover the simulator's truth?

Every campaign of a simulated programme draws its arms anew, so that its error is a fresh draw;
profits, losses and campaigns without effect take turns. The truth is the expected effect on the
customers assigned, worked out from each one's own parameters (see `simulate_program`).
"""

import math

import numpy as np
import pandas as pd
import pytest

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.roi import CostLine, Roi, return_on_investment
from smsroi_models.simulate import Program, simulate_program

CAMPAIGNS, CUSTOMERS = 12, 20_000
COLUMNS = ("revenue", "margin", "pre_revenue", "pre_orders")
METHODS = {"difference": (), "adjusted": COLUMNS[2:]}
# Holdouts of some 3,000 with 110 buyers: skewness takes one per cent of coverage at most
# (populations.py works it out, and test_lift_calibration.py tests it).
SKEWNESS_LOSS = 0.01


def _arms(program: Program) -> dict[str, tuple[Moments, Moments]]:
    """Return the moments of both arms of every campaign, counted in pandas and NumPy."""
    tables = program.tables
    orders = tables["orders"]
    list_price = orders["revenue"] + orders["discount"]
    campaigns = tables["campaigns"].set_index("campaign_id")
    rate = campaigns["margin_rate"].iloc[0]
    margin = orders["revenue"] - orders["cost_of_goods"].fillna((1 - rate) * list_price)
    buyer, people = pd.factorize(orders["customer_id"])
    arms = {}
    for name, assigned in tables["assignments"].groupby("campaign_id"):
        campaign = campaigns.loc[name]
        age = (orders["ordered_at"] - campaign["starts_at"]) / pd.Timedelta(days=1)
        inside = ((age >= 0) & (age < campaign["window_days"])).to_numpy(float)
        before = ((age >= -90) & (age < 0)).to_numpy(float)
        revenue = orders["revenue"].to_numpy()
        weights = (inside * revenue, inside * margin.to_numpy(), before * revenue, before)
        sums = np.column_stack([np.bincount(buyer, w, len(people)) for w in weights])
        # Everybody has an order: the one by which a customer is acquired.
        rows = sums[pd.Index(people).get_indexer(assigned["customer_id"])]
        treated = (assigned["arm"] == "treatment").to_numpy()
        arms[str(name)] = (
            Moments.from_rows(rows[treated], COLUMNS),
            Moments.from_rows(rows[~treated], COLUMNS),
        )
    return arms


def _money(program: Program, covariates: tuple[str, ...]) -> list[tuple[Roi, pd.Series]]:
    found = []
    for name, (treated, held) in _arms(program).items():
        truth = program.truth.loc[name]
        revenue, margin = (
            compare(treated, held, outcome, covariates=covariates) for outcome in COLUMNS[:2]
        )
        ledger = [CostLine("all", truth["cost"], truth["cost"])]
        found.append((return_on_investment(revenue, margin, ledger), truth))
    return found


@pytest.mark.parametrize(
    "programmes", [10, pytest.param(150, marks=pytest.mark.slow)], ids=["quick", "long"]
)
def test_money_covers_the_simulators_truth(programmes: int) -> None:
    results: dict[str, list[tuple[Roi, pd.Series]]] = {method: [] for method in METHODS}
    for seed in range(programmes):
        rng = np.random.default_rng([44, seed])
        program = simulate_program(CUSTOMERS, CAMPAIGNS, rng, detail="core")
        for method, covariates in METHODS.items():
            results[method] += _money(program, covariates)
    slack = 4 * math.sqrt(0.95 * 0.05 / (programmes * CAMPAIGNS))
    for method, found in results.items():
        for figure in ("incremental_revenue", "incremental_margin", "profit", "roi"):
            covered = np.mean(
                [_covers(getattr(roi, figure), truth[figure]) for roi, truth in found]
            )
            assert 0.95 - SKEWNESS_LOSS - slack < covered < 0.95 + slack, (method, figure, covered)
        errors = [
            (roi.profit.estimate - t["profit"]) / roi.profit.standard_error for roi, t in found
        ]
        # Unbiased: the mean of R standardised errors has deviation 1 / sqrt(R). A studentised mean
        # leans by half of its skewness, here 0.1, against it.
        assert abs(np.mean(errors)) < 4 / math.sqrt(len(errors)) + 0.1, method
        assert all(roi.n_treatment == truth["n_treatment"] for roi, truth in found)


def _covers(figure: object, truth: float) -> bool:
    return figure.ci_lower <= truth <= figure.ci_upper  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    "programmes", [10, pytest.param(150, marks=pytest.mark.slow)], ids=["quick", "long"]
)
def test_an_idle_campaign_is_seldom_called_a_success(programmes: int) -> None:
    """Campaigns without effect that cost something: a profit is claimed in 2.5 % at the most."""
    rng = np.random.default_rng(45)
    idle = [0.0] * CAMPAIGNS
    claims, lifts = [], []
    for _ in range(programmes):
        program = simulate_program(
            CUSTOMERS, CAMPAIGNS, rng, conversion_effects=idle, spend_effects=idle, detail="core"
        )
        for roi, _truth in _money(program, METHODS["adjusted"]):
            claims.append(roi.outcome == "paid")
            lifts.append(roi.incremental_margin.ci_lower > 0 or roi.incremental_margin.ci_upper < 0)
    replications = programmes * CAMPAIGNS
    assert np.mean(claims) < 0.025 + 4 * math.sqrt(0.025 / replications)
    rejected, slack = np.mean(lifts), 4 * math.sqrt(0.95 * 0.05 / replications)
    assert 0.05 - slack < rejected < 0.05 + SKEWNESS_LOSS + slack
