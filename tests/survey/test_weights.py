"""What weights refuse, each with the value, the rule and the remedy."""

import math

import numpy as np
import pandas as pd
import pytest

from smsroi_models.errors import ConvergenceError, DataError, ParameterError
from smsroi_models.survey.weight_quality import balance_table, design_effect
from smsroi_models.survey.weights import post_stratify, rake

PEOPLE = pd.DataFrame({"region": ["n", "n", "s"], "kind": ["x", "y", "y"]})
REGION = {"region": {"n": 60, "s": 40}}


def test_a_frame_a_dict_and_categories_are_all_read() -> None:
    expected = [30.0, 30.0, 40.0]
    assert rake(PEOPLE, REGION) == pytest.approx(expected)
    assert rake({"region": ["n", "n", "s"]}, REGION) == pytest.approx(expected)
    assert rake(PEOPLE.astype("category"), REGION) == pytest.approx(expected)
    assert rake({"age": np.array([1, 1, 2])}, {"age": {1: 60, 2: 40}}) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("margins", "said"),
    [
        ({}, "no margins"),
        ({"age": {1: 2}}, "no column 'age'"),
        ({"region": {}}, "names no categories"),
        ({"region": {"n": 60}}, "of whom the margin counts nobody"),
        ({"region": {"n": 60, "s": 40, "e": 5}}, "an empty cell"),
        ({"region": {"n": 60, "s": -1}}, "a count from 0 on"),
        ({"region": {"n": 60, "s": math.nan}}, "a count from 0 on"),
        ({"region": {"n": 60, "s": 40}, "kind": {"x": 60, "y": 41}}, "do not sum alike"),
    ],
)
def test_margins_that_no_weights_can_meet(margins, said) -> None:
    with pytest.raises(DataError, match=said):
        rake(PEOPLE, margins)


def test_the_nearest_category_is_suggested() -> None:
    with pytest.raises(DataError, match="did you mean 'north'"):
        rake({"region": ["nort", "south"]}, {"region": {"north": 1, "south": 1}})


@pytest.mark.parametrize("null", [None, math.nan, pd.NA, pd.NaT])
def test_a_null_category_is_refused(null) -> None:
    with pytest.raises(DataError, match="null"):
        rake({"region": ["n", null, "s"]}, REGION)
    with pytest.raises(DataError, match="null"):
        post_stratify({"region": ["n", null, "s"]}, ["region"], {("n",): 1, ("s",): 1})


def test_nobody_and_nobody_is_no_cell() -> None:
    totals = {"region": {"n": 60, "s": 40, "e": 0}}
    assert rake(PEOPLE, totals).sum() == pytest.approx(100)


@pytest.mark.parametrize("base", [[1.0, 1.0], [1.0, 0.0, 1.0], ["1", "1", "1"], [1, 1, math.inf]])
def test_base_weights_that_are_none_are_refused(base) -> None:
    with pytest.raises(DataError, match="base"):
        rake(PEOPLE, REGION, base)


def test_combinations_that_are_missing_do_not_converge() -> None:
    """Everybody from the south is y: 70 from the south need more than the 50 that are y."""
    with pytest.raises(ConvergenceError, match="put categories together"):
        rake(PEOPLE, {"region": {"n": 30, "s": 70}, "kind": {"x": 50, "y": 50}})


def test_bounds_too_narrow_for_a_category_are_told() -> None:
    people = {"region": ["n"] * 9 + ["s"]}
    with pytest.raises(ConvergenceError, match="1 respondents of region = 's' cannot stand for 50"):
        rake(people, {"region": {"n": 50, "s": 50}}, bounds=(0.2, 3))


@pytest.mark.parametrize("bounds", [(1.2, 3), (0.5, 0.9), (0.5,), 3, ("a", 2), (-1, 2)])
def test_bounds_that_are_none_are_refused(bounds) -> None:
    with pytest.raises(ParameterError, match="bounds"):
        rake(PEOPLE, REGION, bounds=bounds)


@pytest.mark.parametrize("by", [[], "region", ["age"]])
def test_cells_need_columns(by) -> None:
    with pytest.raises(DataError, match="name the columns"):
        post_stratify(PEOPLE, by, {("n",): 1})


def test_the_frame_is_left_as_it_was() -> None:
    before = PEOPLE.copy()
    rake(PEOPLE, REGION)
    pd.testing.assert_frame_equal(PEOPLE, before)


def test_balance_tells_every_category() -> None:
    rows = balance_table(PEOPLE, {"kind": {"x": 10, "y": 10}}, rake(PEOPLE, REGION))
    assert [(row.variable, row.category, row.n) for row in rows] == [
        ("kind", "x", 1),
        ("kind", "y", 2),
    ]
    assert rows[0].unweighted_share == pytest.approx(1 / 3) and rows[0].weighted_share == 0.3
    assert rows[0].difference_after == pytest.approx(-0.4)
    everybody = balance_table(PEOPLE, {"region": {"n": 6, "s": 4}}, [1.0, 1.0, 1.0])
    assert everybody[0].to_dict()["category"] == "n"


@pytest.mark.parametrize("weights", [[], [0.0], [[1.0, 2.0]]])
def test_a_design_effect_needs_weights(weights) -> None:
    with pytest.raises(DataError):
        design_effect(weights)


def test_no_frame_is_refused_in_words() -> None:
    for nothing in (None, 3, "region"):
        with pytest.raises(DataError, match="give a frame, or a mapping of columns"):
            rake(nothing, {"region": {"north": 1}})
