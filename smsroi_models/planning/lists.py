"""Lists of customers to be assigned, and what a store says about them and their campaign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from ibis import _

from smsroi_models.attribution.campaigns import Tables, instant
from smsroi_models.errors import DataError, StoreError
from smsroi_models.records import Record
from smsroi_models.store.conform import similar_column
from smsroi_models.store.privacy import mask
from smsroi_models.store.session import new_session
from smsroi_models.store.sources import read_csv_sql
from smsroi_models.store.vendors.masking import without_contacts


@dataclass(frozen=True, slots=True)
class Standing(Record):
    """What a store says against assigning the customers of a list, by their ids.

    Attributes
    ----------
    unknown : tuple of str
        Not in the table of customers.
    opted_out : tuple of str
        Whose latest opt-in or opt-out so far is an opt-out.
    """

    unknown: tuple[str, ...]
    opted_out: tuple[str, ...]


def read_customers(
    customers: ibis.Table | pd.DataFrame | pa.Table | str | Path,
    strata: Sequence[str],
    optional: Sequence[str] = (),
) -> pa.Table:
    """Return ``customer_id`` and the columns of the strata, as text; null stays null.

    Parameters
    ----------
    customers : pandas.DataFrame, pyarrow.Table, ibis.Table, str or Path
        One row per customer; a path is that of a CSV (all of it read as text) or Parquet file.
    strata : sequence of str
        Column names.
    optional : sequence of str
        Columns that are read where the list has them.

    Raises
    ------
    DataError
        If there is no such file, it cannot be read, a column is missing, or ids are not text.
    """
    columns = list(dict.fromkeys(["customer_id", *strata]))
    found = _read_file(Path(customers)) if isinstance(customers, (str, Path)) else customers
    names = found.column_names if isinstance(found, pa.Table) else list(found.columns)
    _check_columns([str(name) for name in names], columns)
    columns += [name for name in optional if name in names and name not in columns]
    if isinstance(found, ibis.Table):
        table = found.select(columns).to_pyarrow()
    elif isinstance(found, pd.DataFrame):
        table = pa.Table.from_pandas(found[columns], preserve_index=False)
    else:
        table = found.select(columns)
    return pa.table({name: _as_text(name, table[name]) for name in columns})


def read_standing(store: Tables, customer_ids: Sequence[str], moment: datetime) -> Standing:
    """Return who is unknown to the store, and who had opted out by ``moment``.

    An opt-in and an opt-out of the same instant count as an opt-out. A table that the store lacks
    says nothing against anybody.
    """
    listed = ibis.memtable(pa.table({"customer_id": pa.array(customer_ids, pa.string())}))
    unknown = opted_out = listed.filter(ibis.literal(False))
    if "customers" in store:
        unknown = listed.anti_join(store["customers"], "customer_id")
    if "subscriptions" in store:
        opted_out = listed.semi_join(_opted_out(store, moment), "customer_id")
    return Standing(_read_ids(store, unknown), _read_ids(store, opted_out))


def read_assigned(store: Tables, campaign_id: str) -> int:
    """Return how many customers the store has assigned for the campaign already."""
    if "assignments" not in store:
        return 0
    rows = store["assignments"].filter(_.campaign_id == campaign_id).count()
    return int(rows.as_scalar().to_pyarrow().as_py())


def read_plan_row(store: Tables, campaign_id: str) -> dict[str, Any] | None:
    """Return the campaign's row of the table ``plans``, or None where there is none.

    Raises
    ------
    StoreError
        If there are several.
    """
    if "plans" not in store:
        return None
    rows = store["plans"].filter(_.campaign_id == campaign_id).to_pyarrow().to_pylist()
    if len(rows) > 1:
        raise StoreError(f"campaign {campaign_id!r} has {len(rows)} plans: keep the first recorded")
    return rows[0] if rows else None


def _opted_out(store: Tables, moment: datetime) -> ibis.Table:
    so_far = store["subscriptions"].filter(_.occurred_at <= instant(moment))
    latest = so_far.group_by("customer_id").aggregate(
        out=_.occurred_at.max(where=_.event == "opt_out"),
        back=_.occurred_at.max(where=_.event == "opt_in"),
    )
    # Null where there is no opt-out, which a filter leaves out.
    return latest.filter(_.out >= _.back.coalesce(_.out))


def _read_ids(store: Tables, rows: ibis.Table) -> tuple[str, ...]:
    found = rows.order_by("customer_id").to_pyarrow()
    return tuple(found["customer_id"].to_pylist())


def _read_file(path: Path) -> pa.Table:
    path = path.expanduser()
    if not path.is_file():
        raise DataError(f"there is no list of customers {str(path)!r}: name a CSV or Parquet file")
    if path.suffix.lower() == ".csv":
        return _read_csv(path)
    if path.suffix.lower() == ".parquet":
        try:
            return pq.read_table(path)
        except pa.ArrowException as error:
            raise DataError(f"{path} cannot be read as Parquet: {error}") from error
    raise DataError(f"{path} is neither .csv nor .parquet: save the list as one of the two")


def _read_csv(path: Path) -> pa.Table:
    connection = new_session()
    try:
        connection.raw_sql(f"CREATE VIEW listed AS {read_csv_sql(path)}")
        return connection.table("listed").to_pyarrow()
    except (StoreError, duckdb.Error) as error:
        raise DataError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    finally:
        connection.disconnect()


def _check_columns(found: Sequence[str], wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in found:
            near = similar_column(name, found)
            # A list without a header begins with a customer, perhaps by telephone number.
            shown = ", ".join(repr(mask(without_contacts(title))) for title in found)
            hint = f"is {near!r} meant?" if near else f"it has {shown}."
            raise DataError(f"the list of customers has no column {name!r}: {hint}")


def _as_text(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    if name == "customer_id" and not text:
        raise DataError(f"customer_id is {column.type}: ids are text; turn them into text")
    return column.cast(pa.string())
