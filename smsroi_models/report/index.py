"""The index of all reports: ``reports/index.html``, made anew from what lies in the folder."""

import secrets
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from smsroi_models.locales import MINUS
from smsroi_models.report.entries import list_reports
from smsroi_models.report.hygiene import BENEATH, check_page, clean_text
from smsroi_models.report.index_groups import (
    PARTS,
    choices_of,
    names_of,
    of_kind,
    years_of,
)
from smsroi_models.report.links import link_reports
from smsroi_models.report.results import PORTFOLIO


def write_index(reports: str | Path) -> Path:
    """Write the index of the reports below a folder and return its path.

    The report on all campaigns stands on top, where there is one; then the campaigns, the one that
    began last first; then the audience, surveys and what customers are worth. Of each the newest
    report is shown, with attempts that failed, and older ones are folded beneath. A broken
    ``results.json`` is listed as unreadable. The page replaces the old one in one step. The links
    of the reports on all campaigns are brought up to date as well: `link_reports`.

    Raises
    ------
    RenderError
        The page would break a rule of `check_page`; the old index is untouched.
    """
    folder = Path(reports)
    folder.mkdir(parents=True, exist_ok=True)
    listed = list_reports(folder)
    link_reports(folder)
    front = [entry for group in listed for entry in group if entry.outcome == PORTFOLIO]
    campaigns = of_kind(listed, "")
    # Stable: those of one day stay in their order.
    campaigns.sort(key=lambda group: group.day, reverse=True)
    page = (
        environment()
        .get_template("listing.html.j2")
        .render(
            title="Text campaigns: did they pay for themselves?",
            language="en",
            campaigns=campaigns,
            front=sorted(front, key=lambda entry: entry.as_of, reverse=True),
            years=years_of(campaigns),
            names=names_of(campaigns),
            choices=choices_of(campaigns),
            parts=[
                (kind, title, found)
                for kind, title in PARTS.items()
                if (found := of_kind(listed, kind))
            ],
        )
    )
    page = clean_text(page)
    check_page(page, BENEATH, choices=True)
    partial = folder / f".index-{secrets.token_hex(8)}.html"
    try:
        partial.write_text(page, encoding="utf-8")
        return partial.replace(folder / "index.html")
    finally:
        partial.unlink(missing_ok=True)


def home_of(folder: Path, up: int) -> str:
    """Return the relative address of the list of reports, so many folders above; "" if none."""
    path = folder
    for _ in range(up):
        path = path.parent
    return "../" * up + "index.html" if (path / "index.html").is_file() else ""


def require_index(reports: Path) -> None:
    """See to it that there is a list of reports, to which each report may lead back."""
    if not (reports / "index.html").is_file():
        write_index(reports)


@cache
def environment() -> Environment:
    """Return the templates of pages that no notebook makes; every value is escaped."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "template"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_kept_together,
    )


def _kept_together(value: Any) -> Any:
    """Keep a minus sign with its number where a line breaks."""
    return value.replace(MINUS, f"{MINUS}\N{WORD JOINER}") if isinstance(value, str) else value
