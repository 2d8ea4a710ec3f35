"""BG/NBD with covariates: units, refusals, derivatives, and a fit by another optimiser."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from buyers import coin_tossers
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from smsroi_models.clv.bg_nbd import fit_bg_nbd
from smsroi_models.clv.covariate_bg_nbd import CovariateBgNbd
from smsroi_models.clv.covariates import fit_bg_nbd_covariates
from smsroi_models.errors import DataError, ParameterError

Floats = NDArray[np.float64]
TRUTH = (0.5, 6.0, 0.8, 2.4)


@pytest.fixture(scope="module")
def rows() -> dict[str, Floats]:
    rng = np.random.default_rng(21)
    n = 1_500
    vip, age = (rng.random(n) < 0.3).astype(float), rng.normal(40, 12, n)
    r, alpha, a, b = TRUTH
    moved = (r, alpha * np.exp(-0.7 * vip - 0.02 * (age - 40)), a * np.exp(-0.8 * vip), b)
    x, t, T = coin_tossers(rng, moved, rng.uniform(20, 80, n)).history
    return {"frequency": x, "recency": t, "T": T, "vip": vip, "age": age}


def _fit(rows: Mapping[str, Floats], **options: Any) -> CovariateBgNbd:
    given = {
        "purchase_covariates": {"vip": rows["vip"], "age": rows["age"]},
        "dropout_covariates": {"vip": rows["vip"]},
    }
    return fit_bg_nbd_covariates(
        *(rows[n] for n in ("frequency", "recency", "T")), **given | options
    )


@pytest.fixture(scope="module")
def model(rows: dict[str, Floats]) -> CovariateBgNbd:
    return _fit(rows)


def _negative(point: Floats, rows: Mapping[str, Floats], shared: bool) -> float:
    """CLVTools' row by row likelihood (`bgnbd_LL_ind`), with the covariates of note 019."""
    x, t, T, vip, age = rows.values()
    r, alpha, a, b = np.exp(point[:4])
    alpha = alpha * np.exp(-point[4] * vip - point[5] * (age - 40) / 10)
    a = a * np.exp(point[6] * vip)
    b = b * np.exp((point[6] if shared else point[7]) * vip)
    buying = r * np.log(alpha) + gammaln(r + x) - gammaln(r) - (r + x) * np.log(alpha + t)
    stays = np.exp(betaln(a, b + x) - betaln(a, b)) * ((alpha + t) / (alpha + T)) ** (r + x)
    with np.errstate(invalid="ignore"):
        goes = np.where(x > 0, np.exp(betaln(a + 1, b + x - 1) - betaln(a, b)), 0.0)
    return -float((buying + np.log(stays + goes)).sum())


@pytest.mark.parametrize("dropout", ["separate", "shared"])
def test_another_optimiser_finds_the_same(rows: dict[str, Floats], dropout: str) -> None:
    """Quasi-Newton with numerical gradients, polished by Nelder-Mead: four digits."""
    shared = dropout == "shared"
    start = np.zeros(7 if shared else 8)
    start[1] = 2.0
    first = minimize(_negative, start, (rows, shared), method="BFGS")
    best = minimize(
        _negative,
        first.x,
        (rows, shared),
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-9, "maxfev": 20_000, "maxiter": 20_000},
    )
    found = _fit(rows, dropout=dropout)
    assert found.log_likelihood == pytest.approx(-best.fun, rel=1e-10)
    ours = np.array(list(found.coefficients.values()))
    theirs = best.x[4:] / np.array([1.0, 10.0, *np.ones(len(ours) - 2)])
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)
    alpha = np.exp(best.x[1] + best.x[5] * 40 / 10)  # at age 0
    assert [found.r, found.alpha] == pytest.approx([np.exp(best.x[0]), alpha], rel=1e-3)


def test_the_truth_is_near(model: CovariateBgNbd) -> None:
    for name, truth in {
        "purchase.vip": 0.7,
        "purchase.age": 0.02,
        "a.vip": -0.8,
        "b.vip": 0,
    }.items():
        assert model.coefficients[name] == pytest.approx(truth, abs=4 * model.standard_errors[name])
    assert model.standard_errors["purchase.vip"] < 0.2
    assert model.degrees_of_freedom == 4
    assert model.likelihood_ratio > 20
    assert model.p_value < 1e-3


def test_without_covariates_it_is_the_plain_model(
    rows: dict[str, Floats], model: CovariateBgNbd
) -> None:
    plain = fit_bg_nbd(rows["frequency"], rows["recency"], rows["T"])
    assert model.log_likelihood_without == pytest.approx(plain.log_likelihood, rel=1e-12)
    assert model.log_likelihood > plain.log_likelihood


def test_units_of_covariates_move_their_coefficients_alone(
    rows: dict[str, Floats], model: CovariateBgNbd
) -> None:
    months = _fit(rows, purchase_covariates={"vip": rows["vip"], "age": 12 * (rows["age"] - 40)})
    assert months.log_likelihood == pytest.approx(model.log_likelihood, rel=1e-12)
    age = model.coefficients["purchase.age"]
    assert months.coefficients["purchase.age"] == pytest.approx(age / 12, rel=1e-4)
    error = model.standard_errors["purchase.age"]
    assert months.standard_errors["purchase.age"] == pytest.approx(error / 12, rel=1e-4)
    assert months.alpha == pytest.approx(model.alpha * np.exp(-40 * age), rel=1e-4)
    assert months.standard_errors["r"] == pytest.approx(model.standard_errors["r"], rel=1e-4)


def test_the_shared_coefficient_leaves_the_mean_chance_alone(rows: dict[str, Floats]) -> None:
    found = _fit(rows, dropout="shared")
    assert list(found.coefficients) == ["purchase.vip", "purchase.age", "dropout.vip"]
    factor = np.exp(found.coefficients["dropout.vip"])
    mean = found.a / (found.a + found.b)
    assert found.a * factor / (found.a * factor + found.b * factor) == pytest.approx(mean)


def _some(rows: dict[str, Floats]) -> tuple[Floats, ...]:
    return tuple(rows[name][:40] for name in ("frequency", "recency", "T"))


def test_predictions_follow_the_covariates(rows: dict[str, Floats], model: CovariateBgNbd) -> None:
    history, covariates = _some(rows), {name: rows[name][:40] for name in ("vip", "age")}
    bought = model.expected_purchases(26.0, *history, covariates)
    alive = model.probability_alive(*history, covariates)
    vip = covariates["vip"]
    rate = model.coefficients["purchase.vip"] * vip
    rate = rate + model.coefficients["purchase.age"] * covariates["age"]
    from smsroi_models.clv.bg_nbd import BgNbd

    for i in range(40):
        alone = BgNbd(
            model.r,
            model.alpha * np.exp(-rate[i]),
            model.a * np.exp(model.coefficients["a.vip"] * vip[i]),
            model.b * np.exp(model.coefficients["b.vip"] * vip[i]),
            *(0.0, np.zeros((4, 4)), 0, 1.0),
        )
        customer = [row[i] for row in history]
        assert bought[i] == pytest.approx(alone.expected_purchases(26.0, *customer), rel=1e-10)
        assert alive[i] == pytest.approx(alone.probability_alive(*customer), rel=1e-12)


def test_gradients_of_predictions(rows: dict[str, Floats], model: CovariateBgNbd) -> None:
    history, covariates = _some(rows), {name: rows[name][:40] for name in ("vip", "age")}
    gradient = model.expected_purchases_gradient(26.0, *history, covariates)
    assert gradient.shape == (40, 8)
    for i, name in enumerate(model.standard_errors):
        value = getattr(model, name, None) or model.coefficients[name]
        step = 1e-5 * abs(value)
        moved = []
        for change in (step, -step):
            if name in model.coefficients:
                coefficients = model.coefficients | {name: value + change}
                other = dataclasses.replace(model, coefficients=coefficients)
            else:
                other = dataclasses.replace(model, **{name: value + change})
            moved.append(other.expected_purchases(26.0, *history, covariates))
        slope = (moved[0] - moved[1]) / (2 * step)
        np.testing.assert_allclose(gradient[:, i], slope, rtol=1e-5, atol=1e-8 / abs(value))


def test_weights_are_copies(rows: dict[str, Floats], model: CovariateBgNbd) -> None:
    doubled = _fit(rows, weights=np.full(len(rows["T"]), 2.0))
    assert doubled.log_likelihood == pytest.approx(2 * model.log_likelihood, rel=1e-12)
    error = doubled.standard_errors["b.vip"]
    assert error == pytest.approx(model.standard_errors["b.vip"] / np.sqrt(2), rel=1e-3)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"vip": np.ones(1_500)}, "vip has one value for all customers"),
        ({"vip": np.ones(3)}, r"vip has shape \(3,\)"),
        ({"vip": ["yes"] * 1_500}, "vip is not numeric: write groups as 0 and 1"),
        ({"vip": np.r_[np.nan, np.ones(1_499)]}, "row 0: vip is nan"),
    ],
)
def test_bad_covariates(rows: dict[str, Floats], columns: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _fit(rows, purchase_covariates=columns)


def test_groups_that_make_up_everybody(rows: dict[str, Floats]) -> None:
    both = {"vip": rows["vip"], "plain": 1 - rows["vip"]}
    with pytest.raises(DataError, match="one of vip, plain follows from the others"):
        _fit(rows, dropout_covariates=both)


def test_options(rows: dict[str, Floats], model: CovariateBgNbd) -> None:
    with pytest.raises(ParameterError, match="no covariates"):
        _fit(rows, purchase_covariates=None, dropout_covariates=None)
    with pytest.raises(ParameterError, match="dropout is 'one'"):
        _fit(rows, dropout="one")
    with pytest.raises(DataError, match=r"no covariate \['age'\]"):
        model.probability_alive([1], [2], [3], {"vip": [1]})
    with pytest.raises(DataError, match="horizon is -1"):
        model.expected_purchases(-1, [1], [2], [3], {"vip": [1], "age": [40]})
    assert np.array(model.to_dict()["covariance"]).shape == (8, 8)
