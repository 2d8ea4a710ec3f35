"""Twilio's files: every layout, every trap, and what may not get through."""

import json
import re
from datetime import UTC, datetime

import pandas as pd
import pytest
from exports import (
    ADA,
    BEN,
    CONSOLE,
    CONSOLE_OLDER,
    SERVICE,
    SHOP,
    bulk,
    campaigns_store,
    click_event,
    context,
    logged,
    phone_id,
    reply,
    resource,
    write_csv,
    write_lines,
)

from smsroi_models.errors import DataError, ParameterError
from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import open_store
from smsroi_models.store.vendors.context import CampaignRule
from smsroi_models.store.vendors.importing import import_files
from smsroi_models.store.vendors.replies import intent_of
from smsroi_models.store.vendors.twilio import TWILIO
from smsroi_models.store.vendors.zones import Clock, zone_called

SPRING = context(campaign_id="SPRING")


def _frame(store, name):
    with open_store(store) as opened:
        return opened[name].to_pandas()


@pytest.mark.parametrize("order", [CONSOLE, CONSOLE_OLDER])
def test_the_console_log_comes_in_by_name_in_both_orders(tmp_path, order):
    store = campaigns_store(tmp_path / "store")
    rows = [{k: v for k, v in logged("SM1").items() if k in order}]
    log = write_csv(tmp_path / "log.csv", rows, order)
    if order is CONSOLE_OLDER:
        assert "ErrorCode" not in log.read_text()
    done = import_files(TWILIO, [log], store, SPRING)
    assert (done.read, done.kept, done.dropped) == (1, 1, {})
    message = _frame(store, "messages").iloc[0].to_dict()
    assert message == {
        "message_id": "SM1",
        "campaign_id": "SPRING",
        "customer_id": phone_id(ADA),
        "sent_at": pd.Timestamp("2025-03-01T10:00Z"),
        "status": "delivered",
        "segments": 2,
        "price": 0.0079,  # 0.0158 for two segments
    }
    with open_store(store) as opened:
        assert [f for f in check_store(opened) if f.severity == "error" and f.count] == []


@pytest.mark.parametrize(("name", "make"), [("m.jsonl", resource), ("day.json.gz", bulk)])
def test_resources_and_bulk_exports_come_in(tmp_path, name, make):
    store = campaigns_store(tmp_path / "store")
    file = write_lines(tmp_path / name, [make("SM1"), make("SM2", to=BEN, price=None)])
    done = import_files(TWILIO, [file], store, SPRING)
    assert done.kept == 2
    messages = _frame(store, "messages")
    assert messages.price.tolist()[0] == 0.0079 and messages.price.isna().tolist() == [False, True]
    assert set(messages.sent_at) == {pd.Timestamp("2025-03-01T10:00Z")}


def test_a_page_of_the_interface_is_a_document(tmp_path):
    store = campaigns_store(tmp_path / "store")
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"messages": [resource("SM1")], "page": 0}, indent=2))
    assert import_files(TWILIO, [page], store, SPRING).kept == 1


def test_link_clicks_make_links_and_clicks_and_hide_the_address_in_the_target(tmp_path):
    store = campaigns_store(tmp_path / "store")
    events = [click_event("EV1"), click_event("EV2"), {**click_event("EV3"), "type": "other"}]
    done = import_files(TWILIO, [write_lines(tmp_path / "e.jsonl", events)], store, SPRING)
    assert (done.kept, done.left_out) == (2, {"is no link click": 1})
    links, clicks = _frame(store, "links"), _frame(store, "clicks")
    assert links.customer_id.tolist() == [phone_id(ADA)]
    assert links.target_url[0] == "https://shop.example.com/sale?utm_campaign=spring"
    assert set(clicks.link_id) == set(links.link_id)
    assert clicks.user_agent[0] == "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15"


def test_replies_are_classified_and_a_stop_is_an_opt_out(tmp_path):
    store = campaigns_store(tmp_path / "store")
    bodies = {"SM1": "Stop", "SM2": "stop please", "SM3": "Yes", "SM4": "love it", "SM5": "help"}
    rows = [
        reply(sid, body, SentDate=f"2025-03-01T11:00:0{i}Z")
        for i, (sid, body) in enumerate(bodies.items())
    ]
    import_files(TWILIO, [write_csv(tmp_path / "log.csv", rows)], store, SPRING)
    replies = _frame(store, "replies").set_index("reply_id")
    assert replies.intent.to_dict() == {
        "SM1": "stop",
        "SM2": "near_stop",
        "SM3": "start",
        "SM4": "other",
        "SM5": "help",
    }
    assert "body" not in replies.columns
    assert _frame(store, "subscriptions").event.tolist() == ["opt_out", "opt_in"]


@pytest.mark.parametrize(
    ("body", "intent"),
    [
        ("STOPALL", "stop"),
        (" optout\n", "stop"),
        ("Revoke", "stop"),
        ("STOP.", "near_stop"),
        ("cancel!!", "near_stop"),
        ("please unsubscribe me from this list", "near_stop"),
        ("opt out", "near_stop"),
        ("UNSTOP", "start"),
        ("yes please", "other"),
        ("when does the sale end", "other"),
        ("never stop sending these", "other"),
        ("", "other"),
    ],
)
def test_intent(body, intent):
    assert intent_of(body) == intent


UNUSABLE = [
    ({"SentDate": ""}, "was not sent yet: it has no time"),
    ({"SentDate": "yesterday"}, "date_sent is no time in ISO 8601 or RFC 2822"),
    ({"SentDate": "1901-01-01T00:00:00Z"}, "sent_at lies before 1970 or after 2199"),
    ({"SentDate": "0001-01-01T00:00:00+05:00"}, "date_sent is no time in our era"),
    ({"To": "SHORT"}, "the telephone number is not possible, or lacks its country"),
    ({"To": "2025550101"}, "the telephone number is not possible, or lacks its country"),
    ({"To": ""}, "names nobody: no telephone number and no e-mail address"),
    ({"Price": "0.0158"}, "the price is positive: Twilio's charges are negative"),
    ({"Price": "free"}, "price is no number"),
    ({"Price": "nan"}, "price is no number"),
    ({"Price": "-1e400"}, "price is not finite"),
    ({"NumSegments": "0"}, "has a price and no segments"),
    ({"NumSegments": "1.5"}, "num_segments is no whole number"),
    ({"NumSegments": "-2", "Price": ""}, "segments is below 0"),
    ({"NumSegments": "9" * 20, "Price": ""}, "segments is too large to be a count"),
    ({"Status": "vanished"}, "the status is none of an outbound text"),
    ({"Direction": "sideways"}, "the direction is neither inbound nor outbound"),
    ({"Sid": ""}, "sid is blank"),
]


def test_records_that_cannot_be_used_are_dropped_each_with_its_reason(tmp_path):
    store = campaigns_store(tmp_path / "store")
    rows = [logged(f"SM{i}", **changes) for i, (changes, _) in enumerate(UNUSABLE)]
    rows += [logged("SM-good"), logged("SM-chat", To=f"whatsapp:{ADA}")]
    rows += [reply("SM-said", "STOP", From=f"whatsapp:{ADA}", To=f"whatsapp:{SHOP}")]
    rows += [logged("SM-rich", From="rcs:shop_agent"), reply("SM-tap", "STOP", To="rcs:shop_agent")]
    done = import_files(TWILIO, [write_csv(tmp_path / "log.csv", rows)], store, SPRING)
    assert (done.read, done.kept) == (len(UNUSABLE) + 5, 1)
    assert done.left_out == {"went over another channel than SMS": 4}
    listed = pd.read_csv(done.dropped_file)
    assert listed.reason.tolist() == [reason for _, reason in UNUSABLE]
    assert listed.record.tolist() == [*range(1, len(UNUSABLE) + 1)]
    assert list(_frame(store, "messages").message_id) == ["SM-good"]


def test_a_national_number_is_read_in_the_region_given(tmp_path):
    store = campaigns_store(tmp_path / "store")
    log = write_csv(tmp_path / "log.csv", [logged("SM1", To="(202) 555-0101")])
    import_files(TWILIO, [log], store, SPRING.with_options(region="US"))
    assert list(_frame(store, "messages").customer_id) == [phone_id(ADA)]


def test_rules_tell_campaigns_by_service_body_and_time(tmp_path):
    store = campaigns_store(tmp_path / "store")
    rules = (
        CampaignRule("SPRING", where={"messaging_service_sid": SERVICE}),
        CampaignRule(
            "SPRING",
            matches={"body": re.compile("^Spring")},
            start=datetime(2025, 3, 1, tzinfo=UTC),
            until=datetime(2025, 3, 2, tzinfo=UTC),
        ),
    )
    rows = [
        resource("SM1"),
        resource("SM2", messaging_service_sid=None),
        resource("SM3", messaging_service_sid=None, body="Your parcel"),
        resource("SM4", messaging_service_sid=None, date_sent="Sun, 02 Mar 2025 00:00:00 +0000"),
    ]
    file = write_lines(tmp_path / "m.jsonl", rows)
    done = import_files(TWILIO, [file], store, context(rules=rules))
    assert done.dropped == {"belongs to no campaign": 2}
    assert list(_frame(store, "messages").message_id) == ["SM1", "SM2"]


def test_an_import_that_cannot_tell_campaigns_is_refused(tmp_path):
    store = campaigns_store(tmp_path / "store")
    log = write_csv(tmp_path / "log.csv", [logged("SM1")])
    with pytest.raises(ParameterError, match="--campaign"):
        import_files(TWILIO, [log], store, context())
    with pytest.raises(DataError, match="'WINTER' is not in the store's campaigns"):
        import_files(TWILIO, [log], store, context(campaign_id="WINTER"))


def test_another_currency_stops_the_import(tmp_path):
    store = campaigns_store(tmp_path / "store")
    log = write_csv(tmp_path / "log.csv", [logged("SM1"), logged("SM2", PriceUnit="EUR")])
    with pytest.raises(DataError, match="'EUR', the store's in USD"):
        import_files(TWILIO, [log], store, SPRING)
    with open_store(store) as opened:
        assert opened.names == ("campaigns",)


def test_a_time_without_zone_needs_one_named(tmp_path):
    store = campaigns_store(tmp_path / "store")
    log = write_csv(tmp_path / "log.csv", [logged("SM1", SentDate="2025-03-01 10:00:00")])
    with pytest.raises(ParameterError, match="--time-zone"):
        import_files(TWILIO, [log], store, SPRING)
    there = SPRING.with_options(clock=Clock(zone_called("America/New_York")))
    import_files(TWILIO, [log], store, there)
    assert list(_frame(store, "messages").sent_at) == [pd.Timestamp("2025-03-01T15:00Z")]


def test_an_unknown_layout_is_refused_and_names_what_is_missing(tmp_path):
    store = campaigns_store(tmp_path / "store")
    rows = [{k: v for k, v in logged("SM1").items() if k not in ("Price", "Sid")}]
    with pytest.raises(DataError, match="it lacks 'Sid', 'Price'"):
        import_files(TWILIO, [write_csv(tmp_path / "log.csv", rows)], store, SPRING)


def test_an_older_export_does_not_take_a_delivery_back(tmp_path):
    store = campaigns_store(tmp_path / "store")
    new = write_csv(tmp_path / "new.csv", [logged("SM1")])
    old = write_csv(tmp_path / "old.csv", [logged("SM1", Status="sent", Price="")])
    import_files(TWILIO, [new], store, SPRING)
    done = import_files(TWILIO, [old], store, SPRING)
    assert not any(change.any for change in done.tables.values())
    message = _frame(store, "messages").iloc[0]
    assert (message.status, message.price) == ("delivered", 0.0079)


def test_a_count_of_segments_that_an_export_lacks_does_not_undo_one(tmp_path):
    store = campaigns_store(tmp_path / "store")
    with_count = write_csv(tmp_path / "a.csv", [logged("SM1")])
    without = write_csv(tmp_path / "b.csv", [logged("SM1", NumSegments="", Price="")])
    import_files(TWILIO, [with_count], store, SPRING)
    done = import_files(TWILIO, [without], store, SPRING)
    assert not any(change.any for change in done.tables.values())
    assert _frame(store, "messages").segments.tolist() == [2]


def test_prices_without_a_currency_are_the_stores_only_if_somebody_says_so(tmp_path):
    store = campaigns_store(tmp_path / "store")
    day = write_lines(tmp_path / "day.json.gz", [bulk("SM1")])
    with pytest.raises(ParameterError, match=r"does not say their currency.*--currency"):
        import_files(TWILIO, [day], store, context(campaign_id="SPRING", currency=None))
    assert import_files(TWILIO, [day], store, SPRING).kept == 1
    free = write_lines(tmp_path / "free.json.gz", [bulk("SM2", price=None)])
    silent = context(campaign_id="SPRING", currency=None)
    assert import_files(TWILIO, [free], store, silent).kept == 1


def test_texts_that_move_to_another_campaign_are_counted(tmp_path):
    campaigns = pd.read_parquet(campaigns_store(tmp_path / "store") / "campaigns.parquet")
    both = pd.concat([campaigns, campaigns.assign(campaign_id="SUMMER")])
    store = tmp_path / "store"
    both.to_parquet(store / "campaigns.parquet", index=False)
    log = write_csv(tmp_path / "log.csv", [logged("SM1"), logged("SM2"), reply("SM3", "STOP")])
    assert import_files(TWILIO, [log], store, SPRING).moved == {}
    done = import_files(TWILIO, [log], store, context(campaign_id="SUMMER"))
    assert done.moved == {"messages": 2, "replies": 1, "subscriptions": 1}
    assert import_files(TWILIO, [log], store, context(campaign_id="SUMMER")).moved == {}


def test_a_rule_for_a_column_that_is_nowhere_is_refused(tmp_path):
    store = campaigns_store(tmp_path / "store")
    log = write_csv(tmp_path / "log.csv", [logged("SM1")])
    for misspelt in ({"where": {"bodyy": "hi"}}, {"matches": {"bodyy": re.compile("hi")}}):
        with pytest.raises(ParameterError, match="'bodyy', which no record has: is 'body' meant"):
            import_files(TWILIO, [log], store, context(rules=(CampaignRule("SPRING", **misspelt),)))
    # One mapping serves the log, which has no service, and the resources, which have one.
    rules = (
        CampaignRule("SPRING", where={"messaging_service_sid": "MG1"}),
        CampaignRule("SPRING", where={"Status": "delivered"}),
    )
    assert import_files(TWILIO, [log], store, context(rules=rules)).kept == 1
