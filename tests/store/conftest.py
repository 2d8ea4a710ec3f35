"""A small valid store, written by hand: two campaigns, three people, every table."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.tables import TABLES
from smsroi_models.store.write import write_store

Frames = dict[str, pd.DataFrame]

_ROWS = {
    "campaigns": [
        {
            "campaign_id": "SPRING",
            "name": 'Spring, "the" sale\nsecond line',
            "starts_at": "2024-03-01T09:00Z",
            "window_days": 28,
            "margin_rate": 0.4,
            "currency": "USD",
            "message": "Hello",
        },
        {
            "campaign_id": "SUMMER",
            "name": "Summer",
            "starts_at": "2024-06-01T09:00Z",
            "window_days": 14,
            "margin_rate": 1.0,
            "currency": "USD",
            "message": None,
        },
    ],
    "plans": [
        {
            "campaign_id": "SPRING",
            "recorded_at": "2024-02-29T08:00Z",
            "treatment_share": 0.5,
            "n_treatment": 1,
            "n_holdout": 1,
            # Not a whole plan: the store holds the text to its hash, and reads no further.
            "record": '{"name":"Spring, \\"the\\" sale"}',
            "sha256": "9abdad436f2f8d06e2d1158d3e44afa7575d0f880c385ea48c5038eec6ffb6b5",
        },
        {
            "campaign_id": "SUMMER",
            "recorded_at": "2024-05-31T08:00Z",
            "treatment_share": 0.5,
            "n_treatment": 1,
            "n_holdout": 1,
            "record": "{}",
            # printf '{}' | sha256sum
            "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        },
    ],
    "customers": [
        {"customer_id": "C1", "acquired_at": "2023-01-01T00:00Z", "segment": "new"},
        {
            "customer_id": "C2",
            "acquired_at": "2023-02-01T00:00Z",
            "acquired_campaign_id": "SPRING",
            "referrer_id": "C1",
        },
        {"customer_id": "C3", "acquired_at": "2023-03-01T00:00Z", "region": "north"},
    ],
    "assignments": [
        {"campaign_id": c, "customer_id": p, "arm": arm, "assigned_at": at, "stratum": None}
        for c, p, arm, at in [
            ("SPRING", "C1", "treatment", "2024-03-01T08:00Z"),
            ("SPRING", "C2", "holdout", "2024-03-01T08:00Z"),
            ("SUMMER", "C1", "holdout", "2024-06-01T08:00Z"),
            ("SUMMER", "C3", "treatment", "2024-06-01T08:00Z"),
        ]
    ],
    "messages": [
        {
            "message_id": "M1",
            "campaign_id": "SPRING",
            "customer_id": "C1",
            "sent_at": "2024-03-01T09:00Z",
            "status": "delivered",
            "segments": 1,
            "price": 0.01,
        },
        {
            "message_id": "M2",
            "campaign_id": "SUMMER",
            "customer_id": "C3",
            "sent_at": "2024-06-01T08:00Z",
            "status": "failed",
            "segments": 0,
            "price": None,
        },
    ],
    "replies": [
        {
            "reply_id": "R1",
            "customer_id": "C1",
            "received_at": "2024-03-01T10:00Z",
            "intent": "stop",
            "campaign_id": "SPRING",
        }
    ],
    "subscriptions": [
        {"customer_id": "C1", "occurred_at": "2023-01-01T00:00Z", "event": "opt_in"},
        {"customer_id": "C1", "occurred_at": "2024-03-01T10:00Z", "event": "opt_out"},
    ],
    "links": [
        {
            "link_id": "L1",
            "campaign_id": "SPRING",
            "customer_id": "C1",
            "url": "https://s.example/a",
            "target_url": "https://shop.example/",
        }
    ],
    "clicks": [{"click_id": "K1", "link_id": "L1", "clicked_at": "2024-03-01T09:05Z", "clicks": 1}],
    "coupons": [
        {
            "code": "TEN",
            "campaign_id": "SPRING",
            "kind": "shared",
            "discount": 0.1,
            "expires_at": "2024-04-01T00:00Z",
        }
    ],
    "numbers": [{"number_id": "N1", "campaign_id": "SPRING"}],
    "calls": [
        {
            "call_id": "A1",
            "number_id": "N1",
            "started_at": "2024-03-02T09:00Z",
            "duration_seconds": 30.5,
            "answered": True,
            "value": 5.0,
        }
    ],
    "events": [
        {
            "event_id": "E1",
            "link_id": "L1",
            "occurred_at": "2024-03-02T09:00Z",
            "event_type": "form",
            "order_id": "O1",
        }
    ],
    "orders": [
        {
            "order_id": "O1",
            "customer_id": "C1",
            "ordered_at": "2024-03-02T09:00:00.123456Z",
            "revenue": 18.0,
            "discount": 2.0,
            "cost_of_goods": 9.0,
            "coupon_code": "TEN",
        },
        {
            "order_id": "O2",
            "customer_id": "C3",
            "ordered_at": "2024-06-02T09:00Z",
            "revenue": 0.1 + 0.2,
            "discount": 0.0,
            "cost_of_goods": None,
            "coupon_code": None,
        },
    ],
    "surveys": [
        {
            "survey_id": "S1",
            "metric": "nps",
            "scale_min": 0.0,
            "scale_max": 10.0,
            "question": "Would you?",
        }
    ],
    "invitations": [{"survey_id": "S1", "customer_id": "C1", "invited_at": "2024-04-01T00:00Z"}],
    "responses": [
        {
            "response_id": "P1",
            "survey_id": "S1",
            "customer_id": "C1",
            "responded_at": "2024-04-01T00:00Z",
            "score": 10.0,
            "comment": "a\nb",
        },
        {
            "response_id": "P2",
            "survey_id": "S1",
            "customer_id": None,
            "responded_at": "2024-04-02T00:00Z",
            "score": 0.0,
            "comment": None,
        },
    ],
    "costs": [
        {"campaign_id": "SPRING", "cost_type": "creative", "amount": 3.0},
        {"campaign_id": "SPRING", "cost_type": "creative", "amount": 3.0},
    ],
}


def typed_frame(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return the rows as a frame whose times are times; the rest is left as pandas reads it."""
    frame = pd.DataFrame(rows)
    for column in TABLES[name].columns:
        if column.kind == "time" and column.name in frame:
            frame[column.name] = pd.to_datetime(frame[column.name], format="ISO8601", utc=True)
    return frame


@pytest.fixture
def frames() -> Frames:
    return {name: typed_frame(name, rows) for name, rows in _ROWS.items()}


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[Frames], Store]:
    """Write frames as Parquet, without any cast or check of ours, and open them."""
    stores: list[Store] = []

    def open_frames(tables: Frames) -> Store:
        folder = tmp_path / f"raw{len(stores)}"
        folder.mkdir()
        for name, frame in tables.items():
            frame.to_parquet(folder / f"{name}.parquet", index=False)
        stores.append(open_store(folder))
        return stores[-1]

    yield open_frames
    for store in stores:
        store.close()


@pytest.fixture(params=["parquet", "csv", "duckdb"])
def any_store(request: pytest.FixtureRequest, frames: Frames, tmp_path: Path) -> Store:
    """The valid store in each of the three formats."""
    path = tmp_path / ("shop.duckdb" if request.param == "duckdb" else "shop")
    if request.param == "csv":
        write_csv(frames, path)
    else:
        write_store(frames, path)
    with open_store(path) as store:
        yield store


def write_csv(tables: Frames, folder: Path) -> None:
    folder.mkdir()
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False)


def write_database(path: Path, statements: list[str]) -> Path:
    """Make a DuckDB file with plain DuckDB."""
    with duckdb.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    return path
