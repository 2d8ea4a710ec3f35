"""Whether a report is still what would be rendered now: same tables, parameters, notebook, code."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import smsroi_models
from smsroi_models.report.folders import report_home
from smsroi_models.report.links import page_sha256
from smsroi_models.report.parameters import check_parameters, read_parameters
from smsroi_models.report.results import versions

_PACKAGE = Path(smsroi_models.__file__).parent
_COMPILED = (".pyc", ".pyo")


@cache
def code_sha256() -> str:
    """Return the SHA-256 of the package's files, 64 hexadecimal digits; read once a process.

    The templates of the pages are among them; what Python compiles is not.
    """
    total = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        if path.suffix not in _COMPILED and path.is_file():
            name = path.relative_to(_PACKAGE).as_posix()
            total.update(f"{name}\0{_sha256(path)}\n".encode())
    return total.hexdigest()


def find_unchanged(
    notebook: Path, parameters: Mapping[str, object], store_fingerprint: str, reports: Path
) -> dict[str, Any] | None:
    """Return the results of a whole report that a rendering would only make again; None if none.

    A report is made again where one of these is another than its ``results.json`` says: a byte of
    the store's tables, a parameter, the notebook, the package's code, or the version of Python or
    of a package that makes figures or pages. No clock enters a report, so nothing else can change
    it. It is made again, too, where the page is not the one that the results came with: a run was
    killed between the two, or somebody wrote into it. The results gain ``report``, the path of the
    page.

    Raises
    ------
    ParameterError
        The notebook does not take the parameters.
    """
    values = check_parameters(read_parameters(notebook), parameters)
    wanted = {
        "campaign_id": values["campaign_id"],
        "parameters": values,
        "store_fingerprint": store_fingerprint,
        "notebook": {"name": notebook.name, "sha256": _sha256(notebook)},
        "code_sha256": code_sha256(),
        "versions": versions(),
    }
    campaign = reports / report_home(notebook.name, str(values["campaign_id"]))
    for path in sorted(campaign.glob("[!.]*/results.json"), reverse=True):
        results, page = _read(path), path.with_name("report.html")
        same = all(results.get(name) == value for name, value in wanted.items())
        if same and results.get("page_sha256") == page_sha256(page):
            return {**results, "report": str(page.absolute())}
    return None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}  # damaged: it is rendered again
    return results if isinstance(results, dict) else {}
