"""Which model describes the customers: the order, Vuong's test, and models that cannot be
fitted."""

import numpy as np
import pytest
from buyers import coin_tossers, leavers
from peer import cdnow

from smsroi_models.clv.model_choice import compare_purchase_models
from smsroi_models.errors import ConvergenceError, ParameterError


def test_cdnow() -> None:
    """Published log-likelihoods: BG/NBD -9582.4, Pareto/NBD -9595.0 (Fader, Hardie and Lee
    2005)."""
    customers = cdnow()
    choice = compare_purchase_models(customers["frequency"], customers["recency"], customers["T"])
    found = {score.model: score for score in choice.scores}
    assert [score.model for score in choice.scores] == ["mbg_nbd", "bg_nbd", "pareto_nbd"]
    assert found["bg_nbd"].log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert found["pareto_nbd"].log_likelihood == pytest.approx(-9595.0, abs=0.05)
    # 0.3 of log-likelihood between the first two is no reason to prefer one.
    assert abs(found["bg_nbd"].vuong_z or 9) < 1
    assert choice.best == "mbg_nbd"
    assert choice.fitted["bg_nbd"].log_likelihood == found["bg_nbd"].log_likelihood
    assert choice.to_dict()["scores"][0]["vuong_z"] is None


def test_vuong_by_hand() -> None:
    customers = cdnow().head(800)
    rows = [customers[name].to_numpy() for name in ("frequency", "recency", "T")]
    choice = compare_purchase_models(*rows, models=["bg_nbd", "pareto_nbd"])
    best, other = (choice.fitted[score.model] for score in choice.scores)
    ratio = best.log_likelihood_of(*rows) - other.log_likelihood_of(*rows)
    expected = ratio.sum() / (ratio.std() * np.sqrt(800))
    assert choice.scores[1].vuong_z == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", ["mbg_nbd", "pareto_nbd"])
def test_many_customers_tell_the_model_that_made_them(kind: str) -> None:
    rng = np.random.default_rng(31)
    T = rng.uniform(30, 80, 6_000)
    if kind == "mbg_nbd":
        drawn = coin_tossers(rng, (0.8, 4.0, 1.0, 1.5), T, first_coin=True)
    else:
        drawn = leavers(rng, (0.8, 4.0, 0.7, 8.0), T)
    choice = compare_purchase_models(*drawn.history)
    assert choice.best == kind
    assert all((score.vuong_p_value or 0) < 0.05 for score in choice.scores[1:])


def test_a_model_that_cannot_be_fitted_says_why() -> None:
    """400 customers who all leave about alike: no spread of Pareto/NBD's rates of leaving."""
    rng = np.random.default_rng(0)
    drawn = coin_tossers(rng, (1.0, 5.0, 0.5, 10.0), rng.uniform(20, 50, 400), first_coin=True)
    choice = compare_purchase_models(*drawn.history)
    assert list(choice.fitted) == ["bg_nbd", "mbg_nbd"]
    failed = choice.scores[-1]
    assert (failed.model, failed.log_likelihood, failed.aic) == ("pareto_nbd", None, None)
    assert "the likelihood still rises as beta grows without end" in (failed.reason or "")


def test_refusals() -> None:
    with pytest.raises(ParameterError, match=r"models are \['nbd'\]: choose of bg_nbd"):
        compare_purchase_models([1], [2], [3], models=["nbd"])
    with pytest.raises(ConvergenceError, match="nobody bought twice"):
        compare_purchase_models([0, 0], [0, 0], [3, 4])
