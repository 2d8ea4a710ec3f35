"""Customers' summaries and spend, side by side with peers: prints ratios of time and memory.

One run on one machine, the same orders for everybody: customers who buy and leave as BG/NBD says
and spend as Gamma-Gamma does, their orders in a Parquet file in the order of time.

- *scan*: DuckDB reads the columns once: least and greatest, and a sum; nobody can be faster;
- *one level*: a plain group-by of the customers, blind to orders of one day: less than is asked;
- *smsroi summary*: `rfm_summary`, added up in the engine;
- *smsroi kinds*: the same, and the kinds of customers collected, on which models are fitted;
- *pandas*, *lifetimes*: the summary in memory;
- the fit of Gamma-Gamma to these customers: *smsroi*, standard errors included, and *lifetimes*.

The fits of purchase models are in `purchase_models.py`.

Each contestant runs in a process of its own, so that peaks of memory are its own; the time is that
of the work, imports and reading the customers left out, the best of ``--repeat``. Beside it stands
the time of processors, which other work on the machine disturbs less.

    .venv/bin/python benchmarks/clv.py                     # 10 million orders
    .venv/bin/python benchmarks/clv.py --orders 1000000
    .venv/bin/python benchmarks/clv.py --orders 100000000 --only scan "smsroi kinds" \
        --memory-limit 2600MB
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

START, END, DAYS = pd.Timestamp("2024-01-01", tz="UTC"), "2025-12-30", 730
# Purchases a week are Gamma(r, alpha), the chance to leave after one Beta(a, b): ten orders each.
R, ALPHA, A, B = 1.0, 4.0, 0.6, 4.0
P, Q, V = 6.25, 3.74, 15.44
COLUMNS = ("customer_id", "ordered_at", "revenue")
HISTORY = ["frequency", "recency", "T"]
Result = dict[str, float]
Work = Callable[[Path, str], Callable[[], Result]]


def make_orders(folder: Path, orders: int) -> None:
    """Write about so many orders, in the order of time, and say how many customers placed them."""
    rng = np.random.default_rng(1)
    who, second, customers, total = [], [], 0, 0
    while total < orders:
        found = _customers(max(orders // 100, 1_000), rng)
        who.append(found[0] + customers)
        second.append(found[1])
        customers += max(orders // 100, 1_000)
        total += len(found[0])
    seconds = np.concatenate(second)
    order = np.argsort(seconds, kind="stable")
    ids, seconds = np.concatenate(who)[order], seconds[order]
    del who, second, order
    nu = rng.gamma(Q, 1 / V, customers).astype(np.float32)
    names = pa.array([f"c{i:08d}" for i in range(customers)])
    writer = None
    for low in range(0, len(ids), 5_000_000):
        part = ids[low : low + 5_000_000]
        moments = (seconds[low : low + 5_000_000] + int(START.timestamp())) * 10**6
        columns = {
            "order_id": pa.array(np.arange(low, low + len(part))).cast(pa.string()),
            "customer_id": names.take(pa.array(part)),
            "ordered_at": pa.array(moments, pa.timestamp("us", "UTC")),
            "revenue": np.round(rng.gamma(P, 1 / nu[part]) + 0.01, 2),
            "discount": np.zeros(len(part)),
        }
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(folder / "orders.parquet", table.schema)
        writer.write_table(table, row_group_size=122_880)
    if writer:
        writer.close()


def _customers(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return who ordered, and when in seconds, of n customers born within the first year."""
    rate, leaves = rng.gamma(R, 1 / ALPHA, n) / 7 / 86_400, rng.beta(A, B, n)
    who, clock = np.arange(n, dtype=np.int32), rng.uniform(0, 365 * 86_400, n)
    found = [(who, clock)]
    while len(who):
        clock = clock + rng.exponential(1 / rate[who])
        kept = clock < DAYS * 86_400
        who, clock = who[kept], clock[kept]
        found.append((who, clock))
        stays = rng.random(len(who)) >= leaves[who]
        who, clock = who[stays], clock[stays]
    return (
        np.concatenate([w for w, _ in found]),
        np.concatenate([c for _, c in found]).astype(np.int64),
    )


def _engine(limit: str) -> Any:
    import duckdb

    connection = duckdb.connect()
    connection.sql("SET TimeZone = 'UTC'")
    if limit:
        connection.sql(f"SET memory_limit = '{limit}'")
    return connection


def scan(folder: Path, limit: str) -> Callable[[], Result]:
    """Read every column that a summary needs."""
    query = (
        "SELECT min(customer_id), max(customer_id), min(epoch_us(ordered_at)), "
        f"max(epoch_us(ordered_at)), min(revenue), sum(revenue) FROM '{folder}/orders.parquet'"
    )
    connection = _engine(limit)
    return lambda: {"spent": connection.sql(query).fetchall()[0][-1]}


def one_level(folder: Path, limit: str) -> Callable[[], Result]:
    """Group the orders by customer, same-day orders counted apart."""
    query = (
        "SELECT count(*), sum(n) FROM (SELECT customer_id, count(*) - 1 AS n, "
        "min(epoch_us(ordered_at) // 86400000000) AS first, max(epoch_us(ordered_at)) AS last, "
        f"sum(revenue) AS spent FROM '{folder}/orders.parquet' GROUP BY customer_id)"
    )
    connection = _engine(limit)
    return lambda: {"customers": connection.sql(query).fetchall()[0][0]}


def _summary(folder: Path, limit: str) -> Any:
    import smsroi_models

    store = smsroi_models.open_store(folder)
    if limit:
        store.connection.raw_sql(f"SET memory_limit = '{limit}'")
    return smsroi_models.rfm_summary(store["orders"], observation_end=END)


def summary(folder: Path, limit: str) -> Callable[[], Result]:
    """Make the summary in the engine and add its columns up."""
    rows = _summary(folder, limit)
    sums = rows.aggregate(
        customers=rows.count(),
        frequency=rows.frequency.sum(),
        recency=rows.recency.sum(),
        age=rows["T"].sum(),
        spend=rows.monetary_value.sum(),
    )
    return lambda: sums.to_pyarrow().to_pylist()[0]  # type: ignore[no-any-return]


def kinds(folder: Path, limit: str) -> Callable[[], Result]:
    """Collect the kinds of customers."""
    from smsroi_models.clv.rfm_counts import collect_rfm_counts

    rows = _summary(folder, limit)

    def work() -> Result:
        found = collect_rfm_counts(rows)
        return {
            "customers": found.n_customers,
            "frequency": float(found.weights @ found.frequency),
            "recency": float(found.weights @ found.recency),
            "age": float(found.weights @ found.T),
            "rows": len(found.weights),
        }

    return work


def in_pandas(folder: Path, limit: str) -> Callable[[], Result]:
    """Make the summary as one would by hand in pandas, the reading included."""

    def work() -> Result:
        rows = pd.read_parquet(folder / "orders.parquet", columns=list(COLUMNS))
        rows["day"] = rows["ordered_at"].dt.floor("D")
        days = rows.groupby(["customer_id", "day"], as_index=False)["revenue"].sum()
        groups = days.groupby("customer_id")
        found = groups["day"].agg(["min", "max", "size"])
        first = days.loc[groups["day"].idxmin()].set_index("customer_id")["revenue"]
        frequency = found["size"] - 1
        spend = (groups["revenue"].sum() - first) / frequency
        week = pd.Timedelta(days=7)
        ages = (pd.Timestamp(END, tz="UTC") - found["min"]) / week
        recency = (found["max"] - found["min"]) / week
        return _sums(frequency, recency, ages, spend.fillna(0.0))

    return work


def in_lifetimes(folder: Path, limit: str) -> Callable[[], Result]:
    """Make the summary by lifetimes, the reading included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes.utils import summary_data_from_transaction_data

    def work() -> Result:
        rows = pd.read_parquet(folder / "orders.parquet", columns=list(COLUMNS))
        rows["ordered_at"] = rows["ordered_at"].dt.tz_localize(None)
        found = summary_data_from_transaction_data(
            rows, *COLUMNS, observation_period_end=END, freq="D", freq_multiplier=7
        )
        return _sums(*(found[name] for name in (*HISTORY, "monetary_value")))

    return work


def _sums(*columns: pd.Series) -> Result:
    names = ("frequency", "recency", "age", "spend")
    totals = {name: float(column.sum()) for name, column in zip(names, columns, strict=True)}
    return {"customers": float(len(columns[0]))} | totals


SUMMARIES: dict[str, Work] = {
    "scan": scan,
    "one level": one_level,
    "smsroi summary": summary,
    "smsroi kinds": kinds,
    "pandas": in_pandas,
    "lifetimes": in_lifetimes,
}


def write_customers(folder: Path, customers: int) -> None:
    """Write the summary of so many customers, one row each, for the fits."""
    rows = _summary(folder, "").limit(customers)
    pq.write_table(rows.to_pyarrow(), folder / "summary.parquet")


def _customers_frame(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "summary.parquet")


def _fitted(model: Any) -> Result:
    return dict(zip(model.PARAMETERS, map(float, model.parameters), strict=True))


def fit_spend(folder: Path, limit: str) -> Callable[[], Result]:
    """Fit Gamma-Gamma to one row a customer, standard errors included."""
    from smsroi_models.clv.gamma_gamma import fit_gamma_gamma

    rows = _customers_frame(folder)
    columns = rows["frequency"].to_numpy(), rows["monetary_value"].to_numpy()
    return lambda: _fitted(fit_gamma_gamma(*columns))


def fit_spend_lifetimes(folder: Path, limit: str) -> Callable[[], Result]:
    """Fit Gamma-Gamma by lifetimes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import GammaGammaFitter

    rows = _customers_frame(folder)
    rows = rows[rows["frequency"] > 0]

    def work() -> Result:
        model = GammaGammaFitter().fit(rows["frequency"], rows["monetary_value"])
        return {name: float(value) for name, value in model.params_.items()}

    return work


FITS: dict[str, Work] = {"smsroi": fit_spend, "lifetimes": fit_spend_lifetimes}


def _run(work: Work, folder: Path, limit: str, repeat: int, found: Path) -> None:
    warnings.simplefilter("ignore")  # peers' own
    turn = work(folder, limit)
    times, processors, result = [], [], {}
    for _turn in range(repeat):
        begin, busy = time.perf_counter(), time.process_time()
        result = turn()
        times.append(time.perf_counter() - begin)
        processors.append(time.process_time() - busy)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    measured = {"seconds": min(times), "busy": min(processors), "peak": peak, "result": result}
    found.write_text(json.dumps(measured))


def apart(work: Callable[..., None], *values: object) -> None:
    """Run a function in a fresh process, whose peak of memory is its own."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=values)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{work.__name__} failed")


def measure(
    contestants: dict[str, Work], folder: Path, limit: str, repeat: int
) -> dict[str, dict[str, Any]]:
    """Run each contestant in a fresh process."""
    found = {}
    for name, work in contestants.items():
        apart(_run, work, folder, limit, repeat, folder / "found.json")
        found[name] = json.loads((folder / "found.json").read_text())
    return found


def show(title: str, found: dict[str, dict[str, Any]], reference: str) -> None:
    """Print times, their ratio to one contestant's, and peaks of memory."""
    print(title)
    for name, run in found.items():
        ratio = run["seconds"] / found[reference]["seconds"]
        busy = run["busy"] / found[reference]["busy"]
        print(
            f"  {name:16} {run['seconds']:7.2f} s {ratio:6.2f} x {reference}   processors "
            f"{run['busy']:7.2f} s {busy:6.2f} x   peak {run['peak']:5.2f} GB"
        )


def agree(found: dict[str, dict[str, Any]], names: tuple[str, ...], rtol: float) -> None:
    """Stop where contestants who name the same figure differ."""
    runs = [run["result"] for run in found.values()]
    for name in names:
        figures = [run[name] for run in runs if name in run] or [0.0]
        np.testing.assert_allclose(figures, figures[0], rtol=rtol, err_msg=name)


def main() -> None:
    """Make the orders, run everybody, check that they agree and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000, help="for the fits, at most")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memory-limit", default="", help="of DuckDB, such as 2600MB")
    parser.add_argument("--only", nargs="*", choices=list(SUMMARIES), help="summaries; no fits")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apart(make_orders, folder, chosen.orders)
        summaries = {k: v for k, v in SUMMARIES.items() if not chosen.only or k in chosen.only}
        found = measure(summaries, folder, chosen.memory_limit, chosen.repeat)
        agree(found, ("customers", "frequency", "recency", "age", "spend"), 1e-9)
        reference = "scan" if "scan" in found else next(iter(found))
        customers = max(int(run["result"].get("customers", 0)) for run in found.values())
        show(f"summary of {chosen.orders:,} orders, {customers:,} customers", found, reference)
        if chosen.only:
            return
        apart(write_customers, folder, chosen.customers)
        fits = measure(FITS, folder, "", chosen.repeat)
        agree(fits, ("p", "q", "v"), 0.02)  # lifetimes stops near the maximum
        show(f"Gamma-Gamma, {min(chosen.customers, customers):,} customers", fits, "smsroi")


if __name__ == "__main__":
    main()
