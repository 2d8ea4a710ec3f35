"""Fragments of a page: templates filled with values that are escaped, whoever wrote them."""

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from smsroi_models.report.numbers import MINUS


class Html:
    """Escaped HTML that Jupyter displays as it stands."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        return self.text


def fragment(name: str, **values: Any) -> Html:
    """Return the template ``fragments/<name>`` filled with the values, each of them escaped."""
    return Html(_environment().get_template(name).render(**values))


def spaced(text: str) -> str:
    r"""Set a sentence's percentages as the page's figures are set.

    >>> spaced("95% of 25,421 texts")
    '95\xa0% of 25,421 texts'
    """
    return re.sub(r"(?<=\d)%", "\N{NO-BREAK SPACE}%", text)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("smsroi_models.report", "fragments"),
        autoescape=True,
        undefined=StrictUndefined,
        # A minus sign stays with its number where a line breaks.
        finalize=lambda value: (
            value.replace(MINUS, f"{MINUS}\N{WORD JOINER}") if isinstance(value, str) else value
        ),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["spaced"] = spaced
    return environment
