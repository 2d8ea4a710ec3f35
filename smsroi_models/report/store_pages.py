"""The pages that a whole store has beside its campaigns' reports, and why it lacks the others.

All campaigns together, the audience, each survey, and what customers are worth: each is rendered
by its own notebook into its own folder, as the command of its own does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from smsroi_models import errors
from smsroi_models.attribution.campaigns import Tables
from smsroi_models.attribution.programmes import read_programmes
from smsroi_models.report.folders import (
    AUDIENCE_FOLDER,
    LIFETIME_FOLDER,
    PORTFOLIO_FOLDER,
    SUPPRESSION_FILE,
    SURVEY_FOLDER,
)
from smsroi_models.report.parameters import read_parameters
from smsroi_models.store.connect import open_store
from smsroi_models.survey.questions import read_survey_ids

NOTHING_TO_TELL = frozenset(
    # Options are checked before anything starts: a parameter that does not suit is a survey's,
    # whose scale has no customary number of highest answers.
    {"ParameterError"}
    | {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.NotEstimableError)
    }
)
"""Names of the errors that say of a store's page that there is nothing to tell yet."""


@dataclass(frozen=True, slots=True)
class StorePage:
    """One page: its folder among the reports, its notebook's file name and parameters.

    ``beside`` takes the path of the report's results and sees to the file that lies beside it.
    """

    folder: str
    notebook: str
    values: dict[str, object]
    beside: Callable[[Path], object] | None = None


@dataclass(frozen=True, slots=True)
class StorePages:
    """The pages that a store can have, and by folder why it lacks one."""

    pages: tuple[StorePage, ...] = ()
    absent: Mapping[str, str] | None = None


def read_store_pages(notebooks: Path, parameters: Mapping[str, object]) -> StorePages:
    """Return the pages of the parameter ``store_url``, with those parameters that they know.

    Raises
    ------
    StoreError
        The store cannot be opened.
    """
    url = str(parameters["store_url"])
    absent: dict[str, str] = {}
    with open_store(url) as store:
        found = tuple(_found(store, url, absent))

    def known(page: StorePage) -> dict[str, object]:
        declared = read_parameters(notebooks / page.notebook)
        given = {name: value for name, value in parameters.items() if name in declared}
        return {**given, "campaign_id": page.folder, **page.values}

    pages = (StorePage(p.folder, p.notebook, known(p), p.beside) for p in found)
    return StorePages(tuple(pages), absent)


def _found(store: Tables, url: str, absent: dict[str, str]) -> Iterator[StorePage]:
    """Yield the pages that the store has the tables for; say of the others why not."""
    if lacking := _lacking(store, ("campaigns", "assignments", "orders")):
        absent[PORTFOLIO_FOLDER] = lacking
    elif _campaigns(store) < 2:
        absent[PORTFOLIO_FOLDER] = "one campaign has nothing to be set beside"
    else:
        yield StorePage(PORTFOLIO_FOLDER, "portfolio.ipynb", {})
    if lacking := _lacking(store, ("subscriptions",)):
        absent[AUDIENCE_FOLDER] = lacking
    else:
        yield StorePage(
            AUDIENCE_FOLDER,
            "audience_health.ipynb",
            {},
            lambda results: _suppressed(url, results),
        )
    if lacking := _lacking(store, ("surveys", "responses")):
        absent["surveys"] = lacking
    else:
        for survey_id in read_survey_ids(store):
            values: dict[str, object] = {"survey_id": survey_id}
            yield StorePage(f"{SURVEY_FOLDER}{survey_id}", "survey.ipynb", values)
    if lacking := _lacking(store, ("orders",)):
        absent[LIFETIME_FOLDER] = lacking
    else:
        yield StorePage(LIFETIME_FOLDER, "customer_lifetime_value.ipynb", {})


def _suppressed(url: str, results: Path) -> None:
    # Where the file stands, what would make it anew need not be imported.
    if not results.with_name(SUPPRESSION_FILE).exists():
        from smsroi_models.report.suppression import write_suppression

        write_suppression(url, results)


def _campaigns(store: Tables) -> int:
    """Count the campaigns that are no programme."""
    rows = store["campaigns"].count().as_scalar().to_pyarrow().as_py()
    return int(rows) - len(read_programmes(store))


def _lacking(store: Tables, needed: Sequence[str]) -> str:
    missing = [name for name in needed if name not in store]
    return f"the store has no {' and no '.join(missing)}" if missing else ""
