"""In which locale a page is being written, and its dates: those of the store that it tells of."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from smsroi_models.errors import ParameterError
from smsroi_models.locales import DEFAULT_LOCALE, checked_locale, write_day

Options = ParamSpec("Options")
Result = TypeVar("Result")
Page = TypeVar("Page")

_LOCALE: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)


def current_locale() -> str:
    """Return the tag of the locale being written in; ``en-US`` unless another was set."""
    return _LOCALE.get()


@contextmanager
def writing_in(tag: str) -> Iterator[None]:
    """Write money, numbers and dates in a locale, for as long as the context lasts."""
    before = _LOCALE.set(tag)
    try:
        yield
    finally:
        _LOCALE.reset(before)


def readable_locale(tag: object) -> str:
    """Return a locale that stands in a file, ``en-US`` where there is none or it is damaged.

    >>> readable_locale("de-DE"), readable_locale(None)
    ('de-DE', 'en-US')
    """
    try:
        return checked_locale(tag) if isinstance(tag, str) else DEFAULT_LOCALE
    except ParameterError:
        return DEFAULT_LOCALE


def locale_of(result: Any) -> str:
    """Return the locale of the store that a result was read from."""
    record = result if hasattr(result, "locale") else getattr(result, "campaign", None)
    return getattr(record, "locale", DEFAULT_LOCALE)


def in_store_locale(
    function: Callable[Concatenate[Result, Options], Page],
) -> Callable[Concatenate[Result, Options], Page]:
    """Let a part of a page be written in the locale of its first argument, a result."""

    @functools.wraps(function)
    def written(result: Result, /, *args: Options.args, **kwargs: Options.kwargs) -> Page:
        with writing_in(locale_of(result)):
            return function(result, *args, **kwargs)

    return written


def written_day(day: date) -> str:
    """Write a date; of a time, its date in UTC.

    >>> written_day(date(2026, 11, 26))
    'Nov 26, 2026'
    """
    return write_day(day, current_locale())


def written_month(day: date) -> str:
    """Write the month of a date, the same in every locale.

    >>> written_month(date(2026, 11, 26))
    'Nov 2026'
    """
    return f"{day:%b %Y}"


def written_clock(moment: datetime) -> str:
    """Write the time of day in UTC.

    >>> written_clock(datetime(2026, 11, 26, 9, 5))
    '09:05 UTC'
    """
    return f"{moment:%H:%M} UTC"


def written_time(moment: datetime) -> str:
    """Write a time in UTC to the minute; the clock has 24 hours in every locale.

    >>> written_time(datetime(2026, 11, 26, 9, 5))
    'Nov 26, 2026, 09:05 UTC'
    """
    return f"{written_day(moment)}, {written_clock(moment)}"
