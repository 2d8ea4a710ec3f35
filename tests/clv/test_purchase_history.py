"""Rows of customers: what is refused, and that making them fewer changes no sum."""

from collections.abc import Callable

import numpy as np
import pytest

from smsroi_models import fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd
from smsroi_models.clv.bg_likelihood import BgSums
from smsroi_models.clv.purchase_history import PurchaseHistory
from smsroi_models.errors import ConvergenceError, DataError

GOOD = {"frequency": [2.0, 0.0], "recency": [5.0, 0.0], "T": [9.0, 9.0]}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"frequency": [2, 1.5], "recency": [5, 1]}, "row 1: frequency is 1.5: it counts"),
        ({"frequency": [2, -1]}, "row 1: frequency is -1"),
        ({"frequency": [2, 1e9], "recency": [5, 1]}, r"row 1: frequency is 1e\+09"),
        ({"recency": [-1, 0]}, "row 0: recency is -1: it is the age at the last purchase"),
        ({"recency": [9.5, 0]}, "row 0: recency is 9.5 and T is 9: nobody buys after"),
        ({"recency": [5, 3]}, "row 1: recency is 3 with frequency 0"),
        ({"recency": [0, 0]}, "row 0: recency is 0 with frequency 2: purchases of the first"),
        ({"T": [9, np.nan]}, "row 1: T is nan: a finite number is needed"),
        ({"T": [np.inf, 9]}, "row 0: T is inf"),
        ({"T": [9, 4e300]}, r"row 1: T is 4e\+300: no history is longer"),
        ({"T": [9]}, "the shapes are"),
        ({"T": [[9, 9]]}, r"T has shape \(1, 2\)"),
        ({"T": ["a", "b"]}, "T is not numeric"),
        ({"frequency": [], "recency": [], "T": []}, "the shapes are"),
        ({"weights": [1, 0]}, "row 1: weights is 0: it is the row's customers"),
        ({"weights": [1, -2]}, "row 1: weights is -2"),
        ({"weights": [1]}, "the shapes are"),
        ({"weights": [1, np.nan]}, "row 1: weights is nan"),
    ],
)
def test_what_is_refused(changed: dict[str, list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        PurchaseHistory.of(**(GOOD | changed))


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd])
def test_customers_without_any_time_are_refused_as_such(fit: Callable[..., object]) -> None:
    with pytest.raises(ConvergenceError, match="nobody bought twice"):
        fit([0, 0], [0, 0], [0, 0])


def test_what_is_accepted() -> None:
    """Somebody who came today, and one whose last purchase is at the very end."""
    history = PurchaseHistory.of([0, 3], [0, 8], [0, 8], [2, 3])
    assert history.n_customers == 5


def _weekly(n: int) -> PurchaseHistory:
    rng = np.random.default_rng(1)
    T = rng.integers(1, 20, n).astype(float)
    x = np.minimum(rng.poisson(1.0, n), T)
    return PurchaseHistory.of(x, np.where(x > 0, np.ceil(rng.random(n) * T), 0), T)


@pytest.mark.parametrize("first_coin", [False, True])
def test_counting_rows_changes_no_sum(first_coin: bool) -> None:
    rows = _weekly(30_000)
    few = rows.collapsed()
    assert len(few.T) < 0.1 * len(rows.T)
    assert few.n_customers == rows.n_customers
    parameters = np.array([0.4, 5.0, 0.7, 2.0])
    whole, counted = (BgSums.of(h, first_coin).log_likelihood(parameters) for h in (rows, few))
    # Both are sums of 30,000 terms in float64.
    for one, other in zip(whole, counted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11)


def test_rows_are_counted_only_where_that_pays() -> None:
    few = _weekly(100)
    assert few.collapsed() is few
    rows = _weekly(5_000)
    parts = PurchaseHistory.of(rows.frequency, rows.recency * 1.1, rows.T * 1.1)
    assert parts.collapsed() is parts
    days = PurchaseHistory.of(rows.frequency, rows.recency * 100, rows.T * 100)
    assert days.collapsed() is days


def test_a_thinned_history_keeps_its_shape() -> None:
    """Sorted rows with a period in them: every period's phases are kept alike."""
    T = np.arange(1, 70_001) % 7 + 1.0
    rows = PurchaseHistory.of(np.zeros(len(T)), np.zeros(len(T)), T)
    thin = rows.thinned(1 / 7)
    assert len(thin.T) == pytest.approx(10_000, abs=5)
    assert np.bincount(thin.T.astype(int))[1:] / len(thin.T) == pytest.approx([1 / 7] * 7, abs=1e-3)
