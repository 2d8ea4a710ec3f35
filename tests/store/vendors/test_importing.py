"""What every import keeps: all or nothing, twice is once, one writer, nobody's number."""

import csv
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from exports import (
    ADA,
    BEN,
    CAT,
    address_id,
    campaigns_store,
    click_event,
    context,
    line_item,
    logged,
    order,
    phone_id,
    reply,
    write_csv,
    write_lines,
)

from smsroi_models.errors import DataError, ParameterError, StoreError
from smsroi_models.store import place
from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import open_store
from smsroi_models.store.pseudonyms import Pseudonyms
from smsroi_models.store.vendors import landing
from smsroi_models.store.vendors.assigned import SMSROI
from smsroi_models.store.vendors.callrail import CALLRAIL
from smsroi_models.store.vendors.importing import import_files
from smsroi_models.store.vendors.shopify import SHOPIFY
from smsroi_models.store.vendors.surveys import TYPEFORM
from smsroi_models.store.vendors.twilio import TWILIO

SPRING = context(campaign_id="SPRING")
RAW = (
    "5550101", "555-0101", "5550102", "5550104", "ada@example.com", "ada%40example.com",
    "Lovelace", "20% off", "rude words", "love it", "ben@example.com",
)  # fmt: skip


def _everything(folder):
    rows = [
        logged("SM1"),
        logged("SM2", To=BEN),
        logged("SM3", To="+1 202"),
        logged("=SM4", Direction="ada@example.com", To=BEN),
        reply("SM5", "Stop please, rude words"),
        reply("SM6", "STOP"),
    ]
    orders = [
        order("#1001"),
        line_item("#1001"),
        order("=cmd()", **{"Subtotal": "ada@example.com"}),
        order("+12025550101", **{"Subtotal": "many"}),
        order("#1003", **{"Email": "ben@example.com", "Billing Phone": BEN}),
    ]
    return (
        [write_csv(folder / "log.csv", rows), write_lines(folder / "c.jsonl", [click_event("E1")])],
        [write_csv(folder / "orders.csv", orders)],
    )


def _bytes(root):
    files = [root] if root.is_file() else [p for p in root.rglob("*") if p.is_file()]
    return {str(p.relative_to(root.parent)): p.read_bytes() for p in sorted(files)}


@pytest.mark.parametrize("name", ["store", "store.duckdb"])
def test_the_same_files_twice_change_nothing(tmp_path, name):
    store = campaigns_store(tmp_path / name)
    texts, orders = _everything(tmp_path)
    first = import_files(TWILIO, texts, store, SPRING)
    import_files(SHOPIFY, orders, store, context())
    before, listed = _bytes(store), Path(first.dropped_file).read_bytes()
    again = import_files(TWILIO, texts, store, SPRING)
    import_files(SHOPIFY, orders, store, context())
    assert _bytes(store) == before
    assert not any(change.any for change in again.tables.values())
    assert Path(again.dropped_file).read_bytes() == listed
    assert (again.read, again.kept, again.dropped) == (first.read, first.kept, first.dropped)
    with open_store(store) as opened:
        assert [f for f in check_store(opened) if f.severity == "error" and f.count] == []
        assert opened.layout.ignored == ()


@pytest.mark.parametrize("name", ["store", "store.duckdb"])
def test_no_raw_value_is_written_anywhere(tmp_path, name, capfd):
    inputs = tmp_path / "in"
    inputs.mkdir()
    store = campaigns_store(tmp_path / "out" / name)
    texts, orders = _everything(inputs)
    done = import_files(TWILIO, texts, store, SPRING)
    also = import_files(SHOPIFY, orders, store, context())
    written = b"".join(p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file())
    plain = [written.decode("latin-1"), str(done), str(also), *capfd.readouterr()]
    with open_store(store) as opened:
        plain += [opened[table].to_pandas().to_csv() for table in opened.names]
    with duckdb.connect() as connection:
        for part in (tmp_path / "out").rglob("_*.parquet"):
            plain.append(str(connection.execute(f"FROM read_parquet('{part}')").fetchall()))
    found = [(raw, text[:40]) for raw in RAW for text in plain if raw.lower() in text.lower()]
    assert found == []


def test_dropped_records_are_listed_masked_and_inert(tmp_path):
    store = campaigns_store(tmp_path / "store")
    _, orders = _everything(tmp_path)
    done = import_files(SHOPIFY, orders, store, context(), tmp_path / "dropped.csv")
    with (tmp_path / "dropped.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["record"], row["id"], row["reason"]) for row in rows] == [
        ("3", "'=cmd()", "Subtotal is no number"),
        ("4", "***", "Subtotal is no number"),
    ]
    assert done.dropped_file == str(tmp_path / "dropped.csv")


class _KilledError(BaseException):
    pass


@pytest.mark.parametrize("name", ["store", "store.duckdb"])
@pytest.mark.parametrize("at", ["_write", "link_people"])
def test_an_import_that_fails_in_the_middle_leaves_the_old_store(tmp_path, monkeypatch, name, at):
    store = campaigns_store(tmp_path / name)
    texts, _ = _everything(tmp_path)
    before = _bytes(store)

    def fail(*_):
        raise _KilledError

    monkeypatch.setattr(landing, at, fail)
    with pytest.raises(_KilledError):
        import_files(TWILIO, texts, store, SPRING)
    assert _bytes(store) == before
    monkeypatch.undo()
    assert import_files(TWILIO, texts, store, SPRING).kept > 0


_SCRIPT = """
import os, resource, signal, sys
from pathlib import Path
from exports import context
from smsroi_models.store.vendors.importing import import_files
from smsroi_models.store.vendors.twilio import TWILIO

{before}
import_files(TWILIO, sys.argv[2:], sys.argv[1], context(campaign_id="SPRING"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
_KILL = """
rename = Path.rename
def killing(self, target):
    if self.name == "fresh":
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.rename = killing
"""


def _run(store, files, before=""):
    return subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(before=before), str(store), *map(str, files)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_store_whose_import_was_killed_between_its_renames_is_put_back(tmp_path):
    store = campaigns_store(tmp_path / "store")
    texts, _ = _everything(tmp_path)
    before = _bytes(store)
    assert _run(store, texts, _KILL).returncode == -signal.SIGKILL
    assert not store.exists()
    with open_store(store) as opened:  # to open it is enough
        assert opened.names == ("campaigns",)
    assert _bytes(store) == before
    assert import_files(TWILIO, texts, store, SPRING).kept > 0


def test_memory_does_not_grow_with_the_file(tmp_path):
    used = []
    for name, rows in (("small", 10_000), ("large", 40_000)):
        log = tmp_path / f"{name}.csv"
        texts = (logged(f"SM{i}", To=f"+1202555{100 + i % 100:04d}") for i in range(rows))
        with log.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(logged("SM")))
            writer.writeheader()
            writer.writerows(texts)
        run = _run(campaigns_store(tmp_path / name), [log])
        assert run.returncode == 0, run.stderr
        used.append(int(run.stdout) / 1024)
    # Of 30,000 records more, DuckDB's share (of its own limit of 1 GB) grows by some 25 MB. Rows
    # that wait for the file's end instead of a batch's make it above 45 MB.
    assert used[1] - used[0] < 35, used


def test_two_imports_at_once_do_not_mix(tmp_path):
    store = campaigns_store(tmp_path / "store")
    texts, _ = _everything(tmp_path)
    before = _bytes(store)
    with place.locked(store), pytest.raises(StoreError, match="another import is writing"):
        import_files(TWILIO, texts, store, SPRING)
    assert _bytes(store) == before


def test_another_secret_is_refused(tmp_path):
    store = campaigns_store(tmp_path / "store")
    texts, orders = _everything(tmp_path)
    import_files(TWILIO, texts, store, SPRING)
    other = context(pseudonyms=Pseudonyms(b"another secret of the tests"))
    with pytest.raises(StoreError, match="another secret"):
        import_files(SHOPIFY, orders, store, other)


def test_a_file_named_twice_is_refused(tmp_path):
    texts, _ = _everything(tmp_path)
    copy = shutil.copy(texts[0], tmp_path / "copy.csv")
    with pytest.raises(DataError, match="named twice, or is a copy"):
        import_files(TWILIO, [texts[0], copy], tmp_path / "store", SPRING)


def test_what_lies_beside_the_tables_stays(tmp_path):
    store = campaigns_store(tmp_path / "store")
    (store / "README.md").write_text("ours")
    (store / "notes").mkdir()
    (store / "notes" / "a.txt").write_text("also ours")
    texts, _ = _everything(tmp_path)
    import_files(TWILIO, texts, store, SPRING)
    assert (store / "README.md").read_text() == "ours"
    assert (store / "notes" / "a.txt").read_text() == "also ours"
    hidden = {entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".store")}
    assert hidden == {".store.lock"}


def test_a_csv_table_keeps_its_rows_and_columns_of_its_own(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    (store / "orders.csv").write_text(
        "order_id,customer_id,ordered_at,revenue,discount,cost_of_goods,loyalty\n"
        "#1001,C1,2024-01-01T00:00Z,1,0,0.5,gold\n"
        f"#9,{phone_id(CAT)},2024-02-01T00:00Z,5,0,,silver\n"
    )
    _, orders = _everything(tmp_path)
    done = import_files(SHOPIFY, orders, store, context())
    assert not (store / "orders.csv").exists()
    with open_store(store) as opened:
        assert [f for f in check_store(opened) if f.severity == "error" and f.count] == []
        rows = opened.raw("orders").to_pandas().set_index("order_id")
        people = opened["customers"].to_pandas().set_index("customer_id")
    assert done.tables["orders"].to_dict() == {"added": 1, "changed": 1, "removed": 0}
    # A blank of the import does not take the place of what was there.
    assert (rows.loc["#1001", "cost_of_goods"], rows.loc["#1001", "revenue"]) == (0.5, 80.0)
    assert rows.loyalty.dropna().to_dict() == {"#1001": "gold", "#9": "silver"}
    assert people.acquired_at[phone_id(CAT)] == pd.Timestamp("2024-02-01T00:00Z")


def test_a_table_that_cannot_be_read_whole_is_not_written_anew(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    text = "order_id,customer_id,ordered_at,revenue,discount\n#1,C1,2024-01-01 10:00,1,0\n"
    (store / "orders.csv").write_text(text)
    _, orders = _everything(tmp_path)
    with pytest.raises(StoreError, match="has faults: 'ordered_at'"):
        import_files(SHOPIFY, orders, store, context())
    assert (store / "orders.csv").read_text() == text


def _assignments(*rows):
    at = pd.Timestamp("2025-03-01T09:30Z")
    return pd.DataFrame(
        [
            {"campaign_id": "SPRING", "customer_id": who, "arm": arm, "assigned_at": at}
            for who, arm in rows
        ]
    )


def test_ids_that_were_both_assigned_stay_apart(tmp_path):
    by_mail, by_number = address_id("ada@example.com"), phone_id(ADA)
    drawn = _assignments((by_mail, "holdout"), (by_number, "treatment"))
    store = campaigns_store(tmp_path / "store", assignments=drawn)
    _, orders = _everything(tmp_path)
    done = import_files(SHOPIFY, orders, store, context())
    assert (done.kept_apart, done.linked) == (1, 1)  # Ben is linked, Ada is not
    with open_store(store) as opened:
        assert set(opened["assignments"].to_pandas().customer_id) == {by_mail, by_number}


def test_two_addresses_of_one_number_that_were_both_assigned_stay_apart(tmp_path):
    addresses = [address_id("ada@example.com"), address_id("ada@work.example.com")]
    drawn = _assignments(*zip(addresses, ("holdout", "treatment"), strict=True))
    store = campaigns_store(tmp_path / "store", assignments=drawn)
    rows = [order("#1"), order("#2", Email="ada@work.example.com")]
    done = import_files(SHOPIFY, [write_csv(tmp_path / "o.csv", rows)], store, context())
    assert (done.kept_apart, done.linked) == (2, 0)
    with open_store(store) as opened:
        assert set(opened["assignments"].to_pandas().customer_id) == set(addresses)


def test_a_campaign_comes_in_by_the_columns_of_the_dictionary(tmp_path):
    store = campaigns_store(tmp_path / "store")
    row = {
        **{"campaign_id": "SUMMER25", "name": "Summer sale", "starts_at": "2025-06-01T10:00+02:00"},
        **{"window_days": 14, "margin_rate": 0.6, "currency": "USD"},
    }
    file = write_csv(tmp_path / "campaigns.csv", [row])
    for added in (1, 0):
        done = import_files(SMSROI, [file], store, context())
        assert done.tables["campaigns"].added == added and done.written == (added == 1)
    with open_store(store) as opened:
        assert not [each for each in check_store(opened) if each.table == "campaigns"]
        found = opened["campaigns"].to_pandas().set_index("campaign_id").loc["SUMMER25"]
    assert (found["name"], found.window_days, found.margin_rate) == ("Summer sale", 14, 0.6)
    assert found.starts_at == datetime(2025, 6, 1, 8, tzinfo=UTC) and pd.isna(found.message)


def test_nobody_changes_arms(tmp_path):
    store = campaigns_store(tmp_path / "store", assignments=_assignments(("C1", "holdout")))
    before = _bytes(store)
    drawn = tmp_path / "assignments.parquet"
    _assignments(("C1", "treatment")).to_parquet(drawn)
    with pytest.raises(StoreError, match="1 customers would be in both arms of campaign 'SPRING'"):
        import_files(SMSROI, [drawn], store, context())
    assert _bytes(store) == before


def test_the_list_of_dropped_records_overwrites_neither_export_nor_store(tmp_path):
    store = campaigns_store(tmp_path / "store")
    texts, _ = _everything(tmp_path)
    for target in (texts[0], store / "messages.csv"):
        with pytest.raises(ParameterError, match="name another file"):
            import_files(TWILIO, texts, store, SPRING, target)


def test_an_assignment_follows_its_person(tmp_path):
    drawn = _assignments((address_id("ada@example.com"), "holdout"))
    store = campaigns_store(tmp_path / "store", assignments=drawn)
    _, orders = _everything(tmp_path)
    import_files(SHOPIFY, orders, store, context())
    with open_store(store) as opened:
        assert opened["assignments"].to_pandas().customer_id.tolist() == [phone_id(ADA)]
        assert [f for f in check_store(opened) if f.severity == "error" and f.count] == []


def test_an_address_of_several_numbers_takes_the_same_one_whatever_the_order(tmp_path):
    rows = [
        order("#1", **{"Billing Phone": ADA}),
        order("#2", **{"Billing Phone": BEN}),
        order("#3", **{"Billing Phone": "", "Phone": ""}),
    ]
    found = []
    for name, listed in (("one", rows), ("two", rows[::-1])):
        file = write_csv(tmp_path / f"{name}.csv", listed)
        import_files(SHOPIFY, [file], tmp_path / name, context())
        with open_store(tmp_path / name) as opened:
            found.append(opened["orders"].to_pandas().set_index("order_id").customer_id.to_dict())
    assert found[0] == found[1]
    assert found[0]["#3"] == min(phone_id(ADA), phone_id(BEN))


def test_a_moment_that_was_stated_beats_a_first_sighting(tmp_path):
    stated = pd.Timestamp("2025-03-10T00:00Z")
    people = pd.DataFrame([{"customer_id": phone_id(ADA), "acquired_at": stated}])
    store = campaigns_store(tmp_path / "store", customers=people)
    texts, _ = _everything(tmp_path)
    import_files(TWILIO, texts, store, SPRING)
    with open_store(store) as opened:
        acquired = opened["customers"].to_pandas().set_index("customer_id").acquired_at
    assert acquired[phone_id(ADA)] == stated
    assert acquired[phone_id(BEN)] == pd.Timestamp("2025-03-01T10:00Z")


def _calls(folder):
    call = {
        "id": "CAL1",
        "start_time": "2025-03-02T13:05:00-05:00",
        "duration": 61,
        "answered": True,
        "direction": "inbound",
        "customer_phone_number": ADA,
        "tracking_phone_number": "+12025550190",
    }
    return write_lines(folder / "calls.jsonl", [call])


def _answers(folder):
    answer = {"#": "t1", "How likely?": "9", "Your e-mail": "ADA@example.com"}
    answer |= {"Submit Date (UTC)": "2025-03-05 10:01:00"}
    return write_csv(folder / "answers.csv", [answer])


SURVEY = {"id": "s", "metric": "nps", "question": "How likely?", "email": "Your e-mail"}


@pytest.mark.parametrize("turn", [1, -1])
def test_one_person_of_several_vendors_has_one_id_in_any_order(tmp_path, turn):
    drawn = _assignments((phone_id(ADA), "treatment"), (phone_id(BEN), "treatment"))
    store = campaigns_store(tmp_path / "store", assignments=drawn)
    texts, orders = _everything(tmp_path)
    steps = [
        (TYPEFORM, [_answers(tmp_path)]),
        (CALLRAIL, [_calls(tmp_path)]),
        (TWILIO, texts),
        (SHOPIFY, orders),
    ]
    everything = context(campaign_id="SPRING", settings={"survey": SURVEY})
    for vendor, files in steps[::turn]:
        import_files(vendor, files, store, everything)
    with open_store(store) as opened:
        assert check_store(opened) == ()
        found = {name: opened[name].to_pandas() for name in opened.names}
    ada = phone_id(ADA)
    assert found["responses"].customer_id.tolist() == [ada]
    assert found["calls"].customer_id.tolist() == [ada]
    for name in ("messages", "orders"):
        assert set(found[name].customer_id) == {ada, phone_id(BEN)}
    people = found["customers"].set_index("customer_id")
    assert sorted(people.index) == sorted([ada, phone_id(BEN)])
    assert people.acquired_at[ada] == pd.Timestamp("2025-03-01T09:30Z")  # when assigned


def test_a_damaged_file_stops_the_import(tmp_path):
    store = campaigns_store(tmp_path / "store")
    whole = write_lines(tmp_path / "day.json.gz", [{"sid": "SM1"}] * 500).read_bytes()
    cut = tmp_path / "cut.json.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read to its end"):
        import_files(TWILIO, [cut], store, SPRING)
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"Name,Stra\xdfe\n")
    with pytest.raises(DataError, match="UTF-8"):
        import_files(TWILIO, [latin], store, SPRING)
    with pytest.raises(DataError, match="there is no file"):
        import_files(TWILIO, [tmp_path / "absent.csv"], store, SPRING)


def test_a_row_of_another_length_is_dropped(tmp_path):
    store = campaigns_store(tmp_path / "store")
    log = write_csv(tmp_path / "log.csv", [logged("SM1"), logged("SM2")])
    log.write_text(log.read_text()[:-20])
    done = import_files(TWILIO, [log], store, SPRING)
    assert done.dropped == {"has more or fewer fields than the header": 1}


def test_ids_stay_apart_also_where_the_list_comes_after_the_link(tmp_path):
    store = campaigns_store(tmp_path / "store")
    _, orders = _everything(tmp_path)
    assert import_files(SHOPIFY, orders, store, context()).linked == 2
    by_mail, by_number = address_id("ada@example.com"), phone_id(ADA)
    drawn = tmp_path / "assignments.parquet"
    _assignments((by_mail, "holdout"), (by_number, "treatment")).to_parquet(drawn)
    for _ in range(2):
        done = import_files(SMSROI, [drawn], store, context())
        import_files(SHOPIFY, orders, store, context())
        with open_store(store) as opened:
            found = opened["assignments"].to_pandas().set_index("customer_id").arm.to_dict()
        assert found == {by_mail: "holdout", by_number: "treatment"}
    assert done.tables["assignments"].to_dict() == {"added": 0, "changed": 0, "removed": 0}


def test_one_drawn_address_that_was_linked_before_is_the_numbers(tmp_path):
    store = campaigns_store(tmp_path / "store")
    _, orders = _everything(tmp_path)
    import_files(SHOPIFY, orders, store, context())
    drawn = tmp_path / "assignments.parquet"
    _assignments((address_id("ada@example.com"), "holdout")).to_parquet(drawn)
    for _ in range(2):
        assert import_files(SMSROI, [drawn], store, context()).kept_apart == 0
    with open_store(store) as opened:
        assert opened["assignments"].to_pandas().customer_id.tolist() == [phone_id(ADA)]
