"""The order within a page's sections, their addresses, and the contents that lead to them."""

import re
from dataclasses import dataclass

# Fewer sections are seen at a glance.
FEWEST_SECTIONS = 4
_HEADING = re.compile(r'<h2(?: id="(?P<id>[^"]*)")?>(?P<text>.*?)</h2>')
_FIGURE_THEN_FINDING = re.compile(
    r'(<figure>(?:(?!</figure>).)*</figure>\n)(<p class="finding">(?:(?!</p>).)*</p>\n)', re.S
)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Contents:
    """A page's body, each of its sections with an address, and the sections in their order.

    Attributes
    ----------
    body : str
        HTML.
    entries : tuple of pair of str
        Address within the page, and heading as escaped HTML without tags; empty for a page of
        fewer than `FEWEST_SECTIONS`.
    """

    body: str
    entries: tuple[tuple[str, str], ...]


def with_contents(body: str) -> Contents:
    """Give every second-level heading an address, list them, and set findings above figures.

    Parameters
    ----------
    body : str
        HTML; a heading's attributes are none or its ``id``.

    Examples
    --------
    >>> found = with_contents("<h2>Who left?</h2><h2>Costs</h2><h2>Costs</h2><h2>After</h2>")
    >>> found.entries
    (('who-left', 'Who left?'), ('costs', 'Costs'), ('costs-2', 'Costs'), ('after', 'After'))
    >>> found.body[:31]
    '<h2 id="who-left">Who left?</h2'
    """
    entries: dict[str, str] = {}

    def addressed(found: re.Match[str]) -> str:
        text = _TAG.sub("", found["text"])
        name = _free(found["id"] or address(text), entries)
        entries[name] = text
        return f'<h2 id="{name}">{found["text"]}</h2>'

    whole = _HEADING.sub(addressed, findings_first(body))
    shown = entries.items() if len(entries) >= FEWEST_SECTIONS else ()
    return Contents(whole, tuple(shown))


def findings_first(body: str) -> str:
    r"""Set each sentence that says a finding above the figure which it follows.

    >>> findings_first('<figure>1</figure>\n<p class="finding">It fell.</p>\n')
    '<p class="finding">It fell.</p>\n<figure>1</figure>\n'
    """
    return _FIGURE_THEN_FINDING.sub(r"\2\1", body)


def address(text: str) -> str:
    """Return an address for a heading: Latin letters, digits and hyphens.

    >>> address("What the texts changed"), address("R&amp;D: 2 parts")
    ('what-the-texts-changed', 'r-d-2-parts')
    """
    words = re.sub(r"&[a-z]+;|&#\w+;", " ", text).lower()
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-") or "section"


def _free(name: str, taken: dict[str, str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"
