"""Spells, the counts made of them and what followed texts, against a list written by hand."""

from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from ibis import _
from list_shop import AS_OF, SPELLS, START, at

import smsroi_models as smsroi
from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.outcomes import outcomes
from smsroi_models.audience import subscriptions
from smsroi_models.audience.list_growth import list_growth
from smsroi_models.audience.spell_counts import (
    collect_spell_counts,
    followed_spells,
)
from smsroi_models.audience.texted import (
    collect_arms_opted_out,
    collect_campaign_counts,
    collect_subscribed,
)
from smsroi_models.errors import NotEstimableError
from smsroi_models.planning.history import audience


def _days(moment: pd.Timestamp) -> float | None:
    return None if pd.isna(moment) else (moment - START) / timedelta(days=1)


def test_spells_alternate(store: smsroi.Store) -> None:
    found = subscriptions.spells(store, AS_OF).to_pandas()
    rows = {
        (row.customer_id, _days(row.opened_at), _days(row.closed_at), row.source, row.rejoined)
        for row in found.itertuples()
    }
    assert rows == SPELLS and len(found) == len(SPELLS)


def test_who_is_subscribed_is_who_can_be_texted(store: smsroi.Store) -> None:
    """By the planner's rule, which goes by the last opt-in and opt-out alone."""
    for day in (0, 2, 20, 20.5, 35, 51, 60, 100):
        known = set(audience(store, at(day)).to_pandas().customer_id)
        rows = subscriptions.spells(store, at(day))
        assert set(rows.filter(_.closed_at.isnull()).to_pandas().customer_id) == known
        assert collect_subscribed(store, AS_OF, [at(day)]) == [len(known)]


def test_leavings_count_those_whose_opt_in_is_not_known(store: smsroi.Store) -> None:
    left = subscriptions.leavings(store, AS_OF).to_pandas().customer_id
    assert sorted(left) == sorted(
        ["leaves", "twice in", "comes back", "unknown", "returns unknown", "same instant"]
    )


def test_the_ledger_of_the_list(store: smsroi.Store) -> None:
    growth = list_growth(subscriptions.collect_list_changes(store, AS_OF), AS_OF.date())
    rows = [(m.opening, m.joined, m.rejoined, m.left, m.closing) for m in growth.months]
    # January: stays, leaves, twice in, comes back, same instant join; leaves, comes back and same
    # instant leave. February: comes back again, twice in leaves. March: returns unknown. April.
    assert rows == [(0, 5, 0, 3, 2), (2, 0, 1, 1, 2), (2, 0, 1, 0, 3), (3, 2, 0, 0, 5)]
    assert growth.left_unknown == 2 and growth.subscribers == 5
    assert next(iter(growth.by_source)) == "form"
    assert growth.by_source["checkout"][1].left == 1
    assert growth.months[0].churn == 3 / 5


def test_days_followed_are_whole(store: smsroi.Store) -> None:
    rows = followed_spells(store, AS_OF).to_pandas()
    found = sorted(zip(rows.lasted, rows.ended, strict=True))
    # Same instant ends on day 1; an opt-out exactly 10 days in ends on the 11th.
    expected = [(1, 1), (11, 1), (21, 1), (38, 1), (40, 0), (49, 0), (100, 0)]
    assert found == expected  # "late" and "at the end" were followed for no whole day


def test_a_day_that_is_not_over_tells_nothing(store: smsroi.Store) -> None:
    """The opt-out of "leaves" at day 10 is seen once day 11 is over, and not before."""
    for hours, ended in ((23.9, 0), (24.0, 1)):
        rows = followed_spells(store, at(10 + hours / 24)).to_pandas()
        assert rows.ended.sum() == ended


def test_late_records_let_older_spells_in_late(store: smsroi.Store) -> None:
    rows = followed_spells(store, AS_OF, at(20.5)).to_pandas()
    found = sorted(zip(rows.entered, rows.lasted, rows.ended, strict=True))
    # Day 21 of "stays" begins half a day after records do; "leaves" was out before.
    assert (21, 100, 0) in found and (20, 21, 1) in found and (18, 38, 1) in found
    assert not any(lasted == 11 for _entered, lasted, _ended in found)


def test_counts_by_source_and_cohort_are_those_of_the_rows(store: smsroi.Store) -> None:
    cut = (START + timedelta(days=31)).date()
    groups = collect_spell_counts(store, AS_OF, [cut])
    assert [(g.source, g.cohort, g.counts.n) for g in groups] == [
        ("checkout", 0, 1),
        ("form", 0, 4),
        ("keyword", 1, 1),
        ("unknown", 1, 1),
    ]
    form = groups[1].counts
    assert np.flatnonzero(form.ended).tolist() == [1, 11, 21]
    assert np.flatnonzero(form.censored).tolist() == [100]


def test_sources_beyond_the_main_ones_are_one(store: smsroi.Store) -> None:
    rows = subscriptions.by_main_source(subscriptions.spells(store, AS_OF), most=2)
    # Of the three sources with one spell each the first by name stays.
    assert rows.to_pandas().source.value_counts().to_dict() == {
        "form": 6,
        "checkout": 1,
        subscriptions.OTHER_SOURCES: 2,
    }


def test_what_followed_the_texts(store: smsroi.Store) -> None:
    found = {c.campaign_id: c for c in collect_campaign_counts(store, AS_OF)}
    counts = {
        name: (c.delivered, c.first_texts, c.opted_out, c.subscribed) for name, c in found.items()
    }
    assert counts == {
        # leaves out of ONE; comes back out of TWO; unknown out of THREE, her last text.
        "ONE": (3, 3, 1, 4),
        "TWO": (4, 2, 1, 3),
        "THREE": (1, 0, 1, 2),
    }
    assert list(found) == ["ONE", "TWO", "THREE"]


def test_who_leaves_twice_after_one_text_is_counted_once(store: smsroi.Store) -> None:
    """No campaign is followed by more opt-outs than it sent texts."""
    back = pd.DataFrame(
        [
            {"customer_id": "leaves", "occurred_at": at(day), "event": event, "source": None}
            for day, event in ((10.5, "opt_in"), (11, "opt_out"))
        ]
    )
    events = store["subscriptions"].select(*back.columns).to_pandas()
    both = ibis.memtable(pd.concat([events, back], ignore_index=True)).mutate(
        campaign_id=ibis.null("string")
    )
    tables = {name: store[name] for name in ("campaigns", "messages")} | {"subscriptions": both}
    assert [c.opted_out for c in collect_campaign_counts(tables, AS_OF)] == [1, 1, 1]


def test_opt_ins_count_for_the_campaign_that_they_name(store: smsroi.Store) -> None:
    named = store["subscriptions"].mutate(
        campaign_id=(_.customer_id == "comes back").ifelse("TWO", ibis.null("string"))
    )
    tables = {name: store[name] for name in ("campaigns", "messages")} | {"subscriptions": named}
    found = collect_campaign_counts(tables, AS_OF)
    assert [c.opted_in for c in found] == [0, 2, 0]


def test_opt_outs_of_the_arms_are_those_of_the_campaigns_report(store: smsroi.Store) -> None:
    arms = collect_arms_opted_out(store, AS_OF)
    assert list(arms) == ["ONE", "THREE"]  # TWO held nobody out
    for name, pair in arms.items():
        rows = outcomes(store, read_campaign(store, name), AS_OF).to_pandas()
        for arm, moments in zip(("treatment", "holdout"), pair, strict=True):
            values = rows.opted_out[rows.arm == arm]
            assert (moments.n, moments.mean_of("opted_out")) == (len(values), values.mean())


def test_a_list_without_opt_ins(store: smsroi.Store) -> None:
    """As from a log of replies alone: opt-outs are known, spells are not."""
    outs = store["subscriptions"].filter(_.event == "opt_out")
    tables = {name: store[name] for name in ("campaigns", "messages")} | {"subscriptions": outs}
    with pytest.raises(NotEstimableError, match="knows no opt-in"):
        list_growth(subscriptions.collect_list_changes(tables, AS_OF), AS_OF.date())
    assert collect_spell_counts(tables, AS_OF) == ()
    found = collect_campaign_counts(tables, AS_OF)
    assert [c.subscribed for c in found] == [None] * 3
    assert [c.opted_out for c in found] == [1, 1, 1]


def test_nobody_left(store: smsroi.Store) -> None:
    ins = store["subscriptions"].filter(_.event == "opt_in")
    tables = {name: store[name] for name in ("campaigns", "messages")} | {"subscriptions": ins}
    assert [c.opted_out for c in collect_campaign_counts(tables, AS_OF)] == [0, 0, 0]
