"""The vendors beside Twilio and Shopify: each layout, and the trap that each of them sets."""

import json
import re

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exports import (
    ADA,
    BEN,
    address_id,
    campaigns_store,
    click_event,
    context,
    order,
    phone_id,
    write_csv,
    write_lines,
)

from smsroi_models.errors import DataError, ParameterError
from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import open_store
from smsroi_models.store.vendors.importing import import_files
from smsroi_models.store.vendors.mapping import read_mapping
from smsroi_models.store.vendors.registry import VENDORS, vendor_called
from smsroi_models.store.vendors.zones import Clock, zone_called


def _bring(tmp_path, vendor, file, toml="", **options):
    store = tmp_path / "store"
    if not store.exists():
        campaigns_store(store)
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(toml)
    rules, settings = read_mapping(mapping)
    ready = context(rules=rules, settings=settings, **options)
    done = import_files(vendor_called(vendor, ready), [file], store, ready)
    with open_store(store) as opened:
        assert [f for f in check_store(opened) if f.severity == "error" and f.count] == []
        return done, {name: opened[name].to_pandas() for name in opened.names}


def _call(call_id, **changes):
    return {
        "id": call_id,
        "start_time": "2025-03-02T13:05:00.000-05:00",
        "duration": 61,
        "answered": True,
        "direction": "inbound",
        "customer_phone_number": ADA,
        "customer_state": "DC",
        "tracking_phone_number": "+12025550190",
        "lead_status": "good_lead",
        "value": "120.50",
        "voicemail": False,
        "customer_name": "Ada Lovelace",
    } | changes


def test_callrail(tmp_path):
    calls = [
        _call("CAL1"),
        _call("CAL2", customer_phone_number=None, answered=False, value=None),
        _call("CAL3", direction="outbound"),
        _call("CAL4", tracking_phone_number="190"),
        _call("CAL5", value="a lot"),
    ]
    file = tmp_path / "calls.json"
    file.write_text(json.dumps({"page": 1, "total_pages": 1, "calls": calls}))
    done, tables = _bring(tmp_path, "callrail", file, campaign_id="SPRING")
    assert done.left_out == {"is no inbound call": 1}
    assert done.dropped == {
        "tracking_phone_number is not possible, or lacks its country": 1,
        "value is no number": 1,
    }
    found = tables["calls"].set_index("call_id")
    assert found.customer_id["CAL1"] == phone_id(ADA) and pd.isna(found.customer_id["CAL2"])
    assert found.started_at["CAL1"] == pd.Timestamp("2025-03-02T18:05Z")
    assert (found.value["CAL1"], found.answered["CAL2"]) == (120.5, False)
    assert tables["numbers"].campaign_id.tolist() == ["SPRING"]


LINK = """
[link]
url = "https://bit.example.com/abc"
target_url = "https://shop.example.com/sale"
"""


def test_bitly_counts_days_and_no_person(tmp_path):
    def page(clicks, unit="day"):
        days = [("2025-03-01", clicks), ("2025-03-02", 0)]
        listed = [{"date": f"{day}T00:00:00+0000", "clicks": n} for day, n in days]
        file = tmp_path / f"{clicks}{unit}.json"
        file.write_text(json.dumps({"link_clicks": listed, "unit": unit, "units": -1}))
        return file

    _bring(tmp_path, "bitly", page(7), LINK, campaign_id="SPRING")
    done, tables = _bring(tmp_path, "bitly", page(9), LINK, campaign_id="SPRING")
    assert done.tables["clicks"].to_dict() == {"added": 0, "changed": 1, "removed": 0}
    assert sorted(tables["clicks"].clicks) == [0, 9]
    assert tables["links"].link_id.tolist() == ["https://bit.example.com/abc"]
    done, _ = _bring(tmp_path, "bitly", page(5, "hour"), LINK, campaign_id="SPRING")
    assert done.dropped == {"is no count of a day: ask Bitly with unit=day": 2}
    with pytest.raises(ParameterError, match="--campaign"):
        _bring(tmp_path, "bitly", page(7), LINK)
    with pytest.raises(ParameterError, match="must say 'url'"):
        _bring(tmp_path, "bitly", page(7), campaign_id="SPRING")


SURVEY = """
[survey]
id = "post-spring"
metric = "nps"
question = "How likely are you to recommend us?"
comment = "Why?"
email = "Your e-mail"
"""


def test_typeform(tmp_path):
    def row(token, score, **changes):
        return {
            "#": token,
            "How likely are you to recommend us?": score,
            "Why?": "write to me: ada@example.com",
            "Your e-mail": "ada@example.com",
            "Start Date (UTC)": "2025-03-05 10:00:00",
            "Submit Date (UTC)": "2025-03-05 10:01:00",
        } | changes

    rows = [row("t1", "9"), row("t2", ""), row("t3", "11"), row("t4", "8", **{"Why?": ""})]
    done, tables = _bring(
        tmp_path, "typeform", write_csv(tmp_path / "t.csv", rows), SURVEY, campaign_id="SPRING"
    )
    assert done.dropped == {
        "the question was not answered": 1,
        "the answer is off the question's scale": 1,
    }
    first = tables["responses"].set_index("response_id").loc["post-spring t1"]
    assert (first.score, first.comment) == (9.0, "write to me: ***")
    assert first.customer_id == address_id("ada@example.com")
    assert first.responded_at == pd.Timestamp("2025-03-05T10:01Z")
    assert tables["surveys"].iloc[0].to_dict() == {
        "survey_id": "post-spring",
        "campaign_id": "SPRING",
        "metric": "nps",
        "scale_min": 0.0,
        "scale_max": 10.0,
        "question": "How likely are you to recommend us?",
    }


def test_typeform_without_its_question_is_refused(tmp_path):
    rows = [{"#": "1", "How likely?": "9", "Submit Date (UTC)": "2025-03-05 10:00:00"}]
    with pytest.raises(ParameterError, match="no column 'How likely are you to recommend us"):
        _bring(tmp_path, "typeform", write_csv(tmp_path / "t.csv", rows), SURVEY)
    with pytest.raises(ParameterError, match="must say 'metric'"):
        _bring(tmp_path, "typeform", tmp_path / "t.csv", '[survey]\nid = "x"\nquestion = "y"')
    with pytest.raises(ParameterError, match="scale_min and scale_max"):
        toml = '[survey]\nid = "x"\nquestion = "y"\nmetric = "csat"'
        _bring(tmp_path, "typeform", tmp_path / "t.csv", toml)


SURVEYMONKEY = (
    "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,"
    'Custom Data 1,"How likely are you\nto recommend us?",Rate our,\n'
    ",,,,,,,,,Response,shoes,socks\n"
    "11,1,03/05/2025 10:00:00 AM,03/05/2025 10:01:00 AM,192.0.2.1,Ben@example.com,Ben,B,,7,3,4\n"
    "12,1,03/05/2025 10:00:00 AM,,192.0.2.1,,,,,,,\n"
)


def test_surveymonkey_has_two_header_rows_and_line_breaks_in_titles(tmp_path):
    file = tmp_path / "sm.csv"
    file.write_text(SURVEYMONKEY)
    toml = SURVEY.replace('comment = "Why?"\nemail = "Your e-mail"\n', "")
    there = Clock(zone_called("America/New_York"), "%m/%d/%Y %I:%M:%S %p")
    done, tables = _bring(tmp_path, "surveymonkey", file, toml, clock=there)
    assert (done.read, done.dropped) == (2, {"End Date is blank": 1})
    answer = tables["responses"].iloc[0]
    assert (answer.score, answer.customer_id) == (7.0, address_id("ben@example.com"))
    assert answer.responded_at == pd.Timestamp("2025-03-05T15:01Z")
    # A column of a question with several is named by its title and what stands below.
    socks = '[survey]\nid = "s"\nmetric = "csat"\nscale_min = 1\nscale_max = 5\n'
    socks += 'question = "Rate our socks"\nscore = "Rate our / socks"\n'
    _, tables = _bring(tmp_path, "surveymonkey", file, socks, clock=there)
    assert tables["responses"].set_index("survey_id").score["s"] == 4.0


def test_delighted(tmp_path):
    def answer(key, **changes):
        return {
            "id": key,
            "person": {"id": "1", "email": "ada@example.com", "name": "Ada"},
            "survey_type": "nps",
            "score": 10,
            "comment": "love it",
            "created_at": 1741168860,  # date -u -d @1741168860: 2025-03-05 10:01:00
            "updated_at": 1741168861,
            "person_properties": {"city": "DC"},
            "tags": [],
        } | changes

    file = tmp_path / "d.json"
    file.write_text(json.dumps([answer("1"), answer("2", person="55"), answer("3", score=-1)]))
    also = write_lines(tmp_path / "d.jsonl", [answer("4", survey_type="csat")])
    toml = SURVEY.replace('comment = "Why?"\n', "")
    done, tables = _bring(tmp_path, "delighted", file, toml)
    assert done.dropped == {"the answer is off the question's scale": 1}
    found = tables["responses"].set_index("response_id")
    assert found.customer_id["post-spring 1"] == address_id("ada@example.com")
    assert pd.isna(found.customer_id["post-spring 2"]) and found.comment.isna().all()
    assert found.responded_at["post-spring 1"] == pd.Timestamp("2025-03-05T10:01Z")
    done, _ = _bring(tmp_path, "delighted", also, toml)
    assert done.left_out == {"measures something else than [survey] says": 1}


def _event(**changes):
    return {
        "event_date": "20250304",  # in the property's zone: the day before
        "event_timestamp": 1741168860000001,
        "event_name": "purchase",
        "event_params": [
            {"key": "currency", "value": _param(string_value="USD")},
            {"key": "value", "value": _param(double_value=80.0)},
            {"key": "transaction_id", "value": _param(string_value="#1001")},
        ],
        "event_value_in_usd": 81.5,
        "user_pseudo_id": "1.2",
        "user_id": None,
        "traffic_source": {"name": "spring_sms", "medium": "sms", "source": "twilio"},
        "collected_traffic_source": {"manual_campaign_name": None, "manual_source": None},
    } | changes


def _param(**value):
    kinds = ("string_value", "int_value", "float_value", "double_value")
    return dict.fromkeys(kinds) | value


GA4_LINKS = """
[ga4]
events = ["purchase", "call_click"]
links = { spring_sms = "https://bit.example.com/abc" }
"""


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_ga4_reads_the_events_own_source_and_utc_microseconds(tmp_path, form):
    (tmp_path / "b.json").write_text(
        json.dumps({"link_clicks": [{"date": "2025-03-01T00:00:00Z", "clicks": 1}], "unit": "day"})
    )
    _bring(tmp_path, "bitly", tmp_path / "b.json", LINK, campaign_id="SPRING")
    own = {"manual_campaign_name": "spring_sms", "manual_source": "twilio"}
    rows = [
        _event(),
        _event(event_timestamp=1741168860000002, collected_traffic_source=own, user_id=BEN),
        _event(event_timestamp=1741168860000003, event_params=[]),
        _event(event_name="page_view"),
        _event(),  # a late file may bring an event again
    ]
    file = tmp_path / f"events.{form}"
    if form == "jsonl":
        # BigQuery writes 64-bit integers as text.
        write_lines(file, [row | {"event_timestamp": str(row["event_timestamp"])} for row in rows])
    else:
        pq.write_table(pa.Table.from_pylist(rows), file)
    done, tables = _bring(tmp_path, "ga4", file, GA4_LINKS)
    assert done.left_out == {"is no conversion event": 1}
    found = tables["events"].sort_values("occurred_at")
    assert len(found) == 3
    # The first one's user came by text once, the event itself did not.
    assert [isinstance(link, str) for link in found.link_id] == [False, True, False]
    assert found.occurred_at.iloc[0] == pd.Timestamp("2025-03-05T10:01:00.000001Z")
    assert found.value.tolist() == [80.0, 80.0, 81.5]
    assert found.order_id.isna().all()  # the store has no such order
    assert found.customer_id.dropna().tolist() == [phone_id(BEN)]


def test_ga4_names_a_link_by_its_address(tmp_path):
    shop = _event(collected_traffic_source={"manual_content": "https://twil.example.com/abc"})
    file = write_lines(tmp_path / "e.jsonl", [shop, _event(event_timestamp="1741168860000009")])
    clicks = write_lines(tmp_path / "clicks.jsonl", [click_event("E1")])
    _bring(tmp_path, "twilio", clicks, campaign_id="SPRING")
    _, tables = _bring(tmp_path, "ga4", file, '[ga4]\nlink = "manual_content"\n')
    assert tables["events"].link_id.dropna().tolist() == tables["links"].link_id.tolist()
    with pytest.raises(ParameterError, match="holds the short link"):
        _bring(tmp_path, "ga4", file, "[ga4]\nlink = 1\n")


def test_ga4_takes_no_money_of_another_currency(tmp_path):
    store = campaigns_store(tmp_path / "store")
    frame = pd.read_parquet(store / "campaigns.parquet")
    frame.assign(currency="EUR").to_parquet(store / "campaigns.parquet", index=False)
    file = write_lines(tmp_path / "e.jsonl", [_event()])
    _, tables = _bring(tmp_path, "ga4", file, currency="EUR")
    assert tables["events"].value.isna().all()


KLAVIYO = """
[campaigns]
window_days = 14
margin_rate = 0.4
currency = "USD"
"""


def test_klaviyo_names_campaigns_and_leaves_known_ones_alone(tmp_path):
    def row(key, **changes):
        return {
            "Campaign Name": "=HYPERLINK(1)",
            "Tags": "",
            "Subject": "",
            "Send Time": "2025-03-08 10:00:00",
            "Total Recipients": "100",
            "Placed Order Rate": "48.43%",
            "Revenue": "1000.00",
            "Campaign ID": key,
            "Campaign Channel": "SMS",
        } | changes

    rows = [row("K1"), row("K2", **{"Campaign Channel": "Email"}), row("SPRING")]
    file = write_csv(tmp_path / "k.csv", rows)
    utc = Clock(zone_called("UTC"))
    done, tables = _bring(tmp_path, "klaviyo", file, KLAVIYO, clock=utc)
    assert done.left_out == {"is of another channel": 1}
    found = tables["campaigns"].set_index("campaign_id")
    assert found.starts_at["K1"] == pd.Timestamp("2025-03-08T10:00Z")
    assert found.name["SPRING"] == "Spring sale"  # as it was
    with pytest.raises(ParameterError, match="must say 'window_days'"):
        _bring(tmp_path, "klaviyo", file, clock=utc)
    with pytest.raises(DataError, match="'EUR'"):
        _bring(tmp_path, "klaviyo", file, KLAVIYO.replace("USD", "EUR"), clock=utc)
    with pytest.raises(ParameterError, match=r"locale of \[campaigns\] is 'German'"):
        _bring(tmp_path, "klaviyo", file, f'{KLAVIYO}locale = "German"', clock=utc)


ATTENTIVE = """
[columns]
event = "type"
occurred_at = "timestamp"
phone = "phone"
email = "email"
message_id = "message_id"
link = "link"
"""


def test_attentive_with_its_columns_named(tmp_path):
    def row(kind, at="2025-03-01T10:00:00Z", **changes):
        return {
            "type": kind,
            "timestamp": at,
            "phone": ADA,
            "email": "",
            "message_id": "77",
            "link": "https://att.example.com/1",
        } | changes

    rows = [
        row("MESSAGE_RECEIPT"),
        row("MESSAGE_RECEIPT", phone=BEN),
        row("MESSAGE_LINK_CLICK", "2025-03-01T10:05:00Z"),
        row("SUBSCRIPTION_OPT_IN_COMPLETED", "2025-02-01T10:00:00Z"),
        row("SUBSCRIPTION_OPTED_OUT", "2025-03-02T10:00:00Z"),
        row("EMAIL_OPEN"),
    ]
    file = write_csv(tmp_path / "a.csv", rows)
    done, tables = _bring(tmp_path, "attentive", file, ATTENTIVE, campaign_id="SPRING")
    assert done.dropped == {"the event type is not known": 1}
    assert set(tables["messages"].customer_id) == {phone_id(ADA), phone_id(BEN)}
    assert tables["messages"].status.unique().tolist() == ["delivered"]
    assert tables["subscriptions"].event.tolist() == ["opt_in", "opt_out"]
    assert tables["clicks"].link_id.tolist() == tables["links"].link_id.tolist()
    assert tables["subscriptions"].source.unique().tolist() == ["attentive"]
    with_source = ATTENTIVE + 'source = "message_id"\n'
    _, tables = _bring(tmp_path, "attentive", file, with_source, campaign_id="SPRING")
    assert tables["subscriptions"].source.unique().tolist() == ["77"]
    with pytest.raises(ParameterError, match="must say 'event'"):
        _bring(tmp_path, "attentive", file, campaign_id="SPRING")
    with pytest.raises(DataError, match="it lacks 'when'"):
        toml = ATTENTIVE.replace('"timestamp"', '"when"')
        _bring(tmp_path, "attentive", file, toml, campaign_id="SPRING")


@pytest.mark.parametrize("vendor", [v for v in VENDORS if v not in ("attentive", "csv")])
def test_every_vendor_refuses_a_file_that_is_not_its_own(tmp_path, vendor):
    file = write_csv(tmp_path / "x.csv", [{"a": "1", "b": "2"}])
    with pytest.raises(DataError, match="it lacks '"):
        _bring(tmp_path, vendor, file, campaign_id="SPRING")


def test_an_unknown_vendor_is_named_with_the_nearest():
    with pytest.raises(ParameterError, match="is 'shopify' meant"):
        vendor_called("shopfy", context())


def test_a_misspelt_column_of_the_survey_is_refused(tmp_path):
    row = {"#": "t1", "How likely are you to recommend us?": "9", "Why?": "", "Your e-mail": ""}
    file = write_csv(tmp_path / "t.csv", [row | {"Submit Date (UTC)": "2025-03-05 10:01:00"}])
    for wrong, key, near in (("Why", "comment", "Why?"), ("Your mail", "email", "Your e-mail")):
        toml = SURVEY.replace(f'"{near}"', f'"{wrong}"')
        with pytest.raises(
            ParameterError, match=f"{key} of .survey. is '{wrong}'.*is " + re.escape(repr(near))
        ):
            _bring(tmp_path, "typeform", file, toml)


def test_comments_outcomes_and_sources_are_masked_alike(tmp_path):
    said = (
        "020 7946 0958; 07911 123456; 01 23 45 67 89; 0170/1234567; (202)5550142; 202/555-0142; "
        "ada@例え.世界"
    )
    row = {"#": "t1", "How likely are you to recommend us?": "9", "Why?": f"{said}; 2025-03-05"}
    row |= {"Your e-mail": "", "Submit Date (UTC)": "2025-03-05 10:01:00"}
    _, tables = _bring(tmp_path, "typeform", write_csv(tmp_path / "t.csv", [row]), SURVEY)
    kept = "***; ***; ***; ***; ***; ***; ***"
    assert tables["responses"].comment.tolist() == [f"{kept}; 2025-03-05"]
    call = write_lines(tmp_path / "c.jsonl", [_call("CAL1", lead_status=said)])
    _, tables = _bring(tmp_path, "callrail", call, campaign_id="SPRING")
    assert tables["calls"].outcome.tolist() == [kept]
    placed = write_csv(tmp_path / "o.csv", [order("#1", Source=said)])
    _, tables = _bring(tmp_path, "shopify", placed)
    assert tables["orders"].source.tolist() == [kept]
