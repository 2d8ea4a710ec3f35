"""How long subscriptions lasted: counts by day, source and cohort, small whatever the list's size.

Time is counted in whole days since the opt-in, and a spell counts only for the whole days that it
was followed: an opt-out within the k-th day is an end at k if that day was over at ``as_of``, and
otherwise the spell is censored at the days that were. Nobody is then at risk for part of a day
only, and the curve at k is exactly of who was still there k days after opting in.

Where records of opt-outs begin later than the opt-ins that the store knows, spells that ended
before are not in it. Spells older than that are then *late entries*: they count from the first
whole day on which an opt-out would have been recorded (left truncation).
"""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import ibis
import numpy as np
from ibis import _

from smsroi_models.attribution.campaigns import Tables
from smsroi_models.audience.counts import CohortCounts, SpellCounts
from smsroi_models.audience.subscriptions import by_main_source, day_of, spells
from smsroi_models.clv.purchase_days import EPOCH

_DAY_SECONDS = 86_400


def followed_spells(
    store: Tables, as_of: datetime, records_start: datetime | None = None
) -> ibis.Table:
    """Return, lazily, one row a spell: ``source, opened_day, entered, lasted, ended``.

    ``lasted`` is the whole days from opt-in to the end or to the last day followed, ``ended`` 1 if
    it was the end, ``entered`` the whole days gone when its end would first have been recorded.
    Spells followed for no whole day are left out.
    """
    rows = by_main_source(spells(store, as_of))
    since = rows.opened_at.epoch_seconds()
    followed = _whole_days(_epoch(as_of) - since)
    ends = _whole_days(rows.closed_at.epoch_seconds() - since) + 1
    late: Any = ibis.literal(0, "int64")
    if records_start is not None:
        waited = (_epoch(records_start) - since) / _DAY_SECONDS
        late = ibis.greatest(waited.ceil().cast("int64"), 0)
    aged = rows.mutate(
        followed=followed, ends=ends, entered=late, opened_day=day_of(rows.opened_at)
    )
    ended = aged.ends.notnull() & (aged.ends <= aged.followed)
    return aged.select(
        "source",
        "opened_day",
        "entered",
        lasted=ended.ifelse(aged.ends, aged.followed),
        ended=ended.cast("int64"),
    ).filter(_.lasted > _.entered)


def spells_counted(
    store: Tables,
    as_of: datetime,
    cuts: Sequence[date] = (),
    records_start: datetime | None = None,
) -> ibis.Table:
    """Return, lazily, ``source, cohort, day, entered, ended, censored``: counts of spells.

    Parameters
    ----------
    cuts : sequence of date
        First days of the cohorts but the first, ascending.
    records_start : datetime, optional
        UTC; when opt-outs began to be recorded. By default all of the past is.
    """
    rows = followed_spells(store, as_of, records_start)
    cohort: Any = ibis.literal(0, "int64")
    for cut in cuts:
        cohort = cohort + (rows.opened_day >= (cut - EPOCH).days).cast("int64")
    rows = rows.mutate(cohort=cohort)
    zero, one = ibis.literal(0, "int64"), ibis.literal(1, "int64")
    came = rows.select("source", "cohort", day=rows.entered, entered=one, ended=zero, censored=zero)
    went = rows.select(
        "source", "cohort", day=rows.lasted, entered=zero, ended=rows.ended, censored=1 - rows.ended
    )
    names = ("entered", "ended", "censored")
    return (
        came.union(went)
        .group_by("source", "cohort", "day")
        .aggregate(**{name: _[name].sum() for name in names})
    )


def collect_spell_counts(
    store: Tables,
    as_of: datetime,
    cuts: Sequence[date] = (),
    records_start: datetime | None = None,
) -> tuple[CohortCounts, ...]:
    """Collect, in one query, the counts of `spells_counted` by source and cohort."""
    query = spells_counted(store, as_of, cuts, records_start)
    groups: dict[tuple[str, int], list[dict[str, int]]] = {}
    for row in query.to_pyarrow().to_pylist():
        groups.setdefault((row["source"], row["cohort"]), []).append(row)
    return tuple(
        CohortCounts(source, cohort, _counts(rows))
        for (source, cohort), rows in sorted(groups.items())
    )


def _epoch(moment: datetime) -> ibis.Value:
    """Return a moment's whole seconds since 1970; one without a zone is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return ibis.literal(math.floor(aware.timestamp()), "int64")


def _whole_days(seconds: ibis.Value) -> ibis.Value:
    return (seconds / _DAY_SECONDS).floor().cast("int64")


def _counts(rows: list[dict[str, int]]) -> SpellCounts:
    columns = {
        name: np.zeros(max(row["day"] for row in rows) + 1, np.int64)
        for name in ("entered", "ended", "censored")
    }
    for row in rows:
        for name, column in columns.items():
            column[row["day"]] += row[name]
    return SpellCounts(**columns)
