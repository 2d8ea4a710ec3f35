"""Laws of `Moments`: merging is concatenation, whatever the grouping or order of the rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError

LAWS = settings(max_examples=40)
COLUMNS = ("spend", "orders", "pre_spend")
CENTS = st.integers(0, 1_000_000)
ROWS = st.lists(st.tuples(CENTS, st.integers(0, 9), CENTS), min_size=1, max_size=30).map(
    lambda rows: np.array(rows, dtype=np.float64) / [100.0, 1.0, 100.0]
)


def _moments(rows: NDArray[np.float64]) -> Moments:
    return Moments.from_rows(rows, COLUMNS)


def _assert_same(a: Moments, b: Moments) -> None:
    assert (a.columns, a.n) == (b.columns, b.n)
    # Values reach 1e4, so that 1e-9 of their size and of its square are some units of rounding.
    np.testing.assert_allclose(a.mean, b.mean, rtol=1e-11, atol=1e-9)
    np.testing.assert_allclose(a.covariance, b.covariance, rtol=1e-9, atol=1e-6)


@LAWS
@given(ROWS, ROWS)
def test_merging_is_concatenation(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
    _assert_same(_moments(a).merge(_moments(b)), _moments(np.vstack([a, b])))


@LAWS
@given(ROWS, ROWS)
def test_merging_commutes(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
    _assert_same(_moments(a).merge(_moments(b)), _moments(b).merge(_moments(a)))


@LAWS
@given(ROWS, ROWS, ROWS)
def test_merging_associates(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
) -> None:
    x, y, z = _moments(a), _moments(b), _moments(c)
    _assert_same(x.merge(y).merge(z), x.merge(y.merge(z)))


@LAWS
@given(ROWS, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(rows: NDArray[np.float64], random: object) -> None:
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    _assert_same(_moments(rows[order]), _moments(rows))


@LAWS
@given(ROWS)
def test_moments_are_numpys(rows: NDArray[np.float64]) -> None:
    moments = _moments(np.vstack([rows, rows + 1.0]))
    both = np.vstack([rows, rows + 1.0])
    np.testing.assert_allclose(moments.mean, both.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(both.T), rtol=1e-9, atol=1e-9)


@LAWS
@given(ROWS, st.permutations(COLUMNS))
def test_selecting_columns_is_selecting_them_in_the_rows(
    rows: NDArray[np.float64], order: list[str]
) -> None:
    index = [COLUMNS.index(name) for name in order[:2]]
    _assert_same(_moments(rows).select(order[:2]), Moments.from_rows(rows[:, index], order[:2]))


@LAWS
@given(ROWS)
def test_a_large_offset_does_not_cancel(rows: NDArray[np.float64]) -> None:
    """A sum of squares of values near 1e9 keeps no digit of a variance near 1; moments do."""
    offset = 1e9
    far = Moments.from_rows(rows + offset, COLUMNS)
    # Adding 1e9 rounds each value by up to 2**-24 = 6e-8 and so products by 6e-8 x their size;
    # the mean adds the rounding of a sum of n, n ulp(1e9) / n.
    slack = 4 * 2.0**-23 * (np.abs(rows).max() + 1)
    np.testing.assert_allclose(far.mean - offset, _moments(rows).mean, atol=4 * 2.0**-23)
    np.testing.assert_allclose(far.covariance, _moments(rows).covariance, atol=slack)


@given(st.integers(0, 10_000))
def test_combining_columns_is_combining_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.gamma(1.0, [50.0, 2.0, 30.0], (40, 3))
    weights = {"net": {"spend": 0.4, "pre_spend": -0.3}, "orders": {"orders": 1.0}, "none": {}}
    ours = _moments(rows).combine(weights)
    summed = np.column_stack([0.4 * rows[:, 0] - 0.3 * rows[:, 2], rows[:, 1], np.zeros(40)])
    theirs = Moments.from_rows(summed, tuple(weights))
    assert (ours.columns, ours.n) == (theirs.columns, theirs.n)
    # The sums are below 1,000: a float64 keeps 13 digits behind them.
    np.testing.assert_allclose(ours.mean, theirs.mean, atol=1e-10)
    np.testing.assert_allclose(ours.covariance, theirs.covariance, atol=1e-9)


def test_unusable_weights_are_refused() -> None:
    arm = Moments.from_rows([[0.0, 1.0], [4.0, 2.0]], ["spend", "orders"])
    for bad in (np.nan, np.inf, 1e200):
        with pytest.raises(DataError, match="moments of x are not finite"):
            arm.combine({"x": {"spend": bad, "orders": -bad}})
    with pytest.raises(DataError, match="no moments of"):
        arm.combine({"x": {"margin": 1.0}})
    with pytest.raises(DataError, match="no weights"):
        arm.combine({})


def test_unusable_rows_are_refused() -> None:
    for bad in (np.nan, np.inf):
        with pytest.raises(DataError, match="spend, orders, pre_spend are not finite"):
            _moments(np.array([[1.0, 1.0, bad], [2.0, 2.0, 2.0]]))
    with pytest.raises(DataError, match=r"shape \(0, 3\)"):
        _moments(np.empty((0, 3)))
    with pytest.raises(DataError, match="cannot merge"):
        one = Moments.from_rows([[1.0]], ["spend"])
        one.merge(Moments.from_rows([[1.0]], ["margin"]))
    with pytest.raises(DataError, match="no moments of"):
        one.select(["margin"])
    with pytest.raises(DataError, match="a whole number of at least 1"):
        Moments(("a",), 0, np.zeros(1), np.zeros((1, 1)))
    with pytest.raises(DataError, match="a whole number of at least 1"):
        Moments(("a",), 2.5, np.zeros(1), np.zeros((1, 1)))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="at least one row"):
        Moments.from_sums("a", 0, 0.0, 0.0)
    with pytest.raises(DataError, match="is not one"):
        Moments.from_sums("a", 10, 20.0, 1.0)  # the squares sum to less than n means squared
    with pytest.raises(DataError, match="is not one"):
        Moments(("a", "b"), 9, np.zeros(2), np.array([[1.0, 0.5], [0.2, 1.0]]))
    with pytest.raises(DataError, match="each column has its own name"):
        Moments(("a", "a"), 9, np.zeros(2), np.eye(2))
    with pytest.raises(DataError, match="a mean of shape"):
        Moments(("a",), 2, np.zeros(2), np.zeros((1, 1)))
