"""The parameters cell is read strictly, and only what it declares gets through."""

from pathlib import Path

import nbformat
import papermill
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsroi_models.errors import ParameterError
from smsroi_models.report.parameters import (
    Parameter,
    check_parameters,
    parse_assignment,
    parse_declarations,
    read_parameters,
)

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CELL = """
campaign_id: str = "SPRING24"  # the campaign; text; a key of campaigns

days: int = -14  # length; days; any
rate: float = 1  # margin rate; share; 0 to 1
strict: bool = False  # stop at warnings; flag; True or False
names: list[str] = ["a", "b"]  # who; text; any
"""
DECLARED = parse_declarations(CELL)


def test_each_line_declares_a_parameter() -> None:
    assert list(DECLARED) == ["campaign_id", "days", "rate", "strict", "names"]
    assert DECLARED["days"] == Parameter("days", "int", -14, "length", "days", "any")
    assert type(DECLARED["rate"].default) is float  # declared a float, written as 1
    assert DECLARED["names"].default == ["a", "b"]


def test_papermill_sees_what_we_see() -> None:
    path = NOTEBOOKS / "says_everything.ipynb"
    assert list(papermill.inspect_notebook(path)) == list(read_parameters(path))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("x = 1  # a; b; c", "write `name: type"),
        ("x: int  # a; b; c", "write `name: type"),
        ("import os  # a; b; c", "write `name: type"),
        ("x.y: int = 1  # a; b; c", "write `name: type"),
        ("x: int = (  # a; b; c\n1)", "write `name: type"),
        ("ä: int = 1  # a; b; c", "write `name: type"),
        ("x: int = 1; y: int = 2  # a; b; c", "one '=' and one '#'"),
        ('x: str = "a=b"  # a; b; c', "one '=' and one '#'"),
        ('x: str = "a#b"  # a; b; c', "one '=' and one '#'"),
        ("x: int = 1  # a; b; c >= 1", "one '=' and one '#'"),
        ("x: str | None = None  # a; b; c", "no type here"),
        ("x: dict = {}  # a; b; c", "no type here"),
        ("x: int = 1", "one '=' and one '#'"),
        ("x: int = 1  # a; b", "wants the comment"),
        ("x: int = 1  # a;; c", "wants the comment"),
        ("x: int = 1 + 1  # a; b; c", "plain literal"),
        ("x: int = len('a')  # a; b; c", "plain literal"),
        ("x: int = '1'  # a; b; c", "int is wanted"),
        ("x: int = True  # a; b; c", "int is wanted"),
        ("x: list[int] = [1, 'a']  # a; b; c", "int is wanted"),
        ("# only a comment", "a comment alone"),
        ("x: int = 1 1  # a; b; c", "not valid Python"),
        ("y: int = 2  # a; b; c", "declared twice"),
    ],
)
def test_any_other_line_is_refused_by_its_place(line: str, complaint: str) -> None:
    with pytest.raises(ParameterError, match=r"nb\.ipynb, cell 3") as refused:
        parse_declarations(f"y: int = 1  # a; b; c\n{line}", where="nb.ipynb, cell 3")
    assert complaint in str(refused.value)
    assert "line 2" in str(refused.value)


def test_exactly_one_cell_is_tagged() -> None:
    with pytest.raises(ParameterError, match="2 code cells are tagged"):
        read_parameters(NOTEBOOKS / "two_parameter_cells.ipynb")


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"cells": 3}', "not json", '"x"'])
def test_what_is_no_notebook_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text(text)
    with pytest.raises(ParameterError, match=r"broken\.ipynb"):
        read_parameters(path)


def test_a_missing_notebook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="There is no notebook"):
        read_parameters(tmp_path / "absent.ipynb")


def test_an_untagged_notebook_is_refused(tmp_path: Path) -> None:
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    nbformat.write(node, tmp_path / "plain.ipynb")
    with pytest.raises(ParameterError, match="0 code cells are tagged"):
        read_parameters(tmp_path / "plain.ipynb")


def test_defaults_fill_what_is_not_given() -> None:
    values = check_parameters(DECLARED, {"days": 7})
    assert values == {
        "campaign_id": "SPRING24",
        "days": 7,
        "rate": 1.0,
        "strict": False,
        "names": ["a", "b"],
    }


def test_an_int_becomes_the_float_that_was_asked_for() -> None:
    assert type(check_parameters(DECLARED, {"rate": 2})["rate"]) is float


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("days", "7"),
        ("days", 7.0),
        ("days", True),
        ("days", None),
        ("days", 2**63),
        ("days", 10**5000),
        ("rate", float("nan")),
        ("rate", float("inf")),
        ("rate", "0.5"),
        ("rate", 10**400),
        ("strict", 1),
        ("strict", "true"),
        ("campaign_id", 24),
        ("campaign_id", b"SPRING24"),
        ("campaign_id", 10**5000),
        ("campaign_id", "a\x00b"),
        ("campaign_id", "a\nb"),
        ("campaign_id", "a\x1b[31m"),
        ("campaign_id", "a\u2028b"),
        ("campaign_id", "a\ud800b"),
        ("names", "a"),
        ("names", ("a",)),
        ("names", ["a", 1]),
        ("names", ["a\x00"]),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isalpha() else type(value).__name__,
)
def test_a_mistyped_value_is_refused(name: str, value: object) -> None:
    with pytest.raises(ParameterError, match=name):
        check_parameters(DECLARED, {name: value})


def test_a_misspelt_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'campaign_id'"):
        check_parameters(DECLARED, {"campain_id": "SPRING24"})


@pytest.mark.parametrize(
    "name", ["__import__('os').system('id')\nx", "days = 1\nimport os", "", "days ", 3, None]
)
def test_code_as_a_name_is_refused(name: object) -> None:
    with pytest.raises(ParameterError, match="is not a parameter"):
        check_parameters(DECLARED, {name: 1})  # type: ignore[dict-item]


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.binary()))
def test_nothing_but_the_declared_type_gets_through(value: object) -> None:
    for name, wanted in (("campaign_id", str), ("days", int), ("rate", float), ("strict", bool)):
        try:
            passed = check_parameters(DECLARED, {name: value})[name]
        except ParameterError:
            continue
        assert type(passed) is wanted
        assert passed == value


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("days=7", "days", 7),
        ("days=-7", "days", -7),
        ("rate=1", "rate", 1.0),
        ("rate=1e-3", "rate", 0.001),
        ("strict=true", "strict", True),
        ("campaign_id=007", "campaign_id", "007"),
        ("campaign_id=a=b", "campaign_id", "a=b"),
        ("campaign_id=", "campaign_id", ""),
        ('names=["x", "y"]', "names", ["x", "y"]),
    ],
)
def test_an_assignment_takes_the_declared_type(text: str, name: str, value: object) -> None:
    assert parse_assignment(text, DECLARED) == (name, value)
    assert type(parse_assignment(text, DECLARED)[1]) is type(value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("days", "write name=value"),
        ("day=7", "did you mean 'days'"),
        ("days=7.5", "int is wanted"),
        ("days=seven", "int is wanted"),
        ("days=true", "int is wanted"),
        ("rate=NaN", "finite"),
        ("strict=True", "bool is wanted"),
        ("names=x", "list[str] is wanted"),
        ("names=" + "[" * 100_000, "list[str] is wanted"),
    ],
    ids=lambda text: text[:12],
)
def test_a_wrong_assignment_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ParameterError) as refused:
        parse_assignment(text, DECLARED)
    assert complaint in str(refused.value)
