"""What every analysis asks of a store before it reads a figure."""

from datetime import UTC, datetime

from smsroi_models.errors import DataError, StoreError
from smsroi_models.store.absent import REQUIRED
from smsroi_models.store.checks import Finding, check_store
from smsroi_models.store.connect import Store


def require_sound(store: Store, question: str) -> list[Finding]:
    """Return the store's warnings; its errors stop the analysis.

    Parameters
    ----------
    store : Store
    question : str
        What needs the tables, for the error's text: ``"a campaign's lift"``.

    Raises
    ------
    DataError
        If it is no open store.
    StoreError
        If a table is absent that every analysis needs, or the store breaks its contract.
    """
    if not isinstance(store, Store):
        raise DataError(f"{store!r} is not a store: open it first, with open_store")
    absent = [name for name in REQUIRED if name not in store]
    if absent:
        raise StoreError(
            f"the store has no {' and no '.join(absent)}: {question} needs campaigns, "
            "assignments and orders; add the table (data/README.md says its columns)"
        )
    findings = check_store(store)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        lines = "\n".join(f"- {finding.message} {finding.remedy}" for finding in errors)
        raise StoreError(f"the store breaks its contract:\n{lines}")
    return list(findings)


def horizon(last_order_at: datetime) -> datetime:
    """Return the midnight that begins the day of the last order: up to there data are complete.

    Raises
    ------
    DataError
        If the last order lies in the future.
    """
    if last_order_at > datetime.now(UTC):
        raise DataError(
            f"the last order of the store is of {last_order_at:%Y-%m-%d}, which is still to come: "
            "correct its time, or pass as_of"
        )
    return datetime(last_order_at.year, last_order_at.month, last_order_at.day, tzinfo=UTC)
