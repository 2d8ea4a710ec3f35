"""Import a vendor's files into a store, in one transaction: all of it, or nothing."""

import contextlib
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from smsroi_models.errors import DataError, ParameterError, StoreError
from smsroi_models.records import Record
from smsroi_models.store.place import locked, scratch_of
from smsroi_models.store.vendors.context import Asked, Context
from smsroi_models.store.vendors.contract import Layout, Vendor
from smsroi_models.store.vendors.dropping import Account
from smsroi_models.store.vendors.failing import told_of_places
from smsroi_models.store.vendors.files import SourceFile
from smsroi_models.store.vendors.landing import Landed, check_secret, land
from smsroi_models.store.vendors.merging import Dangling, TableChange
from smsroi_models.store.vendors.reading import Reader, Watch, layout_of
from smsroi_models.store.vendors.staging import Staging

MERGING = "merging"
"""What a watcher hears once every file is read."""

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ImportSummary(Record):
    """What an import did.

    Attributes
    ----------
    vendor, store : str
        Whose files, and into which store.
    read, kept : int
        Records of the files, and those that brought something.
    dropped : dict of str to int
        Records by the reason for which they brought nothing.
    left_out : dict of str to int
        Records by the reason for which they are no business of a store, as page views are.
    tables : dict of str to TableChange
        Rows added, changed and removed, by table.
    linked : int
        Addresses that turned out to be the person of a number.
    kept_apart : int
        The same where both ids had been assigned in one campaign: they stay two.
    moved : dict of str to int
        Rows by table that belong to another campaign than before.
    written : bool
        Whether the store is another one than before.
    dropped_file : str or None
        Where the dropped records are listed.
    """

    vendor: str
    store: str
    read: int
    kept: int
    dropped: dict[str, int]
    left_out: dict[str, int]
    tables: dict[str, TableChange]
    linked: int
    kept_apart: int
    moved: dict[str, int]
    written: bool
    dropped_file: str | None


def import_files(
    vendor: Vendor,
    files: Sequence[str | Path],
    store: str | Path,
    context: Context,
    dropped: Path | None = None,
    watch: Watch | None = None,
) -> ImportSummary:
    """Read the files and merge what they say into the store.

    The same files again change nothing. A record that cannot be used is dropped, counted by its
    reason and listed in ``dropped``; a file of an unknown layout, or money of another currency,
    stops the import, and the store is as before.

    Parameters
    ----------
    vendor : Vendor
        Knows the layouts.
    files : sequence of str or Path
        CSV, JSON, JSON lines or Parquet, also packed with gzip; of any of the vendor's layouts.
    store : str or Path
        A folder or a DuckDB file; it is made if it is not there.
    context : Context
        The options.
    dropped : Path, optional
        By default ``<store>-dropped/<vendor>-<first digits of the files' hash>.csv``.
    watch : callable, optional
        Hears how far it is: of each file by its name, and last of `MERGING`.

    Raises
    ------
    DataError
        If a file is not there, cannot be read, is named twice or is of another layout.
    ParameterError
        If an option is missing that the files need.
    StoreError
        If the store cannot be read, would lose something, was made with another secret, or
        another import is writing to it.
    """
    root = Path(store).expanduser().resolve()
    sources = [SourceFile(Path(file).expanduser()) for file in files]
    digest = _digest(sources)
    chosen = [layout_of(vendor, source) for source in sources]
    if dropped is not None:
        _refuse_to_overwrite(dropped, sources, root)
    with told_of_places(root), locked(root):
        scratch = scratch_of(root)
        try:
            with contextlib.closing(Staging(root, scratch)) as staging:
                listing = scratch / "dropped.csv"
                with Account(listing) as account:
                    landed = _import(
                        vendor, staging, scratch, sources, chosen, context, account, watch
                    )
            target = dropped or root.with_name(f"{root.name}-dropped") / (
                f"{vendor.name}-{digest[:12]}.csv"
            )
            placed = _place(listing, target) if account.dropped else None
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return _summary(vendor, root, account, landed, placed)


def _import(
    vendor: Vendor,
    staging: Staging,
    scratch: Path,
    sources: Sequence[SourceFile],
    layouts: Sequence[Layout],
    context: Context,
    account: Account,
    watch: Watch | None,
) -> Landed:
    check_secret(staging, context.pseudonyms.fingerprint())
    own = context.with_options(
        currency=_currency(staging, context),
        currency_named=context.currency is not None,
        same_person=[],
        asked=Asked(),
    )
    _require_campaign(staging, own)
    for layout in layouts:
        layout.prepare(own)
    reader = Reader(staging, own, account, watch)
    for number, (source, layout) in enumerate(zip(sources, layouts, strict=True)):
        reader.read(number, source, layout)
    own.asked.refuse_missing([name for known in vendor.layouts for name in known.columns])
    names = [source.path.name for source in sources]
    keeps = frozenset(name for layout in layouts for name in layout.keeps)
    seen: set[tuple[int, int]] = set()

    def told(lost: Dangling) -> None:
        if (lost.file, lost.row) in seen:
            return
        seen.add((lost.file, lost.row))
        account.drop(names[lost.file], lost.row, "", lost.reason, listed=True)

    if watch:
        watch(MERGING, 0.0, account.read)
    return land(staging, scratch, keeps, told)


def _digest(sources: Sequence[SourceFile]) -> str:
    digests = []
    for source in sources:
        digest = hashlib.sha256()
        with source.told(), source.path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        if digest.hexdigest() in digests:
            raise DataError(f"{str(source.path)!r} is named twice, or is a copy: name it once")
        digests.append(digest.hexdigest())
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _currency(staging: Staging, context: Context) -> str | None:
    if staging.currency and context.currency not in (None, staging.currency):
        raise StoreError(
            f"--currency is {context.currency}, but the store's money is in {staging.currency}"
        )
    return staging.currency or context.currency


def _require_campaign(staging: Staging, context: Context) -> None:
    """Refuse a campaign that the store does not know, before a file is read."""
    named = {rule.campaign_id for rule in context.rules}
    named |= {context.campaign_id} if context.campaign_id else set()
    if not named or not staging.existing("campaigns"):
        return
    known = {str(row[0]) for row in staging.run("SELECT campaign_id FROM existing_campaigns")}
    for name in sorted(named - known):
        raise DataError(
            f"campaign {name!r} is not in the store's campaigns "
            f"({', '.join(sorted(known)[:10])}): add it there first, or correct its name"
        )


def _refuse_to_overwrite(dropped: Path, sources: Sequence[SourceFile], root: Path) -> None:
    target = dropped.expanduser().resolve()
    if target.is_dir() or (target.parent.exists() and not target.parent.is_dir()):
        raise ParameterError(f"the dropped records go to a file, and {str(dropped)!r} can be none")
    if target in [source.path.resolve() for source in sources] or target.is_relative_to(root):
        raise ParameterError(
            f"the dropped records would be written to {str(dropped)!r}, which is an export or in "
            "the store: name another file"
        )


def _place(listing: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(listing, target)
    return target


def _summary(
    vendor: Vendor, root: Path, account: Account, landed: Landed, placed: Path | None
) -> ImportSummary:
    return ImportSummary(
        vendor=vendor.name,
        store=str(root),
        read=account.read,
        kept=account.kept,
        dropped=dict(account.dropped.most_common()),
        left_out=dict(account.left_out.most_common()),
        tables=landed.changes,
        linked=landed.linked,
        kept_apart=landed.kept_apart,
        moved=landed.moved,
        written=landed.written,
        dropped_file=None if placed is None else str(placed),
    )
