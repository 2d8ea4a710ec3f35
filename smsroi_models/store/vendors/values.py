"""Values of vendors' records: text, numbers and times, or the record is dropped with a reason."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from smsroi_models.store.vendors.contract import DroppedRecord, Values
from smsroi_models.store.vendors.times import UnknownZoneError, written_time
from smsroi_models.store.vendors.zones import Clock

_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_COUNT = re.compile(r"[0-9]{1,20}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YES, _NO = {"yes", "true", "1"}, {"no", "false", "0"}


def text(record: Values, *names: str) -> str | None:
    """Return the first of the columns that is there and not blank, as text.

    >>> text({"Phone": " ", "Billing Phone": "'10"}, "Phone", "Billing Phone")
    "'10"
    """
    for name in names:
        value = record.get(name)
        if value is not None and not isinstance(value, (dict, list)) and str(value).strip():
            return str(value).strip()
    return None


def needed(record: Values, name: str) -> str:
    """Return the column's text; the record is dropped where it is blank."""
    found = text(record, name)
    if found is None:
        raise DroppedRecord(f"{name} is blank")
    return found


def number(record: Values, name: str) -> float | None:
    """Return the column's number, None where it is blank; the record is dropped if it is none.

    Thousands' separators and currency signs are refused: what they mean differs by country.

    >>> number({"Price": "-0.0079"}, "Price")
    -0.0079
    """
    found = text(record, name)
    if found is None:
        return None
    if isinstance(record[name], bool) or not _NUMBER.match(found):
        raise DroppedRecord(f"{name} is no number")
    return float(found)


def whole(record: Values, name: str) -> int | None:
    """Return the column's whole number, None where it is blank."""
    found = number(record, name)
    if found is not None and not found.is_integer():
        raise DroppedRecord(f"{name} is no whole number")
    return None if found is None else int(found)


def flag(record: Values, name: str) -> bool | None:
    """Return whether the column says yes, None where it is blank."""
    found = (text(record, name) or "").lower()
    if found and found not in _YES | _NO:
        raise DroppedRecord(f"{name} is neither yes nor no")
    return found in _YES if found else None


def moment(record: Values, names: str | Iterable[str], clock: Clock) -> datetime | None:
    """Return the first time among the columns, in UTC; None where all are blank.

    ISO 8601 (also with a space before the offset), RFC 2822, or the clock's own format; nothing
    that is nearly one of them. A time
    without offset is read in the clock's zone.

    >>> moment({"Paid at": "2025-10-07 09:50:26 +0200"}, "Paid at", Clock()).isoformat()
    '2025-10-07T07:50:26+00:00'
    """
    for name in (names,) if isinstance(names, str) else names:
        found = text(record, name)
        if found is not None:
            try:
                return clock.utc(_parsed(found, name, clock), name)
            except OverflowError as error:  # the year 1, west of Greenwich
                raise DroppedRecord(f"{name} is no time in our era") from error
    return None


def moment_needed(record: Values, names: str | Iterable[str], clock: Clock) -> datetime:
    """Return the time; the record is dropped where there is none."""
    found = moment(record, names, clock)
    if found is None:
        first = names if isinstance(names, str) else next(iter(names))
        raise DroppedRecord(f"{first} is blank")
    return found


def from_epoch(record: Values, name: str, per_second: int) -> datetime:
    """Return the time of a count since 1970 in UTC: seconds (1) or microseconds (1,000,000).

    >>> from_epoch({"at": "1704067200000001"}, "at", 1_000_000).isoformat()
    '2024-01-01T00:00:00.000001+00:00'
    """
    found = needed(record, name)
    if not _COUNT.fullmatch(found):
        raise DroppedRecord(f"{name} is no count of time")
    # Whole numbers throughout: microseconds since 1970 do not fit a float.
    try:
        return _EPOCH + timedelta(microseconds=int(found) * (1_000_000 // per_second))
    except OverflowError as error:
        raise DroppedRecord(f"{name} is no count of time") from error


def _parsed(found: str, name: str, clock: Clock) -> datetime:
    written = found.lstrip("'")
    if clock.time_format:
        try:
            return datetime.strptime(written, clock.time_format)
        except ValueError as error:
            raise DroppedRecord(f"{name} is not a time of the format given") from error
    try:
        return written_time(written)
    except UnknownZoneError as error:
        raise DroppedRecord(
            f"{name} names a zone that is none of RFC 2822's: export it with an offset, or in UTC"
        ) from error
    except ValueError as error:
        raise DroppedRecord(f"{name} is no time in ISO 8601 or RFC 2822") from error
