"""Several reports in a row, or side by side: one failing campaign does not stop the others."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
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
from smsroi_models.errors import NotReadyError, RenderError, SmsroiError
from smsroi_models.records import Record
from smsroi_models.report.forked import stop_kernels
from smsroi_models.report.freshness import find_unchanged
from smsroi_models.report.index import write_index
from smsroi_models.report.parameters import read_parameters
from smsroi_models.report.retold import retold_in
from smsroi_models.report.run_log import Logged, open_log
from smsroi_models.report.runner import render
from smsroi_models.report.shared_check import SharedCheck
from smsroi_models.store.connect import open_store

WITHOUT_HOLDOUT = "campaign_without_holdout.ipynb"
PROGRAMME = "programme_roi.ipynb"
_SAID = {"waiting": "not yet", "failed": "FAILED", "unchanged": "unchanged"}


@dataclass(frozen=True, slots=True)
class Batch(Record):
    """What became of each campaign.

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
    index : str
        Path of the page that lists all reports.
    """

    rendered: dict[str, str]
    unchanged: dict[str, str]
    waiting: dict[str, str]
    failed: dict[str, str]
    index: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """One report to be made; ``fingerprint`` is the store's where an unchanged one may stand."""

    campaign_id: str
    notebook: Path
    values: dict[str, object]
    reports: Path
    fingerprint: str
    before: Callable[[], None]


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
) -> Batch:
    """Render the notebook for each campaign, then the index.

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
    """
    write = log or open_log(None)
    asked = _asked(notebook, campaigns, parameters, reports, keep_unchanged)
    write("started", campaigns=len(asked), jobs=jobs)
    found: dict[str, dict[str, str]] = {s: {} for s in ("rendered", *_SAID)}
    with _progress(say is not None) as progress:
        task = progress.add_task("reports", total=len(asked))
        for done in _finished(asked, jobs):
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
) -> list[_Asked]:
    own, fingerprint = _own_notebooks(parameters, keep_unchanged)
    check = SharedCheck(str(parameters.get("store_url", "")), len(campaigns))
    asked = []
    for campaign_id in campaigns:
        values, chosen = {**parameters, "campaign_id": campaign_id}, notebook
        if campaign_id in own:
            # pre_days, for one, adjusts the comparison of two arms: without a holdout there is one.
            chosen = notebook.with_name(own[campaign_id])
            values = {name: values[name] for name in read_parameters(chosen) if name in values}
        asked.append(_Asked(campaign_id, chosen, values, reports, fingerprint, check))
    return asked


def _finished(asked: Sequence[_Asked], jobs: int) -> Iterator[_Done]:
    """Yield each report's end as it comes; in the order asked where one runs at a time."""
    if jobs == 1:
        yield from map(_made, asked)
        return
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for done in as_completed([pool.submit(_made, one) for one in asked]):
                yield done.result()
        except BaseException:  # Ctrl-C: without their kernels the threads end at once
            pool.shutdown(wait=False, cancel_futures=True)
            stop_kernels()
            raise


def _made(asked: _Asked) -> _Done:
    began = time.monotonic()

    def done(state: str, told: str, outcome: str, words: str) -> _Done:
        line = f"{_SAID.get(state, outcome):8} {asked.campaign_id}: {words}"
        return _Done(asked.campaign_id, state, told, outcome, line, time.monotonic() - began)

    try:
        if asked.fingerprint and (
            old := find_unchanged(asked.notebook, asked.values, asked.fingerprint, asked.reports)
        ):
            told = retold_in(old.get("locale"), old["verdict"])
            return done("unchanged", old["report"], old["outcome"], told)
        asked.before()
        made = render(asked.notebook, asked.values, asked.reports)
    except (RenderError, OSError) as error:
        early = getattr(error.__cause__, "ename", "") == NotReadyError.__name__
        return done("waiting" if early else "failed", str(error), "", str(error))
    told = retold_in(made.locale, made.verdict)
    return done("rendered", str(made.report), made.outcome, told)


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
        disable=not (wanted and sys.stdout.isatty()),
    )
