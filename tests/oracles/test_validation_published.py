"""The holdout table of CDNOW against the BTYD walkthrough, and its tracking against lifetimes.

The walkthrough's bins: calibration to 30 September 1997, 39 weeks of holdout. The sample's orders
come with lifetimes, whose ``expected_cumulative_transactions`` counts and expects day by day. It
sets purchases up to a day beside the expectation a day later; the test sets them straight.
"""

import dataclasses
import importlib.resources
import warnings

import numpy as np
import pandas as pd
import pytest

from smsroi_models.clv.bg_nbd import BgNbd, fit_bg_nbd
from smsroi_models.clv.daily_purchases import collect_tracking
from smsroi_models.clv.rfm import calibration_holdout_summary
from smsroi_models.clv.tracking import track_purchases
from smsroi_models.clv.validation import HoldoutPurchases

ENDS = {"calibration_end": "1997-09-30", "observation_end": "1998-06-30"}


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    with warnings.catch_warnings():
        # lifetimes sets a pandas option on import that pandas 4 drops.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=pd.errors.Pandas4Warning)
        import lifetimes.datasets

    file = importlib.resources.files(lifetimes.datasets) / "CDNOW_sample.txt"
    names = ["of_master", "customer_id", "day", "discs", "revenue"]
    rows = pd.read_csv(str(file), sep=r"\s+", names=names, dtype={"day": str})
    return rows.assign(ordered_at=pd.to_datetime(rows["day"], format="%Y%m%d"))


@pytest.fixture(scope="module")
def summary(orders: pd.DataFrame) -> pd.DataFrame:
    return calibration_holdout_summary(orders, value=None, **ENDS).to_pandas()


@pytest.fixture(scope="module")
def model(summary: pd.DataFrame) -> BgNbd:
    return fit_bg_nbd(summary["frequency"], summary["recency"], summary["T"])


def test_the_walkthroughs_bins(summary: pd.DataFrame, model: BgNbd) -> None:
    columns = (summary[name] for name in ("frequency", "recency", "T", "frequency_holdout"))
    found = HoldoutPurchases.of(model, *columns, 39).by_frequency()
    assert found.customers.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    printed = [0.2367, 0.6970, 1.3925, 1.5600, 2.5323, 2.9474, 3.8621, 6.3594]
    assert found.actual_mean.tolist() == pytest.approx(printed, abs=5e-5)
    # Its parameters differ from ours in the fifth digit, and so may the expectations.
    told = [0.2251, 0.5231, 1.0441, 1.5203, 2.1638, 2.6538, 3.5040, 6.1570]
    assert found.expected_mean.tolist() == pytest.approx(told, rel=2e-4, abs=5e-5)


def test_tracking_over_78_weeks(orders: pd.DataFrame, model: BgNbd) -> None:
    """Both are counted and expected by lifetimes, from the orders and the same parameters."""
    daily = collect_tracking(orders, value=None, observation_end="1998-06-30")
    assert daily.new_customers.sum() == 2357
    purchases = daily.new_customers, daily.repeat_purchases
    in_days = dataclasses.replace(model, alpha=7 * model.alpha)
    found = track_purchases(in_days, *purchases, days_a_unit=1, period_days=1)
    peer = _lifetimes_tracking(orders, in_days)
    np.testing.assert_array_equal(found.cumulative_actual, peer["actual"])
    np.testing.assert_allclose(found.cumulative_expected[1:], peer["predicted"][:-1], rtol=1e-6)
    weekly = track_purchases(model, *purchases)
    assert len(weekly.day) == 78
    ends = found.cumulative_expected[weekly.day]
    np.testing.assert_allclose(weekly.cumulative_expected, ends, rtol=1e-9)


def _lifetimes_tracking(orders: pd.DataFrame, model: BgNbd) -> pd.DataFrame:
    from lifetimes import BetaGeoFitter
    from lifetimes.utils import expected_cumulative_transactions

    fitter = BetaGeoFitter()
    fitter.params_ = pd.Series(model.parameters, index=model.PARAMETERS)
    return expected_cumulative_transactions(
        fitter, orders, "ordered_at", "customer_id", t=546, freq="D"
    )


def test_tracking_agrees_with_each_customers_own_age(summary: pd.DataFrame, model: BgNbd) -> None:
    """The sum over cohorts at the last day of calibration is the sum over customers at their T."""
    born = np.zeros(273)
    ages = summary["T_days"].to_numpy()
    np.add.at(born, 272 - ages, 1)
    found = track_purchases(model, born, np.zeros(273), period_days=273)
    each = model.expected_purchases_of_new_customers(summary["T"]).sum()
    assert found.cumulative_expected[-1] == pytest.approx(each, rel=1e-9)
