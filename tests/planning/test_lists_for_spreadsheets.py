"""What planning writes as CSV starts no formula, reads back as it was, and tells of nobody."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from minting_shop import NOW, write_shop

import smsroi_models as smsroi
from in_process import run_smsroi
from smsroi_models.audience_health import write_asked_to_stop
from smsroi_models.errors import DataError
from smsroi_models.planning.assign import assign_customers
from smsroi_models.planning.lists import read_customers
from smsroi_models.planning.minted_files import write_list
from smsroi_models.planning.recipients import read_recipients
from smsroi_models.planning.record import Plan, write_plan
from smsroi_models.store.sources import as_it_was, inert_in_csv

SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff0b", "\uff0d", "\uff1d", "\uff20")
IDS = [f"{before}{sign}1+1" for sign in SIGNS for before in ("", " ", "'", "''", "' ")]
PLAIN = ["C0017", "'plain", "it's", "a=b", "1-2"]


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSROI_SECRET", "the secret of the tests")


def _cells(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return [cell for row in csv.reader(file) for cell in row]


def _is_inert(cell: str) -> bool:
    return not cell.lstrip(" ").startswith(SIGNS)


@pytest.mark.parametrize("text", [*IDS, *PLAIN])
def test_every_text_comes_back(text):
    written = inert_in_csv(text)
    assert _is_inert(written) and as_it_was(written) == text
    assert (written == text) == (text in PLAIN)


def test_a_list_of_any_ids_reads_back_as_it_was(tmp_path):
    frame = pd.DataFrame({"customer_id": [*IDS, *PLAIN], "segments": range(len(IDS + PLAIN))})
    written = write_list(frame, tmp_path / "send.csv")
    assert all(map(_is_inert, _cells(written)))
    read = read_customers(written, ())
    assert read["customer_id"].to_pylist() == frame.customer_id.tolist()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_assignments_come_into_a_store_with_the_ids_that_they_had(tmp_path, ending):
    people = ["=1+1", "'=1+1", "@x", "-7", "plain", "'quoted"]
    plan = tmp_path / "plan.json"
    write_plan(Plan("LATER", "Later", datetime(2025, 5, 1, tzinfo=UTC), 14, 0.5), plan)
    listed = tmp_path / "people.parquet"
    pd.DataFrame({"customer_id": people}).to_parquet(listed)
    out = tmp_path / "out"
    run = run_smsroi("assign", plan, listed, "--out", out, "--seed", 1, "--format", ending,
                     "--assigned-at", "2025-06-01")  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert not any(name in run.stdout + run.stderr for name in people)
    if ending == "csv":
        assert all(map(_is_inert, _cells(out / "assignments.csv")))
    run = run_smsroi("import", "smsroi", out / f"assignments.{ending}", "--store", tmp_path / "s")
    assert run.returncode == 0, run.stderr
    with smsroi.open_store(tmp_path / "s") as store:
        assert set(store["assignments"].customer_id.to_pyarrow().to_pylist()) == set(people)


def test_minted_lists_are_inert_and_say_nobodys_id_on_the_screen(tmp_path):
    names = ("@c1", "-c2", "=c3")
    arms = pd.DataFrame(
        {
            "campaign_id": "SUMMER",
            "customer_id": names,
            "arm": "treatment",
            "assigned_at": [pd.Timestamp("2025-06-01", tz="UTC")] * 3,
        }
    )
    people = arms[["customer_id"]].assign(acquired_at=pd.Timestamp("2024-01-01", tz="UTC"))
    spells = arms[["customer_id"]].assign(
        occurred_at=pd.Timestamp("2024-01-01", tz="UTC"), event="opt_in"
    )
    store = write_shop(tmp_path / "shop", assignments=arms, customers=people, subscriptions=spells)
    said = ""
    for arguments in (
        ("links", "SUMMER", "--target", "https://shop.example/sale", "--base-url",
         "https://go.example", "--per-recipient", "--register", "--out", tmp_path / "links"),
        ("coupons", "SUMMER", "--kind", "unique", "--register", "--out", tmp_path / "coupons"),
        ("numbers", "SUMMER", "--pool", "+1 202 555 0101,+1 202 555 0102", "--register",
         "--out", tmp_path / "numbers"),
        ("send-list", "SUMMER", "--message", "{link} {code}", "--out", tmp_path / "send.csv"),
    ):  # fmt: skip
        for told in ((), ("--json",)):
            given = [f"{a}-again" if told and isinstance(a, Path) else a for a in arguments]
            run = run_smsroi("plan", *given, "--store", store, *told)
            assert run.returncode == 0, run.stderr
            said += run.stdout + run.stderr
    assert "555" not in said and not any(name in said for name in names)
    written = [*tmp_path.glob("*/*.csv"), tmp_path / "send.csv"]
    assert len(written) == 7
    for path in written:
        assert all(map(_is_inert, _cells(path))), path
        assert "555" not in path.read_text()
    sent = read_recipients(None, "SUMMER", tmp_path / "send.csv", moment=NOW)
    assert set(sent.customer_ids) == set(names)


def test_the_list_of_whom_to_text_no_more_reads_back_as_it_was(tmp_path):
    names = ["=1", "'=1", " @x", "plain"]
    replies = pd.DataFrame(
        {
            "reply_id": [f"r{i}" for i in range(len(names))],
            "customer_id": names,
            "received_at": pd.Timestamp("2025-05-01", tz="UTC"),
            "intent": "near_stop",
        }
    )
    spells = pd.DataFrame(
        {"customer_id": names, "occurred_at": pd.Timestamp("2024-01-01", tz="UTC")}
    ).assign(event="opt_in")
    shop = write_shop(tmp_path / "shop", replies=replies, subscriptions=spells)
    with smsroi.open_store(shop) as store:
        path = write_asked_to_stop(store, "2025-06-01", None, tmp_path / "stop.csv")
    assert all(map(_is_inert, _cells(path)))
    assert sorted(read_customers(path, ())["customer_id"].to_pylist()) == sorted(names)


@pytest.mark.parametrize("first", ["+12025550142", "2025550142", "ann@shop.example"])
def test_a_list_without_a_header_is_refused_without_naming_anybody(tmp_path, first):
    listed = tmp_path / "people.csv"
    listed.write_text(f"{first},yes\n+12025550143,no\n")
    with pytest.raises(DataError, match=r"has no column 'customer_id': it has '\*\*\*") as refused:
        read_customers(listed, ())
    assert first not in str(refused.value)


def test_an_arm_that_is_none_is_refused_without_naming_anybody(tmp_path):
    listed = pd.DataFrame({"customer_id": ["a"], "arm": ["+1 202 555 0142"]})
    with pytest.raises(DataError, match="the list's arm is") as refused:
        read_recipients(None, "SUMMER", listed, moment=NOW)
    assert "555" not in str(refused.value)


def test_ids_that_are_telephone_numbers_are_refused_without_naming_them():
    plan = Plan("LATER", "Later", datetime(2025, 5, 1, tzinfo=UTC), 14, 0.5)
    listed = pd.DataFrame({"customer_id": ["+12025550142", "ann@shop.example", "c"]})
    with pytest.raises(DataError, match="2 values of customer_id look like") as refused:
        assign_customers(plan, listed, assigned_at=NOW, seed=1)
    assert "555" not in str(refused.value) and "ann" not in json.dumps(str(refused.value))
