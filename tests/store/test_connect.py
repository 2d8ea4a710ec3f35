import hashlib
import os
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from smsroi_models.errors import ParameterError, StoreError
from smsroi_models.store.connect import open_store
from smsroi_models.store.tables import TABLES
from smsroi_models.store.write import write_store


def _bytes(root: Path) -> dict[str, str]:
    files = [root] if root.is_file() else [p for p in root.rglob("*") if p.is_file()]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_each_format_gives_the_same_typed_tables(any_store, frames):
    assert any_store.names == tuple(TABLES)
    for name, table in TABLES.items():
        found = any_store[name]
        assert list(found.columns) == [c.name for c in table.columns]
        assert [str(t) for t in found.schema().types] == [c.dtype for c in table.columns]
        wanted = frames[name].reindex(columns=found.columns)
        for row, expected in zip(
            found.to_pyarrow().to_pylist(), wanted.to_dict("records"), strict=True
        ):
            plain = {k: None if pd.isna(v) else v for k, v in expected.items()}
            assert row == plain


def test_absent_nullable_columns_are_typed_nulls(opened, frames):
    store = opened({"orders": frames["orders"].drop(columns=["cost_of_goods", "coupon_code"])})
    orders = store["orders"]
    assert str(orders.cost_of_goods.type()) == "float64"
    assert orders.cost_of_goods.count().execute() == 0


def test_additional_columns_are_left_out_and_raw_keeps_them(opened, frames):
    store = opened({"orders": frames["orders"].assign(colour="red")})
    assert "colour" not in store["orders"].columns
    assert "colour" in store.raw("orders").columns


def test_a_table_without_a_required_column_names_it_when_it_is_read(opened, frames):
    store = opened({"orders": frames["orders"].drop(columns=["revenue", "discount"])})
    with pytest.raises(StoreError, match="'revenue', 'discount'"):
        store["orders"]


def test_an_absent_table_is_named(opened, frames):
    store = opened({"orders": frames["orders"]})
    assert "costs" not in store and store.names == ("orders",)
    with pytest.raises(StoreError, match="did not bring it"):
        store["costs"]
    with pytest.raises(StoreError, match="'orders' meant"):
        store["order"]


def test_database_types_that_need_no_guess_are_cast(tmp_path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TYPE arm AS ENUM ('treatment', 'holdout')")
        connection.execute(
            "CREATE TABLE assignments AS SELECT 'S' AS campaign_id, uuid() AS customer_id, "
            "'holdout'::arm AS arm, TIMESTAMPTZ '2024-01-01 00:00:00Z' AS assigned_at"
        )
        connection.execute(
            "CREATE TABLE costs AS SELECT 'S' AS campaign_id, 'other' AS cost_type, "
            "1.25::DECIMAL(10, 2) AS amount UNION ALL SELECT 'S', 'other', 2::TINYINT"
        )
    with open_store(path) as store:
        assert store["assignments"].arm.execute().tolist() == ["holdout"]
        assert str(store["assignments"].customer_id.type()) == "string"
        assert store["costs"].amount.execute().tolist() == [1.25, 2.0]


def test_another_zone_is_the_same_instant(opened, frames):
    local = frames["orders"].assign(
        ordered_at=frames["orders"].ordered_at.dt.tz_convert("Asia/Kolkata")
    )
    found = opened({"orders": local})["orders"].execute()
    assert str(found.ordered_at.dtype) == "datetime64[us, UTC]"
    assert found.ordered_at.tolist() == frames["orders"].ordered_at.tolist()


def test_categorical_text_is_text(opened, frames):
    arms = frames["assignments"].assign(arm=frames["assignments"].arm.astype("category"))
    assert opened({"assignments": arms})["assignments"].arm.nunique().execute() == 2


def test_csv_offsets_and_empty_text_and_quoted_newlines(tmp_path):
    (tmp_path / "orders.csv").write_bytes(
        "\ufefforder_id,customer_id,ordered_at,revenue,discount,coupon_code\r\n"
        '"O\n1",C1,2024-03-01 05:30:00+05:30,12.5,0,""\r\n'
        "O2,C1,2024-03-01T00:00:00Z,1e1,0,\r\n".encode()
    )
    with open_store(tmp_path) as store:
        found = store["orders"].execute()
    assert found.order_id.tolist() == ["O\n1", "O2"]
    assert found.ordered_at.tolist() == [pd.Timestamp("2024-03-01", tz="UTC")] * 2
    assert found.revenue.tolist() == [12.5, 10.0]
    assert found.coupon_code.isna().all()


def test_csv_values_that_cannot_be_read_are_null_not_guessed(tmp_path):
    (tmp_path / "clicks.csv").write_text(
        "click_id,link_id,clicked_at,clicks\n"
        "K1,L1,2024-03-01T00:00:00,1.5\nK2,L1,2024-03-05,2.0\nK3,L1,soon,many\n"
    )
    with open_store(tmp_path) as store:
        rows = store["clicks"].to_pyarrow().to_pylist()
    assert [row["clicked_at"] for row in rows] == [None, None, None]
    assert [row["clicks"] for row in rows] == [None, 2, None]


def test_a_folder_of_parts_is_one_table(tmp_path, frames):
    folder = tmp_path / "orders"
    folder.mkdir()
    frames["orders"].iloc[:1].to_parquet(folder / "1.parquet")
    frames["orders"].iloc[1:].drop(columns="coupon_code").to_parquet(folder / "2.parquet")
    with open_store(tmp_path) as store:
        assert store["orders"].order_id.execute().tolist() == ["O1", "O2"]


@pytest.mark.parametrize("kind", ["csv", "parquet", "duckdb"])
def test_hostile_paths_are_only_paths(tmp_path, kind, frames):
    root = tmp_path / 'it\'s *[a] "b"; DROP TABLE x -- c=d'
    root.mkdir()
    if kind == "duckdb":
        root = write_store({"costs": frames["costs"]}, root / "o'clock.duckdb")
    elif kind == "csv":
        frames["costs"].assign(**{"it's \"x": 1}).to_csv(root / "costs.csv", index=False)
    else:
        write_store({"costs": frames["costs"]}, root)
    with open_store(root) as store:
        assert store["costs"].count().execute() == 2
        assert "c" not in store.raw("costs").columns


def test_urls(tmp_path, frames):
    path = write_store({"costs": frames["costs"]}, tmp_path / "a b.duckdb")
    for url in (f"duckdb://{path}", f"file://{str(path).replace(' ', '%20')}"):
        with open_store(url) as store:
            assert store.url == url and store.names == ("costs",)


def test_other_schemes_are_refused_without_repeating_the_password():
    with pytest.raises(StoreError, match=r"postgres.*not supported yet") as caught:
        open_store("postgres://user:secret@host/base")
    assert "secret" not in str(caught.value)


def test_an_absent_path_is_named(tmp_path):
    with pytest.raises(StoreError, match="no such file or folder"):
        open_store(tmp_path / "nowhere")


def test_a_folder_without_tables_lists_what_is_there(tmp_path):
    (tmp_path / "Order.csv").write_text("order_id\n1\n")
    with pytest.raises(StoreError, match=r"'Order.csv'.*campaigns, plans.*meant to be 'orders'"):
        open_store(tmp_path)


def test_a_database_without_tables_lists_what_is_there(tmp_path):
    path = tmp_path / "x.db"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE custmers (a INT)")
    with pytest.raises(StoreError, match="meant to be 'customers'"):
        open_store(path)


def test_one_table_in_two_formats_is_refused(tmp_path, frames):
    write_store({"costs": frames["costs"]}, tmp_path / "s")
    frames["costs"].to_csv(tmp_path / "s" / "costs.csv")
    with pytest.raises(StoreError, match=r"'costs.parquet' and 'costs.csv'"):
        open_store(tmp_path / "s")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("orders.parquet", b"not parquet", "cannot be read"),
        ("orders.csv", b"", "is empty"),
        ("orders.csv", b"a,a\n1,2\n", "twice"),
        ("orders.csv", b"\xff\xfe\x00", "UTF-8"),
    ],
)
def test_unreadable_files_are_named(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StoreError, match=says) as caught:
        open_store(tmp_path)
    assert name in str(caught.value)


def test_broken_and_foreign_files_are_refused(tmp_path, frames):
    path = write_store({"costs": frames["costs"]}, tmp_path / "x.duckdb")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(StoreError, match="cannot be read"):
        open_store(path)
    foreign = tmp_path / "orders.parquet"
    frames["orders"].to_parquet(foreign)
    with pytest.raises(StoreError, match="not a DuckDB file"):
        open_store(foreign)
    (tmp_path / "s" / "costs").mkdir(parents=True)
    with pytest.raises(StoreError, match="no Parquet file"):
        open_store(tmp_path / "s")


def test_nothing_writes_to_the_source(any_store, tmp_path):
    root = next(p for p in tmp_path.iterdir())
    before = _bytes(root)
    with pytest.raises(duckdb.Error):
        any_store.connection.raw_sql("INSERT INTO costs VALUES ('a', 'other', 1)")
    any_store.connection.create_table("scratch", any_store["costs"])
    any_store.connection.drop_view("costs")
    assert _bytes(root) == before


def test_the_attached_file_refuses_to_be_written(tmp_path, frames):
    path = write_store({"costs": frames["costs"]}, tmp_path / "x.duckdb")
    before = _bytes(path)
    with open_store(path) as store:
        for sql in (
            "DELETE FROM source.main.costs",
            "DROP TABLE source.main.costs",
            "CREATE TABLE source.main.mine (a INT)",
        ):
            with pytest.raises(duckdb.Error, match="read-only"):
                store.connection.raw_sql(sql)
    assert _bytes(path) == before


def test_the_session_reaches_no_file_but_the_stores(any_store, tmp_path):
    root = next(p for p in tmp_path.iterdir())
    before = _bytes(root)
    (tmp_path / "other.csv").write_text("a\n1\n")
    own = root if root.is_file() else sorted(root.iterdir())[0]
    for sql in (
        f"COPY (SELECT 1 AS a) TO '{own}'",
        f"COPY (SELECT 1 AS a) TO '{tmp_path / 'new.csv'}'",
        f"SELECT * FROM read_csv('{tmp_path / 'other.csv'}')",
    ):
        with pytest.raises(duckdb.Error, match="disabled"):
            any_store.connection.raw_sql(sql)
    assert _bytes(root) == before and not (tmp_path / "new.csv").exists()


def test_two_readers_open_one_file(tmp_path, frames):
    path = write_store({"costs": frames["costs"]}, tmp_path / "x.duckdb")
    with open_store(path) as one, open_store(path) as two:
        assert one["costs"].count().execute() == two["costs"].count().execute() == 2


def test_the_session_is_utc_and_fetches_nothing(any_store):
    sql = "SELECT name, value FROM duckdb_settings() WHERE name IN ({})"
    names = ("TimeZone", "autoinstall_known_extensions", "autoload_known_extensions")
    quoted = ", ".join(f"'{n}'" for n in names)
    found = dict(any_store.connection.raw_sql(sql.format(quoted)).fetchall())
    assert found["TimeZone"] == "UTC"
    assert {found[n] for n in names[1:]} == {"false"}


def test_the_fingerprint_tells_bytes_not_places(any_store, tmp_path):
    root = next(p for p in tmp_path.iterdir())
    first = any_store.fingerprint()
    assert len(first) == 64 and int(first, 16) >= 0
    moved = tmp_path / "elsewhere" / f"other{root.suffix}"
    (shutil.copytree if root.is_dir() else _copy_file)(root, moved)
    for path in moved.rglob("*"):
        os.utime(path, (0, 0))
    with open_store(moved) as store:
        assert store.fingerprint() == first
    part = moved if moved.is_file() else sorted(moved.iterdir())[0]
    changed = bytearray(part.read_bytes())
    changed[-1] ^= 1
    with open_store(moved) as store:
        part.write_bytes(changed)
        assert store.fingerprint() != first


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir()
    shutil.copy(source, target)


def test_the_fingerprint_tells_names(tmp_path, frames):
    one = write_store({"numbers": frames["numbers"]}, tmp_path / "one")
    two = tmp_path / "two" / "numbers"
    two.mkdir(parents=True)
    shutil.copy(one / "numbers.parquet", two / "part.parquet")
    with open_store(one) as first, open_store(tmp_path / "two") as second:
        assert first.fingerprint() != second.fingerprint()


def test_a_closed_store_cannot_be_read(tmp_path, frames):
    path = write_store({"costs": frames["costs"]}, tmp_path / "s")
    with open_store(path) as store:
        costs = store["costs"]
    with pytest.raises(duckdb.Error):
        costs.count().execute()


def test_threads_are_one_or_more(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="threads is 0: name 1 or more"):
        open_store(tmp_path, threads=0)


@pytest.mark.parametrize("way", ["replaced", "written", "removed"])
def test_what_changed_while_it_was_read_has_no_fingerprint(any_store, tmp_path, way):
    root = next(p for p in tmp_path.iterdir())
    assert any_store.fingerprint_as_read() == any_store.fingerprint()
    part = root if root.is_file() else sorted(root.iterdir())[0]
    content = part.read_bytes()
    if way == "replaced":  # as an import does: the same name, another file
        part.rename(tmp_path / "old")
        part.write_bytes(content)
    elif way == "written":
        part.write_bytes(content + b"\n")
    else:
        part.unlink()
    with pytest.raises(StoreError, match="changed while it was read"):
        any_store.fingerprint_as_read()
