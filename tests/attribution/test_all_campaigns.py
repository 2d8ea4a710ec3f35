"""All campaigns in one query say the same as a query for each."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest
from corner_shop import AS_OF, PRE_DAYS

from smsroi_models.attribution.all_campaigns import COLUMNS, active_customers, collect_all_moments
from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.collect import collect_moments
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


def _assert_same(store: Store, as_of: datetime, pre_days: int, ids: list[str]) -> None:
    together = collect_all_moments(store, as_of, COLUMNS, pre_days=pre_days)
    assert list(together) == ids
    for campaign_id, arms in together.items():
        customers = outcomes(store, read_campaign(store, campaign_id), as_of, pre_days=pre_days)
        for found, expected in zip(arms, collect_moments(customers, COLUMNS), strict=True):
            assert found is not None and (found.n, found.columns) == (expected.n, COLUMNS)
            # The same numbers added up in another order.
            np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-12)
            scale = np.sqrt(np.outer(*[np.diag(expected.covariance)] * 2))
            assert (np.abs(found.covariance - expected.covariance) <= 1e-12 * scale).all()


def test_every_edge_of_the_hand_written_shop(shop: Store) -> None:
    _assert_same(shop, AS_OF, PRE_DAYS, ["AUTUMN", "SPRING"])


@pytest.mark.parametrize("pre_days", [0, 90])
def test_a_simulated_shop(simulated: Store, pre_days: int) -> None:
    # The third campaign's windows are not over: it is not there.
    _assert_same(simulated, datetime(2025, 3, 10, tzinfo=UTC), pre_days, ["camp-01", "camp-02"])


def test_before_any_window_is_over_there_is_no_campaign(shop: Store) -> None:
    assert collect_all_moments(shop, datetime(2025, 3, 1, tzinfo=UTC), COLUMNS) == {}


def test_only_those_who_ordered_are_listed(shop: Store) -> None:
    rows = active_customers(shop, AS_OF, pre_days=PRE_DAYS).to_pyarrow().to_pylist()
    spring = [row for row in rows if row["campaign_id"] == "SPRING"]
    # t1, t2, t4, h1 and h3 in the window; t3 and h2 never; t5's window is not over.
    assert sorted((row["arm"], row["revenue"]) for row in spring) == [
        ("holdout", 25.0),
        ("holdout", 50.0),
        ("treatment", 15.0),
        ("treatment", 30.0),
        ("treatment", 110.0),
    ]
    assert all(row["converted"] == 1.0 for row in spring)
