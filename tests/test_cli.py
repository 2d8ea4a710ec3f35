"""The command as its users meet it: what it prints, what it writes, how it exits."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import smsroi_models as smsroi


def _smsroi(*arguments: object) -> subprocess.CompletedProcess[str]:
    code = "from smsroi_models.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo store, made by the command itself."""
    path = tmp_path_factory.mktemp("cli") / "shop"
    run = _smsroi("demo", "--store", path, "--customers", 3000, "--campaigns", 2)
    assert run.returncode == 0, run.stderr
    return path


def test_demo_prints_the_truth_and_writes_every_table(shop):
    with smsroi.open_store(shop) as store:
        assert len(store.names) == 18


def test_demo_with_the_same_seed_writes_the_same_store(shop, tmp_path):
    _smsroi("demo", "--store", tmp_path / "again", "--customers", 3000, "--campaigns", 2)
    with smsroi.open_store(shop) as one, smsroi.open_store(tmp_path / "again") as two:
        assert one.fingerprint() == two.fingerprint()


def test_check_passes_a_sound_store(shop):
    run = _smsroi("check", "--store", shop)
    assert run.returncode == 0
    assert "18 tables, 0 errors" in run.stdout


def test_check_tells_errors_as_json_and_exits_1(shop, tmp_path):
    with smsroi.open_store(shop) as store:
        tables = {name: store[name].to_pandas() for name in store.names}
    tables["orders"] = pd.concat([tables["orders"], tables["orders"].head(1)])
    broken = smsroi.write_store(tables, tmp_path / "broken")
    run = _smsroi("check", "--store", broken, "--json")
    assert run.returncode == 1
    errors = [f for f in json.loads(run.stdout)["findings"] if f["severity"] == "error"]
    assert [finding["table"] for finding in errors] == ["orders"]


def test_report_renders_what_is_named_and_lists_it(shop, tmp_path):
    arguments = ("--store", shop, "--reports", tmp_path / "r", "-p", "pre_days=30", "--json")
    run = _smsroi("report", "camp-01", *arguments)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert list(told["rendered"]) == ["camp-01"] and not told["failed"]
    folder = Path(told["rendered"]["camp-01"]).parent
    results = json.loads((folder / "results.json").read_text())
    assert results["parameters"]["pre_days"] == 30
    assert sorted(path.name for path in folder.iterdir()) == [
        "notebook.ipynb",
        "report.html",
        "results.json",
    ]
    assert "camp-01" in Path(told["index"]).read_text()
    assert run.stderr == ""


def test_the_same_store_gives_the_same_bytes(shop, tmp_path):
    files = []
    for name in ("one", "two"):
        run = _smsroi("report", "camp-02", "--store", shop, "--reports", tmp_path / name, "--json")
        folder = Path(json.loads(run.stdout)["rendered"]["camp-02"]).parent
        files.append([(folder / f).read_bytes() for f in ("report.html", "results.json")])
    assert files[0] == files[1]


def test_campaigns_are_listed_for_a_script(shop):
    assert _smsroi("campaigns", "--store", shop).stdout.split() == ["camp-01", "camp-02"]
    assert json.loads(_smsroi("campaigns", "--store", shop, "--json").stdout)[0] == "camp-01"


def test_schedule_prints_the_command_with_whole_paths(shop, tmp_path):
    run = _smsroi("schedule", "--print", "cron", "--store", shop, "--reports", tmp_path)
    assert run.returncode == 0
    assert f"report --all --store {shop} --reports {tmp_path} --log" in run.stdout
    assert _smsroi("schedule", "--print", "cron", "--at", "noon").returncode == 2


def test_all_counts_running_campaigns_as_waiting_not_as_failed(shop, tmp_path):
    arguments = ("--store", shop, "--reports", tmp_path, "--as-of", "2025-02-01", "--json")
    arguments = ("--only", "campaigns", *arguments)
    run = _smsroi("report", "--all", *arguments)
    told = json.loads(run.stdout)
    assert run.returncode == 0
    assert list(told["rendered"]) == ["camp-01"] and list(told["waiting"]) == ["camp-02"]
    assert "2025-02-19" in told["waiting"]["camp-02"]
    page = Path(told["rendered"]["camp-01"])
    written = page.stat().st_mtime_ns
    again = json.loads(_smsroi("report", "--all", *arguments).stdout)
    assert again["unchanged"] == {"camp-01": str(page)} and not again["rendered"]
    assert page.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("report", "--store", "SHOP"), "--all"),
        (("report", "camp-01", "--all", "--store", "SHOP"), "--all"),
        (("report", "camp-01", "--only", "pages", "--store", "SHOP"), "--all"),
        (("report", "camp-1", "--store", "SHOP"), "camp-01"),
        (("report", "--all", "--store", "SHOP", "--as-of", "soon"), "2025-03-01"),
        (("report", "--all", "--store", "SHOP", "--as-of", "2999-01-01"), "still to come"),
        (("report", "--all", "--store", "SHOP", "--confidence-level", "95"), "0.95"),
        (("report", "--all", "--store", "SHOP", "--pre-days", "-1"), "3650"),
        (("report", "--all", "--store", "SHOP", "-p", "pre_day=30"), "did you mean 'pre_days'"),
        (("report", "--all", "--store", "SHOP", "-p", "pre_days=soon"), "int is wanted"),
        (("report", "--all", "--store", "SHOP", "-p", "confidence_level=95"), "0.95"),
        (("report", "--all", "--store", "SHOP", "-p", "store_url=x"), "use --store"),
        (("demo", "--customers", "10", "--store", "SHOP/x"), "1000"),
        (("repot",), "report"),
    ],
)
def test_wrong_use_exits_2_and_says_what_to_do(arguments, word, shop, tmp_path):
    run = _smsroi(*[str(a).replace("SHOP", str(shop)) for a in arguments])
    assert run.returncode == 2
    assert word in run.stderr and "Traceback" not in run.stderr
    assert not list(tmp_path.iterdir())


def test_demo_never_replaces_data_of_somebodys_own(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "campaigns.csv").write_text(
        "campaign_id,name,starts_at,window_days,margin_rate,currency\n"
        "SPRING,Spring,2025-03-01T00:00:00Z,14,0.6,USD\n"
    )
    header = (mine / "campaigns.csv").read_text().splitlines()[0]
    for text in (header, f"{header}\ncamp-01,Mine,2025-03-01T00:00:00Z,14,0.6,USD"):
        (mine / "campaigns.csv").write_text(f"{text}\n")
        run = _smsroi("demo", "--store", mine, "--customers", 1000)
        assert run.returncode == 2 and "did not make" in run.stderr
        assert [path.name for path in mine.iterdir()] == ["campaigns.csv"]


def test_a_campaign_named_too_early_waits_and_exits_3(shop, tmp_path):
    arguments = ("--store", shop, "--reports", tmp_path, "--as-of", "2025-01-08", "--json")
    run = _smsroi("report", "camp-01", *arguments)
    told = json.loads(run.stdout)
    assert run.returncode == 3  # a scheduler can tell it from a failure
    assert list(told["waiting"]) == ["camp-01"] and not told["failed"]
    assert "camp-01" not in Path(told["index"]).read_text()


def test_a_running_campaign_is_read_so_far(shop, tmp_path):
    arguments = ("--store", shop, "--reports", tmp_path, "--as-of", "2025-01-12", "--so-far")
    run = _smsroi("report", "camp-01", *arguments, "--json")
    assert run.returncode == 0, run.stderr
    results = json.loads((tmp_path / "camp-01" / "2025-01-12" / "results.json").read_text())
    assert (results["so_far"]["days"], results["so_far"]["window_days"]) == (5, 14)
    assert results["parameters"]["so_far"] is True
    assert "So far, after 5 of 14 days" in results["verdict"]


def test_reports_that_cannot_be_written_are_told_in_one_line(shop, tmp_path):
    (tmp_path / "file").write_text("")
    run = _smsroi("report", "camp-01", "--store", shop, "--reports", tmp_path / "file")
    assert run.returncode == 1
    assert "Traceback" not in run.stderr and "file" in run.stderr


def test_a_store_that_is_not_there_exits_1(tmp_path):
    run = _smsroi("check", "--store", tmp_path / "nowhere")
    assert run.returncode == 1
    assert run.stderr.startswith("error: ") and "Traceback" not in run.stderr
