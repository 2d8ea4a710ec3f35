"""Who asked to stop and may still be texted, on the list written by hand."""

import csv
from pathlib import Path

import pandas as pd
import pytest
from ibis import _
from list_shop import AS_OF, at

import smsroi_models as smsroi
from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.audience.asked_to_stop import (
    asked_to_stop,
    collect_asked_to_stop,
    read_asked_after,
)
from smsroi_models.audience_health import analyze_audience, write_asked_to_stop
from smsroi_models.errors import DataError


def _rows(found: pd.DataFrame) -> dict[str, tuple[int, int]]:
    return {row.customer_id: (row.times_asked, row.texts_since) for row in found.itertuples()}


def test_who_is_waiting(store: smsroi.Store) -> None:
    """Not who opted out since, came back anew, took it back or joined after asking."""
    found = asked_to_stop(store, AS_OF).to_pandas()
    assert _rows(found) == {"stays": (2, 2), "late": (1, 0), "nobody": (1, 0)}
    stays = found.set_index("customer_id").loc["stays"]
    assert stays.asked_at == at(6) and stays.last_text_at == at(95)
    summary = collect_asked_to_stop(store, AS_OF)
    assert (summary.customers, summary.texted_since, summary.texts_since) == (3, 1, 2)
    assert summary.first_asked_at == at(6) and summary.last_text_at == at(95)


def test_at_every_moment_only_what_was_known_counts(store: smsroi.Store) -> None:
    assert set(_rows(asked_to_stop(store, at(9.5)).to_pandas())) == {"stays", "leaves"}
    assert set(_rows(asked_to_stop(store, at(20.5)).to_pandas())) == {
        "stays",
        "comes back",
        "nobody",
    }
    assert "returns unknown" in _rows(asked_to_stop(store, at(70.5)).to_pandas())


def test_a_stop_that_the_platform_honours_takes_off_without_an_opt_out(
    store: smsroi.Store,
) -> None:
    words = store["replies"].mutate(
        intent=((_.customer_id == "stays") & (_.received_at == at(50))).ifelse("stop", _.intent)
    )
    tables = {"replies": words, "messages": store["messages"]}
    found = _rows(asked_to_stop(tables, AS_OF).to_pandas())
    assert "stays" not in found
    # Without the table of subscriptions nothing else takes anybody off.
    assert {"leaves", "comes back", "late"} <= set(found)


def test_without_messages_nobody_knows_of_texts_since(store: smsroi.Store) -> None:
    tables = {name: store[name] for name in ("replies", "subscriptions")}
    summary = collect_asked_to_stop(tables, AS_OF)
    assert (summary.customers, summary.texted_since, summary.last_text_at) == (3, 0, None)


def test_nobody_asked(store: smsroi.Store) -> None:
    tables = {"replies": store["replies"].filter(_.intent == "other")}
    summary = collect_asked_to_stop(tables, AS_OF)
    assert (summary.customers, summary.texted_since, summary.first_asked_at) == (0, 0, None)


def test_after_which_campaign(store: smsroi.Store) -> None:
    counts = {
        name: read_asked_after(store, read_campaign(store, name), AS_OF)
        for name in ("ONE", "TWO", "THREE")
    }
    assert counts == {"ONE": 1, "TWO": 0, "THREE": 0}


def test_the_list_to_suppress(store: smsroi.Store, tmp_path: Path) -> None:
    result = analyze_audience(store, AS_OF)
    path = write_asked_to_stop(
        store, result.as_of, result.store_fingerprint, tmp_path / "new" / "asked_to_stop.csv"
    )
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["customer_id"] for row in rows] == ["stays", "nobody", "late"]  # longest wait first
    assert rows[0]["asked_at"] == "2025-01-07T12:00:00Z" and rows[2]["last_text_at"] == ""
    assert len(list(path.parent.iterdir())) == 1


def test_the_list_is_of_the_store_that_was_analysed(store: smsroi.Store, tmp_path: Path) -> None:
    result = analyze_audience(store, AS_OF)
    other = smsroi.write_store(
        {"subscriptions": store["subscriptions"].to_pandas()}, tmp_path / "other"
    )
    with (
        smsroi.open_store(other, threads=1) as opened,
        pytest.raises(DataError, match="another store"),
    ):
        write_asked_to_stop(opened, AS_OF, result.store_fingerprint, tmp_path / "x.csv")
