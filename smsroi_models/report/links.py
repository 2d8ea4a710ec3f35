"""Links from the report on all campaigns to each campaign's own, kept true to what is there.

A campaign's name stands in ``<span data-report="folder">``. Wherever the list of reports is
written, such names become links to the campaign's report of the same moment, else to its newest
one, and plain text where it has none: no link leads nowhere, whichever reports were removed.
"""

import hashlib
import re
import secrets
from pathlib import Path

from smsroi_models.report.folders import MARKS, locked, moment_of
from smsroi_models.report.hygiene import SIBLINGS, check_page
from smsroi_models.report.results import PORTFOLIO

_NAMED = re.compile(
    r'<(?P<tag>a|span) data-report="(?P<folder>[A-Za-z0-9_-]+)"(?: href="[^"]*")?>'
    r"(?P<name>[^<]*)</(?P=tag)>"
)


def link_reports(reports: Path) -> None:
    """Bring the links of every report on all campaigns below a folder up to date."""
    for page in sorted(reports.glob(f"*/{MARKS[PORTFOLIO]}*/report.html")):
        with locked(page.parent.parent):  # a rendering must not be replaced by its older self
            if page.is_file():
                _link(page, reports)


def with_links(text: str, reports: Path, moment: str) -> str:
    """Return a page with each campaign's name linked to its report, if it has one."""

    def linked(found: re.Match[str]) -> str:
        folder, name = found["folder"], found["name"]
        target = _report_of(reports, folder, moment)
        if not target:
            return f'<span data-report="{folder}">{name}</span>'
        return f'<a data-report="{folder}" href="../../{folder}/{target}/report.html">{name}</a>'

    return _NAMED.sub(linked, text)


def page_sha256(page: Path) -> str | None:
    """Return the digest of a page, whichever links its names have by now; None where it is absent.

    Bytes that are no text are some other file's, and so is their digest.
    """
    try:
        text = page.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    plain = _NAMED.sub(r'<span data-report="\g<folder>">\g<name></span>', text)
    return hashlib.sha256(plain.encode("utf-8", "surrogateescape")).hexdigest()


def _link(page: Path, reports: Path) -> None:
    old = page.read_text(encoding="utf-8")
    new = with_links(old, reports, moment_of(page.parent.name))
    if new == old:
        return
    check_page(new, SIBLINGS)
    partial = page.with_name(f".report-{secrets.token_hex(8)}.html")
    try:
        partial.write_text(new, encoding="utf-8")
        partial.replace(page)
    finally:
        partial.unlink(missing_ok=True)


def _report_of(reports: Path, folder: str, moment: str) -> str:
    """Return the folder of a campaign's report of a moment, else of its newest; "" for none."""
    found = {
        path.parent.name
        for path in (reports / folder).glob("[!.]*/report.html")
        if not path.parent.name.startswith(tuple(MARKS.values()))
        if path.with_name("results.json").is_file()
    }
    return moment if moment in found else max(found, default="")
