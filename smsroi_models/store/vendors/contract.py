"""What an importer is: layouts it knows by name, and a function from a record to rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsroi_models.store.vendors.context import Context

Values = Mapping[str, object]
"""A record of a file: what it says by column name; texts from CSV, any JSON value otherwise."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row for a table of the store; columns that are absent are null.

    ``retracted`` takes the row of that key out of the store, for good. Of rows of one key that of
    the highest ``version`` counts, whenever it comes in; of equal ones the last.
    ``seen_at`` is when its person was seen, where the table has no time. ``seen_only`` marks a
    customer whose ``acquired_at`` says no more than that the person was there by then. ``update``
    marks some columns for a row of that key which is there, or comes in with the same import.
    """

    table: str
    values: Mapping[str, object]
    retracted: bool = False
    seen_at: datetime | None = None
    seen_only: bool = False
    version: float = 0.0
    update: bool = False


class DroppedRecord(Exception):  # noqa: N818 - not an error: it is counted, and the import goes on
    """A record that brings nothing to the store, and why; the reason never quotes the record.

    ``listed`` is false for records that are left out on purpose, as page views are: they are
    counted, and the file of dropped rows does not name them. ``retracts`` is a row that the record
    takes back, should the store have it.
    """

    def __init__(self, reason: str, *, listed: bool = True, retracts: Row | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.listed = listed
        self.retracts = retracts


Read = Callable[[Values, "Context"], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout of a vendor's file.

    Attributes
    ----------
    name : str
        What the file is, in words.
    required : tuple of str
        Columns without which it is another layout.
    read : callable
        From a record to its rows; raises `DroppedRecord` where there are none.
    identity : str
        The column that names the record in the file of dropped rows; never a person's.
    prepare : callable
        Refuses options that do not fit, before any record is read.
    keeps : tuple of str
        Tables whose rows, where the store has them already, stay as they are.
    known : tuple of str
        Further columns, which a file of this layout may lack; rules for campaigns may name them.
    own : bool
        Written by smsroi itself: addresses of links stand in full.
    header_rows : int
        Rows of names at the top of a CSV.
    """

    name: str
    required: tuple[str, ...]
    read: Read
    identity: str
    prepare: Callable[["Context"], None] = field(default=lambda context: None)
    keeps: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    own: bool = False
    header_rows: int = 1

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is known of the layout."""
        return (*self.required, *self.known)


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor by the name that the command line takes, with every layout of its files."""

    name: str
    layouts: tuple[Layout, ...]
