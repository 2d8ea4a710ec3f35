"""`smsroi plan links`, `coupons`, `numbers`, `message` and `send-list` as a marketer meets them."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from minting_shop import write_shop

import smsroi_models as smsroi
from in_process import run_smsroi
from smsroi_models.planning.recipients import read_recipients

TARGET = ("--target", "https://shop.example/sale", "--base-url", "https://go.example")
MESSAGE = "Summer sale: 20% off with {code} until Sunday. {link} Reply STOP to end"
RECENT = ("c1", "c2", "c3")


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMSROI_SECRET", "the secret of the tests")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return write_shop(tmp_path / "shop")


def _plan(*arguments: object) -> str:
    run = run_smsroi("plan", *arguments)
    assert run.returncode == 0, run.stderr
    return run.stdout


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


CLICKS = """
[[table]]
name = "clicks"
[table.columns]
click_id = "id"
link_id = "token"
clicked_at = "at"
clicks = { value = 1 }
"""
ORDERS = """
[[table]]
name = "orders"
[table.columns]
order_id = "id"
customer_id = { id = "who" }
ordered_at = "at"
revenue = "paid"
discount = "off"
coupon_code = { column = "code", upper = true }
"""
CALLS = """
[[campaign]]
id = "SUMMER"
from = 2025-06-02T00:00:00Z
until = 2025-07-16T00:00:00Z
[[table]]
name = "calls"
[table.columns]
call_id = "id"
number_id = { number = "called" }
started_at = "at"
duration_seconds = { value = 60.0 }
answered = { value = true }
"""


def _import(folder: Path, store: Path, name: str, mapping: str, rows: list[dict[str, str]]) -> None:
    table = folder / f"{name}-export.csv"
    pd.DataFrame(rows).to_csv(table, index=False)
    rules = folder / f"{name}.toml"
    rules.write_text(mapping)
    run = run_smsroi("import", "csv", table, "--mapping", rules, "--store", store, "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert (told["kept"], told["dropped"]) == (len(rows), {})


def test_what_is_minted_finds_the_customer_when_traces_come_in(tmp_path, store):
    """Mint, register, send, and import a click, an order and a call: each finds its campaign."""
    pool = tmp_path / "pool.txt"
    pool.write_text("+1 202 555 0101\n")
    _plan("links", "SUMMER", *TARGET, "--store", store, "--per-recipient", "--register",
          "--out", tmp_path / "links")  # fmt: skip
    _plan("coupons", "SUMMER", "--kind", "unique", "--discount", 0.2, "--store", store,
          "--register", "--out", tmp_path / "coupons")  # fmt: skip
    _plan("numbers", "SUMMER", "--store", store, "--pool", pool, "--register",
          "--out", tmp_path / "numbers")  # fmt: skip
    told = _plan("send-list", "SUMMER", "--store", store, "--message", MESSAGE,
                 "--out", tmp_path / "send.csv")  # fmt: skip
    assert "3 recipients: 1 segment each" in told
    assert "2 held out, 1 who opted out" in told
    sent = {row["customer_id"]: row for row in _rows(tmp_path / "send.csv")}
    assert tuple(sent) == RECENT
    redirects = {row["url"]: row["target_url"] for row in _rows(tmp_path / "links/redirects.csv")}
    assert set(redirects) == {row["link"] for row in sent.values()}

    clicked = {"id": "k", "token": sent["c2"]["link"].rsplit("/")[-1], "at": "2025-06-03T10:00:00Z"}
    _import(tmp_path, store, "clicks", CLICKS, [clicked])
    bought = {"id": "o", "who": "c2", "at": "2025-06-03T11:00:00Z", "paid": "80", "off": "20"}
    bought["code"] = sent["c2"]["code"].lower()
    _import(tmp_path, store, "orders", ORDERS, [bought])
    rang = {"id": "t", "called": "(202) 555-0101", "at": "2025-06-04T10:00:00Z"}
    (tmp_path / "calls.toml").write_text(CALLS)
    pd.DataFrame([rang]).to_csv(tmp_path / "calls.csv", index=False)
    run = run_smsroi("import", "csv", tmp_path / "calls.csv", "--mapping", tmp_path / "calls.toml",
                  "--region", "US", "--store", store)  # fmt: skip
    assert run.returncode == 0 and "calls: 1 added" in run.stdout, run.stdout + run.stderr

    with smsroi.open_store(store) as opened:
        assert not [found for found in smsroi.check_store(opened) if found.severity == "error"]
        ledger = smsroi.touch_ledger(opened, "SUMMER", "klaviyo_2024", as_of="2025-07-01")
        touches = ledger.to_pandas()
        systems = smsroi.tracking_systems(opened, "SUMMER", as_of="2025-07-01")
    click = touches[touches.kind == "click"].iloc[0]
    assert (click.customer_id, click.campaign_id, click.credit) == ("c2", "SUMMER", 1.0)
    assert systems.links.clickers == 1
    assert [(kind.kind, kind.redemptions, kind.revenue) for kind in systems.coupons] == [
        ("unique", 1, 80.0)
    ]
    assert systems.calls.calls == 1


def test_what_is_not_registered_comes_in_as_an_import(tmp_path, store):
    told = _plan("links", "SUMMER", *TARGET, "--store", store, "--out", tmp_path / "links")
    assert f"`smsroi import smsroi {tmp_path}/links/links.parquet" in told
    _plan("coupons", "SUMMER", "--kind", "shared", "--out", tmp_path / "coupons")
    files = [tmp_path / "links/links.parquet", tmp_path / "coupons/coupons.parquet"]
    for added in (1, 0):
        run = run_smsroi("import", "smsroi", *files, "--store", store, "--json")
        tables = json.loads(run.stdout)["tables"]
        assert [tables[name]["added"] for name in ("links", "coupons")] == [added, added]


def test_a_duckdb_store_takes_what_is_minted(tmp_path):
    store = write_shop(tmp_path / "shop.duckdb")
    for folder, new in (("one", 3), ("two", 0)):
        told = _plan("links", "SUMMER", *TARGET, "--store", store, "--per-recipient", "--register",
                     "--out", tmp_path / folder, "--json")  # fmt: skip
        assert json.loads(told)["new"] == new


def test_links_are_told_with_their_safety_and_the_texts_length(tmp_path, store):
    told = _plan("links", "SUMMER", *TARGET, "--store", store, "--per-recipient",
                 "--message", MESSAGE, "--code-length", 8, "--out", tmp_path / "links")  # fmt: skip
    assert "Minted 3 links for SUMMER" in told
    assert "One for each of 3 recipients; 2 held out get none; 1 who opted out get none" in told
    assert "will count its visits as SMS" in told and "segment of GSM-7" in told


def test_a_message_is_priced_by_the_stores_last_texts(store):
    told = _plan("message", "Sale 🎉 " + "x" * 70, "--store", store, "--campaign", "SUMMER")
    assert "2 segments of UCS-2: 78 units" in told and "PARTY POPPER" in told
    # 3 recipients, 2 segments of 0.02; one segment less without the emoji.
    assert "the median of SPRING, last texted on 2025-03-01" in told
    assert "Texting 3 recipients costs €0.12" in told
    assert "This character makes 2 segments of 1: €0.06 more" in told


def test_a_message_needs_no_store():
    told = _plan("message", "Hi {name} {link}", "--name-length", 20, "--link-length", 30,
                 "--recipients", 1000, "--price", 0.01, "--currency", "usd",
                 "--fixed-cost", 5)  # fmt: skip
    assert "Shortest: 1 segment" in told and "Longest:  1 segment" in told
    assert "costs $15.00, $5.00 of it fixed" in told
    assert "For the cost, say how many are texted" in _plan("message", "Hi")


def test_a_message_as_json():
    told = json.loads(_plan("message", "x" * 161, "--recipients", 2, "--price", 1, "--json"))
    assert told["segments"]["longest"]["segments"] == 2
    assert told["cost"]["highest"] == 4.0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["links", "SUMER", *TARGET, "--store", "shop"], 1, "did you mean 'SUMMER'"),
        (["links", "SUMMER", "--target", "shop.example"], 2, "must be a web address"),
        (["links", "SUMMER", *TARGET, "--register"], 2, "--register puts them into a store"),
        (["coupons", "SUMMER", "--kind", "shared", "--discount", "20"], 2, "it is a share"),
        (["coupons", "SUMMER", "--kind", "shared", "--expires", "soon"], 2, "--expires is 'soon'"),
        (["coupons", "SUMMER", "--kind", "shared", "--expires", "2025-01-01"], 2, "which is over"),
        (["numbers", "SUMMER", "--store", "shop", "--pool", "none.txt"], 2, "there is no file"),
        (["numbers", "SUMMER", "--store", "shop", "--pool", ","], 2, "the pool holds no number"),
        (["numbers", "SUMMER", "--store", "shop", "--pool", "555-0101"], 2, "--region"),
    ],
)
def test_what_is_refused_is_named_and_writes_nothing(tmp_path, store, arguments, code, message):
    here = [str(store) if argument == "shop" else argument for argument in arguments]
    run = run_smsroi("plan", *here, "--out", tmp_path / "out")
    assert (run.returncode, run.stdout) == (code, "")
    assert message in run.stderr and "Traceback" not in run.stderr
    assert not (tmp_path / "out").exists()


def test_what_was_handed_out_is_not_replaced(tmp_path, store):
    _plan("coupons", "SUMMER", "--kind", "shared", "--out", tmp_path / "out")
    before = (tmp_path / "out/codes.csv").read_text()
    run = run_smsroi("plan", "coupons", "SUMMER", "--kind", "shared", "--out", tmp_path / "out")
    assert run.returncode == 2 and "is there already" in run.stderr
    assert (tmp_path / "out/codes.csv").read_text() == before


def test_a_code_expires_at_the_end_of_the_day_that_is_named(tmp_path):
    told = _plan("coupons", "SUMMER", "--kind", "shared", "--expires", "2099-06-30", "--prefix",
                 "SUN", "--discount", 0.15, "--out", tmp_path / "out")  # fmt: skip
    assert "15% off, until 2099-06-30 23:59 UTC" in told
    (code,) = _rows(tmp_path / "out/codes.csv")
    assert code["expires_at"] == "2099-06-30 23:59:59+00:00" and code["code"].startswith("SUN")


def test_no_telephone_number_is_written_or_printed(tmp_path, store):
    told = _plan("numbers", "SUMMER", "--store", store, "--pool", "+12025550101, +12025550102",
                 "--count", 2, "--out", tmp_path / "out")  # fmt: skip
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert "line 2 of the pool (***02)" in told
    assert "5550101" not in told and b"5550101" not in written


# One command with two faces.


def test_a_campaigns_id_still_plans_it(tmp_path, store):
    for arguments in (["NEW", "--window-days", 0], ["--window-days", 0, "NEW"]):
        run = run_smsroi("plan", *arguments, "--store", store, "--plan-file", tmp_path / "p.json")
        assert run.returncode == 2 and "window_days is 0" in run.stderr, run.stderr
    known = run_smsroi("plan", "SUMMER", "--window-days", 14, "--store", store)
    assert known.returncode == 2 and "'SUMMER' is in the store already" in known.stderr


def test_help_says_both():
    told = run_smsroi("plan", "--help").stdout
    assert "smsroi plan SUMMER25 --window-days 14" in " ".join(told.split())
    for name in ("campaign", "links", "coupons", "numbers", "message", "send-list"):
        assert f" {name} " in told
    assert "--holdout-share" in run_smsroi("plan", "SUMMER25", "--help").stdout
    assert "--base-url" in run_smsroi("plan", "links", "--help").stdout


@pytest.mark.parametrize("name", ["links", "campaign", "send-list"])
def test_a_campaign_called_like_a_command_is_told_so(name, store):
    run = run_smsroi("plan", name, "--window-days=14")
    assert run.returncode == 2
    assert f"`smsroi plan {name}` is a command of its own" in run.stderr
    named = run_smsroi("plan", "campaign", name, "--window-days", 0, "--store", store)
    assert "window_days is 0" in named.stderr


def test_a_held_out_customer_never_gets_anything(tmp_path, store):
    """Whatever is asked for: the treatment arm, a list of everybody, a list of the holdout."""
    people = tmp_path / "people.csv"
    people.write_text("customer_id\n" + "\n".join(f"c{i}" for i in range(1, 7)) + "\n")
    for command in (["links", "SUMMER", *TARGET], ["coupons", "SUMMER", "--kind", "unique"]):
        run = run_smsroi("plan", *command, "--store", store, "--customers", people,
                      "--out", tmp_path / "out")  # fmt: skip
        assert run.returncode == 1 and "2 customers of the list are held out" in run.stderr
    with smsroi.open_store(store) as opened:
        now = pd.Timestamp("2025-06-01", tz="UTC").to_pydatetime()
        assert read_recipients(opened, "SUMMER", moment=now).customer_ids == RECENT
