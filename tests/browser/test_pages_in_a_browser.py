"""Pages as a browser shows them: nothing fetched, nothing complained of, readable by everybody.

Where axe-core finds nothing, a page may still be hard to use; what it finds is wrong. Without a
browser or axe-core these tests are skipped; with ``SMSROI_REQUIRE_BROWSER=1``, as in CI, they fail.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from chromium import Chromium, find
from typer.testing import CliRunner

import smsroi_models as smsroi
from smsroi_models.cli import app

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK = 390, 1280
_COMMANDS = {
    "campaign": ("report", "camp-01"),
    "plan": ("plan", "NEXT", "--window-days", "14"),
    "audience": ("audience",),
    "lifetime": ("clv",),
    "survey": ("survey", "s000"),
}
PAGES = (*_COMMANDS, "index")
# On A4, of a page as long as a campaign's: more says that something is printed far too large.
MOST_SHEETS = 25
# Without its figures.
MOST_BYTES = 150_000
_SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_SCROLLING_TABLES = """[...document.querySelectorAll('.scroll')].filter(
    box => box.querySelector('.stack') && box.scrollWidth > box.clientWidth + 1).length"""
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


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small shop's pages, by name."""
    program = smsroi.simulate_program(4000, 1, np.random.default_rng(11), detail="full")
    folder = tmp_path_factory.mktemp("pages")
    shop = str(smsroi.write_store(program.tables, folder / "shop"))
    named = {"index": folder / "index.html"}
    for name, command in _COMMANDS.items():
        before = set(folder.rglob("report.html"))
        with contextlib.chdir(folder):  # where a plan is recorded
            run = CliRunner().invoke(app, [*command, "--store", shop, "--reports", str(folder)])
        assert run.exit_code == 0, run.output
        (named[name],) = set(folder.rglob("report.html")) - before
    return named


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


def test_a_campaign_prints_whole(browser, pages):
    browser.open(pages["campaign"], DESK)
    printed = browser.pdf()
    assert printed.startswith(b"%PDF-")
    sheets = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 4 <= sheets <= MOST_SHEETS


def test_a_campaigns_page_is_small_without_its_figures(pages):
    page = pages["campaign"].read_text(encoding="utf-8")
    bare = re.sub(r'src="data:[^"]*"', "", page)
    assert len(bare) < len(page)
    assert len(bare.encode()) <= MOST_BYTES
