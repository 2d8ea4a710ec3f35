"""Laws of the list: the ledger adds up, spells alternate, merged counts are counts of all."""

from datetime import UTC, datetime, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.audience.counts import SpellCounts
from smsroi_models.audience.list_growth import list_growth
from smsroi_models.audience.spell_counts import collect_spell_counts
from smsroi_models.audience.subscriptions import collect_list_changes
from smsroi_models.audience.survival import survival_curve
from smsroi_models.errors import NotEstimableError

START = datetime(2025, 1, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=120)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.integers(0, 119 * 24),
        st.sampled_from(("opt_in", "opt_in", "opt_out")),
        st.sampled_from(("form", "checkout", None)),
    ),
    max_size=25,
)


class _Store(dict[str, ibis.Table]):
    """Tables by name."""


def _store(events: list[tuple[str, int, str, str | None]]) -> _Store:
    rows = pd.DataFrame(
        {
            "customer_id": pd.Series([e[0] for e in events], dtype="str"),
            "occurred_at": pd.Series(
                [START + timedelta(hours=e[1]) for e in events], dtype="datetime64[us, UTC]"
            ),
            "event": pd.Series([e[2] for e in events], dtype="str"),
            "source": pd.Series([e[3] for e in events], dtype="str"),
            "campaign_id": pd.Series([None] * len(events), dtype="str"),
        }
    )
    return _Store(subscriptions=ibis.memtable(rows))


def _subscribed(events: list[tuple[str, int, str, str | None]], until: datetime) -> set[str]:
    """Return who is on the list, by going through the events one by one."""
    inside: set[str] = set()
    for who, hour, event, _source in sorted(events, key=lambda e: (e[1], e[2])):
        if START + timedelta(hours=hour) <= until:
            (inside.add if event == "opt_in" else inside.discard)(who)
    return inside


@settings(max_examples=12, deadline=None)
@given(EVENTS)
def test_the_ledger_adds_up(events: list[tuple[str, int, str, str | None]]) -> None:
    changes = collect_list_changes(_store(events), AS_OF)
    try:
        growth = list_growth(changes, AS_OF.date())
    except NotEstimableError:
        assert not any(event == "opt_in" for _who, _hour, event, _source in events)
        return
    for months in (growth.months, *growth.by_source.values()):
        opening = 0
        for month in months:
            assert month.opening == opening and min(month.joined, month.rejoined, month.left) >= 0
            opening += month.joined + month.rejoined - month.left
            assert month.closing == opening >= 0
    for place, month in enumerate(growth.months):
        parts = [months[place] for months in growth.by_source.values()]
        for name in ("opening", "joined", "rejoined", "left", "closing"):
            assert sum(getattr(part, name) for part in parts) == getattr(month, name)
        ends = datetime(
            month.starts.year + month.starts.month // 12, month.starts.month % 12 + 1, 1
        )
        last = ends.replace(tzinfo=UTC) - timedelta(seconds=1)
        assert month.closing == len(_subscribed(events, last))


@settings(max_examples=6, deadline=None)
@given(EVENTS)
def test_every_spell_is_counted_once(events: list[tuple[str, int, str, str | None]]) -> None:
    store = _store(events)
    cuts = [(START + timedelta(days=days)).date() for days in (30, 60, 90)]
    groups = collect_spell_counts(store, AS_OF, cuts)
    whole = collect_spell_counts(store, AS_OF)
    assert sum(g.counts.n for g in groups) == sum(g.counts.n for g in whole)
    assert (
        sum(g.counts.ended.sum() for g in groups) == collect_list_changes(store, AS_OF).left.sum()
    )


SPELLS = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=12, max_size=60)


@settings(max_examples=25, deadline=None)
@given(SPELLS, SPELLS)
def test_merged_counts_are_the_counts_of_all(
    one: list[tuple[int, bool]], two: list[tuple[int, bool]]
) -> None:
    apart = SpellCounts.of(*zip(*one, strict=True)) + SpellCounts.of(*zip(*two, strict=True))
    together = SpellCounts.of(*zip(*(one + two), strict=True))
    assert survival_curve(apart) == survival_curve(together)


@settings(max_examples=25, deadline=None)
@given(SPELLS)
def test_a_curve_never_rises_and_lies_within_its_interval(spells: list[tuple[int, bool]]) -> None:
    found = survival_curve(SpellCounts.of(*zip(*spells, strict=True)), fewest_at_risk=1)
    assert (np.diff(found.share) <= 0).all() and found.share[0] == 1.0
    for share, low, high in zip(found.share, found.ci_lower, found.ci_upper, strict=True):
        assert 0 <= low <= share <= high <= 1 or share == pytest.approx(low, abs=1e-12)
