"""Our fits as lifetimes' fitters: the same answers where lifetimes is right, ours where not."""

import subprocess
import sys
import warnings
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from smsroi_models.clv.bg_nbd import BgNbd, fit_bg_nbd
from smsroi_models.clv.gamma_gamma import GammaGamma, fit_gamma_gamma
from smsroi_models.clv.lifetimes_bridge import _lifetimes, as_lifetimes, spend_as_lifetimes
from smsroi_models.clv.mbg_nbd import fit_mbg_nbd
from smsroi_models.clv.pareto_nbd import fit_pareto_nbd
from smsroi_models.errors import DataError, NotEstimableError, ParameterError

HISTORY = ["frequency", "recency", "T"]
FITS = {"BetaGeo": fit_bg_nbd, "ModifiedBetaGeo": fit_mbg_nbd, "ParetoNBD": fit_pareto_nbd}


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    _lifetimes()
    from lifetimes import datasets

    return datasets.load_cdnow_summary_data_with_monetary_value()


@pytest.fixture(scope="module", params=list(FITS))
def pair(request: pytest.FixtureRequest, cdnow: pd.DataFrame) -> tuple[object, object]:
    """Our model, and lifetimes' fitter made of it."""
    columns = [cdnow[name] for name in HISTORY]
    model = FITS[request.param](*columns)
    fitter = as_lifetimes(model, *columns)
    assert type(fitter).__name__ == f"{request.param}Fitter"
    return model, fitter


@pytest.fixture
def drawing() -> Iterator[object]:
    before = mpl.get_backend()
    mpl.use("Agg")
    import lifetimes.plotting as plotting
    from matplotlib import pyplot as plt

    yield plotting
    plt.close("all")
    mpl.use(before)


def test_what_is_handed_over(pair, cdnow: pd.DataFrame) -> None:
    model, fitter = pair
    assert fitter.params_.tolist() == model.parameters.tolist()
    assert fitter.data["frequency"].tolist() == cdnow["frequency"].tolist()
    np.testing.assert_array_equal(fitter.variance_matrix_, model.covariance)
    np.testing.assert_array_equal(fitter.standard_errors_, model.standard_errors)
    assert fitter.summary["coef"].tolist() == model.parameters.tolist()
    assert "fitted with 2357 subjects" in repr(fitter)


def test_predictions_are_lifetimes_own_where_customers_can_be(pair, cdnow: pd.DataFrame) -> None:
    """The class' own methods at the same parameters; its hypergeometric series stops early."""
    _, fitter = pair
    kind = type(fitter)
    some = cdnow.iloc[::40]
    columns = [some[name] for name in HISTORY]
    for name, before in (
        ("conditional_expected_number_of_purchases_up_to_time", [39.0]),
        ("conditional_probability_alive", []),
    ):
        ours = getattr(fitter, name)(*before, *columns)
        assert ours.index.equals(some.index)
        theirs = np.asarray(getattr(kind, name)(fitter, *before, *columns))
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    times = np.array([1.0, 13.0, 52.0])
    theirs = kind.expected_number_of_purchases_up_to_time(fitter, times)
    ours = fitter.expected_number_of_purchases_up_to_time(times)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    one = fitter.predict(39.0, 2, 30.43, 38.86)
    assert float(one) == fitter.predict(39.0, *([float(v)] for v in (2, 30.43, 38.86)))[0]


def test_refitting_by_lifetimes_ends_where_we_did(pair, cdnow: pd.DataFrame) -> None:
    """Its loss at our maximum is no more than where it stops, in its own scale of time."""
    _, fitter = pair
    if type(fitter).__name__ == "ParetoNBDFitter":
        return  # its Nelder-Mead takes seconds; tests/oracles has it
    peer = type(fitter)().fit(*(cdnow[name] for name in HISTORY))
    assert fitter._negative_log_likelihood_ <= peer._negative_log_likelihood_ + 1e-9
    assert fitter._negative_log_likelihood_ == pytest.approx(
        peer._negative_log_likelihood_, abs=1e-6
    )
    # Its variances agree; off the diagonal it scales a row twice by one parameter.
    np.testing.assert_allclose(fitter.standard_errors_, peer.standard_errors_, rtol=0.01)
    np.testing.assert_allclose(fitter._hessian_, peer._hessian_, rtol=0.02, atol=1e-3)
    right = np.linalg.inv(peer._hessian_) / 2357 * np.outer(peer.params_, peer.params_)
    np.testing.assert_allclose(fitter.variance_matrix_, right, rtol=0.02)
    assert not np.allclose(peer.variance_matrix_, peer.variance_matrix_.T, rtol=0.1)


def test_plots(pair, drawing, cdnow: pd.DataFrame) -> None:
    model, fitter = pair
    with warnings.catch_warnings():
        # lifetimes' own ways with pandas and Matplotlib.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        axes = [
            drawing.plot_frequency_recency_matrix(fitter, max_frequency=4, max_recency=5),
            drawing.plot_probability_alive_matrix(fitter, max_frequency=4, max_recency=5),
            drawing.plot_transaction_rate_heterogeneity(fitter),
        ]
        held = cdnow[HISTORY].add_suffix("_cal").assign(duration_holdout=39.0, frequency_holdout=1)
        holdout = drawing.plot_calibration_purchases_vs_holdout_purchases(fitter, held)
    assert all(axis.has_data() for axis in axes)
    # At age 5, the upper row: recency 0 belongs to frequency 0 alone, and it to no other.
    grid = np.ma.filled(axes[1].images[0].get_array(), np.nan)
    assert np.isfinite(grid[0]).tolist() == [True, False, False, False, False]
    assert np.isfinite(grid[1:, 1:]).all() and np.isnan(grid[1:, 0]).all()
    predicted = holdout.get_lines()[1].get_ydata()
    zero = cdnow[cdnow["frequency"] == 0]
    expected = model.expected_purchases(39.0, *(zero[name] for name in HISTORY)).mean()
    assert predicted[0] == pytest.approx(expected)


def test_new_customers_are_drawn_from_our_parameters(cdnow: pd.DataFrame, drawing) -> None:
    some = cdnow.iloc[:300]
    columns = [some[name] for name in HISTORY]
    fitter = as_lifetimes(fit_bg_nbd(*(cdnow[name] for name in HISTORY)), *columns)
    assert set(HISTORY) <= set(fitter.generate_new_data(size=5).columns)
    assert drawing.plot_period_transactions(fitter).has_data()


def test_each_customer_has_a_row() -> None:
    model = BgNbd(0.3, 4.0, 0.8, 2.5, 0.0, np.eye(4), 0, 5.0)
    fitter = as_lifetimes(model, [0, 2], [0, 3], [9, 9], weights=[3, 2])
    assert fitter.data["frequency"].tolist() == [0, 0, 0, 2, 2]
    assert fitter.data["weights"].tolist() == [1] * 5
    with pytest.raises(DataError, match=r"row 1: weights is 1\.5"):
        as_lifetimes(model, [0, 2], [0, 3], [9, 9], weights=[3, 1.5])


def test_a_customer_where_lifetimes_has_no_number() -> None:
    """a + b just below 1 at frequency 0: NaN by lifetimes, the expectation by the bridge."""
    model = BgNbd(0.3, 4.0, 0.05, 0.9, 0.0, np.eye(4), 0, 1.0)
    fitter = as_lifetimes(model, [0], [0], [30])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = type(fitter).conditional_expected_number_of_purchases_up_to_time(
            fitter, 10.0, np.array([0]), np.array([0.0]), np.array([30.0])
        )
    assert np.isnan(theirs).all()
    ours = fitter.predict(10.0, 0, 0.0, 30.0)
    assert 0 < ours == model.expected_purchases(10.0, 0, 0.0, 30.0)


def test_spend(cdnow: pd.DataFrame) -> None:
    model = fit_gamma_gamma(cdnow["frequency"], cdnow["monetary_value"])
    fitter = spend_as_lifetimes(model, cdnow["frequency"], cdnow["monetary_value"])
    assert len(fitter.data) == 946
    peer = type(fitter)().fit(fitter.data["frequency"], fitter.data["monetary_value"])
    assert fitter._negative_log_likelihood_ <= peer._negative_log_likelihood_ + 1e-9
    theirs = type(fitter).conditional_expected_average_profit(
        fitter, cdnow["frequency"], cdnow["monetary_value"]
    )
    ours = fitter.conditional_expected_average_profit(cdnow["frequency"], cdnow["monetary_value"])
    pd.testing.assert_series_equal(ours, theirs, rtol=1e-12)
    assert len(fitter.conditional_expected_average_profit()) == 946


def test_lifetime_value_by_lifetimes_from_our_fits(cdnow: pd.DataFrame) -> None:
    """The quickstart's twelve months at 1 % a month, its customers 1 to 4.

    It calls months of 30 units of time, which are weeks in the data. Printed from lifetimes' own
    fits; parameters differ by up to 1e-4 of themselves.
    """
    columns = [cdnow[name] for name in HISTORY]
    buying = as_lifetimes(fit_bg_nbd(*columns), *columns)
    spend = cdnow["frequency"], cdnow["monetary_value"]
    spending = spend_as_lifetimes(fit_gamma_gamma(*spend), *spend)
    value = spending.customer_lifetime_value(
        buying, *columns, cdnow["monetary_value"], time=12, discount_rate=0.01
    )
    printed = [140.096211, 18.943467, 38.180574, 38.180574]
    assert value.iloc[:4].tolist() == pytest.approx(printed, rel=1e-3)


def test_no_negative_spend() -> None:
    model = GammaGamma(6.0, 0.5, 15.0, 0.0, np.eye(3), 0, 1.0, 0.0, 0.0)
    fitter = spend_as_lifetimes(model, [2], [20])
    assert type(fitter).conditional_expected_average_profit(fitter, 0, 0) < 0
    with pytest.raises(NotEstimableError, match="infinite"):
        fitter.conditional_expected_average_profit(0, 0)


def test_other_models_are_refused() -> None:
    with pytest.raises(ParameterError, match="no fitter for object"):
        as_lifetimes(object(), [0], [0], [1])  # type: ignore[arg-type]


def test_importing_smsroi_does_not_import_lifetimes_nor_silence_anybody() -> None:
    code = """
import sys, warnings
import pandas as pd
import smsroi_models
for name in smsroi_models.__all__:
    getattr(smsroi_models, name)  # imported when first used
assert "lifetimes" not in sys.modules
before = list(warnings.filters), pd.get_option("mode.chained_assignment")
from smsroi_models.clv import lifetimes_bridge
assert "lifetimes" not in sys.modules
lifetimes_bridge._lifetimes()
assert "lifetimes" in sys.modules
assert (list(warnings.filters), pd.get_option("mode.chained_assignment")) == before
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
