"""The strict runner: a notebook and its parameters in, one report out, or nothing changed.

::

    reports/<campaign>/<as-of>/   report.html  notebook.ipynb  results.json
    reports/<campaign>/plan-<as-of>/           the same of a campaign that is only planned
    reports/<campaign>/value-<as-of>/          the same of customers' lifetime value
    reports/<campaign>/audience-<as-of>/       the same of the list of subscribers
    reports/<campaign>/<as-of>.failed.html     why the last attempt failed, if it did
    reports/<campaign>/<as-of>.failed.ipynb    that attempt

Names and types are checked before a kernel starts. Everything is made in a work folder beside the
reports and moved into place file by file, ``results.json`` last: whoever reads meanwhile, and
whenever the process is killed, each file is whole, the old one or the new.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellControlSignal
from nbformat import NotebookNode
from papermill.exceptions import PapermillException, PapermillExecutionError

from smsroi_models import errors
from smsroi_models.attribution.campaigns import read_locale
from smsroi_models.errors import ParameterError, RenderError
from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.paths import find_store
from smsroi_models.report.failure_page import write_failure
from smsroi_models.report.folders import (
    FILES,
    as_of_folder,
    clear_failures,
    locked,
    partial_folder,
    report_folder,
    report_home,
)
from smsroi_models.report.freshness import code_sha256
from smsroi_models.report.html import to_html
from smsroi_models.report.in_locale import readable_locale
from smsroi_models.report.index import home_of
from smsroi_models.report.kernel import execute
from smsroi_models.report.links import page_sha256
from smsroi_models.report.numbers import shortened
from smsroi_models.report.parameters import Parameter, check_parameters, read_parameters
from smsroi_models.report.results import NOT_READY, find_results, write_results
from smsroi_models.store.connect import open_store
from smsroi_models.store.vendors.masking import without_contacts

_OWN_ERRORS = frozenset(name for name, value in vars(errors).items() if isinstance(value, type))
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """A report that has been written.

    ``folder`` holds the files ``report``, ``notebook`` and ``results`` (absolute paths);
    ``verdict`` is the report's sentence, ``outcome`` one of ``"paid"``, ``"lost"``, ``"unclear"``,
    ``"unknown"`` (the cost is not known), ``"invalid"``, ``"planned"``, ``"valued"``,
    ``"audience"``, ``"surveyed"``; ``locale`` is the store's, in which people are told of it.
    """

    folder: Path
    report: Path
    notebook: Path
    results: Path
    verdict: str
    outcome: str
    locale: str


def render(
    notebook: str | Path,
    parameters: Mapping[str, object],
    reports: str | Path,
    *,
    progress: Callable[[str], None] | None = None,
    cwd: str | Path | None = None,
    no_fault: frozenset[str] = NOT_READY,
) -> RenderedReport:
    """Run a notebook with parameters and write its report under ``reports``.

    Parameters
    ----------
    notebook : path of a notebook with a ``parameters`` cell that declares ``campaign_id: str``,
        and perhaps ``as_of: str`` (``""`` means the latest moment).
    parameters : values by declared name; the others keep their defaults.
    reports : folder of all reports, made if absent.
    progress : called with short lines of text while the notebook runs.
    cwd : working directory of the notebook, to which its relative paths refer; the caller's where
        absent.
    no_fault : names of the errors that say only that there is nothing to report: no attempt is
        kept, and no page says that it failed.

    Raises
    ------
    ParameterError
        A name is unknown or a value mistyped, or as_of is no moment; nothing was started.
    RenderError
        The notebook failed, or its outputs make no sound page; earlier reports are untouched and
        the attempt is kept as ``<as-of>.failed.ipynb`` (``latest`` for an empty as_of), which a
        note on the error says.
    """
    source = Path(notebook).absolute()
    declared = read_parameters(source)
    values = check_parameters(declared, parameters)
    campaign_id, requested = _identity(declared, values, source.name)
    campaign = Path(reports).absolute() / report_home(source.name, campaign_id)
    failed = campaign / f"{requested or 'latest'}.failed.ipynb"
    with partial_folder(campaign) as work:
        copy = work / "input.ipynb"
        copy.write_bytes(source.read_bytes())  # what is hashed is what is run
        try:
            executed = _execute(copy, values, source.name, cwd, progress)
            results = find_results(executed)
            moment = _moment(results, campaign_id, requested)
            home = home_of(work, up=2)
            _write(work, executed, results, values, source.name, home)
        except RenderError as error:
            if getattr(error.__cause__, "ename", "") not in no_fault:
                if _kept(work / "notebook.ipynb", failed, source.name):
                    note = f"The attempt is kept as {failed}; earlier reports are untouched."
                    error.add_note(note)
                page = failed.with_suffix(".html")
                locale, scratch = _store_locale(values), work / "failure.html"
                write_failure(page, campaign_id, str(error), failed, scratch, locale)
            else:
                clear_failures(campaign, requested)
            raise
        target = campaign / report_folder(moment, results["outcome"])
        _publish(work, target)
    clear_failures(campaign, requested, moment)
    report, executed_path, results_path = (target / name for name in FILES)
    return RenderedReport(
        folder=target,
        report=report,
        notebook=executed_path,
        results=results_path,
        verdict=results["verdict"],
        outcome=results["outcome"],
        locale=readable_locale(results.get("locale")),
    )


def _store_locale(values: Mapping[str, object]) -> str:
    """Return the locale of the store that a notebook was to read; ``en-US`` if it has none."""
    try:
        with open_store(find_store(str(values["store_url"]))) as store:
            return read_locale(store)
    except (LookupError, errors.SmsroiError):
        return DEFAULT_LOCALE


def _identity(
    declared: Mapping[str, Parameter], values: Mapping[str, object], name: str
) -> tuple[str, str]:
    """Return the campaign's id and the folder of the requested moment, ``""`` for the latest."""
    if "campaign_id" not in declared:
        raise ParameterError(f"{name} has no parameter campaign_id; declare `campaign_id: str`.")
    for text in ("campaign_id", "as_of"):
        if not isinstance(values.get(text, ""), str):
            raise ParameterError(f"{name}: declare {text} as a str, not {declared[text].type}.")
    as_of = str(values.get("as_of", ""))
    return str(values["campaign_id"]), as_of_folder(as_of) if as_of else ""


def _execute(
    notebook: Path,
    values: Mapping[str, object],
    name: str,
    cwd: str | Path | None,
    progress: Callable[[str], None] | None,
) -> NotebookNode:
    folder = Path(cwd).absolute() if cwd is not None else None
    output = notebook.with_name("notebook.ipynb")
    try:
        return execute(notebook, output, values, cwd=folder, progress=progress)
    except PapermillExecutionError as error:
        text = _ESCAPES.sub("", str(error.evalue))
        if error.ename in _OWN_ERRORS:
            raise RenderError(text) from error
        # An engine's error may quote a cell, and the text goes into logs and pages.
        told = without_contacts(text)
        raise RenderError(f"{name}: {error.ename}: {told}") from error
    except (PapermillException, CellControlSignal, RuntimeError, OSError, ValueError) as error:
        raise RenderError(f"{name}: its kernel failed: {error}") from error


def _moment(results: Mapping[str, Any], campaign_id: str, requested: str) -> str:
    """Return the folder of the results' moment, if the results are what was asked for."""
    try:
        moment = as_of_folder(results["as_of"])
    except ParameterError as error:
        raise RenderError(f"The notebook's results: {error}") from None
    if results["campaign_id"] != campaign_id or requested not in ("", moment):
        raise RenderError(
            f"The notebook's results are of {results['campaign_id']!r} as of {moment}, "
            f"not of {campaign_id!r} as of {requested or 'its latest moment'}."
        )
    return moment


def _write(
    work: Path,
    executed: NotebookNode,
    results: Mapping[str, Any],
    values: Mapping[str, object],
    name: str,
    home: str,
) -> None:
    asked = f"Did {shortened(results['name'])} pay for itself?"
    page = to_html(executed, title=shortened(results.get("title", asked), 200), home=home)
    (work / "report.html").write_text(page, encoding="utf-8")
    _write_notebook(executed, work / "notebook.ipynb", name)
    notebook = (work / "input.ipynb").read_bytes()
    digests = code_sha256(), page_sha256(work / "report.html")
    write_results(results, values, name, notebook, work / "results.json", *digests)


def _write_notebook(node: NotebookNode, path: Path, name: str) -> None:
    # papermill records the work folder's paths, which are gone when the notebook is read.
    node.metadata.get("papermill", {}).update(input_path=name, output_path=path.name)
    nbformat.write(node, path)  # type: ignore[no-untyped-call]


def _publish(work: Path, target: Path) -> None:
    with locked(target.parent):  # two runs of one campaign must not mix their files
        target.mkdir(exist_ok=True)
        for name in FILES:
            (work / name).replace(target / name)


def _kept(attempt: Path, failed: Path, name: str) -> bool:
    if not attempt.exists():  # no kernel came up, so there is nothing to look at
        return False
    try:
        node = nbformat.read(attempt, as_version=4)  # type: ignore[no-untyped-call]
        _write_notebook(node, attempt, name)
        attempt.replace(failed)
    except (OSError, ValueError):  # a full disk leaves half a notebook: the first error counts
        return False
    return True
