"""BG/NBD and MBG/NBD against lifetimes 0.11.3, live, where lifetimes is right."""

import warnings

import numpy as np
import pandas as pd
import pytest
from buyers import by_period, coin_tossers
from peer import lifetimes
from scipy.integrate import quad
from scipy.special import beta as beta_function

from smsroi_models.clv.bg_likelihood import BgSums
from smsroi_models.clv.bg_model import BgModel
from smsroi_models.clv.bg_nbd import BgNbd, fit_bg_nbd
from smsroi_models.clv.mbg_nbd import MbgNbd, fit_mbg_nbd
from smsroi_models.clv.purchase_history import PurchaseHistory

NAMES = ("r", "alpha", "a", "b")
SHAPES = [(0.243, 4.414, 0.793, 2.426), (2.0, 10.0, 1.5, 4.0), (0.6, 3.0, 2.2, 9.0)]
PEERS = {BgNbd: lifetimes.BetaGeoFitter, MbgNbd: lifetimes.ModifiedBetaGeoFitter}
ROWS = (
    np.array([0.0, 1.0, 3.0, 12.0, 26.0]),
    np.array([0.0, 6.0, 38.0, 20.0, 30.9]),
    np.array([39.0, 20.0, 38.5, 39.0, 31.0]),
)


def _pair(kind: type[BgModel], parameters: tuple[float, ...]) -> tuple[BgModel, object]:
    peer = PEERS[kind]()
    peer.params_ = pd.Series(dict(zip(NAMES, parameters, strict=True)))
    return kind(*parameters, 0.0, np.zeros((4, 4)), 0, 1.0), peer


@pytest.mark.parametrize("kind", PEERS)
@pytest.mark.parametrize("parameters", SHAPES, ids=str)
def test_predictions(kind: type[BgModel], parameters: tuple[float, ...]) -> None:
    model, peer = _pair(kind, parameters)
    alive = peer.conditional_probability_alive(*ROWS)
    np.testing.assert_allclose(model.probability_alive(*ROWS), alive, rtol=1e-12)
    for horizon in (0.25, 5.0, 52.0):
        expected = peer.conditional_expected_number_of_purchases_up_to_time(horizon, *ROWS)
        # scipy's hypergeometric function is good to about twelve digits here.
        np.testing.assert_allclose(model.expected_purchases(horizon, *ROWS), expected, rtol=1e-9)


@pytest.mark.parametrize("parameters", SHAPES, ids=str)
def test_new_customers(parameters: tuple[float, ...]) -> None:
    times = np.array([0.1, 1.0, 30.0, 200.0])
    for kind in PEERS:
        model, peer = _pair(kind, parameters)
        expected = peer.expected_number_of_purchases_up_to_time(times)
        found = model.expected_purchases_of_new_customers(times)
        np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize(("kind", "fit"), [(BgNbd, fit_bg_nbd), (MbgNbd, fit_mbg_nbd)])
@pytest.mark.parametrize("parameters", SHAPES[:2], ids=str)
def test_the_fit(kind: type[BgModel], fit: object, parameters: tuple[float, ...]) -> None:
    """Nelder-Mead and BFGS stop some digits before Newton: ours is never lower, and near."""
    rng = np.random.default_rng(11)
    buyers = coin_tossers(rng, parameters, rng.uniform(30, 80, 2_000), first_coin=kind is MbgNbd)
    rows = by_period(buyers)
    model = fit(*rows)  # type: ignore[operator]
    peer = PEERS[kind]().fit(*rows)
    values = [peer.params_[name] for name in NAMES]
    theirs = float(kind(*values, 0.0, np.zeros((4, 4)), 0, 1.0).log_likelihood_of(*rows).sum())
    assert model.log_likelihood >= theirs - 1e-8 * abs(theirs)
    assert model.log_likelihood == pytest.approx(theirs, rel=1e-6)
    assert model.parameters == pytest.approx(values, rel=5e-3)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.4), (1.0, 0.5), (0.5, 0.5), (1.0, 2.0)], ids=str)
def test_where_lifetimes_has_no_answer(a: float, b: float) -> None:
    """NaN at frequency 0 with a + b of 1 or less, and at a = 1; QUADPACK's rule for such ends."""
    r, alpha, T, horizon = 0.25, 4.0, 20.0, 30.0
    model, _ = _pair(BgNbd, (r, alpha, a, b))
    z = horizon / (alpha + T)

    def purchases(p: float) -> float:
        return (1 - (1 + p * z) ** -r) / p if p > 0 else r * z

    total = quad(purchases, 0, 1, weight="alg", wvar=(a - 1, b - 1), epsabs=1e-12)[0]
    expected = total / beta_function(a, b)
    assert model.expected_purchases(horizon, 0, 0, T) == pytest.approx(expected, rel=1e-9)


def test_where_lifetimes_does_not_converge() -> None:
    """Half leave at once, half never, and buy up to daily for 500 days."""
    rng = np.random.default_rng(3)
    truth = (0.7, 0.7 / 3, 0.2, 0.2)
    rows = by_period(coin_tossers(rng, truth, rng.uniform(500 / 3, 500, 1_500)))
    with pytest.raises(lifetimes.utils.ConvergenceError), warnings.catch_warnings():
        warnings.simplefilter("default")
        lifetimes.BetaGeoFitter().fit(*rows)
    model = fit_bg_nbd(*rows)
    at_truth = BgNbd(*truth, 0.0, np.zeros((4, 4)), 0, 1.0).log_likelihood_of(*rows).sum()
    assert model.log_likelihood > at_truth
    gradient = BgSums.of(PurchaseHistory.of(*rows), False).log_likelihood(model.parameters)[1]
    assert float(gradient @ model.covariance @ gradient) <= 1e-10
