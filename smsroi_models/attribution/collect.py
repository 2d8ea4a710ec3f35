"""From a table to the moments of its arms, in one query whatever the engine."""

from collections.abc import Sequence
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis import _

from smsroi_models.attribution.arm_values import check_arm_values, require_arms
from smsroi_models.attribution.influence import ArmClusters, ClusterScores, Influence
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError

Arms = tuple[Moments | None, Moments | None]


def collect_moments(
    table: ibis.Table | pd.DataFrame | pa.Table,
    columns: Sequence[str],
    *,
    arm: str = "arm",
    treatment: Any = "treatment",
    holdout: Any = "holdout",
) -> tuple[Moments, Moments]:
    """Return the moments of both arms, treatment first, in one query.

    Rows of other arms are left out.

    Raises
    ------
    DataError
        If a column is missing or not numeric, or a value or an arm is null, NaN or infinite.
    NotEstimableError
        If an arm is empty.
    ParameterError
        If ``treatment`` or ``holdout`` is of another kind than the values of ``arm``.
    """
    rows = as_ibis(table)
    _check_columns(rows, [arm, *columns])
    check_arm_values(rows, arm, treatment, holdout)
    query = moments_by_arm(rows, columns, arm, treatment, holdout)
    found = _arms_of(query.to_pyarrow().to_pylist(), arm, "")
    require_arms(rows, arm, found, treatment, holdout)
    return (
        read_arm(found, treatment, columns, arm),
        read_arm(found, holdout, columns, arm),
    )


def collect_moments_by(
    table: ibis.Table | pd.DataFrame | pa.Table,
    columns: Sequence[str],
    by: str,
    *,
    arm: str = "arm",
    treatment: Any = "treatment",
    holdout: Any = "holdout",
) -> dict[Any, Arms]:
    """Return the moments of both arms for each value of ``by``, in one query.

    Groups stand in the order of their values, null (NaN is one) last; an arm without rows in a
    group is None.

    Raises
    ------
    DataError
        As `collect_moments`, or if ``by`` is missing or holds lists or records.
    ParameterError
        As `collect_moments`.
    """
    rows = as_ibis(table)
    _check_columns(rows, [arm, *columns])
    check_arm_values(rows, arm, treatment, holdout)
    _check_groups(rows, by)
    query = moments_by_arm(rows, columns, arm, treatment, holdout, by)
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in query.to_pyarrow().to_pylist():
        groups.setdefault(row["by"], []).append(row)
    arms: dict[Any, Arms] = {}
    for value in sorted(groups, key=lambda group: (group is None, group)):
        found = _arms_of(groups[value], arm, f" with {by} = {value!r}")
        arms[value] = tuple(  # type: ignore[assignment]
            read_arm(found, name, columns, arm) if name in found else None
            for name in (treatment, holdout)
        )
    return arms


def collect_cluster_scores(
    table: ibis.Table | pd.DataFrame | pa.Table,
    cluster: str,
    influences: tuple[Influence, Influence],
    *,
    arm: str = "arm",
    treatment: Any = "treatment",
    holdout: Any = "holdout",
) -> ClusterScores:
    """Return what clusters of customers add to the errors of the arms' means, in one query.

    Scores are summed within clusters, squared and summed again in the engine. A customer's score
    has mean zero in its arm, so that nothing cancels.

    Parameters
    ----------
    cluster : str
        Column of any type that can be grouped, never null.
    influences : pair of Influence
        Treatment first, from moments of the same table.

    Raises
    ------
    DataError
        If the column is missing, or null or NaN for a customer of an arm.
    """
    rows = as_ibis(table)
    _check_groups(rows, cluster)
    query = cluster_scores(rows, cluster, influences, arm, (treatment, holdout))
    found = query.to_pyarrow().to_pylist()[0]
    if found["unknown"]:
        raise DataError(
            f"{cluster} is null in {found['unknown']:.0f} rows: give each customer a cluster, one "
            "of its own to who is alone"
        )
    arms = [
        ArmClusters(found[f"k{i}"], found[f"n2{i}"] ** 2 / found[f"n4{i}"], found[f"s{i}"])
        for i in (0, 1)
    ]
    return ClusterScores(found["clusters"], arms[0], arms[1], found["products"])


def cluster_scores(
    rows: ibis.Table,
    cluster: str,
    influences: tuple[Influence, Influence],
    arm: str,
    values: tuple[Any, Any],
) -> ibis.Table:
    """Return, lazily, one row: counts and sums over clusters of their customers' scores."""
    inside = [rows[arm].isin([value]).fill_null(False) for value in values]
    scores = {f"s{i}": inside[i].ifelse(_score(rows, influences[i]), 0.0).sum() for i in (0, 1)} | {
        f"n{i}": inside[i].cast("float64").sum() for i in (0, 1)
    }
    assigned = rows.filter(rows[arm].isin(list(values)))
    sums = assigned.group_by(cluster=_known(rows[cluster])).aggregate(**scores)
    size = sums.n0 + sums.n1
    totals: dict[str, ibis.Value] = {
        "clusters": sums.count(),
        "unknown": sums.cluster.isnull().ifelse(size, 0.0).sum(),
        "products": (sums.s0 * sums.s1).sum(),
    }
    for i in (0, 1):
        n, s = sums[f"n{i}"], sums[f"s{i}"]
        totals |= {f"k{i}": (n > 0).sum(), f"s{i}": (s * s).sum()}
        totals |= {f"n2{i}": (n * n).sum(), f"n4{i}": (n * n * n * n).sum()}
    return sums.aggregate(**totals)


def _score(rows: ibis.Table, influence: Influence) -> ibis.Value:
    residual: ibis.Value = ibis.literal(0.0)
    weight: ibis.Value = ibis.literal(1.0 / influence.n)
    for name, centre, slope, lever in zip(
        influence.columns, influence.centre, influence.residual, influence.leverage, strict=True
    ):
        step = rows[name].cast("float64") - float(centre)
        residual, weight = residual + step * float(slope), weight + step * float(lever)
    return residual * weight


def moments_by_arm(
    rows: ibis.Table,
    columns: Sequence[str],
    arm: str,
    treatment: Any,
    holdout: Any,
    by: str | None = None,
) -> ibis.Table:
    """Return, lazily, a row per arm (and value of ``by``): count, means, covariances, faults."""
    names = {f"c{i}": rows[name].cast("float64") for i, name in enumerate(columns)}
    groups = {"arm": _known(rows[arm])} | ({} if by is None else {"by": _known(rows[by])})
    numbers = rows.select(**groups, **names).filter(
        _.arm.isnull() | _.arm.isin([treatment, holdout])
    )
    return numbers.group_by(*groups).aggregate(**_statistics(numbers, len(columns)))


def _known(values: ibis.Value) -> ibis.Value:
    """Return the values with NaN as null: engines disagree on whether NaN equals itself."""
    if values.type().is_floating():
        return values.isnan().ifelse(ibis.null(values.type()), values)
    return values


def _arms_of(rows: list[dict[str, Any]], arm: str, where: str) -> dict[Any, dict[str, Any]]:
    found = {row["arm"]: row for row in rows}
    if None in found:
        raise DataError(f"{arm} is null in {found[None]['n']} rows{where}: every row needs an arm")
    return found


def _statistics(numbers: ibis.Table, k: int) -> dict[str, ibis.Value]:
    column = [numbers[f"c{i}"] for i in range(k)]
    statistics: dict[str, ibis.Value] = {"n": numbers.count()}
    for i in range(k):
        unusable = column[i].isnull() | column[i].isnan() | column[i].isinf()
        statistics[f"bad{i}"] = unusable.sum()
        statistics[f"m{i}"] = column[i].mean()
        for j in range(i + 1):
            statistics[f"v{i}_{j}"] = column[i].cov(column[j], how="sample")
    return statistics


def read_arm(
    found: dict[Any, dict[str, Any]], value: Any, columns: Sequence[str], arm: str
) -> Moments:
    """Return the moments of one arm from rows of `moments_by_arm`, by arm.

    Raises
    ------
    DataError
        If a value is null, NaN or infinite.
    """
    row = found[value]
    for i, name in enumerate(columns):
        if row[f"bad{i}"]:
            raise DataError(
                f"{name} is null, NaN or infinite in {row[f'bad{i}']} rows of {arm} = {value!r}: "
                "write 0 for customers who did nothing, or leave the rows out on purpose"
            )
    k = len(columns)
    covariance = np.zeros((k, k))
    for i in range(k):
        for j in range(i + 1):
            covariance[i, j] = covariance[j, i] = row[f"v{i}_{j}"] or 0.0
    mean = np.array([row[f"m{i}"] for i in range(k)], dtype=np.float64)
    return Moments(tuple(columns), row["n"], mean, covariance)


def as_ibis(
    table: ibis.Table | pd.DataFrame | pa.Table, columns: Sequence[str] | None = None
) -> ibis.Table:
    """Return the table, or some of its columns, as an Ibis table.

    Raises
    ------
    DataError
        If it is not a pandas, Arrow or Ibis table, or lacks a column or has it twice.
    """
    if isinstance(table, pd.DataFrame | pa.Table):
        names = list(table.columns if isinstance(table, pd.DataFrame) else table.column_names)
        missing = [name for name in columns or () if name not in names]
        if missing:
            raise DataError(f"no column {missing}: the table has {names}")
        twice = [name for name in columns or names if names.count(name) > 1]
        if twice:
            raise DataError(
                f"the table has {names.count(twice[0])} columns {twice[0]!r}: each column needs "
                "its own name; rename or drop one"
            )
        if columns is not None:
            # A column that is not asked for may be of a type that no engine takes.
            asked = list(columns)
            table = table[asked] if isinstance(table, pd.DataFrame) else table.select(asked)
        return ibis.memtable(table)
    if isinstance(table, ibis.Table):
        return table
    raise DataError(
        f"a table of type {type(table).__name__} cannot be read: pass a pandas or Arrow table, "
        "or an Ibis table"
    )


def _check_groups(rows: ibis.Table, name: str) -> None:
    if name not in rows.columns:
        raise DataError(f"no column {name!r}: the table has {list(rows.columns)}")
    if rows[name].type().is_nested():
        raise DataError(f"{name} is {rows[name].type()}: groups need a text, a number or a date")


def _check_columns(rows: ibis.Table, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in rows.columns]
    if missing:
        raise DataError(f"no column {missing}: the table has {list(rows.columns)}")
    for name in names[1:]:
        dtype = rows[name].type()
        if not (dtype.is_numeric() or dtype.is_boolean()):
            raise DataError(f"{name} is {dtype}: a number or a true/false column is needed")
