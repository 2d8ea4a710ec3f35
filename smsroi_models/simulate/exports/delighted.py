"""Delighted's answers, one file and one mapping for each question."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from smsroi_models.simulate.exports.files import Step, quoted, records, write_document
from smsroi_models.simulate.exports.people import People


def write_delighted(
    tables: dict[str, pd.DataFrame], people: People, folder: Path
) -> Iterator[Step]:
    """Write the answers to each question that anybody answered."""
    home = folder / "delighted"
    home.mkdir()
    for survey in records(tables["surveys"]):
        name, answers = survey["survey_id"], tables["responses"]
        theirs = answers[answers.survey_id == name]
        if theirs.empty:
            continue
        listed = [_answer(row, survey["metric"], people) for row in records(theirs)]
        write_document(home / f"{name}.json", listed)
        (home / f"{name}.toml").write_text(_mapping(survey), encoding="utf-8")
        options = (("campaign", survey["campaign_id"]),) if survey["campaign_id"] else ()
        yield Step("delighted", (f"delighted/{name}.json",), f"delighted/{name}.toml", options)


def _answer(row: dict[str, Any], metric: str, people: People) -> dict[str, Any]:
    who, at = row["customer_id"], int(row["responded_at"].timestamp())
    person = {"email": people.address(who), "phone_number": people.phone(who)}
    return {
        "id": row["response_id"],
        "person": None if who is None else {"id": who, "name": None, **person},
        "survey_type": metric,
        "score": int(row["score"]),
        "comment": row["comment"],
        "created_at": at,
        "updated_at": at,
        "person_properties": {},
        "tags": [],
    }


def _mapping(survey: dict[str, Any]) -> str:
    return (
        "[survey]\n"
        f"id = {quoted(survey['survey_id'])}\n"
        f"metric = {quoted(survey['metric'])}\n"
        f"question = {quoted(survey['question'])}\n"
        f"scale_min = {survey['scale_min']:g}\n"
        f"scale_max = {survey['scale_max']:g}\n"
        'comment = "comment"\n'
    )
