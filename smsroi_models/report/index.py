"""The index of all reports: ``reports/index.html``, made anew from what lies in the folder."""

import json
import math
import os
import secrets
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from smsroi_models.attribution.effects import Estimate
from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.report.folders import moment_of, written_moment
from smsroi_models.report.hygiene import check_page, clean_text
from smsroi_models.report.in_locale import readable_locale, writing_in
from smsroi_models.report.numbers import percent, say, shortened
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
FEWEST_TO_FIND = 9
"""From as many campaigns on the index has a list by year and one by name."""
_HUGE = 1e9  # a billionfold return is no return but a damaged file


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the index.

    ``state`` is ``"done"``, ``"failed"`` (the last attempt, kept beside the reports) or
    ``"unreadable"`` (``results.json`` is broken); ``link`` is relative to the index and
    quoted, empty where there is nothing to open; ``name`` (cut to a line's length) and
    ``verdict`` are plain, untrusted text; ``weaker`` says that nobody was held out;
    ``locale`` is that of its store.
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
    locale: str = DEFAULT_LOCALE

    @property
    def moment(self) -> str:
        """What the report is as of, for people."""
        return written_moment(self.as_of, self.locale)


def write_index(reports: str | Path) -> Path:
    """Write the index of the reports below a folder and return its path.

    The report on all campaigns stands on top, where there is one. The campaign with the newest
    report comes first; of each campaign the newest report leads and
    older ones follow. A broken ``results.json`` is listed as unreadable. The page replaces the old
    one in one step.

    Raises
    ------
    RenderError
        The page would break a rule of `check_page`; the old index is untouched.
    """
    folder = Path(reports)
    folder.mkdir(parents=True, exist_ok=True)
    listed = list_reports(folder)
    front = [entry for group in listed for entry in group if entry.outcome == PORTFOLIO]
    others = [[entry for entry in group if entry.outcome != PORTFOLIO] for group in listed]
    campaigns = [group for group in others if group]
    page = (
        environment()
        .get_template("listing.html.j2")
        .render(
            title="Text campaigns: did they pay for themselves?",
            language="en",
            campaigns=campaigns,
            front=sorted(front, key=lambda entry: entry.as_of, reverse=True),
            years=_years(campaigns),
            names=_names(campaigns),
        )
    )
    page = clean_text(page)
    check_page(page, relative_links=True)
    partial = folder / f".index-{secrets.token_hex(8)}.html"
    try:
        partial.write_text(page, encoding="utf-8")
        return partial.replace(folder / "index.html")
    finally:
        partial.unlink(missing_ok=True)


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
    r"""Return the ROI and its interval in percent; "not estimable" where it is null or absent.

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


def _years(campaigns: list[list[Entry]]) -> dict[int, str]:
    """Return, by place in the list, each year in which the newest report of a campaign is first."""
    found: dict[str, int] = {}
    for place, group in enumerate(campaigns):
        year = moment_of(group[0].as_of)[:4]
        if year.isdecimal():
            found.setdefault(year, place)
    return {place: year for year, place in found.items()}


def _names(campaigns: list[list[Entry]]) -> list[tuple[str, int]]:
    """Return the campaigns' names from A to Z with their places; none where a look finds them."""
    if len(campaigns) < FEWEST_TO_FIND:
        return []
    named = [(_named(group[0]), place) for place, group in enumerate(campaigns)]
    return sorted(named, key=lambda found: (found[0].casefold(), found[1]))


def _named(entry: Entry) -> str:
    """Return a name with its id, where it is another: names may be given twice."""
    same = entry.campaign_id in ("", entry.name)
    return entry.name if same else f"{entry.name} ({entry.campaign_id})"


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
        return Entry(folder.parent.name, folder.name, remedy, state="unreadable")
    there = (folder / "report.html").is_file()
    link = _link(folder.parent.name, folder.name, "report.html") if there else ""
    campaign_id = shortened(str(results.get("campaign_id", "")))
    locale = readable_locale(results.get("locale"))
    verdict = retold_in(locale, verdict)
    with writing_in(locale):
        roi = "not estimable" if outcome == "invalid" else format_roi(figures)
    as_of = folder.name
    if outcome in (PLANNED, VALUED, AUDIENCE, SURVEYED, PORTFOLIO):
        roi, as_of = "", moment_of(as_of)
    # Anything but the word itself, as in reports of old, is a comparison with a holdout.
    weaker = results.get("evidence") == "weaker"
    entry = Entry(shortened(name), as_of, verdict, campaign_id, outcome, roi, link)
    return replace(entry, weaker=weaker, locale=locale)


def _attempt(path: Path, newest: Entry) -> Entry:
    as_of = path.name.removesuffix(_FAILED)
    text = "failed: the page says why; earlier reports are as they were"
    link = _link(path.parent.name, path.name)
    return Entry(newest.name, as_of, text, state="failed", link=link, locale=newest.locale)


def _link(*parts: str) -> str:
    return "/".join(quote(os.fsencode(part), safe="") for part in parts)


@cache
def environment() -> Environment:
    """Return the templates of pages that no notebook makes; every value is escaped."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "template"),
        autoescape=True,
        undefined=StrictUndefined,
    )
