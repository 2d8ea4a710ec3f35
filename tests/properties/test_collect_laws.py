"""Laws of `collect_moments`: pandas, Arrow, Ibis and NumPy see the same moments."""

from functools import reduce

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from smsroi_models.attribution.collect import collect_moments, collect_moments_by
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError, NotEstimableError

COLUMNS = ["spend", "orders", "bought"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    orders = rng.poisson(0.6, 400)
    return pd.DataFrame(
        {
            "arm": rng.choice(["treatment", "holdout", "left out"], 400, p=[0.6, 0.3, 0.1]),
            "spend": np.round(orders * rng.lognormal(3.0, 1.0, 400), 2),
            "orders": orders,
            "bought": orders > 0,
        }
    )


def _as_table(frame: pd.DataFrame, kind: str) -> ibis.Table | pd.DataFrame | pa.Table:
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    if kind == "duckdb":
        return ibis.duckdb.connect().create_table("customers", arrow)
    return {"pandas": frame, "arrow": arrow, "memtable": ibis.memtable(arrow)}[kind]


def _numpy_moments(frame: pd.DataFrame, arm: str) -> Moments:
    return Moments.from_rows(frame.loc[frame["arm"] == arm, COLUMNS].to_numpy(float), COLUMNS)


def _assert_same(ours: Moments, expected: Moments) -> None:
    assert (ours.columns, ours.n) == (expected.columns, expected.n)
    np.testing.assert_allclose(ours.mean, expected.mean, rtol=1e-12)
    np.testing.assert_allclose(ours.covariance, expected.covariance, rtol=1e-11)


@pytest.mark.parametrize("kind", ["pandas", "arrow", "memtable", "duckdb"])
def test_every_kind_of_table_gives_numpys_moments(frame: pd.DataFrame, kind: str) -> None:
    treated, held = collect_moments(_as_table(frame, kind), COLUMNS)
    _assert_same(treated, _numpy_moments(frame, "treatment"))
    _assert_same(held, _numpy_moments(frame, "holdout"))


@pytest.mark.parametrize("kind", ["pandas", "duckdb"])
def test_row_order_does_not_matter(frame: pd.DataFrame, kind: str) -> None:
    shuffled = frame.sample(frac=1.0, random_state=np.random.default_rng(12))
    treated, held = collect_moments(_as_table(shuffled, kind), COLUMNS)
    _assert_same(treated, _numpy_moments(frame, "treatment"))
    _assert_same(held, _numpy_moments(frame, "holdout"))


@pytest.mark.parametrize(("treatment", "holdout"), [(1, 0), (True, False), ("a", "b")])
def test_arms_may_be_named_by_any_value(
    frame: pd.DataFrame, treatment: object, holdout: object
) -> None:
    two = frame[frame["arm"] != "left out"]
    arm = [treatment if name == "treatment" else holdout for name in two["arm"]]
    treated, held = collect_moments(
        two.assign(variant=arm), COLUMNS, arm="variant", treatment=treatment, holdout=holdout
    )
    _assert_same(treated, _numpy_moments(frame, "treatment"))
    _assert_same(held, _numpy_moments(frame, "holdout"))


def test_the_engine_keeps_a_large_offset(frame: pd.DataFrame) -> None:
    """Amounts near 1e9 with a spread near 1e2: a sum of squares would keep no digit of it."""
    far = frame.assign(spend=frame["spend"] + 1e9)
    near_lift = compare(*collect_moments(frame, ["spend", "orders"]), covariates=["orders"])
    far_lift = compare(*collect_moments(far, ["spend", "orders"]), covariates=["orders"])
    # A float64 near 1e9 resolves 1.2e-7; a mean of 100 to 300 of them gathers a few units.
    assert far_lift.absolute_lift == pytest.approx(near_lift.absolute_lift, abs=1e-5)
    assert far_lift.standard_error == pytest.approx(near_lift.standard_error, rel=1e-6)


def test_decimals_and_small_integers_do_not_overflow() -> None:
    """Sums of tiny integers or decimals are taken in float64."""
    schema = ibis.schema({"arm": "string", "points": "int8", "price": "decimal(5, 2)"})
    rows = [("treatment", 127, "999.99"), ("treatment", 126, "999.97")] * 300
    rows += [("holdout", 127, "999.99"), ("holdout", 125, "999.95")] * 300
    arrow = pa.table(
        {
            "arm": [row[0] for row in rows],
            "points": pa.array([row[1] for row in rows], pa.int8()),
            "price": pa.array([row[2] for row in rows]).cast(pa.decimal128(5, 2)),
        }
    )
    treated, held = collect_moments(ibis.memtable(arrow, schema=schema), ["points", "price"])
    np.testing.assert_allclose(treated.mean, [126.5, 999.98])
    np.testing.assert_allclose(held.mean, [126.0, 999.97])
    # 600 rows, half at +d and half at -d of the mean: variance d^2 n / (n - 1).
    np.testing.assert_allclose(
        np.diag(treated.covariance), np.array([0.5, 0.01]) ** 2 * 600 / 599, rtol=1e-9
    )


@pytest.mark.parametrize("bad", [None, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["pandas", "arrow", "duckdb"])
def test_unusable_values_are_refused_with_their_count(
    frame: pd.DataFrame, kind: str, bad: float | None
) -> None:
    spoilt = frame.copy()
    rows = spoilt.index[spoilt["arm"] == "holdout"][:2]
    spoilt.loc[rows, "spend"] = bad
    with pytest.raises(DataError, match="spend is null, NaN or infinite in 2 rows of arm"):
        collect_moments(_as_table(spoilt, kind), COLUMNS)


def test_unusable_values_of_customers_in_no_arm_do_not_matter(frame: pd.DataFrame) -> None:
    spoilt = frame.copy()
    spoilt.loc[spoilt["arm"] == "left out", "spend"] = np.nan
    treated, _ = collect_moments(spoilt, COLUMNS)
    _assert_same(treated, _numpy_moments(frame, "treatment"))


def test_a_null_arm_is_refused(frame: pd.DataFrame) -> None:
    spoilt = frame.copy()
    spoilt.loc[:2, "arm"] = None
    with pytest.raises(DataError, match="arm is null in 3 rows"):
        collect_moments(spoilt, COLUMNS)


def test_an_empty_arm_is_refused_and_the_arms_there_are_named(frame: pd.DataFrame) -> None:
    with pytest.raises(NotEstimableError, match=r"no row has arm = 'control'.*'treatment'"):
        collect_moments(frame, COLUMNS, holdout="control")


def test_missing_and_textual_columns_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"no column \['sales'\]: the table has \['arm'"):
        collect_moments(frame, ["sales"])
    with pytest.raises(DataError, match="town is string: a number"):
        collect_moments(frame.assign(town="north"), ["town"])
    with pytest.raises(DataError, match="a table of type list cannot be read"):
        collect_moments([1, 2], ["spend"])  # type: ignore[arg-type]


def test_the_moments_of_groups_merge_to_those_of_all() -> None:
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(
        {
            "arm": rng.choice(["treatment", "holdout"], 60),
            "stratum": rng.choice(["north", "south", None], 60),
            "spend": rng.gamma(1.0, 10.0, 60),
        }
    )
    groups = collect_moments_by(rows, ["spend"], "stratum")
    assert list(groups) == ["north", "south", None]
    for index, whole in enumerate(collect_moments(rows, ["spend"])):
        parts = [arms[index] for arms in groups.values()]
        merged = reduce(lambda a, b: a.merge(b), [part for part in parts if part is not None])
        assert merged.n == whole.n
        np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-12)
        np.testing.assert_allclose(merged.covariance, whole.covariance, rtol=1e-12)


def test_an_arm_without_rows_in_a_group_is_none() -> None:
    rows = pd.DataFrame({"arm": ["treatment"], "stratum": ["north"], "spend": [1.0]})
    treated, held = collect_moments_by(rows, ["spend"], "stratum")["north"]
    assert treated is not None and treated.n == 1 and held is None


def test_nan_is_no_group_and_no_arm_of_its_own() -> None:
    """Arrow keeps NaN apart from null; a number that is neither would pass for a fifth region."""
    rows = pa.table(
        {
            "arm": ["treatment", "holdout"] * 3,
            "region": pa.array([1.0, 1.0, np.nan, np.nan, None, None]),
            "spend": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        }
    )
    groups = collect_moments_by(rows, ["spend"], "region")
    assert list(groups) == [1.0, None]
    assert [arm.n for arm in groups[None] if arm is not None] == [2, 2]
    spoilt = rows.set_column(0, "arm", pa.array([1.0, 0.0, np.nan, 1.0, 0.0, 1.0]))
    with pytest.raises(DataError, match="arm is null in 1 rows"):
        collect_moments(spoilt, ["spend"], treatment=1.0, holdout=0.0)


def test_groups_that_are_lists_are_refused() -> None:
    rows = pa.table({"arm": ["treatment"], "region": [[1]], "spend": [1.0]})
    with pytest.raises(DataError, match="groups need a text, a number or a date"):
        collect_moments_by(rows, ["spend"], "region")
    with pytest.raises(DataError, match="no column 'town'"):
        collect_moments_by(rows, ["spend"], "town")
