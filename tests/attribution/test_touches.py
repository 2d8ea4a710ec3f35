"""The ledger and the credit under each rule, worked out by hand at the edges."""

import math
from collections.abc import Iterator
from dataclasses import replace

import ibis
import pandas as pd
import pytest
from touched_shop import AS_OF, ORDERS, touched_frames

import smsroi_models as smsroi
from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.credit import with_credit
from smsroi_models.attribution.rules import ANY_TIME, PRESETS, AttributionRule, find_rule
from smsroi_models.attribution.touches import ledger
from smsroi_models.errors import ParameterError
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store


@pytest.fixture(scope="module")
def touched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = write_store(touched_frames(), tmp_path_factory.mktemp("touched") / "store")
    with open_store(path, threads=1) as store:
        yield store


@pytest.fixture(scope="module")
def credits(touched):
    """Return the ledger with the credit under a rule."""
    rows = ledger(touched, read_campaign(touched, "S"), AS_OF, 40).to_pyarrow()
    # Read once, and in the store's session, which is in UTC.
    return lambda rule: touched.connection.to_pandas(with_credit(ibis.memtable(rows), rule))


@pytest.fixture(scope="module")
def credit_of(credits):
    """Return what part of each order of a customer a campaign is credited with, by rule."""
    found: dict[str, pd.DataFrame] = {}

    def credit(rule: str | AttributionRule, customer: str, campaign: str = "S") -> list[float]:
        name = find_rule(rule).name
        if name not in found:
            found[name] = credits(find_rule(rule))
        rows = found[name]
        rows = rows[(rows.customer_id == customer) & (rows.type == "order")]
        mine = rows[rows.campaign_id == campaign].groupby("conversion_id").credit.sum()
        return [float(mine.get(order, 0.0)) for order in sorted(rows.conversion_id.unique())]

    return credit


@pytest.mark.parametrize(
    ("rule", "customer", "credit"),
    [
        # Windows are half-open: exactly 24 hours after a text is out, so is 5 days after a click.
        ("postscript", "a_day_later", 0),
        ("postscript", "just_within_a_day", 1),
        ("klaviyo_2024", "five_days_after_click", 0),
        ("klaviyo_2024", "just_within_five_days", 1),
        ("klaviyo_before_2024_10", "just_within_five_days", 0),
        # One calendar day ends at the next 00:00 UTC: one second after the text, or a day later.
        ("attentive_calendar", "over_midnight", 0),
        ("attentive_rolling", "over_midnight", 1),
        ("attentive_calendar", "up_to_midnight", 1),
        ("attentive_calendar", "five_days_after_click", 1),  # 30 days
        # 12 hours for a delivered text, 24 for one that was read.
        ("klaviyo_2024", "up_to_midnight", 0),
        ("klaviyo_2026", "up_to_midnight", 1),
        # A click by a declared robot: kept, or removed; its text was two days before the order.
        ("klaviyo_2024", "scanned", 1),
        ("klaviyo_2026", "scanned", 0),
        # The code was used 31.5 days after the text: out of 30 days, credited at any time.
        ("emotive", "old_own_code", 0),
        ("attentive_calendar", "old_own_code", 1),
        ("attentive_rolling", "old_own_code", 1),
        ("attentive_rolling", "old_shared_code", 0),
        ("cartloop", "old_shared_code", 1),
        # Nobody texted the customer: a code at any time is credited all the same.
        ("cartloop", "held_out_with_code", 1),
        ("emotive", "held_out_with_code", 0),
        ("postscript", "held_out", 0),
        # Same second: the click is stronger evidence than the neighbour's text.
        ("postscript", "same_second", 1),
        ("postscript", "before_the_text", 0),
        # The pixel saw the order come through a link that all share: the customer had clicked.
        ("postscript", "through_shared_link", 1),
        ("postscript", "refunded", 1),
        # A reply that asks to stop is no touch; two days after the text only the reply is left.
        ("emotive", "stopped", 0),
        ("emotive", "answered", 1),
        ("voyado", "stopped", 1),
    ],
)
def test_an_order_at_the_edge(credit_of, rule: str, customer: str, credit: float) -> None:
    assert credit_of(rule, customer) == [credit]


@pytest.mark.parametrize(
    ("rule", "of_s", "of_n"),
    [
        ("klaviyo_2024", 0, 1),  # the last: N's text an hour before, S's click two days
        ("yotpo", 1, 0),  # a click beats a delivery
        ("emotive", 1, 0),  # the code, at the order itself
        ("klaviyo_before_2024_10", 0, 0),  # the click is two days old
        ("northbeam", 1, 0),  # clicks alone
        ("braze", 1, 1),  # both windows are open: S by its click, N by its text
        ("voyado", 0, 1),
    ],
)
def test_one_order_with_three_touches(credit_of, rule: str, of_s: float, of_n: float) -> None:
    assert credit_of(rule, "three_touches", "S") == [of_s]
    assert credit_of(rule, "three_touches", "N") == [of_n]


def test_linear_credit_is_in_equal_parts(credit_of) -> None:
    assert credit_of("northbeam", "two_clicks_one_of_n", "S") == [pytest.approx(2 / 3)]
    assert credit_of("northbeam", "two_clicks_one_of_n", "N") == [pytest.approx(1 / 3)]


def test_once_per_customer_credits_the_first_order(credit_of) -> None:
    assert credit_of("braze", "twice") == [1, 0]
    assert credit_of("postscript", "twice") == [1, 1]


def test_a_rule_of_ones_own(credit_of) -> None:
    day = replace(PRESETS["postscript"], name="ours", delivered_hours=24.001)
    assert credit_of(day, "a_day_later") == [1]


def test_calls_and_coupons_are_credited_where_the_rule_says_so(credit_of) -> None:
    rule = AttributionRule("calls", "Calls", call_days=5, delivered_hours=1, coupon_days=32)
    assert credit_of(rule, "old_own_code") == [1]  # 31.5 days after the text
    assert credit_of(rule, "a_day_later") == [0]
    assert credit_of(rule, "held_out") == [1]  # called a day before


def test_the_ledger_holds_each_order_and_event_once(touched) -> None:
    rows = smsroi.touch_ledger(touched, "S", "sendlane", AS_OF).to_pandas()
    ids = set(rows.conversion_id)
    assert len([name for name in ids if name.startswith("order:")]) == sum(
        map(len, ORDERS.values())
    )
    # e0 and e3 are orders once more, and of e2 nobody knows whose it is.
    assert [name for name in ids if name.startswith("event:")] == ["event:e1"]
    assert not rows.duplicated(["conversion_id", "touch_id"]).any()
    assert (rows.touched_at.isna() | (rows.touched_at <= rows.converted_at)).all()


def test_totals_are_the_ledgers(touched, credits) -> None:
    comparison = smsroi.rule_comparison(touched, "S", AS_OF, pre_days=0)
    assert [claim.rule.name for claim in comparison.claims] == list(PRESETS)
    for claim in (*comparison.claims, *comparison.by_touch):
        rows = credits(claim.rule)
        mine = rows[rows.campaign_id == "S"]
        orders = mine[mine.type == "order"]
        assert claim.orders == pytest.approx(orders.credit.sum()), claim.rule.name
        assert claim.revenue == pytest.approx((orders.credit * orders.revenue).sum())
        assert claim.events == pytest.approx(mine.credit.sum() - orders.credit.sum())
        held = orders[orders.arm == "holdout"]
        assert claim.held_out_orders == pytest.approx(held.credit.sum())
        assert claim.held_out_revenue == pytest.approx((held.credit * held.revenue).sum())
    assert comparison.of("cartloop").held_out_revenue == 100.0  # S-ALL reached one of them


def test_a_refunded_order_is_an_order_without_revenue(touched) -> None:
    found = smsroi.tracked_credit(touched, "S", "sender", AS_OF, pre_days=0)
    # 12 hours after a text: refunded, over_midnight, the first of twice; the others after clicks.
    credited = {
        "just_within_five_days": 40.0,
        "over_midnight": 50.0,
        "refunded": 0.0,
        "same_second": 110.0,
        "scanned": 120.0,
        "through_shared_link": 200.0,
        "twice": 130.0,
    }
    assert found.claim.orders == len(credited)
    assert found.claim.revenue == sum(credited.values())
    assert found.total_revenue == sum(
        revenue
        for who, orders in ORDERS.items()
        for _, revenue, _ in orders
        if not who.startswith("held_out")
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "credits nothing"),
        ({"click_days": 0}, "above 0"),
        ({"delivered_hours": 12, "calendar": True}, "whole"),
        ({"click_days": 1, "credit": "first"}, "choose"),
        ({"click_days": 1, "credit": ["last"]}, "choose"),
        ({"click_days": 1, "bot_filter": "all"}, "choose"),
        ({"click_days": 1, "calendar": "no"}, "calendar is 'no'; choose True or False"),
        ({"click_days": 1, "removes_bots": 1}, "choose True or False"),
        ({"click_days": math.inf}, "click_days is inf.*for any time before, write 36500"),
        ({"delivered_hours": math.inf}, "for any time before, write 876000"),
        ({"coupon_days": math.inf}, "write a number of days, 'any time', or None"),
        ({"coupon_days": "anytime"}, "coupon_days is 'anytime'; write .*'any time'"),
        ({"click_days": "any time"}, "click_days is 'any time'; write a number of days, or None"),
        ({"click_days": math.nan}, "write a number of days"),
        ({"click_days": "7"}, "click_days is '7'; write a number of days"),
        ({"click_days": True}, "click_days is True; write a number of days"),
        ({"click_days": 1e9}, "at most 36500 days"),
        ({"reply_days": 1e300}, "reply_days is 1e\\+300; .*at most 36500 days"),
        ({"click_days": 1e-9}, "at least a second"),
        ({"read_hours": -1}, "read_hours is -1; it must be above 0"),
        ({"click_days": 1, "label": None}, "label is None; write text"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(options, message) -> None:
    with pytest.raises(ParameterError, match=message):
        AttributionRule(**{"name": "ours", "label": "Ours"} | options)


def test_the_longest_window_is_any_time_before(touched) -> None:
    """A click a day before the other's order, and nothing of a hundred years overflows."""
    for calendar in (False, True):
        rule = AttributionRule("ever", "Ever", click_days=36_500, calendar=calendar)
        found = smsroi.tracked_credit(touched, "S", rule, AS_OF, pre_days=0).claim
        month = replace(rule, click_days=40)
        assert found.revenue > 0
        assert found.revenue == smsroi.tracked_credit(touched, "S", month, AS_OF).claim.revenue


@pytest.mark.parametrize("rule", [{"click_days": 3}, None, 7, ["postscript"]])
def test_what_is_no_rule_is_refused(rule) -> None:
    with pytest.raises(ParameterError, match="there is no attribution rule"):
        find_rule(rule)


OURS = AttributionRule("ours", "Ours", click_days=1)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({}, "rules is empty"),
        ([OURS], "pass a mapping"),
        ({"ours": {"click_days": 3}}, "there is no attribution rule"),
        ({"a": OURS, "b": replace(OURS, click_days=2)}, "'a' and 'b' both have the name 'ours'"),
        ({"a": replace(OURS, name="click")}, "that of a touch's own line"),
    ],
)
def test_rules_that_cannot_be_compared_are_refused(touched, rules, message) -> None:
    with pytest.raises(ParameterError, match=message):
        smsroi.rule_comparison(touched, "S", AS_OF, rules=rules)


def test_a_rule_of_ones_own_is_kept_whatever_its_key(touched) -> None:
    found = smsroi.rule_comparison(touched, "S", AS_OF, rules={"touch click": OURS}, pre_days=0)
    assert [claim.rule for claim in found.claims] == [OURS]
    assert found.of("click").rule.click_days == 40
    assert found.of("ours") is found.claims[0]


def test_a_date_that_is_none_is_refused(touched) -> None:
    with pytest.raises(ParameterError, match="as_of"):
        smsroi.tracked_credit(touched, "S", OURS, "")


def test_an_unknown_rule_names_the_known_ones(touched) -> None:
    with pytest.raises(ParameterError, match="klaviyo_2024"):
        smsroi.tracked_credit(touched, "S", "klavio", AS_OF)


def test_every_preset_says_where_it_comes_from() -> None:
    for name, rule in PRESETS.items():
        assert (rule.name, rule.seen_on) == (name, "2026-11")
        assert rule.source and rule.label
    assert AttributionRule("x", "X", coupon_days=ANY_TIME).reach_days == 0
