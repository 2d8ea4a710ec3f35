"""A survey's row: what was asked, of whom, on which scale."""

from dataclasses import dataclass
from difflib import get_close_matches

from ibis import _

from smsroi_models.attribution.campaigns import Tables
from smsroi_models.errors import DataError
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class Survey(Record):
    """A survey's row; the question's words are somebody else's text.

    ``campaign_id`` is None for a survey that belongs to no campaign.
    """

    survey_id: str
    campaign_id: str | None
    metric: str
    scale_min: float
    scale_max: float
    question: str


def read_survey(store: Tables, survey_id: str) -> Survey:
    """Return one survey of the store.

    Raises
    ------
    DataError
        If there is no such survey; the text names the nearest.
    """
    rows = store["surveys"].filter(_.survey_id == survey_id)
    found = rows.select(list(Survey.__dataclass_fields__)).to_pyarrow().to_pylist()
    if found:
        return Survey(**found[0])
    known = read_survey_ids(store)
    near = get_close_matches(str(survey_id), known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    some = ", ".join(map(repr, known[:10]))
    raise DataError(f"the store has no survey {survey_id!r}{hint} It has {len(known)}: {some}")


def read_survey_ids(store: Tables, campaign_id: str | None = None) -> list[str]:
    """Return every survey's id in order, or those of one campaign."""
    rows = store["surveys"]
    if campaign_id is not None:
        rows = rows.filter(_.campaign_id == campaign_id)
    return [
        str(found) for found in rows.order_by("survey_id").to_pyarrow()["survey_id"].to_pylist()
    ]
