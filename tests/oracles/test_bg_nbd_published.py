"""BG/NBD and MBG/NBD against what others printed for the CDNOW sample, and their formulas.

Data: 2,357 customers who first bought in the first quarter of 1997, 39 weeks, as `lifetimes` ships
them. Sources: Fader, Hardie and Lee (2005), table 2; CLVTools, tests; lifetimes, quickstart and
tests; the BTYD walkthrough; Fader and Hardie (2013), note 027. A tolerance is half the last digit
printed unless another reason stands beside it.
"""

import numpy as np
import pandas as pd
import pytest
from peer import cdnow

from smsroi_models.clv.bg_nbd import BgNbd, fit_bg_nbd
from smsroi_models.clv.mbg_nbd import MbgNbd, fit_mbg_nbd

HISTORY = ("frequency", "recency", "T")
PRINTED = (0.243, 4.414, 0.793, 2.426)


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return cdnow()


@pytest.fixture(scope="module")
def model(customers: pd.DataFrame) -> BgNbd:
    return fit_bg_nbd(*(customers[name] for name in HISTORY))


def _published(r: float, alpha: float, a: float, b: float) -> BgNbd:
    """Return the model at printed parameters."""
    return BgNbd(r, alpha, a, b, 0.0, np.zeros((4, 4)), 0, 2357.0)


def test_the_papers_parameters(model: BgNbd) -> None:
    assert model.parameters == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=5e-4)
    assert model.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert model.n_customers == 2357


def test_clvtools(model: BgNbd) -> None:
    """Its recency and T come from dates in days, ours from weeks cut at two decimals: rtol 1e-4."""
    expected = [0.2425945, 4.4136019, 0.7929199, 2.4258881]
    assert model.parameters == pytest.approx(expected, rel=1e-4)
    assert model.log_likelihood == pytest.approx(-9582.429, abs=0.01)


def test_standard_errors(model: BgNbd) -> None:
    """lifetimes' diagonal is right and comes from numerical second derivatives: rtol 1e-4."""
    expected = [0.012557, 0.378221, 0.185719, 0.705345]
    assert model.standard_errors == pytest.approx(expected, rel=1e-4)


def test_the_modified_model(customers: pd.DataFrame) -> None:
    found = fit_mbg_nbd(*(customers[name] for name in HISTORY))
    assert found.parameters == pytest.approx([0.525, 6.183, 0.891, 1.614], abs=5e-4)


def test_expected_purchases_of_a_new_customer(model: BgNbd) -> None:
    """From the walkthrough's own parameters (three decimals); 1.444004 was printed from more."""
    assert model.expected_purchases_of_new_customers(52) == pytest.approx(1.444004, rel=1e-4)


def test_new_customers_of_the_papers_spreadsheet(model: BgNbd) -> None:
    """By way of lifetimes' tests; half a digit, and where Excel's solver stopped."""
    times = [0.1429, 1.0, 3.00, 31.8571, 32.00, 78.00]
    printed = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    found = model.expected_purchases_of_new_customers(times)
    assert found == pytest.approx(printed, rel=3e-4, abs=6e-5)


def test_customer_1516(model: BgNbd) -> None:
    """The printed figures come from parameters that differ from ours in the fifth digit."""
    history = (26, 30.85714, 31)
    assert model.expected_purchases(52, *history) == pytest.approx(25.75659, rel=1e-4)
    assert model.probability_alive(*history) == pytest.approx(0.9688523, rel=1e-5)


def test_the_papers_example(model: BgNbd) -> None:
    """Fader, Hardie and Lee (2005), spreadsheet: x 2, t 30.43, T 38.86 over 39 weeks."""
    assert model.expected_purchases(39, 2, 30.43, 38.86) == pytest.approx(1.226, abs=5e-4)


def test_no_purchase_in_39_weeks() -> None:
    """BTYD at the paper's parameters, by way of lifetimes' tests."""
    found = _published(*PRINTED).probability_of_no_purchase(39, 0, 0, 0)
    assert found == pytest.approx(0.5737864, abs=5e-8)


def test_no_further_purchase_of_a_one_time_buyer() -> None:
    """Nobody leaves before a repeat purchase: a library without that branch gave 0.927."""
    found = _published(*PRINTED).probability_of_no_purchase(39, 0, 0, 39)
    assert found == pytest.approx(0.8558, abs=5e-5)


@pytest.mark.parametrize(
    ("history", "expected", "half_digit"),
    [((0, 0, 40), -0.59947382, 5e-9), ((200, 38, 40), 100.7957, 5e-5)],
)
def test_likelihood_of_one_customer(
    history: tuple[float, float, float], expected: float, half_digit: float
) -> None:
    found = _published(0.25, 4, 0.8, 2.5).log_likelihood_of(*history)
    assert found == pytest.approx(expected, abs=half_digit)


def test_holdout_bins(model: BgNbd, customers: pd.DataFrame) -> None:
    """Mean expectation over the next 39 weeks by calibration frequency, 7 and more in one."""
    expected = model.expected_purchases(39, *(customers[name] for name in HISTORY))
    bins = pd.Series(expected).groupby(np.minimum(customers["frequency"].to_numpy(), 7))
    assert bins.size().tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    printed = [0.2251, 0.5231, 1.0441, 1.5203, 2.1638, 2.6538, 3.5040, 6.1570]
    # The walkthrough's T comes from dates, and its horizon is 39 weeks from each customer's T.
    assert bins.mean().tolist() == pytest.approx(printed, rel=1e-3)


def test_the_modified_models_one_time_buyers(customers: pd.DataFrame) -> None:
    """At frequency 0 the odds of having left are a / b ((alpha + T) / alpha)^r (Batislam et
    al.)."""
    found = MbgNbd(0.525, 6.183, 0.891, 1.614, 0.0, np.zeros((4, 4)), 0, 1.0)
    odds = 0.891 / 1.614 * ((6.183 + 39) / 6.183) ** 0.525
    assert found.probability_alive(0, 0, 39) == pytest.approx(1 / (1 + odds))
