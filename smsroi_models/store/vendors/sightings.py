"""Everyone whom an import sees gets a row in customers; whom nothing saw, nobody is."""

from smsroi_models.store.tables import TABLES
from smsroi_models.store.vendors.linking import person_columns
from smsroi_models.store.vendors.staging import Staging


def add_people(staging: Staging) -> None:
    """Give everyone that the import saw a row in customers, acquired when first seen."""
    staging.require_staged("customers")
    for name in sorted(staging.staged - {"customers"}):
        for column in person_columns(name):
            _add_seen(staging, f"staged_{name}", column, "_seen")
    if "customers" not in staging.names:
        # A new table of customers has to know those of the tables that were there before, too.
        for name in staging.names:
            times = [c.name for c in TABLES[name].columns if c.kind == "time" and not c.nullable]
            if times and person_columns(name) and staging.existing(name):
                for column in person_columns(name):
                    _add_seen(staging, f"existing_{name}", column, times[0])


def forget_strangers(staging: Staging) -> None:
    """Make references to people null whom no table knows: their rows have no time to begin from.

    Those are owners of links and codes, and referrers; whoever did something has a time.
    """
    known = "SELECT customer_id FROM staged_customers"
    if staging.existing("customers"):
        known += " UNION ALL SELECT customer_id FROM existing_customers"
    for name in sorted(staging.staged):
        for column in person_columns(name):
            if column not in TABLES[name].key:
                staging.run(
                    f"UPDATE staged_{name} SET {column} = NULL WHERE NOT _retracted "
                    f"AND {column} IS NOT NULL AND {column} NOT IN ({known})"
                )


def _add_seen(staging: Staging, source: str, column: str, time: str) -> None:
    kept = "AND NOT _retracted" if source.startswith("staged_") else ""
    staging.run(
        "INSERT INTO staged_customers BY NAME "
        f"SELECT {column} AS customer_id, min({time}) AS acquired_at, -1 AS _at, "
        "false AS _retracted, true AS _seen_only "
        f"FROM {source} WHERE {column} IS NOT NULL AND {time} IS NOT NULL {kept} GROUP BY ALL"
    )
