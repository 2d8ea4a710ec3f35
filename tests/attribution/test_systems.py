"""What links, coupons, calls and events of the hand-written shop show, counted by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import ibis
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from touched_shop import AS_OF, TEXTS, at, touched_frames

import smsroi_models as smsroi
from smsroi_models.attribution.bots import judged_clicks
from smsroi_models.attribution.calls import CallGroup, CallRule, collect_calls
from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.click_times import QUANTILES, collect_click_times
from smsroi_models.attribution.conversion_events import EventType, collect_events, events_by
from smsroi_models.attribution.shares import share_of
from smsroi_models.errors import DataError, NotEstimableError, ParameterError
from smsroi_models.report.systems_page import systems_tables
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.tables import TABLES
from smsroi_models.store.write import write_store
from smsroi_models.systems import read_systems

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile Safari"
NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = write_store(touched_frames(), tmp_path_factory.mktemp("systems") / "store")
    with open_store(path, threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(store) -> smsroi.Systems:
    return smsroi.tracking_systems(store, "S", AS_OF)


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
        CallGroup("north", 2, 1, 25.0, 1),
        CallGroup("south", 1, 1, 0.0, 1),
        CallGroup("unknown", 1, 1, 0.0, 1),
        CallGroup("west", 1, 1, 0.0, 0),
    )
    # Answered for a minute or more: exactly 60 seconds, 100 and 80; not 40, nor 20 unanswered.
    assert (calls.qualified, calls.qualified_share) == (3, 0.6)
    # Held out: ordered a day after the call.
    assert (calls.ordered, calls.orders_after, calls.revenue_after) == (1, 1, 180.0)
    # Texts of S at 0.01 each; the shop books no other cost.
    n_texts = sum(campaign == "S" for campaign, *_ in TEXTS)
    assert calls.cost == pytest.approx(0.01 * n_texts)
    assert calls.cost_per_call == pytest.approx(0.01 * n_texts / 5)
    assert calls.cost_per_qualified_call == pytest.approx(0.01 * n_texts / 3)
    # 1 of 19 treated and 2 of 3 held-out customers called.
    assert found.call_lift.n_treatment == 19
    assert found.call_lift.absolute_lift == pytest.approx(1 / 19 - 2 / 3)


def _called(store, callers: list[str | None]) -> smsroi.Systems:
    """Return the shop's systems, had these called a day after the campaign began."""
    row = store["calls"].to_pandas().head(1)
    rows = [row.assign(call_id=f"x{i}", customer_id=who) for i, who in enumerate(callers)]
    table = ibis.memtable(pd.concat(rows), schema=TABLES["calls"].schema())
    shop = {name: store[name] for name in TABLES if name in store} | {"calls": table}
    return read_systems(shop, read_campaign(store, "S"), AS_OF, 0.95)


@pytest.mark.parametrize(("caller", "arm"), [("idle", 0), ("held_out", 1)])
def test_a_difference_of_callers_to_none_has_an_interval_in_either_arm(store, caller, arm) -> None:
    found = _called(store, [caller]).call_lift
    sizes = 19, 3
    # statsmodels has Agresti and Caffo's interval, by the same one more of each kind.
    low, high = confint_proportions_2indep(
        int(arm == 0), sizes[0], int(arm == 1), sizes[1], method="agresti-caffo"
    )
    assert found.estimate == pytest.approx((1, -1)[arm] / sizes[arm])
    assert (found.ci_lower, found.ci_upper) == pytest.approx((low, high))
    table = systems_tables(_called(store, [caller]), None, "USD", 0.95).text
    assert "More callers than held out" in table and "not estimable" not in table


def test_a_difference_of_callers_is_refused_where_nobody_known_called(store) -> None:
    found = _called(store, [None])
    assert found.call_lift is None and found.no_call_lift == "nobody called in either arm"


def test_calls_of_nobody_known_are_told_beside_the_lift_that_leaves_them_out(store) -> None:
    known, hidden = (_called(store, ["idle", "held_out", *more]) for more in ([], [None, None]))
    assert hidden.call_lift.to_dict() == known.call_lift.to_dict()
    assert "neither arm" not in systems_tables(known, None, "USD", 0.95).text
    page = systems_tables(hidden, None, "USD", 0.95).text
    assert "2 calls of nobody known are in neither arm: too low" in page


@pytest.mark.parametrize(
    ("rule", "qualified", "followed"),
    [
        (CallRule(qualified_seconds=60.01), 2, (1, 1, 180.0)),
        (CallRule(qualified_outcomes=("order",)), 1, (1, 1, 180.0)),
        # The order came a day after the call, to the second: half-open.
        (CallRule(order_days=1), 3, (0, 0, 0.0)),
        (CallRule(order_days=2), 3, (1, 1, 180.0)),
    ],
)
def test_a_qualified_call_and_an_order_after_it_by_the_rule(
    store, rule, qualified, followed
) -> None:
    found = collect_calls(store, read_campaign(store, "S"), AS_OF, rule)
    assert found.qualified == qualified
    assert (found.ordered, found.orders_after, found.revenue_after) == followed
    assert found.cost_per_call is None


def test_an_order_follows_the_last_call_alone_and_never_one_to_come(store) -> None:
    """Three calls and two orders, besides those of the shop."""
    calls = store["calls"].to_pandas().head(1)
    rows = [
        calls.assign(call_id=f"x{i}", customer_id="twice", started_at=at(days), value=None)
        for i, days in enumerate((1.0, 1.4, 1.5, 2.1))
    ]
    table = ibis.memtable(pd.concat(rows), schema=TABLES["calls"].schema())
    shop = {name: store[name] for name in ("numbers", "orders")} | {"calls": table}
    found = collect_calls(shop, read_campaign(store, "S"), AS_OF)
    # Orders at 1.5, the very moment of the third call, and at 2.0; the last call is too late.
    assert (found.calls, found.ordered, found.orders_after) == (4, 1, 2)
    assert found.revenue_after == 130.0 + 140.0


@pytest.mark.parametrize(
    "options", [{"qualified_seconds": -1.0}, {"qualified_outcomes": "order"}, {"order_days": 0}]
)
def test_a_rule_of_calls_that_makes_no_sense_is_refused(options) -> None:
    with pytest.raises(ParameterError, match=next(iter(options))):
        CallRule(**options)


def test_events_repeat_orders_and_hide_people(found) -> None:
    assert found.events == (
        EventType("purchase", 2, 2, 0, 0.0, 0, 0),
        EventType("form", 1, 0, 1, 5.0, 0, 0),
    )


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
    a, b = found.astype(object).where(found.notna(), None).to_dict("records")
    # Its last click was on N's link: the order is not S's.
    assert b == {
        "target_url": "https://shop.example/b",
        "links": 1,
        "clicks": 2,
        "clicks_by_people": 2,
        "orders": 0.0,
        "revenue": 0.0,
        "clickers": 1,
        "timed_clickers": 0,  # nobody texted them
        **dict.fromkeys(QUANTILES),
    }
    # The robot's click and its order are out; the pixel saw one order come through the shared link.
    assert (a["links"], a["clicks"], a["clicks_by_people"], a["clickers"]) == (6, 5, 4, 4)
    assert (a["orders"], a["revenue"]) == (5, 30.0 + 40.0 + 70.0 + 110.0 + 200.0)


def _shop(store: Store, **frames: pd.DataFrame) -> dict[str, ibis.Table]:
    """Return the shop's tables with some of them written anew."""
    own = {name: ibis.memtable(part, schema=TABLES[name].schema()) for name, part in frames.items()}
    return {name: own[name] if name in own else store[name] for name in TABLES if name in store}


def test_the_times_from_text_to_click_by_hand(store) -> None:
    """Ten customers texted at noon of day 1 click 1 to 10 hours later, the last of them twice.

    By rank: a quarter of ten are reached by the third, half by the fifth, three quarters by the
    eighth, nine in ten by the ninth. A click before the text, a machine's, one at the very moment
    of the report and one of a customer without a text have no time.
    """
    people = [f"p{i:02}" for i in range(1, 11)]
    others = ["early", "robot", "late", "never_texted"]
    links = pd.DataFrame(
        {
            "link_id": [*people, *others],
            "campaign_id": "S",
            "customer_id": [*people, *others],
            "url": "u",
            "target_url": ["a"] * 4 + ["b"] * 10,
        }
    )
    texts = [who for who in links.customer_id if who != "never_texted"]
    messages = pd.DataFrame(
        {
            "message_id": texts,
            "campaign_id": "S",
            "customer_id": texts,
            "sent_at": at(1.5),
            "status": "delivered",
            "segments": 1,
            "price": None,
        }
    )
    days = {who: 1.5 + (i + 1) / 24 for i, who in enumerate(people)}
    days |= {"early": 1.4, "robot": 1.6, "late": 60.0, "never_texted": 2.0}
    clicked = [*days.items(), ("p10", 9.0)]
    clicks = pd.DataFrame(
        {
            "click_id": [f"k{i}" for i in range(len(clicked))],
            "link_id": [who for who, _ in clicked],
            "clicked_at": [at(day) for _, day in clicked],
            "clicks": 1,
            "user_agent": ["robot/1" if who == "robot" else PHONE for who, _ in clicked],
            "bot_reason": None,
        }
    )
    clicks.loc[clicks.link_id == "robot", "bot_reason"] = "ip"
    shop = _shop(store, links=links, messages=messages, clicks=clicks)
    whole, b, a = collect_click_times(shop, read_campaign(store, "S"), AS_OF)
    assert (whole.target_url, whole.timed_clickers) == (None, 10)
    hours = [getattr(whole, name) / 3600 for name in QUANTILES]
    assert hours == [3, 5, 8, 9]
    assert (b.target_url, b.timed_clickers, a.target_url, a.timed_clickers) == ("b", 6, "a", 4)
    assert [getattr(a, name) / 3600 for name in QUANTILES] == [1, 2, 3, 4]


# event, customer, link, days, value, order
REPEATS = [
    ("once", "a_day_later", "S-everybody", 2.5, 10.0, "o0"),
    ("again", "a_day_later", "S-everybody", 2.5 + 1 / 86_400, 10.0, "o0"),  # the same order
    ("alike", "a_day_later", "S-everybody", 2.5 + 1 / 24, 10.0, None),  # an hour apart, to the edge
    ("too_late", "a_day_later", "S-everybody", 2.5 + 3_601 / 86_400, 10.0, None),
    ("other_value", "a_day_later", "S-everybody", 2.5, 10.01, None),
    ("other_customer", "scanned", "S-scanned", 2.5, 10.0, None),
    ("nobody", None, "S-everybody", 2.5, 10.0, None),
    ("no_value", "a_day_later", "S-everybody", 2.5, None, None),
    ("to_come", "a_day_later", "S-everybody", 60.0, 10.0, None),
]


@pytest.fixture(scope="module")
def repeating(store) -> dict[str, ibis.Table]:
    columns = ["event_id", "customer_id", "link_id", "occurred_at", "value", "order_id"]
    frame = pd.DataFrame(REPEATS, columns=columns).assign(event_type="purchase")
    frame["occurred_at"] = frame.occurred_at.map(at)
    return _shop(store, events=frame[[column.name for column in TABLES["events"].columns]])


def test_events_that_repeat_an_order_are_told_apart(store, repeating) -> None:
    (found,) = collect_events(repeating, read_campaign(store, "S"), AS_OF)
    assert found == EventType(
        "purchase",
        events=8,
        orders_again=2,
        anonymous=1,
        value=10.0 + 10.01 + 10.0 + 10.0,  # too late, another value, another customer, nobody
        sent_twice=1,
        likely_orders_again=1,
    )


def test_events_by_message_link_and_campaign(store, repeating) -> None:
    def rows(by: str) -> list[dict[str, object]]:
        table = events_by(repeating, AS_OF, by, read_campaign(store, "S"))
        found = store.connection.to_pandas(table)
        return found.sort_values("events").to_dict("records")

    (whole,) = rows("campaign")
    one, shared = rows("link")
    assert (one["link_id"], one["events"]) == ("S-scanned", 1)
    assert (shared["link_id"], shared["events"]) == ("S-everybody", 7)
    messages = {str(row["message_id"]): row for row in rows("message")}
    # "a_day_later" was texted by the first message, "scanned" by the eleventh; of nobody, and so
    # counted without a guess, is the third.
    assert set(messages) == {"m0", "m10", "nan"}
    known, other, nobody = (messages[name] for name in ("m0", "m10", "nan"))
    assert (known["events"], known["sent_twice"], other["events"]) == (6, 1, 1)
    assert nobody["anonymous"] == 1
    for name in ("events", "orders_again", "likely_orders_again", "anonymous", "value"):
        assert whole[name] == pytest.approx(one[name] + shared[name])
        assert whole[name] == pytest.approx(known[name] + other[name] + nobody[name])


def test_the_table_of_events_of_a_store(store) -> None:
    found = smsroi.event_table(store, as_of=AS_OF).to_pandas()
    assert found.events.sum() == 3  # one came through no link
    assert set(found.campaign_id) == {"S"}
    with pytest.raises(ParameterError, match="campaign, link or message"):
        smsroi.event_table(store, by="customer")
    with pytest.raises(DataError, match="no campaign"):
        smsroi.event_table(store, "Z")
