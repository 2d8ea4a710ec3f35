"""Fragments of a page: templates filled with values that are escaped, whoever wrote them."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from smsroi_models.locales import MINUS
from smsroi_models.report.in_locale import written_clock, written_day, written_time
from smsroi_models.report.numbers import exact_percent, percent, significant, tally
from smsroi_models.report.retold import retold


def coded(text: str) -> Markup:
    """Return an escaped sentence in which what stands between backticks is set as code.

    Examples
    --------
    >>> str(coded("Let `smsroi plan` say <b>."))
    'Let <code>smsroi plan</code> say &lt;b&gt;.'
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


_FILTERS: dict[str, Callable[..., str]] = {
    "tally": tally,
    "significant": significant,
    "exact_percent": exact_percent,
    "percent": percent,
    "day": written_day,
    "time": written_time,
    "clock": written_clock,
    "retold": retold,
    "coded": coded,
}


class Html:
    """Escaped HTML that Jupyter displays as it stands."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        return self.text


def fragment(name: str, **values: Any) -> Html:
    """Return the template ``fragments/<name>`` filled with the values, each of them escaped."""
    return Html(_environment().get_template(name).render(**values))


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
    environment.filters |= _FILTERS
    return environment
