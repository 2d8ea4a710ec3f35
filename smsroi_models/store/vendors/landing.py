"""Put staged rows into the store: all of them, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smsroi_models.errors import StoreError
from smsroi_models.store.place import is_file_store, put_folder
from smsroi_models.store.sources import sql_text
from smsroi_models.store.tables import TABLES
from smsroi_models.store.vendors.linking import link_people, person_columns
from smsroi_models.store.vendors.merging import (
    Dangling,
    TableChange,
    drop_dangling,
    merge,
    moved_rows,
    refuse_other_arms,
)
from smsroi_models.store.vendors.settling import drop_undone, remember_settled
from smsroi_models.store.vendors.sightings import add_people, forget_strangers
from smsroi_models.store.vendors.staging import COMPANIONS, Staging


@dataclass(frozen=True, slots=True)
class Landed:
    """What came of it: changes by table, people linked, pairs of ids that were kept apart.

    ``moved`` counts rows by table that are of another campaign now; ``written`` tells whether the
    store is another one than before.
    """

    changes: dict[str, TableChange]
    linked: int
    kept_apart: int
    moved: dict[str, int]
    written: bool


def check_secret(staging: Staging, fingerprint: str) -> None:
    """Refuse a secret other than the one that made the store's ids.

    Raises
    ------
    StoreError
        If it is another: the same person would get a second id.
    """
    known = [row[0] for row in staging.run("SELECT fingerprint FROM _secret")]
    if known and fingerprint not in known:
        raise StoreError(
            f"the ids of {str(staging.root)!r} were made with another secret: with this one the "
            "same person would get a second id. Use the secret of the first import"
        )
    if not known:
        staging.run(f"INSERT INTO _secret VALUES ({sql_text(fingerprint)})")


def land(
    staging: Staging,
    scratch: Path,
    keeps: frozenset[str],
    told: Callable[[Dangling], None],
) -> Landed:
    """Link people, merge every staged table into the store's, and put the result in place.

    ``told`` hears of each row that is dropped because it refers to nothing. Where nothing
    differs, nothing is written.
    """
    linked, apart = link_people(staging)
    for lost in [*drop_undone(staging), *drop_dangling(staging)]:
        told(lost)
    refuse_other_arms(staging)
    if any(person_columns(name) for name in staging.staged):
        add_people(staging)
        forget_strangers(staging)
    changes = {name: merge(staging, name, keeps) for name in TABLES if name in staging.staged}
    touched = [name for name, change in changes.items() if change.any or name in staging.rewritten]
    moved = {name: count for name in changes if (count := moved_rows(staging, name))}
    _note_first_seen(staging)
    # A store of no table at all would be none.
    news = remember_settled(staging) and bool(staging.names)
    if written := bool(touched or linked or news):
        _write(staging, scratch, touched)
    return Landed(changes, linked, apart, moved, written)


def _note_first_seen(staging: Staging) -> None:
    if not staging.has("merged_customers"):
        return
    staging.run("DELETE FROM _first_seen")
    staging.run("INSERT INTO _first_seen SELECT customer_id FROM merged_customers WHERE _seen_only")
    staging.run("ALTER TABLE merged_customers DROP COLUMN _seen_only")


def _write(staging: Staging, scratch: Path, touched: list[str]) -> None:
    staging.release()
    queries = {name: _ordered(f"merged_{name}", TABLES[name].key) for name in touched}
    queries |= {name: _ordered(name, columns) for name, columns in COMPANIONS.items()}
    if is_file_store(staging.root):
        _write_file(staging, scratch / "fresh.duckdb", queries)
    else:
        _write_folder(staging, scratch / "fresh", queries)


def _ordered(source: str, columns: tuple[str, ...]) -> str:
    # Equal rows then make equal bytes.
    return f'SELECT * FROM "{source}" ORDER BY {", ".join(columns) or "ALL"}'


def _write_folder(staging: Staging, fresh: Path, queries: dict[str, str]) -> None:
    fresh.mkdir()
    for name, query in queries.items():
        target = sql_text(fresh / f"{name}.parquet")
        staging.run(f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION zstd)")
    replaced = {place for name in queries for place in (name, f"{name}.csv", f"{name}.parquet")}
    put_folder(staging.root, fresh, frozenset(replaced))


def _write_file(staging: Staging, fresh: Path, queries: dict[str, str]) -> None:
    new = not staging.root.exists()
    staging.run(f"ATTACH {sql_text(fresh if new else staging.root)} AS target (TYPE duckdb)")
    staging.run("BEGIN")
    for name, query in queries.items():
        staging.run(f'CREATE OR REPLACE TABLE target.main."{name}" AS {query}')
    staging.run("COMMIT")
    staging.run("DETACH target")
    if new:
        fresh.rename(staging.root)
