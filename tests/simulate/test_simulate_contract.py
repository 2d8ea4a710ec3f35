"""Every simulated table keeps the contract of the store, rule by rule of `TABLES`."""

import re

import numpy as np
import pandas as pd
import pytest

from smsroi_models.simulate import Program, simulate_program
from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import open_store
from smsroi_models.store.tables import TABLES, Column
from smsroi_models.store.write import write_store

DTYPES = {
    "text": "str",
    "time": "datetime64[us, UTC]",
    "money": "float64",
    "number": "float64",
    "count": "int64",
    "flag": "bool",
}
COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]


def column_id(value: object) -> str:
    return value.name if hasattr(value, "name") else str(value)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_there_with_its_columns_and_rows(program: Program, name: str) -> None:
    frame = program.tables[name]
    assert list(frame.columns) == [column.name for column in TABLES[name].columns]
    assert len(frame) > 0


def test_the_tables_are_in_their_documented_order(program: Program) -> None:
    assert list(program.tables) == list(TABLES)


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.key])
def test_keys_are_unique(program: Program, name: str) -> None:
    assert not program.tables[name].duplicated(list(TABLES[name].key)).any()


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=column_id)
def test_values_keep_the_rules_of_their_column(program: Program, table, column: Column) -> None:
    values = program.tables[table.name][column.name]
    assert str(values.dtype) == DTYPES[column.kind]
    assert column.nullable or values.notna().all()
    known = values.dropna()
    if column.allowed:
        assert set(known) <= set(column.allowed)
    if column.minimum is not None:
        assert (known >= column.minimum).all()
    if column.maximum is not None:
        assert (known <= column.maximum).all()
    if column.references is not None:
        (key,) = TABLES[column.references].key
        assert known.isin(program.tables[column.references][key]).all()


@pytest.mark.parametrize(
    ("table", "rule"),
    [(table, rule) for table in TABLES.values() for rule in table.not_before],
    ids=lambda value: getattr(value, "name", getattr(value, "column", None)),
)
def test_times_are_in_order(program: Program, table, rule) -> None:
    later = program.tables[table.name].dropna(subset=list(rule.on))
    earlier = program.tables[rule.other_table]
    both = later.merge(earlier, on=list(rule.on), validate="many_to_one")
    assert len(both) == len(later) > 0
    assert (both[rule.column] >= both[rule.other_column]).all()


def test_the_check_of_the_store_finds_nothing(program: Program, tmp_path) -> None:
    store = open_store(write_store(program.tables, tmp_path / "store"))
    assert check_store(store) == ()


@pytest.mark.parametrize("n_customers", [1, 2, 7])
def test_a_handful_of_customers_make_whole_tables(n_customers: int, tmp_path) -> None:
    program = simulate_program(n_customers, 3, np.random.default_rng(3))
    assert set(program.tables) == set(TABLES)
    store = open_store(write_store(program.tables, tmp_path / "store"))
    assert [found for found in check_store(store) if found.severity == "error"] == []


def test_nothing_looks_like_an_address_or_a_telephone_number(program: Program) -> None:
    looks_personal = re.compile(r"@|\+\d{7,}|\(\d{3}\)|\b\d{3}[ -]\d{3}[ -]\d{4}\b")
    for frame in program.tables.values():
        for name in frame.select_dtypes("str"):
            assert not frame[name].dropna().str.contains(looks_personal).any()


def test_people_are_acquired_before_they_are_assigned(program: Program) -> None:
    both = program.tables["assignments"].merge(program.tables["customers"], on="customer_id")
    assert (both["acquired_at"] < both["assigned_at"]).all()


def test_referrers_came_before_those_they_referred(program: Program) -> None:
    customers = program.tables["customers"].dropna(subset="referrer_id")
    joined_at = program.tables["customers"].set_index("customer_id")["acquired_at"]
    assert (joined_at.loc[customers["referrer_id"]].array <= customers["acquired_at"].array).all()


def test_only_the_treatment_arm_is_texted_and_only_once_a_campaign(program: Program) -> None:
    key = ["campaign_id", "customer_id"]
    assigned = program.tables["assignments"]
    treated = assigned.loc[assigned["arm"] == "treatment", key]
    texted = program.tables["messages"][key]
    assert sorted(treated.itertuples(index=False)) == sorted(texted.itertuples(index=False))


def test_nobody_is_assigned_after_opting_out(program: Program) -> None:
    left = program.tables["subscriptions"].query("event == 'opt_out'")
    both = program.tables["assignments"].merge(left, on="customer_id")
    assert (both["occurred_at"] > both["assigned_at"]).all()
    assert len(both) > 0


def test_the_store_goes_on_past_the_last_window(program: Program) -> None:
    campaigns = program.tables["campaigns"]
    ends = campaigns["starts_at"] + pd.to_timedelta(campaigns["window_days"], unit="D")
    assert program.tables["orders"]["ordered_at"].max().floor("D") >= ends.max()
