"""Ids and codes that hold an address or a number get a keyed pseudonym, alike in every table.

A shop may name its orders after people, and its codes after their numbers. Such an id is never
stored, and masking it would make many ids one and part what belongs together; a pseudonym of the
whole text joins as the text did. Bare digits are a shop's running numbers and stay.
"""

import re
from dataclasses import replace
from functools import cache

from smsroi_models.store.privacy import CONTACT, WRITTEN_NUMBER, names_a_person
from smsroi_models.store.pseudonyms import Pseudonyms
from smsroi_models.store.tables import TABLES, Column
from smsroi_models.store.vendors.contract import Row
from smsroi_models.store.vendors.masking import without_contacts

_WHOLE = re.compile(f"{CONTACT}|{WRITTEN_NUMBER}")
# Letters that touch the number part ids of machines, but not codes that somebody thought of.
_WITHIN_CODE = re.compile(r"(?<!\d)1?[2-9]\d{2}[2-9]\d{6}(?!\d)")
_CODES = ("code", "coupon_code")
# Campaigns and surveys are named by the shop, and on the command line.
_NAMED = ("campaign_id", "acquired_campaign_id", "survey_id")


def is_id(column: Column) -> bool:
    """Tell whether the column holds ids or codes, which are no free text."""
    return column.name.endswith("_id") or column.name in _CODES


def tells(column: Column, value: str) -> bool:
    """Tell whether the id or code holds an e-mail address or a telephone number.

    Examples
    --------
    >>> order_id = TABLES["orders"].column("order_id")
    >>> [tells(order_id, x) for x in ("#1001", "2025550142", "Ada 2025550142", "ada@example.com")]
    [False, False, True, True]
    """
    if value.isdigit():
        return False
    if _WHOLE.match(value) or without_contacts(value) != value:
        return True
    return column.name in _CODES and bool(_WITHIN_CODE.search(value))


@cache
def _veiled_columns(table: str) -> tuple[Column, ...]:
    return tuple(
        column
        for column in TABLES[table].columns
        if is_id(column) and not names_a_person(column) and column.name not in _NAMED
    )


def veiled(row: Row, pseudonyms: Pseudonyms) -> Row:
    """Return the row with pseudonyms for ids and codes that hold an address or a number.

    Ids of people are left: they are pseudonyms already, or the row is dropped.
    """
    changes: dict[str, object] = {}
    for column in _veiled_columns(row.table):
        value = row.values.get(column.name)
        if not isinstance(value, str) or not tells(column, value):
            continue
        if column.name in _CODES:
            changes[column.name] = "C" + pseudonyms.of_text("code", value.strip().upper()).upper()
        else:
            changes[column.name] = "x" + pseudonyms.of_text("id", value.strip())
    return replace(row, values={**row.values, **changes}) if changes else row
