"""Several reports in a row, or side by side: one that fails does not stop the others."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from smsroi_models.attribution.programmes import read_programmes
from smsroi_models.attribution.series import read_without_holdout
from smsroi_models.errors import SmsroiError
from smsroi_models.records import Record
from smsroi_models.report.folders import as_of_folder, clear_failures, moment_of
from smsroi_models.report.forked import stop_kernels
from smsroi_models.report.freshness import find_unchanged
from smsroi_models.report.index import require_index, write_index
from smsroi_models.report.parameters import read_parameters
from smsroi_models.report.results import NOT_READY
from smsroi_models.report.retold import retold_in
from smsroi_models.report.run_log import Logged, open_log
from smsroi_models.report.shared_check import SharedCheck
from smsroi_models.report.store_pages import NOTHING_TO_TELL, StorePages
from smsroi_models.store.connect import open_store
from smsroi_models.store.vendors.masking import without_contacts

WITHOUT_HOLDOUT = "campaign_without_holdout.ipynb"
PROGRAMME = "programme_roi.ipynb"
_A_MOMENT = 0.1  # seconds
_SAID = {"waiting": "not yet", "failed": "FAILED", "unchanged": "unchanged", "absent": "none"}


@dataclass(frozen=True, slots=True)
class Batch(Record):
    """What became of each campaign, and of each page of the whole store by its folder's name.

    Where a campaign has the id by which a page goes, the page is told as ``page portfolio``.

    Attributes
    ----------
    rendered : dict of str to str
        Path of the report by campaign id.
    unchanged : dict of str to str
        Path of a report that stands as it is: nothing that it is made from has changed.
    waiting : dict of str to str
        Why a campaign cannot be read yet.
    failed : dict of str to str
        Why its report failed; earlier reports of it are untouched.
    absent : dict of str to str
        Why a page of the whole store cannot be had, which is no failure.
    index : str
        Path of the page that lists all reports.
    """

    rendered: dict[str, str]
    unchanged: dict[str, str]
    waiting: dict[str, str]
    failed: dict[str, str]
    absent: dict[str, str]
    index: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """One report to be made; ``fingerprint`` is the store's where an unchanged one may stand.

    Errors named in ``no_fault`` say that there is nothing to tell: what then became of it is
    ``early``.
    """

    campaign_id: str
    notebook: Path
    values: dict[str, object]
    reports: Path
    fingerprint: str
    before: Callable[[], None]
    no_fault: frozenset[str] = NOT_READY
    early: str = "waiting"
    beside: Callable[[Path], object] | None = None


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of it: ``state`` is a field of `Batch`, ``told`` its value there."""

    campaign_id: str
    state: str
    told: str
    outcome: str
    line: str
    seconds: float


def render_campaigns(
    notebook: Path,
    campaigns: Sequence[str],
    parameters: Mapping[str, object],
    reports: Path,
    *,
    say: Callable[[str], None] | None = None,
    log: Logged | None = None,
    jobs: int = 1,
    keep_unchanged: bool = False,
    store_pages: StorePages | None = None,
) -> Batch:
    """Render the notebook for each campaign, the pages of the whole store, then the index.

    A campaign of the parameter ``store_url`` that held nobody out is rendered by the notebook
    `WITHOUT_HOLDOUT` beside the given one, a whole programme by `PROGRAMME`, with those of the
    parameters that they know.

    Parameters
    ----------
    notebook : Path
    campaigns : sequence of str
        Ids; each becomes the parameter ``campaign_id``.
    parameters : mapping of str to object
        The other parameters, the same for all.
    reports : Path
        Folder of all reports.
    say : callable, optional
        Takes one line for each finished campaign. On a terminal a progress bar runs beside it.
    log : callable, optional
        Takes events, as `open_log` returns it.
    jobs : int
        Reports rendered side by side, each in a kernel of its own.
    keep_unchanged : bool
        Leave a report alone that would only come out as it is; see `find_unchanged`.
    store_pages : StorePages, optional
        What is rendered beside the campaigns, by notebooks beside the given one.
    """
    write = log or open_log(None)
    beside = store_pages or StorePages()
    asked = _asked(notebook, campaigns, parameters, reports, keep_unchanged, beside)
    require_index(reports)
    write("started", campaigns=len(campaigns), pages=len(beside.pages), jobs=jobs)
    found: dict[str, dict[str, str]] = {s: {} for s in ("rendered", *_SAID)}
    with _progress(say is not None) as progress:
        task = progress.add_task("reports", total=len(asked))
        for done in chain(_finished(asked, jobs), _lacking(beside)):
            found[done.state][done.campaign_id] = done.told
            if say:
                say(done.line)
            write(
                done.state,
                campaign_id=done.campaign_id,
                outcome=done.outcome,
                told=done.told,
                seconds=round(done.seconds, 3),
            )
            progress.advance(task)
    batch = Batch(**found, index=str(write_index(reports).absolute()))
    write("finished", **{name: len(value) for name, value in found.items()}, index=batch.index)
    return batch


def _asked(
    notebook: Path,
    campaigns: Sequence[str],
    parameters: Mapping[str, object],
    reports: Path,
    keep_unchanged: bool,
    store_pages: StorePages,
) -> list[_Asked]:
    own, fingerprint = _own_notebooks(parameters, keep_unchanged)
    check = SharedCheck(
        str(parameters.get("store_url", "")), len(campaigns) + len(store_pages.pages)
    )
    asked = []
    for campaign_id in campaigns:
        values, chosen = {**parameters, "campaign_id": campaign_id}, notebook
        if campaign_id in own:
            # pre_days, for one, adjusts the comparison of two arms: without a holdout there is one.
            chosen = notebook.with_name(own[campaign_id])
            values = {name: values[name] for name in read_parameters(chosen) if name in values}
        asked.append(_Asked(campaign_id, chosen, values, reports, fingerprint, check))
    for page in store_pages.pages:
        path = notebook.with_name(page.notebook)
        name = _page_name(page.folder, campaigns)
        one = _Asked(name, path, page.values, reports, fingerprint, check)
        asked.append(replace(one, no_fault=NOTHING_TO_TELL, early="absent", beside=page.beside))
    return asked


def _page_name(folder: str, campaigns: Sequence[str]) -> str:
    """Return what a page is told by: its folder, or that and more where a campaign is called so."""
    name = folder
    while name in campaigns:
        name = f"page {name}"
    return name


def _lacking(store_pages: StorePages) -> Iterator[_Done]:
    for name, reason in (store_pages.absent or {}).items():
        yield _Done(name, "absent", reason, "", _line(_SAID["absent"], name, reason), 0.0)


def _finished(asked: Sequence[_Asked], jobs: int) -> Iterator[_Done]:
    """Yield each report's end as it comes; in the order asked where one runs at a time."""
    if jobs == 1:
        yield from map(_made, asked)
        return
    with ThreadPoolExecutor(jobs) as pool:
        making = [pool.submit(_made, one) for one in asked]
        try:
            for done in as_completed(making):
                yield done.result()
        except BaseException:  # Ctrl-C: without their kernels the threads end at once
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(one.done() for one in making):
                stop_kernels()  # again, for who was about to start one
                time.sleep(_A_MOMENT)
            raise


def _made(asked: _Asked) -> _Done:
    began = time.monotonic()

    def done(state: str, told: str, outcome: str, words: str) -> _Done:
        line = _line(_SAID.get(state, outcome), asked.campaign_id, words)
        return _Done(asked.campaign_id, state, told, outcome, line, time.monotonic() - began)

    try:
        if asked.fingerprint and (
            old := find_unchanged(asked.notebook, asked.values, asked.fingerprint, asked.reports)
        ):
            _clear_failures(Path(old["report"]), asked.values)
            if asked.beside:
                asked.beside(Path(old["report"]).with_name("results.json"))
            told = retold_in(old.get("locale"), old["verdict"])
            return done("unchanged", old["report"], old["outcome"], told)
        # What renders takes longer to import than to find out that nothing has changed.
        from smsroi_models.report.runner import render

        asked.before()
        made = render(asked.notebook, asked.values, asked.reports, no_fault=asked.no_fault)
        if asked.beside:
            asked.beside(made.results)
    except Exception as error:  # whatever it is, it must not stop the others
        early = getattr(error.__cause__, "ename", "") in asked.no_fault
        known = isinstance(error, (SmsroiError, OSError))
        told = str(error) if known else without_contacts(f"{type(error).__name__}: {error}")
        return done(asked.early if early else "failed", told, "", told)
    told = retold_in(made.locale, made.verdict)
    return done("rendered", str(made.report), made.outcome, told)


def _clear_failures(page: Path, values: Mapping[str, object]) -> None:
    """Forget failed attempts at what stands: the tables have come back to what they were."""
    as_of = str(values.get("as_of", ""))
    requested = as_of_folder(as_of) if as_of else ""
    clear_failures(page.parent.parent, requested, moment_of(page.parent.name))


def _line(said: str, name: str, words: str) -> str:
    return f"{said:9} {name}: {words}"


def _own_notebooks(
    parameters: Mapping[str, object], keep_unchanged: bool
) -> tuple[dict[str, str], str]:
    """Return the notebook of each id that is no campaign with a holdout of its own.

    And the store's fingerprint, empty where it does not matter or cannot be had.
    """
    if "store_url" not in parameters:
        return {}, ""
    try:
        with open_store(str(parameters["store_url"])) as store:
            without = dict.fromkeys(read_without_holdout(store), WITHOUT_HOLDOUT)
            own = without | dict.fromkeys(read_programmes(store), PROGRAMME)
            return own, store.fingerprint() if keep_unchanged else ""
    except SmsroiError:
        # Each campaign's report then says what is wrong with the store.
        return {}, ""


def _progress(wanted: bool) -> Progress:
    # A log gets plain lines only: a bar there is noise.
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        transient=True,
        disable=not (wanted and sys.stdout is not None and sys.stdout.isatty()),
    )
