from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from smsroi_models.attribution.campaigns import read_campaign, read_locale
from smsroi_models.store.absent import REQUIRED, missing_tables
from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import open_store
from smsroi_models.store.tables import TABLES
from smsroi_models.store.write import write_store

Frames = dict[str, pd.DataFrame]


def _put(frame: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    """Return the frame with one value replaced, the column's type kept where it can be."""
    values = frame[column].tolist() if column in frame else [None] * len(frame)
    values[row] = value
    return frame.assign(**{column: values})


def _repeat(frame: pd.DataFrame, row: int, **changes: object) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[[row]].assign(**changes)], ignore_index=True)


def _around(frames: Frames, table: str) -> Frames:
    """Return the table with those that its rules look at and those that a report needs."""
    contract = TABLES[table]
    looked_at = {c.references for c in contract.columns} | {
        order.other_table for order in contract.not_before
    }
    if table == "messages":
        looked_at.add("assignments")
    return {n: f for n, f in frames.items() if n in {table, *REQUIRED, *looked_at}}


def test_a_valid_store_has_no_findings_in_any_format(any_store):
    assert check_store(any_store) == ()


_BEFORE = pd.Timestamp("2020-01-01", tz="UTC")
# One broken value each: table, row, column, value, then the rule, severity and example it gives.
_BROKEN_VALUES = [
    ("orders", 1, "customer_id", None, "null", "error", "O2"),
    ("messages", 0, "message_id", "", "null", "error", ""),
    ("orders", 1, "ordered_at", pd.NaT, "null", "error", "O2"),
    ("orders", 1, "revenue", None, "null", "error", "O2"),
    ("orders", 1, "revenue", -0.01, "negative money", "error", "O2"),
    ("orders", 0, "discount", -1.0, "negative money", "error", "O1"),
    ("orders", 0, "cost_of_goods", -1.0, "negative money", "error", "O1"),
    ("messages", 0, "price", -1.0, "negative money", "error", "M1"),
    ("costs", 0, "amount", -1.0, "negative money", "error", "SPRING / creative"),
    ("orders", 1, "revenue", float("inf"), "not finite", "error", "O2"),
    ("orders", 1, "revenue", float("-inf"), "not finite", "error", "O2"),
    ("campaigns", 0, "margin_rate", -0.1, "out of range", "error", "SPRING"),
    ("campaigns", 0, "margin_rate", 1.1, "out of range", "error", "SPRING"),
    ("campaigns", 1, "window_days", 0, "out of range", "error", "SUMMER"),
    ("messages", 1, "segments", -1, "out of range", "error", "M2"),
    ("clicks", 0, "clicks", -1, "out of range", "error", "K1"),
    ("calls", 0, "duration_seconds", -1.0, "out of range", "error", "A1"),
    ("coupons", 0, "discount", 1.5, "out of range", "error", "TEN"),
    ("assignments", 0, "arm", "control", "unknown value", "error", "SPRING / C1"),
    ("messages", 0, "status", "Delivered", "unknown value", "error", "M1"),
    ("replies", 0, "intent", "yes", "unknown value", "error", "R1"),
    ("orders", 1, "customer_id", "C9", "dangling reference", "error", "O2"),
    ("customers", 0, "referrer_id", "C9", "dangling reference", "error", "C1"),
    ("clicks", 0, "link_id", "L9", "dangling reference", "error", "K1"),
    ("events", 0, "order_id", "O9", "dangling reference", "error", "E1"),
    ("calls", 0, "number_id", "N9", "dangling reference", "error", "A1"),
    ("messages", 0, "sent_at", _BEFORE, "time order", "error", "M1"),
    ("orders", 0, "ordered_at", _BEFORE, "time order", "warning", "O1"),
    ("responses", 0, "responded_at", _BEFORE, "time order", "error", "P1"),
    ("responses", 0, "score", 10.5, "off scale", "error", "P1"),
    ("responses", 1, "score", -1.0, "off scale", "error", "P2"),
    ("campaigns", 1, "currency", "EUR", "mixed currencies", "error", "SPRING"),
    ("coupons", 0, "code", "ten", "lower case", "warning", "ten"),
    ("orders", 0, "coupon_code", "ten", "lower case", "warning", "O1"),
    ("messages", 0, "customer_id", "C2", "text to holdout", "warning", "M1"),
    ("assignments", 1, "assigned_at", _BEFORE, "time order", "warning", "SPRING / C2"),
    ("plans", 0, "campaign_id", "WINTER", "dangling reference", "error", "WINTER"),
    ("plans", 0, "treatment_share", 1.2, "out of range", "error", "SPRING"),
    ("plans", 0, "n_holdout", -1, "out of range", "error", "SPRING"),
    ("plans", 1, "record", "{ }", "changed record", "error", "SUMMER"),
    ("plans", 1, "sha256", "0" * 64, "changed record", "error", "SUMMER"),
]


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "rule", "severity", "example"), _BROKEN_VALUES
)
def test_one_broken_value_is_one_finding(
    opened, frames, table, row, column, value, rule, severity, example
):
    frames[table] = _put(frames[table], row, column, value)
    (finding,) = check_store(opened(_around(frames, table)))
    assert (finding.table, finding.rule, finding.severity) == (table, rule, severity)
    assert (finding.count, finding.example) == (2 if rule == "mixed currencies" else 1, example)
    assert finding.message.startswith(f"{table}: ") and finding.message.endswith(".")
    assert finding.remedy.endswith(".")


def test_nan_is_not_finite_where_it_is_not_null(tmp_path):
    sql = "COPY (SELECT 'S' campaign_id, 'other' cost_type, 'nan'::DOUBLE amount) TO '{}'"
    _copy(tmp_path, sql, "costs")
    with open_store(tmp_path) as store:
        assert [f.rule for f in check_store(store) if f.table == "costs"] == ["not finite"]


def _copy(folder: Path, sql: str, name: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(sql.format(folder / f"{name}.parquet"))


def test_many_breaches_are_counted_and_the_smallest_key_is_shown(opened, frames):
    frames["orders"] = frames["orders"].assign(revenue=[-1.0, -2.0])
    (finding,) = check_store(opened(_around(frames, "orders")))
    assert (finding.count, finding.example) == (2, "O1")
    assert finding.message == ("orders: revenue is negative (2 rows, for example order_id O1).")


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.key])
def test_repeated_keys_are_found_in_every_table(opened, frames, name):
    frames[name] = _repeat(_repeat(frames[name], 0), 0)
    (finding,) = check_store(opened(_around(frames, name)))
    assert (finding.table, finding.rule, finding.severity) == (name, "duplicate key", "error")
    assert finding.count == 2
    assert finding.example.startswith(str(frames[name][TABLES[name].key[0]].iloc[0]))


def test_a_plan_before_its_draw_has_no_counts(opened, frames):
    undrawn = frames["plans"].astype({"n_treatment": "Int64", "n_holdout": "Int64"})
    undrawn.loc[0, ["n_treatment", "n_holdout"]] = pd.NA
    frames["plans"] = undrawn
    assert check_store(opened(_around(frames, "plans"))) == ()


def test_the_plan_of_an_assignment_is_no_unknown_table(tmp_path, frames):
    _write_csv(tmp_path / "s", frames)
    (tmp_path / "s" / "plan.json").write_text("{}")
    with open_store(tmp_path / "s") as store:
        assert check_store(store) == ()


def test_costs_may_repeat(opened, frames):
    assert frames["costs"].duplicated().any()
    assert check_store(opened(_around(frames, "costs"))) == ()


def test_both_arms_is_not_a_plain_duplicate(opened, frames):
    frames["assignments"] = _repeat(frames["assignments"], 0, arm="holdout")
    found = {f.rule: f for f in check_store(opened(_around(frames, "messages")))}
    assert set(found) == {"both arms", "text to holdout"}
    assert (found["both arms"].count, found["both arms"].example) == (1, "SPRING / C1")
    assert found["both arms"].severity == "error"


def test_one_customer_in_different_arms_of_different_campaigns_is_fine(frames):
    arms = frames["assignments"].groupby("customer_id").arm.nunique()
    assert arms["C1"] == 2  # the valid store holds such a customer


def test_currency_is_three_capitals(opened, frames):
    frames["campaigns"] = frames["campaigns"].assign(currency="usd")
    (finding,) = check_store(opened(_around(frames, "campaigns")))
    assert (finding.rule, finding.count) == ("unknown currency", 2)


def test_scale_order(opened, frames):
    frames["surveys"] = frames["surveys"].assign(scale_min=10.0)
    rules = {(f.table, f.rule) for f in check_store(opened(_around(frames, "responses")))}
    assert rules == {("surveys", "scale order"), ("responses", "off scale")}


def test_missing_columns(opened, frames):
    frames["orders"] = frames["orders"].rename(columns={"revenue": "Revenue"})
    frames["campaigns"] = frames["campaigns"].drop(columns="message")
    (finding,) = check_store(opened(_around(frames, "orders")))
    assert (finding.rule, finding.severity, finding.count) == ("missing column", "error", 2)
    assert finding.remedy == "Rename 'Revenue' to revenue."


def test_a_missing_key_column_stops_no_other_rule(opened, frames):
    orders = frames["orders"].drop(columns="order_id")
    frames["orders"] = orders.assign(revenue=-1.0)
    rules = [(f.rule, f.example) for f in check_store(opened(_around(frames, "orders")))]
    assert rules == [("missing column", None), ("negative money", "(null)")]


def test_a_misspelt_nullable_column_is_a_warning(opened, frames):
    frames["orders"] = frames["orders"].rename(columns={"coupon_code": "couponcode"})
    (finding,) = check_store(opened(_around(frames, "orders")))
    assert (finding.rule, finding.severity) == ("missing column", "warning")


@pytest.mark.parametrize(
    ("table", "column", "values", "rule"),
    [
        ("orders", "revenue", ["18.0", "3.0"], "mistyped column"),
        ("campaigns", "window_days", [28.0, 14.5], "mistyped column"),
        ("calls", "answered", [1], "mistyped column"),
        ("calls", "call_id", [17], "mistyped column"),
        ("clicks", "clicked_at", ["2024-03-01T09:05:00Z"], "mistyped column"),
        ("clicks", "clicked_at", pd.to_datetime(["2024-03-01"]), "time without zone"),
    ],
)
def test_mistyped_columns(opened, frames, table, column, values, rule):
    frames[table] = frames[table].assign(**{column: values})
    store = opened(_around(frames, table))
    (finding,) = check_store(store)
    assert (finding.table, finding.rule, finding.severity) == (table, rule, "error")
    assert finding.count == len(values) and column in finding.message
    assert store[table].count().execute() == len(values)


def test_a_column_of_nulls_may_have_any_type(opened, frames):
    # pandas writes a column of nothing but None as Parquet's null type, read as integers.
    store = opened(_around(frames, "assignments"))
    assert not store.raw("assignments").stratum.type().is_string()
    assert check_store(store) == ()


def test_whole_numbers_are_money(opened, frames):
    frames["orders"] = frames["orders"].assign(revenue=np.array([18, 1], dtype="int32"))
    assert check_store(opened(_around(frames, "orders"))) == ()


def test_csv_values_that_cannot_be_read(tmp_path, frames):
    _write_csv(tmp_path / "s", frames)
    (tmp_path / "s" / "clicks.csv").write_text(
        "click_id,link_id,clicked_at,clicks\n"
        "K1,L1,2024-03-01T09:05:00,1\nK2,L1,2024-03-01,1\nK3,L1,soon,1\nK4,L1,,1.5\n"
    )
    with open_store(tmp_path / "s") as store:
        found = {f.rule: (f.severity, f.count, f.example) for f in check_store(store)}
        unread = [f.message for f in check_store(store) if f.rule == "unreadable value"]
    assert found["time without zone"] == ("error", 2, "K1")
    assert found["null"] == ("error", 1, "K4")
    assert [m.split(" (")[0] for m in unread] == [
        "clicks: clicked_at cannot be read",
        "clicks: clicks cannot be read",
    ]


def _write_csv(folder: Path, frames: Frames) -> None:
    folder.mkdir()
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)


def test_csv_with_a_ragged_row_is_a_finding(tmp_path, frames):
    _write_csv(tmp_path / "s", frames)
    with (tmp_path / "s" / "costs.csv").open("a") as file:
        file.write("SPRING\n")
    with open_store(tmp_path / "s") as store:
        (finding,) = check_store(store)
    assert (finding.table, finding.rule, finding.severity) == ("costs", "unreadable table", "error")


@pytest.mark.parametrize(
    "value", ["+1 202 555 0142", "+12025550142", "202-555-0142", "(202) 555-0142", "555-0142"]
)
def test_telephone_numbers_are_no_customer_ids(opened, frames, value):
    _rename_customer(frames, value)
    (finding,) = check_store(opened(_around(frames, "customers")))
    assert (finding.table, finding.rule, finding.severity) == ("customers", "personal id", "error")
    assert finding.example == "***42" and value not in finding.message


def _rename_customer(frames: Frames, value: str) -> None:
    for name, frame in frames.items():
        for column in ("customer_id", "referrer_id"):
            if column in frame:
                frames[name] = frame = frame.assign(**{column: frame[column].replace("C3", value)})


def test_an_e_mail_address_is_no_id(opened, frames):
    _rename_customer(frames, "someone@shop.example")
    (finding,) = check_store(opened(_around(frames, "customers")))
    assert finding.rule == "personal id" and "someone" not in repr(finding)


def test_addresses_are_masked_in_every_rule(opened, frames):
    _rename_customer(frames, "someone@shop.example")
    frames["assignments"] = _put(frames["assignments"], 3, "arm", "odd")
    assert "someone" not in repr(check_store(opened(_around(frames, "assignments"))))


def test_bare_digits_that_could_be_dialled(opened, frames):
    _rename_customer(frames, "12025550142")
    (finding,) = check_store(opened(_around(frames, "customers")))
    assert (finding.rule, finding.severity) == ("personal id", "error")
    customers = _repeat(frames["customers"], 0, customer_id="1000000001")
    frames["customers"] = customers
    (finding,) = check_store(opened(_around(frames, "customers")))
    assert (finding.rule, finding.severity) == ("possible telephone number", "warning")
    assert finding.example == "***42"


def test_without_customers_the_references_are_judged(opened, frames):
    frames.pop("customers")
    _rename_customer(frames, "+12025550142")
    found = {(f.table, f.rule) for f in check_store(opened(frames))}
    assert ("orders", "personal id") in found and ("assignments", "personal id") in found


def test_a_number_of_a_call_is_an_id(opened, frames):
    for name in ("numbers", "calls"):
        frames[name] = frames[name].assign(number_id="+12025550142")
    (finding,) = check_store(opened(_around(frames, "calls")))
    assert (finding.table, finding.rule) == ("numbers", "personal id")


def test_names_that_are_no_table_are_warnings(tmp_path, frames):
    _write_csv(tmp_path / "s", frames)
    for name in ("mesages.csv", "notes.md", ".hidden", "_SUCCESS", "weather.json"):
        (tmp_path / "s" / name).write_text("a\n1\n")
    with open_store(tmp_path / "s") as store:
        found = check_store(store)
    assert [(f.table, f.rule, f.severity) for f in found] == [
        ("mesages.csv", "unknown table", "warning"),
        ("weather.json", "unknown table", "warning"),
    ]
    assert found[0].remedy == "Rename it if it is meant to be messages."


def test_a_report_needs_three_tables_and_no_more(opened, frames):
    needed = ("campaigns", "assignments", "orders")
    assert check_store(opened({name: frames[name] for name in needed})) == ()
    found = check_store(opened({"costs": frames["costs"]}))
    assert [(f.table, f.rule, f.severity) for f in found] == [
        (name, "missing table", "error") for name in needed
    ]


def test_empty_tables(opened, frames):
    frames["assignments"] = frames["assignments"].iloc[:0]
    (first, *_) = [f for f in check_store(opened(frames)) if f.table == "assignments"]
    assert (first.rule, first.severity) == ("empty table", "warning")


def test_missing_tables_say_what_cannot_be_told(opened, frames):
    for absent in TABLES:
        kept = {name: frame for name, frame in frames.items() if name != absent}
        (told,) = missing_tables(opened(kept)).items()
        assert told[0] == absent and told[1].startswith(f"Without {absent}, ")
    assert missing_tables(opened(frames)) == {}


def test_without_any_cost_roi_cannot_be_told(opened, frames):
    del frames["messages"], frames["costs"]
    told = missing_tables(opened(frames))
    assert all("ROI, cannot be told" in told[name] for name in ("messages", "costs"))


def test_each_table_is_held_against_its_contract_in_one_query(any_store):
    # The engine's own log counts what was really run.
    any_store.connection.raw_sql("CALL enable_logging('QueryLog')")
    check_store(any_store)
    any_store.connection.raw_sql("CALL disable_logging()")
    logged = any_store.connection.raw_sql(
        "SELECT message FROM duckdb_logs WHERE type = 'QueryLog'"
    ).fetchall()
    asked = [text for (text,) in logged if text.startswith("SELECT") and "duckdb_logs" not in text]
    assert len(logged) - 1 == len(asked) == len(TABLES)


@pytest.mark.parametrize(
    ("locales", "rule", "count"),
    [
        (["German", "German"], "unknown locale", 2),
        (["de_DE", None], "unknown locale", 1),
        (["xx-DE", "xx-DE"], "unknown locale", 2),
        (["de-DE", "en-GB"], "mixed locales", 2),
    ],
)
def test_a_locale_is_known_and_is_one(opened, frames, tmp_path, locales, rule, count):
    folder = write_store(_around(frames, "campaigns"), tmp_path / "shop")
    frames["campaigns"].assign(locale=locales).to_parquet(folder / "campaigns.parquet")
    with open_store(folder) as store:
        (finding,) = check_store(store)
    assert (finding.rule, finding.severity, finding.count) == (rule, "error", count)


def test_one_campaign_names_the_locale_of_the_store_and_none_the_default(opened, frames):
    assert read_locale(opened(frames)) == "en-US"
    frames["campaigns"] = frames["campaigns"].assign(locale=["de-DE", None])
    store = opened(frames)
    assert check_store(store) == () and read_locale(store) == "de-DE"
    assert read_campaign(store, "SUMMER").locale == "de-DE"
    del frames["campaigns"]
    assert read_locale(opened(frames)) == "en-US"
