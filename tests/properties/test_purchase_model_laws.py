"""Laws of the purchase models."""

from collections.abc import Callable

import numpy as np
import pytest
from buyers import coin_tossers
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.clv.bg_nbd import BgNbd, fit_bg_nbd
from smsroi_models.clv.mbg_nbd import MbgNbd, fit_mbg_nbd
from smsroi_models.clv.pareto_nbd import ParetoNbd, fit_pareto_nbd
from smsroi_models.clv.purchase_model import PurchaseModel

KINDS = st.sampled_from([BgNbd, MbgNbd, ParetoNbd])
FITS = pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd])
SIZES = st.floats(0.02, 60.0)
FLAT = 0.0, np.zeros((4, 4)), 0, 1.0


@st.composite
def customers(draw: st.DrawFn) -> tuple[float, float, float]:
    x = draw(st.integers(0, 400))
    T = draw(st.floats(0.5, 500.0))
    return float(x), draw(st.floats(0.01, 1.0)) * T if x else 0.0, T


@given(KINDS, st.tuples(SIZES, SIZES, SIZES, SIZES), customers(), st.floats(0.01, 1_000.0))
def test_bounds(
    kind: type[PurchaseModel],
    parameters: tuple[float, float, float, float],
    customer: tuple[float, float, float],
    horizon: float,
) -> None:
    """Chances lie in [0, 1]; nobody buys more than who is alive and never leaves."""
    model = kind(*parameters, *FLAT)  # type: ignore[arg-type]
    alive = model.probability_alive(*customer)
    assert 0 <= alive <= 1
    bought = model.expected_purchases(horizon, *customer)
    x, _, T = customer
    most = alive * (parameters[0] + x) / (parameters[1] + T) * horizon
    assert 0 <= bought <= most * (1 + 1e-9)
    none = model.probability_of_no_purchase(horizon, *customer)
    assert 0 <= none <= 1
    # Some purchase has at most the chance that there are purchases to expect.
    assert 1 - none <= bought * (1 + 1e-8) + 1e-12


@given(KINDS, st.tuples(SIZES, SIZES, SIZES, SIZES), customers())
def test_longer_silence_is_worse(
    kind: type[PurchaseModel],
    parameters: tuple[float, float, float, float],
    customer: tuple[float, float, float],
) -> None:
    model = kind(*parameters, *FLAT)  # type: ignore[arg-type]
    x, t, T = customer
    later = model.probability_alive(x, t, T + np.array([0.0, 1.0, 10.0, 100.0]))
    assert (np.diff(later) <= 1e-12).all()


@given(st.integers(0, 1_000), st.floats(0.01, 100.0))
@settings(max_examples=10)
def test_the_unit_of_time_does_not_matter(seed: int, unit: float) -> None:
    """Rates change with it, what is said of customers does not."""
    rng = np.random.default_rng(seed)
    x, t, T = coin_tossers(rng, (0.6, 4.0, 0.9, 2.0), rng.uniform(20, 60, 400)).history
    here, there = fit_mbg_nbd(x, t, T), fit_mbg_nbd(x, unit * t, unit * T)
    assert there.parameters == pytest.approx(here.parameters * [1, unit, 1, 1], rel=1e-3)
    value = here.log_likelihood - x.sum() * np.log(unit)
    assert there.log_likelihood == pytest.approx(value, rel=1e-10, abs=1e-7)
    bought = here.expected_purchases(8.0, x, t, T)
    again = there.expected_purchases(8.0 * unit, x, unit * t, unit * T)
    np.testing.assert_allclose(again, bought, rtol=1e-3)


@FITS
@given(st.integers(0, 1_000))
@settings(max_examples=5)
def test_the_order_of_rows_does_not_matter(fit: Callable[..., PurchaseModel], seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = coin_tossers(rng, (0.6, 4.0, 0.9, 2.0), rng.uniform(20, 60, 600)).history
    order = rng.permutation(600)
    here, there = fit(*rows), fit(*(row[order] for row in rows))
    assert there.log_likelihood == pytest.approx(here.log_likelihood, rel=1e-10)
    np.testing.assert_allclose(there.parameters, here.parameters, rtol=1e-3)
    np.testing.assert_allclose(there.standard_errors, here.standard_errors, rtol=1e-2)
