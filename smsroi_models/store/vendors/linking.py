"""One person, one id: an address that was seen with a number takes the number's id, everywhere.

A number's id never changes. An address keeps the first number that it was linked to; of several in
one import the smallest id, so that the order of rows does not matter.
"""

from smsroi_models.store.tables import TABLES
from smsroi_models.store.vendors.staging import Staging


def link_people(staging: Staging) -> tuple[int, int]:
    """Link new pairs, and rewrite the ids of every row that used an address's id.

    Two ids that were both assigned in one campaign stay apart: drawing their arms cannot be
    undone. Returns how many people were linked and how many pairs were kept apart.
    """
    staging.run(
        "CREATE TABLE new_people AS SELECT address, min(number) AS customer_id FROM pairs "
        "WHERE address NOT IN (SELECT address FROM _people) GROUP BY address"
    )
    apart = _keep_apart(staging) + _part_again(staging)
    linked = staging.count("SELECT count(*) FROM new_people")
    if linked:
        staging.run("INSERT INTO _people SELECT address, customer_id FROM new_people")
        for name in staging.names:
            _rewrite_existing(staging, name)
    for name in sorted(staging.staged):
        for column in person_columns(name):
            staging.run(_rewriting(f"staged_{name}", column))
    return linked, apart


def person_columns(name: str) -> tuple[str, ...]:
    """Return the columns of the table that hold a customer's id.

    >>> person_columns("customers")
    ('customer_id', 'referrer_id')
    """
    return tuple(
        column.name
        for column in TABLES[name].columns
        if column.references == "customers" or (name, column.name) == ("customers", "customer_id")
    )


def _keep_apart(staging: Staging) -> int:
    sources = ["staged_assignments"] if "assignments" in staging.staged else []
    sources += ["existing_assignments"] if staging.existing("assignments") else []
    if not sources:
        return 0
    drawn = " UNION ALL ".join(f"SELECT campaign_id, customer_id FROM {s}" for s in sources)
    both = (
        f"WITH drawn AS ({drawn}), ids AS (SELECT address AS id, customer_id FROM new_people "
        "UNION SELECT customer_id, customer_id FROM new_people), "
        "clash AS (SELECT i.customer_id, d.campaign_id FROM ids i "
        "JOIN drawn d ON d.customer_id = i.id GROUP BY ALL HAVING count(DISTINCT i.id) > 1) "
        "SELECT p.address FROM new_people p JOIN clash c ON c.customer_id = p.customer_id "
        "JOIN drawn d ON d.customer_id = p.address AND d.campaign_id = c.campaign_id"
    )
    apart = staging.count(f"SELECT count(DISTINCT address) FROM ({both})")
    staging.run(f"DELETE FROM new_people WHERE address IN ({both})")
    return apart


def _part_again(staging: Staging) -> int:
    """Part addresses that were linked before a list came in that draws both of their ids.

    Rows of the address that were rewritten then stay the number's; the list's, and what comes in
    later, are as they say.
    """
    if "assignments" not in staging.staged:
        return 0
    both = (
        "WITH drawn AS (SELECT DISTINCT campaign_id, customer_id FROM staged_assignments), "
        "ids AS (SELECT address AS id, customer_id FROM _people "
        "UNION SELECT customer_id, customer_id FROM _people), "
        "clash AS (SELECT i.customer_id, d.campaign_id FROM ids i "
        "JOIN drawn d ON d.customer_id = i.id GROUP BY ALL HAVING count(DISTINCT i.id) > 1) "
        "SELECT p.address FROM _people p JOIN clash c ON c.customer_id = p.customer_id "
        "JOIN drawn d ON d.customer_id = p.address AND d.campaign_id = c.campaign_id"
    )
    apart = staging.count(f"SELECT count(DISTINCT address) FROM ({both})")
    staging.run(f"DELETE FROM _people WHERE address IN ({both})")
    return apart


def _rewriting(table: str, column: str) -> str:
    return (
        f'UPDATE "{table}" SET {column} = p.customer_id FROM _people p '
        f'WHERE "{table}".{column} = p.address'
    )


def _rewrite_existing(staging: Staging, name: str) -> None:
    columns = person_columns(name)
    if not columns:
        return
    staging.existing(name)
    for column in columns:
        touched = staging.count(
            f"SELECT count(*) FROM existing_{name} "
            f"WHERE {column} IN (SELECT address FROM new_people)"
        )
        if touched:
            staging.require_staged(name)
            staging.rewritten.add(name)
            staging.run(_rewriting(f"existing_{name}", column))
