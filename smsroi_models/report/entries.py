"""What lies in a folder of reports: a line for each report, and for each attempt that failed."""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from smsroi_models.attribution.effects import Estimate
from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.report.folders import kind_of_page, moment_of, written_moment
from smsroi_models.report.in_locale import readable_locale, writing_in
from smsroi_models.report.numbers import Money, percent, say, shortened
from smsroi_models.report.results import (
    AUDIENCE,
    OUTCOMES,
    PLANNED,
    PORTFOLIO,
    SURVEYED,
    VALUED,
)
from smsroi_models.report.retold import retold_in

_FAILED = ".failed.html"
_HUGE = 1e9  # a billionfold return is no return but a damaged file


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the index.

    ``state`` is ``"done"``, ``"failed"`` (the last attempt, kept beside the reports) or
    ``"unreadable"`` (``results.json`` is broken); ``link`` is relative to the index and
    quoted, empty where there is nothing to open; ``name`` (cut to a line's length) and
    ``verdict`` are plain, untrusted text, and so is ``headline``, the verdict in a few words;
    ``started`` is the campaign's first day; ``weaker`` says that nobody was held out; ``page`` is
    the `kind_of_page` after which the folder of a failed or unreadable report is named; ``locale``
    is that of its store.
    """

    name: str
    as_of: str
    verdict: str
    campaign_id: str = ""
    outcome: str = ""
    roi: str = ""
    link: str = ""
    state: str = "done"
    weaker: bool = False
    headline: str = ""
    started: str = ""
    profit: str = ""
    page: str = ""
    locale: str = DEFAULT_LOCALE

    @property
    def moment(self) -> str:
        """What the report is as of, for people."""
        return written_moment(self.as_of, self.locale)


def list_reports(reports: Path) -> list[list[Entry]]:
    """Return the entries of each campaign, newest first, in the order of the index."""
    campaigns = [
        entries
        for campaign in sorted(reports.iterdir())
        if campaign.is_dir() and not campaign.name.startswith(".")
        if (entries := _campaign(campaign))
    ]
    # Two sorts, both stable: newest moment first, campaigns of the same moment by name.
    campaigns.sort(key=lambda entries: entries[0].name)
    campaigns.sort(key=lambda entries: entries[0].as_of, reverse=True)
    return campaigns


def format_roi(figures: Any) -> str:
    """Return the ROI and its interval in percent; "not estimable" where it is null or absent.

    Examples
    --------
    >>> format_roi({"roi": {"estimate": 0.31, "ci_lower": -0.05, "ci_upper": 0.67}})
    '31% (−5% to 67%)'
    """
    roi = figures.get("roi") if isinstance(figures, dict) else None
    if not isinstance(roi, dict):
        return "not estimable"
    values: list[Any] = [roi.get(name) for name in ("estimate", "ci_lower", "ci_upper")]
    if not all(isinstance(value, int | float) and abs(value) < _HUGE for value in values):
        return "not estimable"
    estimate, low, high = values
    return say(Estimate(estimate, math.nan, low, high), percent, 0.01)


def format_profit(results: dict[str, Any]) -> str:
    """Return the profit and its interval in the report's currency; "" where it has none.

    Examples
    --------
    >>> profit = {"estimate": 1200.0, "ci_lower": 300.0, "ci_upper": 2100.0}
    >>> format_profit({"currency": "USD", "figures": {"profit": profit}})
    '$1,200 ($300 to $2,100)'
    """
    figures = results.get("figures")
    profit = figures.get("profit") if isinstance(figures, dict) else None
    if not isinstance(profit, dict) or not isinstance(results.get("currency"), str):
        return ""
    values: list[Any] = [profit.get(name) for name in ("estimate", "ci_lower", "ci_upper")]
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
        return ""
    estimate, low, high = values
    return say(Estimate(estimate, math.nan, low, high), Money(results["currency"]), 0.01)


def _campaign(folder: Path) -> list[Entry]:
    done = [_report(path) for path in folder.glob("[!.]*/results.json")]
    newest = max(done, key=lambda entry: entry.as_of) if done else Entry(folder.name, "", "")
    failed = [_attempt(path, newest) for path in folder.glob(f"[!.]*{_FAILED}")]
    # "latest" sorts above every date: a failed attempt at the newest moment stands on top. What was
    # planned stands beneath what came of it.
    return sorted(
        done + failed, key=lambda entry: (entry.outcome != PLANNED, entry.as_of), reverse=True
    )


def _report(path: Path) -> Entry:
    folder = path.parent
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        name, verdict = results["name"], results["verdict"]
        outcome, figures = results["outcome"], results["figures"]
        if not (isinstance(name, str) and isinstance(verdict, str) and outcome in OUTCOMES):
            raise ValueError
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        remedy = "unreadable: results.json is damaged; render this report again"
        name = folder.parent.name
        return Entry(name, folder.name, remedy, state="unreadable", page=kind_of_page(name))
    there = (folder / "report.html").is_file()
    link = _link(folder.parent.name, folder.name, "report.html") if there else ""
    campaign_id = shortened(str(results.get("campaign_id", "")))
    locale, as_of = readable_locale(results.get("locale")), folder.name
    with writing_in(locale):
        roi = "not estimable" if outcome == "invalid" else format_roi(figures)
        profit = "" if outcome == "invalid" else format_profit(results)
    if outcome in (PLANNED, VALUED, AUDIENCE, SURVEYED, PORTFOLIO):
        roi, profit, as_of = "", "", moment_of(as_of)
    # Anything but the word itself, as in reports of old, is a comparison with a holdout.
    weaker = results.get("evidence") == "weaker"
    return Entry(
        name=shortened(name),
        as_of=as_of,
        verdict=retold_in(locale, verdict),
        campaign_id=campaign_id,
        outcome=outcome,
        roi=roi,
        link=link,
        weaker=weaker,
        headline=retold_in(locale, _text(results.get("headline"))),
        started=_text(results.get("starts_at")),
        profit=profit,
        locale=locale,
    )


def _text(value: Any) -> str:
    return shortened(value, 200) if isinstance(value, str) else ""


def _attempt(path: Path, newest: Entry) -> Entry:
    as_of = path.name.removesuffix(_FAILED)
    text = "failed: the page says why; earlier reports are as they were"
    folder = path.parent.name
    return Entry(
        newest.name,
        as_of,
        text,
        state="failed",
        link=_link(folder, path.name),
        page=kind_of_page(folder),
        locale=newest.locale,
    )


def _link(*parts: str) -> str:
    return "/".join(quote(os.fsencode(part), safe="") for part in parts)
