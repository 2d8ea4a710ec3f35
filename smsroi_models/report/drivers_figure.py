"""The figure of driver words: how often low and high scorers write each, side by side."""

from functools import cache

import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes

from smsroi_models.report.drawing import (
    BLUE,
    GREY,
    RED,
    Canvas,
    Picture,
    canvas,
    figure_style,
    head,
    percent_axis,
)
from smsroi_models.report.drivers_page import drivers_finding, leading
from smsroi_models.report.numbers import percent, shortened, significant, tally
from smsroi_models.survey.drivers import Drivers, DriverWord

_LONGEST_TERM = 24
_FAMILY = "DejaVu Sans"  # of `figure_style`


def dumbbells(drivers: Drivers, ax: Canvas | None = None) -> Picture:
    """Draw each driver word's share of low scorers' and of high scorers' comments.

    Parameters
    ----------
    drivers : Drivers
    """
    title = drivers_finding(drivers)
    low, high = leading(drivers.low), leading(drivers.high)
    rows = [*low, *high]
    with figure_style():
        figure = canvas(ax, (5.2, 1.9 + 0.34 * max(len(rows), 2)))
        axes = figure.subplots()
        for place, word in enumerate(rows):
            # A gap between the words of low scorers and those of high ones.
            _draw(axes, place + 0.6 * (place >= len(low) > 0), word)
        _finish(axes, len(low), rows, drivers)
        head(figure, _drawn_title(title))
    return Picture(figure, f"{title}. {_say(drivers, rows)}.")


def _draw(axes: Axes, row: float, word: DriverWord) -> None:
    shares = (word.share_low.estimate, word.share_high.estimate)
    axes.plot(shares, (row, row), color=GREY, linewidth=2.2, zorder=1)
    for share, other, colour in zip(shares, reversed(shares), (RED, BLUE), strict=True):
        axes.plot([share], [row], marker="o", markersize=8, color=colour, zorder=2)
        axes.annotate(
            percent(share),
            (share, row),
            xytext=(8 if share > other else -8, 0),
            textcoords="offset points",
            ha="left" if share > other else "right",
            va="center",
            color=colour,
            fontsize=9,
        )


def _finish(axes: Axes, n_low: int, rows: list[DriverWord], drivers: Drivers) -> None:
    gap = 0.6 if 0 < n_low < len(rows) else 0.0
    places = [place + gap * (place >= n_low) for place in range(len(rows))]
    names = [_name(word.term, place) for place, word in enumerate(rows)]
    axes.set_yticks(places, names)
    axes.set_ylim(max(len(rows), 2) - 0.4 + gap, -0.7)
    top = max((max(w.share_low.estimate, w.share_high.estimate) for w in rows), default=0.5)
    # Room for the numbers on both sides of a dumbbell.
    axes.set_xlim(-0.13 * top, 1.16 * top)
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= min(1.0, 1.16 * top)])
    percent_axis(axes.xaxis)
    axes.set_xlabel(
        f"share of comments that hold the word\nred: score {significant(drivers.low_at_most)} "
        "or less; "
        f"blue: {significant(drivers.high_at_least)} or more"
    )
    sns.despine(ax=axes, left=True)
    axes.tick_params(left=False)


def _name(term: str, place: int) -> str:
    """Return the term as the figure's font can write it, or the row to look up in the table."""
    return shortened(term, _LONGEST_TERM) if _drawable(term) else f"(word {place + 1} of the table)"


def _drawn_title(title: str) -> str:
    return title if _drawable(title) else "Words of low and high scorers: see the table"


def _drawable(text: str) -> bool:
    """Tell whether the font has every character, written from left to right, letter by letter.

    Scripts that join letters or run from right to left would come out wrong.
    """
    return all(ord(letter) in _characters() for letter in text) and not any(
        0x0590 <= ord(letter) <= 0x08FF for letter in text
    )


@cache
def _characters() -> frozenset[int]:
    path = font_manager.findfont(_FAMILY)
    return frozenset(font_manager.get_font(path).get_charmap())


def _say(drivers: Drivers, rows: list[DriverWord]) -> str:
    if not rows:
        return (
            f"{tally(drivers.n_tested)} words and phrases of {tally(drivers.n_low)} and "
            f"{tally(drivers.n_high)} comments compared"
        )
    told = "; ".join(
        f"{word.term} {percent(word.share_low.estimate)} and {percent(word.share_high.estimate)}"
        for word in rows
    )
    return (
        f"Share of comments with a score of {significant(drivers.low_at_most)} or less and of "
        f"{significant(drivers.high_at_least)} or more that hold each word: {told}"
    )
