"""From a plan and a list of customers to the tables of a store."""

import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pytest

import smsroi_models as smsroi
from smsroi_models.errors import DataError, ParameterError, SmsroiError, StoreError
from smsroi_models.planning.assign import assign_customers, write_assignment
from smsroi_models.planning.record import Plan, read_plan, write_plan
from smsroi_models.planning.recorded import collect_plan, plan_row

RECORDED = datetime(2025, 2, 28, 9, tzinfo=UTC)
ASSIGNED = datetime(2025, 3, 1, 9, tzinfo=UTC)
PLAN = Plan("SPRING", "Spring sale", RECORDED, 14, 0.2, strata=("region",))
IDS = [f"c{number:03d}" for number in range(100)]
PEOPLE = pd.DataFrame(
    {
        "customer_id": IDS,
        "region": ["north" if number < 50 else "south" for number in range(100)],
        "shoe_size": range(100),
    }
)
DAY = timedelta(days=1)


def _shop(folder: Path, **frames: pd.DataFrame) -> Path:
    """A small shop: 100 customers, of whom c000 opted out and c001 came back afterwards."""
    tables = {
        "campaigns": pd.DataFrame(
            {
                "campaign_id": ["WINTER", "SPRING"],
                "name": ["Winter", "Spring"],
                "starts_at": [ASSIGNED - 60 * DAY, ASSIGNED],
                "window_days": [14, 14],
                "margin_rate": 0.5,
                "currency": "EUR",
            }
        ),
        "customers": pd.DataFrame({"customer_id": IDS, "acquired_at": ASSIGNED - 400 * DAY}),
        "assignments": pd.DataFrame(
            {
                "campaign_id": "WINTER",
                "customer_id": IDS[:2],
                "arm": ["treatment", "holdout"],
                "assigned_at": ASSIGNED - 60 * DAY,
            }
        ),
        "orders": pd.DataFrame(
            {
                "order_id": ["o1"],
                "customer_id": IDS[:1],
                "ordered_at": [ASSIGNED + DAY],
                "revenue": [10.0],
                "discount": [0.0],
            }
        ),
        "subscriptions": _subscriptions(
            ("c000", 30, "opt_in"),
            ("c000", 20, "opt_out"),
            ("c001", 20, "opt_out"),
            ("c001", 10, "opt_in"),
            # After the assignment: no reason to leave the customer out.
            ("c002", -1, "opt_out"),
        ),
    }
    return smsroi.write_store(tables | frames, folder)


def _subscriptions(*rows: tuple[str, int, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": [row[0] for row in rows],
            "occurred_at": [ASSIGNED - row[1] * DAY for row in rows],
            "event": [row[2] for row in rows],
        }
    )


@pytest.fixture
def shop(tmp_path):
    with smsroi.open_store(_shop(tmp_path / "shop")) as store:
        yield store


def _draw(customers=PEOPLE, store=None, plan=PLAN, **options):
    options = {"assigned_at": ASSIGNED, "seed": 7} | options
    return assign_customers(plan, customers, store, **options)


def test_everybody_has_one_arm_and_each_stratum_its_share():
    drawn = _draw()
    assert (drawn.plan.n_treatment, drawn.plan.n_holdout) == (80, 20)
    assert drawn.plan == replace(PLAN, seed=7, n_treatment=80, n_holdout=20)
    assert drawn.table["customer_id"].tolist() == IDS
    counts = drawn.table.groupby("stratum")["arm"].value_counts()
    assert counts["north", "holdout"] == counts["south", "holdout"] == 10
    assert set(drawn.table["assigned_at"]) == {pd.Timestamp(ASSIGNED)}


def _forms(folder: Path):
    texts = PEOPLE.astype(str)
    texts.to_csv(folder / "people.csv", index=False)
    texts.to_parquet(folder / "people.parquet")
    return {
        "turned frame": PEOPLE.iloc[::-1],
        "arrow": pa.Table.from_pandas(PEOPLE),
        "categories": PEOPLE.astype({"region": "category", "customer_id": "category"}),
        "ibis": ibis.memtable(PEOPLE),
        "csv": folder / "people.csv",
        "parquet": str(folder / "people.parquet"),
    }


def test_every_form_of_the_list_gives_the_same_arms(tmp_path):
    expected = _draw().table
    for name, form in _forms(tmp_path).items():
        pd.testing.assert_frame_equal(_draw(form).table, expected, obj=name)


def test_another_seed_gives_other_arms_and_the_plans_own_is_used():
    seven = _draw().table
    assert not _draw(seed=8).table.equals(seven)
    own = _draw(plan=replace(PLAN, seed=7), seed=None)
    assert own.table.equals(seven)


def test_strata_of_several_columns_with_nulls(tmp_path):
    plan = replace(PLAN, strata=("region", "segment"), holdout_share=0.5)
    people = PEOPLE.assign(segment=[None, "old"] * 50)
    found = set(_draw(people, plan=plan).table["stratum"])
    assert found == {"north / (none)", "north / old", "south / (none)", "south / old"}
    people.to_csv(tmp_path / "people.csv", index=False)
    assert set(_draw(tmp_path / "people.csv", plan=plan).table["stratum"]) == found


@pytest.mark.parametrize(
    "values",
    [
        {"region": ["(none)"] * 50 + [None] * 50, "segment": "x"},
        {"region": ["a / b"] * 50 + ["a"] * 50, "segment": ["c"] * 50 + ["b / c"] * 50},
    ],
)
def test_strata_that_would_share_a_name_are_refused(values):
    people = PEOPLE.assign(**values)
    with pytest.raises(DataError, match="2 strata of region and segment have only 1 names"):
        _draw(people, plan=replace(PLAN, strata=("region", "segment")))


def test_numbers_may_be_strata():
    people = PEOPLE.assign(region=[1, 2] * 50)
    assert set(_draw(people).table["stratum"]) == {"1", "2"}


def test_without_strata_there_is_no_stratum():
    assert _draw(plan=replace(PLAN, strata=())).table["stratum"].isna().all()


def test_opt_outs_are_refused_or_left_out(shop):
    with pytest.raises(DataError, match=r"1 of 100 customers opted out .*\(c000\).*--drop-opted-o"):
        _draw(store=shop)
    drawn = _draw(store=shop, drop_opted_out=True)
    assert drawn.opted_out == 1 and drawn.table["customer_id"].tolist() == IDS[1:]
    assert drawn.plan.n_treatment + drawn.plan.n_holdout == 99
    # What was left out does not depend on the store being there.
    assert _draw(PEOPLE.iloc[1:]).table.equals(drawn.table)


def test_an_opt_out_of_the_same_instant_counts(tmp_path):
    events = _subscriptions(("c003", 5, "opt_in"), ("c003", 5, "opt_out"), ("c004", 0, "opt_out"))
    with smsroi.open_store(_shop(tmp_path / "shop", subscriptions=events)) as store:
        assert _draw(store=store, drop_opted_out=True).opted_out == 2


def test_where_everybody_opted_out_nobody_is_assigned(shop):
    with pytest.raises(DataError, match="nobody to assign"):
        _draw(PEOPLE.iloc[:1], store=shop, drop_opted_out=True)


def test_unknown_customers_are_refused(shop):
    strangers = PEOPLE.assign(customer_id=["x1", "x2", *IDS[2:]])
    with pytest.raises(DataError, match=r"2 of 100 customers .*\(x1, x2\)"):
        _draw(strangers, store=shop, drop_opted_out=True)


def test_a_store_with_few_tables_says_nothing_against_anybody(tmp_path):
    with smsroi.open_store(_shop(tmp_path / "shop")) as full:
        orders = full["orders"].to_pandas()
    with smsroi.open_store(smsroi.write_store({"orders": orders}, tmp_path / "few")) as few:
        assert _draw(store=few).table.equals(_draw().table)


def test_a_campaign_is_assigned_once(shop):
    with pytest.raises(ParameterError, match="'WINTER' has 2 assignments already"):
        _draw(store=shop, plan=replace(PLAN, campaign_id="WINTER"), drop_opted_out=True)


def test_a_window_other_than_the_campaigns_is_refused(shop):
    with pytest.raises(ParameterError, match="14 days in the store and of 28 in the plan"):
        _draw(store=shop, plan=replace(PLAN, window_days=28), drop_opted_out=True)


def test_another_plan_of_the_campaign_is_refused(tmp_path):
    other = pd.DataFrame([plan_row(replace(PLAN, pre_days=30))])
    with smsroi.open_store(_shop(tmp_path / "shop", plans=other)) as store:
        with pytest.raises(ParameterError, match="another plan"):
            _draw(store=store, drop_opted_out=True)
        same = replace(PLAN, pre_days=30)
        assert _draw(store=store, plan=same, drop_opted_out=True).plan.pre_days == 30


@pytest.mark.parametrize(
    ("people", "word"),
    [
        (PEOPLE.rename(columns={"customer_id": "customerid"}), "'customerid' meant"),
        (PEOPLE.drop(columns="region"), "no column 'region'"),
        (PEOPLE.assign(customer_id=range(100)), "ids are text"),
        (PEOPLE.assign(customer_id=[None, "", *IDS[2:]]), "2 of 100 customers have no customer_id"),
        (PEOPLE.assign(customer_id=["c099", *IDS[1:]]), r"1 customers .*\(c099\)"),
        (PEOPLE.assign(customer_id=["a@shop.example", *IDS[1:]]), r"e-mail address \(\*\*\*le\)"),
        (PEOPLE.assign(customer_id=["+1 202 555 0142", *IDS[1:]]), r"telephone .*\(\*\*\*42\)"),
        (PEOPLE.assign(customer_id=["202-555-0142", *IDS[1:]]), r"telephone .*\(\*\*\*42\)"),
        (PEOPLE.assign(customer_id=[f"2025550{n:03d}" for n in range(100)]), "telephone"),
        (PEOPLE.assign(region="a@shop.example"), "1 values of region look like"),
        (PEOPLE.iloc[:0], "empty"),
    ],
)
def test_lists_that_cannot_be_assigned_are_refused(people, word):
    with pytest.raises(DataError, match=word):
        _draw(people)


def test_running_numbers_are_ids():
    assert len(_draw(PEOPLE.assign(customer_id=[f"{n:04d}" for n in range(100)])).table) == 100


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"assigned_at": RECORDED - timedelta(seconds=1)}, "first the plan, then the draw"),
        ({"assigned_at": datetime(2025, 3, 1)}, "zone"),
        ({"seed": None}, "no seed"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": True}, "seed is True"),
        ({"plan": replace(PLAN, seed=8)}, "the plan says 8"),
        ({"plan": replace(PLAN, n_treatment=80, n_holdout=20)}, "drawn already"),
        ({"plan": replace(PLAN, holdout_share=1e-6)}, "nobody in holdout"),
    ],
)
def test_draws_out_of_order_are_refused(options, word):
    with pytest.raises(ParameterError, match=word):
        _draw(**options)


@pytest.mark.parametrize(
    ("n_audience", "word"),
    [
        (None, ""),
        (91, ""),
        (90, "the list has 100 customers to assign; the plan was sized for 90: .* more"),
        (111, ""),
        (112, "the list has 100 customers to assign; the plan was sized for 112: .* less"),
        (200, "sized for 200"),
    ],
)
def test_a_list_of_another_size_than_planned_is_told(n_audience, word):
    told = " ".join(_draw(plan=replace(PLAN, n_audience=n_audience)).warnings)
    assert re.search(word, told) if word else "sized for" not in told


def test_less_than_half_the_planned_audience_is_refused_unless_asked_for():
    plan = replace(PLAN, n_audience=201)
    with pytest.raises(DataError, match=r"has 100 .* sized for 201: .*--any-size \(any_size=True"):
        _draw(plan=plan)
    drawn = _draw(plan=plan, any_size=True)
    assert drawn.plan.n_treatment == 80 and "sized for 201" in drawn.warnings[0]
    assert drawn.table.equals(_draw().table)


def test_where_opt_outs_cannot_be_checked_it_is_said(shop, tmp_path):
    drawn = _draw()
    assert drawn.opted_out is None and "no --store" in drawn.warnings[0]
    checked = _draw(store=shop, drop_opted_out=True)
    assert checked.opted_out == 1 and checked.warnings == ()
    orders = {"orders": shop["orders"].to_pandas()}
    with smsroi.open_store(smsroi.write_store(orders, tmp_path / "few")) as few:
        drawn = _draw(store=few)
    assert drawn.opted_out is None and "no table subscriptions" in drawn.warnings[0]


def test_the_command_says_that_opt_outs_were_not_checked(files, tmp_path):
    run = _smsroi(*files, "--out", tmp_path / "out", "--json")
    told = json.loads(run.stdout)
    assert run.returncode == 0 and told["opted_out"] is None
    assert "opt-outs were not checked" in told["warnings"][0]
    assert run.stderr == f"warning: {told['warnings'][0]}\n"


def test_those_who_opted_out_are_not_of_the_planned_audience(shop):
    plan = replace(PLAN, n_audience=90)
    assert _draw(store=shop, plan=plan, drop_opted_out=True).warnings == ()  # 99 are left


def test_files_that_are_no_list_are_refused(tmp_path):
    (tmp_path / "people.txt").write_text("customer_id\n")
    (tmp_path / "people.parquet").write_text("customer_id\n")
    (tmp_path / "people.csv").write_text("customer_id;region\n1;2\n")
    (tmp_path / "ragged.csv").write_text("customer_id,region\n1,2\n1\n")
    for name in ("none.csv", "people.txt", "people.parquet", "people.csv", "ragged.csv"):
        with pytest.raises(DataError, match=name.replace(".", r"\.")):
            _draw(tmp_path / name)


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_what_is_written_makes_the_store_whole(tmp_path, file_format):
    folder = write_assignment(_draw(), tmp_path / "out", file_format=file_format)
    assert {entry.name for entry in folder.iterdir()} == {
        f"assignments.{file_format}",
        f"plans.{file_format}",
        "plan.json",
    }
    for path in _shop(tmp_path / "shop").iterdir():
        if path.stem != "assignments":
            (folder / path.name).write_bytes(path.read_bytes())
    with smsroi.open_store(folder) as store:
        assert smsroi.check_store(store) == ()
        plan = collect_plan(store, "SPRING")
        assert plan == _draw().plan == read_plan(folder / "plan.json")
        assert collect_plan(store, "WINTER") is None
        table = store["assignments"].order_by("customer_id").to_pandas()
        assert table["arm"].tolist() == _draw().table["arm"].tolist()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out", "shop"]


FORMULAS = ["=1+1", "+1x", "-2x", "@x", "\tx", "\rx", "'=1", "''@x", "'plain", "it's", "x=1"]


def test_ids_like_formulas_are_inert_in_csv_and_read_back_as_they_were(tmp_path):
    people = pd.DataFrame({"customer_id": FORMULAS, "region": "=n"})
    drawn = _draw(people)
    out = write_assignment(drawn, tmp_path / "out", file_format="csv")
    written = pd.read_csv(out / "assignments.csv", keep_default_na=False)
    assert not written["customer_id"].str.match(r"[=+\-@\t\r]").any()
    assert {"'=1+1", "'@x", "''=1", "'''@x", "'plain", "it's", "x=1"} < set(written["customer_id"])
    assert set(written["stratum"]) == {"'=n"}
    with smsroi.open_store(out) as store:
        read = store["assignments"].order_by("customer_id").to_pandas()
    assert sorted(read["customer_id"]) == sorted(FORMULAS) and set(read["stratum"]) == {"=n"}
    # What was written is a list of customers itself.
    again = _draw(out / "assignments.csv", plan=replace(PLAN, strata=("stratum",)))
    assert sorted(again.table["customer_id"]) == sorted(FORMULAS)


def test_a_list_with_ids_like_formulas_is_read_as_it_is(tmp_path):
    pd.DataFrame({"customer_id": FORMULAS[:4], "region": "n"}).to_csv(
        tmp_path / "people.csv", index=False
    )
    assert sorted(_draw(tmp_path / "people.csv").table["customer_id"]) == sorted(FORMULAS[:4])


def test_the_same_draw_makes_the_same_bytes(tmp_path):
    one, two = (write_assignment(_draw(), tmp_path / name) for name in ("one", "two"))
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes()


def test_nothing_is_replaced_and_nothing_half_written(tmp_path):
    drawn, out = _draw(), tmp_path / "out"
    out.mkdir()
    write_assignment(drawn, out)  # an empty folder may be filled
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(ParameterError, match="not replaced"):
        write_assignment(_draw(seed=8), out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    with pytest.raises(ParameterError, match="parquet or csv"):
        write_assignment(drawn, tmp_path / "other", file_format="xls")
    broken = replace(drawn, table=drawn.table.assign(arm=1))
    with pytest.raises(SmsroiError):
        write_assignment(broken, tmp_path / "other")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"record": PLAN.to_json().replace("14", "15")}, "changed after it was recorded"),
        ({"record": "{}"}, "lacks"),
        ({"sha256": "0" * 64}, "changed after it was recorded"),
        ({"treatment_share": 0.5}, "treatment_share 0.8"),
        ({"n_treatment": 1, "n_holdout": 1}, "n_treatment None"),
        ({"recorded_at": RECORDED + DAY}, "recorded_at"),
    ],
)
def test_plans_that_were_changed_in_the_store_are_refused(tmp_path, change, word):
    plans = pd.DataFrame([plan_row(PLAN) | change])
    shop = smsroi.open_store(_shop(tmp_path / "shop", plans=plans))
    with shop as store, pytest.raises(StoreError, match=word):
        collect_plan(store, "SPRING")


def test_several_plans_of_a_campaign_are_refused(tmp_path):
    plans = pd.DataFrame([plan_row(PLAN), plan_row(PLAN)])
    shop = smsroi.open_store(_shop(tmp_path / "shop", plans=plans))
    with shop as store, pytest.raises(StoreError, match="2 plans"):
        collect_plan(store, "SPRING")


def _smsroi(*arguments: object) -> subprocess.CompletedProcess[str]:
    code = "from smsroi_models.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "assign", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def files(tmp_path):
    PEOPLE.to_csv(tmp_path / "people.csv", index=False)
    return write_plan(PLAN, tmp_path / "plan.json"), tmp_path / "people.csv"


def test_the_command_says_how_the_draw_gets_into_the_store(files, tmp_path):
    out = tmp_path / "out put"
    run = _smsroi(*files, "--out", out, "--seed", 7)
    words = shlex.split(run.stdout.splitlines()[-1])
    assert words[:3] == ["smsroi", "import", "smsroi"] and words[-2:] == ["--store", "STORE"]
    assert all(Path(word).is_file() for word in words[3:-2]) and len(words) == 7


def test_the_command_draws_by_plan_and_seed(files, tmp_path):
    store, out = _shop(tmp_path / "shop"), tmp_path / "out"
    options = ("--store", store, "--seed", 7, "--assigned-at", "2025-03-01T10:00:00+01:00")
    refused = _smsroi(*files, "--out", out, *options)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("error: 1 of 100 customers opted out") and not out.exists()
    run = _smsroi(*files, "--out", out, *options, "--drop-opted-out", "--format", "csv", "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    plan = read_plan(out / "plan.json")
    assert (told["n_treatment"], told["n_holdout"]) == (plan.n_treatment, plan.n_holdout)
    assert (told["opted_out"], told["strata"], told["seed"]) == (1, 2, 7)
    assert told["warnings"] == [] and run.stderr == ""
    assert told["sha256"] == plan.sha256
    expected = _draw(PEOPLE.iloc[1:]).table
    written = pd.read_csv(out / "assignments.csv")
    assert written["arm"].tolist() == expected["arm"].tolist()
    assert set(pd.to_datetime(written["assigned_at"])) == {pd.Timestamp(ASSIGNED)}
    again = _smsroi(*files, "--out", out, *options, "--drop-opted-out")
    assert again.returncode == 2 and "not replaced" in again.stderr


def test_without_a_seed_the_command_draws_one_and_records_it(files, tmp_path):
    runs = [_smsroi(*files, "--out", tmp_path / name) for name in ("one", "two")]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    seeds = [read_plan(tmp_path / name / "plan.json").seed for name in ("one", "two")]
    assert seeds[0] != seeds[1]
    for run, seed in zip(runs, seeds, strict=True):
        assert f"Seed {seed};" in run.stdout and "80 to be texted, 20 held out" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--assigned-at", "soon"), "assigned_at is 'soon'"),
        (("--assigned-at", "2025-02-01"), "first the plan"),
        (("--format", "xls"), "parquet"),
        (("--seed", "-1"), "seed"),
    ],
)
def test_wrong_use_of_the_command_exits_2(files, tmp_path, arguments, word):
    run = _smsroi(*files, "--out", tmp_path / "out", *arguments)
    assert run.returncode == 2
    assert word in run.stderr and "Traceback" not in run.stderr
    assert not (tmp_path / "out").exists()


def test_the_command_warns_of_another_size_and_refuses_a_small_part(files, tmp_path):
    sized = write_plan(replace(PLAN, n_audience=150), tmp_path / "sized.json")
    run = _smsroi(sized, files[1], "--out", tmp_path / "one", "--json")
    assert run.returncode == 0
    assert "warning: the list has 100 customers to assign" in run.stderr
    assert "sized for 150" in " ".join(json.loads(run.stdout)["warnings"])
    large = write_plan(replace(PLAN, n_audience=34_164), tmp_path / "large.json")
    refused = _smsroi(large, files[1], "--out", tmp_path / "two")
    assert refused.returncode == 1 and "sized for 34,164" in refused.stderr
    assert not (tmp_path / "two").exists()
    run = _smsroi(large, files[1], "--out", tmp_path / "two", "--any-size")
    assert run.returncode == 0 and "sized for 34,164" in run.stderr


def test_a_plan_that_was_changed_is_refused_by_the_command(files, tmp_path):
    plan, people = files
    plan.write_text(plan.read_text().replace("0.2", "0.1"))
    run = _smsroi(plan, people, "--out", tmp_path / "out")
    assert run.returncode == 2 and "changed after it was recorded" in run.stderr
