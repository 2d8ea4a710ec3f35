"""What every analysis asks of its parameters and of a store before it reads a figure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np

from smsroi_models.errors import DataError, ParameterError, StoreError
from smsroi_models.store.absent import REQUIRED
from smsroi_models.store.checked import checked
from smsroi_models.store.checks import Finding
from smsroi_models.store.connect import Store


def require_sound(
    store: Store, question: str, also: Sequence[str] = (), needed: Sequence[str] = REQUIRED
) -> list[Finding]:
    """Return the store's warnings; its errors stop the analysis.

    Parameters
    ----------
    store : Store
    question : str
        What needs the tables, for the error's text: ``"a campaign's lift"``.
    also : sequence of str
        Tables needed beside those.
    needed : sequence of str
        Tables needed; by default campaigns, assignments and orders.

    Raises
    ------
    DataError
        If it is no open store.
    StoreError
        If a table is absent that is needed, or the store breaks its contract.
    """
    if not isinstance(store, Store):
        raise DataError(f"{store!r} is not a store: open it first, with open_store")
    needed = (*needed, *also)
    absent = [name for name in needed if name not in store]
    if absent:
        raise StoreError(
            f"the store has no {' and no '.join(absent)}: {question} needs "
            f"{_listed(needed)}; add the table (data/README.md says its "
            "columns)"
        )
    findings = [
        # Every campaign needs these tables; a question that does not can do without.
        finding
        for finding in checked(store)
        if finding.rule != "missing table" or finding.table in needed
    ]
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        lines = "\n".join(f"- {finding.message} {finding.remedy}" for finding in errors)
        raise StoreError(f"the store breaks its contract:\n{lines}")
    return findings


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


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


def parse_as_of(value: datetime | date | str) -> datetime:
    """Return an instant in UTC from a datetime with zone, a date, or either as ISO text.

    Raises
    ------
    ParameterError
        If it is none of these, the text is not ISO 8601, or a time stands without its zone.

    Examples
    --------
    >>> parse_as_of("2025-03-01").isoformat()
    '2025-03-01T00:00:00+00:00'
    >>> parse_as_of("2025-03-01T12:00:00+02:00").isoformat()
    '2025-03-01T10:00:00+00:00'
    """
    try:
        if isinstance(value, date) and not isinstance(value, datetime):
            moment = datetime.combine(value, datetime.min.time(), UTC)
        elif isinstance(value, str) and len(value) == len("2025-03-01"):
            moment = datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
        else:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise ParameterError(
            f"as_of is {value!r}: write a date as 2025-03-01 or a time as 2025-03-01T12:00:00Z"
        ) from error
    if moment.tzinfo is None:
        raise ParameterError(f"as_of is {value!r}, a time without a zone: add Z or an offset")
    return moment.astimezone(UTC)


def parse_past(value: datetime | date | str) -> datetime:
    """Return the instant of `parse_as_of`, and refuse one that is still to come.

    Raises
    ------
    ParameterError
        As `parse_as_of`; or if the moment lies in the future.
    """
    moment = parse_as_of(value)
    if moment > datetime.now(UTC):
        raise ParameterError(f"as_of is {value}, which is still to come: name a moment in the past")
    return moment


def check_parameters(confidence_level: float, pre_days: int, so_far: bool = False) -> None:
    """Raise `ParameterError` if a parameter of `analyze_campaign` lies outside its range."""
    if not (isinstance(confidence_level, float | np.floating) and 0 < confidence_level < 1):
        raise ParameterError(
            f"confidence_level is {confidence_level!r}: it must lie between 0 and 1, such as 0.95"
        )
    if not (isinstance(pre_days, int) and 0 <= pre_days <= 3650):
        raise ParameterError(f"pre_days is {pre_days!r}: it must lie between 0 and 3650 days")
    if not isinstance(so_far, bool):
        raise ParameterError(f"so_far is {so_far!r}: it must be True or False")
