"""Who is texted: the treatment arm less those who opted out, and never anybody held out."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import ibis
import pandas as pd
import pyarrow as pa

from smsroi_models.attribution.campaigns import Tables, read_campaign
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.planning.list_checks import check_list
from smsroi_models.planning.lists import read_customers, read_standing
from smsroi_models.planning.minted import read_arms
from smsroi_models.records import Record
from smsroi_models.store.privacy import mask
from smsroi_models.store.tables import ARMS
from smsroi_models.store.vendors.masking import without_contacts

CustomerList: TypeAlias = ibis.Table | pd.DataFrame | pa.Table | str | Path


@dataclass(frozen=True, slots=True)
class Recipients(Record):
    """Who is texted, and who is not.

    Attributes
    ----------
    customer_ids : tuple of str
        In the order of the ids.
    held_out : int
        Customers left out because they are in the holdout.
    opted_out : int
        Customers left out because their latest word is an opt-out.
    warnings : tuple of str
        What could not be checked, a sentence each.
    """

    customer_ids: tuple[str, ...]
    held_out: int
    opted_out: int
    warnings: tuple[str, ...] = ()


def check_known(store: Tables | None, campaign_id: str) -> None:
    """Refuse a campaign without a name, and one that the store does not know.

    Raises
    ------
    DataError
        If the store has campaigns, but not this one; the text names the nearest.
    ParameterError
        If the id is blank.
    """
    if not campaign_id.strip():
        raise ParameterError("the campaign has no id: name it")
    if store is not None and "campaigns" in store:
        read_campaign(store, campaign_id)


def read_recipients(
    store: Tables | None,
    campaign_id: str,
    customers: CustomerList | None = None,
    *,
    moment: datetime,
) -> Recipients:
    """Return who is to be texted in the campaign.

    Parameters
    ----------
    store : Store, optional
        Who is in which arm, and who opted out.
    campaign_id : str
    customers : path or table, optional
        A list with ``customer_id``; by default the store's treatment arm. Rows whose ``arm`` is
        ``holdout`` are left out.
    moment : datetime
        Opt-outs by then count.

    Raises
    ------
    DataError
        If the list holds somebody whom the store holds out or has not assigned, an unknown arm or
        customer, or ids that a store does not take; or nobody is left.
    ParameterError
        If there is neither a list nor an assignment.
    """
    arms = read_arms(store, campaign_id) if store is not None else {}
    if customers is None:
        listed, held_out = _assigned(campaign_id, arms)
    else:
        listed, held_out = _listed(customers)
        _check_arms(campaign_id, listed, arms)
    opted_out: tuple[str, ...] = ()
    if store is not None:
        standing = read_standing(store, listed, moment)
        if standing.unknown:
            raise DataError(
                f"{len(standing.unknown):,} customers are not in the store's customers (for example"
                f" {mask(standing.unknown[0])}): add them there, or correct the list"
            )
        opted_out = standing.opted_out
    gone = set(opted_out)
    kept = tuple(sorted(name for name in listed if name not in gone))
    if not kept:
        raise DataError(
            f"nobody is left to be texted in campaign {campaign_id!r}: {held_out:,} held out, "
            f"{len(opted_out):,} opted out"
        )
    return Recipients(kept, held_out, len(opted_out), _unchecked(store, campaign_id, arms))


def _assigned(campaign_id: str, arms: dict[str, str]) -> tuple[list[str], int]:
    if not arms:
        raise ParameterError(
            f"nobody is assigned in campaign {campaign_id!r}: bring in what `smsroi assign` drew "
            "(`smsroi import smsroi .../assignments.parquet --store ...`), or name a list with "
            "--customers"
        )
    treated = [name for name, arm in arms.items() if arm == "treatment"]
    return treated, len(arms) - len(treated)


def _listed(customers: CustomerList) -> tuple[list[str], int]:
    rows = read_customers(customers, (), optional=("arm",))
    if "arm" in rows.column_names:
        unknown = set(rows["arm"].to_pylist()) - set(ARMS)
        if unknown:
            told = mask(without_contacts(min(map(str, unknown))))
            raise DataError(f"the list's arm is {told!r}: it is one of {ARMS}")
        listed = rows.filter(pa.compute.equal(rows["arm"], "treatment"))
    else:
        listed = rows
    check_list(listed.select(["customer_id"]))
    return listed["customer_id"].to_pylist(), len(rows) - len(listed)


def _check_arms(campaign_id: str, listed: list[str], arms: dict[str, str]) -> None:
    if not arms:
        return
    held = [name for name in listed if arms.get(name) == "holdout"]
    if held:
        raise DataError(
            f"{len(held):,} customers of the list are held out of campaign {campaign_id!r} (for "
            f"example {mask(held[0])}): whoever is texted is no holdout. Leave --customers out to "
            "text the treatment arm"
        )
    strangers = [name for name in listed if name not in arms]
    if strangers:
        raise DataError(
            f"{len(strangers):,} customers of the list are not assigned in campaign "
            f"{campaign_id!r} (for example {mask(strangers[0])}): no report would count them. "
            "Leave them out"
        )


def _unchecked(store: Tables | None, campaign_id: str, arms: dict[str, str]) -> tuple[str, ...]:
    warnings = []
    if not arms:
        warnings.append(
            f"the store has no assignments of campaign {campaign_id!r}: that nobody held out is "
            "texted was not checked"
            if store is not None
            else "no store was named: that nobody held out is texted was not checked"
        )
    if store is None or "subscriptions" not in store:
        warnings.append("opt-outs were not checked: the list must leave out whoever opted out")
    return tuple(warnings)
