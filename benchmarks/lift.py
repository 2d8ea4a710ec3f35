"""Lift of every campaign of a shop, side by side with peers: prints ratios of time and memory.

One run on one machine, the same Parquet files for everybody:

- *scan*: DuckDB reads the columns that a lift needs, once, and adds them up; nobody can be faster;
- *smsroi*: `collect_all_moments`, then regression-adjusted lifts;
- *tea-tasting*: a plain Ibis join of each campaign's assignments with the orders, CUPED; and the
  same on smsroi's table of customers, `outcomes`;
- *pandas + statsmodels*: the same tables in memory, one regression a campaign (HC2).

Each contestant runs in a process of its own, so that peaks of memory are its own; the time is that
of the work, imports left out, the best of ``--repeat``.

    .venv/bin/python benchmarks/lift.py            # 1 million customers, 10 million orders
    .venv/bin/python benchmarks/lift.py --customers 100000 --orders 1000000
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from ibis import _

START, AS_OF = pd.Timestamp("2024-01-01", tz="UTC"), datetime(2026, 1, 1, tzinfo=UTC)
WINDOW_DAYS, SPACING_DAYS, PRE_DAYS, MARGIN_RATE = 14, 28, 90, 0.6
COVARIATES = ("pre_revenue", "pre_orders")


def make_shop(folder: Path, customers: int, orders: int, campaigns: int) -> None:
    """Write a shop whose campaigns each assign their share of the customers, a fifth held out."""
    rng = np.random.default_rng(1)
    ids = np.array([f"c{i:08d}" for i in range(customers)])
    seconds = (PRE_DAYS + 5 + SPACING_DAYS * campaigns) * 86_400
    ordered = np.sort(rng.integers(0, seconds, orders)) + int(START.timestamp())
    revenue = np.round(rng.gamma(1.2, 30.0, orders), 2)
    columns = {
        "order_id": pa.array(np.char.add("o", np.arange(orders).astype(str))),
        "customer_id": ids[rng.integers(0, customers, orders)],
        "ordered_at": pa.array(ordered * 10**6, pa.timestamp("us", "UTC")),
        "revenue": revenue,
        "discount": np.zeros(orders),
        "cost_of_goods": np.round(revenue * (1 - MARGIN_RATE), 2),
    }
    pq.write_table(pa.table(columns), folder / "orders.parquet", row_group_size=122_880)
    names = [f"camp-{i:02d}" for i in range(campaigns)]
    starts = [START + pd.Timedelta(days=PRE_DAYS + 5 + SPACING_DAYS * i) for i in range(campaigns)]
    terms = {"window_days": WINDOW_DAYS, "margin_rate": MARGIN_RATE, "currency": "USD"}
    pd.DataFrame({"campaign_id": names, "name": names, "starts_at": starts, **terms}).to_parquet(
        folder / "campaigns.parquet"
    )
    size = customers // campaigns
    assigned = [
        pd.DataFrame(
            {
                "campaign_id": name,
                "customer_id": ids[np.sort(rng.choice(customers, size, replace=False))],
                "arm": np.where(rng.random(size) < 0.2, "holdout", "treatment"),
                "assigned_at": start,
            }
        )
        for name, start in zip(names, starts, strict=True)
    ]
    pd.concat(assigned).to_parquet(folder / "assignments.parquet", row_group_size=122_880)


def scan(folder: Path) -> list[float]:
    """Read every column that a lift needs and add it up."""
    import duckdb

    duckdb.sql("SET TimeZone = 'UTC'")
    duckdb.sql(
        "SELECT max(hash(customer_id)), max(epoch_us(ordered_at)), sum(revenue), sum(discount), "
        f"sum(cost_of_goods) FROM '{folder}/orders.parquet'"
    ).fetchall()
    duckdb.sql(
        "SELECT max(hash(customer_id)), max(campaign_id), max(arm), max(epoch_us(assigned_at)) "
        f"FROM '{folder}/assignments.parquet'"
    ).fetchall()
    return []


def smsroi(folder: Path) -> list[float]:
    """Return the adjusted lift of revenue of each campaign."""
    import smsroi_models
    from smsroi_models.attribution.all_campaigns import collect_all_moments

    columns = ["revenue", *COVARIATES]
    with smsroi_models.open_store(folder) as store:
        moments = collect_all_moments(store, AS_OF, columns, pre_days=PRE_DAYS)
    return [
        smsroi_models.compare(*arms, "revenue", covariates=COVARIATES).absolute_lift
        for arms in moments.values()
    ]


def tea_tasting(folder: Path) -> list[float]:
    """Return CUPED's lift of revenue from a plain join of assignments and orders."""
    backend = ibis.duckdb.connect()
    backend.raw_sql("SET TimeZone = 'UTC'")
    orders, assignments = (
        backend.read_parquet(folder / f"{name}.parquet") for name in ("orders", "assignments")
    )
    names = sorted(assignments.campaign_id.as_table().distinct().execute()["campaign_id"])
    return [_cuped(_joined(orders, assignments.filter(_.campaign_id == name))) for name in names]


def tea_tasting_on_outcomes(folder: Path) -> list[float]:
    """Return the same from smsroi's tables of customers, whose orders are cut to the campaign."""
    import smsroi_models
    from smsroi_models.attribution.campaigns import read_campaign, read_campaign_ids
    from smsroi_models.attribution.outcomes import outcomes

    with smsroi_models.open_store(folder) as store:
        return [
            _cuped(outcomes(store, read_campaign(store, name), AS_OF, pre_days=PRE_DAYS))
            for name in read_campaign_ids(store)
        ]


def _joined(orders: ibis.Table, assigned: ibis.Table) -> ibis.Table:
    before, after = ibis.interval(days=PRE_DAYS), ibis.interval(days=WINDOW_DAYS)
    reach = [
        assigned.customer_id == orders.customer_id,
        orders.ordered_at >= assigned.assigned_at - before,
        orders.ordered_at < assigned.assigned_at + after,
    ]
    return (
        assigned.left_join(orders, reach)
        .group_by("customer_id", "arm")
        .aggregate(
            revenue=_.revenue.sum(where=_.ordered_at >= _.assigned_at).coalesce(0.0),
            pre_revenue=_.revenue.sum(where=_.ordered_at < _.assigned_at).coalesce(0.0),
        )
    )


def _cuped(customers: ibis.Table) -> float:
    import tea_tasting as tt

    experiment = tt.Experiment(revenue=tt.Mean("revenue", "pre_revenue"))
    result = experiment.analyze(customers.mutate(variant=_.arm), control="holdout")
    return float(result["revenue"].effect_size)


def pandas_statsmodels(folder: Path) -> list[float]:
    """Return the lift of revenue by least squares with interactions, HC2 errors, in memory."""
    import statsmodels.api as sm

    read = ["customer_id", "ordered_at", "revenue"]
    orders = pd.read_parquet(folder / "orders.parquet", columns=read)
    assignments = pd.read_parquet(folder / "assignments.parquet")
    lifts = []
    for _name, assigned in assignments.groupby("campaign_id"):
        start = assigned["assigned_at"].iloc[0]
        first, end = start - pd.Timedelta(days=PRE_DAYS), start + pd.Timedelta(days=WINDOW_DAYS)
        near = orders[(orders["ordered_at"] >= first) & (orders["ordered_at"] < end)]
        near = near[near["customer_id"].isin(assigned["customer_id"])]
        before = near["ordered_at"] < start
        person = near["customer_id"]
        figures = pd.DataFrame(
            {
                "revenue": near["revenue"].where(~before, 0.0).groupby(person).sum(),
                "pre_revenue": near["revenue"].where(before, 0.0).groupby(person).sum(),
                "pre_orders": before.groupby(person).sum().astype(float),
            }
        ).reindex(assigned["customer_id"], fill_value=0.0)
        texted = (assigned["arm"] == "treatment").to_numpy(float)[:, None]
        history = figures[list(COVARIATES)].to_numpy()
        centred = history - history.mean(axis=0)
        design = np.hstack([np.ones_like(texted), texted, centred, texted * centred])
        fit = sm.OLS(figures["revenue"].to_numpy(), design).fit(cov_type="HC2")
        fit.conf_int()
        lifts.append(float(fit.params[1]))
    return lifts


CONTESTANTS: dict[str, Callable[[Path], list[float]]] = {
    "scan": scan,
    "smsroi": smsroi,
    "tea-tasting": tea_tasting,
    "tea-tasting, our table": tea_tasting_on_outcomes,
    "pandas + statsmodels": pandas_statsmodels,
}


def _run(name: str, folder: Path, repeat: int, found: Path) -> None:
    times, lifts = [], []
    for _turn in range(repeat):
        begin = time.perf_counter()
        lifts = CONTESTANTS[name](folder)
        times.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    found.write_text(json.dumps({"seconds": min(times), "peak": peak, "lifts": lifts}))


def apart(work: Callable[..., None], *values: object) -> None:
    """Run a function in a fresh process, whose peak of memory is its own."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=values)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{work.__name__} failed")


def measure(name: str, folder: Path, repeat: int) -> dict[str, Any]:
    """Run one contestant in a fresh process."""
    found = folder / "found.json"
    apart(_run, name, folder, repeat, found)
    return json.loads(found.read_text())  # type: ignore[no-any-return]


def main() -> None:
    """Make the shop, run everybody, check that they agree and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=4)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apart(make_shop, folder, chosen.customers, chosen.orders, chosen.campaigns)
        found = {name: measure(name, folder, chosen.repeat) for name in CONTESTANTS}
    # The same regression in two ways; tea-tasting's has one slope for both arms, and one covariate.
    np.testing.assert_allclose(
        found["smsroi"]["lifts"], found["pandas + statsmodels"]["lifts"], rtol=1e-8, atol=1e-10
    )
    ours = found["smsroi"]
    print(f"{chosen.customers:,} customers, {chosen.orders:,} orders, {chosen.campaigns} campaigns")
    for name, run in found.items():
        ratio = run["seconds"] / ours["seconds"]
        print(
            f"{name:22} {run['seconds']:6.2f} s  {ratio:5.2f} x smsroi  peak {run['peak']:5.2f} GB"
        )


if __name__ == "__main__":
    main()
