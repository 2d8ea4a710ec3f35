"""The clock by which times without offset are read; a zone that is needed is never guessed."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from smsroi_models.errors import ParameterError
from smsroi_models.store.vendors.times import format_fault


@dataclass(frozen=True, slots=True)
class Clock:
    """How times are written: the zone of those that do not say theirs, and their format.

    ``time_format`` is in the letters of `datetime.strptime`; without it times are in ISO 8601 or
    RFC 2822.
    """

    zone: tzinfo | None = None
    time_format: str | None = None

    def utc(self, found: datetime, column: str) -> datetime:
        """Return the time in UTC; of an hour that autumn repeats, the first is meant.

        Raises
        ------
        ParameterError
            If the time does not say its zone and none was given.
        """
        if found.utcoffset() is None:
            if self.zone is None:
                raise ParameterError(
                    f"the times in {column!r} do not say their zone: name it, for example "
                    "--time-zone America/New_York"
                )
            found = found.replace(tzinfo=self.zone)
        return found.astimezone(UTC)


def zone_called(name: str) -> tzinfo | None:
    """Return the zone of that name, None for an empty one.

    Raises
    ------
    ParameterError
        If there is no such zone.

    Examples
    --------
    >>> zone_called("UTC"), zone_called("")
    (zoneinfo.ZoneInfo(key='UTC'), None)
    """
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ParameterError(
            f"time zone is {name!r}: name one of the tz database, like Europe/Berlin or UTC"
        ) from error


def checked_format(time_format: str, place: str) -> str:
    """Return the format, if times can be read by it.

    Raises
    ------
    ParameterError
        If it has letters that mean nothing, or leaves the date, the half of the day or the zone
        in doubt; the text names ``place``.

    Examples
    --------
    >>> checked_format("%d/%m/%Y %H:%M", "--time-format")
    '%d/%m/%Y %H:%M'
    """
    fault = format_fault(time_format)
    if fault is not None:
        raise ParameterError(
            f"{place} is {time_format!r}: {fault}. It takes the letters of Python's strptime, "
            "like '%m/%d/%Y %I:%M %p'"
        )
    return time_format
