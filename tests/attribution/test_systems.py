"""What links, coupons, calls and events of the hand-written shop show, counted by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import ibis
import pytest
from statsmodels.stats.proportion import proportion_confint
from touched_shop import AS_OF, touched_frames

import smsroi_models as smsroi
from smsroi_models.attribution.bots import judged_clicks
from smsroi_models.attribution.calls import CallGroup
from smsroi_models.attribution.conversion_events import EventType
from smsroi_models.attribution.shares import share_of
from smsroi_models.errors import NotEstimableError
from smsroi_models.store.connect import open_store
from smsroi_models.store.tables import TABLES
from smsroi_models.store.write import write_store

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile Safari"
NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[smsroi.Systems]:
    path = write_store(touched_frames(), tmp_path_factory.mktemp("systems") / "store")
    with open_store(path, threads=1) as store:
        yield smsroi.tracking_systems(store, "S", AS_OF)


def test_links(found) -> None:
    links = found.links
    assert (links.links, links.shared_links) == (7, 1)
    assert (links.clicks, links.clicks_by_people) == (7, 6)
    assert links.by_reason == {"platform": 0, "user_agent": 1, "too_soon": 0, "burst": 0}
    # One customer clicked twice; the robot's click was its customer's only one.
    assert (links.clickers_before, links.clickers) == (6, 5)
    assert links.reached == 13
    assert links.click_rate == pytest.approx(5 / 13)
    # Of the clickers one was texted, two days before the click.
    assert (links.clickers_within_hour, links.clickers_within_day) == (0, 0)
    assert links.anonymous_clicks == 0


def test_coupons_and_their_leaks(found) -> None:
    shared, unique = found.coupons
    assert (shared.kind, shared.codes, shared.redemptions, shared.customers) == ("shared", 1, 2, 2)
    assert (shared.revenue, shared.margin, shared.discount) == (190.0, 190.0, 0.0)
    assert (shared.held_out, shared.never_texted, shared.leaked) == (1, 0, 1)
    assert (unique.kind, unique.codes, unique.redemptions) == ("unique", 2, 2)
    assert (unique.revenue, unique.leaked, unique.others_code) == (150.0, 0, 0)
    assert unique.redeemed_share == 1.0
    assert found.leaked_share["shared"].estimate == 0.5


def test_calls(found) -> None:
    calls = found.calls
    assert (calls.calls, calls.answered, calls.anonymous) == (5, 4, 1)
    assert calls.mean_seconds == pytest.approx((60 + 100 + 40 + 80) / 4)
    assert (calls.callers, calls.repeat_callers) == (3, 1)
    assert (calls.converted, calls.value) == (1, 25.0)
    assert calls.by_region == (
        CallGroup("north", 2, 1, 25.0),
        CallGroup("south", 1, 1, 0.0),
        CallGroup("unknown", 1, 1, 0.0),
        CallGroup("west", 1, 1, 0.0),
    )
    # 1 of 19 treated and 2 of 3 held-out customers called.
    assert found.call_lift.n_treatment == 19
    assert found.call_lift.absolute_lift == pytest.approx(1 / 19 - 2 / 3)


def test_events_repeat_orders_and_hide_people(found) -> None:
    assert found.events == (EventType("purchase", 2, 2, 0, 0.0), EventType("form", 1, 0, 1, 5.0))


@pytest.mark.parametrize(("count", "total", "level"), [(0, 9, 0.95), (3, 9, 0.9), (9, 9, 0.95)])
def test_a_share_has_the_interval_of_statsmodels(count, total, level) -> None:
    low, high = proportion_confint(count, total, 1 - level, method="wilson")
    share = share_of(count, total, level)
    assert (share.ci_lower, share.ci_upper) == pytest.approx((low, high), abs=1e-12)


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="nothing"):
        share_of(0, 0)


# link, seconds after noon, user agent, platform's reason, expected
CLICKS = [
    ("alone", 10, PHONE, None, None),  # exactly ten seconds after the text: a person may
    ("soon", 9.5, PHONE, None, "too_soon"),
    ("robot", 500, "python-requests/2.32", None, "user_agent"),
    ("preview", 500, "WhatsApp/2.23 A", None, "user_agent"),
    ("named", 500, PHONE, "ip", "platform"),
    ("nameless", 500, None, None, None),
    ("burst", 500, PHONE, None, "burst"),
    ("burst", 504, PHONE, None, "burst"),
    ("burst", 509, PHONE, None, "burst"),
    ("burst", 900, PHONE, None, None),
    ("slow", 500, PHONE, None, None),  # the third exactly ten seconds after the first
    ("slow", 505, PHONE, None, None),
    ("slow", 510, PHONE, None, None),
    ("pair", 500, PHONE, None, None),
    ("pair", 501, PHONE, None, None),
    ("shared", 3, PHONE, None, None),  # many people's link: no burst, and nobody's text
    ("shared", 3, PHONE, None, None),
    ("shared", 3, PHONE, None, None),
]


def test_what_gives_a_machine_away() -> None:
    links = sorted({link for link, *_ in CLICKS})
    rows = {
        "links": [
            {
                "link_id": link,
                "campaign_id": "S",
                "customer_id": None if link == "shared" else link,
                "url": "u",
                "target_url": "t",
            }
            for link in links
        ],
        "messages": [
            {
                "message_id": link,
                "campaign_id": "S",
                "customer_id": link,
                "sent_at": NOON,
                "status": "delivered",
                "segments": 1,
                "price": None,
            }
            for link in links
        ],
        "clicks": [
            {
                "click_id": f"{i:02}",
                "link_id": link,
                "clicked_at": NOON + timedelta(seconds=seconds),
                "clicks": 1,
                "user_agent": agent,
                "bot_reason": reason,
            }
            for i, (link, seconds, agent, reason, _) in enumerate(CLICKS)
        ],
    }
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'UTC'")
    store = {name: ibis.memtable(part, schema=TABLES[name].schema()) for name, part in rows.items()}
    judged = connection.to_pandas(judged_clicks(store).order_by("click_id"))
    reasons = [None if reason != reason else reason for reason in judged.reason]
    assert reasons == [expected for *_, expected in CLICKS]


def test_orders_go_to_the_address_of_their_last_click(tmp_path) -> None:
    frames = touched_frames()
    links = frames["links"]
    links.loc[links.link_id == "S-two_clicks_one_of_n", "target_url"] = "https://shop.example/b"
    with open_store(write_store(frames, tmp_path / "store"), threads=1) as store:
        found = smsroi.link_table(store, "S", AS_OF).order_by("target_url").to_pandas()
    a, b = found.to_dict("records")
    # Its last click was on N's link: the order is not S's.
    assert b == {
        "target_url": "https://shop.example/b",
        "links": 1,
        "clicks": 2,
        "clicks_by_people": 2,
        "orders": 0.0,
        "revenue": 0.0,
        "clickers": 1,
    }
    # The robot's click and its order are out; the pixel saw one order come through the shared link.
    assert (a["links"], a["clicks"], a["clicks_by_people"], a["clickers"]) == (6, 5, 4, 4)
    assert (a["orders"], a["revenue"]) == (5, 30.0 + 40.0 + 70.0 + 110.0 + 200.0)
