"""Several reports in a row: one failing campaign does not stop the others."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from smsroi_models.attribution.programmes import read_programmes
from smsroi_models.attribution.series import read_without_holdout
from smsroi_models.errors import NotReadyError, RenderError, SmsroiError
from smsroi_models.records import Record
from smsroi_models.report.index import write_index
from smsroi_models.report.parameters import read_parameters
from smsroi_models.report.runner import RenderedReport, render
from smsroi_models.store.connect import open_store

WITHOUT_HOLDOUT = "campaign_without_holdout.ipynb"
PROGRAMME = "programme_roi.ipynb"


@dataclass(frozen=True, slots=True)
class Batch(Record):
    """What became of each campaign.

    Attributes
    ----------
    rendered : dict of str to str
        Path of the report by campaign id.
    waiting : dict of str to str
        Why a campaign cannot be read yet.
    failed : dict of str to str
        Why its report failed; earlier reports of it are untouched.
    index : str
        Path of the page that lists all reports.
    """

    rendered: dict[str, str]
    waiting: dict[str, str]
    failed: dict[str, str]
    index: str


def render_campaigns(
    notebook: Path,
    campaigns: Sequence[str],
    parameters: Mapping[str, object],
    reports: Path,
    *,
    say: Callable[[str], None] | None = None,
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
    """
    rendered: dict[str, str] = {}
    waiting: dict[str, str] = {}
    failed: dict[str, str] = {}
    own = _own_notebooks(parameters)
    with _progress(say is not None) as progress:
        task = progress.add_task("reports", total=len(campaigns))
        for campaign_id in campaigns:
            progress.update(task, description=campaign_id)
            values = {**parameters, "campaign_id": campaign_id}
            try:
                if campaign_id in own:
                    done = _render_by(notebook.with_name(own[campaign_id]), values, reports)
                else:
                    done = render(notebook, values, reports)
            except (RenderError, OSError) as error:
                too_early = getattr(error.__cause__, "ename", "") == NotReadyError.__name__
                (waiting if too_early else failed)[campaign_id] = str(error)
                line = f"{'not yet' if too_early else 'FAILED'}  {campaign_id}: {error}"
            else:
                rendered[campaign_id] = str(done.report)
                line = f"{done.outcome:8} {campaign_id}: {done.verdict}"
            if say:
                say(line)
            progress.advance(task)
    return Batch(rendered, waiting, failed, str(write_index(reports).absolute()))


def _own_notebooks(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return the notebook of each id that is no campaign with a holdout of its own."""
    if "store_url" not in parameters:
        return {}
    try:
        with open_store(str(parameters["store_url"])) as store:
            without = dict.fromkeys(read_without_holdout(store), WITHOUT_HOLDOUT)
            return without | dict.fromkeys(read_programmes(store), PROGRAMME)
    except SmsroiError:
        # Each campaign's report then says what is wrong with the store.
        return {}


def _render_by(notebook: Path, values: Mapping[str, object], reports: Path) -> RenderedReport:
    known = read_parameters(notebook)
    # pre_days, for one, adjusts the comparison of two arms: without a holdout there is one.
    return render(notebook, {name: values[name] for name in known if name in values}, reports)


def _progress(wanted: bool) -> Progress:
    # A log gets plain lines only: a bar there is noise.
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        transient=True,
        disable=not (wanted and sys.stdout.isatty()),
    )
