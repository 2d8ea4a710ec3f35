"""`smsroi import` as its users meet it, up to the report of a campaign that came in with it."""

import contextlib
import gzip
import io
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from exports import (
    CONSOLE,
    bulk,
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

import smsroi_models as smsroi
from in_process import run_smsroi
from smsroi_models.cli import main
from smsroi_models.planning.record import Plan, write_plan
from smsroi_models.store.vendors.importing import MERGING, import_files
from smsroi_models.store.vendors.twilio import TWILIO


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSROI_SECRET", "the secret of the tests")


def _done(*arguments: object) -> str:
    run = run_smsroi(*arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return campaigns_store(tmp_path / "store")


def test_it_says_what_was_read_kept_and_dropped(tmp_path, store):
    log = write_csv(tmp_path / "log.csv", [logged("SM1"), logged("SM2", To=""), reply("SM3", "no")])
    told = _done("import", "twilio", log, "--store", store, "--campaign", "SPRING")
    assert "Read 3 records of twilio: kept 2, dropped 1, left out 0" in told
    assert "dropped 1: names nobody" in told and "messages: 1 added" in told
    listed = re.search(r"The dropped records are listed in (.+)", told)[1]
    assert Path(listed).read_text().startswith("file,record,id,reason")
    again = json.loads(
        _done("import", "twilio", log, "--store", store, "--campaign", "SPRING", "--json")
    )
    assert (again["read"], again["kept"]) == (3, 2)
    assert again["tables"]["messages"] == {"added": 0, "changed": 0, "removed": 0}


def test_a_file_of_which_nothing_can_be_kept_fails(tmp_path, store):
    log = write_csv(tmp_path / "log.csv", [logged("SM1", To=""), logged("SM2", To="")])
    run = run_smsroi("import", "twilio", log, "--store", store, "--campaign", "SPRING")
    assert run.returncode == 1
    assert "dropped 2: names nobody" in run.stdout
    assert "none of 2 records of twilio could be kept" in run.stderr


def test_the_secret_is_made_on_first_use_and_not_in_the_store(tmp_path, store, monkeypatch):
    monkeypatch.delenv("SMSROI_SECRET")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    log = write_csv(tmp_path / "log.csv", [logged("SM1")])
    _done("import", "twilio", log, "--store", store, "--campaign", "SPRING")
    secret = tmp_path / "settings" / "smsroi" / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    kept = b"".join(p.read_bytes() for p in store.rglob("*") if p.is_file())
    assert secret.read_bytes().strip() not in kept


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["twillio", "log.csv"], 2, "is 'twilio' meant?"),
        (["twilio", "log.csv"], 2, "Name it with --campaign"),
        (["twilio", "none.csv", "--campaign", "SPRING"], 1, "there is no file"),
        (["twilio", "log.csv", "--campaign", "WINTER"], 1, "'WINTER' is not in the store's"),
        (["shopify", "log.csv"], 1, "is none of the files of shopify that are known"),
        (["twilio", "log.csv", "--time-zone", "Mars"], 2, "time zone is 'Mars'"),
        (["twilio", "log.csv", "--region", "USA"], 2, "--region is 'USA'"),
        (["twilio", "log.csv", "--campaign", "SPRING", "--currency", "EUR"], 1, "is EUR, but"),
        (["csv", "log.csv"], 2, "docs/importing.md"),
        (["csv", "log.csv", "--mapping", "none.toml"], 2, "there is no mapping file"),
    ],
)
def test_what_it_refuses_it_names(tmp_path, store, arguments, code, message):
    write_csv(tmp_path / "log.csv", [logged("SM1")])
    here = [str(tmp_path / a) if a.endswith((".csv", ".toml")) else a for a in arguments]
    run = run_smsroi("import", *here, "--store", store)
    assert run.returncode == code
    assert message in run.stderr and "Traceback" not in run.stderr


NUMBERS = [f"+1{area}555{last:04d}" for area in range(201, 205) for last in range(100, 200)]
CAMPAIGN = """
[[table]]
name = "campaigns"
[table.columns]
campaign_id = "id"
name = "name"
starts_at = { column = "start", zone = "UTC" }
window_days = { value = 14 }
margin_rate = { value = 0.5 }
currency = { value = "USD" }
"""


def _orders(folder: Path, name: str, bought: list[tuple[int, str, float]]) -> Path:
    rows = []
    for i, (who, day, price) in enumerate(bought):
        person = {"Email": f"c{who}@example.com", "Billing Phone": "'" + NUMBERS[who]}
        if i % 3 == 0:  # some buy without a number; a customer's other orders say whose it is
            person["Billing Phone"] = ""
        money = {"Subtotal": f"{price:.2f}", "Total": f"{price + 13:.2f}"}
        at = {"Created at": f"{day} 12:00:00 -0500"}
        rows.append(order(f"#{name}{i}", **person, **money, **at))
        rows.append(line_item(f"#{name}{i}"))
    return write_csv(folder / f"{name}.csv", rows)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_and_a_log_gets_lines(tmp_path, store, monkeypatch):
    rows = [logged(f"SM{i}") for i in range(5_000)]
    files = [write_csv(tmp_path / "log.csv", rows), tmp_path / "day.json.gz"]
    lines = "".join(json.dumps(bulk(f"SN{i}")) + "\n" for i in range(3_000))
    files[1].write_bytes(gzip.compress(lines.encode()))
    words = ["import", "twilio", *files, "--campaign", "SPRING", "--store", store]
    words += ["--currency", "USD"]
    plain = _done(*words).splitlines()
    assert plain[:2] == ["Read log.csv: 5,000 records", "Read day.json.gz: 3,000 records"]
    assert "\x1b" not in "".join(plain)
    assert json.loads(_done(*words, "--json"))["read"] == 8_000
    shown = _Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "argv", ["smsroi", *map(str, words)])
    with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
        main()
    assert "\x1b" in shown.getvalue()
    assert re.search(r"log\.csv .*\d+%", shown.getvalue())


def test_the_watcher_hears_how_far_each_file_is(tmp_path, store):
    lines = "".join(json.dumps(bulk(f"SN{i}")) + "\n" for i in range(12_000))
    (tmp_path / "day.json.gz").write_bytes(gzip.compress(lines.encode()))
    rows = pd.DataFrame([bulk(f"SM{i}") for i in range(12_000)]).drop(columns="subresource_uris")
    rows.to_parquet(tmp_path / "day.parquet")
    write_csv(tmp_path / "log.csv", [logged(f"SL{i}") for i in range(12_000)])
    names = ["day.json.gz", "day.parquet", "log.csv"]
    heard: list[tuple[str, float, int]] = []
    import_files(
        TWILIO,
        [tmp_path / name for name in names],
        store,
        context(campaign_id="SPRING"),
        watch=lambda *told: heard.append(told),
    )
    for name in names:
        shares = [share for doing, share, _ in heard if doing == name]
        assert shares == sorted(shares) and (shares[0], shares[-1]) == (0.0, 1.0)
        assert shares.count(1.0) == 1
        assert any(0.2 < share < 0.8 for share in shares)
        assert [told for told in heard if told[0] == name][-1][2] == 12_000
    assert heard[-1] == (MERGING, 0.0, 36_000)


LISTED = """
[[import]]
vendor = "csv"
mapping = "campaigns.toml"
files = ["campaigns.csv"]

[[import]]
vendor = "twilio"
files = ["2025-*.json.gz"]
campaign = "SPRING"
currency = "USD"
"""
CAMPAIGNS = """
[[table]]
name = "campaigns"
[table.columns]
campaign_id = "id"
name = "id"
starts_at = "at"
window_days = { value = 14 }
margin_rate = { value = 0.4 }
currency = { value = "USD" }
"""


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "imports.toml").write_text(LISTED)
    (folder / "campaigns.toml").write_text(CAMPAIGNS)
    write_csv(folder / "campaigns.csv", [{"id": "SPRING", "at": "2025-03-01T09:00Z"}])
    for day in ("2025-03-01", "2025-03-02"):
        write_lines(folder / f"{day}.json.gz", [bulk(f"SM{day}")])
    return folder


def test_a_folder_is_imported_in_the_order_of_its_list(tmp_path):
    folder, store = _folder(tmp_path), tmp_path / "all"
    told = _done("import", "all", folder, "--store", store)
    assert re.findall(r"\d of 2: \w+", told) == ["1 of 2: csv", "2 of 2: twilio"]
    with smsroi.open_store(store) as opened:
        assert opened["messages"].count().to_pyarrow().as_py() == 2
    again = json.loads(_done("import", "all", folder, "--store", store, "--json"))
    assert [one["vendor"] for one in again] == ["csv", "twilio"]
    assert not any(sum(t.values()) for one in again for t in one["tables"].values())


@pytest.mark.parametrize(
    ("old", "new", "options", "message"),
    [
        ("", "", ["--campaign", "SPRING"], "stand in the folder's imports.toml"),
        ("2025", "2024", [], "no file '2024-*.json.gz'"),
        ("campaign =", "campagin =", [], "is 'campaign' meant"),
        ("[[import]]", "[[imports]]", [], "is 'import' meant"),
        ('["campaigns.csv"]', '"campaigns.csv"', [], "a list of texts"),
        ('vendor = "twilio"\n', "", [], "must say 'vendor'"),
        (LISTED, "", [], "lists no import"),
        ("[[import]]", "[[import", [], "is no TOML"),
    ],
)
def test_a_list_of_imports_that_is_wrong_stops_before_the_first(
    tmp_path, old, new, options, message
):
    folder, store = _folder(tmp_path), tmp_path / "all"
    (folder / "imports.toml").write_text(LISTED.replace(old, new) if old else LISTED)
    run = run_smsroi("import", "all", folder, "--store", store, *options)
    assert (run.returncode, store.exists()) == (2, False)
    assert message in run.stderr


def test_all_takes_a_folder_with_a_list(tmp_path):
    run = run_smsroi("import", "all", tmp_path, "--store", tmp_path / "s")
    assert run.returncode == 2
    assert "imports.toml" in run.stderr


def test_a_report_from_exports_alone(tmp_path):
    """History, plan, draw, texts, clicks and later orders come in; a report goes out."""
    store = tmp_path / "shop"
    every = range(len(NUMBERS))
    history = [(who, f"2025-02-{1 + who % 20:02d}", 20 + who % 30) for who in every]
    history += [(who, "2025-02-22", 10) for who in every]
    file = _orders(tmp_path, "h", history)
    _done("import", "shopify", file, "--store", store, "--currency", "USD")
    plan = Plan("SPRING", "Spring sale", datetime(2025, 2, 27, tzinfo=UTC), 14, 0.25, pre_days=28)
    with smsroi.open_store(store) as opened:
        people = opened["customers"].to_pandas()
    assert set(people.customer_id) == {phone_id(number) for number in NUMBERS}
    people[["customer_id"]].to_csv(tmp_path / "people.csv", index=False)
    _done(
        *("assign", write_plan(plan, tmp_path / "plan.json"), tmp_path / "people.csv"),
        *("--store", store, "--out", tmp_path / "drawn", "--seed", 7),
        *("--assigned-at", "2025-03-01T09:00Z"),
    )
    row = {"id": "SPRING", "name": "Spring sale", "start": "2025-03-01 09:00"}
    (tmp_path / "campaign.toml").write_text(CAMPAIGN)
    campaign = write_csv(tmp_path / "campaign.csv", [row])
    mapping = ("--mapping", tmp_path / "campaign.toml")
    _done("import", "csv", campaign, "--store", store, *mapping)
    drawn = [tmp_path / "drawn" / f"{name}.parquet" for name in ("assignments", "plans")]
    _done("import", "smsroi", *drawn, "--store", store)
    arms = pd.read_parquet(drawn[0]).set_index("customer_id").arm
    treated = [who for who in every if arms[phone_id(NUMBERS[who])] == "treatment"]
    texts = [logged(f"SM{who}", To=NUMBERS[who]) for who in treated]
    texts.append(reply("SM-1", "Stop please", From=NUMBERS[treated[0]]))
    log = write_csv(tmp_path / "log.csv", texts, CONSOLE)
    clicks = [click_event(f"E{who}", to=NUMBERS[who]) for who in treated[:20]]
    events = write_lines(tmp_path / "clicks.jsonl", clicks)
    _done("import", "twilio", log, events, "--store", store, "--campaign", "SPRING")
    later = [(who, f"2025-03-{2 + who % 9:02d}", 30 + who % 7) for who in treated[::2]]
    later += [(who, "2025-03-04", 30) for who in set(every) - set(treated) if who % 5 == 0]
    later += [(0, "2025-03-20", 1)]  # every window is over
    _done("import", "shopify", _orders(tmp_path, "l", later), "--store", store)
    checked = json.loads(_done("check", "--store", store, "--json"))
    assert checked["findings"] == []
    told = _done("report", "SPRING", "--store", store, "--reports", tmp_path / "reports")
    assert "SPRING" in told
    (results,) = (tmp_path / "reports").rglob("results.json")
    figures = json.loads(results.read_text())["figures"]
    assert figures["lift"]["margin"]["n_treatment"] == len(treated) == 300
    (page,) = (tmp_path / "reports").rglob("report.html")
    assert "example.com" not in page.read_text() and "5550101" not in page.read_text()
