"""Every page of a shop in Germany, with euros: one way of writing money, numbers and days."""

import html
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import smsroi_models as smsroi
from smsroi_models.report import (
    audience_figure,
    audience_page,
    counterfactual_figure,
    counterfactual_page,
    executive_figure,
    figures,
    lifetime_figure,
    lifetime_groups_figure,
    lifetime_page,
    page,
    payload,
    plan_figures,
    plan_page,
    portfolio_figure,
    portfolio_page,
    programme_figure,
    programme_page,
    survey_figure,
    survey_page,
    waterfall,
)
from smsroi_models.report.drawing import Picture
from smsroi_models.report.failure_page import write_failure
from smsroi_models.report.index import write_index

AMERICAN = re.compile(
    r"[$€£¥]\d"  # the sign before the amount
    r"|(?<![\w.,])\d+\.\d{1,2}(?![\d.])|(?<![\w.,])0\.\d"  # a decimal point
    r"|(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])"  # digits grouped by commas
    r"|\d%|\d (?:EUR|USD)\b"  # no space before the percent sign; a code for a sign
    r"|\b\d{4}-\d\d-\d\d\b|[A-Z][a-z]{2} \d{1,2}, \d{4}"  # a date of another order
)
# The version of a platform's rule is a part of its name; a parameter may have three decimals.
NAMES = re.compile(r"(?:before|from) 2024-10-09|camp-\d\d|\b(?:r|alpha|a|b|p|q|v)\s+\d+,\d{3}\b")
Opened = tuple[ModuleType, ...]
PAGES: dict[str, tuple[Opened, Opened]] = {
    "campaign": ((page,), (figures, executive_figure, waterfall)),
    "portfolio": ((portfolio_page,), (portfolio_figure,)),
    "audience": ((audience_page,), (audience_figure,)),
    "survey": ((survey_page,), (survey_figure,)),
    "plan": ((plan_page,), (plan_figures,)),
    "lifetime": ((lifetime_page,), (lifetime_figure, lifetime_groups_figure)),
    "programme": ((programme_page,), (programme_figure,)),
    "counterfactual": ((counterfactual_page,), (counterfactual_figure,)),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A result of each kind, of one small shop."""
    program = smsroi.simulate_program(
        4000,
        2,
        np.random.default_rng(11),
        currency="EUR",
        locale="de-DE",
        global_holdout_share=0.1,
    )
    folder = smsroi.write_store(program.tables, tmp_path_factory.mktemp("store") / "laden")
    with smsroi.open_store(folder) as store:
        found = {
            "campaign": smsroi.analyze_campaign(store, "camp-01"),
            "portfolio": smsroi.analyze_portfolio(store),
            "audience": smsroi.analyze_audience(store),
            "survey": smsroi.analyze_survey(store, "s000"),
            "plan": smsroi.propose_campaign(store, window_days=14),
            "lifetime": smsroi.analyze_lifetime_value(store, model="bg_nbd"),
            "programme": smsroi.analyze_programme(store, "GLOBAL-2025"),
        }
    return found | {"counterfactual": _without_a_holdout(tmp_path_factory.mktemp("store") / "alle")}


def _without_a_holdout(folder: Path) -> smsroi.CounterfactualResult:
    program = smsroi.simulate_program(
        12_000, 1, np.random.default_rng(11), currency="EUR", locale="de-DE", detail="core"
    )
    arms = program.tables["assignments"]
    texted = {"assignments": arms[arms.arm == "treatment"]}
    tables = {name: frame for name, frame in program.tables.items() if name != "plans"} | texted
    with smsroi.open_store(smsroi.write_store(tables, folder)) as store:
        return smsroi.counterfactual_roi(store, "camp-01")


def _parts(modules: Opened) -> Iterator[Callable[..., Any]]:
    """Yield the parts of a page that take a result, and what else with names of their own."""
    for module in modules:
        for _, part in inspect.getmembers(module, inspect.isfunction):
            if part.__module__ == module.__name__ and hasattr(part, "__wrapped__"):
                yield part


def _others(part: Callable[..., Any]) -> dict[str, str]:
    names = list(inspect.signature(part).parameters)[1:]
    return {name: {"by": "segment"}.get(name, "NEXT") for name in names if name != "ax"}


def _plain(shown: Any) -> str:
    """Return what a part of a page says; of a figure what is said beside it."""
    if isinstance(shown, Picture):
        return shown.alt
    text = re.sub(r"<dt>Made with.*?</dd>|<code>.*?</code>", " ", shown.text, flags=re.S)
    return html.unescape(re.sub(r"<[^>]*>", " ", text)).replace("\N{WORD JOINER}", "")


def _drawn(part: Callable[..., Any], result: Any) -> list[str]:
    """Return every text in a figure, drawn long after it was asked for."""
    figure = Figure(figsize=(9, 7))
    if part(result, **_others(part), ax=figure) is None:
        return []
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible()]


def _american(text: str) -> list[str]:
    rest = NAMES.sub("", text)
    return [rest[max(m.start() - 30, 0) : m.end() + 20] for m in AMERICAN.finditer(rest)]


@pytest.mark.parametrize("kind", PAGES)
def test_a_german_page_has_no_american_money_numbers_or_days(
    results: dict[str, Any], kind: str
) -> None:
    pages, drawings = PAGES[kind]
    said = ""
    for part in _parts(pages + drawings):
        shown = part(results[kind], **_others(part))
        said += _plain(shown) if shown is not None else ""
        assert not shown or not _american(_plain(shown)), part
    for part in _parts(drawings):
        assert [_american(text) for text in _drawn(part, results[kind]) if _american(text)] == []
    if kind not in ("audience", "survey"):
        assert re.search(r"\d\.\d{3}\xa0€", said) and re.search(r"\d\xa0%", said)
    assert "UTC" in said


def test_results_for_machines_know_no_locale(results: dict[str, Any]) -> None:
    found = payload.results(results["campaign"])._repr_mimebundle_()
    values = next(iter(found.values()))
    assert (values["currency"], values["locale"]) == ("EUR", "de-DE")
    assert values["verdict"].count("€") and not re.search(r"\d\xa0€", values["verdict"])
    assert all(
        f"{check['text']}" in {c.text for c in results["campaign"].checks}
        for check in values["checks"]
    )


def test_the_index_and_a_failure_are_told_so_too(tmp_path: Path) -> None:
    folder = tmp_path / "SPRING" / "2025-06-30"
    folder.mkdir(parents=True)
    told = {
        "campaign_id": "SPRING",
        "name": "Sale 1,000",
        "verdict": "It made €12,300.",
        "outcome": "paid",
        "locale": "de-DE",
        "figures": {"roi": {"estimate": 12.345, "ci_lower": 0.1, "ci_upper": 24.0}},
    }
    (folder / "results.json").write_text(json.dumps(told))
    failed = folder.with_name("2025-07-01.failed.html")
    scratch, reason = tmp_path / "scratch.html", "It ends 2025-07-30 10:00 UTC."
    assert write_failure(failed, "SPRING", reason, failed, scratch, "de-DE")
    assert "It ends 30 Jul 2025, 10:00 UTC." in failed.read_text()
    assert "as of 1 Jul 2025 (UTC)" in failed.read_text()
    index = write_index(tmp_path).read_text()
    for text in ("It made 12.300\xa0€.", "30 Jun 2025 (UTC)", "1 Jul 2025 (UTC)", "Sale 1,000"):
        assert text in index
    assert "1.230\xa0% (10\xa0% to 2.400\xa0%)" in index
