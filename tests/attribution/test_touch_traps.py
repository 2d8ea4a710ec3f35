"""Touches that a platform counts and should not, or counts twice: what becomes of each."""

from collections.abc import Iterator
from datetime import timedelta

import ibis
import pandas as pd
import pytest
from touched_shop import AS_OF, PHONE, START, at, touched_frames

import smsroi_models as smsroi
from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.credit import with_credit
from smsroi_models.attribution.credit_totals import collect_texted_credit
from smsroi_models.attribution.links import collect_links
from smsroi_models.attribution.rules import PRESETS, AttributionRule, rules_by_touch
from smsroi_models.attribution.touches import ledger
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.tables import TABLES
from smsroi_models.store.write import write_store

CLICK = AttributionRule("click", "Click", click_days=5)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = write_store(touched_frames(), tmp_path_factory.mktemp("traps") / "store")
    with open_store(path, threads=1) as opened:
        yield opened


def _shop(store: Store, **more: list[dict[str, object]]) -> dict[str, ibis.Table]:
    """Return the shop's tables with rows added."""
    shop = {name: store[name] for name in TABLES if name in store}
    for name, rows in more.items():
        schema = TABLES[name].schema()
        whole = pd.concat([store[name].to_pandas(), pd.DataFrame(rows)], ignore_index=True)
        shop[name] = ibis.memtable(whole[list(schema.names)], schema=schema)
    return shop


def _click(name: str, link: str, days: float, **more: object) -> dict[str, object]:
    return {"click_id": name, "link_id": link, "clicked_at": at(days), "clicks": 1} | {
        "user_agent": PHONE,
        "bot_reason": None,
        **more,
    }


def _link(who: str) -> dict[str, object]:
    return {
        "link_id": f"S-{who}",
        "campaign_id": "S",
        "customer_id": who,
        "url": "https://txt.example/3",
        "target_url": "https://shop.example/",
    }


def _credit(store: Store, shop, rule: AttributionRule, customer: str) -> pd.DataFrame:
    rows = with_credit(ledger(shop, read_campaign(store, "S"), AS_OF, rule.reach_days), rule)
    found = store.connection.to_pandas(rows.filter(rows.customer_id == customer))
    return found[found.credit > 0]


def test_a_click_sent_twice_is_one_credit(store) -> None:
    """The same tap twice, a second apart or none: the order is still one order."""
    for apart in (0.0, 1 / 86_400):
        shop = _shop(store, clicks=[_click("again", "S-five_days_after_click", 1.0 + apart)])
        credit = _credit(store, shop, PRESETS["postscript"], "five_days_after_click")
        assert credit.credit.sum() == 1.0
        assert collect_links(shop, read_campaign(store, "S"), AS_OF).clickers == 5


def test_three_identical_clicks_are_a_burst(store) -> None:
    """An export that repeats a row under new ids looks like a machine: removed, and said so."""
    twins = [_click(f"again{i}", "S-five_days_after_click", 1.0) for i in range(2)]
    shop = _shop(store, clicks=twins)
    links = collect_links(shop, read_campaign(store, "S"), AS_OF)
    assert links.by_reason["burst"] == 3
    assert links.clicks_under("click_timing") - links.clicks_under("click") == 3


def test_a_person_who_taps_thrice_loses_those_taps_alone(store) -> None:
    """Three taps within nine seconds are a burst; within ten, and one hours later, are not."""
    for last, burst in ((9, 3), (10, 0)):
        taps = [_click(f"tap{i}", "S-answered", 1.5 + i / 86_400) for i in (0, 4, last)]
        later = _click("later", "S-answered", 2.0)
        shop = _shop(store, links=[_link("answered")], clicks=[*taps, later])
        links = collect_links(shop, read_campaign(store, "S"), AS_OF)
        assert links.by_reason["burst"] == burst
        # The later tap keeps the customer a clicker, and the order the campaign's.
        assert links.clickers == 6
        no_bots = AttributionRule("strict", "Strict", click_days=5, removes_bots=True)
        credit = _credit(store, shop, no_bots, "answered")
        assert credit.touch_id.tolist() == ["click:later"]
        # Without it only a rule that keeps machines credits the burst.
        shop = _shop(store, links=[_link("answered")], clicks=taps)
        assert len(_credit(store, shop, no_bots, "answered")) == (burst == 0)
        assert len(_credit(store, shop, CLICK, "answered")) == 1


def test_a_click_on_an_unknown_link_credits_nobody_and_is_found(tmp_path) -> None:
    frames = touched_frames()
    stray = pd.DataFrame([_click("stray", "S-nowhere", 1.0)])
    frames["clicks"] = pd.concat([frames["clicks"], stray], ignore_index=True)
    with open_store(write_store(frames, tmp_path / "store"), threads=1) as store:
        findings = [f for f in smsroi.check_store(store) if f.table == "clicks"]
        assert any("link" in finding.message for finding in findings)
        links = collect_links(store, read_campaign(store, "S"), AS_OF)
        assert links.clicks == 7  # those of the links known


def test_a_click_of_a_held_out_customer_is_shown_and_is_no_part_of_what_is_lent(store) -> None:
    """A text passed on: its click is credited, told as held out, and left out of the factor."""
    shop = _shop(store, links=[_link("held_out")], clicks=[_click("passed_on", "S-held_out", 2.9)])
    assert _credit(store, shop, CLICK, "held_out").arm.tolist() == ["holdout"]
    campaign, rule = read_campaign(store, "S"), {"click": rules_by_touch(40)["click"]}
    with_it = collect_texted_credit(shop, campaign, AS_OF, rule)["click"]
    without = collect_texted_credit(store, campaign, AS_OF, rule)["click"]
    assert with_it == without


def test_an_order_before_every_touch_has_none(store) -> None:
    shop = _shop(
        store,
        links=[_link("before_the_text")],
        clicks=[_click("later", "S-before_the_text", 0.5 + 1 / 86_400)],
    )
    assert _credit(store, shop, CLICK, "before_the_text").empty
    # At the very moment of the order it counts.
    shop = _shop(
        store,
        links=[_link("before_the_text")],
        clicks=[_click("then", "S-before_the_text", 0.5)],
    )
    assert _credit(store, shop, CLICK, "before_the_text").credit.tolist() == [1.0]


@pytest.mark.parametrize(
    ("filters", "credited"),
    [("declared", True), ("timing", False), ("bursts", False)],
)
def test_each_filter_takes_in_the_last(store, filters, credited) -> None:
    """A tap nine seconds after the text: only the clock gives it away."""
    shop = _shop(
        store,
        links=[_link("answered")],
        clicks=[_click("soon", "S-answered", 1.0 + 9 / 86_400)],
    )
    rule = AttributionRule("c", "C", click_days=5, removes_bots=True, bot_filter=filters)
    assert (not _credit(store, shop, rule, "answered").empty) is credited


@pytest.mark.parametrize(("second", "inside"), [(-1, True), (0, False)])
def test_the_day_of_a_calendar_rule_ends_at_midnight_in_utc(store, second, inside) -> None:
    """Thirty calendar days after a click at any time of the first: the 30th midnight is out."""
    moment = START + timedelta(days=30, seconds=second)
    order = {
        "order_id": "midnight",
        "customer_id": "idle",
        "ordered_at": moment,
        "revenue": 10.0,
        "discount": 0.0,
        "cost_of_goods": 0.0,
        "coupon_code": None,
    }
    shop = _shop(store, orders=[order], links=[_link("idle")], clicks=[_click("c", "S-idle", 0.9)])
    found = _credit(store, shop, PRESETS["attentive_calendar"], "idle")
    assert (not found.empty) is inside
