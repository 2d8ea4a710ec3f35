"""What the hand-written shop sent and paid for campaign SPRING."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
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
    # the failed one is not billed: its price is not missing
    assert (texts.sent, texts.priced, texts.unpriced, texts.amount) == (6, 0, 5, 0.0)


def test_texts_that_never_went_out_cost_nothing(tmp_path: Path) -> None:
    frames = shop_frames()
    with open_store(write_store(frames, tmp_path / "before")) as store:
        before = collect_texts(store, read_campaign(store, "SPRING"), AS_OF)
    queued = frames["messages"].assign(
        message_id="q-" + frames["messages"].message_id, status="canceled", price=None
    )
    frames["messages"] = pd.concat([frames["messages"], queued])
    with open_store(write_store(frames, tmp_path / "after")) as store:
        after = collect_texts(store, read_campaign(store, "SPRING"), AS_OF)
    assert after == before


def test_held_out_customers_who_were_texted_are_counted_once_each(tmp_path: Path) -> None:
    frames = shop_frames()
    held = frames["assignments"].query("campaign_id == 'SPRING' and arm == 'holdout'")
    untexted = held[~held.customer_id.isin(frames["messages"].customer_id)]
    first, person = frames["messages"].iloc[0], untexted.iloc[0]
    extra = [
        first.to_dict()
        | {"message_id": f"x{i}", "campaign_id": "SPRING", "customer_id": person.customer_id}
        | {"sent_at": person.assigned_at, "status": status}
        for i, status in enumerate(("delivered", "failed", "canceled"))
    ]
    frames["messages"] = pd.concat([frames["messages"], pd.DataFrame(extra)])
    with open_store(write_store(frames, tmp_path / "store")) as store:
        texts = collect_texts(store, read_campaign(store, "SPRING"), AS_OF)
    with open_store(write_store(shop_frames(), tmp_path / "plain")) as store:
        plain = collect_texts(store, read_campaign(store, "SPRING"), AS_OF)
    assert texts.held_out_texted == plain.held_out_texted + 1


def test_a_campaign_without_texts_sent_none(tmp_path: Path) -> None:
    frames = shop_frames()
    frames["messages"] = frames["messages"].query("campaign_id == 'AUTUMN'")
    with open_store(write_store(frames, tmp_path / "store")) as store:
        texts = collect_texts(store, read_campaign(store, "SPRING"), AS_OF)
    assert (texts.sent, texts.delivered, texts.segments, texts.amount) == (0, 0, 0, 0.0)


def test_costs_by_type_largest_first(shop: Store) -> None:
    costs = collect_costs(shop, read_campaign(shop, "SPRING"))
    assert list(costs.items()) == [("creative", 100.0), ("platform", 80.0)]
