"""The figure of the time after the window: the margin in all by horizon, with its interval."""

import seaborn as sns

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.pull_forward import PullForward
from smsroi_models.report.after_window_page import finding
from smsroi_models.report.drawing import (
    BLUE,
    GREY,
    INK,
    Canvas,
    Picture,
    canvas,
    cost_line,
    figure_style,
    head,
    money_axis,
)
from smsroi_models.report.numbers import Money, say
from smsroi_models.report.words import confidence


def margin_by_horizon(
    found: PullForward, currency: str, cost: float | None = None, ax: Canvas | None = None
) -> Picture | None:
    """Draw the extra margin up to the window's end and to each horizon; None where none is read.

    Parameters
    ----------
    found : PullForward
    currency : str
        ISO 4217 code of the store's currency.
    cost : float, optional
        Of the campaign; drawn as a line.
    """
    window = found.incremental_window
    if window is None or found.in_window is None or not found.horizons:
        return None
    money, title = Money(currency), finding(found)
    level = confidence(found.in_window.confidence_level)
    points = [("window's\nend", window)]
    points += [(f"+{h.days}\ndays", h.incremental_total) for h in found.horizons]
    # The cost is named beyond the last bar, in three tenths of the axis.
    right = max(len(points) - 0.5, (len(points) - 0.85) / 0.7) if cost else len(points) - 0.5
    with figure_style():
        figure = canvas(ax, (5.2, 3.8))
        axes = figure.subplots()
        axes.axhline(0, color=INK, linewidth=0.8)
        if cost:
            cost_line(axes, cost, right, money)
        axes.axhline(window.estimate, color=GREY, linewidth=1.2, linestyle=(0, (1, 1.5)))
        for place, (_label, figure_at) in enumerate(points):
            last = place == len(points) - 1
            ends = [figure_at.ci_lower, figure_at.ci_upper]
            axes.plot([place] * 2, ends, color=BLUE, linewidth=3.0 if last else 1.8)
            fill = BLUE if last or not place else "white"
            axes.plot(
                [place],
                [figure_at.estimate],
                marker="o",
                markersize=8,
                color=BLUE,
                markerfacecolor=fill,
            )
        axes.set_xticks(range(len(points)), [label for label, _ in points])
        axes.set_xlim(-0.5, right)
        axes.margins(y=0.08)
        money_axis(axes.yaxis, money)
        axes.set_ylabel(f"extra margin, {currency}")
        axes.set_xlabel(
            f"since assignment; bars: {level} intervals,\neach for itself; the last one decides"
        )
        head(figure, title)
        sns.despine(ax=axes)
    return Picture(figure, f"{title}. {_say(points, found, money, level)}.")


def _say(points: list[tuple[str, Estimate]], found: PullForward, money: Money, level: str) -> str:
    told = "; ".join(
        f"{label.replace(chr(10), ' ')} {say(figure, money, 0.01)}" for label, figure in points
    )
    last = found.horizons[-1]
    change = say(last.incremental_change, money, 0.01)
    return (
        f"Extra margin since assignment with {level} intervals: {told}. "
        f"In the {last.days} days after the window alone {change}"
    )
