"""Ids that give a person away: how a telephone number or an e-mail address looks.

The patterns mean the same to the engine (RE2) and to Python's `re`.
"""

import re

from smsroi_models.store.tables import Column

CONTACT = r"^\s*([^@\s]+@[^@\s]+\.[^@\s]+|\+\d[\d ().-]{6,})\s*$"
"""An e-mail address, or a number with its country's prefix: no id looks like that by accident."""

WRITTEN_NUMBER = r"^\s*(1[ .-])?(\(\d{3}\) ?|\d{3}[ .-])?\d{3}[ .-]\d{4}\s*$"
"""A telephone number as people write it: an id of a person does not."""

BARE_NUMBER = r"^(1?[2-9]\d{2}[2-9]\d{6}|00[1-9]\d{7,13})$"
"""Digits that could be dialled; the running numbers of some shops look like that too."""

_PERSON_COLUMNS = ("customer_id", "referrer_id", "number_id")


def names_a_person(column: Column) -> bool:
    """Tell whether the column holds ids of people or of their telephone numbers."""
    return column.name in _PERSON_COLUMNS


def mask(example: str) -> str:
    """Return the example with all but the last two characters of an address or number hidden.

    Examples
    --------
    >>> mask("C0017"), mask("SPRING / +1 202 555 0142")
    ('C0017', 'SPRING / ***42')
    """
    return " / ".join(_mask_part(part) for part in example.split(" / "))


def _mask_part(part: str) -> str:
    telling = any(re.match(p, part) for p in (CONTACT, WRITTEN_NUMBER, BARE_NUMBER))
    return "***" + part.strip()[-2:] if telling else part
