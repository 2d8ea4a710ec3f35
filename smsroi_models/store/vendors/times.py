"""Times as vendors write them: ISO 8601, or RFC 2822 to its letter; what is neither is no time.

Readers that pass over what they do not know lose an afternoon (``10:00 PM``) or a zone (``CEST``).
The zones that RFC 2822 names in section 4.3 are those of North America; every other name means
one thing here and another there, so that no name but these is a zone.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_BEFORE_OFFSET = re.compile(r"(\d)\s+([+-]\d{2}:?\d{2}|Z|UTC|GMT)$")
_NAMED_UTC = re.compile(r"(UTC|GMT)$")
_RFC_2822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\s+)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+"
    r"(\d{2}):(\d{2})(?::(\d{2}))?(?:\s+([+-]\d{4}|[A-Za-z]+)(?:\s+\([A-Za-z ]*\))?)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {"UT": 0, "UTC": 0, "GMT": 0, "Z": 0}
_ZONES |= {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_SAMPLE = datetime(2001, 12, 31, 22, 58, 59, tzinfo=UTC)


class UnknownZoneError(ValueError):
    """The time names its zone by letters that do not mean one zone."""


def written_time(text: str) -> datetime:
    """Return the time; without offset where it does not say one.

    ``-0000`` is UTC whose writer's zone is not known (RFC 2822, section 3.3).

    Raises
    ------
    UnknownZoneError
        If it names a zone that is none of RFC 2822's.
    ValueError
        If it is a time in neither form.

    Examples
    --------
    >>> written_time("2025-10-07 09:50:26 +0200").isoformat()
    '2025-10-07T09:50:26+02:00'
    >>> written_time("Thu, 02 May 2024 10:00:00 EST").isoformat()
    '2024-05-02T10:00:00-05:00'
    >>> written_time("May 2, 2024 10:00 PM")
    Traceback (most recent call last):
    ...
    ValueError: neither ISO 8601 nor RFC 2822
    """
    plain = _NAMED_UTC.sub("Z", _BEFORE_OFFSET.sub(r"\1\2", text))
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        pass
    found = _RFC_2822.fullmatch(text)
    if found is None or found[2].lower() not in _MONTHS:
        raise ValueError("neither ISO 8601 nor RFC 2822")
    day, month, year, hour, minute, second, zone = found.groups()
    parts = (int(year), _MONTHS.index(month.lower()) + 1, int(day), int(hour), int(minute))
    return datetime(*parts, int(second or 0), tzinfo=_zone(zone))


def format_fault(time_format: str) -> str | None:
    """Return what is wrong with a format of `datetime.strptime`, None where nothing is.

    Examples
    --------
    >>> format_fault("%m/%d/%Y %I:%M %p"), format_fault("%d.%m. %H:%M")
    (None, 'it does not hold a whole date: give %Y, %m and %d')
    >>> format_fault("%Y-%m-%d %I:%M")
    'hours of twelve (%I) need %p'
    """
    if "%Z" in time_format:
        return "names of zones (%Z) are ambiguous: use %z, or --time-zone"
    try:
        again = datetime.strptime(_SAMPLE.strftime(time_format), time_format)
    except (ValueError, re.error) as error:
        return str(error)
    if again.date() != _SAMPLE.date():
        return "it does not hold a whole date: give %Y, %m and %d"
    return None if again.hour in (0, _SAMPLE.hour) else "hours of twelve (%I) need %p"


def _zone(written: str | None) -> tzinfo | None:
    if written is None:
        return None
    if written[0] in "+-":
        minutes = int(written[1:3]) * 60 + int(written[3:])
        return timezone(timedelta(minutes=-minutes if written[0] == "-" else minutes))
    if written.upper() in ("AM", "PM"):
        raise ValueError("a time of twelve hours is in neither form")
    if written.upper() not in _ZONES:
        raise UnknownZoneError(written)
    return timezone(timedelta(hours=_ZONES[written.upper()]))
