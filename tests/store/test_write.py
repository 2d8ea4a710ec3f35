import hashlib
import re

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsroi_models.errors import ParameterError, StoreError
from smsroi_models.store.connect import open_store
from smsroi_models.store.tables import TABLES
from smsroi_models.store.write import write_store


def _digests(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_equal_frames_make_equal_bytes(tmp_path, frames):
    one = write_store(frames, tmp_path / "one")
    reordered = {
        name: frame[frame.columns[::-1]].set_axis(range(5, 5 + len(frame)))
        for name, frame in reversed(frames.items())
    }
    two = write_store(reordered, tmp_path / "two")
    assert set(_digests(one)) == {f"{name}.parquet" for name in TABLES}
    assert _digests(one) == _digests(two)


# Two microsecond-exact instants that every format can hold bound the times.
_TIMES = st.datetimes(pd.Timestamp("1970-01-01"), pd.Timestamp("2100-01-01"))
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
_MONEY = st.floats(allow_nan=False, width=64)
_ORDERS = st.lists(
    st.fixed_dictionaries(
        {
            "order_id": _TEXT,
            "customer_id": _TEXT,
            "ordered_at": _TIMES,
            "revenue": _MONEY,
            "discount": _MONEY,
            "cost_of_goods": st.none() | _MONEY,
            "coupon_code": st.none() | _TEXT,
        }
    ),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=_ORDERS, suffix=st.sampled_from(["", ".duckdb"]))
def test_what_was_written_is_read_again(tmp_path, rows, suffix):
    frame = pd.DataFrame(rows)
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"]).dt.tz_localize("UTC")
    with open_store(write_store({"orders": frame}, tmp_path / f"s{suffix}")) as store:
        found = store["orders"].to_pyarrow().to_pylist()
    for row, was in zip(found, rows, strict=True):
        at = row.pop("ordered_at")
        assert at.replace(tzinfo=None) == was["ordered_at"]
        assert row.pop("source") is None
        assert row == {name: value for name, value in was.items() if name != "ordered_at"}


def test_values_are_cast_to_the_exact_types(tmp_path, frames):
    frame = frames["orders"].assign(
        revenue=np.array([1, 2], dtype="int8"),
        customer_id=pd.Categorical(["C1", "C3"]),
        ordered_at=pd.to_datetime(["2024-01-01T05:30:00.123456789+05:30"] * 2),
        coupon_code=["", None],
        cost_of_goods=[np.nan, 1.0],
    )
    folder = write_store({"orders": frame}, tmp_path / "s")
    with open_store(folder) as store:
        raw = store.raw("orders")
        assert [str(t) for t in raw.schema().types] == [c.dtype for c in TABLES["orders"].columns]
        rows = raw.to_pyarrow().to_pylist()
    assert rows[0]["coupon_code"] is None and rows[0]["cost_of_goods"] is None
    assert rows[0]["ordered_at"].isoformat() == "2024-01-01T00:00:00.123456+00:00"


def test_no_row_is_a_table_too(tmp_path, frames):
    empty = {"orders": frames["orders"].iloc[:0]}
    with open_store(write_store(empty, tmp_path / "s")) as store:
        assert str(store.raw("orders").order_id.type()) == "string"
        assert store["orders"].count().execute() == 0


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("order_id", [1, 2], "ids are text"),
        ("revenue", ["1", "2"], "pandas.to_numeric"),
        ("revenue", [True, False], "pandas.to_numeric"),
        ("ordered_at", pd.to_datetime(["2024-01-01"] * 2), "tz_localize"),
        ("ordered_at", ["2024-01-01T00:00:00Z"] * 2, "tz_localize"),
        ("revnue", [1.0, 2.0], "is 'revenue' meant"),
    ],
)
def test_other_values_are_refused_with_the_remedy(tmp_path, frames, column, values, says):
    with pytest.raises(StoreError, match=re.escape(says)) as caught:
        write_store({"orders": frames["orders"].assign(**{column: values})}, tmp_path / "s")
    assert repr(column) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_locale_that_is_none_is_refused_before_anything_is_written(tmp_path, frames):
    frames["campaigns"] = frames["campaigns"].assign(locale="German")
    with pytest.raises(ParameterError, match=r"locale is 'German': .* for example en-US"):
        write_store(frames, tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


def test_parts_of_a_count_are_refused(tmp_path, frames):
    with pytest.raises(StoreError, match="whole numbers"):
        write_store({"clicks": frames["clicks"].assign(clicks=[1.5])}, tmp_path / "s")


def test_unknown_and_missing_names_are_refused(tmp_path, frames):
    with pytest.raises(StoreError, match="is 'orders' meant"):
        write_store({"order": frames["orders"]}, tmp_path / "s")
    with pytest.raises(StoreError, match="needs the column 'revenue'"):
        write_store({"orders": frames["orders"].drop(columns="revenue")}, tmp_path / "s")
    with pytest.raises(StoreError, match="no table to write"):
        write_store({}, tmp_path / "s")
    twice = frames["orders"][["order_id", *frames["orders"].columns]]
    with pytest.raises(StoreError, match="twice"):
        write_store({"orders": twice}, tmp_path / "s")


@pytest.mark.parametrize("suffix", ["", ".duckdb"])
def test_a_store_is_replaced_whole(tmp_path, frames, suffix):
    path = tmp_path / f"s{suffix}"
    write_store({"orders": frames["orders"], "costs": frames["costs"]}, path)
    write_store({"costs": frames["costs"]}, path)
    with open_store(path) as store:
        assert store.names == ("costs",)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", ["", ".duckdb"])
def test_what_is_not_a_store_is_not_replaced(tmp_path, frames, suffix):
    path = tmp_path / f"s{suffix}"
    if suffix:
        path.write_text("a diary")
    else:
        path.mkdir()
        (path / "diary.txt").write_text("a diary")
    with pytest.raises(StoreError, match="not replaced"):
        write_store({"costs": frames["costs"]}, path)
    diary = path if suffix else path / "diary.txt"
    assert diary.read_text() == "a diary"


def test_a_failed_write_leaves_the_earlier_store(tmp_path, frames):
    path = write_store({"costs": frames["costs"]}, tmp_path / "s")
    before = _digests(path)
    with pytest.raises(StoreError):
        write_store({"costs": frames["costs"], "clicks": frames["costs"]}, path)
    assert _digests(path) == before and list(tmp_path.iterdir()) == [path]


def test_the_database_needs_nothing_of_ours(tmp_path, frames):
    path = write_store({"costs": frames["costs"]}, tmp_path / "s.db")
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute("SELECT sum(amount) FROM costs").fetchone() == (6.0,)
