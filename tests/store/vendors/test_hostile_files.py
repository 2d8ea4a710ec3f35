"""Files and places at their worst: dropped with a reason or refused in words, never a traceback."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exports import (
    campaigns_store,
    click_event,
    context,
    logged,
    order,
    resource,
    write_csv,
    write_lines,
)
from typer.testing import CliRunner

from smsroi_models.cli import app
from smsroi_models.errors import DataError, ParameterError, StoreError
from smsroi_models.store.connect import open_store
from smsroi_models.store.vendors.addresses import page_of
from smsroi_models.store.vendors.contract import Layout, Vendor
from smsroi_models.store.vendors.ga4 import GA4
from smsroi_models.store.vendors.importing import import_files
from smsroi_models.store.vendors.shopify import SHOPIFY
from smsroi_models.store.vendors.surveys import DELIGHTED
from smsroi_models.store.vendors.twilio import TWILIO
from smsroi_models.store.vendors.zones import Clock, zone_called

SPRING = context(campaign_id="SPRING")


def _frame(store, name):
    with open_store(store) as opened:
        return opened[name].to_pandas()


def _event(**changes):
    return {
        "event_date": "20250305",
        "event_timestamp": 1741168860000001,
        "event_name": "purchase",
        "event_params": [],
    } | changes


EVENTS = [
    ({"event_timestamp": "²"}, "event_timestamp is no count of time"),
    ({"event_timestamp": "1" * 5000}, "event_timestamp is no count of time"),
    ({"event_params": 5}, "event_params is no list of parameters"),
    ({"event_params": "value"}, "event_params is no list of parameters"),
    ({"event_params": [5]}, "event_params is no list of parameters"),
    ({"event_params": [{"key": "value", "value": 5}]}, "event_params is no list of parameters"),
    ({"event_params": {"list": [{"element": None}]}}, "event_params is no list of parameters"),
    ({"event_params": {"list": None}}, None),
    ({"event_params": None}, None),
]


def test_events_of_any_shape_are_read_or_dropped(tmp_path):
    store = campaigns_store(tmp_path / "store")
    lines = [_event(**changes) for changes, _ in EVENTS]
    file = write_lines(tmp_path / "e.jsonl", lines)
    # An integer, not a text, of more digits than Python converts.
    file.write_text(
        file.read_text() + '{"event_name": "purchase", "event_timestamp": ' + "7" * 5000 + "}\n"
    )
    done = import_files(GA4, [file], store, context())
    reasons = [reason for _, reason in EVENTS if reason]
    reasons.append("event_timestamp is no count of time")
    assert done.dropped == {reason: reasons.count(reason) for reason in reasons}
    assert (done.read, done.kept) == (len(EVENTS) + 1, 2)


def test_events_in_parquet_of_any_type_are_read_or_dropped(tmp_path):
    store = campaigns_store(tmp_path / "store")
    plain = {name: [value] for name, value in _event(event_params=None).items()}
    far = pa.array([400_000_000_000], pa.timestamp("s"))  # the year 14645, which Python lacks
    odd = {
        "params are numbers": {"event_params": pa.array([[5]])},
        "params are a map": {
            "event_params": pa.array([[("value", 5)]], pa.map_("string", "int64"))
        },
        "params are bytes": {"event_params": pa.array([b"\xff\xfe"])},
        "time is a time": {"event_timestamp": far},
        "time is text": {"event_timestamp": pa.array(["²"])},
        "name is bytes": {"event_name": pa.array([b"\xff"])},
        "source is text": {"collected_traffic_source": pa.array(["spring"])},
    }
    for name, columns in odd.items():
        file = tmp_path / f"{name}.parquet"
        pq.write_table(pa.table(plain | columns), file)
        done = import_files(GA4, [file], store, context())
        outcome = (done.kept, [*done.dropped, *done.left_out])
        expected = {
            "time is a time": (0, ["holds a value that cannot be read"]),
            "time is text": (0, ["event_timestamp is no count of time"]),
            "name is bytes": (0, ["is no conversion event"]),
            "source is text": (1, []),
        }.get(name, (0, ["event_params is no list of parameters"]))
        assert outcome == expected, name


def test_one_value_that_cannot_be_read_does_not_drop_its_neighbours(tmp_path):
    store = campaigns_store(tmp_path / "store")
    rows = pa.table(
        {name: [value] * 3 for name, value in _event(event_params=None).items()}
        | {"event_bundle_sequence_id": [1, 2, 3]}
        | {"seen": pa.array([0, 400_000_000_000, 0], pa.timestamp("s"))}
    )
    pq.write_table(rows, tmp_path / "e.parquet")
    done = import_files(GA4, [tmp_path / "e.parquet"], store, context())
    assert (done.kept, done.dropped) == (2, {"holds a value that cannot be read": 1})


def test_a_whole_number_of_thousands_of_digits_drops_its_record(tmp_path):
    store = campaigns_store(tmp_path / "store")
    lines = write_lines(tmp_path / "m.jsonl", [resource("SM1"), resource("SM2")])
    lines.write_text(
        lines.read_text().replace('"num_segments": "1"', f'"num_segments": {"1" * 5000}', 1)
    )
    document = tmp_path / "m.json"
    document.write_text("[" + ",\n".join(lines.read_text().splitlines()) + "\n]")
    for file in (lines, document):
        done = import_files(TWILIO, [file], store, SPRING)
        assert (done.kept, done.dropped) == (1, {"num_segments is no whole number": 1})


def test_delighted_leaves_other_surveys_out_and_counts_them(tmp_path):
    answers = [
        {"id": str(i), "person": {}, "survey_type": kind, "score": 4, "created_at": at}
        for i, (kind, at) in enumerate([("nps", 1714644000), ("csat", 1714644000), ("nps", "²")])
    ]
    file = tmp_path / "a.json"
    file.write_text(json.dumps(answers))
    ready = context(settings={"survey": {"id": "n", "question": "q"}})
    done = import_files(DELIGHTED, [file], campaigns_store(tmp_path / "store"), ready)
    assert (done.kept, done.dropped) == (1, {"created_at is no count of time": 1})
    assert done.left_out == {"measures something else than [survey] says": 1}
    wrong = context(settings={"survey": {"id": "n", "question": "q", "comment": "Why?"}})
    with pytest.raises(ParameterError, match=r"comment of .survey. is 'Why\?'"):
        import_files(DELIGHTED, [file], tmp_path / "store", wrong)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_by_its_mark(tmp_path, encoding):
    mark = "" if encoding == "utf-16" else "\ufeff"
    log = write_csv(tmp_path / "o.csv", [order("#1")])
    log.write_bytes((mark + log.read_text()).encode(encoding))
    lines = write_lines(tmp_path / "m.jsonl", [resource("SM1")])
    lines.write_bytes((mark + lines.read_text()).encode(encoding))
    store = campaigns_store(tmp_path / "store")
    assert import_files(SHOPIFY, [log], store, context()).kept == 1
    assert import_files(TWILIO, [lines], store, SPRING).kept == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04\x14\x00\xe9\xff", "a zip archive or a workbook: unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old workbook: save its sheet as CSV"),
        ("Name,Straße\n".encode("latin-1"), "neither UTF-8 nor UTF-16 text"),
        (b'Name,Email\n#1,a\n#2,"he said "hi" x"\n', "line 3 .*quote is out of place there"),
        (b'Name,Email\n#1,"a\n#2,b\n', "line 3 .*opened further up and never closed"),
    ],
)
def test_what_a_file_is_and_where_it_breaks_is_told(tmp_path, content, message):
    file = tmp_path / "o.csv"
    file.write_bytes(content)

    def read(record, context):
        return iter(())

    vendor = Vendor("any", (Layout("any", ("Name",), read, "Name"),))
    with pytest.raises(DataError, match=message):
        import_files(vendor, [file], tmp_path / "store", context())


@pytest.mark.parametrize("store", ["file.txt/store", "file.txt/deep/store.duckdb"])
def test_a_store_where_none_can_be_is_refused(tmp_path, store):
    (tmp_path / "file.txt").write_text("in the way")
    orders = write_csv(tmp_path / "o.csv", [order("#1")])
    with pytest.raises(StoreError, match=r"cannot write: .*file\.txt"):
        import_files(SHOPIFY, [orders], tmp_path / store, context())


def test_a_folder_in_the_way_of_the_lock_is_told(tmp_path):
    orders = write_csv(tmp_path / "o.csv", [order("#1")])
    (tmp_path / ".store.lock").mkdir()
    with pytest.raises(StoreError, match="cannot write: Is a directory"):
        import_files(SHOPIFY, [orders], tmp_path / "store", context())


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_folder_that_may_only_be_read_is_told(tmp_path):
    orders = write_csv(tmp_path / "o.csv", [order("#1")])
    (tmp_path / "theirs").mkdir(mode=0o500)
    with pytest.raises(StoreError, match="cannot write: Permission denied"):
        import_files(SHOPIFY, [orders], tmp_path / "theirs" / "store", context())


def test_a_disk_that_takes_nothing_leaves_the_store(tmp_path, monkeypatch):
    store = campaigns_store(tmp_path / "store")
    orders = write_csv(tmp_path / "o.csv", [order("#1")])

    def refuse(self, target):
        raise OSError(30, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreError, match="cannot write: Read-only file system"):
        import_files(SHOPIFY, [orders], store, context())
    monkeypatch.undo()
    with open_store(store) as opened:
        assert opened.names == ("campaigns",)


def test_the_list_of_dropped_records_needs_a_place(tmp_path):
    orders = write_csv(tmp_path / "o.csv", [order("#1")])
    for target in (tmp_path, orders / "dropped.csv"):
        with pytest.raises(ParameterError, match="the dropped records go to a file"):
            import_files(SHOPIFY, [orders], tmp_path / "store", context(), target)


def test_a_store_that_another_program_reads_is_refused_in_words(tmp_path):
    store = campaigns_store(tmp_path / "store.duckdb")
    orders = write_csv(tmp_path / "o.csv", [order("#1")])
    script = (
        "import duckdb, sys\n"
        f"held = duckdb.connect({str(store)!r}, read_only=True)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(StoreError, match=r"another program has .*store.duckdb' open"):
            import_files(SHOPIFY, [orders], store, context())
        other.stdin.close()
    assert import_files(SHOPIFY, [orders], store, context()).kept == 1


def test_a_target_keeps_page_and_campaign_alone(tmp_path):
    store = campaigns_store(tmp_path / "store")
    link = (
        "https://ada:secret@x.example.com/hi/ada%2540example.com/p/1234567890123"
        "?phone=%2B12025550142&name=Ada&u=u2025550142&e=ada%2540example.com"
        "&utm_campaign=spring&utm_content=ada%2540example.com#Ada"
    )
    file = write_lines(tmp_path / "c.jsonl", [click_event("E1", link=link)])
    import_files(TWILIO, [file], store, SPRING)
    kept = "https://x.example.com/hi/***/p/1234567890123?utm_campaign=spring&utm_content=***"
    assert _frame(store, "links").target_url.tolist() == [kept]


def test_an_address_wrapped_without_end_is_not_unwrapped():
    assert page_of("https://x.example.com/a%" + "25" * 100_000) == "https://x.example.com***"


TIMES = {
    "May 2, 2024 10:00 PM": None,
    "2 May 2024 10:00:00 PM": None,
    "2024-05-02 10:00 PM": None,
    "Thu, 02 May 2024 10:00:00 CEST": None,
    "Thu, 02 May 2024 10:00:00 BST": None,
    "Thu, 02 May 2024 10:00:00 -0000": 10,
    "Thu, 02 May 2024 10:00:00 GMT": 10,
    "Thu, 02 May 2024 10:00:00 EST": 15,
    "Thu, 02 May 2024 10:00:00 +0200 (CEST)": 8,
    "02 May 2024 10:00": 14,  # the zone of the option
    "2024-05-02 10:00:00 UTC": 10,
    "2024-05-02 10:00:00 GMT": 10,
}


def test_a_time_is_read_whole_or_not_at_all(tmp_path):
    store = campaigns_store(tmp_path / "store")
    rows = [logged(str(i), SentDate=written) for i, written in enumerate(TIMES)]
    there = SPRING.with_options(clock=Clock(zone_called("America/New_York")))
    import_files(TWILIO, [write_csv(tmp_path / "log.csv", rows)], store, there)
    sent = _frame(store, "messages").set_index("message_id").sent_at
    midnight = datetime(2024, 5, 2, tzinfo=UTC)
    assert sent.to_dict() == {
        str(i): midnight + timedelta(hours=hour)
        for i, hour in enumerate(TIMES.values())
        if hour is not None
    }


def _smsroi(*words):
    return CliRunner().invoke(app, ["import", *map(str, words)])


def test_the_command_says_what_it_wrote(tmp_path, monkeypatch):
    monkeypatch.setenv("SMSROI_SECRET", "0123456789abcdef")
    head = write_csv(tmp_path / "h.csv", [order("#1")])
    rows = head.read_text()
    head.write_text(rows.splitlines()[0] + "\n")
    store, words = tmp_path / "new", ("--currency", "USD")
    told = _smsroi("shopify", head, "--store", store, *words)
    assert (told.exit_code, store.exists()) == (0, False)
    assert told.output.endswith("Nothing new: nothing was written\n")
    head.write_text(rows)
    assert f"Wrote {store}" in _smsroi("shopify", head, "--store", store, *words).output
    assert "Wrote" not in _smsroi("shopify", head, "--store", store, *words).output


@pytest.mark.parametrize("wrong", ["%Q", "%", "%d %d", "%H:%M", "%Y-%m-%d %I:%M", "%d %b %Y %Z"])
def test_a_format_of_times_is_looked_at_before_the_file(tmp_path, wrong, monkeypatch):
    monkeypatch.setenv("SMSROI_SECRET", "0123456789abcdef")
    told = _smsroi("shopify", tmp_path / "no", "--store", tmp_path / "s", "--time-format", wrong)
    assert told.exit_code == 1 or isinstance(told.exception, ParameterError)
    assert "--time-format is" in told.output + str(told.exception)
