"""What people wrote beside their answer, as the report on a survey reads it."""

import numpy as np
import pytest

from smsroi_models.survey.answers import Scale
from smsroi_models.survey.people_asked import People
from smsroi_models.survey_comments import ends_of, read_comments

HOSTILE = "<script>alert(1)</script> came late, call +1 202 555 0142 or ada@example.com =1+1"


def _people(score: list[float], comment: list[str | None]) -> People:
    n = len(score)
    return People(
        score=np.array(score),
        spend=np.zeros(n),
        over=np.ones(n, dtype=np.bool_),
        arm=np.array(["treatment"] * n, dtype=object),
        groups={},
        comment=tuple(comment),
    )


def test_words_of_low_and_high_scorers_are_told_and_nobody_given_away() -> None:
    people = _people([2.0] * 40 + [10.0] * 40, [HOSTILE] * 40 + ["all fine"] * 40)
    found = read_comments(people, "nps", Scale(0, 10))
    assert found.n_comments == 80 and found.drivers is not None
    assert any("late" in word.term for word in found.drivers.low)
    assert any("fine" in word.term for word in found.drivers.high)
    told = str(found.to_dict())
    for part in ("ada", "example", "202", "0142", "<", "=1"):
        assert part not in told


def test_too_few_comments_are_said_to_be_too_few() -> None:
    found = read_comments(_people([2.0, 9.0, 9.0], ["late", None, " "]), "nps", Scale(0, 10))
    assert found.n_comments == 1
    assert found.drivers is None and "at least 30" in found.no_drivers
    assert found.themes is None and found.no_themes


@pytest.mark.parametrize(
    ("metric", "scale", "boxes", "ends"),
    [
        ("nps", (0, 10), None, (6, 9)),
        ("nps", (1, 10), None, (6, 9)),
        ("nps", (1, 5), None, (3, 5)),
        ("csat", (1, 5), None, (2, 4)),
        ("intent", (1, 5), 1, (2, 5)),
        ("ces", (1, 7), None, (3, 6)),
        ("csat", (0, 1), None, (0, 1)),
    ],
)
def test_low_and_high_answers_are_those_of_the_score(metric, scale, boxes, ends) -> None:
    assert ends_of(metric, Scale(*scale), boxes) == ends


def test_the_same_comments_give_the_same_themes() -> None:
    comments: list[str | None] = ["the parcel came late"] * 60 + ["easy to order"] * 60
    people = _people([3.0] * 60 + [10.0] * 60, comments)
    first, second = (read_comments(people, "nps", Scale(0, 10)) for _ in range(2))
    assert first.themes is not None and first == second
