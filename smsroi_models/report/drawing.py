"""What the figures share: their look, and alt text beside SVG that is byte-stable."""

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from smsroi_models.attribution.effects import Estimate
from smsroi_models.report.numbers import Money

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


def head(figure: Figure, finding: str) -> None:
    """Write what a figure found above it."""
    figure.suptitle(
        "\n".join(textwrap.wrap(finding, 46)), x=0.01, ha="left", fontsize=12, fontweight="bold"
    )


def draw_views(axes: Axes, views: Sequence[Estimate]) -> None:
    """Draw the window and the longer views beneath it, the third open: it rests on an assumption.

    Parameters
    ----------
    axes : Axes
    views : sequence of Estimate
        One to three, of one unit.
    """
    for row, one in enumerate(views):
        assumed = row == 2
        colour = GREY if assumed else BLUE
        axes.plot([one.ci_lower, one.ci_upper], [row, row], color=colour, linewidth=2.6)
        axes.plot(
            [one.estimate],
            [row],
            marker="o",
            markersize=8,
            color=colour,
            markerfacecolor="white" if assumed else colour,
        )
    axes.set_ylim(len(views) - 0.4, -0.6)
    axes.margins(x=0.06)


def cost_line(axes: Axes, cost: float, right: float, money: Money) -> None:
    """Draw a campaign's cost across a figure of margin, named at the right end of the axis."""
    axes.axhline(cost, color=RED, linewidth=1.4, linestyle=(0, (5, 3)))
    axes.annotate(
        f"cost {money.short(cost)}",
        (right, cost),
        xytext=(-2, 4),
        textcoords="offset points",
        ha="right",
        color=RED,
    )


def money_axis(axis: Any, money: Money) -> None:
    """Give an axis a few ticks of money, in cents where its range needs them."""
    # The axis' label names the currency; written on every tick, a code would crowd them.
    axis.set_major_locator(MaxNLocator(nbins=5))

    def written(value: float, _: int | None) -> str:
        ticks = axis.get_majorticklocs()
        step = 1.0 if len(ticks) < 2 or ticks[1] - ticks[0] >= 1 else 0.01
        return money.short(value, step).removesuffix(f" {money.currency}")

    axis.set_major_formatter(written)
