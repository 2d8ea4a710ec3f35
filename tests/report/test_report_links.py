"""Links between reports lead to files that are there, and nowhere else."""

import re
from pathlib import Path

import pytest

from smsroi_models.errors import RenderError
from smsroi_models.report.hygiene import (
    BENEATH,
    BESIDE,
    CONTENT_SECURITY_POLICY,
    SIBLINGS,
    check_page,
)
from smsroi_models.report.index import home_of, require_index, write_index
from smsroi_models.report.links import page_sha256, with_links
from smsroi_models.report.retention import remove_old_reports

NAMED = '<p><span data-report="CAMP">Spring &amp; co</span></p>'


def page_of(body: str) -> str:
    policy = f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_SECURITY_POLICY}">'
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{policy}<title>x</title></head>'
        f"<body><h1>x</h1>{body}</body></html>"
    )


def add(reports: Path, folder: str, as_of: str, body: str = "") -> Path:
    made = reports / folder / as_of
    made.mkdir(parents=True)
    (made / "results.json").write_text("{}")
    (made / "report.html").write_text(page_of(body), encoding="utf-8")
    return made / "report.html"


def links_of(page: Path) -> list[str]:
    return re.findall(r'href="([^"]+)"', page.read_text(encoding="utf-8"))


def test_a_campaign_leads_to_its_report_of_the_day_or_its_newest(tmp_path: Path) -> None:
    assert with_links(NAMED, tmp_path, "2025-06-01") == NAMED
    for day in ("2025-06-01", "2025-06-30", "plan-2025-07-01"):
        add(tmp_path, "CAMP", day)
    for moment, day in (("2025-06-01", "2025-06-01"), ("2025-06-02", "2025-06-30")):
        linked = with_links(NAMED, tmp_path, moment)
        address = f"../../CAMP/{day}/report.html"
        assert linked == f'<p><a data-report="CAMP" href="{address}">Spring &amp; co</a></p>'
        assert with_links(linked, tmp_path, moment) == linked
    assert with_links(linked, tmp_path / "elsewhere", "2025-06-01") == NAMED


def test_links_do_not_make_a_page_another(tmp_path: Path) -> None:
    add(tmp_path, "CAMP", "2025-06-30")
    page = add(tmp_path, "portfolio", "portfolio-2025-06-30", NAMED)
    before = page_sha256(page)
    write_index(tmp_path)
    assert links_of(page) and page_sha256(page) == before
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert page_sha256(page) != before
    assert page_sha256(tmp_path / "absent.html") is None


def test_no_link_is_broken_after_old_reports_were_removed(tmp_path: Path) -> None:
    for day in ("2025-06-28", "2025-06-29", "2025-06-30"):
        add(tmp_path, "CAMP", day)
    page = add(tmp_path, "portfolio", "portfolio-2025-06-28", NAMED)
    write_index(tmp_path)
    assert links_of(page) == ["../../CAMP/2025-06-28/report.html"]
    remove_old_reports(tmp_path, 1)
    assert links_of(page) == ["../../CAMP/2025-06-30/report.html"]
    assert (page.parent / links_of(page)[0]).is_file()
    for path in (tmp_path / "CAMP").glob("*/report.html"):
        path.unlink()
    write_index(tmp_path)
    assert links_of(page) == [] and NAMED in page.read_text(encoding="utf-8")
    assert sorted(path.name for path in page.parent.iterdir()) == ["report.html", "results.json"]


def test_a_page_leads_home_where_there_is_a_list(tmp_path: Path) -> None:
    work = tmp_path / "CAMP" / "2025-06-30"
    assert home_of(work, up=2) == ""
    require_index(tmp_path)
    assert home_of(work, up=2) == "../../index.html"
    assert home_of(work.parent, up=1) == "../index.html"


@pytest.mark.parametrize(
    ("links", "address"),
    [
        (SIBLINGS, "../../index.html"),
        (SIBLINGS, "../../CAMP-1/2025-06-30T101500Z/report.html"),
        (BENEATH, "CAMP/2025-06-30/report.html"),
        (BENEATH, "a%20b%25/..x/report.html"),
        (BESIDE, "../index.html"),
        (BESIDE, "latest.failed.ipynb"),
    ],
)
def test_links_between_reports_pass(links: re.Pattern[str], address: str) -> None:
    page = page_of(f'<a href="{address}">x</a>')
    check_page(page, links)
    with pytest.raises(RenderError, match="link"):
        check_page(page)


@pytest.mark.parametrize("links", [SIBLINGS, BENEATH, BESIDE])
@pytest.mark.parametrize(
    "address",
    [
        "../../../index.html",
        "../../CAMP/../report.html",
        "../../CAMP/2025-06-30/notebook.ipynb",
        "../../CAMP/%2E%2E/report.html",
        "../CAMP/2025-06-30/report.html",
        "../../index.html?x",
        "/index.html",
        "//example.org/a/report.html",
        "https://example.org/a/report.html",
        "%2E%2E/secret",
        "a/%2e%2e/secret",
        "a/..",
        "a%2Fb",
        "a%5Cb",
    ],
)
def test_other_links_are_refused(links: re.Pattern[str], address: str) -> None:
    with pytest.raises(RenderError, match="link"):
        check_page(page_of(f'<a href="{address}">x</a>'), links)


def test_only_the_list_of_reports_has_choices_and_nothing_is_entered_there() -> None:
    radio = '<input type="radio" name="shown" id="a"><label for="a">a</label>'
    check_page(page_of(radio), choices=True)
    with pytest.raises(RenderError, match="<input>"):
        check_page(page_of(radio))
    for bad in (radio.replace("radio", "text"), radio.replace(' type="radio"', "")):
        with pytest.raises(RenderError, match="radio"):
            check_page(page_of(bad), choices=True)
