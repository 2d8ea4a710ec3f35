"""Imports that are done together, in their order: a folder of exports with its ``imports.toml``.

Each ``[[import]]`` says what the command line would say. Each is a transaction of its own.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smsroi_models.errors import ParameterError
from smsroi_models.store.vendors.mapping import key_needed, known_keys

LISTING = "imports.toml"
OPTIONS = ("campaign", "time_zone", "time_format", "region", "currency", "exported_at")
"""The options that an import may have there, by their names on the command line."""

_PLACE = "[[import]]"


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a folder: the vendor, the files, the mapping file and the other options."""

    vendor: str
    files: tuple[Path, ...]
    mapping: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def read_imports(folder: Path) -> tuple[Import, ...]:
    """Return the imports that the folder lists, in the order of the list.

    Raises
    ------
    ParameterError
        If there is no list, it is no TOML, says something that means nothing, or names a file or
        a pattern (``2025-*.json.gz``) that finds none.
    """
    listing = folder / LISTING
    try:
        found = tomllib.loads(listing.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ParameterError(
            f"there is no {str(listing)!r}: `smsroi import all` takes a folder that lists its "
            "imports there; docs/importing.md has an example"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParameterError(f"{str(listing)!r} is no TOML: {error}") from error
    known_keys(found, ("import",), str(listing))
    sections = found.get("import", [])
    if not isinstance(sections, list) or not sections:
        raise ParameterError(f"{str(listing)!r} lists no import: write {_PLACE}")
    return tuple(_import(section, folder) for section in sections)


def _import(section: Mapping[str, Any], folder: Path) -> Import:
    known_keys(section, ("vendor", "files", "mapping", *OPTIONS), _PLACE)
    vendor, names = (key_needed(section, name, _PLACE) for name in ("vendor", "files"))
    texts = {name: value for name, value in section.items() if name != "files"}
    if not isinstance(names, list) or not all(
        isinstance(n, str) for n in [*names, *texts.values()]
    ):
        raise ParameterError(
            f"{_PLACE} takes files as a list of texts, and everything else as a text: see the guide"
        )
    files = tuple(file for name in names for file in _files(folder, name))
    mapping = folder / section["mapping"] if "mapping" in section else None
    return Import(vendor, files, mapping, {n: section[n] for n in OPTIONS if n in section})


def _files(folder: Path, name: str) -> list[Path]:
    found = [folder / name] if Path(name).is_absolute() else sorted(folder.glob(name))
    if not found:
        raise ParameterError(f"{str(folder)!r} has no file {name!r}, which its {LISTING} names")
    return found
