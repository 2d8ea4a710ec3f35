"""No id leaves the reports folder, no two share one, and no work folder outlives its owner."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsroi_models.errors import ParameterError
from smsroi_models.report.folders import (
    MARKS,
    STORE_WIDE,
    as_of_folder,
    folder_name,
    kind_of_page,
    moment_of,
    partial_folder,
    report_folder,
    report_home,
)
from smsroi_models.report.results import OUTCOMES

KIT = Path(__file__).parents[2] / "notebooks"

HOSTILE = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "/etc/passwd",
    "a\x00b",
    "con",
    "NUL",
    "com1",
    "x" * 10_000,
    "Frühling",
    "Fru\u0308hling",
    "{0.__class__}",
    "a.html",
    "-rf",
    "_x",
    " a",
    "\ud800",
]


@given(st.text())
@example("SPRING24")
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_folder_is_always_a_direct_child(hostile: str, campaign_id: str) -> None:
    for text in (hostile, campaign_id):
        name = folder_name(text)
        path = Path("/reports") / name
        assert path.resolve().parent == Path("/reports")
        assert path.name == name
        assert name.isascii()
        assert len(name) <= 64
        assert name.lower() not in {"con", "nul", "com1", "index.html"}


@given(st.lists(st.one_of(st.text(max_size=6), st.sampled_from(HOSTILE)), unique=True))
def test_two_ids_never_share_a_folder(ids: list[str]) -> None:
    assert len({folder_name(text) for text in ids}) == len(ids)


def test_no_plan_and_no_forecast_takes_a_reports_place() -> None:
    """A campaign may have the id under which customers are valued, and be read on the same day."""
    names = {outcome: report_folder("2025-05-20", outcome) for outcome in OUTCOMES}
    assert names["valued"] == "value-2025-05-20" and names["planned"] == "plan-2025-05-20"
    assert {name for key, name in names.items() if key not in MARKS} == {"2025-05-20"}
    assert {moment_of(name) for name in names.values()} == {"2025-05-20"}


def test_an_id_that_imitates_anothers_folder_gets_its_own() -> None:
    assert folder_name(folder_name("a/b")) != folder_name("a/b")


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}", fullmatch=True))
def test_a_plain_id_stands_or_is_marked_by_its_digest(campaign_id: str) -> None:
    name = folder_name(campaign_id)
    assert name == campaign_id or name[-9] == "-"


@given(st.text())
@pytest.mark.parametrize(
    "named",
    ["portfolio", "audience", "customers", "Portfolio", "survey-s001", "survey a", "SURVEY-"],
)
def test_no_campaign_has_the_folder_of_a_page(named: str, campaign_id: str) -> None:
    for text in (named, campaign_id):
        assert kind_of_page(folder_name(text)) == ""
        assert report_home("campaign_roi.ipynb", text) == folder_name(text)
    assert re.fullmatch(r"campaign-.*[0-9a-f]{8}", folder_name(named))
    assert folder_name(folder_name(named)) != folder_name(named)


def test_pages_keep_their_folders() -> None:
    for notebook, page in (
        ("portfolio.ipynb", "portfolio"),
        ("audience_health.ipynb", "audience"),
        ("customer_lifetime_value.ipynb", "customers"),
        ("survey.ipynb", "survey-s001"),
    ):
        assert report_home(notebook, page) == page
    assert (KIT / "portfolio.ipynb").is_file() and all((KIT / n).is_file() for n in STORE_WIDE)


def test_ordinary_ids_stand_as_they_are() -> None:
    for campaign_id in ("SPRING24", "a", "2024-05_mens", "x" * 64):
        assert folder_name(campaign_id) == campaign_id


@pytest.mark.parametrize(
    ("as_of", "folder"),
    [
        ("2025-06-30", "2025-06-30"),
        ("2025-06-30T00:00:00Z", "2025-06-30"),
        ("2025-06-30T10:15:00+00:00", "2025-06-30T101500Z"),
        ("2025-06-30T101500Z", "2025-06-30T101500Z"),
        ("2025-07-01T01:00:00+02:00", "2025-06-30T230000Z"),
    ],
)
def test_a_moment_has_one_folder(as_of: str, folder: str) -> None:
    assert as_of_folder(as_of) == folder


@pytest.mark.parametrize(
    "as_of",
    [
        "",
        "latest",
        "2025-06-31",
        "../..",
        "2025-06-30/..",
        "20250630",
        "2025-06-30T10:15:00",
        "2025-06-30T10:15:00.5Z",
        "0001-01-01T00:00:00+10:00",
    ],
)
def test_what_is_no_moment_is_refused(as_of: str) -> None:
    with pytest.raises(ParameterError, match="as_of"):
        as_of_folder(as_of)


def test_an_abandoned_work_folder_is_cleared_and_a_living_one_is_not(tmp_path: Path) -> None:
    abandoned = tmp_path / "S" / ".partial-dead"
    abandoned.mkdir(parents=True)
    (abandoned / ".owner").touch()
    with partial_folder(tmp_path / "S") as living:
        assert not abandoned.exists()
        with partial_folder(tmp_path / "S") as other:
            assert living.exists()
            assert other != living
    assert [path.name for path in (tmp_path / "S").iterdir()] == [".lock"]
