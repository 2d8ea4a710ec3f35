"""The index lists what is there, escapes every word of it and never fails over a broken file."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from smsroi_models.report import index
from smsroi_models.report.entries import format_roi, list_reports
from smsroi_models.report.folders import folder_name
from smsroi_models.report.index import write_index
from smsroi_models.report.index_groups import FEWEST_TO_FIND, LABELS

ROI = {"roi": {"estimate": 0.31, "ci_lower": -0.05, "ci_upper": 0.67}}


def add_report(reports: Path, campaign: str, as_of: str, **changes: Any) -> Path:
    folder = reports / campaign / as_of
    folder.mkdir(parents=True)
    results = {
        "name": campaign,
        "verdict": "It paid.",
        "outcome": "paid",
        "figures": ROI,
        **changes,
    }
    (folder / "results.json").write_text(json.dumps(results))
    (folder / "report.html").write_text("<!DOCTYPE html>")
    return folder


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found.extend(value or "" for name, value in attrs if name == "href")


def test_an_empty_folder_says_what_to_run(tmp_path: Path) -> None:
    path = write_index(tmp_path / "reports")
    assert path == tmp_path / "reports" / "index.html"
    assert "<code>smsroi report --all --store data/demo</code>" in path.read_text()
    assert [file.name for file in path.parent.iterdir()] == ["index.html"]


def test_a_report_without_a_holdout_is_marked_and_an_older_one_is_not(tmp_path: Path) -> None:
    add_report(tmp_path, "old", "2025-01-01")
    add_report(tmp_path, "randomised", "2025-01-02", evidence="randomised")
    assert "(weaker evidence)" not in write_index(tmp_path).read_text()
    add_report(tmp_path, "everyone", "2025-01-03", evidence="weaker")
    page = write_index(tmp_path).read_text()
    assert page.count("(weaker evidence)") == 1
    assert page.count("outcome-unclear") == 1 + page.count(".outcome-unclear")


def test_newest_first_and_older_ones_beneath(tmp_path: Path) -> None:
    add_report(tmp_path, "OLD", "2025-01-31")
    add_report(tmp_path, "NEW", "2025-05-31")
    add_report(tmp_path, "NEW", "2025-06-30T101500Z")
    add_report(tmp_path, "NEW", "2025-06-30")
    order = [[entry.as_of for entry in campaign] for campaign in list_reports(tmp_path)]
    assert order == [["2025-06-30T101500Z", "2025-06-30", "2025-05-31"], ["2025-01-31"]]


def test_the_report_on_all_campaigns_leads_and_is_no_campaign(tmp_path: Path) -> None:
    add_report(tmp_path, "SPRING24", "2025-06-30")
    for day in ("2025-06-01", "2025-07-01"):
        add_report(
            tmp_path,
            "portfolio",
            f"portfolio-{day}",
            outcome="portfolio",
            name="All campaigns",
            verdict=f"Yes, together, by {day}.",
        )
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert Links(page).found == [
        "portfolio/portfolio-2025-07-01/report.html",
        "portfolio/portfolio-2025-06-01/report.html",
        "SPRING24/2025-06-30/report.html",
    ]
    assert "Yes, together, by Jul 1, 2025." in page
    assert "Yes, together, by 2025-06-01." not in page and page.count("<tbody") == 1


def test_many_campaigns_are_found_by_year_and_by_name(tmp_path: Path) -> None:
    for number in range(FEWEST_TO_FIND - 1):
        name = f"Sale {number % 3}"
        add_report(
            tmp_path, f"C{number}", f"202{number // 4}-06-30", name=name, campaign_id=f"C{number}"
        )
    assert "<nav" not in write_index(tmp_path).read_text(encoding="utf-8")
    add_report(tmp_path, "LAST", "2029-06-30", name="a first <name>")
    page = write_index(tmp_path).read_text(encoding="utf-8")
    inside = [link for link in Links(page).found if link.startswith("#")]
    assert inside[:3] == ["#campaign-0", "#campaign-1", "#campaign-5"]  # 2029, 2021, 2020
    assert len(inside) == 3 + FEWEST_TO_FIND
    assert all(f'id="{link[1:]}"' in page for link in inside)
    names = page.partition("<details>")[2].partition("</details>")[0]
    assert (
        names.index("a first &lt;name&gt;")
        < names.index("Sale 0 (C0)")
        < names.index("Sale 0 (C3)")
    )


def test_other_pages_follow_the_campaigns_each_with_its_answer(tmp_path: Path) -> None:
    for folder, mark, outcome in (
        ("customers", "value-", "valued"),
        ("survey-s0", "survey-", "surveyed"),
        ("survey-s1", "survey-", "surveyed"),
        ("audience", "audience-", "audience"),
        ("SPRING24", "", "paid"),
    ):
        for day in ("2025-06-29", "2025-06-30"):
            add_report(
                tmp_path,
                folder,
                f"{mark}{day}",
                outcome=outcome,
                verdict=f"Long {folder}.",
                headline=f"Short {folder}.",
            )
    page = write_index(tmp_path).read_text(encoding="utf-8").partition("<main>")[2]
    told = ["Short SPRING24", "Long audience", "Short survey-s0", "Short survey-s1"]
    places = [page.index(text) for text in (*told, "Long customers")]
    assert places == sorted(places)
    assert page.count("<summary>1 earlier</summary>") == 5 and page.count("<tbody") == 1
    inside = [link for link in Links(page).found if link.startswith("#")]
    assert inside == ["#campaigns", "#audience", "#surveys", "#lifetime"]
    assert all(f'id="{link[1:]}"' in page for link in inside)


def test_many_campaigns_can_be_narrowed_to_a_verdict(tmp_path: Path) -> None:
    for number in range(FEWEST_TO_FIND):
        outcome = "lost" if number % 3 else "paid"
        changes = {"starts_at": f"2024-01-{10 + number}", "currency": "USD"}
        add_report(tmp_path, f"C{number}", "2025-06-30", outcome=outcome, **changes)
    (tmp_path / "C0" / "latest.failed.html").write_text("")
    page = write_index(tmp_path).read_text(encoding="utf-8")
    for label in ("all (9)", "paid (3)", "lost (6)", "report failed (1)"):
        assert f">{label}</label>" in page
    assert "cannot tell (" not in page
    assert page.count('class="is-lost "') == 6
    assert 'class="is-failed is-paid "' in page
    # The one that began last leads, whatever the day of its report.
    assert page.index("from Jan 18, 2024") < page.index("from Jan 10, 2024")
    style = (Path(index.__file__).parent / "template" / "style.css").read_text()
    assert all(f"#show-{kind}:checked) .listing tbody:not(.is-{kind})" in style for kind in LABELS)


def test_a_line_holds_name_moment_verdict_and_roi(tmp_path: Path) -> None:
    add_report(tmp_path, "SPRING24", "2025-06-30", name="Spring sale", verdict="It paid well.")
    page = write_index(tmp_path).read_text(encoding="utf-8")
    for text in (
        "Spring sale",
        "Jun 30, 2025 (UTC)",
        "It paid well.",
        "31% (−\u20605% to 67%)",
    ):
        assert f">{text}<" in page or f"{text}</td>" in page
    assert Links(page).found == ["SPRING24/2025-06-30/report.html"]


def test_a_name_leads_to_its_newest_report(tmp_path: Path) -> None:
    for day in ("2025-05-31", "2025-06-30"):
        add_report(tmp_path, "SPRING24", day, name="Spring sale")
    add_report(tmp_path, "survey-s1", "survey-2025-06-30", name="Survey s1", outcome="surveyed")
    (tmp_path / "SPRING24" / "2025-07-01.failed.html").write_text("")
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert '<a href="SPRING24/2025-06-30/report.html">Spring sale</a>' in page
    assert '<a href="survey-s1/survey-2025-06-30/report.html">Survey s1</a>' in page
    links = [link for link in Links(page).found if not link.startswith("#")]
    assert len(links) == len(set(links)) == 4


@pytest.mark.parametrize("outcome", ["paid", "lost", "unclear", "unknown"])
def test_every_outcome_is_listed(outcome: str, tmp_path: Path) -> None:
    add_report(tmp_path, "X", "2025-06-30", outcome=outcome, figures={"roi": None})
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert f'<span class="outcome outcome-{outcome}">{outcome}</span>' in page
    assert "not estimable" in page


def test_every_link_leads_to_its_file(tmp_path: Path) -> None:
    add_report(tmp_path, "a b & c#d?e%f", "2025-06-30")
    add_report(tmp_path, "Frühling", "2025-06-30")
    (tmp_path / "Frühling" / "latest.failed.html").write_text("")
    links = Links(write_index(tmp_path).read_text(encoding="utf-8")).found
    assert len(links) == 3
    assert all((tmp_path / unquote(link)).is_file() for link in links)


def test_names_and_verdicts_are_text(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'\x07{{ 7 * 7 }}"
    add_report(tmp_path, "X", "2025-06-30", name=hostile, verdict=hostile)
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert not Links(page).tags & {"script", "img"}
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert "49" not in page.partition("<body>")[2]


def test_a_failed_attempt_is_listed_under_its_campaign(tmp_path: Path) -> None:
    add_report(tmp_path, "X", "2025-06-30", name="Spring sale")
    (tmp_path / "X" / "latest.failed.html").write_text("")
    (campaign,) = list_reports(tmp_path)
    assert [entry.state for entry in campaign] == ["failed", "done"]
    assert {entry.name for entry in campaign} == {"Spring sale"}
    assert "failed" in write_index(tmp_path).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("folder", "title"),
    [
        ("portfolio", "All campaigns on one page"),
        ("audience", "The audience"),
        ("customers", "What customers are worth"),
        ("survey-s001", "What customers said"),
    ],
)
def test_a_page_whose_first_attempt_failed_is_listed_with_the_pages(
    tmp_path: Path, folder: str, title: str
) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "latest.failed.html").write_text("")
    page = write_index(tmp_path).read_text(encoding="utf-8")
    assert "Table of campaigns" not in page
    assert f'href="{folder}/latest.failed.html"' in page.partition(f">{title}</h2>")[2]
    add_report(tmp_path, folder_name(folder), "2025-01-31", name="A campaign called so")
    (tmp_path / folder_name(folder) / "latest.failed.html").write_text("")
    campaigns, _, pages = (
        write_index(tmp_path).read_text(encoding="utf-8").partition(f">{title}</h2>")
    )
    assert f'href="{folder}/latest.failed.html"' not in campaigns
    assert f'href="{folder_name(folder)}/latest.failed.html"' in campaigns
    assert f'href="{folder}/latest.failed.html"' in pages


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"name": "X"}',
        b'{"name": 1, "verdict": "x", "outcome": "paid", "figures": {}}',
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_broken_file_is_listed_as_unreadable(content: bytes, tmp_path: Path) -> None:
    add_report(tmp_path, "GOOD", "2025-06-30")
    (add_report(tmp_path, "BAD", "2025-05-31") / "results.json").write_bytes(content)
    good, bad = list_reports(tmp_path)
    assert good[0].state == "done"
    assert (bad[0].name, bad[0].state, bad[0].link) == ("BAD", "unreadable", "")
    assert "unreadable" in write_index(tmp_path).read_text(encoding="utf-8")


def test_work_folders_and_stray_files_are_not_reports(tmp_path: Path) -> None:
    (tmp_path / ".gitkeep").touch()
    (tmp_path / "X" / ".partial-1").mkdir(parents=True)
    (tmp_path / "X" / ".partial-1" / "results.json").write_text("{")
    assert list_reports(tmp_path) == []


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"roi": None},
        {"roi": {"estimate": None, "ci_lower": 0, "ci_upper": 1}},
        {"roi": {"estimate": 1.0, "ci_lower": float("nan"), "ci_upper": 1.0}},
        {"roi": {"estimate": 10**400, "ci_lower": 0, "ci_upper": 1}},
        [],
        None,
    ],
)
def test_an_roi_that_is_not_there_is_not_estimable(figures: object) -> None:
    assert format_roi(figures) == "not estimable"
