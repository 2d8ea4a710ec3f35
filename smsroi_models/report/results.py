"""What a report says, for machines: found among a notebook's outputs, written with provenance."""

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smsroi_models.errors import NotReadyError, RenderError

if TYPE_CHECKING:
    from nbformat import NotebookNode

RESULTS_MIME = "application/vnd.smsroi.results+json"
# A campaign that is still to come: a proposal, no result.
PLANNED = "planned"
# What customers are worth: nothing that pays or does not.
VALUED = "valued"
# How the audience fares: a description, which pays or does not as little.
AUDIENCE = "audience"
# What customers said: an answer, and no money.
SURVEYED = "surveyed"
# All campaigns together: the page that leads to the others.
PORTFOLIO = "portfolio"
OUTCOMES = (
    *("paid", "lost", "unclear", "unknown", "invalid"),
    *(PLANNED, VALUED, AUDIENCE, SURVEYED, PORTFOLIO),
)
# Against customers held out at random; or, where nobody was, against their own past; or no effect
# of anything, but a forecast; or what was, without a comparison; or what people said.
EVIDENCE = ("randomised", "weaker", "forecast", "description", "answers")

NOT_READY = frozenset({NotReadyError.__name__})
"""The error that tells of a campaign which can only be read later."""

_TEXTS = ("campaign_id", "name", "as_of", "verdict", "outcome", "store_fingerprint")
_PACKAGES = (
    "smsroi",
    "babel",
    "duckdb",
    "ibis-framework",
    "jinja2",
    "matplotlib",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "seaborn",
    "sqlglot",
    "statsmodels",
)


def find_results(notebook: "NotebookNode") -> dict[str, Any]:
    """Return the one results output of an executed notebook.

    Raises
    ------
    RenderError
        There is none or more than one, or it lacks a text among campaign_id, name, as_of, verdict,
        outcome, store_fingerprint, or the dict of figures; its ``evidence`` (``"randomised"`` where
        absent) is none of `EVIDENCE`; or its ``title``, where it has one, is no text.
    """
    found = [
        output.data[RESULTS_MIME]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if RESULTS_MIME in output.get("data", {})
    ]
    if len(found) != 1:
        raise RenderError(f"The notebook has {len(found)} outputs of {RESULTS_MIME}; display one.")
    results: Any = found[0]
    if not isinstance(results, dict):
        raise RenderError(f"The notebook's results are no dict but {type(results).__name__}.")
    for name in _TEXTS:
        if not isinstance(results.get(name), str):
            raise RenderError(f"The notebook's results lack the text {name!r}.")
    if not isinstance(results.get("figures"), dict):
        raise RenderError("The notebook's results lack the dict 'figures'.")
    if results["outcome"] not in OUTCOMES:
        raise RenderError(f"outcome = {results['outcome']!r}; choose from {', '.join(OUTCOMES)}.")
    if results.get("evidence", EVIDENCE[0]) not in EVIDENCE:
        raise RenderError(f"evidence = {results['evidence']!r}; choose from {', '.join(EVIDENCE)}.")
    if not isinstance(results.get("title", ""), str):
        raise RenderError("The title of the notebook's results is no text.")
    return results


def write_results(
    results: Mapping[str, Any],
    parameters: Mapping[str, object],
    notebook_name: str,
    notebook: bytes,
    path: Path,
    code_sha256: str = "",
    page_sha256: str | None = "",
) -> None:
    """Write ``results.json``: the results and what they were made from.

    The same inputs give the same bytes: keys are sorted, and no clock is read.

    Raises
    ------
    RenderError
        A figure is not finite; null is the value of what is not estimable.
    """
    record = {
        "evidence": EVIDENCE[0],
        **results,
        "parameters": dict(parameters),
        "notebook": {"name": notebook_name, "sha256": hashlib.sha256(notebook).hexdigest()},
        "code_sha256": code_sha256,
        "page_sha256": page_sha256,
        "versions": versions(),
    }
    try:
        text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise RenderError("A figure is not finite; write null for what has no value.") from None
    path.write_text(text + "\n", encoding="utf-8")


@cache
def versions() -> dict[str, str | None]:
    """Return the versions of Python and of the packages that make figures and pages.

    Null where one is absent.
    """
    return {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
