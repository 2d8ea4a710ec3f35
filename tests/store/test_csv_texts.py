"""CSV as people export it: which spellings are read, and which are refused and how."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from smsroi_models.errors import StoreError
from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import open_store

HEADER = "order_id,customer_id,ordered_at,revenue,discount"


def _orders(folder: Path, ordered_at: str, revenue: str) -> Path:
    (folder / "orders.csv").write_text(f'{HEADER}\no1,c1,{ordered_at},"{revenue}",0\n')
    return folder


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-10-07 09:50:26 +0200", datetime(2025, 10, 7, 7, 50, 26, tzinfo=UTC)),
        ("2025-10-07T10:00Z", datetime(2025, 10, 7, 10, tzinfo=UTC)),
        ("2025-10-07 10:00 +02", datetime(2025, 10, 7, 8, tzinfo=UTC)),
        ("2025-10-07 10:00:00 UTC", datetime(2025, 10, 7, 10, tzinfo=UTC)),
        ("2025-10-07T10:00z", datetime(2025, 10, 7, 10, tzinfo=UTC)),
        ("2025-10-07T10:00:00.500+02:00", datetime(2025, 10, 7, 8, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_a_time_with_its_zone_is_read(text: str, moment: datetime, tmp_path: Path) -> None:
    with open_store(_orders(tmp_path, text, "10.00")) as store:
        assert store["orders"].ordered_at.to_pyarrow()[0].as_py() == moment


@pytest.mark.parametrize("text", ["1_000", "1,000.00", "0x10", "NA", "$5"])
def test_money_that_only_looks_like_a_number_is_an_error(text: str, tmp_path: Path) -> None:
    with open_store(_orders(tmp_path, "2025-10-07T10:00:00Z", text)) as store:
        rules = {(f.rule, f.severity) for f in check_store(store) if "revenue" in f.message}
    assert rules and all(severity == "error" for _, severity in rules)


@pytest.mark.parametrize("text", ["1e3", "+1000", "1000.", "1000.00"])
def test_plain_spellings_of_a_number_are_read(text: str, tmp_path: Path) -> None:
    with open_store(_orders(tmp_path, "2025-10-07T10:00:00Z", text)) as store:
        assert store["orders"].revenue.to_pyarrow()[0].as_py() == 1000.0


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_other_separators_are_named(sign: str, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(HEADER.replace(",", sign) + "\n")
    with pytest.raises(StoreError, match="is not separated by commas"):
        open_store(tmp_path)
