"""A campaign that held nobody out gets its own report, marked as weaker evidence everywhere."""

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import nbformat
import numpy as np
import pytest

import smsroi_models as smsroi
from smsroi_models.report.batch import Batch, render_campaigns
from smsroi_models.report.hygiene import SIBLINGS, check_page
from smsroi_models.simulate import Shop

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
HOSTILE = "<script>alert(1)</script> $5 {{ 7*7 }}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """camp-01 texted everyone; camp-02 held a fifth out."""
    program = smsroi.simulate_program(
        12_000, 2, np.random.default_rng(60), detail="core", shop=Shop(history_days=540)
    )
    tables = dict(program.tables)
    assigned = tables["assignments"]
    held = (assigned["campaign_id"] == "camp-01") & (assigned["arm"] == "holdout")
    tables["assignments"] = assigned[~held].reset_index(drop=True)
    campaigns = tables["campaigns"].copy()
    campaigns.loc[0, "name"] = HOSTILE
    tables["campaigns"] = campaigns
    return smsroi.write_store(tables, tmp_path_factory.mktemp("without") / "shop")


@pytest.fixture(scope="module")
def batch(shop, tmp_path_factory) -> Batch:
    values = {"store_url": str(shop), "as_of": "", "confidence_level": 0.95, "pre_days": 90}
    notebook = NOTEBOOKS / "campaign_roi.ipynb"
    reports = tmp_path_factory.mktemp("reports")
    return render_campaigns(notebook, ["camp-01", "camp-02"], values, reports)


def _folder(batch: Batch, campaign: str) -> Path:
    assert not batch.failed and not batch.waiting, (batch.failed, batch.waiting)
    return Path(batch.rendered[campaign]).parent


def test_each_campaign_is_rendered_by_the_notebook_for_it(batch):
    kinds = {}
    for campaign in ("camp-01", "camp-02"):
        results = json.loads((_folder(batch, campaign) / "results.json").read_text())
        kinds[campaign] = results["evidence"], results["notebook"]["name"]
    assert kinds == {
        "camp-01": ("weaker", "campaign_without_holdout.ipynb"),
        "camp-02": ("randomised", "campaign_roi.ipynb"),
    }


def test_the_verdict_the_figures_and_the_index_say_weaker(batch):
    folder = _folder(batch, "camp-01")
    results = json.loads((folder / "results.json").read_text())
    page = (folder / "report.html").read_text()
    assert "weaker evidence: nobody was held out" in results["verdict"]
    headline = re.search(r'<p class="headline">(.*?)</p>', page)
    assert headline and "weaker evidence: nobody was held out" in headline[1]
    alts = [unescape(alt) for alt in re.findall(r'<img alt="([^"]*)"', page)]
    assert len(alts) == 2 and all("(weaker evidence)" in alt for alt in alts)
    assert "<code>smsroi plan</code>" in page
    assert "No evidence can be borrowed: 0 campaigns have a factor" in page
    assert results["figures"]["borrowed"] is None
    index = Path(batch.index).read_text()
    assert index.count("(weaker evidence)") == 1
    assert 'outcome-unclear">' in index


def test_the_page_passes_the_gate_and_shows_a_hostile_name_as_text(batch):
    page = (_folder(batch, "camp-01") / "report.html").read_text()
    check_page(page, SIBLINGS)
    assert "<script>" not in page and "{{ 7*7 }}" in unescape(page)


def test_the_figures_of_the_results_are_those_of_the_package(batch, shop):
    figures = json.loads((_folder(batch, "camp-01") / "results.json").read_text())["figures"]
    with smsroi.open_store(shop) as store:
        found = smsroi.counterfactual_roi(store, "camp-01")
    assert figures["profit"] == pytest.approx(found.profit.to_dict())
    assert figures["n_holdout"] == 0 and figures["n_treatment"] == found.series.counted
    assert figures["learnt_days"] == 180, "pre_days of the other notebook is not this one's"


def test_a_bare_papermill_call_runs_it_without_a_warning(shop, tmp_path):
    output = tmp_path / "out.ipynb"
    command = [
        *(sys.executable, "-m", "papermill", str(NOTEBOOKS / "campaign_without_holdout.ipynb")),
        *(str(output), "-p", "store_url", str(shop), "-p", "history_days", "120"),
        *("-p", "campaign_id", "camp-01", "--no-progress-bar"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    cells = nbformat.read(output, as_version=4).cells
    assert not [o for c in cells for o in c.get("outputs", ()) if o.output_type == "stream"]


def test_a_refusal_is_told_in_words_and_leaves_no_report(shop, tmp_path):
    with smsroi.open_store(shop) as store:
        tables = {name: store[name].to_pandas() for name in store.names}
    recent = tables["orders"]["ordered_at"] >= tables["campaigns"][
        "starts_at"
    ].min() - np.timedelta64(30, "D")
    tables["orders"] = tables["orders"][recent].reset_index(drop=True)
    short = smsroi.write_store(tables, tmp_path / "short")
    values = {"store_url": str(short)}
    batch = render_campaigns(NOTEBOOKS / "campaign_roi.ipynb", ["camp-01"], values, tmp_path / "r")
    assert "fewer than the 56" in batch.failed["camp-01"]
    assert "hold out a part of the next campaign" in batch.failed["camp-01"]
    assert not batch.rendered
