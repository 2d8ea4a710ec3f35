"""A shop of seven customers whose next campaign, SUMMER, is drawn and not yet sent."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from smsroi_models.planning.tokens import ALPHABET, LETTERS
from smsroi_models.store.write import write_store

NOW = datetime(2025, 6, 1, tzinfo=UTC)
TREATED, HELD = ("c1", "c2", "c3", "c4"), ("c5", "c6")
STRANGER, GONE = "c7", "c4"  # c7 is not assigned, c4 has opted out


def number_of(token: str) -> int:
    """Return the number that a token is drawn by."""
    number = 0
    for letter in reversed(token[1:]):
        number = 23 * number + ALPHABET.index(letter)
    return 15 * number + LETTERS.index(token[0])


def _at(*days: str) -> pd.Series:
    return pd.Series(pd.to_datetime([*days], utc=True)).astype("datetime64[us, UTC]")


def write_shop(path: Path, **extra: pd.DataFrame) -> Path:
    """Write the shop; a frame of ``extra`` takes a table's place or comes beside."""
    people = [*TREATED, *HELD, STRANGER]
    tables = {
        "campaigns": pd.DataFrame(
            {
                "campaign_id": ["SPRING", "SUMMER"],
                "name": ["Spring", "Summer"],
                "starts_at": _at("2025-03-01T09:00", "2025-06-02T09:00"),
                "window_days": [14, 14],
                "margin_rate": [0.5, 0.5],
                "currency": ["EUR", "EUR"],
            }
        ),
        "customers": pd.DataFrame(
            {"customer_id": people, "acquired_at": [pd.Timestamp("2024-01-01", tz="UTC")] * 7}
        ),
        "assignments": pd.DataFrame(
            {
                "campaign_id": "SUMMER",
                "customer_id": [*TREATED, *HELD],
                "arm": ["treatment"] * 4 + ["holdout"] * 2,
                "assigned_at": [pd.Timestamp("2025-06-01", tz="UTC")] * 6,
            }
        ),
        "subscriptions": pd.DataFrame(
            {
                "customer_id": [*people, GONE],
                "occurred_at": _at(*["2024-01-01"] * 7, "2025-05-31"),
                "event": ["opt_in"] * 7 + ["opt_out"],
            }
        ),
        "messages": pd.DataFrame(
            {
                "message_id": ["m1", "m2", "m3", "m4"],
                "campaign_id": "SPRING",
                "customer_id": ["c1", "c2", "c3", "c5"],
                "sent_at": _at(*["2025-03-01T09:00"] * 3, "2025-03-03T09:00"),
                "status": ["delivered", "delivered", "sent", "failed"],
                "segments": [1, 2, 1, 1],
                "price": [0.01, 0.02, 0.09, 5.0],
            }
        ),
    }
    return write_store(tables | extra, path)
