"""The account of an import: records read, kept, and dropped by reason; the dropped ones to a file.

The file names a record by its file, its number and its own id, and says why it was dropped.
Nothing else of the record is written.
"""

import csv
import re
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from smsroi_models.store.privacy import BARE_NUMBER, CONTACT, WRITTEN_NUMBER
from smsroi_models.store.vendors.masking import MASK, inert, without_contacts

_TELLING = re.compile(f"{CONTACT}|{WRITTEN_NUMBER}|{BARE_NUMBER}")


class Account:
    """Counts records, and writes the dropped ones as they come.

    Attributes
    ----------
    read, kept : int
        Records.
    dropped, left_out : Counter of str
        Records by reason: those that bring nothing though they should, and those that are left
        out on purpose.
    """

    def __init__(self, file: Path) -> None:
        self._file = file.open("w", encoding="utf-8", errors="replace", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(("file", "record", "id", "reason"))
        self.read = 0
        self.dropped: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    @property
    def kept(self) -> int:
        """Records that brought something, or belong to one that did."""
        return self.read - self.dropped.total() - self.left_out.total()

    def drop(self, file: str, number: int, identity: str, reason: str, listed: bool) -> None:
        """Count a record under its reason, and write it down if it is listed."""
        (self.dropped if listed else self.left_out)[reason] += 1
        if listed:
            self._writer.writerow((_shown(file), number, _shown(identity), reason))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def _shown(name: str) -> str:
    return MASK if _TELLING.match(name) else inert(without_contacts(name))
