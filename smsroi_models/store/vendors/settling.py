"""Orders whose fate is settled stay so: cancelled ones never come back, refunds never shrink.

Exports of orders do not say when they were made, so that an older one may come after a newer one.
What of an order only ever goes one way tells them apart.
"""

from smsroi_models.store.vendors.merging import Dangling
from smsroi_models.store.vendors.staging import Staging

_UNDONE = (
    "SELECT order_id FROM staged_orders WHERE _retracted UNION SELECT order_id FROM _undone_orders"
)


def drop_undone(staging: Staging) -> list[Dangling]:
    """Drop staged orders that another export, of this import or before, has as cancelled.

    Events of the store that refer to an order which is taken out refer to none from then on.
    """
    if "orders" not in staging.staged:
        return []
    lost = f"NOT _retracted AND order_id IN ({_UNDONE})"
    rows = staging.run(f"SELECT DISTINCT _file, _row FROM staged_orders WHERE {lost} ORDER BY ALL")
    staging.run(f"DELETE FROM staged_orders WHERE {lost}")
    _release_events(staging)
    reason = "another export has the order as cancelled"
    return [Dangling(int(str(file)), int(str(row)), reason) for file, row in rows]


def remember_settled(staging: Staging) -> bool:
    """Note which orders were cancelled and what was paid back; True where that is news."""
    if "orders" not in staging.staged:
        return False
    staging.run(
        "CREATE TABLE settled AS SELECT order_id, max(refunded) AS refunded FROM ("
        "SELECT order_id, refunded::DOUBLE AS refunded FROM _refunds UNION ALL "
        "SELECT order_id, _version FROM staged_orders WHERE NOT _retracted AND _version > 0"
        ") GROUP BY order_id"
    )
    news = staging.count(
        f"SELECT (SELECT count(*) FROM ({_UNDONE} EXCEPT SELECT order_id FROM _undone_orders)) + "
        "(SELECT count(*) FROM (SELECT order_id, refunded FROM settled "
        "EXCEPT SELECT order_id, refunded::DOUBLE FROM _refunds))"
    )
    staging.run(
        "INSERT INTO _undone_orders "
        "SELECT DISTINCT order_id FROM staged_orders "
        "WHERE _retracted AND order_id NOT IN (SELECT order_id FROM _undone_orders)"
    )
    staging.run("DELETE FROM _refunds")
    staging.run("INSERT INTO _refunds SELECT order_id, refunded::VARCHAR FROM settled")
    return news > 0


def _release_events(staging: Staging) -> None:
    if not staging.existing("events"):
        return
    held = f"order_id IN ({_UNDONE})"
    if staging.count(f"SELECT count(*) FROM existing_events WHERE {held}"):
        staging.require_staged("events")
        staging.rewritten.add("events")
        staging.run(f"UPDATE existing_events SET order_id = NULL WHERE {held}")
