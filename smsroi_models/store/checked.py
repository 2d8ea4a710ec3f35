"""What a check found, handed to processes that are forked from one that knows it.

A check costs a second or so and says the same of the same files. Whoever renders many reports of
one store checks it once; a kernel that was told nothing checks for itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from smsroi_models.store.checks import Finding, check_store
from smsroi_models.store.connect import Store

_known: dict[str, tuple[Finding, ...]] = {}


def checked(store: Store) -> tuple[Finding, ...]:
    """Return what `check_store` finds, without looking where this process was told of it."""
    if not _known:  # the key reads every byte of the store
        return check_store(store)
    found = _known.get(_key(store))
    return check_store(store) if found is None else found


def as_message(store: Store) -> dict[str, Any]:
    """Check the store, and return what `remember` takes in another process, as JSON can hold it."""
    return {"key": _key(store), "found": [finding.to_dict() for finding in check_store(store)]}


def remember(message: Mapping[str, Any]) -> None:
    """Take what another process found in a store; only a store with the same bytes has it."""
    found: Sequence[Mapping[str, Any]] = message["found"]
    _known[message["key"]] = tuple(Finding(**finding) for finding in found)


def _key(store: Store) -> str:
    """Return the bytes that rules look at, and the names that the check remarks on."""
    return "\0".join((store.fingerprint_as_read(), *store.layout.ignored))
