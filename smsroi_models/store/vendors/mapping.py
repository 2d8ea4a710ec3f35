"""The mapping file: what of an import no export can say, written down once, in TOML."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smsroi_models.errors import ParameterError
from smsroi_models.store.vendors.context import CampaignRule

SECTIONS: dict[str, tuple[str, ...]] = {
    "campaign": ("id", "where", "matches", "from", "until"),
    "table": ("name", "where", "update", "columns"),
    "survey": (
        "id",
        "metric",
        "question",
        "scale_min",
        "scale_max",
        "score",
        "phone",
        "email",
        "comment",
    ),
    "link": ("id", "url", "target_url"),
    "ga4": ("events", "links", "link"),
    "campaigns": ("window_days", "margin_rate", "currency", "locale", "channel"),
    "columns": (
        "event",
        "occurred_at",
        "phone",
        "email",
        "message_id",
        "link",
        "target_url",
        "segments",
        "source",
    ),
}
"""Sections of a mapping file and their keys; docs/importing.md explains each."""


_SEVERAL = ("campaign", "table")


def read_mapping(path: Path) -> tuple[tuple[CampaignRule, ...], dict[str, Any]]:
    """Return the campaign rules of a mapping file, and its other sections.

    Raises
    ------
    ParameterError
        If it is no TOML, or a section, a key, a pattern or a time in it is none.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ParameterError(f"there is no mapping file {str(path)!r}") from error
    except OSError as error:
        raise ParameterError(
            f"the mapping file {str(path)!r} cannot be read: {error.strerror}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"the mapping file {str(path)!r} is no TOML: {error}") from error
    return read_sections(found)


def read_sections(found: dict[str, Any]) -> tuple[tuple[CampaignRule, ...], dict[str, Any]]:
    """Return the campaign rules among the sections, and the others; raises as `read_mapping`."""
    known_keys(found, SECTIONS, "the mapping file")
    for name, section in found.items():
        for one in section if isinstance(section, list) else [section]:
            if not isinstance(one, dict):
                raise ParameterError(f"{name!r} in the mapping file is no section: write [{name}]")
            known_keys(one, SECTIONS[name], f"[{name}]")
        if isinstance(section, list) != (name in _SEVERAL):
            raise ParameterError(f"write {'[[' if name in _SEVERAL else '['}{name}: see the guide")
    others = {name: section for name, section in found.items() if name != "campaign"}
    return tuple(map(_rule, found.get("campaign", []))), others


def known_keys(section: Mapping[str, Any], known: Iterable[str], place: str) -> None:
    """Refuse a key that means nothing: a misspelt one would silently be ignored."""
    listed = list(known)
    for name in section:
        if name not in listed:
            near = difflib.get_close_matches(str(name), listed, n=1)
            hint = f"is {near[0]!r} meant?" if near else f"it takes {', '.join(listed)}"
            raise ParameterError(f"{place} has no {name!r}: {hint}")


def key_needed(section: Mapping[str, Any], name: str, place: str) -> Any:
    """Return the value of a key that must be there."""
    if name not in section:
        raise ParameterError(f"{place} of the mapping file must say {name!r}")
    return section[name]


def _rule(section: Mapping[str, Any]) -> CampaignRule:
    name = str(key_needed(section, "id", "[[campaign]]"))
    for key in ("where", "matches"):
        if not isinstance(section.get(key, {}), dict):
            raise ParameterError(f"{key} of [[campaign]] must be columns and texts, {{ A = 'b' }}")
    where = {str(k): str(v) for k, v in section.get("where", {}).items()}
    matches = {str(k): _pattern(str(v)) for k, v in section.get("matches", {}).items()}
    return CampaignRule(name, where, matches, _time(section, "from"), _time(section, "until"))


def _pattern(text: str) -> "re.Pattern[str]":
    try:
        return re.compile(text)
    except re.error as error:
        raise ParameterError(f"{text!r} is no regular expression: {error}") from error


def _time(section: Mapping[str, Any], name: str) -> datetime | None:
    value = section.get(name)
    if value is None:
        return None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise ParameterError(
            f"{name!r} of [[campaign]] is {value!r}: write a time with its zone and without "
            "quotes, like 2025-03-01T00:00:00Z"
        )
    return value.astimezone(UTC)
