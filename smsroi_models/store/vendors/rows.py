"""Rows of an import held against the contract of their table, one at a time."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from smsroi_models.store.privacy import BARE_NUMBER, CONTACT, WRITTEN_NUMBER, names_a_person
from smsroi_models.store.tables import TABLES, Column
from smsroi_models.store.vendors.addresses import masked_page
from smsroi_models.store.vendors.contract import DroppedRecord, Row
from smsroi_models.store.vendors.masking import masked, without_contacts
from smsroi_models.store.vendors.veiling import is_id

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_TELLING_ID = re.compile(f"{CONTACT}|{WRITTEN_NUMBER}")
_LARGEST_COUNT = 2**53
_BARE = re.compile(BARE_NUMBER)
# The hash of a plan is over every character of its record.
_EXACT = ("record", "sha256")
_PAGES = ("url", "target_url")
# Versions of browsers are long numbers.
_MASKS = {"user_agent": without_contacts}


def kept_values(row: Row) -> dict[str, object]:
    """Return every column of the row's table, in order; blank is null.

    Raises
    ------
    DroppedRecord
        If a value breaks its column's rule; the reason names the column, never the value.
    """
    table = TABLES[row.table]
    if row.retracted:
        return {c.name: row.values.get(c.name) for c in table.columns}
    kept = {}
    for column in table.columns:
        needed = column.name in table.key or not (column.nullable or row.update)
        kept[column.name] = _kept(column, row.values, needed)
    return kept


def _kept(column: Column, values: Mapping[str, object], needed: bool) -> object:
    value = values.get(column.name)
    if value is None or value == "":
        if needed:
            raise DroppedRecord(f"{column.name} is missing")
        return None
    if column.kind == "text":
        # JSON can spell halves of characters, which no file can hold.
        return _kept_text(column, str(value).encode("utf-8", "replace").decode())
    if isinstance(value, datetime) and not _EARLIEST <= value < _LATEST:
        raise DroppedRecord(f"{column.name} lies before 1970 or after 2199")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_range(column, value)
    return value


def _kept_text(column: Column, value: str) -> str:
    if column.allowed and value not in column.allowed:
        raise DroppedRecord(f"{column.name} is none of {', '.join(column.allowed)}")
    if is_id(column):
        person = names_a_person(column)
        telling = person and (_BARE.match(value) or without_contacts(value) != value)
        if telling or _TELLING_ID.match(value):
            raise DroppedRecord(f"{column.name} would give a person away")
        return value
    if column.name in _PAGES:
        return masked_page(value)
    return value if column.name in _EXACT else _MASKS.get(column.name, masked)(value)


def _check_range(column: Column, value: float) -> None:
    if not math.isfinite(value):
        raise DroppedRecord(f"{column.name} is not finite")
    if column.kind == "count" and abs(value) > _LARGEST_COUNT:
        raise DroppedRecord(f"{column.name} is too large to be a count")
    if column.minimum is not None and value < column.minimum:
        raise DroppedRecord(f"{column.name} is below {column.minimum:g}")
    if column.maximum is not None and value > column.maximum:
        raise DroppedRecord(f"{column.name} is above {column.maximum:g}")
