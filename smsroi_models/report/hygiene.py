"""The last gate of a page: nothing that runs, nothing that is fetched, nothing left open.

Names and comments are untrusted and escaped where they enter a page; this gate holds the finished
page against a list of what a report needs. Its grammar is narrower than HTML on purpose (every
attribute quoted, every element closed, no comment), so that a browser cannot read a page
otherwise than this parser does.
"""

import re
from html.parser import HTMLParser
from typing import NoReturn

from smsroi_models.errors import RenderError

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:"
)

_VOID = frozenset({"br", "col", "hr", "img", "input", "meta", "wbr"})
_DOCUMENT = frozenset({"html", "head", "title", "style", "body", "header", "main", "footer"})
_SECTIONS = frozenset({"article", "aside", "div", "nav", "section", "blockquote", "details"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "summary", "figure", "figcaption"})
_LISTS = frozenset({"dd", "dl", "dt", "li", "ol", "ul", "p", "pre"})
_TABLES = frozenset({"caption", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"})
_WORDS = frozenset({"a", "abbr", "b", "cite", "code", "data", "del", "em", "i", "ins", "kbd"})
_MORE_WORDS = frozenset({"mark", "meter", "s", "small", "span", "strong", "sub", "sup", "time"})
# A choice between lines of a list, made by the style sheet; nothing is entered or sent.
_CHOICES = frozenset({"fieldset", "input", "label", "legend"})
_ELEMENTS = frozenset().union(
    _VOID - _CHOICES, _DOCUMENT, _SECTIONS, _HEADINGS, _LISTS, _TABLES, _WORDS, _MORE_WORDS
)
_GLOBAL_ATTRIBUTES = frozenset({"class", "dir", "hidden", "id", "lang", "role", "style", "title"})
_ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset(["href"]),
    "col": frozenset(["span"]),
    "colgroup": frozenset(["span"]),
    "data": frozenset(["value"]),
    "div": frozenset(["tabindex"]),  # a box that scrolls must be reachable by keyboard
    "details": frozenset(["open"]),
    "img": frozenset(["alt", "height", "src", "width"]),
    "input": frozenset(["checked", "name", "type"]),
    "label": frozenset(["for"]),
    "li": frozenset(["value"]),
    "meta": frozenset(["charset", "content", "http-equiv", "name"]),
    "meter": frozenset(["high", "low", "max", "min", "optimum", "value"]),
    "ol": frozenset(["reversed", "start", "type"]),
    "table": frozenset(["border"]),
    "td": frozenset(["align", "colspan", "headers", "rowspan"]),
    "th": frozenset(["align", "abbr", "colspan", "headers", "rowspan", "scope"]),
    "time": frozenset(["datetime"]),
    "tr": frozenset(["align"]),
}

# A value holds no angle bracket: a browser that loses count of the quotes still finds no tag.
_START_TAG = re.compile(
    r"""<[a-z][a-z0-9]*(?:[ \t\n]+[a-z][a-z0-9_-]*(?:=(?:"[^"<>]*"|'[^'<>]*'))?)*[ \t\n]*/?>"""
)
_IMAGE = re.compile(r"data:image/(?:svg\+xml|png);base64,[A-Za-z0-9+/]+={0,2}")
_FRAGMENT = re.compile(r"#[A-Za-z0-9_.:-]+")
# No part is, or spells by codes, a step upwards or another slash.
_PART = r"(?!\.\.?(?:/|$))(?:[A-Za-z0-9_.~-]|%(?!2E|2F|5C)[0-9A-F]{2})+"
BENEATH = re.compile(f"{_PART}(?:/{_PART})*")
"""Links of the list of reports: files beneath it."""
SIBLINGS = re.compile(r"\.\./\.\./(?:index\.html|[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/report\.html)")
"""Links of a report: another report of the same folder of reports, and the list of them."""
BESIDE = re.compile(r"\.\./index\.html|[A-Za-z0-9_-]+\.failed\.ipynb")
"""Links of a page that tells of a failure: the attempt beside it, and the list of reports."""
# A backslash could spell any of the others by its code point.
_FETCHING_STYLE = re.compile(r"\\|@import|url\s*\(|image-set|expression|javascript:|<", re.I)
# A name that turns the direction of writing would turn the sentence it stands in.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def unturned(text: str) -> str:
    r"""Return text without the marks that force a direction of writing; letters keep their own.

    >>> unturned("a\u202eb")
    'ab'
    """
    return _TURNING.sub("", text)


def clean_text(text: str) -> str:
    """Return text with each control character and lone surrogate replaced by U+FFFD.

    Marks that force a direction of writing are left out (`unturned`).

    Examples
    --------
    >>> len(clean_text("a" + chr(7))), clean_text("a" + chr(7)).isprintable()
    (2, True)
    """
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", unturned(text))


def check_page(page: str, links: re.Pattern[str] | None = None, *, choices: bool = False) -> None:
    """Raise unless a finished page is whole, self-contained and inert.

    Parameters
    ----------
    page : the HTML document as text.
    links : the links to other files that are allowed, `BENEATH`, `SIBLINGS` or `BESIDE`; links
        out are never, links within the page always.
    choices : whether radio buttons are allowed, as in the list of reports.

    Raises
    ------
    RenderError
        An element, attribute or address that is not on the list (scripts, handlers, anything that
        is fetched), a tag that is not strictly written or left open, an image without alt text, no
        content-security policy before the first content, or not exactly one ``h1``.
    """
    if control := _CONTROL.search(page):
        _refuse(f"the control character {control.group()!r}")
    scan = _Scan(links, choices)
    scan.feed(page)
    scan.close()
    if page.count("<") != scan.tags:
        _refuse("a '<' that opens no tag; write it as &lt;")
    if scan.open:
        _refuse(f"<{scan.open[-1]}> left open")
    if not scan.protected:
        _refuse("no content-security policy")
    if scan.headings != 1:
        _refuse(f"{scan.headings} <h1>, not one; begin headings in the text with ##")


class _Scan(HTMLParser):
    """Walks a page once; ``tags`` counts every ``<`` that was understood."""

    def __init__(self, links: re.Pattern[str] | None, choices: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.links = links
        self.elements = _ELEMENTS | _CHOICES if choices else _ELEMENTS
        self.tags = 0
        self.headings = 0
        self.open: list[str] = []
        self.protected = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text = self.get_starttag_text() or ""
        if not _START_TAG.fullmatch(text):
            _refuse(f"the tag {text[:80]!r}, not strictly written")
        if tag not in self.elements:
            _refuse(f"the element <{tag}>")
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            _refuse(f"an attribute of <{tag}> given twice")
        for name, value in attrs:
            self._check_attribute(tag, name, value or "")
        self._check_element(tag, {name: value or "" for name, value in attrs})
        self.tags += 1
        self.headings += tag == "h1"
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            _refuse(f"<{tag}/>, which closes nothing")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            _refuse(f"</{tag}> out of place")
        self.tags += 1

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["style"] and _FETCHING_STYLE.search(data):
            _refuse("a style sheet that could fetch something")

    def handle_decl(self, decl: str) -> None:
        if decl != "DOCTYPE html" or self.tags:
            _refuse("a declaration")
        self.tags += 1

    def handle_comment(self, data: str) -> None:
        _refuse("a comment")

    def unknown_decl(self, data: str) -> None:
        _refuse("a declaration")

    def handle_pi(self, data: str) -> None:
        _refuse("a processing instruction")

    def _check_attribute(self, tag: str, name: str, value: str) -> None:
        known = name in _GLOBAL_ATTRIBUTES or name in _ATTRIBUTES.get(tag, ())
        if not known and not name.startswith(("aria-", "data-")):
            _refuse(f"the attribute {name} of <{tag}>")
        if name == "style" and _FETCHING_STYLE.search(value):
            _refuse("a style that could fetch something")
        if name == "src" and not _IMAGE.fullmatch(value):
            _refuse(f"the image address {value[:80]!r}")
        if name == "href" and not self._link_allowed(value):
            _refuse(f"the link {value[:80]!r}")

    def _link_allowed(self, address: str) -> bool:
        if _FRAGMENT.fullmatch(address):
            return True
        return self.links is not None and self.links.fullmatch(address) is not None

    def _check_element(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "img" and not ("src" in attributes and attributes.get("alt", "").strip()):
            _refuse("an image without alt text or address")
        if tag == "input" and attributes.get("type") != "radio":
            _refuse("an input that is no radio button")
        if tag == "style" and self.open[-1:] != ["head"]:
            _refuse("a style sheet outside the head")
        if tag == "meta" and "http-equiv" in attributes:
            if attributes != {
                "http-equiv": "Content-Security-Policy",
                "content": CONTENT_SECURITY_POLICY,
            }:
                _refuse(f"the meta element {attributes}")
            self.protected = True
        elif not self.protected and tag not in ("html", "head", "meta"):
            _refuse(f"<{tag}> before the content-security policy")


def _refuse(what: str) -> NoReturn:
    raise RenderError(f"The page would hold {what}. Nothing was written.")
