"""A figure with its alt text: SVG that is the same, byte for byte, for the same data."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.figure import Figure

INK, GREY, BLUE, GREEN, RED = "#1f2933", "#8a94a0", "#0b5394", "#2e7d5b", "#b5472f"

_STYLE: dict[Any, Any] = {
    # Campaign names and amounts hold dollar signs: never read text as mathematics.
    "text.parse_math": False,
    "svg.hashsalt": "smsroi",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 12,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.constrained_layout.use": True,
}


class Picture:
    """An SVG image and the text that says the same to those who do not see it.

    Attributes
    ----------
    svg : str
    alt : str
        Never empty.
    """

    def __init__(self, figure: Figure, alt: str) -> None:
        buffer = io.StringIO()
        with figure_style():
            figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        self.svg = buffer.getvalue()
        self.alt = alt

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Return the image for Jupyter, its alt text in the metadata."""
        data = {"image/svg+xml": self.svg, "text/plain": self.alt}
        return data, {"image/svg+xml": {"alt": self.alt}}


@contextmanager
def figure_style() -> Iterator[None]:
    """Set the look of every figure, for as long as the context lasts."""
    with sns.axes_style("white"), mpl.rc_context(_STYLE):
        yield
