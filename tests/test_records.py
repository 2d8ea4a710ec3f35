"""Every result record becomes a dict, a frame and a table to look at, whatever it holds."""

import dataclasses
import inspect
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import smsroi_models as smsroi
from smsroi_models.audience.fatigue_records import FrequencyPoint, PayingFrequency, RecentTexts
from smsroi_models.records import Record

HOSTILE = """<script>alert(1)</script>"'& <img src=x onerror=alert(1)>\x00\x1b[31m\u202e\ud800"""
NOBODY_HELD_OUT = "camp-04"
FIGURE = smsroi.Estimate(0.2, 0.05, 0.1, 0.3)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """What the package returns of one small shop: campaigns, customers, surveys, the audience."""
    program = smsroi.simulate_program(
        8_000,
        4,
        np.random.default_rng(12),
        holdout_share=0.4,
        global_holdout_share=0.1,
        conversion_effects=[0.05] * 4,
        shop=smsroi.simulate.Shop(history_days=540, invitation_share=0.3),
    )
    tables = dict(program.tables)
    rows = tables["assignments"]
    held = (rows["campaign_id"] == NOBODY_HELD_OUT) & (rows["arm"] == "holdout")
    tables["assignments"] = rows[~held].reset_index(drop=True)
    customers = tables["customers"].copy()
    customers["segment"] = np.where(np.arange(len(customers)) % 2, "new", "old")
    tables["customers"] = customers
    path = smsroi.write_store(tables, tmp_path_factory.mktemp("records") / "shop")
    with smsroi.open_store(path, threads=1) as store:
        found = _results(store)
    with smsroi.open_store(_without_programme(tables, path.parent / "alone"), threads=1) as store:
        found.append(smsroi.counterfactual_roi(store, NOBODY_HELD_OUT))
    return [*found, *_findings(tables, path.parent / "broken")]


def _results(store: smsroi.Store) -> list[object]:
    campaign = smsroi.analyze_campaign(store, "camp-01")
    assert campaign.tracked is not None
    customers = smsroi.analyze_lifetime_value(store)
    moments = smsroi.Moments.from_sums("bought", 100, 10, 10)
    x, t, end = np.array([0.0, 2.0, 5.0]), np.array([0.0, 20.0, 40.0]), np.full(3, 52.0)
    models = (customers.purchase_model, customers.spend_model)
    return [
        campaign,
        smsroi.TrackedCredit("camp-01", campaign.tracked.claims[0], FIGURE, 1e6, 0.95),
        _fatigue(),
        smsroi.incrementality_factors(store),
        smsroi.analyze_portfolio(store, factors=False),
        smsroi.analyze_programme(store, "GLOBAL-2025"),
        smsroi.propose_campaign(store, window_days=14),
        smsroi.analyze_audience(store),
        smsroi.analyze_survey(store, "s000"),
        customers,
        smsroi.lifetime_value(*models, x, t, end, np.full(3, 30.0), horizon=52.0, margin_rate=0.6),
        smsroi.net_promoter_score([10, 9, 7, 0]),
        smsroi.mean_score([5, 4, 1]),
        smsroi.compare(moments, moments, proportion=True),
        moments,
    ]


def _fatigue() -> smsroi.Fatigue:
    """Return one made by hand: a real one takes many campaigns."""
    point = FrequencyPoint(1.0, FIGURE, FIGURE, FIGURE, FIGURE, FIGURE)
    return smsroi.Fatigue(
        as_of=datetime(2025, 1, 1, tzinfo=UTC),
        follow_days=7,
        rows=900,
        customers=300,
        opt_outs=20,
        buyers=80,
        usual_weekly=1.2,
        recent=(RecentTexts("bought", 7, FIGURE),),
        curve=(point, replace(point, weekly=2.0)),
        value=None,
        no_value="The value of a text is not known.",
        margin_per_buyer=12.5,
        paying=PayingFrequency("reached", 1.5, None, 1.9, 1.0, 2.0),
        left_out=(),
        confidence_level=0.95,
    )


def _without_programme(tables: Mapping[str, pd.DataFrame], path: Path) -> Path:
    alone = dict(tables)
    for name in ("campaigns", "assignments"):
        rows = alone[name]
        alone[name] = rows[rows["campaign_id"] != "GLOBAL-2025"].reset_index(drop=True)
    return smsroi.write_store(alone, path)


def _findings(tables: Mapping[str, pd.DataFrame], path: Path) -> list[smsroi.Finding]:
    broken = {**tables, "orders": pd.concat([tables["orders"]] * 2)}
    with smsroi.open_store(smsroi.write_store(broken, path)) as store:
        return smsroi.check_store(store)


def _within(value: Any) -> Iterator[Record]:
    """Yield the records in a result, however deep."""
    if isinstance(value, Record):
        yield value
        for field in dataclasses.fields(value):  # type: ignore[arg-type]
            yield from _within(getattr(value, field.name))
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _within(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield from _within(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _within(each)


class _Seen(HTMLParser):
    """The tags of a page and their attributes, and whether every one is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


TAGS = {"table", "caption", "tbody", "thead", "tr", "th", "td", "strong", "em", "small"}
TAGS |= {"details", "summary"}


@pytest.fixture(scope="module")
def records(results: list[object]) -> dict[type, Record]:
    """The first record of each class."""
    found: dict[type, Record] = {}
    for record in _within(results):
        found.setdefault(type(record), record)
    return found


def test_the_shop_gives_every_public_record(records: dict[type, Record]) -> None:
    public = [getattr(smsroi, name) for name in smsroi.__all__]
    wanted = {each for each in public if inspect.isclass(each) and issubclass(each, Record)}
    assert not wanted - set(records)
    assert len(records) > 60


def test_every_record_becomes_a_frame(records: dict[type, Record]) -> None:
    for kind, record in records.items():
        frame = record.to_frame()
        assert isinstance(frame, pd.DataFrame), kind
        assert len(frame) == 1 or record.MEMBERS or "to_frame" in vars(kind), kind
        assert frame.columns.is_unique, kind


def test_every_dict_holds_plain_values(records: dict[type, Record]) -> None:
    for kind, record in records.items():
        json.dumps(record.to_dict(), default=_moment), kind


def _moment(value: object) -> str:
    assert isinstance(value, date), type(value)
    return value.isoformat()


def test_every_record_shows(records: dict[type, Record]) -> None:
    for kind, record in records.items():
        text = record._repr_html_()
        seen = _Seen(text)
        assert seen.tags <= TAGS and seen.attributes <= {"style"}, kind
        assert "cannot be shown" not in text and kind.__name__ in text, kind
        assert len(text) < 300_000, kind
        names = [field.name for field in dataclasses.fields(record)]  # type: ignore[arg-type]
        assert all(f">{name}</th>" in text for name in names), kind


def test_a_collection_has_a_row_a_member(records: dict[type, Record]) -> None:
    claims = records[smsroi.RuleComparison]
    frame = claims.to_frame()
    assert list(frame["rule.name"]) == [claim.rule.name for claim in claims.claims]
    assert list(frame["revenue"]) == [claim.revenue for claim in claims.claims]
    value = records[smsroi.LifetimeValue]
    assert value.to_frame()["value"].to_list() == value.value.tolist()
    assert len(value.to_frame()) == 3


@dataclass(frozen=True, slots=True)
class Part(Record):
    """A part <b>bold</b>."""

    part_share: float
    anything: object


class Pair(NamedTuple):
    """Two things."""

    one: object
    two: object


class _Raises:
    def __repr__(self) -> str:
        raise RuntimeError("no text")

    __str__ = __getattr__ = __repr__  # type: ignore[assignment]


class _Sly(str):
    """Text that says that it needs no escaping."""

    __slots__ = ()

    def replace(self, *_: object) -> "_Sly":
        return self

    def __str__(self) -> str:
        return self

    def __getitem__(self, _: object) -> "_Sly":
        return self


def _endless() -> list[object]:
    one: list[object] = []
    one.append(one)
    return one


HELD = [
    HOSTILE,
    _Sly(HOSTILE),
    "x" * 1_000_000,
    {HOSTILE: HOSTILE, _Raises(): 1},
    [HOSTILE] * 1_000,
    _Raises(),
    [_Raises()],
    {"a": Part(0.1, _Raises()), HOSTILE: Part(0.2, HOSTILE)},
    {"a": Part(0.1, 1), "b": 2},
    (Part(0.1, HOSTILE), Pair(1, HOSTILE)),
    tuple(Part(0.1, n) for n in range(1_000)),
    Part(0.1, Part(0.2, Part(0.3, Part(0.4, Part(0.5, HOSTILE))))),
    _endless(),
    10**5_000,
    float("nan"),
    -float("inf"),
    np.float64(0.25),
    np.array(7),
    np.zeros((0, 3)),
    np.array([HOSTILE, None], dtype=object),
    np.arange(12.0).reshape(3, 4),
    np.datetime64("2025-01-01"),
    pd.DataFrame({HOSTILE[:20]: [1]}),
    pd.Timestamp("2025-01-01", tz="UTC"),
    pd.NaT,
    datetime(2025, 1, 1, tzinfo=UTC),
    b"\xff<script>",
    MappingProxyType({"a": 1}),
    {1, 2},
    object(),
    smsroi,
    Part,
]


@pytest.mark.parametrize("held", HELD, ids=lambda held: type(held).__name__)
def test_a_record_that_holds_anything_shows(held: object) -> None:
    text = Part(0.5, held)._repr_html_()
    seen = _Seen(text)
    assert seen.tags <= TAGS and seen.attributes <= {"style"}
    assert "<b>" not in text and "part_share" in text and "share</small>" in text
    assert text.isprintable() and len(text) < 100_000
    text.encode()


def test_numbers_have_a_sensible_number_of_digits() -> None:
    for value, shown in ((1234.567, "1,235"), (0.123456, "0.1235"), (12, "12"), (True, "yes")):
        assert f">{shown}</td>" in Part(0.5, value)._repr_html_()
    assert ">0.25</td>" in Part(0.5, np.float64(0.25))._repr_html_()
    assert "array, 3 x 4: 0, 1, 2" in Part(0.5, np.arange(12.0).reshape(3, 4))._repr_html_()


def test_an_unfinished_record_shows() -> None:
    assert "cannot be shown" in Part.__new__(Part)._repr_html_()


def test_a_dict_has_lists_for_arrays_and_numbers_for_numpys() -> None:
    inner = Part(0.1, {"a": np.arange(2), "b": (np.float64(0.5), [np.int64(3)])})
    found = Part(0.2, Pair(inner, np.bool_(True))).to_dict()
    assert found["anything"].one["anything"] == {"a": [0, 1], "b": (0.5, [3])}
    kinds = [type(each) for each in found["anything"].one["anything"]["a"]]
    assert kinds == [int, int] and type(found["anything"].two) is bool
    assert type(found["anything"].one["anything"]["b"][0]) is float
