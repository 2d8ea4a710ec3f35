"""Which reports of each kind are kept: the newest ones, and the last of each month."""

import contextlib
import re
from pathlib import Path

from smsroi_models.errors import ParameterError
from smsroi_models.report.folders import FILES, MARKS, SUPPRESSION_FILE, locked, moment_of
from smsroi_models.report.index import write_index
from smsroi_models.report.results import PLANNED

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d{6}Z)?")
# The results go first: without them no reader takes the rest for a report, should we be killed.
_MADE = (*reversed(FILES), SUPPRESSION_FILE)


def remove_old_reports(reports: Path, keep: int) -> list[Path]:
    """Remove whole old reports below a folder and return where they were.

    Of each campaign, and of each page of the whole store, stay the newest ``keep`` reports and, of
    every calendar month of their moments, the newest one. Plans, attempts that failed and whatever
    else lies there, beside or within a report's folder, are not touched. The list of reports, and
    links to what was removed, follow.

    Raises
    ------
    ParameterError
        ``keep`` is below 1.
    """
    if keep < 1:
        raise ParameterError(f"keep is {keep}: name 1 report or more of each campaign")
    removed = []
    for campaign in sorted(path for path in reports.iterdir() if path.is_dir()):
        if old := _old(campaign, keep):
            with locked(campaign):
                removed += [folder for folder in old if _removed(folder)]
    if removed:
        write_index(reports)
    return removed


def _old(campaign: Path, keep: int) -> list[Path]:
    kinds: dict[str, list[Path]] = {}
    for path in campaign.glob("[!.]*/results.json"):
        name = path.parent.name
        if _MOMENT.fullmatch(moment_of(name)):  # else it is somebody's own
            kinds.setdefault(name.removesuffix(moment_of(name)), []).append(path.parent)
    kinds.pop(MARKS[PLANNED], None)
    return [folder for found in kinds.values() for folder in _old_of_a_kind(found, keep)]


def _old_of_a_kind(found: list[Path], keep: int) -> list[Path]:
    newest_first = sorted(found, key=lambda folder: folder.name, reverse=True)
    last_of_month: dict[str, Path] = {}
    for folder in newest_first:
        last_of_month.setdefault(moment_of(folder.name)[:7], folder)
    kept = {*newest_first[:keep], *last_of_month.values()}
    return [folder for folder in newest_first if folder not in kept]


def _removed(folder: Path) -> bool:
    for name in _MADE:
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # what somebody put there stays, and so does the folder
        folder.rmdir()
    return not (folder / FILES[-1]).exists()
