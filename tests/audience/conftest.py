"""The hand-written list as an open store."""

from collections.abc import Iterator

import pytest
from list_shop import shop_frames

import smsroi_models as smsroi


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[smsroi.Store]:
    folder = smsroi.write_store(shop_frames(), tmp_path_factory.mktemp("list") / "store")
    with smsroi.open_store(folder, threads=1) as opened:
        yield opened
