"""The demo's exports, imported by the command that it prints, are the demo's store again.

Ids of people, links, tracking numbers, events and answers are keyed or composed by the importers;
the test makes the same ids from the key. What an export cannot say is listed in `LOST`.
"""

import contextlib
import io
import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import phonenumbers
import pytest

import smsroi_models as smsroi
from smsroi_models.cli import main
from smsroi_models.errors import ParameterError
from smsroi_models.simulate import Program, Shop
from smsroi_models.simulate.exports import people, write_exports
from smsroi_models.store.pseudonyms import Pseudonyms
from smsroi_models.store.tables import TABLES
from smsroi_models.store.vendors.folders import read_imports

SECRET = "the secret of the tests"
IDS = Pseudonyms(SECRET.encode())
LOST = {
    # CallRail counts whole seconds.
    ("calls", "duration_seconds"): np.floor,
}
"""What cannot survive, by table and column, and what is left of it."""


@pytest.fixture(scope="module")
def program() -> Program:
    """Three campaigns, one for each form of Twilio's; some texts without a price."""
    shop = Shop(missing_price_share=0.02, creative_cost=30.0, platform_cost=20.0, call_share=0.05)
    return smsroi.simulate_program(
        900, 3, np.random.default_rng(11), shop=shop, global_holdout_share=0.1
    )


@pytest.fixture(scope="module")
def exports(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "exports"
    write_exports(program.tables, folder)
    return folder


def _run(words: list[str]) -> str:
    """Run the command in this process: each start of Python would take as long as the import."""
    out, given = io.StringIO(), sys.argv
    sys.argv = words
    try:
        with contextlib.redirect_stdout(out):
            main()
    except SystemExit as exit_:
        assert not exit_.code, words
    finally:
        sys.argv = given
    return out.getvalue()


@pytest.fixture(scope="module")
def imported(exports: Path) -> tuple[Path, str]:
    """The store, and all that the imports said."""
    store = exports.with_name("imported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SMSROI_SECRET", SECRET)
        told = _run(["smsroi", "import", "all", str(exports), "--store", str(store)])
    return store, told


def _renamed(program: Program) -> dict[str, pd.DataFrame]:
    """Return the programme's tables under the ids that the key makes."""
    known = people.meet(program.tables)
    urls = program.tables["links"].set_index("link_id").url
    campaigns = program.tables["numbers"].set_index("number_id").campaign_id

    def person(name: str) -> str | None:
        phone = known.phone(name)
        return IDS.of_phone(phone, None) if phone else IDS.of_address(str(known.address(name)))

    def number(name: str) -> str | None:
        return IDS.of_tracking_number(known.tracking_number(campaigns[name]), None, campaigns[name])

    rename: dict[str, Callable[[str], str | None]] = {
        "customer_id": person,
        "referrer_id": person,
        "link_id": lambda name: "l" + IDS.of_text("link", urls[name]),
        "number_id": number,
    }
    tables = {}
    for name, frame in program.tables.items():
        changed = {
            c: frame[c].map(rename[c], na_action="ignore") for c in frame.columns if c in rename
        }
        tables[name] = frame.assign(**changed)
    events, answers = tables["events"], tables["responses"]
    events["event_id"] = [
        "g" + IDS.of_text("ga4", "\x1f".join(map(str, parts)))
        for parts in zip(
            [f"{int(name[1:]):010d}.1" for name in events.event_id],
            events.occurred_at.astype("int64"),
            events.event_type,
            events.event_id,
            [""] * len(events),
            [""] * len(events),
            strict=True,
        )
    ]
    answers["response_id"] = answers.survey_id + " " + answers.response_id
    return tables


def _sorted(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    keys = list(TABLES[name].key) or list(frame.columns)
    return frame[list(frame.columns)].sort_values(keys).reset_index(drop=True)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_comes_back_row_by_row(name, program, imported):
    with smsroi.open_store(imported[0]) as store:
        found = _sorted(store[name].to_pandas(), name)
    wanted = _sorted(_renamed(program)[name], name)
    assert len(wanted), "a table without rows would prove nothing"
    for column in TABLES[name].columns:
        lost = LOST.get((name, column.name), lambda values: values)
        a, b = found[column.name], lost(wanted[column.name])
        assert list(a.isna()) == list(b.isna()), column.name
        a, b = a.dropna(), b.dropna()
        if column.kind in ("money", "number"):
            # A price of a whole text is divided by its segments, a refund is spread over goods, tax
            # and shipping: a few roundings in the last of 53 bits, 2**-53 each.
            np.testing.assert_allclose(a, b, rtol=2**-50, atol=0, err_msg=column.name)
        else:
            assert list(a) == list(b), column.name


def test_the_imports_say_what_they_left_out_and_drop_nothing_that_counts(program, imported):
    _, told = imported
    dropped = {reason: int(n) for n, reason in re.findall(r"dropped (\d+): (.*)", told)}
    assert set(dropped) <= {"the order is not paid", "the order was cancelled"}
    assert sum(dropped.values()) == 1 + (len(program.tables["orders"]) - 251) // 500
    left_out = dict(re.findall(r"left out \d+: (.*?)()\n", told))
    assert set(left_out) == {"is no inbound call", "is no conversion event"}


def test_the_store_is_sound(imported):
    with smsroi.open_store(imported[0]) as store:
        assert [f for f in smsroi.check_store(store) if f.severity == "error"] == []


def test_a_campaign_gives_the_same_figures(program, imported, tmp_path):
    results = []
    tables = dict(program.tables)
    for (name, column), lost in LOST.items():
        tables[name] = tables[name].assign(**{column: lost(tables[name][column])})
    for place in (smsroi.write_store(tables, tmp_path / "made"), imported[0]):
        with smsroi.open_store(place) as store:
            # With links and codes of each recipient's own.
            found = smsroi.analyze_campaign(store, "camp-02").to_dict()
        assert any(claim["orders"] for claim in found["tracked"]["by_touch"])
        del found["store_fingerprint"], found["said"]["store_fingerprint"]  # of other ids
        results.append(found)
    _assert_alike(*results, "")


def _assert_alike(one: object, other: object, path: str) -> None:
    """Hold two nested results against each other, figure by figure."""
    assert type(one) is type(other), path
    if isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys(), path
        for key in one:
            _assert_alike(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        assert len(one) == len(other), path
        for place, pair in enumerate(zip(one, other, strict=True)):
            _assert_alike(*pair, f"{path}[{place}]")
    elif isinstance(one, float):
        # Sums of thousands of amounts, in another order of rows.
        assert other == pytest.approx(one, rel=1e-9, abs=1e-9, nan_ok=True), path
    else:
        assert one == other, path


def test_the_commands_that_the_demo_prints_are_those_of_the_list(tmp_path):
    folder = tmp_path / "shop's exports"
    told = json.loads(
        _run(["smsroi", "demo", "--customers", "1000", "--as-exports", str(folder), "--json"])
    )
    words = [shlex.split(command)[1:] for command in told["imports"]]
    assert len(words) == len(read_imports(folder)) > 15
    for said, listed in zip(words, read_imports(folder), strict=True):
        expected = ["import", listed.vendor, *map(str, listed.files)]
        expected += ["--mapping", str(listed.mapping)] if listed.mapping else []
        for name, value in listed.options.items():
            expected += [f"--{name.replace('_', '-')}", value]
        assert said == [*expected, "--store", "data/imported"]
    first, second, third = (shlex.split(command)[1:] for command in told["commands"])
    assert first == ["import", "all", str(folder), "--store", "data/imported"]
    assert (second[0], third[:2]) == ("check", ["report", "camp-01"])


def test_the_same_programme_makes_the_same_bytes(program, exports, tmp_path):
    write_exports(program.tables, tmp_path / "again")
    names = [p.relative_to(exports) for p in exports.rglob("*") if p.is_file()]
    assert len(names) > 25
    for name in names:
        assert (exports / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_every_number_is_fictional_and_valid(program, exports):
    known = people.meet(program.tables)
    shops = [known.texting_number(None)]
    for name in known.places:
        shops += [known.texting_number(name), known.tracking_number(name)]
    numbers = {*known.phones.values(), *shops}
    assert len(numbers) == len(known.phones) + len(shops)
    written = "\n".join(p.read_text() for p in exports.rglob("*") if p.suffix in (".csv", ".json"))
    numbers |= set(re.findall(r"\+1\d{10}", written))
    everyone = {f"+1{code}5550100" for code in people._AREA_CODES}
    assert len(everyone) * 100 == people.N_NUMBERS
    for number in numbers | everyone:
        assert re.fullmatch(r"\+1\d{3}55501\d\d", number), number
        assert phonenumbers.is_valid_number(phonenumbers.parse(number)), number
    addresses = set(re.findall(r"[\w.+-]+@[\w.-]+", written))
    assert addresses and all(address.endswith("@example.com") for address in addresses)


def test_what_cannot_be_exported_is_refused(program, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("precious")
    with pytest.raises(ParameterError, match="is not replaced"):
        write_exports(program.tables, tmp_path / "mine")
    assert (tmp_path / "mine" / "work.txt").read_text() == "precious"
    core = {name: frame for name, frame in program.tables.items() if name != "clicks"}
    with pytest.raises(ParameterError, match="clicks is absent"):
        write_exports(core, tmp_path / "none")
    many = pd.DataFrame({"customer_id": [f"c{i:07d}" for i in range(people.N_NUMBERS)]})
    with pytest.raises(ParameterError, match="simulate fewer"):
        write_exports(program.tables | {"messages": many}, tmp_path / "none")
    assert not (tmp_path / "none").exists()
