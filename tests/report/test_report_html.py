"""The page holds prose, fragments and figures, and the gate lets nothing else through."""

from html.parser import HTMLParser
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from smsroi_models.errors import RenderError
from smsroi_models.report.html import to_html
from smsroi_models.report.hygiene import CONTENT_SECURITY_POLICY, check_page

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
# The smallest PNG there is: one pixel.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def shown(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> NotebookNode:
    output = new_output("display_data", data=data, metadata=metadata or {})
    return new_code_cell("SECRET_CODE = 1", outputs=[output])


def page_of(*cells: NotebookNode, title: str = "A title") -> str:
    return to_html(new_notebook(cells=list(cells)), title)


class Seen(HTMLParser):
    """Every element of a page with its attributes, in order, and all of its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


def test_the_frame_of_a_page() -> None:
    page = page_of(new_markdown_cell("## Part"), title='<script>1</script> & "co"')
    seen = Seen(page)
    tags = [tag for tag, _ in seen.elements]
    assert page.startswith("<!DOCTYPE html>\n<html")
    assert seen.elements[0] == ("html", {"lang": "en"})
    assert seen.elements[2] == ("meta", {"charset": "utf-8"})
    assert seen.elements[3] == (
        "meta",
        {"http-equiv": "Content-Security-Policy", "content": CONTENT_SECURITY_POLICY},
    )
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in seen.named(
        "meta"
    )
    for landmark in ("header", "main", "footer", "h1", "title"):
        assert tags.count(landmark) == 1
    assert seen.text.count('<script>1</script> & "co"') == 2  # as text, in title and heading
    assert not seen.named("script", "link", "iframe", "object", "embed", "base", "a")
    assert "@media print" in page
    assert "prefers-color-scheme: dark" in page


def test_code_streams_and_other_types_stay_in_the_notebook() -> None:
    outputs = [
        new_output("stream", name="stdout", text="SECRET_STREAM"),
        new_output("stream", name="stderr", text="SECRET_STREAM"),
        new_output("display_data", data={"text/plain": "SECRET_PLAIN"}),
        new_output("display_data", data={"text/markdown": "SECRET_MARKDOWN"}),
        new_output("display_data", data={"application/javascript": "SECRET_SCRIPT"}),
        new_output("display_data", data={"application/vnd.smsroi.results+json": {"a": "SECRET"}}),
        new_output("execute_result", data={"text/html": "<p>shown</p>", "text/plain": "SECRET"}),
    ]
    page = page_of(
        new_markdown_cell("# SECRET_TITLE", metadata={"tags": ["notebook-only"]}),
        new_code_cell("SECRET_CODE = 1", outputs=outputs, execution_count=1),
    )
    assert "<p>shown</p>" in page
    assert "SECRET" not in page


def test_prose_is_rendered_without_anchors_mathematics_or_markup() -> None:
    page = page_of(new_markdown_cell("## Money\n\n$5 or **$6**, <b>not</b> https://example.org"))
    assert '<h2 id="money">Money</h2>' in page
    assert "$5 or <strong>$6</strong>, &lt;b&gt;not&lt;/b&gt; https://example.org" in page
    assert "¶" not in page


def test_tagged_cells_go_to_their_landmark() -> None:
    page = page_of(
        new_markdown_cell("at the end", metadata={"tags": ["page-footer"]}),
        new_markdown_cell("in the middle"),
        new_markdown_cell("at the top", metadata={"tags": ["page-header"]}),
    )
    order = ["<header", "at the top", "<main", "in the middle", "<footer", "at the end"]
    assert sorted(order, key=page.index) == order


def test_a_figure_is_an_image_with_its_text() -> None:
    alt = 'profit > 0, "sure"'
    page = page_of(
        shown({"image/svg+xml": SVG}, {"image/svg+xml": {"alt": alt}}),
        shown({"image/png": f"{PNG[:40]}\n{PNG[40:]}\n"}, {"image/png": {"alt": alt}}),
    )
    vector, raster = Seen(page).named("img")
    assert vector["alt"] == raster["alt"] == alt
    assert (vector["src"] or "").startswith("data:image/svg+xml;base64,")
    assert raster["src"] == f"data:image/png;base64,{PNG}"
    assert "<script" not in page


@pytest.mark.parametrize("metadata", [{}, {"image/svg+xml": {"alt": " "}}, {"alt": "here"}])
def test_a_figure_without_text_is_refused(metadata: dict[str, Any]) -> None:
    with pytest.raises(RenderError, match="no alt text"):
        page_of(shown({"image/svg+xml": SVG}, metadata))


def test_a_damaged_png_is_refused() -> None:
    with pytest.raises(RenderError, match="damaged"):
        page_of(shown({"image/png": "<svg>"}, {"image/png": {"alt": "x"}}))


def test_the_same_outputs_give_the_same_bytes() -> None:
    cells = [new_markdown_cell("## Part"), shown({"text/html": "<p>x</p>"})]
    assert page_of(*cells) == page_of(*cells)


@pytest.mark.parametrize(
    "fragment",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//example.org></SCRIPT>",
        "<script",
        "<scr\x00ipt>alert(1)</scr\x00ipt>",
        '<img src="x" onerror="alert(1)" alt="x">',
        "<img/src/onerror=alert(1)>",
        '<img src="https://example.org/a.png" alt="x">',
        '<img src="//example.org/a.png" alt="x">',
        '<img src="a.png" alt="x">',
        '<img src="data:text/html;base64,PHA+" alt="x">',
        '<img src="data:image/png;base64,AAAA" srcset="https://example.org/a.png" alt="x">',
        '<img src="data:image/png;base64,AAAA">',
        '<p onclick="alert(1)">x</p>',
        '<p title="x"onclick="alert(1)">x</p>',
        '<p title="a" title="b">x</p>',
        "<p title=x>x</p>",
        '<p title="<script>">x</p>',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="java&#115;cript:alert(1)">x</a>',
        '<a href=" javascript:alert(1)">x</a>',
        '<a href="https://example.org">x</a>',
        '<a href="other.html">x</a>',
        '<iframe src="https://example.org"></iframe>',
        '<object data="https://example.org"></object>',
        '<embed src="https://example.org">',
        '<link rel="stylesheet" href="https://example.org/a.css">',
        '<base href="https://example.org/">',
        '<meta http-equiv="refresh" content="0;url=https://example.org">',
        '<meta http-equiv="Content-Security-Policy" content="script-src *">',
        '<form action="https://example.org"><p>x</p></form>',
        "<svg><script>alert(1)</script></svg>",
        "<math></math>",
        "<template><p>x</p></template>",
        "<style>@import 'https://example.org/a.css';</style>",
        '<p style="background: url(https://example.org/a.png)">x</p>',
        '<p style="background: u\\72l(https://example.org/a.png)">x</p>',
        "<!-- a comment -->",
        "<!--> <script>alert(1)</script> -->",
        "<![CDATA[ <script>alert(1)</script> ]]>",
        "<?php ?>",
        "<!DOCTYPE html>",
        "<p>1 < 2</p>",
        "<p>open",
        "</main>",
        "</p>",
        "<p><b>x</p></b>",
        "<div/>",
        "<h1>another</h1>",
    ],
)
def test_a_hostile_or_broken_fragment_is_refused(fragment: str) -> None:
    with pytest.raises(RenderError, match="The page would hold"):
        page_of(shown({"text/html": fragment}))


@pytest.mark.parametrize(
    "fragment",
    [
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
        '<p title="&quot; onclick=&quot;alert(1)">javascript: is a word, so is onclick=</p>',
        "<p>2 > 1, and https://example.org is text</p>",
        '<p><a href="#money">Money</a></p>',
        '<div class="scroll"><table border="1"><tbody><tr><td>1</td></tr></tbody></table></div>',
        '<section aria-label="Verdict"><p style="color: red">x<br>y</p></section>',
        "<p hidden class='a'>single quotes</p>",
    ],
)
def test_an_ordinary_fragment_passes(fragment: str) -> None:
    assert fragment in page_of(shown({"text/html": fragment}))


def test_a_name_cannot_turn_the_direction_of_the_page() -> None:
    page = page_of(shown({"text/html": "<p>\u202ea\u2067b</p>"}), title="\u202ea")
    assert "<p>ab</p>" in page and not set("\u202a\u202e\u2066\u2067") & set(page)


def test_control_characters_do_not_reach_the_page() -> None:
    page = page_of(shown({"text/html": "<p>a\x07b</p>"}), title="a\x00b")
    assert page.count("a\N{REPLACEMENT CHARACTER}b") == 3


def test_a_page_without_a_policy_or_with_a_late_one_is_refused() -> None:
    page = page_of(new_markdown_cell("x"))
    policy = next(line for line in page.splitlines() if "Content-Security-Policy" in line)
    check_page(page)
    for broken in (
        page.replace(policy, ""),
        page.replace(policy, "").replace("</title>", f"</title>{policy}"),
        page.replace("img-src data:", "img-src *"),
    ):
        with pytest.raises(RenderError, match=r"policy|meta element"):
            check_page(broken)


def test_sections_have_addresses_and_the_contents_lead_to_them() -> None:
    names = ("Who left?", "Costs", "Costs", "R&D <b>")
    seen = Seen(page_of(*(new_markdown_cell(f"## {name}") for name in names)))
    addresses = ["who-left", "costs", "costs-2", "r-d-b"]
    assert [heading["id"] for heading in seen.named("h2")] == addresses
    links = [link["href"] for link in seen.named("a")]
    assert links == [f"#{address}" for address in addresses] * 2  # folded, and beside the text
    assert seen.text.count("R&D <b>") == 3
    assert [nav["class"] for nav in seen.named("nav")] == ["contents folded", "contents beside"]


def test_a_short_page_needs_no_contents() -> None:
    seen = Seen(page_of(*(new_markdown_cell(f"## Part {number}") for number in range(3))))
    assert not seen.named("nav", "a") and len(seen.named("h2")) == 3


def test_a_section_says_what_was_found_before_it_draws_it() -> None:
    figures = [shown({"image/png": PNG}, {"image/png": {"alt": "Rising"}}) for _ in range(2)]
    finding = shown({"text/html": '<p class="finding">It rose.</p>\n<p class="note">So.</p>'})
    page = page_of(new_markdown_cell("## Part"), *figures, finding)
    # Of two figures the sentence goes before the one that it stands beneath.
    first, second = page.index("<figure>"), page.rindex("<figure>")
    assert page.index("</h2>") < first < page.index("It rose.") < second < page.index("So.")
