"""All campaigns in one query say the same as a query for each."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from corner_shop import AS_OF, PRE_DAYS

from smsroi_models.attribution.all_campaigns import all_outcomes
from smsroi_models.attribution.campaigns import read_campaign, read_campaign_ids
from smsroi_models.attribution.outcomes import outcomes
from smsroi_models.simulate import simulate_program
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    program = simulate_program(3_000, 3, np.random.default_rng(8), detail="core")
    folder = tmp_path_factory.mktemp("all") / "store"
    with open_store(write_store(program.tables, folder)) as store:
        yield store


def _each(store: Store, as_of: datetime, pre_days: int) -> pd.DataFrame:
    frames = [
        outcomes(store, read_campaign(store, name), as_of, pre_days=pre_days)
        .drop("opted_out")
        .execute()
        .assign(campaign_id=name)
        for name in read_campaign_ids(store)
    ]
    return pd.concat(frames)


def _assert_same(store: Store, as_of: datetime, pre_days: int) -> None:
    together = all_outcomes(store, as_of, pre_days=pre_days).execute()
    apart = _each(store, as_of, pre_days)[together.columns]
    keys = ["campaign_id", "customer_id"]
    pd.testing.assert_frame_equal(
        together.sort_values(keys, ignore_index=True),
        apart.sort_values(keys, ignore_index=True),
        check_exact=False,
        rtol=1e-12,  # sums of the same orders, perhaps in another order
    )


def test_every_edge_of_the_hand_written_shop(shop: Store) -> None:
    _assert_same(shop, AS_OF, PRE_DAYS)


@pytest.mark.parametrize("pre_days", [0, 90])
def test_a_simulated_shop(simulated: Store, pre_days: int) -> None:
    # The third campaign's windows are not over: it is not there.
    as_of = datetime(2025, 3, 10, tzinfo=UTC)
    _assert_same(simulated, as_of, pre_days)
    found = all_outcomes(simulated, as_of).campaign_id.nunique().execute()
    assert found == 2
