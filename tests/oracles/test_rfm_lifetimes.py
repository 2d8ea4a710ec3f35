"""Summaries of CDNOW's orders against the literature's, and against lifetimes on random orders.

The 1/10 sample (2,357 customers; Fader, Hardie and Lee 2005) and its published 39-week summaries,
with and without spend, come with lifetimes. Recency and T were published with two decimals.
"""

import importlib.resources
import warnings

import numpy as np
import pandas as pd
import pytest

from smsroi_models.clv.rfm import calibration_holdout_summary, rfm_summary

SUMMARY = ("frequency", "recency", "T")


@pytest.fixture(scope="module")
def lifetimes():
    with warnings.catch_warnings():
        # lifetimes sets a pandas option on import that pandas 4 drops.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=pd.errors.Pandas4Warning)
        import lifetimes.datasets
        import lifetimes.utils

        return lifetimes


@pytest.fixture(scope="module")
def orders(lifetimes) -> pd.DataFrame:
    file = importlib.resources.files(lifetimes.datasets) / "CDNOW_sample.txt"
    names = ["of_master", "customer_id", "day", "discs", "revenue"]
    rows = pd.read_csv(str(file), sep=r"\s+", names=names, dtype={"day": str})
    return rows.assign(ordered_at=pd.to_datetime(rows["day"], format="%Y%m%d"))


def _frame(table) -> pd.DataFrame:
    return table.to_pandas().set_index("customer_id").sort_index()


def test_the_published_summary(orders: pd.DataFrame, lifetimes) -> None:
    """39 weeks end on 30 September 1997; 273 days less one for the first day are 38.86 weeks."""
    published = lifetimes.datasets.load_cdnow_summary(index_col=0)
    found = _frame(rfm_summary(orders, value=None, observation_end="1997-09-30"))
    assert len(found) == 2357
    np.testing.assert_array_equal(found["frequency"], published["frequency"])
    for name in ("recency", "T"):
        np.testing.assert_allclose(found[name], published[name], atol=0.005 + 1e-12)


def test_the_published_holdout(orders: pd.DataFrame) -> None:
    """Actual purchases in weeks 40 to 78 by calibration frequency (BTYD walkthrough)."""
    found = _frame(
        calibration_holdout_summary(
            orders, value=None, calibration_end="1997-09-30", observation_end="1998-06-30"
        )
    )
    bins = found.groupby(found["frequency"].clip(upper=7))["frequency_holdout"]
    assert bins.size().tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    printed = [0.2367, 0.6970, 1.3925, 1.5600, 2.5323, 2.9474, 3.8621, 6.3594]
    np.testing.assert_allclose(bins.mean(), printed, atol=5e-5)
    assert (found["duration_holdout"] == 39.0).all()


def test_the_published_spend(orders: pd.DataFrame, lifetimes) -> None:
    """The 946 repeat buyers' mean of repeat transactions (Fader and Hardie 2013)."""
    published = lifetimes.datasets.load_cdnow_summary_data_with_monetary_value()
    found = _frame(rfm_summary(orders, observation_end="1997-09-30"))
    buyers = published.index[published["frequency"] > 0]
    assert len(buyers) == 946
    # Days without charge are published as occasions of value 0; here they are none.
    charged = orders.groupby(["customer_id", "day"])["revenue"].sum()
    free = charged[charged <= 0].index.get_level_values("customer_id")
    same = buyers.difference(free)
    assert len(same) > 900
    np.testing.assert_array_equal(found.loc[same, "frequency"], published.loc[same, "frequency"])
    np.testing.assert_allclose(
        found.loc[same, "monetary_value"], published.loc[same, "monetary_value"], atol=0.005 + 1e-9
    )


@pytest.mark.parametrize(("unit", "multiplier"), [("day", 1), ("week", 7)])
def test_lifetimes_on_random_orders(lifetimes, unit: str, multiplier: int) -> None:
    rng = np.random.default_rng(3)
    n = 3_000
    seconds = rng.integers(0, 120 * 86_400, n)
    rows = pd.DataFrame(
        {
            "customer_id": rng.integers(0, 400, n),
            "ordered_at": pd.Timestamp("2025-01-01") + pd.to_timedelta(seconds, unit="s"),
            "revenue": np.round(rng.gamma(1.2, 30.0, n) + 0.01, 2),
        }
    )
    end = "2025-04-15"
    peer = lifetimes.utils.summary_data_from_transaction_data(
        rows,
        "customer_id",
        "ordered_at",
        "revenue",
        observation_period_end=end,
        freq="D",
        freq_multiplier=multiplier,
    ).sort_index()
    found = _frame(rfm_summary(rows, observation_end=end, time_unit=unit))
    assert found.index.tolist() == peer.index.tolist()
    for name in (*SUMMARY, "monetary_value"):
        np.testing.assert_allclose(found[name], peer[name], rtol=1e-10, atol=1e-10)


def test_lifetimes_calibration_and_holdout(lifetimes) -> None:
    rng = np.random.default_rng(4)
    n = 2_000
    rows = pd.DataFrame(
        {
            "customer_id": rng.integers(0, 300, n),
            "ordered_at": pd.Timestamp("2025-01-01")
            + pd.to_timedelta(rng.integers(0, 120, n), "D"),
            "revenue": np.round(rng.gamma(1.2, 30.0, n) + 0.01, 2),
        }
    )
    ends = {"calibration_period_end": "2025-03-01", "observation_period_end": "2025-04-15"}
    peer = lifetimes.utils.calibration_and_holdout_data(
        rows, "customer_id", "ordered_at", monetary_value_col="revenue", freq="D", **ends
    ).sort_index()
    found = _frame(
        calibration_holdout_summary(
            rows, calibration_end="2025-03-01", observation_end="2025-04-15", time_unit="day"
        )
    )
    pairs = {name: f"{name}_cal" for name in (*SUMMARY, "monetary_value")}
    for ours, theirs in (pairs | {"duration_holdout": "duration_holdout"}).items():
        np.testing.assert_allclose(found[ours], peer[theirs], rtol=1e-10, atol=1e-10)
    # lifetimes counts orders of the holdout period, here days with one.
    late = rows[(rows["ordered_at"] > "2025-03-01") & (rows["ordered_at"] <= "2025-04-15")]
    days = late.drop_duplicates(["customer_id", "ordered_at"]).groupby("customer_id").size()
    expected = days.reindex(found.index, fill_value=0)
    np.testing.assert_array_equal(found["frequency_holdout"], expected)
    spent = late.groupby("customer_id")["revenue"].sum().reindex(found.index, fill_value=0.0)
    np.testing.assert_allclose(found["value_holdout"], spent, rtol=1e-12, atol=1e-10)
