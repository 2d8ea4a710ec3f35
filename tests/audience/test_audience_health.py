"""The whole analysis: from a store to one record, with and without what it needs."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from list_shop import AS_OF, SUBSCRIPTIONS, at, shop_frames

import smsroi_models as smsroi
from smsroi_models.errors import DataError, NotEstimableError, ParameterError, StoreError
from smsroi_models.records import Record


def _with(folder: Path, **tables: pd.DataFrame | None) -> smsroi.Store:
    frames = {**shop_frames(), **tables}
    kept = {name: frame for name, frame in frames.items() if frame is not None}
    return smsroi.open_store(smsroi.write_store(kept, folder), threads=1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = smsroi.simulate_program(
        4_000, 10, np.random.default_rng(31), spacing_days=20, window_days=10
    )
    return smsroi.write_store(program.tables, tmp_path_factory.mktemp("health") / "shop")


@pytest.fixture(scope="module")
def result(shop: Path) -> smsroi.AudienceResult:
    with smsroi.open_store(shop, threads=1) as store:
        return smsroi.analyze_audience(store)


def test_the_hand_written_list_in_one_record(store: smsroi.Store) -> None:
    found = smsroi.analyze_audience(store, AS_OF)
    assert found.asked is not None and found.asked.customers == 3
    assert found.growth is not None and found.growth.subscribers == 5
    one = found.campaigns[0]
    assert one.opt_outs_per_text.rate == 1 / 3
    assert one.opt_outs_per_subscriber is not None and one.opt_outs_per_subscriber.rate == 1 / 4
    assert one.caused is None and "at least 2 are needed" in one.why_not
    assert found.campaigns[1].why_not.startswith("nobody was held out")
    assert found.survival is None and "Too few" in found.not_told["survival"]
    assert found.chart is None and "8 are needed" in found.not_told["chart"]
    failed = {check.name for check in found.failed}
    assert failed == {"Opt-ins known"}  # two of seven opt-outs are of people never seen to join


def test_the_record_is_small_and_plain(result: smsroi.AudienceResult) -> None:
    assert isinstance(result, Record)
    text = json.dumps(result.to_dict(), default=str)
    assert len(text) < 200_000 and "c000" not in text  # no customer is in it


def test_a_simulated_programme(result: smsroi.AudienceResult, shop: Path) -> None:
    assert result.survival is not None and result.growth is not None
    assert sum(curve.n for curve in result.by_source.values()) == result.survival.n
    assert set(result.by_source) == {"checkout", "form", "keyword"}
    assert len(result.campaigns) == 10 and result.chart is not None
    assert result.chart.points[0].verdict == "new audience"
    assert not result.failed and result.sources_differ is not None
    for campaign in result.campaigns:
        assert campaign.caused is not None or campaign.why_not
        if campaign.caused is not None:
            total = campaign.caused.scaled(campaign.caused.n_treatment)
            assert campaign.opt_outs_caused == total
    with smsroi.open_store(shop, threads=1) as store:
        again = smsroi.analyze_audience(store)
        spring = smsroi.analyze_campaign(store, result.campaigns[3].counts.campaign_id)
    assert again.to_dict() == result.to_dict()
    # The campaign's own report has the same figure.
    caused = result.campaigns[3].caused
    assert caused is not None
    assert caused.absolute_lift == pytest.approx(
        spring.lift["opted_out"].unadjusted.absolute_lift, rel=1e-12
    )


def test_by_default_the_day_of_the_last_record_is_not_over(store: smsroi.Store) -> None:
    assert smsroi.analyze_audience(store).as_of == pd.Timestamp("2025-04-11", tz="UTC")


def test_records_that_begin_late_are_noticed_and_can_be_told(shop: Path, tmp_path: Path) -> None:
    """Everybody who left before July is forgotten, as in an export of current subscribers."""
    start = pd.Timestamp("2025-04-01", tz="UTC")
    with smsroi.open_store(shop, threads=1) as whole:
        frames = {"subscriptions": whole["subscriptions"].to_pandas()}
        true = smsroi.analyze_audience(whole)
    events = frames["subscriptions"]
    left = events[(events.event == "opt_out") & (events.occurred_at < start)].customer_id
    frames["subscriptions"] = events[~events.customer_id.isin(left)]
    folder = smsroi.write_store(frames, tmp_path / "late")
    with smsroi.open_store(folder, threads=1) as late:
        blind = smsroi.analyze_audience(late)
        told = smsroi.analyze_audience(late, records_start=str(start.date()))
    assert [check.name for check in blind.failed] == ["Opt-outs recorded from the start"]
    assert "--records-start" in blind.failed[0].remedy
    assert not told.failed and told.records_start == start
    day = 300
    for curve in (true.survival, blind.survival, told.survival):
        assert curve is not None and curve.at(day) is not None
    assert blind.survival.at(day)[0] > true.survival.at(day)[0]  # type: ignore[union-attr, index]


def test_without_the_other_tables(tmp_path: Path) -> None:
    alone = shop_frames()["subscriptions"]
    folder = smsroi.write_store({"subscriptions": alone}, tmp_path / "alone")
    with smsroi.open_store(folder, threads=1) as store:
        found = smsroi.analyze_audience(store, AS_OF)
        with pytest.raises(DataError, match="no replies"):
            smsroi.write_asked_to_stop(store, AS_OF, None, tmp_path / "x.csv")
    assert found.asked is None and found.campaigns == () and found.chart is None
    assert found.not_told["campaigns"] == "The store has no table campaigns and no table messages."
    assert found.growth is not None and found.growth.subscribers == 5


def test_a_campaign_of_which_nothing_arrived_is_named(shop: Path, tmp_path: Path) -> None:
    with smsroi.open_store(shop, threads=1) as store:
        names = ("campaigns", "messages", "subscriptions")
        frames = {name: store[name].to_pandas() for name in names}
    lost = frames["messages"].campaign_id == "camp-03"
    frames["messages"].loc[lost, "status"] = "failed"
    with smsroi.open_store(smsroi.write_store(frames, tmp_path / "lost"), threads=1) as store:
        found = smsroi.analyze_audience(store)
    assert "camp-03" not in {one.counts.campaign_id for one in found.campaigns}
    name = frames["campaigns"].set_index("campaign_id").name["camp-03"]
    check = next(one for one in found.checks if one.name == "Texts delivered")
    assert f"None of the texts of “{name}” was delivered" in check.text


def test_without_assignments_nothing_is_caused(tmp_path: Path) -> None:
    with _with(tmp_path / "s", assignments=None) as store:
        found = smsroi.analyze_audience(store, AS_OF)
    assert len(found.campaigns) == 3 and not any(c.caused for c in found.campaigns)


def test_opt_outs_alone(tmp_path: Path) -> None:
    outs = shop_frames()["subscriptions"].query("event == 'opt_out'")
    with _with(tmp_path / "s", subscriptions=outs) as store:
        found = smsroi.analyze_audience(store, AS_OF)
    assert found.growth is None and "knows no opt-in" in found.not_told["growth"]
    assert found.campaigns[0].opt_outs_per_text.count == 1
    assert found.campaigns[0].opt_outs_per_subscriber is None
    assert [check.name for check in found.failed] == ["Opt-ins known"]


def test_nobody_opted_out(tmp_path: Path) -> None:
    ins = pd.DataFrame(
        [
            {"customer_id": f"c{i}", "occurred_at": at(i % 9), "event": "opt_in", "source": "form"}
            for i in range(60)
        ]
    )
    folder = smsroi.write_store({"subscriptions": ins}, tmp_path / "s")
    with smsroi.open_store(folder, threads=1) as store:
        found = smsroi.analyze_audience(store, AS_OF)
    assert found.survival is not None and found.survival.ended == 0
    at_60 = found.survival.at(60)
    assert at_60 is not None and at_60[0] == 1.0 and at_60[1] < 0.95
    assert found.sources_differ is None
    assert [check.status for check in found.checks] == ["informational"]
    assert "nobody wrote it down" in found.checks[0].text


def test_what_cannot_be_analysed_is_refused(store: smsroi.Store, tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match="no subscriptions"),
        _with(tmp_path / "s", subscriptions=None) as bare,
    ):
        smsroi.analyze_audience(bare)
    with pytest.raises(DataError, match="is not a store"):
        smsroi.analyze_audience({"subscriptions": 1})  # type: ignore[arg-type]
    with pytest.raises(NotEstimableError, match="by 2020-01-01"):
        smsroi.analyze_audience(store, "2020-01-01")
    with pytest.raises(ParameterError, match="confidence_level is 95"):
        smsroi.analyze_audience(store, AS_OF, confidence_level=95)
    with pytest.raises(ParameterError, match="still to come"):
        smsroi.analyze_audience(store, "2999-01-01")
    with pytest.raises(ParameterError, match="still to come"):
        smsroi.analyze_audience(store, AS_OF, records_start="2999-01-01")


def test_a_record_of_the_future_asks_for_as_of(tmp_path: Path) -> None:
    rows = [*SUBSCRIPTIONS, ("tomorrow", 60_000, "opt_in", "form")]
    events = pd.DataFrame(
        [
            {"customer_id": who, "occurred_at": at(days), "event": event, "source": source}
            for who, days, event, source in rows
        ]
    )
    with smsroi.open_store(
        smsroi.write_store({"subscriptions": events}, tmp_path / "s"), threads=1
    ) as store:
        with pytest.raises(DataError, match="still to come"):
            smsroi.analyze_audience(store)
        found = smsroi.analyze_audience(store, AS_OF)
    assert found.growth is not None and found.growth.subscribers == 5
    assert found.as_of - AS_OF < timedelta(seconds=1)
