"""What the figures share: their look, where they are drawn, and alt text beside byte-stable SVG.

Every figure is a function of a result and of an optional `Canvas`, ``ax``. Without it the figure is
a new one, and the picture shows its image. With it, it is drawn into somebody's own axes, which
they show; the picture then shows what it says in words. A figure of several panels takes a whole
figure or a part of one (``Figure.subfigures``), since one pair of axes cannot hold it.
"""

import io
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from smsroi_models.attribution.effects import Estimate
from smsroi_models.errors import ParameterError
from smsroi_models.locales import MINUS, write_number
from smsroi_models.report.in_locale import current_locale, writing_in
from smsroi_models.report.numbers import Money, percent

INK, GREY, BLUE, GREEN, RED = "#1f2933", "#8a94a0", "#0b5394", "#2e7d5b", "#b5472f"

Canvas: TypeAlias = Axes | FigureBase

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
        Of the whole figure; empty where it was drawn into axes of somebody's own.
    alt : str
        Never empty.
    """

    def __init__(self, figure: "Figure | Handed", alt: str) -> None:
        _write_numbers(figure.drawn if isinstance(figure, Handed) else figure.axes)
        if isinstance(figure, Handed):
            figure.read_no_mathematics()
        self.svg = "" if isinstance(figure, Handed) else _svg(figure)
        self.alt = alt

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Return the image for Jupyter, its alt text in the metadata; without one, the text."""
        if not self.svg:
            return {"text/plain": self.alt}, {}
        data = {"image/svg+xml": self.svg, "text/plain": self.alt}
        return data, {"image/svg+xml": {"alt": self.alt}}


class Handed:
    """Axes of somebody's own, or a figure or a part of one, drawn into as if it were new."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.drawn: list[Axes] = []

    def subplots(self, rows: int = 1, columns: int = 1, squeeze: bool = True, **kwargs: Any) -> Any:
        """Return the axes to draw into, as Matplotlib's figures do.

        Raises
        ------
        ParameterError
            If one pair of axes is to hold several panels.
        """
        if not isinstance(self._canvas, Axes):
            made = self._canvas.subplots(rows, columns, squeeze=squeeze, **kwargs)
            self.drawn = list(np.ravel(made))
            return made
        if rows * columns > 1:
            raise ParameterError(
                f"this figure has {rows * columns} panels, and ax is a single pair of axes: pass a "
                "figure, or a part of one that subfigures() gives"
            )
        self.drawn = [self._canvas]
        return self._canvas if squeeze else np.array([[self._canvas]])

    def suptitle(self, text: str, **kwargs: Any) -> None:
        """Write the finding above what was borrowed."""
        if isinstance(self._canvas, Axes):
            self._canvas.set_title(text, fontsize=kwargs["fontsize"], loc="left")
        else:
            self._canvas.suptitle(text, **kwargs).set_parse_math(False)

    def read_no_mathematics(self) -> None:
        """Show dollar signs as such: the texts of axes made elsewhere do not have our look."""
        for axes in self.drawn:
            for text in axes.findobj(Text):
                text.set_parse_math(False)

    def colorbar(self, drawn: Any, **kwargs: Any) -> Any:
        """Draw a scale of colours beside its axes."""
        whole = self._canvas.get_figure() if isinstance(self._canvas, Axes) else self._canvas
        assert whole is not None
        return whole.colorbar(drawn, **kwargs)


def canvas(ax: Canvas | None, inches: tuple[float, float]) -> Any:
    """Return what to draw into: what was handed in, or a new figure of so many inches.

    Raises
    ------
    ParameterError
        If it is neither axes nor a figure.
    """
    if ax is None:
        return Figure(figsize=inches)
    if not isinstance(ax, (Axes, FigureBase)):
        raise ParameterError(
            f"ax is a {type(ax).__name__}: pass Matplotlib's axes, a figure or a part of one"
        )
    return Handed(ax)


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    with figure_style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


@contextmanager
def figure_style() -> Iterator[None]:
    """Set the look of every figure, for as long as the context lasts."""
    with sns.axes_style("white"), mpl.rc_context(_STYLE):
        yield


def head(figure: Figure | Handed, finding: str) -> None:
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
    axis.set_major_locator(MaxNLocator(nbins=5))

    def written(value: float, _: int | None) -> str:
        ticks = axis.get_majorticklocs()
        step = 1.0 if len(ticks) < 2 or ticks[1] - ticks[0] >= 1 else 0.01
        return money.on_axis(value, step)

    axis.set_major_formatter(written)


def percent_axis(axis: Any, step: float = 0.01) -> None:
    """Give an axis of shares ticks in percent, rounded to a multiple of a share."""
    write_ticks(axis, lambda share: percent(share, step))


def write_ticks(axis: Any, write: Callable[[float], str]) -> None:
    """Let an axis write its ticks so, in the locale of now: it may be drawn much later."""
    locale = current_locale()

    def written(value: float, _: int | None) -> str:
        with writing_in(locale):
            return write(value)

    axis.set_major_formatter(written)


class _Numbers(ScalarFormatter):
    """Matplotlib's own choice of digits, written as the locale has them."""

    def __init__(self) -> None:
        # An exponent at the axis's end would multiply numbers that are written in full.
        super().__init__(useOffset=False)
        self.set_scientific(False)
        self._locale = current_locale()

    def __call__(self, x: float, pos: int | None = None) -> str:
        text = super().__call__(x, pos).replace(MINUS, "-")
        plain = re.fullmatch(r"-?\d+(?:\.(\d+))?", text)
        return write_number(x, len(plain[1] or ""), self._locale) if plain else text


def _write_numbers(drawn: Sequence[Axes]) -> None:
    """Let axes that nobody gave a way of writing numbers have the locale's."""
    for axes in drawn:
        for axis in (axes.xaxis, axes.yaxis):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(_Numbers())
