"""Do the purchase models' standard errors and intervals keep what they say?

Customers are drawn one by one as each model says. Tolerances: four binomial standard errors of the
replications for coverage, and for the likelihood ratio test's level; none is added for small
samples, for 1,500 customers of these shapes leave the logarithms of the parameters nearly normal.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from buyers import Buyers, coin_tossers, leavers

from smsroi_models.clv.bg_nbd import fit_bg_nbd
from smsroi_models.clv.covariates import fit_bg_nbd_covariates
from smsroi_models.clv.mbg_nbd import fit_mbg_nbd
from smsroi_models.clv.pareto_nbd import fit_pareto_nbd
from smsroi_models.clv.purchase_model import PurchaseModel

pytestmark = pytest.mark.slow
REPLICATIONS = 300
SLACK = 4 * math.sqrt(0.95 * 0.05 / REPLICATIONS)


def _coins(first_coin: bool) -> Callable[..., Buyers]:
    return lambda *given: coin_tossers(*given, first_coin=first_coin)


CASES = {
    "bg_nbd": (fit_bg_nbd, _coins(False), (0.6, 5.0, 0.9, 2.5)),
    "bg_nbd, a + b < 1": (fit_bg_nbd, _coins(False), (1.5, 5.0, 0.3, 0.5)),
    "mbg_nbd": (fit_mbg_nbd, _coins(True), (1.2, 3.0, 0.9, 1.8)),
    "pareto_nbd": (fit_pareto_nbd, leavers, (1.2, 4.0, 0.8, 12.0)),
}


@pytest.mark.parametrize("case", CASES)
def test_intervals_cover_the_truth(case: str) -> None:
    """Of the log-parameters by their standard errors, and of expected purchases by the delta
    method."""
    fit, draw, truth = CASES[case]
    rng = np.random.default_rng(41)
    truth_model: PurchaseModel | None = None
    within, errors, told = [], [], []
    for _ in range(REPLICATIONS):
        rows = draw(rng, truth, rng.uniform(20, 100, 1_500)).history
        model = fit(*rows)
        distance = np.log(model.parameters / truth) * model.parameters / model.standard_errors
        within.append(np.abs(distance) <= 1.959964)
        errors.append(np.log(model.parameters / truth))
        told.append(model.standard_errors / model.parameters)
        if truth_model is None:
            truth_model = type(model)(*truth, 0.0, np.zeros((4, 4)), 0, 1.0)  # type: ignore[call-arg]
        customer = (26.0, 4, 20.0, 30.0)
        slope = model.expected_purchases_gradient(*customer)
        error = math.sqrt(slope @ model.covariance @ slope)
        off = model.expected_purchases(*customer) - truth_model.expected_purchases(*customer)
        within[-1] = np.append(within[-1], abs(off) <= 1.959964 * error)
    coverage = np.mean(within, axis=0)
    assert coverage == pytest.approx(np.full(5, 0.95), abs=SLACK), coverage
    spread, stated = np.std(errors, axis=0), np.sqrt(np.mean(np.square(told), axis=0))
    # A standard deviation from 300 draws is known to 4.1 %; the stated errors vary too.
    np.testing.assert_allclose(stated / spread, 1.0, atol=4 * 0.055)


def test_coefficients_and_the_likelihood_ratio() -> None:
    """The ratio test keeps its level where covariates do nothing; coefficients cover where they
    do."""
    rng = np.random.default_rng(43)
    replications = 150
    rejected, within = [], []
    for _ in range(replications):
        T = rng.uniform(20, 100, 1_500)
        z, w = (rng.random(1_500) < 0.4).astype(float), rng.normal(0, 1, 1_500)
        plain = coin_tossers(rng, (0.8, 5.0, 0.9, 2.5), T).history
        null = fit_bg_nbd_covariates(
            *plain, purchase_covariates={"z": z, "w": w}, dropout_covariates={"z": z}
        )
        rejected.append(null.p_value < 0.05)
        moved = (0.8, 5.0 * np.exp(-0.5 * z - 0.2 * w), 0.9 * np.exp(0.6 * z), 2.5)
        model = fit_bg_nbd_covariates(
            *coin_tossers(rng, moved, T).history,
            purchase_covariates={"z": z, "w": w},
            dropout_covariates={"z": z},
        )
        truth = {"purchase.z": 0.5, "purchase.w": 0.2, "a.z": 0.6, "b.z": 0.0}
        within.append(
            [
                abs(model.coefficients[name] - value) <= 1.959964 * model.standard_errors[name]
                for name, value in truth.items()
            ]
        )
    slack = 4 * math.sqrt(0.95 * 0.05 / replications)
    assert np.mean(rejected) == pytest.approx(0.05, abs=slack)
    assert np.mean(within, axis=0) == pytest.approx(np.full(4, 0.95), abs=slack)
