"""Customers at campaigns, from tables written by hand."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from weekly_shop import AS_OF, START, shop_frames

from smsroi_models.audience.decision_points import collect_cells, decision_points
from smsroi_models.audience.pace import collect_pace
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store


@pytest.fixture(scope="module")
def weekly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = write_store(shop_frames(), tmp_path_factory.mktemp("weekly") / "store")
    with open_store(path, threads=1) as store:
        yield store


@pytest.fixture(scope="module")
def points(weekly: Store) -> pd.DataFrame:
    frame = decision_points(weekly, AS_OF).to_pandas()
    return frame.set_index(["campaign_id", "customer_id"]).sort_index()


def test_who_counts(points: pd.DataFrame) -> None:
    """Those subscribed, at draws that held somebody out and are seven days past."""
    assert set(points.index.unique("campaign_id")) == {"W1", "W2", "W3", "W4"}
    everybody = {"often", "never", "mixed", "leaves", "returns", "unknown", "edge"}
    assert set(points.loc["W1"].index) == everybody
    assert set(points.loc["W2"].index) == everybody - {"unknown"}  # was not assigned
    assert set(points.loc["W3"].index) == {"often", "never", "mixed", "returns", "edge"}
    assert set(points.loc["W4"].index) == {"often", "never", "mixed", "returns", "unknown", "edge"}


@pytest.mark.parametrize(
    ("campaign", "customer", "week", "month"),
    [
        ("W1", "often", 0, 0),
        ("W2", "often", 1, 1),  # exactly 7 days before counts
        ("W2", "never", 0, 0),
        ("W2", "mixed", 1, 1),
        ("W3", "often", 0, 2),  # exactly 30 days before counts
        ("W3", "mixed", 0, 1),
        (
            "W4",
            "often",
            2,
            3,
        ),  # W1 is 36 days ago; EVERY had no holdout, and was a text all the same
        ("W4", "never", 1, 1),
        ("W4", "unknown", 1, 1),
    ],
)
def test_recent_texts(
    points: pd.DataFrame, campaign: str, customer: str, week: int, month: int
) -> None:
    row = points.loc[(campaign, customer)]
    assert (row.texts_7, row.texts_30) == (week, month)


def test_what_was_to_be_expected_is_the_share_of_the_draws(points: pd.DataFrame) -> None:
    first, second, third = 5 / 7, 4 / 6, 4 / 6  # of the letters in a column
    assert points.loc[("W2", "never")].expected_7 == pytest.approx(first, abs=1e-6)
    assert points.loc[("W3", "never")].expected_30 == pytest.approx(first + second, abs=2e-6)
    assert points.loc[("W4", "never")].expected_7 == pytest.approx(third + 1, abs=2e-6)
    # W1 alone had assigned it in the month before W3; at W4 it is longer ago, and EVERY is one.
    assert points.loc[("W4", "unknown")].expected_30 == pytest.approx(1)


def test_what_followed(points: pd.DataFrame) -> None:
    assert points[points.opted_out == 1].index.tolist() == [
        ("W1", "returns"),
        ("W2", "leaves"),
        ("W4", "edge"),
    ]
    assert points[points.bought == 1].index.tolist() == [("W1", "often"), ("W2", "often")]
    assert points.loc[("W1", "often")].margin == 6.0
    assert points.loc[("W2", "often")].margin == pytest.approx(20 - 0.4 * 20)  # at the margin rate
    assert points.loc[("W1", "never")].margin == -3.0


def test_age_of_the_opt_in_and_kind(points: pd.DataFrame) -> None:
    ages = points[["since_30", "since_90", "since_365"]]
    assert ages.loc[("W1", "often")].tolist() == [1, 1, 1]
    assert ages.loc[("W1", "never")].tolist() == [1, 1, 0]  # exactly 90 days
    assert ages.loc[("W1", "leaves")].tolist() == [1, 0, 0]
    assert ages.loc[("W1", "unknown")].tolist() == [1, 1, 1]  # since acquisition
    assert ages.loc[("W2", "returns")].tolist() == [0, 0, 0]  # since the second opt-in
    assert set(points.loc["W1"].coupon) == {1}
    assert set(points.loc["W2"].coupon) == {0}  # a code that gives nothing is no offer
    assert set(points.loc["W3"].long) == {1}
    assert set(points.loc["W1"].long) == {0}


def test_combinations_add_up(weekly: Store, points: pd.DataFrame) -> None:
    cells = collect_cells(decision_points(weekly, AS_OF))
    assert cells["n"].sum() == len(points)
    for name in ("opted_out", "bought", "margin"):
        assert cells[name].sum() == pytest.approx(points[name].sum())
    again = collect_cells(decision_points(weekly, AS_OF))
    assert all(np.array_equal(cells[name], again[name]) for name in cells)


def test_a_store_without_coupons_and_texts_has_no_kinds(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    frames = {n: f for n, f in shop_frames().items() if n not in ("coupons", "messages")}
    path = write_store(frames, tmp_path_factory.mktemp("bare") / "store")
    with open_store(path, threads=1) as store:
        found = decision_points(store, AS_OF).to_pandas()
    assert set(found.coupon) | set(found.long) == {0}


def test_campaigns_can_be_left_out(weekly: Store) -> None:
    found = decision_points(weekly, AS_OF, left_out=["EVERY"]).to_pandas()
    row = found.set_index(["campaign_id", "customer_id"]).loc[("W4", "never")]
    assert row.texts_30 == 0


def test_the_pace(weekly: Store) -> None:
    """Weeks subscribed from the first draw to the end, one customer at a time."""
    pace = collect_pace(weekly, AS_OF)
    assert pace is not None
    days = {"often": 60, "never": 60, "mixed": 60, "leaves": 8, "returns": 1 + 54, "edge": 37}
    assert pace.subscriber_weeks == pytest.approx(sum(days.values()) / 7)
    assert pace.opt_outs == 3
    assert pace.since == START
    sent = 28  # letters t in the table of arms
    assert pace.texts == sent
    # 27 billed, of which 4 take two segments, over all: the failed one cost nothing.
    assert pace.price_per_text == pytest.approx(0.01 * 31 / sent)
    assert pace.texts_per_week == pytest.approx(sent / (sum(days.values()) / 7))
    assert collect_pace(weekly, START) is None
