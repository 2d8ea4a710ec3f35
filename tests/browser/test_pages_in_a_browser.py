"""Pages as a browser shows them: nothing fetched, nothing complained of, readable by everybody.

Where axe-core finds nothing, a page may still be hard to use; what it finds is wrong. Without a
browser or axe-core these tests are skipped; with ``SMSROI_REQUIRE_BROWSER=1``, as in CI, they fail.
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from chromium import Chromium, find
from typer.testing import CliRunner

import smsroi_models as smsroi
from smsroi_models.cli import app
from smsroi_models.report.failure_page import write_failure
from smsroi_models.report.index import write_index
from smsroi_models.simulate import Shop

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK = 390, 1280
_COMMANDS = {
    "campaign": ("report", "camp-01"),
    "plan": ("plan", "NEXT", "--window-days", "14"),
    "audience": ("audience",),
    "lifetime": ("clv",),
    "survey": ("survey", "s000"),
}
# Of a shop with a programme, in which one campaign held nobody out.
_MORE_COMMANDS = {
    "programme": ("programme", "GLOBAL-2025"),
    "without-holdout": ("report", "camp-01"),
    "portfolio": ("portfolio",),
}
REPORTS = (*_COMMANDS, *_MORE_COMMANDS)
PAGES = (*REPORTS, "index", "many", "failure")
# On A4: more says that something is printed far too large, fewer that something is left out.
FEWEST_SHEETS, MOST_SHEETS = 3, 25
# Without its figures.
MOST_BYTES = 150_000
_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_SCROLLING_TABLES = """[...document.querySelectorAll('.scroll')].filter(
    box => box.querySelector('.stack') && box.scrollWidth > box.clientWidth + 1).length"""
_HEADINGS = "[...document.querySelectorAll('main h2')].map(heading => heading.innerText)"
_SHOWN = """[...document.querySelectorAll('.listing tbody')].filter(
    row => row.offsetHeight > 0).length"""
_UNFOLD = "document.querySelectorAll('main details').forEach(part => { part.open = true; })"
_AXE = """axe.run(document, {preload: false}).then(found => found.violations.map(
    rule => rule.id + ': ' + rule.nodes.map(node => node.html).slice(0, 3).join(' | ')))"""


def _lacking(what: str) -> None:
    if os.environ.get("SMSROI_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{what}, and SMSROI_REQUIRE_BROWSER=1 forbids skipping")
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    binary = find()
    if binary is None:
        _lacking("No Chromium is installed")
    assert binary is not None
    # Chromium's socket has a path of at most 107 characters.
    profile = tmp_path_factory.mktemp("c")
    with Chromium(binary, profile) as started:
        yield started
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        _lacking("axe-core is not installed: npm ci --prefix tests/browser")
    return AXE.read_text(encoding="utf-8")


def _rendered(shop: str, reports: Path, commands: dict[str, tuple[str, ...]]) -> dict[str, Path]:
    """Run the commands and return the page that each of them made."""
    named = {}
    for name, command in commands.items():
        before = set(reports.rglob("report.html"))
        with contextlib.chdir(reports):  # where a plan is recorded
            run = CliRunner().invoke(app, [*command, "--store", shop, "--reports", str(reports)])
        assert run.exit_code == 0, run.output
        (named[name],) = set(reports.rglob("report.html")) - before
    return named


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every kind of page, each from a small shop and rendered once."""
    folder = tmp_path_factory.mktemp("pages")
    one = smsroi.simulate_program(4000, 1, np.random.default_rng(11), detail="full")
    (folder / "one").mkdir()
    (folder / "more").mkdir()
    shop = str(smsroi.write_store(one.tables, folder / "shop"))
    named = _rendered(shop, folder / "one", _COMMANDS)
    several = smsroi.simulate_program(
        6000,
        3,
        np.random.default_rng(91),
        global_holdout_share=0.25,
        detail="core",
        shop=Shop(history_days=540),
    )
    tables = dict(several.tables)
    assigned = tables["assignments"]
    held = (assigned["campaign_id"] == "camp-01") & (assigned["arm"] == "holdout")
    tables["assignments"] = assigned[~held].reset_index(drop=True)
    shop = str(smsroi.write_store(tables, folder / "several"))
    named |= _rendered(shop, folder / "more", _MORE_COMMANDS)
    failure = folder / "more" / "camp-02" / "latest.failed.html"
    failure.parent.mkdir()
    attempt = failure.with_suffix(".ipynb")
    write_failure(failure, "camp-02", "the store has no orders", attempt, folder / "scratch")
    return named | {
        "failure": failure,
        "index": write_index(folder / "one"),
        "many": _many(folder / "many"),
    }


def _many(reports: Path) -> Path:
    """Return the list of reports of a shop with many campaigns, each with an older report."""
    outcomes = ("paid", "lost", "unclear", "unknown", "invalid", "planned")
    for number in range(40):
        outcome = outcomes[number % len(outcomes)]
        profit = {"estimate": -1200.0, "ci_lower": -4300.0, "ci_upper": 1900.0}
        for day in ("2025-06-29", "2025-06-30"):
            made = reports / f"CAMP{number}" / f"{'plan-' if outcome == 'planned' else ''}{day}"
            made.mkdir(parents=True)
            results = {
                "name": f"Campaign number {number}",
                "campaign_id": f"CAMP{number}",
                "starts_at": f"20{20 + number % 5}-03-{10 + number % 20}",
                "headline": "Cannot tell.",
                "verdict": "Cannot tell. The best estimate is a loss.",
                "currency": "USD",
                "outcome": outcome,
                "figures": {"profit": profit, "roi": profit},
            }
            (made / "results.json").write_text(json.dumps(results))
            (made / "report.html").write_text("<!DOCTYPE html>")
    return write_index(reports)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_nothing_and_is_readable(browser, axe, pages, name, width, dark):
    browser.open(pages[name], width, dark=dark)
    assert browser.asked_for() == []
    assert browser.complaints() == []
    browser.evaluate(f"{axe};0")
    assert browser.evaluate(_AXE) == []
    browser.evaluate(_UNFOLD)
    assert browser.evaluate(_AXE) == []
    assert browser.evaluate(_SIDEWAYS) == 0


def test_the_checks_see_what_is_wrong(browser, axe, tmp_path):
    """A page that fetches, complains, and hides its meaning fails each of them."""
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<html><body style='width: 3000px'><img src='nowhere.png'><p style='color: #eee'>Pale</p>"
        "<script>console.error('broken')</script></body></html>"
    )
    browser.open(bad, PHONE)
    assert [url.rsplit("/", 1)[1] for url in browser.asked_for()] == ["nowhere.png"]
    assert any("broken" in complaint for complaint in browser.complaints())
    assert browser.evaluate(_SIDEWAYS) > 1000
    browser.evaluate(f"{axe};0")
    found = {violation.split(":")[0] for violation in browser.evaluate(_AXE)}
    assert {"image-alt", "color-contrast", "html-has-lang"} <= found


def test_no_table_of_a_campaign_scrolls_on_a_phone(browser, pages):
    browser.open(pages["campaign"], PHONE)
    assert browser.evaluate("document.querySelectorAll('.stack').length") > 0
    assert browser.evaluate(_SCROLLING_TABLES) == 0


def test_the_contents_stay_in_sight_on_a_desk_and_fold_on_a_phone(browser, pages):
    browser.open(pages["campaign"], DESK)
    browser.evaluate("window.scrollTo(0, 3000)")
    top = browser.evaluate("document.querySelector('.beside').getBoundingClientRect().top")
    assert top == 0
    browser.open(pages["campaign"], PHONE)
    assert browser.evaluate("document.querySelector('.folded').offsetHeight") < 60
    links = browser.evaluate(
        "[...document.querySelectorAll('nav a')].every("
        "a => document.getElementById(a.getAttribute('href').slice(1)))"
    )
    assert links is True


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_prints_whole(browser, pages, name):
    browser.open(pages[name], DESK)
    headings = browser.evaluate(_HEADINGS)
    assert len(headings) > 2
    printed = browser.pdf()
    assert printed.startswith(b"%PDF-") and b"/ToUnicode" in printed  # text, and no picture of it
    outline = b" ".join(re.findall(rb"/Title\s*\((.*?)\)", printed)).decode("latin-1")
    assert [heading for heading in headings if heading.isascii() and heading not in outline] == []
    sheets = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert FEWEST_SHEETS <= sheets <= MOST_SHEETS


@pytest.mark.parametrize("name", [*REPORTS, "index", "many", "failure"])
def test_every_link_of_a_page_leads_somewhere(browser, pages, name):
    browser.open(pages[name], DESK)
    links = browser.evaluate("[...document.querySelectorAll('a')].map(a => a.href)")
    assert links
    here = pages[name].as_uri()
    for link in links:
        path, _, fragment = link.partition("#")
        assert path.startswith("file://") and Path(unquote(urlsplit(path).path)).is_file(), link
        if fragment and path == here:
            assert browser.evaluate(f"document.getElementById('{fragment}') !== null"), link


def test_the_portfolio_leads_to_each_report_and_back_to_the_list(browser, pages):
    browser.open(pages["portfolio"], DESK)
    links = browser.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    home = "../../index.html"
    beside = {link for link in links if link.startswith("../") and link != home}
    assert {link.split("/")[2] for link in beside} == {"camp-01", "GLOBAL-2025"}
    assert home in links


def test_the_list_can_be_narrowed_without_a_script(browser, pages):
    browser.open(pages["many"], DESK)
    assert browser.evaluate(_SHOWN) == 40
    browser.evaluate("document.getElementById('show-lost').click()")
    assert browser.evaluate(_SHOWN) == 7  # numbers 1, 7, ... 37
    browser.evaluate("document.getElementById('show-all').click()")
    assert browser.evaluate(_SHOWN) == 40


def test_a_campaigns_page_is_small_without_its_figures(pages):
    page = pages["campaign"].read_text(encoding="utf-8")
    bare = re.sub(r'src="data:[^"]*"', "", page)
    assert len(bare) < len(page)
    assert len(bare.encode()) <= MOST_BYTES
