"""Texts with merge fields: `{link}`, `{code}` and `{name}` stand for something of each person's."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from smsroi_models.errors import ParameterError
from smsroi_models.planning.gsm_alphabet import places_of
from smsroi_models.planning.text_segments import TextSegments, count_segments
from smsroi_models.records import Record

FIELDS = ("link", "code", "name")
_FIELD = re.compile(r"\{(\w+)\}")
# Other platforms write {{link}} or { link }: here that would be texted as it stands.
_IN_BRACES = re.compile(r"\{+\s*[^{}\s][^{}]*\}+")


@dataclass(frozen=True, slots=True)
class FieldedSegments(Record):
    """What a text with merge fields is billed as, for its shortest and its longest form.

    Attributes
    ----------
    shortest, longest : TextSegments
        With the shortest and the longest values of the fields.
    with_other_letters : int or None
        Segments of the longest form if a name holds a letter that the seven-bit alphabet lacks,
        like ë or ł; None where the text has no ``{name}`` or is UCS-2 anyway.
    """

    shortest: TextSegments
    longest: TextSegments
    with_other_letters: int | None


def fields_of(text: str) -> tuple[str, ...]:
    """Return the merge fields of the text, in order, each once.

    Raises
    ------
    ParameterError
        If one is not known: the platform would text its braces as they stand.

    Examples
    --------
    >>> fields_of("Hi {name}, {link} {link}")
    ('name', 'link')
    """
    known = {f"{{{field}}}": field for field in FIELDS}
    found = dict.fromkeys(_IN_BRACES.findall(text))
    for braced in found:
        if braced not in known:
            raise ParameterError(
                f"the text holds {braced}: the merge fields are {', '.join(known)}, written so"
            )
    return tuple(known[braced] for braced in found)


def filled_text(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its merge fields filled in.

    Raises
    ------
    ParameterError
        If a field is not known or has no value.

    Examples
    --------
    >>> filled_text("Hi {name}", {"name": "Ada"})
    'Hi Ada'
    """
    missing = [name for name in fields_of(text) if name not in values]
    if missing:
        raise ParameterError(_untold(missing[0]))
    return _FIELD.sub(lambda found: values[found[1]], text)


def count_fielded(text: str, values: Mapping[str, Sequence[str]]) -> FieldedSegments:
    """Return the segments of the text's shortest and longest form.

    Parameters
    ----------
    text : str
    values : mapping of str to sequence of str
        For each field of the text, the values among which it varies: the shortest and the longest
        are enough.

    Raises
    ------
    DataError
        As `count_segments`.
    ParameterError
        If a field is not known or has no values.

    Examples
    --------
    >>> told = count_fielded("x" * 150 + "{name}", {"name": ["Bo", "Maximiliane"]})
    >>> told.shortest.segments, told.longest.segments, told.with_other_letters
    (1, 2, 3)
    """
    names = fields_of(text)
    for name in names:
        if not values.get(name):
            raise ParameterError(_untold(name))
    forms = [
        filled_text(text, dict(zip(names, choice, strict=True)))
        for choice in product(*(_ends(values[name]) for name in names))
    ]
    counted = sorted(map(count_segments, forms), key=lambda form: (form.segments, form.units))
    longest = counted[-1]
    other = None
    if "name" in names and longest.encoding == "GSM-7":
        name = max(values["name"], key=len)
        ends = {field: _ends(values[field])[-1] for field in names} | {"name": "ł" + name[1:]}
        other = count_segments(filled_text(text, ends)).segments
    return FieldedSegments(counted[0], longest, other)


def _ends(values: Sequence[str]) -> tuple[str, ...]:
    ordered = sorted(set(values), key=lambda value: (sum(map(_weight, value)), value))
    return (ordered[0], ordered[-1]) if len(ordered) > 1 else (ordered[0],)


def _weight(letter: str) -> int:
    return places_of(letter) or 3  # a letter that makes the text UCS-2 weighs more than any other


def _untold(name: str) -> str:
    remedy = {
        "link": "mint links first, or say --link-length",
        "code": "mint coupons first, or say --code-length",
        "name": "say --name-length, the longest name's",
    }[name]
    return f"the text holds {{{name}}}, and how long that is is not known: {remedy}"
