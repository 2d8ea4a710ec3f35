"""Put the customers of a list into the arms of a planned campaign, and write that down.

Here the list (tables) meets the draw (numbers). What is written is what a store needs: the tables
``assignments`` and ``plans``, and the plan for people to read.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from smsroi_models.attribution.campaigns import Tables
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.planning.draw import draw_arms
from smsroi_models.planning.list_checks import (
    check_campaign,
    check_list,
    check_size,
    check_standing,
    opt_outs_unchecked,
)
from smsroi_models.planning.lists import read_customers, read_standing
from smsroi_models.planning.record import Plan, write_plan
from smsroi_models.planning.recorded import plan_row
from smsroi_models.scratch import scratch_beside
from smsroi_models.store.write import write_tables


@dataclass(frozen=True, slots=True)
class Assignment:
    """The arms as drawn.

    Attributes
    ----------
    plan : Plan
        With the seed and the number of customers in each arm.
    table : pandas.DataFrame
        The rows of ``assignments``, in the order of the ids.
    opted_out : int or None
        Customers of the list who were left out because they had opted out; None where that was not
        checked: without a store, or one without ``subscriptions``.
    warnings : tuple of str
        What speaks against the draw without forbidding it, a sentence each.
    """

    plan: Plan
    table: pd.DataFrame
    opted_out: int | None
    warnings: tuple[str, ...] = ()


def assign_customers(
    plan: Plan,
    customers: ibis.Table | pd.DataFrame | pa.Table | str | Path,
    store: Tables | None = None,
    *,
    assigned_at: datetime,
    seed: int | None = None,
    drop_opted_out: bool = False,
    any_size: bool = False,
) -> Assignment:
    """Draw an arm for each customer of the list, within the strata of the plan.

    Parameters
    ----------
    plan : Plan
        Not drawn before.
    customers : pandas.DataFrame, pyarrow.Table, ibis.Table, str or Path
        With ``customer_id`` (text) and the columns of ``plan.strata``; a path is that of a CSV or
        Parquet file. Where a stratum's column is null, ``(none)`` is the stratum.
    store : Store, optional
        To refuse customers who opted out or are unknown, and campaigns that are assigned already;
        without it nobody is asked about.
    assigned_at : datetime
        With its zone; the index time of every customer, in both arms. Not before the plan was
        recorded.
    seed : int, optional
        Not needed where the plan has one. The same seed, list and plan give the same arms.
    drop_opted_out : bool
        Leave out those who opted out, instead of refusing the list.
    any_size : bool
        Take a list of less than half the planned audience, instead of refusing it.

    Raises
    ------
    DataError
        If the list has no such columns, an empty or repeated id, an id that looks like a telephone
        number or an e-mail address, an unknown customer, or one who opted out; or if it is less
        than half as long as planned.
    ParameterError
        If the plan was drawn before, there is no seed or another than the plan's, the time lies
        before the plan's, the campaign is assigned already, or an arm would be empty.

    Examples
    --------
    >>> plan = Plan("SPRING", "Spring sale", datetime(2025, 2, 28, tzinfo=UTC), 14, 0.25)
    >>> people = pd.DataFrame({"customer_id": list("abcdefgh")})
    >>> drawn = assign_customers(plan, people, assigned_at=datetime(2025, 3, 1, tzinfo=UTC), seed=7)
    >>> drawn.plan.n_treatment, drawn.plan.n_holdout, drawn.plan.seed
    (6, 2, 7)
    """
    moment = _moment(plan, assigned_at)
    seed = _seed(plan, seed)
    listed = read_customers(customers, plan.strata)
    check_list(listed)
    opted_out: tuple[str, ...] = ()
    if store is not None:
        check_campaign(store, plan)
        standing = read_standing(store, listed["customer_id"].to_pylist(), moment)
        check_standing(standing, len(listed), moment, drop_opted_out)
        opted_out = standing.opted_out
    kept = _without(listed, opted_out)
    size = check_size(plan, len(kept), any_size)
    ids, strata = np.asarray(kept["customer_id"].to_pylist()), _labels(kept, plan.strata)
    arms = draw_arms(ids, strata, plan.holdout_share, np.random.Generator(np.random.PCG64(seed)))
    held = int((arms == "holdout").sum())
    drawn = replace(plan, seed=seed, n_treatment=len(arms) - held, n_holdout=held)
    table = _table(drawn, ids, arms, strata, moment)
    unchecked = opt_outs_unchecked(store)
    found = None if unchecked else len(opted_out)
    return Assignment(drawn, table, found, tuple(text for text in (size, unchecked) if text))


def write_assignment(
    assignment: Assignment,
    folder: str | Path,
    *,
    file_format: Literal["parquet", "csv"] = "parquet",
) -> Path:
    """Write ``assignments``, ``plans`` and ``plan.json`` into a new folder, wholly or not at all.

    Raises
    ------
    ParameterError
        If the folder is there and not empty (an assignment is not replaced), or the format is
        another.
    """
    if file_format not in ("parquet", "csv"):
        raise ParameterError(f"format is {file_format!r}: it must be parquet or csv")
    target = Path(folder).expanduser()
    _refuse_to_replace(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    plans = pd.DataFrame([plan_row(assignment.plan)])
    with scratch_beside(target) as scratch:
        fresh = scratch / "fresh"
        fresh.mkdir()
        write_tables({"assignments": assignment.table, "plans": plans}, fresh, file_format)
        write_plan(assignment.plan, fresh / "plan.json")
        _refuse_to_replace(target)
        fresh.replace(target)
    return target


def _moment(plan: Plan, assigned_at: datetime) -> datetime:
    if not isinstance(assigned_at, datetime) or assigned_at.utcoffset() is None:
        raise ParameterError(f"assigned_at is {assigned_at!r}: it must be a time with its zone")
    if assigned_at < plan.recorded_at:
        raise ParameterError(
            f"assigned_at is {assigned_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, before the plan was "
            f"recorded ({plan.recorded_at:%Y-%m-%d %H:%M} UTC): first the plan, then the draw"
        )
    return assigned_at.astimezone(UTC)


def _seed(plan: Plan, seed: int | None) -> int:
    if plan.n_treatment is not None:
        raise ParameterError(
            f"the plan of {plan.campaign_id!r} was drawn already ({plan.n_treatment:,} and "
            f"{plan.n_holdout:,} customers): a second draw would be another campaign"
        )
    if seed is not None and plan.seed not in (None, seed):
        raise ParameterError(f"seed is {seed}, but the plan says {plan.seed}: leave one out")
    chosen = plan.seed if seed is None else seed
    if chosen is None:
        raise ParameterError("there is no seed: name one, so that the draw can be repeated")
    replace(plan, seed=chosen)  # raises where it is no seed of a plan
    return chosen


def _without(listed: pa.Table, opted_out: tuple[str, ...]) -> pa.Table:
    if not opted_out:
        return listed
    gone = pa.compute.is_in(listed["customer_id"], pa.array(opted_out, pa.string()))
    kept = listed.filter(pa.compute.invert(gone))
    if not len(kept):
        raise DataError("every customer of the list has opted out: there is nobody to assign")
    return kept


def _labels(listed: pa.Table, strata: tuple[str, ...]) -> np.ndarray | None:
    """Return each customer's stratum as one text; refuse values that would share one."""
    if not strata:
        return None
    parts = [pa.compute.fill_null(listed[name], "(none)") for name in strata]
    labels = np.asarray(pa.compute.binary_join_element_wise(*parts, " / ").to_pylist())
    kinds = listed.select(list(strata)).group_by(list(strata)).aggregate([]).num_rows
    if kinds != len(np.unique(labels)):
        raise DataError(
            f"{kinds} strata of {' and '.join(strata)} have only {len(np.unique(labels))} names: a "
            "value is '(none)', which stands for no value, or holds ' / ', which joins columns; "
            "write such values otherwise"
        )
    return labels


def _table(
    plan: Plan,
    ids: np.ndarray,
    arms: np.ndarray,
    strata: np.ndarray | None,
    assigned_at: datetime,
) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "campaign_id": plan.campaign_id,
            "customer_id": ids,
            "arm": arms,
            "assigned_at": pd.Timestamp(assigned_at),
            "stratum": None if strata is None else strata,
        }
    )
    return rows.sort_values("customer_id", ignore_index=True)


def _refuse_to_replace(target: Path) -> None:
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists():
        raise ParameterError(
            f"{target} is there already: an assignment is not replaced. Name a new folder"
        )
