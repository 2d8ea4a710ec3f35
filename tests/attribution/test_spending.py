"""What the hand-written shop sent and paid for campaign SPRING."""

from datetime import timedelta
from pathlib import Path

import pytest
from corner_shop import AS_OF, ASSIGNED, shop_frames

from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.spending import collect_costs, collect_texts
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store


def test_texts_to_the_customers_who_are_counted(shop: Store) -> None:
    texts = collect_texts(shop, read_campaign(shop, "SPRING"), AS_OF)
    # t1, t2, t3, t4, h1, nobody; not t5, whose window is not over
    assert (texts.sent, texts.delivered, texts.segments) == (6, 4, 7)
    assert texts.unpriced == 1
    # 2 x .01 + 1 x 0 + 1 x .04 + 1 x .02 + 1 x .03 for 6 segments; the seventh costs their mean
    assert texts.amount == pytest.approx(0.11 * 7 / 6)


def test_texts_count_once_the_window_is_over(shop: Store) -> None:
    texts = collect_texts(shop, read_campaign(shop, "SPRING"), ASSIGNED + timedelta(days=12))
    assert (texts.sent, texts.segments) == (7, 10)
    assert texts.amount == pytest.approx((0.11 + 3 * 0.50) * 10 / 9)


def test_texts_without_any_price_cost_nothing_known(tmp_path: Path) -> None:
    frames = shop_frames()
    frames["messages"]["price"] = None
    with open_store(write_store(frames, tmp_path / "store")) as store:
        texts = collect_texts(store, read_campaign(store, "SPRING"), AS_OF)
    assert (texts.sent, texts.unpriced, texts.amount) == (6, 6, 0.0)


def test_a_campaign_without_texts_sent_none(tmp_path: Path) -> None:
    frames = shop_frames()
    frames["messages"] = frames["messages"].query("campaign_id == 'AUTUMN'")
    with open_store(write_store(frames, tmp_path / "store")) as store:
        texts = collect_texts(store, read_campaign(store, "SPRING"), AS_OF)
    assert (texts.sent, texts.delivered, texts.segments, texts.amount) == (0, 0, 0, 0.0)


def test_costs_by_type_largest_first(shop: Store) -> None:
    costs = collect_costs(shop, read_campaign(shop, "SPRING"))
    assert list(costs.items()) == [("creative", 100.0), ("platform", 80.0)]
