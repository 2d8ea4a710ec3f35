"""The fatigue hazards against statsmodels, on rows that plain loops make of the tables.

The oracle knows neither cells nor sums of scores: it loops over assignments in pandas, and fits
statsmodels' GLM with ``cov_type="cluster"`` on one row for each. Both find the same maximum: 1e-6
of a standard error is far more than what two stopping rules of 1e-12 leave between them.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from smsroi_models.audience.decision_points import (
    collect_cells,
    collect_score_products,
    decision_points,
)
from smsroi_models.audience.hazard import Hazard, clustered_covariance, fit_hazard
from smsroi_models.simulate import Shop, simulate_program
from smsroi_models.store.connect import open_store
from smsroi_models.store.write import write_store

AS_OF = datetime(2025, 3, 10, tzinfo=UTC)
Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Frames:
    shop = Shop(base_opt_out_share=0.05, text_opt_out_share=0.02, recent_opt_out_growth_7=0.5)
    effects = [0.05] * 8
    return simulate_program(
        1_000,
        8,
        np.random.default_rng(5),
        window_days=5,
        spacing_days=5,
        holdout_share=0.4,
        conversion_effects=effects,
        shop=shop,
        detail="core",
    ).tables


@pytest.fixture(scope="module")
def rows(tables: Frames) -> pd.DataFrame:
    """One row an assignment, by loops over plain Python."""
    week, month = timedelta(days=7), timedelta(days=30)
    drawn = tables["assignments"].assign(treated=lambda t: (t.arm == "treatment").astype(float))
    drawn = drawn[drawn.assigned_at < AS_OF]
    share = drawn.groupby("campaign_id").treated.mean().round(6).to_dict()
    segments = tables["messages"].groupby("campaign_id").segments.mean().to_dict()
    discount = tables["coupons"].groupby("campaign_id").discount.max().to_dict()
    events = _by_customer(tables["subscriptions"], ["event", "occurred_at"])
    orders = _by_customer(tables["orders"], ["ordered_at", "revenue"])
    found: list[dict[str, Any]] = []
    draws = _by_customer(drawn, ["campaign_id", "assigned_at", "treated"])
    for who, own in draws.items():
        for campaign, at, treated in own:
            if at + week > AS_OF:
                continue
            past = {
                days: [(c, t) for c, then, t in own if at - span <= then < at]
                for days, span in ((7, week), (30, month))
            }
            expected = {days: sum(share[c] for c, _ in past[days]) for days in past}
            texts = {days: sum(t for _, t in past[days]) for days in past}
            joined = max(then for event, then in events[who] if event == "opt_in")
            age = (at - joined) / timedelta(days=1)
            left = [then for event, then in events[who] if event == "opt_out"]
            bought = [value > 0 for then, value in orders.get(who, []) if at <= then < at + week]
            found.append(
                {
                    "customer_id": who,
                    "constant": 1.0,
                    "treated": treated,
                    "extra_7": texts[7] - expected[7],
                    "extra_30": texts[30] - expected[30],
                    "expected_7": expected[7],
                    "expected_30": expected[30],
                    **{f"since_{days}": float(age >= days) for days in (30, 90, 365)},
                    "coupon": float(discount[campaign] > 0),
                    "long": float(segments[campaign] >= 1.5),
                    "opted_out": float(any(at <= then < at + week for then in left)),
                    "bought": float(any(bought)),
                }
            )
    return pd.DataFrame(found)


def _by_customer(frame: pd.DataFrame, columns: list[str]) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in frame[["customer_id", *columns]].itertuples(index=False):
        found.setdefault(row[0], []).append(tuple(row[1:]))
    return found


def test_both_hazards_are_statsmodels_on_the_rows(
    tables: Frames, rows: pd.DataFrame, tmp_path: Path
) -> None:
    with open_store(write_store(tables, tmp_path / "store"), threads=1) as store:
        points = decision_points(store, AS_OF)
        cells = collect_cells(points)
        models = fit_hazard(cells, "opted_out"), fit_hazard(cells, "bought")
        scores = collect_score_products(points, [model.fitted for model in models])
    covariance = clustered_covariance(models, scores)
    assert models[0].rows == len(rows) == scores.rows
    start = 0
    for model in models:
        size = len(model.terms)
        errors = np.sqrt(np.diag(covariance)[start : start + size])
        oracle = _oracle(model, rows)
        assert model.events == rows[model.outcome].sum()
        np.testing.assert_allclose(errors, oracle.bse, rtol=1e-6)
        np.testing.assert_array_less(abs(model.coefficients - oracle.params) / oracle.bse, 1e-6)
        start += size


def _oracle(model: Hazard, rows: pd.DataFrame) -> Any:
    x = np.column_stack(
        [np.prod([rows.constant, *(rows[name] for name in term)], axis=0) for term in model.terms]
    )
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    return sm.GLM(rows[model.outcome], x, family=family).fit(
        cov_type="cluster",
        cov_kwds={"groups": pd.factorize(rows.customer_id)[0]},
        tol=1e-12,
        maxiter=100,
    )
