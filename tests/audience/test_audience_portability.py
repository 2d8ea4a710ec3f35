"""Every lazy query of the audience also compiles for the engines that a store may live in later."""

from datetime import UTC, date, datetime

import ibis
import pytest

from smsroi_models.attribution.campaigns import Campaign
from smsroi_models.audience.asked_to_stop import asked_to_stop
from smsroi_models.audience.spell_counts import spells_counted
from smsroi_models.audience.subscriptions import leavings, list_changes, spells
from smsroi_models.audience.texted import arms_opted_out, campaigns_counted, first_opt_outs
from smsroi_models.store.tables import TABLES

STORE = {name: ibis.table(table.schema(), name=name) for name, table in TABLES.items()}
AS_OF = datetime(2025, 4, 1, tzinfo=UTC)
CAMPAIGN = Campaign("C", "C", datetime(2025, 3, 1, tzinfo=UTC), 14, 0.6, "USD", None)
QUERIES = {
    "spells": spells(STORE, AS_OF),
    "leavings": leavings(STORE, AS_OF),
    "list_changes": list_changes(STORE, AS_OF),
    "spells_counted": spells_counted(STORE, AS_OF, [date(2025, 1, 1)], AS_OF),
    "campaigns_counted": campaigns_counted(STORE, AS_OF),
    "first_opt_outs": first_opt_outs(STORE, CAMPAIGN, AS_OF),
    "arms_opted_out": arms_opted_out(STORE, AS_OF),
    "asked_to_stop": asked_to_stop(STORE, AS_OF),
}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "pyspark", "bigquery", "snowflake"])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_every_query_compiles_elsewhere(query: ibis.Table, dialect: str) -> None:
    assert "SELECT" in ibis.to_sql(query, dialect=dialect)
