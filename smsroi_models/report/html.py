"""A notebook's outputs as one HTML page: prose, fragments and figures, nothing else.

Code, prompts, streams, plain text and every other MIME type stay in the notebook. A figure becomes
an ``<img>`` with a data address: an SVG shown that way runs no script and asks for nothing. The
finished page passes `check_page` or is not written.

A cell tagged ``page-header`` or ``page-footer`` goes into that landmark, one tagged
``notebook-only`` does not reach the page.
"""

import base64
import binascii
import html
from functools import cache
from pathlib import Path
from typing import Any, cast

import mistune
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode

from smsroi_models.errors import RenderError
from smsroi_models.report.contents import with_contents
from smsroi_models.report.hygiene import SIBLINGS, check_page, clean_text

TEMPLATE = Path(__file__).parent / "template"

_IMAGES = ("image/svg+xml", "image/png")
_PLACES = ("notebook-only", "page-header", "page-footer")


def to_html(notebook: NotebookNode, title: str, language: str = "en", home: str = "") -> str:
    """Return an executed notebook as a page of its own, the same bytes for the same outputs.

    Parameters
    ----------
    notebook : executed notebook; only markdown cells, ``text/html``, SVG and PNG outputs show.
    title : plain text, the page's title and its one first-level heading.
    language : the page's language, a BCP 47 tag such as ``"en"``.
    home : relative address of the list of all reports; empty where there is none.

    Raises
    ------
    RenderError
        A figure has no alt text, a PNG is damaged, or the page would break a rule of `check_page`.
    """
    resources = {"title": title, "language": language, "home": home}
    page, _ = _exporter().from_notebook_node(notebook, resources=resources)
    page = clean_text(page)
    check_page(page, SIBLINGS)
    return page


@cache
def _exporter() -> TemplateExporter:
    return TemplateExporter(  # type: ignore[no-untyped-call]
        template_paths=[str(TEMPLATE)],
        template_file="index.html.j2",
        file_extension=".html",
        filters={
            "prose": _prose,
            "shown": _shown,
            "place": _place,
            "with_contents": with_contents,
        },
    )


def _place(cell: NotebookNode) -> str:
    """Return where a cell's content belongs: ``main`` unless a tag says otherwise."""
    tags = cell.metadata.get("tags", ())
    return next((place for place in _PLACES if place in tags), "main")


def _prose(markdown: str) -> str:
    # Plain markdown: nbconvert's filter reads dollar signs as mathematics and lets HTML through.
    return cast(str, _markdown()(markdown))


@cache
def _markdown() -> mistune.Markdown:
    return mistune.create_markdown(escape=True, plugins=["strikethrough", "table", "def_list"])


def _shown(output: NotebookNode) -> str:
    if output.output_type not in ("display_data", "execute_result"):
        return ""
    if "text/html" in output.data:
        return f"{output.data['text/html'].strip()}\n"
    for mime in _IMAGES:
        if mime in output.data:
            return _figure(mime, output)
    return ""


def _figure(mime: str, output: NotebookNode) -> str:
    alt = output.metadata.get(mime, {}).get("alt", "")
    if not isinstance(alt, str) or not alt.strip():
        raise RenderError(f"A figure ({mime}) has no alt text; give its output metadata an 'alt'.")
    source = f"data:{mime};base64,{_base64(mime, output.data[mime])}"
    return f'<figure><img alt="{html.escape(alt)}" src="{source}"></figure>\n'


def _base64(mime: str, data: Any) -> str:
    if mime == "image/svg+xml":
        return base64.b64encode(data.encode()).decode("ascii")
    try:
        return base64.b64encode(base64.b64decode("".join(data.split()), validate=True)).decode()
    except binascii.Error as error:
        raise RenderError(f"A figure's PNG is damaged ({error}); render it again.") from None
