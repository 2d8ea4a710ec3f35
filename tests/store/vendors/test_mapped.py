"""Any file through a mapping: each way to fill a column, and each mistake in the mapping."""

import re
from pathlib import Path

import pandas as pd
import pytest
from exports import (
    ADA,
    BEN,
    IDS,
    campaigns_store,
    click_event,
    context,
    phone_id,
    write_csv,
    write_lines,
)

from smsroi_models.errors import DataError, ParameterError
from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import open_store
from smsroi_models.store.vendors.importing import import_files
from smsroi_models.store.vendors.mapped import mapped_vendor
from smsroi_models.store.vendors.mapping import read_mapping
from smsroi_models.store.vendors.registry import VENDORS
from smsroi_models.store.vendors.twilio import TWILIO

ROOT = Path(__file__).resolve().parents[3]

CALLS = """
[[campaign]]
id = "SPRING"
where = { Source = "sms" }

[[table]]
name = "numbers"
where = { Direction = "Inbound" }
[table.columns]
number_id = { number = "Tracking Number" }
campaign_id = { campaign = true }

[[table]]
name = "calls"
where = { Direction = "Inbound" }
[table.columns]
call_id = { hash_of = ["Start", "Caller"] }
number_id = { number = "Tracking Number" }
customer_id = { phone = "Caller" }
started_at = { column = "Start", zone = "America/New_York", format = "%m/%d/%Y %I:%M %p" }
duration_seconds = "Seconds"
answered = { column = "Status", values = { "Answered Call" = true, "Missed Call" = false } }
outcome = { value = "unknown" }
"""


def _mapped(tmp_path, toml, rows, store=None, **options):
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(toml)
    rules, settings = read_mapping(mapping)
    ready = context(rules=rules, settings=settings, region="US", **options)
    file = write_csv(tmp_path / "any.csv", rows)
    store = store or campaigns_store(tmp_path / "store")
    return import_files(mapped_vendor(ready), [file], store, ready), store


def _frame(store, name):
    with open_store(store) as opened:
        return opened[name].to_pandas()


def _call(**changes):
    return {
        "Start": "03/02/2025 01:05 PM",
        "Caller": "(202) 555-0101",
        "Tracking Number": "202-555-0190",
        "Seconds": "61",
        "Status": "Answered Call",
        "Direction": "Inbound",
        "Source": "sms",
    } | changes


def test_one_file_can_fill_several_tables_in_every_way(tmp_path):
    rows = [
        _call(),
        _call(Caller="202-555-0102", Status="Missed Call"),
        _call(Status="Voicemail", Caller="202-555-0103"),
        _call(Direction="Outbound"),
        _call(Source="web", Caller="202-555-0104"),
    ]
    done, store = _mapped(tmp_path, CALLS, rows)
    assert done.dropped == {
        "Status has a value that the mapping does not list": 1,
        "campaign_id is missing": 1,
    }
    assert done.left_out == {"is of no table of the mapping": 1}
    calls = _frame(store, "calls").set_index("customer_id")
    assert calls.answered.to_dict() == {phone_id(ADA): True, phone_id(BEN): False}
    assert set(calls.started_at) == {pd.Timestamp("2025-03-02T18:05Z")}
    assert calls.outcome.unique().tolist() == ["unknown"]
    number = IDS.of_tracking_number("+12025550190", None, "SPRING")
    assert _frame(store, "numbers").number_id.tolist() == [number]
    with open_store(store) as opened:
        assert [f for f in check_store(opened) if f.severity == "error" and f.count] == []


ASSIGNMENTS = """
[[table]]
name = "assignments"
[table.columns]
campaign_id = "campaign"
customer_id = { phone = "phone", email = "email" }
arm = { column = "group", values = { A = "treatment", B = "holdout" } }
assigned_at = "at"
"""


def test_assignments_come_from_a_csv(tmp_path):
    row = {"campaign": "SPRING", "phone": ADA, "email": "ada@example.com", "group": "A"}
    rows = [row | {"at": "2025-03-01T08:00Z"}, row | {"at": "2025-03-01T08:00Z", "phone": BEN}]
    rows += [row | {"at": "2025-03-01T08:00Z", "campaign": "OTHER"}]
    rows += [row | {"at": "2025-03-01T08:00Z", "group": "C"}]
    done, store = _mapped(tmp_path, ASSIGNMENTS, rows)
    assert done.dropped == {
        "group has a value that the mapping does not list": 1,
        "campaign_id is not in the store's campaigns": 1,
    }
    assert _frame(store, "assignments").arm.tolist() == ["treatment", "treatment"]


COSTS = """
[[table]]
name = "costs"
[table.columns]
campaign_id = { value = "SPRING" }
cost_type = "what"
amount = { column = "amount", negate = true }
"""


def test_costs_of_a_kind_are_replaced_not_added(tmp_path):
    lines = [{"what": "agency", "amount": "-100"}, {"what": "agency", "amount": "-50"}]
    _, store = _mapped(tmp_path, COSTS, lines)
    again, _ = _mapped(tmp_path, COSTS, lines, store)
    assert again.tables["costs"].to_dict() == {"added": 0, "changed": 0, "removed": 0}
    assert sorted(_frame(store, "costs").amount) == [50.0, 100.0]
    _mapped(tmp_path, COSTS, [{"what": "agency", "amount": "-70"}], store)
    assert _frame(store, "costs").amount.tolist() == [70.0]


CAMPAIGNS = """
[[table]]
name = "campaigns"
[table.columns]
campaign_id = "id"
name = "name"
starts_at = "start"
window_days = "days"
margin_rate = "margin"
currency = { value = "USD" }
"""


def test_campaigns_come_first(tmp_path):
    row = {"id": "A", "name": "A", "start": "2025-03-01T00:00Z", "days": "14", "margin": "0.4"}
    done, store = _mapped(
        tmp_path, CAMPAIGNS, [row, row | {"id": "B", "margin": "40"}], tmp_path / "new"
    )
    assert done.dropped == {"margin_rate is above 1": 1}
    assert _frame(store, "campaigns").campaign_id.tolist() == ["A"]
    with pytest.raises(DataError, match="'EUR', the store's in USD"):
        _mapped(tmp_path, CAMPAIGNS.replace("USD", "EUR"), [row | {"id": "C"}], store)
    located = f'{CAMPAIGNS}locale = {{ value = "de-DE" }}'
    with pytest.raises(ParameterError, match="locale is 'German'"):
        _mapped(tmp_path, located.replace("de-DE", "German"), [row | {"id": "D"}], store)
    assert len(_frame(store, "campaigns")) == 1
    _mapped(tmp_path, located, [row | {"id": "D"}], store)
    assert _frame(store, "campaigns").locale.dropna().tolist() == ["de-DE"]


def test_an_id_that_gives_somebody_away_is_dropped(tmp_path):
    toml = ASSIGNMENTS.replace('{ phone = "phone", email = "email" }', '{ id = "phone" }')
    rows = [
        {"campaign": "SPRING", "phone": who, "group": "A", "at": "2025-03-01T08:00Z"}
        for who in (ADA, "2025550102", "ada@example.com", "C0017")
    ]
    done, store = _mapped(tmp_path, toml, rows)
    assert done.dropped == {"customer_id would give a person away": 3}
    assert _frame(store, "assignments").customer_id.tolist() == ["C0017"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "assignments"', 'name = "asignments"', "a store has campaigns, plans"),
        ('arm = {', 'armm = {', "has no column 'armm': is 'arm' meant"),
        ('assigned_at = "at"', "", "must say 'assigned_at'"),
        ('assigned_at = "at"', "assigned_at = 7", "is 7: name a column"),
        ('{ phone = "phone", email = "email" }', '"phone"', "say what the column holds"),
        ('{ phone = "phone", email = "email" }', '{ phones = "p" }', "is 'phone' meant"),
        ('{ column = "group", values', '{ column = "group", value = "A", values', "say one of"),
        ('"at"', '{ value = 2025-03-01T08:00:00 }', "write a time with its zone"),
        ('"at"', '{ column = "at", zone = "Mars" }', "time zone is 'Mars'"),
        ("[[table]]", "[[tabel]]", "is 'table' meant"),
        ("[[table]]", '[[campaign]]\nid = "X"\nmatch = {}\n[[table]]', "is 'matches' meant"),
        (
            "[[table]]",
            '[[campaign]]\nid = "X"\nfrom = "2025"\n[[table]]',
            "write a time with its zone",
        ),
        (
            "[[table]]",
            '[[campaign]]\nid = "X"\nmatches = { body = "(" }\n[[table]]',
            "no regular expression",
        ),
        ("[[table]]", "[[table]", "no TOML"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_mapping_is_named(tmp_path, old, new, message):
    row = {"campaign": "SPRING", "phone": ADA, "email": "", "group": "A", "at": "2025-03-01T08:00Z"}
    assert old in ASSIGNMENTS
    with pytest.raises(ParameterError, match=message.replace("(", r"\(")):
        _mapped(tmp_path, ASSIGNMENTS.replace(old, new, 1), [row])


EXAMPLES = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/importing.md").read_text(), re.S)


@pytest.mark.parametrize("toml", EXAMPLES)
def test_the_examples_of_the_guide_are_mappings(tmp_path, toml):
    file = tmp_path / "m.toml"
    file.write_text(toml)
    rules, settings = read_mapping(file)
    if "table" in settings:
        assert mapped_vendor(context(rules=rules, settings=settings)).layouts[0].required
    assert rules or settings


def test_the_guide_names_every_vendor():
    guide = (ROOT / "docs/importing.md").read_text()
    assert [name for name in VENDORS if f"`{name}`" not in guide] == []


COSTS_OF_GOODS = """
[[table]]
name = "orders"
update = true
[table.columns]
order_id = "order"
cost_of_goods = "cost"
"""


@pytest.mark.parametrize("known", [True, False])
def test_an_update_completes_rows_that_are_there_and_drops_the_others(tmp_path, known):
    day = pd.Timestamp("2025-03-02T09:00Z")
    columns = {"order_id": "#1", "customer_id": "c1", "ordered_at": day, "revenue": 9.0}
    people = pd.DataFrame([{"customer_id": "c1", "acquired_at": day}])
    tables = {"orders": pd.DataFrame([columns | {"discount": 1.0}]), "customers": people}
    store = campaigns_store(tmp_path / "store", **(tables if known else {}))
    rows = [{"order": "#1", "cost": "4"}, {"order": "#2", "cost": "5"}, {"order": "", "cost": "6"}]
    done, _ = _mapped(tmp_path, COSTS_OF_GOODS, rows, store)
    lost = {"completes a row that is not in the store's orders": 1 if known else 2}
    assert done.dropped == {"order_id is missing": 1} | lost
    if known:
        found = _frame(store, "orders").iloc[0]
        assert (found.revenue, found.discount, found.cost_of_goods) == (9.0, 1.0, 4.0)
        assert (done.tables["orders"].added, done.tables["orders"].changed) == (0, 1)
        again, _ = _mapped(tmp_path, COSTS_OF_GOODS, rows, store)
        assert not any(change.any for change in again.tables.values())


LINKS = """
[[table]]
name = "links"
[table.columns]
link_id = { link = "short" }
campaign_id = { value = "SPRING" }
customer_id = { phone = "phone" }
url = "short"
target_url = "long"
"""


def test_a_list_of_links_agrees_with_the_platforms_clicks(tmp_path):
    click = click_event("E1")
    clicks = write_lines(tmp_path / "clicks.jsonl", [click])
    store = campaigns_store(tmp_path / "store")
    import_files(TWILIO, [clicks], store, context(campaign_id="SPRING"))
    short, long = click["data"]["shortened_link"], "https://shop.example.com/sale"
    # Nobody has seen Ben do anything: a link alone does not say since when he is a customer.
    rows = [
        {"short": short, "long": long, "phone": ADA},
        {"short": f"{short}d", "long": long, "phone": BEN},
    ]
    _mapped(tmp_path, LINKS, rows, store)
    links = _frame(store, "links").set_index("url")
    assert len(links) == 2
    assert links.customer_id[short] == phone_id(ADA)
    assert links.customer_id.isna()[f"{short}d"]
    assert set(_frame(store, "clicks").link_id) == {links.link_id[short]}
    with open_store(store) as opened:
        assert [f for f in check_store(opened) if f.severity == "error" and f.count] == []


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (COSTS_OF_GOODS.replace('order_id = "order"\n', ""), "must say 'order_id'"),
        (COSTS_OF_GOODS.replace("true", '"yes"'), "update of orders is 'yes'"),
        (COSTS_OF_GOODS.replace("orders", "costs"), "has no column 'order_id'"),
        (
            LINKS.replace('url = "short"', 'url = { link = "short" }'),
            "url of the mapping is no link",
        ),
    ],
)
def test_an_update_or_a_link_that_means_nothing_is_refused(tmp_path, toml, message):
    with pytest.raises(ParameterError, match=message):
        _mapped(tmp_path, toml, [{"order": "#1", "cost": "4"}])


def test_a_column_that_the_file_lacks_is_named(tmp_path):
    with pytest.raises(DataError, match="it lacks 'email', 'at'"):
        _mapped(tmp_path, ASSIGNMENTS, [{"campaign": "SPRING", "phone": ADA, "group": "A"}])
    with pytest.raises(ParameterError, match="--mapping"):
        mapped_vendor(context())


def test_costs_of_several_files_count_together(tmp_path):
    _, store = _mapped(tmp_path, COSTS, [{"what": "agency", "amount": "-7"}])
    rules, settings = read_mapping(tmp_path / "mapping.toml")
    ready = context(rules=rules, settings=settings)
    january = [{"what": "agency", "amount": "-10"}, {"what": "agency", "amount": "-20"}]
    files = [
        write_csv(tmp_path / "jan.csv", january),
        write_csv(tmp_path / "feb.csv", [{"what": "agency", "amount": "-5"}]),
    ]
    for _ in range(2):
        done = import_files(mapped_vendor(ready), files, store, ready)
        assert (done.read, done.kept) == (3, 3)
        assert sorted(_frame(store, "costs").amount) == [5.0, 10.0, 20.0]


def test_a_format_of_times_that_leaves_something_in_doubt_is_refused(tmp_path):
    toml = ASSIGNMENTS.replace('"at"', '{ column = "at", format = "%d.%m.%Y %I:%M" }')
    (tmp_path / "m.toml").write_text(toml)
    rules, settings = read_mapping(tmp_path / "m.toml")
    with pytest.raises(ParameterError, match="hours of twelve"):
        mapped_vendor(context(rules=rules, settings=settings))
    with pytest.raises(ParameterError, match="cannot be read"):
        read_mapping(tmp_path)
