"""BG/NBD fits beside peers', on the same customers: seconds, ratios and log-likelihoods.

- *smsroi, rows*: `fit_bg_nbd` on one row a customer;
- *smsroi, counted*: the same on the unique rows with their counts, as an engine hands them over;
- *lifetimes*: `BetaGeoFitter.fit`;
- *PyMC-Marketing*: `BetaGeoModel.fit(method="map")`, where it is installed.

Customers are drawn one by one at the CDNOW parameters and counted by day and by week. The time is
the median of ``--repeat`` fits, contestants in turn, after one that is not counted.

    .venv/bin/python benchmarks/purchase_models.py                       # 1 million customers
    .venv/bin/python benchmarks/purchase_models.py --customers 100000
"""

import argparse
import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from smsroi_models import BgNbd, fit_bg_nbd

# Fader, Hardie and Lee (2005), table 2, with alpha in days.
TRUTH = (0.243, 7 * 4.414, 0.793, 2.426)
NAMES = ("r", "alpha", "a", "b")


def draw(customers: int, unit_days: int) -> pd.DataFrame:
    """Draw customers aged 200 to 500 days; purchases of one period count once."""
    rng = np.random.default_rng(1)
    r, alpha, a, b = TRUTH
    T = np.floor(rng.integers(200, 501, customers) / unit_days)
    rate, leaving = rng.gamma(r, unit_days / alpha, customers), rng.beta(a, b, customers)
    frequency, recency, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    going = np.flatnonzero(rate > 1e-12)
    while len(going):
        now[going] += rng.exponential(1.0, len(going)) / rate[going]
        going = going[now[going] < T[going]]
        period = np.floor(now[going])
        frequency[going] += period > recency[going]
        recency[going] = period
        going = going[rng.random(len(going)) >= leaving[going]]
    return pd.DataFrame({"frequency": frequency, "recency": recency, "T": T})


def contestants(customers: pd.DataFrame) -> dict[str, Callable[[], dict[str, float]]]:
    """Return, by name, what fits and returns the parameters."""
    columns = [customers[name].to_numpy() for name in ("frequency", "recency", "T")]
    counted = customers.value_counts().reset_index()
    unique = [counted[name].to_numpy() for name in ("frequency", "recency", "T", "count")]
    found: dict[str, Callable[[], dict[str, float]]] = {
        "smsroi, rows": lambda: _ours(fit_bg_nbd(*columns)),
        "smsroi, counted": lambda: _ours(fit_bg_nbd(*unique)),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about pandas and numpy of the future
        import lifetimes
    found["lifetimes"] = lambda: dict(lifetimes.BetaGeoFitter().fit(*columns).params_)
    if importlib.util.find_spec("pymc_marketing"):
        found["PyMC-Marketing"] = lambda: _pymc(customers)
    return found


def _ours(model: BgNbd) -> dict[str, float]:
    return dict(zip(NAMES, model.parameters, strict=True))


def _pymc(customers: pd.DataFrame) -> dict[str, float]:
    from pymc_marketing.clv import BetaGeoModel

    rows: Any = customers.assign(customer_id=np.arange(len(customers)))
    model = BetaGeoModel(data=rows)
    model.fit(method="map")
    return {name: float(model.fit_result[name].squeeze()) for name in NAMES}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    for name, unit_days in (("day", 1), ("week", 7)):
        customers = draw(options.customers, unit_days)
        columns = [customers[column].to_numpy() for column in ("frequency", "recency", "T")]
        fits = contestants(customers)
        seconds: dict[str, list[float]] = {contestant: [] for contestant in fits}
        parameters = {contestant: fit() for contestant, fit in fits.items()}
        for _ in range(options.repeat):
            for contestant, fit in fits.items():
                begin = time.perf_counter()
                fit()
                seconds[contestant].append(time.perf_counter() - begin)
        ours = statistics.median(seconds["smsroi, rows"])
        print(f"\n{options.customers:,} customers by {name}")
        for contestant, times in seconds.items():
            median = statistics.median(times)
            values = [parameters[contestant][n] for n in NAMES]
            model = BgNbd(*values, 0.0, np.zeros((4, 4)), 0, 1.0)
            total = float(model.log_likelihood_of(*columns).sum())
            print(f"  {contestant:16} {median:9.3f} s {median / ours:8.1f} x {total:18.4f}")


if __name__ == "__main__":
    main()
