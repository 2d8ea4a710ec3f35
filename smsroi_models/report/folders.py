"""Where a report lives: safe folder names, locks, and a work folder that a crash cannot leak.

``reports/<campaign>/<as-of>/`` holds the files of one report. A run works in
``reports/<campaign>/.partial-<random>/`` and moves whole files out of it; the operating system
drops its lock on the work folder when it dies, however it dies, and the next run clears it away.
"""

import fcntl
import hashlib
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from smsroi_models.errors import ParameterError
from smsroi_models.report.in_locale import writing_in, written_day, written_time
from smsroi_models.report.results import AUDIENCE, PLANNED, PORTFOLIO, SURVEYED, VALUED

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_HASHED = re.compile(r".*-[0-9a-f]{8}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# Device names that Windows reserves in every folder.
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.I)
_SLUG_LENGTH = 40
PORTFOLIO_FOLDER, AUDIENCE_FOLDER, LIFETIME_FOLDER = "portfolio", "audience", "customers"
SURVEY_FOLDER = "survey-"
"""Folders of the pages of a whole store; a survey's is followed by its id."""
STORE_WIDE = frozenset(
    {"portfolio.ipynb", "audience_health.ipynb", "customer_lifetime_value.ipynb", "survey.ipynb"}
)
"""Notebooks whose reports are pages of a whole store, and no campaign's."""
FILES = ("report.html", "notebook.ipynb", "results.json")
"""The files of a report, in the order in which they are put in place."""
SUPPRESSION_FILE = "asked_to_stop.csv"
"""The file beside the report on the audience."""
MARKS = {
    PLANNED: "plan-",
    VALUED: "value-",
    AUDIENCE: "audience-",
    SURVEYED: "survey-",
    PORTFOLIO: "portfolio-",
}


def folder_name(campaign_id: str) -> str:
    """Return the one folder, a direct child of ``reports``, that belongs to a campaign id.

    Up to 64 letters, digits, ``_`` and ``-`` stand as they are. Any other id, and one that looks
    like a shortened name already, becomes its readable part and eight digits of its SHA-256, so
    that no id can leave the folder or take another's. One that would have the folder of a page of
    the whole store, in whatever case (some disks know none), gets ``campaign-`` before that.

    Examples
    --------
    >>> folder_name("SPRING24")
    'SPRING24'
    >>> folder_name("../x")
    'x-d6b96a97'
    >>> folder_name("portfolio")
    'campaign-portfolio-0e6a8e0b'
    """
    name = _plain_or_shortened(campaign_id)
    return f"campaign-{_shortened(campaign_id)}" if kind_of_page(name) else name


def report_home(notebook: str, report_id: str) -> str:
    """Return the folder below ``reports`` of what a notebook of that file name reports on.

    Examples
    --------
    >>> report_home("portfolio.ipynb", "portfolio"), report_home("campaign_roi.ipynb", "SPRING24")
    ('portfolio', 'SPRING24')
    """
    if notebook in STORE_WIDE and kind_of_page(report_id):
        return _plain_or_shortened(report_id)
    return folder_name(report_id)


def kind_of_page(name: str) -> str:
    """Return which page of the whole store an id or a folder is named after; "" for none.

    Examples
    --------
    >>> kind_of_page("Survey-s001"), kind_of_page("customers"), kind_of_page("SPRING24")
    ('survey-', 'customers', '')
    """
    lower = name.lower()
    if lower.startswith(SURVEY_FOLDER):
        return SURVEY_FOLDER
    return lower if lower in (PORTFOLIO_FOLDER, AUDIENCE_FOLDER, LIFETIME_FOLDER) else ""


def _plain_or_shortened(campaign_id: str) -> str:
    plain = _PLAIN.fullmatch(campaign_id) and not _HASHED.fullmatch(campaign_id)
    if plain and not _RESERVED.fullmatch(campaign_id):
        return campaign_id
    return _shortened(campaign_id)


def _shortened(campaign_id: str) -> str:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", campaign_id).strip("-")[:_SLUG_LENGTH].strip("-")
    # Surrogates pass so that every text, however broken, has a name.
    digest = hashlib.sha256(campaign_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{slug or 'campaign'}-{digest[:8]}"


def as_of_folder(as_of: str) -> str:
    """Return the folder of a moment: the date, and the time in UTC where it is not midnight.

    Parameters
    ----------
    as_of : an ISO date (midnight UTC is meant), or date and time, to the second, with time zone.

    Raises
    ------
    ParameterError
        The text is neither.

    Examples
    --------
    >>> as_of_folder("2025-06-30"), as_of_folder("2025-06-30T12:15:00+02:00")
    ('2025-06-30', '2025-06-30T101500Z')
    """
    try:
        if _DATE.fullmatch(as_of):
            return date.fromisoformat(as_of).isoformat()
        moment = datetime.fromisoformat(as_of)
        if moment.tzinfo is None or moment.microsecond:
            raise ValueError
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ParameterError(
            f"as_of = {as_of!r} is no moment; write 2025-06-30 or 2025-06-30T10:15:00Z."
        ) from None
    day = moment.date().isoformat()
    return day if moment.time() == datetime.min.time() else f"{day}T{moment:%H%M%S}Z"


def report_folder(moment: str, outcome: str) -> str:
    """Return the folder of a report within its campaign's, by what came of it.

    A plan, a forecast of customers' value, a report on the audience, a survey and the report on all
    campaigns have marks of their own, so that none takes the place of a campaign's report of the
    same id and moment.

    Examples
    --------
    >>> report_folder("2025-06-30", "valued"), report_folder("2025-06-30", "paid")
    ('value-2025-06-30', '2025-06-30')
    """
    return MARKS.get(outcome, "") + moment


def written_moment(folder: str, locale: str) -> str:
    """Write a folder's moment for people, in UTC; what is none, as it stands.

    Examples
    --------
    >>> written_moment("2025-06-30", "en-US"), written_moment("2025-06-30T101500Z", "en-GB")
    ('Jun 30, 2025 (UTC)', '30 Jun 2025, 10:15 UTC')
    """
    try:
        moment = datetime.fromisoformat(folder)
    except ValueError:
        return folder
    with writing_in(locale):
        return f"{written_day(moment)} (UTC)" if "T" not in folder else written_time(moment)


def moment_of(folder: str) -> str:
    """Return the moment of a `report_folder`."""
    for mark in MARKS.values():
        folder = folder.removeprefix(mark)
    return folder


def clear_failures(campaign: Path, *moments: str) -> None:
    """Remove what tells of failed attempts at moments that are made by now; ``""`` is the latest.

    Parameters
    ----------
    campaign : folder of the campaign's reports.
    moments : as `as_of_folder` writes them.
    """
    for moment in moments:
        for ending in ("html", "ipynb"):
            (campaign / f"{moment or 'latest'}.failed.{ending}").unlink(missing_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, waiting for it; the system lets go of it when the process dies."""
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def partial_folder(campaign: Path) -> Iterator[Path]:
    """Yield a work folder inside a campaign's folder, removed at the end or by the next run."""
    campaign.mkdir(parents=True, exist_ok=True)
    folder = campaign / f".partial-{secrets.token_hex(8)}"
    with locked(campaign):  # so that nobody takes the folder for abandoned before it is owned
        _remove_abandoned(campaign)
        folder.mkdir()
        owner = (folder / ".owner").open("w")
        fcntl.flock(owner, fcntl.LOCK_EX)
    with owner:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(campaign: Path) -> None:
    for folder in campaign.glob(".partial-*"):
        if not _owned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _owned(folder: Path) -> bool:
    try:
        with (folder / ".owner").open("r+") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
