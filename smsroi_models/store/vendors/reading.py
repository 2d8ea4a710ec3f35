"""Records of files become staged rows: the layout is told by its columns, rows go in batches."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from smsroi_models.errors import DataError
from smsroi_models.store.sources import as_it_was
from smsroi_models.store.tables import TABLES
from smsroi_models.store.vendors.addresses import without_parameters
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import DroppedRecord, Layout, Row, Vendor
from smsroi_models.store.vendors.dropping import Account
from smsroi_models.store.vendors.files import Found, SourceFile
from smsroi_models.store.vendors.rows import kept_values
from smsroi_models.store.vendors.staging import Staging
from smsroi_models.store.vendors.values import text
from smsroi_models.store.vendors.veiling import veiled

_BATCH = 10_000
_WATCHED = 1_000
_NEARLY = 0.99  # what is read of a file may still wait to be taken up

Watch = Callable[[str, float, int], None]
"""Hears of what is done (a file, by name), how much of it (1 at its end), of how many records."""


def layout_of(vendor: Vendor, source: SourceFile) -> Layout:
    """Return the layout whose columns are all there; the one that requires most, if several.

    Raises
    ------
    DataError
        If there is none; the text says what the nearest one lacks.
    """
    columns = set(source.columns())
    fitting = [known for known in vendor.layouts if set(known.required) <= columns]
    if fitting:
        return max(fitting, key=lambda known: len(known.required))
    nearest = min(
        vendor.layouts,
        key=lambda known: len(set(known.required) - columns) / max(len(known.required), 1),
    )
    missing = [name for name in nearest.required if name not in columns]
    raise DataError(
        f"{str(source.path)!r} is none of the files of {vendor.name} that are known "
        f"({'; '.join(known.name for known in vendor.layouts)}). To be "
        f"{nearest.name} it lacks {', '.join(map(repr, missing))}. If the vendor renamed its "
        "columns, map them with `smsroi import csv --mapping FILE.toml`"
    )


class Reader:
    """Stages the rows of records in batches, so that memory does not grow with the file."""

    def __init__(
        self, staging: Staging, context: Context, account: Account, watch: Watch | None = None
    ) -> None:
        self.staging, self.context, self.account = staging, context, account
        self._watch = watch or (lambda doing, share, records: None)
        self._waiting: dict[str, list[dict[str, object]]] = {}
        self._pairs: list[tuple[str, str]] = []
        self._at = 0

    def read(self, file: int, source: SourceFile, layout: Layout) -> None:
        """Stage every record of a file."""
        self.context.last_order = None
        before = self.account.read
        self._watch(source.path.name, 0.0, 0)
        for found in _written(source, layout):
            self.account.read += 1
            if self.account.read % _WATCHED == 0:
                share = min(source.share, _NEARLY)
                self._watch(source.path.name, share, self.account.read - before)
            self._at += 1
            try:
                rows = list(self._rows(found, layout))
            except DroppedRecord as dropped:
                identity = text(found.values, layout.identity) or ""
                self.account.drop(
                    source.path.name, found.number, identity, dropped.reason, dropped.listed
                )
                self.context.same_person.clear()
                if dropped.retracts is not None:
                    taken = veiled(dropped.retracts, self.context.pseudonyms)
                    self._wait(file, found.number, taken, kept_values(taken))
                continue
            for row, values in rows:
                self._wait(file, found.number, row, values)
            self._pairs.extend(self.context.drain_same_person())
            if len(self._pairs) + sum(map(len, self._waiting.values())) >= _BATCH:
                self._flush()
        self._flush()
        self._watch(source.path.name, 1.0, self.account.read - before)

    def _rows(self, found: Found, layout: Layout) -> Iterator[tuple[Row, dict[str, object]]]:
        if found.fault is not None:
            raise DroppedRecord(found.fault)
        for read in layout.read(found.values, self.context):
            row = read if layout.own else without_parameters(read)
            row = veiled(row, self.context.pseudonyms)
            yield row, kept_values(row)

    def _wait(self, file: int, number: int, row: Row, values: dict[str, object]) -> None:
        times = (values[c.name] for c in TABLES[row.table].columns if c.kind == "time")
        seen = row.seen_at or next((time for time in times if time is not None), None)
        marks = {
            "_at": self._at,
            "_file": file,
            "_row": number,
            "_retracted": row.retracted,
            "_seen": seen,
            "_seen_only": row.seen_only,
            "_version": row.version,
            "_update": row.update,
        }
        self._waiting.setdefault(row.table, []).append(values | marks)

    def _flush(self) -> None:
        for name, rows in self._waiting.items():
            self.staging.stage(name, rows)
        self.staging.stage_pairs(self._pairs)
        self._waiting.clear()
        self._pairs.clear()


def _written(source: SourceFile, layout: Layout) -> Iterator[Found]:
    """Yield the records, and those of a CSV file of ours as they were before it was written."""
    for found in source.records(layout.header_rows):
        if layout.own and source.form == "csv":
            yield replace(found, values={n: as_it_was(str(v)) for n, v in found.values.items()})
        else:
            yield found
