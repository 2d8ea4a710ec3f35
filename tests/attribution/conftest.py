from collections.abc import Iterator

import pytest
from corner_shop import shop_frames

from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = write_store(shop_frames(), tmp_path_factory.mktemp("shop") / "store")
    with open_store(path, threads=1) as store:  # the same sums in every run
        yield store
